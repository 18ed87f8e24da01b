//! Compares `sys` with the headers: a C compiler reads both as one program.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::error::{ErrorCode, TrapCode};
use crate::sys;

/// A type of `sys`, as C writes it.
fn c_type(rust: &str) -> String {
    let rust = rust.trim().replace("r#", "");
    if let Some(target) = rust.strip_prefix("*const ") {
        return format!("{} const*", c_type(target));
    }
    if let Some(target) = rust.strip_prefix("*mut ") {
        return format!("{}*", c_type(target));
    }
    match rust.as_str() {
        "" | "c_void" => "void",
        "c_char" => "char",
        "c_int" => "int",
        "i32" => "int32_t",
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "usize" => "size_t",
        same => same,
    }
    .to_string()
}

/// `sys` as a C program: each function is declared once more, and everything else asserted.
fn program() -> String {
    let mut c = String::from("#include <weft.h>\ntypedef void (*Finalizer)(void*);\n");
    for (name, params, result) in sys::FUNCTIONS {
        let params: Vec<_> = params.iter().map(|param| c_type(param)).collect();
        let params = if params.is_empty() { "void".to_string() } else { params.join(", ") };
        writeln!(c, "{} {name}({params});", c_type(result)).unwrap();
    }
    let mut assert = |condition: String| {
        writeln!(c, "_Static_assert({condition}, \"{}\");", condition.replace('"', "'")).unwrap();
    };
    for (name, size, fields) in sys::layouts() {
        // The only one that has no name in C is a member.
        let (c_name, within) = match name {
            "weft_val_of_t" => ("((weft_val_t*)0)->of".to_string(), "of."),
            name => (name.to_string(), ""),
        };
        assert(format!("sizeof({c_name}) == {size}"));
        for (field, offset, size) in fields {
            let field = field.trim_start_matches("r#");
            let c_name = if within.is_empty() { name } else { "weft_val_t" };
            let offset = offset
                + if within.is_empty() { 0 } else { std::mem::offset_of!(sys::weft_val_t, of) };
            assert(format!("offsetof({c_name}, {within}{field}) == {offset}"));
            assert(format!("sizeof((({c_name}*)0)->{within}{field}) == {size}"));
        }
    }
    for (name, value) in sys::CONSTANTS {
        assert(format!("{name} == {value}u"));
    }
    for names in [ErrorCode::C_NAMES, TrapCode::C_NAMES] {
        for (value, name) in names.iter().enumerate() {
            assert(format!("{name} == {value}"));
        }
    }
    // The callback's type, which a function pointer must have without a cast.
    c.push_str(
        "weft_error_t* (*callback)(void*, weft_caller_t*, const weft_val_t*, size_t, weft_val_t*, size_t);\n\
         weft_func_callback_t same(void) { return callback; }\n",
    );
    c
}

/// What the C compiler says of a program; empty if it agrees.
fn compile(name: &str, program: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../build")
        .join(format!("{name}-{}.c", std::process::id()));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, program).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_string());
    let output = Command::new(compiler)
        .args(["-std=c11", "-fsyntax-only", "-Wall", "-Werror", "-I", env!("WEFT_INCLUDE_DIR")])
        .arg(&file)
        .output()
        .expect("a C compiler, as the engine's build needs one");
    std::fs::remove_file(&file).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), errors.is_empty(), "{errors}");
    errors
}

#[test]
fn declarations_are_those_of_the_headers() {
    assert_eq!(compile("sys", &program()), "");
}

#[test]
fn another_declaration_than_the_headers_is_found() {
    let program = program();
    for (ours, other) in [
        ("uint64_t weft_store_id(", "uint32_t weft_store_id("),
        ("weft_error_new_exit(int32_t)", "weft_error_new_exit(int64_t)"),
        (
            "offsetof(weft_frame_t, module_offset) ==",
            "1 + offsetof(weft_frame_t, module_offset) ==",
        ),
        ("WEFT_ERRC_TRAP == 9", "WEFT_ERRC_TRAP == 8"),
    ] {
        assert!(program.contains(ours), "{ours}");
        assert_ne!(compile("sys-other", &program.replacen(ours, other, 1)), "", "{other}");
    }
}

#[test]
fn the_crate_has_the_version_of_the_engine() {
    assert_eq!(crate::version(), env!("CARGO_PKG_VERSION"));
}
