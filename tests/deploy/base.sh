#!/bin/sh
# A stand-in for the image that deploy/Dockerfile builds in, for a machine that reaches no registry of images: Debian's
# packages and this machine's Rust, in the places where the official image has them. It needs root, mmdebstrap and a daemon.
#
#   tests/deploy/base.sh && make test-deploy
set -eu
cd "$(dirname "$0")/../.."

image=$(sed -n 's/^FROM \(rust:[^ ]*\) AS build$/\1/p' deploy/Dockerfile)
sysroot=$(realpath "$(rustc --print sysroot)")
rustup=$(realpath "$(command -v rustup)")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# `rust:VERSION-slim-CODENAME`
mmdebstrap --variant=minbase --include=ca-certificates,gcc,libc6-dev "${image##*-}" "$root"
# What this machine trusts, since it may see the registry of crates through a proxy of its own.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"

toolchain=$(basename "$sysroot")
mkdir -p "$root/usr/local/rustup/toolchains" "$root/usr/local/cargo/bin"
cp -a "$sysroot" "$root/usr/local/rustup/toolchains/"
printf 'version = "12"\nprofile = "minimal"\ndefault_toolchain = "%s"\n' "$toolchain" >"$root/usr/local/rustup/settings.toml"
cp "$rustup" "$root/usr/local/cargo/bin/rustup"
for proxy in cargo rustc rustdoc; do
    ln -s rustup "$root/usr/local/cargo/bin/$proxy"
done

tar --directory "$root" --create . | docker import \
    --change 'ENV RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo' \
    --change 'ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    - "$image"
