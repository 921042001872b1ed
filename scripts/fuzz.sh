#!/usr/bin/env bash
# Runs every fuzz target, or those named, for some seconds each, with the toolchain at hand: what
# cargo-fuzz adds are these flags, and libFuzzer itself comes with the crate libfuzzer-sys.
#
#   scripts/fuzz.sh SECONDS [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?seconds for each target}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    targets=(claim percent operation key document policy form call)
fi

out=${CARGO_TARGET_DIR:-target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table"

# Naming the target keeps the flags away from build scripts, which cannot be linked with them.
RUSTFLAGS="$(echo $coverage) -Ccodegen-units=1 --cfg fuzzing" cargo build --quiet --locked --release \
    --manifest-path fuzz/Cargo.toml --target-dir "$out" --target "$host"

for target in "${targets[@]}"; do
    corpus=$out/corpus/$target
    crashes=$out/crashes/$target
    log=$out/$target.log
    mkdir -p "$corpus" "$crashes"
    if "$out/$host/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$crashes/" "$corpus" "fuzz/seeds/$target" >"$log" 2>&1; then
        echo "fuzz $target: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs, no crash/p' "$log")"
    else
        tail -n 40 "$log"
        echo "fuzz $target: failed; the input stands in $crashes" >&2
        exit 1
    fi
done
