//! `VERIFY.md`: how to check the bundle without this program.

use super::bag::Bag;
use super::left_out;
use crate::error::Result;
use crate::store::export::{Extract, Profile};

/// What of the steps depends on what is in the bundle.
struct Held {
    /// Whether a line of the ledger is withheld.
    withheld: bool,
    /// Whether there are archives of others.
    others: bool,
    /// Bodies that are left out.
    left_out: u64,
}

impl Held {
    fn in_bundle(bag: &Bag, extract: &Extract<'_>) -> Result<Held> {
        let mut left_out = 0;
        extract.left_out(|_, _, _| {
            left_out += 1;
            Ok(())
        })?;
        let names = bag.names();
        Ok(Held {
            withheld: names.contains("data/ledger/withheld.txt"),
            others: names.iter().any(|name| name.starts_with("data/others/")),
            left_out,
        })
    }
}

/// Writes the steps.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>) -> Result<()> {
    let held = Held::in_bundle(bag, extract)?;
    let text = format!(
        r#"# How to check this bundle

It was written by citekeep {version} from an archive as of ledger entry {seq}, made at {at}. It holds articles, the posts and
pages that they cite, and how and when each was obtained. `bag-info.txt` says who collected it, where that was named.

- `data/report.html` is for reading: open it in any browser, without a network; it prints.
- `data/*.csv` and `data/*.jsonl` are the same facts as tables; `data/datapackage.json` explains each column. `data/archive.db` has them for
  SQLite, `data/annotations.jsonld` and `data/references.*` for other programs.
- `data/captures/` has {received}.
- `data/ledger/` is the list of all that was received, in its order, each entry chained to those before it (steps 2 and 3).
- `data/ro-crate-metadata.json` describes every file for machines; the `manifest` and `tagmanifest` files name the digest of each
  (step 1), and `proofs/` says, where that was confirmed, who sealed them and when they existed (steps 5 and 6).

Type the commands below in a shell, in this folder (Linux, macOS, or WSL on Windows). They need no software of ours. A *digest* (here SHA-256) is
a fingerprint of bytes: the same bytes have the same one, and nobody can make others that have it. Where there is no `sha256sum`,
type `sha256sum() {{ shasum -a 256 "$@"; }}` first.
{left_out}
## 1. Every file is as it was sealed

```sh
sha256sum --quiet --strict -c tagmanifest-sha256.txt manifest-sha256.txt && echo sound
find data -type f | wc -l; wc -l < manifest-sha256.txt
```

It must print `sound`, and two equal numbers: nothing was changed or taken away, and nothing was added to `data/`. The `-sha512`
manifests say the same by another digest (`sha512sum -c manifest-sha512.txt`).

## 2. The ledger's chain holds

Each line of `data/ledger/chain.txt` is number, leaf and head: head = SHA-256 of "<head before> <leaf>\n".

```sh
prev=$(printf '%064d' 0)
while read -r n leaf head; do
  [ "$(printf '%s %s\n' "$prev" "$leaf" | sha256sum | cut -c1-64)" = "$head" ] || echo BAD $n; prev=$head
done < data/ledger/chain.txt; echo "$prev"
```

It must print only the head `{head}`.

## 3. The entries of this bundle stand in the chain

{lines}{others}
{captures}
## 5. Who sealed it

Where the bundle is signed, `proofs/` has the signature of `tagmanifest-sha256.txt`, and so of everything above, and the public
key that it is checked with.

```sh
if [ -e proofs/signer.pem ]; then
  openssl dgst -sha256 -verify proofs/signer.pem -signature proofs/tagmanifest-sha256.txt.sig tagmanifest-sha256.txt
  openssl pkey -pubin -in proofs/signer.pem -outform DER | sha256sum
fi
```

It must print `Verified OK`, and the fingerprint of the key: compare that with one that you have from the signer by another way.
Each WACZ carries a signature of its own by the same key (`datapackage-digest.json`), which players and `citekeep verify` check.

## 6. When it existed, where that was confirmed

A proof is over the file whose name its own begins with, and `proofs/list.txt` names those that the bundle was made with. `proofs/tagmanifest-sha256.txt.…` is over `tagmanifest-sha256.txt` of
this folder: all that is sealed here existed by then. `proofs/heads/entry-NUMBER.txt` is the text whose SHA-256 the head at that
entry is (step 2), so what is over it says that this entry and all before it existed by then, with all that their lines name.
Where the entry is younger than this bundle's last, `proofs/chain.txt` leads on to it. One over anything else shows nothing of
this bundle.{of_theirs}

```sh
while read -r proof; do [ -e "$proof" ] || echo "MISSING $proof"; done < proofs/list.txt
chain() {{{their_chain} cat data/ledger/chain.txt; [ ! -e proofs/chain.txt ] || cat proofs/chain.txt; }}
prev=$(printf '%064d' 0); chain | while read -r n leaf head; do
  [ "$(printf '%s %s\n' "$prev" "$leaf" | sha256sum | cut -c1-64)" = "$head" ] || echo BAD $n; prev=$head
done
for text in proofs/heads/entry-*.txt{their_texts}; do
  [ -e "$text" ] || continue
  n=${{text##*/entry-}}
  chain "$text" | grep -q "^${{n%.txt}} [0-9a-f]* $(sha256sum < "$text" | cut -c1-64)\$" || echo "BAD $text"
done
```

It must print nothing. Where time stamping authorities were asked (RFC 3161), there is for each a query (`.tsq`), a reply (`.tsr`)
and the certificates that were trusted for it (`.pem`).

```sh
for reply in proofs/*.tsr proofs/heads/*.tsr{their_tokens}; do
  [ -e "$reply" ] || continue
  name=${{reply%.tsr}}; file=${{name%.*}}
  [ "$file" != proofs/tagmanifest-sha256.txt ] || file=tagmanifest-sha256.txt
  time=$(openssl ts -reply -in "$reply" -text 2>/dev/null | sed -n 's/^Time stamp: //p')
  roots=$name.pem; [ -e "$roots" ] || roots=/etc/ssl/certs/ca-certificates.crt
  echo "$reply: $file existed at $time"
  openssl ts -verify -data "$file" -in "$reply" -CAfile "$roots" -attime "$(date -u -d "$time" +%s)" 2>&1 |
    grep -v '^Using configuration'
done
```

It must print `Verification: OK` behind each. The certificates beside a reply came with the bundle: to rely on an authority, have
its root from its own pages, and put that in their place. Where `date` has no `-d`, leave `-attime` and what follows it out; that
fails once a certificate has run out. Revocations are not looked at.

Where calendars of OpenTimestamps were asked, there is a proof (`.ots`). The client of OpenTimestamps
(`pip install opentimestamps-client`) says which Bitcoin block must have which Merkle root; any copy of the block chain, or
several block explorers, tell whether it has, and when that block was made.

```sh
for proof in proofs/*.ots proofs/heads/*.ots{their_proofs}; do
  [ -e "$proof" ] || continue
  file=${{proof%.ots}};{their_name} [ "$file" != proofs/tagmanifest-sha256.txt ] || file=tagmanifest-sha256.txt
  echo "$proof: $file"
  if command -v ots > /dev/null; then ots --no-bitcoin verify -f "$file" "$proof" 2>&1; fi
done
```

A proof that is only pending shows nothing yet: the calendar anchors within a day, and `ots upgrade FILE.ots` asks it for the rest, which
the file has from then on (the `.bak` beside it is no part of the bundle). Whoever holds the bundle has to do that for the proof over
`tagmanifest-sha256.txt`: the archive that the bundle was made from knows nothing of it. What is pending over a head, a later bundle of the same
archive may have whole.

## What this shows, and what it does not

- The digests and the chain show that the files fit together, and that the entries belong to one chain. Who made everything
  anew would pass as well: compare the head with one that you had from elsewhere, or look for a signature or a time stamp.
- A signature shows that the holder of that key sealed exactly these files. It does not show who that is (the fingerprint must
  come from elsewhere), when it was, or that what the files say is true. Who takes proofs away, and
  their names out of `proofs/list.txt`, leaves a bundle that is not signed.
- A time stamp shows that what it is over, the entries up to one or all that is sealed, existed when the authority says, if that
  authority is honest and its key was not stolen. It shows nothing of entries behind it, nor how long before the entries existed; the
  times inside the entries are by the collector's clock. Between an entry and the next time stamp the collector could still have
  replaced it; one over the seal is of when the bundle was made, and says nothing of that.
- A proof of OpenTimestamps shows that it existed when that block was made, to within some hours, and needs nobody's
  honesty; only a block that you looked up counts.
- Nothing here shows that a server sent what was received, or that nothing was left out.
"#,
        received = match extract.received {
            true => "what was received, byte by byte, as a web archive",
            false => "the report as a web archive; nothing that was received is here",
        },
        version = env!("CARGO_PKG_VERSION"),
        seq = extract.seq,
        at = extract.at,
        head = extract.head,
        left_out = match extract.without.is_empty() {
            true => String::new(),
            false => edition(extract, &held),
        },
        lines = match extract.unnamed {
            Some(_) => NO_LINES,
            None => ALL_LINES,
        },
        others = if held.others { OTHERS } else { "" },
        captures = captures(extract, &held),
        their_texts = if held.others {
            " data/others/*-heads/entry-*.txt"
        } else {
            ""
        },
        their_tokens = if held.others { " data/others/*-heads/*.tsr" } else { "" },
        their_proofs = if held.others { " data/others/*-heads/*.ots" } else { "" },
        their_chain = if held.others { THEIR_CHAIN } else { "" },
        of_theirs = if held.others { OF_THEIRS } else { "" },
        their_name = if held.others { THEIR_NAME } else { "" },
    );
    bag.tag("VERIFY.md", &text)
}

const ALL_LINES: &str = r#"Each line of `data/ledger/lines.jsonl` is one event; its leaf is SHA-256 of a zero byte and the line.

```sh
while IFS= read -r line; do
  leaf=$({ printf '\0'; printf '%s' "$line"; } | sha256sum | cut -c1-64)
  grep -q " $leaf " data/ledger/chain.txt || echo "BAD $line"
done < data/ledger/lines.jsonl
```

It must print nothing. A line names SHA-256 digests of the bodies that were received with it; the tables name the same.
`data/archive.db` has the rows that the lines cover, for `sqlite3`: its schema says how, and explains every column (`.schema`).
`citekeep verify` derives each line from them.
"#;

const NO_LINES: &str = r#"The lines of all entries are withheld here; `data/ledger/withheld.txt` has their numbers.

```sh
while read -r n; do grep -q "^$n " data/ledger/chain.txt || echo "BAD $n"; done < data/ledger/withheld.txt
```

It must print nothing. That shows that there are such entries, and not what they say. `data/archive.db` has their rows as they are told here,
for `sqlite3`: its schema explains every column (`.schema`).
"#;

const OTHERS: &str = "
`data/others/` holds archives of others that were taken in: `NUMBER-chain.txt` is the chain of one, checked as in step 2, and
`NUMBER.db` its rows and lines; entry NUMBER here names the digests of both. What they say is theirs.
";

const THEIR_CHAIN: &str = r#" case $1 in data/*) cat "${1%-heads/*}-chain.txt"; return ;; esac;"#;

const THEIR_NAME: &str = " case $proof in data/*) file=${file%.*} ;; esac;";

const OF_THEIRS: &str = "
`data/others/NUMBER-heads/` has the same of an archive of another that was taken in: what is there is over a head of the chain in
`NUMBER-chain.txt`, and says nothing of this bundle's own ledger.";

/// How the WACZ files are checked.
fn captures(extract: &Extract<'_>, held: &Held) -> String {
    let (holds, payloads) = match (extract.received, held.withheld) {
        (false, _) => (NOTHING_RECEIVED, REPORT_ALONE.to_owned()),
        (true, withheld) => (
            RECEIVED,
            PAYLOADS
                .replace("{where}", if withheld { IN_LINES_OR_ROWS } else { IN_LINES })
                .replace("{or}", if withheld { OR_IN_ROWS } else { "" }),
        ),
    };
    format!("{holds}{PACKAGES}{payloads}")
}

const RECEIVED: &str = "## 4. The web archive holds what the ledger names

Each `.wacz` in `data/captures/` opens in ReplayWeb.page and other players of WACZ files. They show a page that its server called
UTF-16 as signs without sense; its bytes are as they came.";

const NOTHING_RECEIVED: &str = "## 4. The web archive holds the report

Nothing that was received is in `data/captures/captures.wacz`. So that players of WACZ files, such as ReplayWeb.page, have a page to open, it
holds `data/report.html` once more, under the address `urn:sha256:` and its digest.";

const PACKAGES: &str = r#" It is a ZIP; its `datapackage.json` names the digest of each file in it, and
`datapackage-digest.json` that of `datapackage.json`.

```sh
for w in data/captures/*.wacz; do
  unzip -p "$w" datapackage-digest.json | grep -q "$(unzip -p "$w" datapackage.json | sha256sum | cut -c1-64)" || echo "BAD $w"
  unzip -p "$w" datapackage.json | sed -n 's/.*"hash": "sha256:\(.*\)",/\1/p; s/.*"path": "\(.*\)"/\1/p' | paste -d' ' - - |
  while read -r sum name; do
    [ "$(unzip -p "$w" "$name" | sha256sum | cut -c1-64)" = "$sum" ] || echo "BAD $w $name"
  done
done
```

"#;

const PAYLOADS: &str = r#"Each record of the WARC in it (`archive/data.warc.gz`) names the digest of its payload: a body as it was received, or an
article as it was given. Each must stand in {where}, but for answers without a body and servers' certificates. An
article that was given as a file stands under `urn:sha256:` and its digest; of one of HTML a `revisit` record names the same bytes under
`ni:///sha-256;` and the digest (RFC 6920), where players resolve its links. Under `urn:sha256:` they may show nothing of it.

```sh
for w in data/captures/*.wacz; do
  unzip -p "$w" archive/data.warc.gz | gzip -dc | tr -d '\r' | awk '/^WARC\/1.1$/ { r = 1; t = d = "" } !r { next }
    /^Content-Type:/ { t = $2 } /^WARC-Payload-Digest:/ { d = substr($2, 8) } /^$/ { r = 0; if (d && t != "application/pkix-cert") print d }'
done | sort -u | while read -r sum; do
  [ "$sum" = "$(sha256sum < /dev/null | cut -c1-64)" ] || grep -q "\"$sum\"" data/ledger/lines.jsonl ||{or} echo "BAD $sum"
done
```

Both must print nothing. `warcio check` computes every record's digests anew, and so does `citekeep verify`.
"#;

const IN_LINES: &str = "a line of the ledger";

const IN_LINES_OR_ROWS: &str = "a line of the ledger or, where that is withheld, in the rows of `data/archive.db`";

const OR_IN_ROWS: &str = r#"
    [ "$(sqlite3 data/archive.db "SELECT 1 FROM blob WHERE sha256 = x'$sum'")" = 1 ] ||"#;

const REPORT_ALONE: &str = r#"The one record of its WARC (`archive/data.warc.gz`) that has a payload names the report's digest.

```sh
unzip -p data/captures/captures.wacz archive/data.warc.gz | gzip -dc | tr -d '\r' |
  grep -q "^WARC-Payload-Digest: sha256:$(sha256sum < data/report.html | cut -c1-64)\$" || echo "BAD report.html"
```

Both must print nothing. `warcio check` computes every record's digests anew, and so does `citekeep verify`.
"#;

/// What a redacted edition is.
fn edition(extract: &Extract<'_>, held: &Held) -> String {
    let mut text = format!("\nIt is a redacted edition{}. ", left_out::told(extract));
    text += &match held.left_out {
        0 => "No body had to be left out for that.\n".to_owned(),
        count => format!(
            "Bodies that the archive has and that are not here: {count}. `data/left-out.jsonl` names the SHA-256 and length of each{}. \
             Who has such a body can compare its digest.\n",
            match (&extract.unnamed, extract.without.contains(&Profile::Counts)) {
                (Some(_), _) => "",
                (None, true) => "; the tables and `metadata` records of the web archive name them as well",
                (None, false) =>
                    "; the tables, the ledger's lines and `metadata` records of the web archive name them as well",
            }
        ),
    };
    if held.others {
        text += NO_BODIES_OF_OTHERS;
    }
    if extract.without.contains(&Profile::Counts) {
        text += COUNTS;
        if held.others {
            text += COUNTS_OF_OTHERS;
        }
    }
    if let Some(unnamed) = &extract.unnamed {
        text += &format!("\nPersons who are not named here: {}.\n{HANDLES}", unnamed.count());
    }
    text
}

const COUNTS: &str = "
Numbers of likes, replies and the like, and polls, are left out of the tables, the report and `data/archive.db`, and so is every
answer that a source gave about a post, for it holds them. Lines of the ledger about captures are withheld, as they cover the
numbers: `data/ledger/withheld.txt`. What an article prints, a person notes, or a record of others' web archives that no capture
was taken from holds, is not looked at.
";

const NO_BODIES_OF_OTHERS: &str =
    "Of the archives in `data/others/` no body is here; their rows name the digest of each.
";

const COUNTS_OF_OTHERS: &str =
    "Archives of others in `data/others/` stand here as they were taken in, with the numbers that they have.
";

const HANDLES: &str = "
Each author of a post here, and everybody whom a post, article or note mentions with `@`, has a pseudonym (`person-1` and so on, in the
order in which they came into the archive; `post-1` for a post), unless they were to be named. It stands for handle, name and id in each text, table
and address, `data/archive.db` and the report included, and nothing of it can be turned back. What was received or given is
left out as a whole, and with it the headers, the addresses asked, lists of media, links and quoted posts, the records and archives of
others and the files of helpers and persons. So `data/captures/` has no page to show but the report, and `text_sha256` is that of the
text as it stands here. All lines of the ledger are withheld, as digests in them would prove a guess: `data/ledger/chain.txt` shows
that the entries of `data/ledger/withheld.txt` exist, and a time stamp when they did, but not what they say. That the words here are those of the
archive is the word of who made this bundle. Who holds the whole one can prove it line by line.

What it does not hide: an article that stands here under its address names whom it names to everybody who opens it. The words of a post, the
time at which it was made, and the digest of a picture or an answer that somebody else has as well can lead a search engine, the platform or whoever
holds such a copy to it. Parts of a name, nicknames, names in other scripts or of persons who are neither author nor mentioned with
`@`, and what a text tells of somebody's life stay. Read it before you hand it on.
";
