//! The ledger's part: the whole chain up to the entry as leaves and heads, and the lines of the selected entries. The others
//! stay leaves, which tell nothing of what they cover. Where a selected line was redacted, its number is said.

use super::Options;
use super::bag::Bag;
use crate::error::Result;
use crate::store::export::Extract;

/// Writes `ledger/chain.txt` and `ledger/lines.jsonl`, and `ledger/withheld.txt` where a line is withheld.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, _options: &Options) -> Result<()> {
    let mut chain = bag.payload("ledger/chain.txt")?;
    extract.chain(|seq, leaf, head| chain.write(format!("{seq} {leaf} {head}\n").as_bytes()))?;
    chain.close()?;
    let mut lines = bag.payload("ledger/lines.jsonl")?;
    extract.lines(|line| lines.write(format!("{line}\n").as_bytes()))?;
    lines.close()?;
    let mut withheld = String::new();
    extract.withheld(|seq| {
        withheld += &format!("{seq}\n");
        Ok(())
    })?;
    if withheld.is_empty() {
        return Ok(());
    }
    let mut numbers = bag.payload("ledger/withheld.txt")?;
    numbers.write(withheld.as_bytes())?;
    numbers.close()
}
