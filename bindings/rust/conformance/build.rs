//! Tells the tests where cargo keeps those of `wasm_runtime_layer`.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    let cargo = env::var_os("CARGO").expect("cargo sets it");
    // Of this platform's packages only: cargo has no others.
    let platform = env::var("TARGET").expect("cargo sets it");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", &platform])
        .output()
        .expect("cargo runs");
    let metadata = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let manifest = metadata
        .split("\"manifest_path\":\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|path| path.contains("/wasm_runtime_layer-"))
        .expect("cargo has unpacked wasm_runtime_layer");
    let tests = Path::new(manifest).with_file_name("tests");
    println!("cargo:rerun-if-changed=../Cargo.lock");
    println!("cargo:rustc-env=WASM_RUNTIME_LAYER_TESTS={}", tests.display());
}
