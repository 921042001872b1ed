#!/usr/bin/env bash
# Counts the instructions of the hot functions and compares them with crates/bench/instructions.txt; with `write` it writes
# that file anew. Needs valgrind, and says so where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v valgrind >/dev/null; then
    echo "instructions: not run, valgrind is not installed"
    exit 0
fi
cargo build --release --locked --quiet --package cospass-bench --bin cospass-bench
"${CARGO_TARGET_DIR:-target}/release/cospass-bench" instructions crates/bench/instructions.txt "$@"
