#!/bin/sh
# Makes the seed corpora from the project's own examples and the cases of its tests: one file a string literal.
set -eu
cd "$(dirname "$0")/.."

# seeds TARGET FIRST_BYTE WANTED FILE… – the string literals of the files that match the pattern WANTED.
seeds() {
    target=$1 first=$2 wanted=$3
    shift 3
    mkdir -p "fuzz/corpus/$target"
    awk -v folder="fuzz/corpus/$target" -v first="$first" -v wanted="$wanted" '
        function keep(literal) {
            if (length(literal) < 2 || literal !~ wanted) return
            file = folder "/seed-" ++count
            printf "%s%s", first, literal > file
            close(file)
        }
        {
            rest = $0
            while (match(rest, /r#+"/)) {
                rest = substr(rest, RSTART + RLENGTH)
                end = index(rest, "\"#")
                keep(end ? substr(rest, 1, end - 1) : rest)
                rest = end ? substr(rest, end + 2) : ""
            }
            while (match(rest, /"([^"\\]|\\.)*"/)) {
                literal = substr(rest, RSTART + 1, RLENGTH - 2)
                rest = substr(rest, RSTART + RLENGTH)
                gsub(/\\n/, "\n", literal)
                gsub(/\\"/, "\"", literal)
                keep(literal)
            }
        }' "$@"
}

whole() {
    mkdir -p "fuzz/corpus/$1"
    { printf %s "$2"; cat "$3"; } > "fuzz/corpus/$1/whole-$(basename "$3")"
}

citing="src/citation/flattened/tests.rs src/citation/linking/tests.rs src/citation/find.rs"
pages="src/article/html.rs src/article/html/body.rs src/article/html/bound.rs src/article/meta.rs src/citation/markup.rs src/citation/find.rs"
addresses="src/platform/x/grammar.rs src/platform/link.rs"

seeds html B '<' $pages
whole html B examples/barrage.html
seeds text '' ' ' $citing src/article/plain.rs src/article/sentence.rs
whole text '' examples/barrage.fr.txt
seeds charset A '.' src/article/decode.rs
whole charset B examples/barrage.fr.txt
whole charset C examples/barrage.html
seeds flattened B ' ' $citing
seeds sentence B ' ' src/article/sentence.rs src/article/sentence/quotation.rs src/citation/linking/tests.rs
seeds date B '[0-9]' src/citation/date.rs
seeds address A '://' $addresses
seeds printed_address '' '[:./]' src/platform/link/addresses.rs
seeds robots '' '[/:]' src/fetch/robots.rs
seeds stream '' 'EXT|status' src/platform/stream.rs src/platform/wayback/save.rs
seeds source A '[{<[]' src/platform/x/syndication.rs src/platform/x/oembed.rs src/platform/x/archived.rs
seeds source B '.' src/platform/x/text.rs
seeds saved_answer A '[{<[]' src/platform/readers.rs src/platform/x/syndication.rs src/platform/x/graphql.rs \
    src/platform/x/archived.rs src/platform/x/page.rs src/platform/x/api.rs src/platform/x/witness.rs \
    src/platform/bluesky/record.rs src/platform/telegram/embed.rs src/platform/youtube/page.rs \
    src/platform/fediverse/status.rs src/platform/fediverse/object.rs \
    src/platform/fediverse/misskey.rs src/platform/fediverse/lemmy.rs src/platform/fediverse/peertube.rs \
    src/platform/reddit/rss.rs src/platform/reddit/listing.rs src/platform/tiktok/page.rs src/platform/linkedin/page.rs
seeds resolver '' '.' src/platform/x/identify.rs src/likeness.rs
seeds config '' '=' src/config.rs
whole config '' examples/config.toml

mkdir -p fuzz/corpus/content_coding
{ printf A; gzip -c examples/barrage.html; } > fuzz/corpus/content_coding/gzip
{ printf B; gzip -c examples/barrage.html | tail -c +11 | head -c -8; } > fuzz/corpus/content_coding/deflate
{ printf 'C\013\002\200hello\003'; } > fuzz/corpus/content_coding/br

mkdir -p fuzz/corpus/warc
warc='WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nWARC-Target-URI: http://a.example/\r\nWARC-Block-Digest: sha256:00\r\nWARC-Payload-Digest: sha1:AA\r\nContent-Length: 19\r\n\r\nHTTP/1.1 200 \r\n\r\na\n\r\n\r\n'
{ printf A; printf "$warc"; printf "$warc"; } > fuzz/corpus/warc/plain
{ printf B; printf "$warc" | gzip -c; printf "$warc" | gzip -c; } > fuzz/corpus/warc/gzip

mkdir -p fuzz/corpus/stamp
for reply in tests/stamps/*.tsr; do
    { printf A; cat "$reply"; } > "fuzz/corpus/stamp/$(basename "$reply")"
done
pending='\000\203\337\343\015\056\371\014\216\012\011http://a/'
{ printf 'B\360\002ab\010'; printf "$pending"; } > fuzz/corpus/stamp/promise
{ printf 'B\377\363'; printf "$pending"; printf '\361\001a\002\000\005\210\226\015\163\327\031\001\001\005'; } > fuzz/corpus/stamp/branches
