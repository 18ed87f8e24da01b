//! Errors: what they say, and that a host's own go through a guest unharmed.

mod support;

use std::panic::{catch_unwind, AssertUnwindSafe};

use support::{call, func, i32s, instance, linked, module, store};
use wasm_runtime_layer::{Extern, Func, Memory, MemoryType, Module, Val};
use weft_runtime_layer::{Error, ErrorCode, Frame, TrapCode};

/// Weft's error in another one.
fn weft(error: &anyhow::Error) -> &Error {
    error.downcast_ref().unwrap_or_else(|| panic!("{error:?} is none of Weft's"))
}

/// The names of the guest's functions, innermost first.
fn stack(error: &anyhow::Error) -> Vec<String> {
    weft(error).frames().into_iter().map(|frame| frame.func_name.unwrap()).collect()
}

const NAMED: &str = r#"(module $sample
    (import "host" "f" (func $f (param i32)))
    (func $inner (param i32) local.get 0 call $f unreachable)
    (func $outer (export "run") (param i32) local.get 0 call $inner))"#;

#[test]
fn a_trap_has_a_code_and_the_guests_stack() {
    let mut store = store();
    let f = Func::new(&mut store, i32s(1, 0), |_, _, _| Ok(()));
    let library = linked(&mut store, NAMED, &[("f", Extern::Func(f))]).unwrap();
    let run = func(&store, &library, "run");
    let error = call(&mut store, &run, &[Val::I32(0)]).unwrap_err();
    let error = weft(&error);
    assert_eq!((error.code(), error.trap_code()), (ErrorCode::Trap, Some(TrapCode::Unreachable)));
    assert_eq!(error.to_string(), "unreachable");
    assert_eq!((error.exit_status(), error.byte_offset(), error.os_error()), (None, None, None));
    let frames = error.frames();
    let name = |frame: &Frame| (frame.func_index, frame.func_name.clone().unwrap());
    assert_eq!(
        frames.iter().map(name).collect::<Vec<_>>(),
        [(1, "inner".to_string()), (2, "outer".to_string())]
    );
    assert_eq!(frames[0].module_name.as_deref(), Some("sample"));
    assert!(frames[0].module_offset > frames[0].func_offset && frames[0].func_offset > 0);
    assert!(error.describe().starts_with("unreachable\n"), "{}", error.describe());
    assert!(format!("{error:?}").contains("inner"), "{error:?}");
    assert_eq!(format!("{:?}", error.clone()), format!("{error:?}"));
}

#[test]
fn what_is_no_module_has_an_offset() {
    let engine = support::engine();
    let code = |bytes: &[u8]| {
        let error = Module::new(&engine, bytes).unwrap_err();
        (weft(&error).code(), weft(&error).byte_offset())
    };
    assert_eq!(code(b"\0asm\x01\0\0"), (ErrorCode::Malformed, Some(7)));
    let invalid = wat::parse_str("(module (func (result i32)))").unwrap();
    let (invalid, offset) = code(&invalid);
    assert_eq!(invalid, ErrorCode::Invalid);
    assert!(offset.is_some());
}

#[test]
fn codes_tell_misuse() {
    let mut store = store();
    let library = instance(
        &mut store,
        r#"(module (func (export "f") (param i32)) (memory (export "m") 1 2))"#,
    );
    let f = func(&store, &library, "f");
    let code = |result: anyhow::Result<()>| weft(&result.unwrap_err()).code();
    assert_eq!(code(call(&mut store, &f, &[])), ErrorCode::TypeMismatch);
    assert_eq!(code(call(&mut store, &f, &[Val::I64(1)])), ErrorCode::TypeMismatch);
    let memory = library.get_export(&store, "m").unwrap().into_memory().unwrap();
    assert_eq!(code(memory.read(&store, 65536, &mut [0])), ErrorCode::OutOfBounds);
    assert_eq!(code(memory.grow(&mut store, 2).map(|_| ())), ErrorCode::Limit);
    let impossible = Memory::new(&mut store, MemoryType::new(2, Some(1)));
    assert_eq!(code(impossible.map(|_| ())), ErrorCode::TypeMismatch);
    let unlinked = linked(&mut store, NAMED, &[]).map(|_| ());
    assert_eq!(code(unlinked), ErrorCode::Link);
    assert_eq!(ErrorCode::WrongStore.to_string(), "wrong_store");
    assert_eq!(TrapCode::IntegerDivideByZero.to_string(), "integer divide by zero");
}

#[test]
fn link_errors_list_all_imports() {
    let mut store = store();
    let f = Func::new(&mut store, i32s(1, 0), |_, _, _| Ok(()));
    let text = r#"(module
        (import "host" "f" (func (result i64)))
        (import "host" "g" (func))
        (import "other" "memory" (memory 1)))"#;
    let error = linked(&mut store, text, &[("f", Extern::Func(f))]).err().unwrap().to_string();
    for name in ["f", "g", "memory"] {
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn what_the_layer_has_no_words_for_is_named() {
    let engine = support::engine();
    for (text, what) in [
        (r#"(module (memory (export "m") i64 1))"#, "memories with 64-bit addresses"),
        (r#"(module (table (export "t") i64 1 funcref))"#, "tables with 64-bit indices"),
        (r#"(module (func (export "f") (param anyref)))"#, "anyref"),
        (r#"(module (type $t (func)) (func (export "f") (param (ref $t))))"#, "(ref "),
        (r#"(module (func (export "f") (result (ref extern)) unreachable))"#, "(ref extern)"),
        (r#"(module (tag (export "t") (param i32)))"#, "tag"),
    ] {
        let error = module(&engine, text).unwrap_err();
        assert_eq!(weft(&error).code(), ErrorCode::Unsupported, "{text}");
        assert!(error.to_string().contains(what), "{error}");
    }
}

/// A host function that fails with what it is told, in a guest's function.
fn failing(
    store: &mut support::Store,
    fail: impl 'static + Send + Sync + Fn() -> anyhow::Result<()>,
) -> Func {
    let f = Func::new(&mut *store, i32s(1, 0), move |_, _, _| fail());
    let library = linked(&mut *store, NAMED, &[("f", Extern::Func(f))]).unwrap();
    func(store, &library, "run")
}

#[derive(Debug, PartialEq)]
struct Knot(u32);

impl std::fmt::Display for Knot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a knot at {}", self.0)
    }
}

impl std::error::Error for Knot {}

#[test]
fn a_hosts_error_has_the_guests_stack_as_its_context() {
    let mut store = store();
    let run = failing(&mut store, || Err(anyhow::Error::new(Knot(4)).context("while weaving")));
    let error = call(&mut store, &run, &[Val::I32(0)]).unwrap_err();
    assert_eq!(error.downcast_ref::<Knot>(), Some(&Knot(4)));
    assert_eq!(weft(&error).code(), ErrorCode::Host);
    assert_eq!(weft(&error).frames().len(), 2);
    assert_eq!(format!("{error:#}"), "a host function failed: while weaving: a knot at 4");
    assert_eq!(error.root_cause().downcast_ref::<Knot>(), Some(&Knot(4)));
    assert_eq!(error.downcast::<Knot>().unwrap(), Knot(4));
}

#[test]
fn an_error_that_goes_through_two_guests_has_one_context() {
    let mut store = store();
    let inner = failing(&mut store, || Err(Knot(5).into()));
    let between = Func::new(&mut store, i32s(1, 0), move |mut ctx, args, results| {
        inner.call(&mut ctx, args, results)
    });
    let library = linked(&mut store, NAMED, &[("f", Extern::Func(between))]).unwrap();
    let outer = func(&store, &library, "run");
    let error = call(&mut store, &outer, &[Val::I32(0)]).unwrap_err();
    assert_eq!(format!("{error:#}"), "a host function failed: a knot at 5");
    assert_eq!(error.downcast_ref::<Knot>(), Some(&Knot(5)));
    assert_eq!(stack(&error), ["inner", "outer", "inner", "outer"]);
    let text = weft(&error).clone().describe();
    assert_eq!((text.matches("at inner (").count(), text.lines().count()), (2, 5), "{text}");
}

#[test]
fn a_guests_error_goes_through_the_host_as_it_is() {
    let mut store = store();
    let trapping = instance(
        &mut store,
        r#"(module (func $div (export "f") (drop (i32.div_s (i32.const 1) (i32.const 0)))))"#,
    );
    let trap = func(&store, &trapping, "f");
    let between =
        Func::new(&mut store, i32s(1, 0), move |mut ctx, _, _| trap.call(&mut ctx, &[], &mut []));
    let library = linked(&mut store, NAMED, &[("f", Extern::Func(between))]).unwrap();
    let outer = func(&store, &library, "run");
    let error = call(&mut store, &outer, &[Val::I32(0)]).unwrap_err();
    assert_eq!(weft(&error).trap_code(), Some(TrapCode::IntegerDivideByZero));
    assert_eq!(error.to_string(), "integer divide by zero");
    assert_eq!(error.chain().len(), 1);
    assert_eq!(stack(&error), ["div", "inner", "outer"]);
}

#[test]
fn a_host_function_traps_and_exits() {
    let mut store = store();
    let run = failing(&mut store, || Err(Error::trap(TrapCode::MemoryOutOfBounds, "at 7").into()));
    let error = call(&mut store, &run, &[Val::I32(0)]).unwrap_err();
    assert_eq!(weft(&error).trap_code(), Some(TrapCode::MemoryOutOfBounds));
    assert_eq!(error.to_string(), "out of bounds memory access: at 7");
    assert_eq!(weft(&error).frames().len(), 2);
    let run = failing(&mut store, || Err(Error::exit(3).into()));
    let error = call(&mut store, &run, &[Val::I32(0)]).unwrap_err();
    assert_eq!((weft(&error).code(), weft(&error).exit_status()), (ErrorCode::Exit, Some(3)));
    let run = failing(&mut store, || Err(Error::new(ErrorCode::NotFound, "no thread").into()));
    let error = call(&mut store, &run, &[Val::I32(0)]).unwrap_err();
    assert_eq!(
        (weft(&error).code(), error.to_string().as_str()),
        (ErrorCode::NotFound, "no thread")
    );
}

#[test]
fn a_guests_exception_is_caught_beyond_the_host() {
    let mut store = store();
    let thrower = instance(
        &mut store,
        r#"(module
            (tag $t (param i32))
            (func (export "throw") (throw $t (i32.const 8)))
            (type $f (func (param i32)))
            (table 1 funcref)
            (func (export "run") (param funcref) (result i32)
              (table.set 0 (i32.const 0) (local.get 0))
              (block $caught (result i32)
                (try_table (catch $t $caught) (call_indirect (type $f) (i32.const 1) (i32.const 0)))
                (i32.const 0))))"#,
    );
    let throw = func(&store, &thrower, "throw");
    let run = func(&store, &thrower, "run");
    let alone = call(&mut store, &throw, &[]).unwrap_err();
    assert_eq!(weft(&alone).code(), ErrorCode::Exception);
    let between =
        Func::new(&mut store, i32s(1, 0), move |mut ctx, _, _| throw.call(&mut ctx, &[], &mut []));
    let mut result = [Val::I32(0)];
    run.call(&mut store, &[Val::FuncRef(Some(between))], &mut result).unwrap();
    assert_eq!(result, [Val::I32(8)]);
}

#[test]
fn panics_go_through_two_guests() {
    let mut store = store();
    let inner = failing(&mut store, || std::panic::panic_any(Knot(6)));
    let between = Func::new(&mut store, i32s(1, 0), move |mut ctx, args, results| {
        inner.call(&mut ctx, args, results)
    });
    let library = linked(&mut store, NAMED, &[("f", Extern::Func(between))]).unwrap();
    let outer = func(&store, &library, "run");
    let run = || call(&mut store, &outer, &[Val::I32(0)]);
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(panic.downcast_ref::<Knot>(), Some(&Knot(6)));
}

#[test]
fn a_panic_of_a_start_function_comes_out_of_the_instantiation() {
    let mut store = store();
    let f = Func::new(&mut store, i32s(0, 0), |_, _, _| std::panic::panic_any(Knot(7)));
    let text = r#"(module (import "host" "f" (func $f)) (start $f))"#;
    let link = || linked(&mut store, text, &[("f", Extern::Func(f))]).map(|_| ());
    let panic = catch_unwind(AssertUnwindSafe(link)).unwrap_err();
    assert_eq!(panic.downcast_ref::<Knot>(), Some(&Knot(7)));
}
