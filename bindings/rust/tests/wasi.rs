//! WASI.

mod support;

use support::{call, engine, func, module, store};
use wasm_runtime_layer::{Extern, Func, Imports, Instance};
use weft_runtime_layer::{Access, Error, ErrorCode, Wasi};

/// Copies standard input to standard output, and its arguments and environment to standard error; exits with 7.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "host" "note" (func $note (param i32)))
    (memory (export "memory") 1)
    (func $put (param $fd i32) (param $at i32) (param $size i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $size))
      (call $note (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 100))
      (call $note (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (call $put (i32.const 1) (i32.const 1024) (i32.load (i32.const 8)))
      (call $note (call $args (i32.const 16) (i32.const 2048)))
      (call $put (i32.const 2) (i32.const 2048) (i32.const 4))
      (call $note (call $environ (i32.const 16) (i32.const 3072)))
      (call $put (i32.const 2) (i32.const 3072) (i32.const 6))
      (call $exit (i32.const 7))))"#;

#[test]
fn a_program_sees_what_it_is_given_and_exits() {
    let mut wasi = Wasi::new();
    wasi.arg("weft").unwrap().env("WARP", "8").unwrap().stdin_bytes(b"thread").unwrap();
    let (out, err) = (wasi.capture_stdout().unwrap(), wasi.capture_stderr().unwrap());
    let mut store = store();
    let program = module(store.engine(), PROGRAM).unwrap();
    let note = Func::new(&mut store, support::i32s(1, 0), |_, args, _| {
        assert_eq!(args[0], wasm_runtime_layer::Val::I32(0));
        Ok(())
    });
    let mut imports = Imports::new();
    imports.define("host", "note", Extern::Func(note));
    wasi.define(&mut store, &program, &mut imports).unwrap();
    drop(wasi);
    assert!(imports.exists("wasi_snapshot_preview1", "fd_write"));
    assert!(!imports.exists("wasi_snapshot_preview1", "fd_close"), "the module has no use for it");
    let program = Instance::new(&mut store, &program, &imports).unwrap();
    let start = func(&store, &program, "_start");
    let error = call(&mut store, &start, &[]).unwrap_err();
    let error = error.downcast_ref::<Error>().unwrap();
    assert_eq!((error.code(), error.exit_status()), (ErrorCode::Exit, Some(7)));
    drop(store);
    assert_eq!(out.contents(), b"thread");
    assert_eq!(err.contents(), b"weftWARP=8");
}

#[test]
fn what_cannot_be_given_is_told() {
    let code = |result: Result<&mut Wasi, Error>| result.map(|_| ()).unwrap_err().code();
    let mut wasi = Wasi::new();
    assert_eq!(code(wasi.arg("a\0b")), ErrorCode::Usage);
    assert_eq!(code(wasi.env("a=b", "c")), ErrorCode::Usage);
    assert_eq!(code(wasi.preopen("/no/such/directory", "/data", Access::Read)), ErrorCode::Io);
    wasi.preopen(env!("CARGO_MANIFEST_DIR"), "/data", Access::All).unwrap();
}

#[test]
fn a_module_without_imports_gets_none() {
    let engine = engine();
    let mut store = support::Store::new(&engine, ());
    let empty = module(&engine, "(module)").unwrap();
    let mut imports = Imports::new();
    Wasi::default().define(&mut store, &empty, &mut imports).unwrap();
    assert_eq!(imports.iter().count(), 0);
}
