//! Modules, and how they are linked.

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    Engine, Extern, ExternType, Func, Global, GlobalType, Imports, Instance, MemoryType, Module,
    RefType, Store, TableType, Val, ValType,
};

use crate::{call_i32, func, i32s, instance, linked, module};

const EVERYTHING: &str = r#"(module
    (import "a" "func" (func (param i32) (result i32)))
    (import "a" "global" (global (mut i64)))
    (import "" "table" (table 1 2 externref))
    (import "a" "memory" (memory 1 2))
    (func (export "f"))
    (global (export "g") f64 (f64.const 1))
    (table (export "t") 3 funcref)
    (export "m" (memory 0)))"#;

fn modules_tell_imports_and_exports<E: WasmEngine>(engine: &Engine<E>) {
    let module = module(engine, EVERYTHING).unwrap();
    let describe = |ty: &ExternType| match ty {
        ExternType::Func(ty) => format!("{ty}"),
        other => format!("{other:?}"),
    };
    let of = |ty: ExternType| describe(&ty);
    let mut imports: Vec<_> = module
        .imports(engine)
        .map(|x| (x.module.to_string(), x.name.to_string(), describe(&x.ty)))
        .collect();
    imports.sort();
    let import =
        |module: &str, name: &str, ty: ExternType| (module.to_string(), name.to_string(), of(ty));
    assert_eq!(
        imports,
        [
            import("", "table", TableType::new(RefType::ExternRef, 1, Some(2)).into()),
            import("a", "func", i32s(1, 1).into()),
            import("a", "global", GlobalType::new(ValType::I64, true).into()),
            import("a", "memory", MemoryType::new(1, Some(2)).into()),
        ]
    );
    let mut exports: Vec<_> =
        module.exports(engine).map(|x| (x.name.to_string(), describe(&x.ty))).collect();
    exports.sort();
    let export = |name: &str, ty: ExternType| (name.to_string(), of(ty));
    assert_eq!(
        exports,
        [
            export("f", i32s(0, 0).into()),
            export("g", GlobalType::new(ValType::F64, false).into()),
            export("m", MemoryType::new(1, Some(2)).into()),
            export("t", TableType::new(RefType::FuncRef, 3, None).into()),
        ]
    );
    assert_eq!(module.get_export(engine, "g").map(|ty| describe(&ty)), Some(exports[1].1.clone()));
    assert!(module.get_export(engine, "G").is_none());
}

fn what_is_no_module_is_an_error<E: WasmEngine>(engine: &Engine<E>) {
    let whole = wat::parse_str(EVERYTHING).unwrap();
    for length in 0..whole.len() {
        // A module that ends after a whole section is one, if nothing is missing.
        if let Ok(module) = Module::new(engine, &whole[..length]) {
            assert!(module.exports(engine).count() < 4, "{length}");
        }
    }
    assert!(Module::new(engine, b"").is_err());
    assert!(Module::new(engine, b"\0asm\x02\0\0\0").is_err());
    assert!(Module::new(engine, &whole).is_ok());
    let invalid = wat::parse_str("(module (func (result i32) i64.const 0))").unwrap();
    assert!(Module::new(engine, &invalid).is_err());
}

fn what_the_layer_has_no_words_for_is_an_error<E: WasmEngine>(engine: &Engine<E>) {
    for text in [
        r#"(module (memory (export "m") i64 1))"#,
        r#"(module (import "a" "m" (memory i64 1)))"#,
        r#"(module (table (export "t") i64 1 funcref))"#,
        r#"(module (func (export "f") (param anyref)))"#,
        r#"(module (tag (export "t")))"#,
        r#"(module (memory (export "m") 1 1 shared))"#,
    ] {
        assert!(module(engine, text).is_err(), "{text}");
    }
}

fn missing_imports_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let text = r#"(module (import "host" "f" (func)) (import "host" "g" (func)))"#;
    let f = Func::new(&mut store, i32s(0, 0), |_, _, _| Ok(()));
    assert!(linked(&mut store, text, &[]).is_err());
    assert!(linked(&mut store, text, &[("f", Extern::Func(f.clone()))]).is_err());
    assert!(
        linked(&mut store, text, &[("f", Extern::Func(f.clone())), ("g", Extern::Func(f))]).is_ok()
    );
}

fn imports_of_another_type_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let f = Func::new(&mut store, i32s(1, 0), |_, _, _| Ok(()));
    let g = Global::new(&mut store, Val::I32(1), false);
    for (text, item) in [
        (r#"(module (import "host" "x" (func)))"#, Extern::Func(f.clone())),
        (r#"(module (import "host" "x" (global i32)))"#, Extern::Func(f)),
        (r#"(module (import "host" "x" (global (mut i32))))"#, Extern::Global(g.clone())),
        (r#"(module (import "host" "x" (global i64)))"#, Extern::Global(g)),
    ] {
        assert!(linked(&mut store, text, &[("x", item)]).is_err(), "{text}");
    }
}

fn imports_beyond_what_is_needed_do_no_harm<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let f = Func::new(&mut store, i32s(0, 1), |_, _, results| {
        results[0] = Val::I32(6);
        Ok(())
    });
    let items = [("f", Extern::Func(f.clone())), ("g", Extern::Func(f))];
    let text = r#"(module
        (import "host" "f" (func $f (result i32)))
        (import "host" "f" (func $again (result i32)))
        (func (export "run") (result i32) call $f call $again i32.add))"#;
    let library = linked(&mut store, text, &items).unwrap();
    let run = func(&mut store, &library, "run");
    assert_eq!(call_i32(&mut store, &run, &[]).unwrap(), 12);
}

fn exports_are_imports_of_other_modules<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(
        &mut store,
        r#"(module
            (memory (export "memory") 1)
            (func (export "five") (result i32) (i32.store (i32.const 0) (i32.const 5)) (i32.load (i32.const 0))))"#,
    );
    let mut imports = Imports::new();
    let exports =
        library.exports(&store).map(|export| (export.name, export.value)).collect::<Vec<_>>();
    imports.register_namespace("library", exports);
    let program = module(
        engine,
        r#"(module
            (import "library" "memory" (memory 1))
            (import "library" "five" (func $five (result i32)))
            (func (export "ten") (result i32) (i32.add (call $five) (i32.load (i32.const 0))))
            (export "five" (func $five)))"#,
    )
    .unwrap();
    let program = Instance::new(&mut store, &program, &imports).unwrap();
    let ten = func(&mut store, &program, "ten");
    assert_eq!(call_i32(&mut store, &ten, &[]).unwrap(), 10);
    let five = func(&mut store, &program, "five");
    assert_eq!(call_i32(&mut store, &five, &[]).unwrap(), 5);
}

fn instances_list_their_exports<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let text = r#"(module
        (func (export "a"))
        (func (export "\u{e4}"))
        (memory (export "") 1)
        (global (export "c") i32 (i32.const 1)))"#;
    let instance = instance(&mut store, text).clone();
    let mut names: Vec<_> = instance.exports(&store).map(|export| export.name).collect();
    names.sort();
    assert_eq!(names, ["", "a", "c", "\u{e4}"]);
    assert!(instance.get_export(&store, "b").is_none());
    assert!(matches!(instance.get_export(&store, ""), Some(Extern::Memory(_))));
}

fn start_functions_run<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, 0);
    let f = Func::new(&mut store, i32s(0, 0), |mut ctx, _, _| {
        *ctx.data_mut() += 1;
        Ok(())
    });
    let text = r#"(module (import "host" "f" (func $f)) (start $f))"#;
    linked(&mut store, text, &[("f", Extern::Func(f))]).unwrap();
    assert_eq!(*store.data(), 1);
}

fn failing_instantiations_are_errors<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    for text in [
        "(module (func $f unreachable) (start $f))",
        r#"(module (memory 1) (data (i32.const 65536) "x"))"#,
        "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))",
    ] {
        assert!(linked(&mut store, text, &[]).is_err(), "{text}");
    }
}

fn modules_have_many_instances<E: WasmEngine>(engine: &Engine<E>) {
    let counter = module(
        engine,
        r#"(module
            (global $n (mut i32) (i32.const 0))
            (func (export "next") (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 1))) global.get $n))"#,
    )
    .unwrap();
    for _ in 0..2 {
        let mut store = Store::new(engine, ());
        for _ in 0..2 {
            let instance = Instance::new(&mut store, &counter, &Imports::new()).unwrap();
            let next = func(&mut store, &instance, "next");
            for expected in 1..=3 {
                assert_eq!(call_i32(&mut store, &next, &[]).unwrap(), expected);
            }
        }
    }
}

fn threads_share_modules<E: WasmEngine + Send + Sync>(engine: &Engine<E>) {
    let library =
        module(engine, r#"(module (func (export "f") (result i32) i32.const 4))"#).unwrap();
    let backend = engine.clone().into_backend();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = Store::new(&Engine::new(backend.clone()), ());
                let instance =
                    Instance::new(&mut store, &library.clone(), &Imports::new()).unwrap();
                let f = func(&mut store, &instance, "f");
                assert_eq!(call_i32(&mut store, &f, &[]).unwrap(), 4);
            });
        }
    });
}

on_every_backend! {
    modules_tell_imports_and_exports
    what_is_no_module_is_an_error
    what_the_layer_has_no_words_for_is_an_error
    missing_imports_are_errors
    imports_of_another_type_are_errors
    imports_beyond_what_is_needed_do_no_harm
    exports_are_imports_of_other_modules
    instances_list_their_exports
    start_functions_run
    failing_instantiations_are_errors
    modules_have_many_instances
    threads_share_modules
}
