#!/usr/bin/env bash
# The tests of sha1-lanes, the one crate with `unsafe`, under Miri and under AddressSanitizer. Both need a nightly toolchain
# (NIGHTLY names it; `rustup toolchain install nightly --component miri rust-src`). What cannot be run is told as not run.
#
# Miri knows no instructions for SHA-1 and few for vectors of 512 bits, and detects those that it is told of: it runs the portable
# code, AVX2 and the safe code around them, on fewer cases, which takes minutes; neither SHA-NI nor AVX-512. AddressSanitizer runs
# all engines of this processor on all cases.
set -uo pipefail
cd "$(dirname "$0")/.."
nightly=${NIGHTLY:-nightly}
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-target}/sanitize
failed=0

if ! command -v rustup >/dev/null || ! rustup run "$nightly" rustc --version >/dev/null 2>&1; then
    echo "sanitize: not run, there is no toolchain $nightly"
    exit 0
fi

if rustup run "$nightly" cargo miri --version >/dev/null 2>&1; then
    # proptest looks for a file of former failures, which Miri keeps it from.
    avx2=; [[ $host == x86_64* ]] && avx2=-Ctarget-feature=+avx2
    RUSTFLAGS=$avx2 MIRIFLAGS=-Zmiri-disable-isolation PROPTEST_CASES=4 CARGO_TARGET_DIR=$target/miri \
        rustup run "$nightly" cargo miri test --locked --package sha1-lanes --lib --tests || failed=1
else
    echo "sanitize: Miri not run, $nightly has no component miri"
fi

RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$target/address \
    rustup run "$nightly" cargo test --locked --package sha1-lanes --lib --tests --target "$host" || failed=1

exit $failed
