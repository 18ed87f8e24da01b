#!/bin/sh
# build.sh [SOURCE [OUTPUT]]: compiles greeting.rs to greeting.wasm with Debian's Rust, which has WebAssembly's standard library
# (packages rustc, libstd-rust-dev-wasm32, lld-14).
set -eu
here=$(dirname "$0")
exec /usr/bin/rustc --edition 2021 --target wasm32-wasi --crate-type cdylib -C opt-level=3 -C strip=debuginfo -C linker=wasm-ld-14 \
  "${1:-$here/greeting.rs}" -o "${2:-$here/greeting.wasm}"
