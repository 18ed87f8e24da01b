//! Builds the engine's static library with CMake, from the repository that this crate is in, and links it.
//!
//! The compilers are those of `CXX` and `CC`; otherwise clang 19 if there is one, with which the interpreter is faster; otherwise
//! CMake's default. `WEFT_LIB_DIR` names a folder with a `libweft.a` that is linked instead.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    println!("cargo:rerun-if-env-changed=WEFT_LIB_DIR");
    let folder = match env::var_os("WEFT_LIB_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => build(&root),
    };
    println!("cargo:rerun-if-changed={}", folder.join("libweft.a").display());
    println!("cargo:rustc-link-search=native={}", folder.display());
    println!("cargo:rustc-link-lib=static=weft");
    // The C++ runtime that compilers on Linux link.
    println!("cargo:rustc-link-lib=dylib=stdc++");
    // For the tests, which compare declarations with the headers.
    println!("cargo:rustc-env=WEFT_INCLUDE_DIR={}", root.join("api/include").display());
}

/// The folder of the library that CMake makes.
fn build(root: &Path) -> PathBuf {
    for source in ["CMakeLists.txt", "api", "cmake", "interp", "wasi"] {
        println!("cargo:rerun-if-changed={}", root.join(source).display());
    }
    for variable in
        ["CXX", "CC", "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_C_COMPILER_LAUNCHER", "CMAKE_GENERATOR"]
    {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let mut cmake = cmake::Config::new(root);
    // The flags are the project's own, as everywhere else.
    cmake.no_default_flags(true).profile("Release");
    if env::var_os("CMAKE_GENERATOR").is_none() {
        cmake.generator("Ninja");
    }
    for option in ["WEFT_TOOLS", "WEFT_TESTS", "BUILD_SHARED_LIBS"] {
        cmake.define(option, "OFF");
    }
    if env::var_os("CXX").is_none() && Command::new("clang++-19").arg("--version").output().is_ok()
    {
        cmake.define("CMAKE_C_COMPILER", "clang-19").define("CMAKE_CXX_COMPILER", "clang++-19");
    }
    cmake.build_target("weft").build().join("build")
}
