#!/usr/bin/env bash
# Holds the architecture: crate edges and pure trees are those of scripts/architecture.txt, and the
# pure crates name nothing of the standard library that reaches the world outside.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

failed=0
fail() {
    echo "architecture: $*" >&2
    failed=1
}

# The names of the packages that a crate depends on, itself left out.
tree() {
    cargo tree --locked --package "$1" --edges normal --target all --prefix none --no-dedupe "${@:2}" |
        sed 's/ .*//' | sort -u | grep -vx "$1" || true
}

compare() { # KIND CRATE EXPECTED ACTUAL
    [ "$3" = "$4" ] && return
    fail "$1 $2: expected < and found >, see scripts/architecture.txt"
    diff <(echo "$3") <(echo "$4") >&2 || true
}

while read -r kind crate expected; do
    crate=${crate%:}
    expected=$(tr ' ' '\n' <<<"$expected" | sort -u)
    case $kind in
    edges) compare edges "$crate" "$expected" "$(tree "$crate" --depth 1 | grep '^cospass' || true)" ;;
    pure) compare pure "$crate" "$expected" "$(tree "$crate")" ;;
    esac
done < <(grep -v -e '^#' -e '^$' scripts/architecture.txt)

# Without comments and on one line, so that a `use std::{…}` over several lines is seen, too. An IP
# address is a value like any other. A hash map draws its order at random.
outside='fs|net|env|os|thread|process|io|time::(SystemTime|Instant)|collections::(hash_map|HashMap|HashSet)'
nested='fs|net|env|os|thread|process|io|time|SystemTime|Instant|hash_map|HashMap|HashSet'
# A whole module, or the whole library, under which the names above would hide.
whole='(use|crate) (::)?std( as|;)|\bstd::(\*|(time|collections)( as|;|::\*))'
address='Ip(v4|v6)?Addr'
for file in $(git ls-files crates/md5-stream/src crates/sha1-lanes/src crates/sign/src crates/protocol/src); do
    code=$(sed -E 's,(^|[[:space:]])//.*,,' "$file" | tr '\n' ' ' |
        sed -E "s/std::net::($address|\{($address,? ?)+\})/ip_address/g")
    found=$(grep -oE "$whole|\bstd::($outside)\b|use (::)?std::[^;]*\{[^;]*\b($nested)\b[^;]*;" <<<"$code" || true)
    [ -z "$found" ] || fail "$file is in a pure crate and names: $found"
done

[ $failed -eq 0 ] && echo "architecture: edges, pure trees and pure sources hold"
exit $failed
