//! The ledger's part: the whole chain up to the entry as leaves and heads, and the lines of the selected entries. The others
//! stay leaves, which tell nothing of what they cover.

use super::Options;
use super::bag::Bag;
use crate::error::Result;
use crate::store::export::Extract;

/// Writes `ledger/chain.txt` and `ledger/lines.jsonl`.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut chain = bag.payload("ledger/chain.txt")?;
    extract.chain(|seq, leaf, head| chain.write(format!("{seq} {leaf} {head}\n").as_bytes()))?;
    chain.close()?;
    let mut lines = bag.payload("ledger/lines.jsonl")?;
    extract.lines(|line| lines.write(format!("{line}\n").as_bytes()))?;
    lines.close()
}
