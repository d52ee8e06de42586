#!/bin/sh
# Fuzzes the parsers of foreign input, one process at low priority:
#
#   scripts/fuzz.sh [MINUTES_PER_TARGET] [TARGET…]        default: 5 minutes, every target
#
# Needs a nightly compiler and `cargo install cargo-fuzz`. Prints one line a target and adds it to fuzz/executions.tsv:
# date, target, executions, executions a second, coverage (edges), inputs in the corpus, findings. Findings stay in
# fuzz/artifacts; the exit code is 1 if there are any. SANITIZER=address looks into dependencies' unsafe code, slower.
set -eu
cd "$(dirname "$0")/.."

minutes=${1:-5}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' fuzz/Cargo.toml)
log=fuzz/executions.tsv
sanitizer=${SANITIZER:-none}

dictionary() {
    case $1 in
        html) echo html ;;
        text | charset | flattened | sentence) echo text ;;
        date) echo date ;;
        address | printed_address) echo address ;;
        source | resolver | saved_answer) echo json ;;
        robots | config) echo "$1" ;;
    esac
}

fuzz/seeds.sh
nice -n 19 cargo +nightly fuzz build --sanitizer "$sanitizer" --fuzz-dir fuzz
binaries=fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release
found=0
for target; do
    output=$(mktemp)
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    words=$(dictionary "$target")
    nice -n 19 "$binaries/$target" "fuzz/corpus/$target" -artifact_prefix="fuzz/artifacts/$target/" \
        -max_total_time=$((minutes * 60)) -max_len=8192 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        ${words:+-dict="fuzz/dictionaries/$words.dict"} > "$output" 2>&1 || true
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$output")
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$output")
    coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$output" | tail -n 1)
    corpus=$(ls "fuzz/corpus/$target" | wc -l)
    findings=$(grep -c 'Test unit written to' "$output" || true)
    # A target that did not live to count has failed, too: it overran its stack, or never ran.
    [ -n "$executions" ] || findings=1
    if [ "$findings" -gt 0 ]; then
        found=1
        echo "$target:" >&2
        grep -A 2 -e 'panicked at' -e '^==[0-9]*== ERROR' -e 'Test unit written to' "$output" >&2 || tail -n 20 "$output" >&2
    fi
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$target" "${executions:-0}" "${speed:-0}" \
        "${coverage:-0}" "$corpus" "$findings" | tee -a "$log"
    rm -f "$output"
done
exit $found
