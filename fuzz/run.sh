#!/usr/bin/env bash
# Runs fuzz targets for so many seconds each, seeded with the scenarios of the tests.
#   fuzz/run.sh SECONDS [TARGET...]
# Needs `cargo install cargo-fuzz` and a C++ compiler. No nightly: without a sanitizer (the crate has no
# unsafe code) libFuzzer's coverage is a stable compiler flag.
set -euo pipefail
cd "$(dirname "$0")"
seconds=$1
shift
targets=("$@")
[ $# -gt 0 ] || targets=(search_replace unified apply_patch str_replace snippet auto ops locate)

# A scenario as a target reads it: each input file, a NUL, the reply.
seed() {
    local corpus=corpus/$1 scenario file
    mkdir -p "$corpus"
    for scenario in ../tests/scenarios/*/; do
        local name=$(basename "$scenario")
        if [ "$1" = ops ]; then
            cp "$scenario/reply.txt" "$corpus/$name"
        else
            find "$scenario/input" -type f | while read -r file; do
                { cat "$file"; printf '\0'; cat "$scenario/reply.txt"; } >"$corpus/$name-$(basename "$file")"
            done
        fi
    done
}

for target in "${targets[@]}"; do
    [ "$target" = locate ] || seed "$target"
    mkdir -p "corpus/$target"
    cargo fuzz run -s none "$target" -- -dict=words.dict -max_total_time="$seconds" -timeout=10 \
        -max_len=4096 -len_control=20 -rss_limit_mb=2048 -print_final_stats=1
done
