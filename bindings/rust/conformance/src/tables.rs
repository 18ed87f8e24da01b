//! Tables.

use wasm_runtime_layer::backend::WasmEngine;
use wasm_runtime_layer::{
    Engine, Extern, ExternRef, Func, Ref, RefType, Store, Table, TableType, Val,
};

use crate::{call_i32, func, i32s, instance, linked, refused, run_func, table};

const NO_FUNC: Ref = Ref::FuncRef(None);
const NO_EXTERN: Ref = Ref::ExternRef(None);

fn constant<E: WasmEngine>(store: &mut Store<(), E>, value: i32) -> Func {
    Func::new(store, i32s(0, 1), move |_, _, results| {
        results[0] = Val::I32(value);
        Ok(())
    })
}

fn called<E: WasmEngine>(store: &mut Store<(), E>, element: Option<Ref>) -> i32 {
    match element {
        Some(Ref::FuncRef(Some(func))) => call_i32(store, &func, &[]).unwrap(),
        other => panic!("{other:?} is no function"),
    }
}

fn table_is_full_of_its_first_element<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let seven = constant(&mut store, 7);
    let ty = TableType::new(RefType::FuncRef, 3, Some(5));
    let table = Table::new(&mut store, ty, Ref::FuncRef(Some(seven))).unwrap();
    assert_eq!(table.ty(&store), ty);
    assert_eq!(table.size(&store), 3);
    for index in 0..3 {
        let element = table.get(&mut store, index);
        assert_eq!(called(&mut store, element), 7);
    }
}

fn elements_are_set_and_null<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let ty = TableType::new(RefType::FuncRef, 2, None);
    let table = Table::new(&mut store, ty, NO_FUNC).unwrap();
    assert!(matches!(table.get(&mut store, 1), Some(Ref::FuncRef(None))));
    let nine = constant(&mut store, 9);
    table.set(&mut store, 1, Ref::FuncRef(Some(nine))).unwrap();
    let element = table.get(&mut store, 1);
    assert_eq!(called(&mut store, element), 9);
    table.set(&mut store, 1, NO_FUNC).unwrap();
    assert!(matches!(table.get(&mut store, 1), Some(Ref::FuncRef(None))));
}

fn elements_beyond_the_end_are_none<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let ty = TableType::new(RefType::ExternRef, 2, None);
    let table = Table::new(&mut store, ty, NO_EXTERN).unwrap();
    for index in [2, 3, u32::MAX] {
        assert!(table.get(&mut store, index).is_none(), "{index}");
        assert!(table.set(&mut store, index, NO_EXTERN).is_err(), "{index}");
    }
}

fn table_grows_to_its_maximum<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let ty = TableType::new(RefType::FuncRef, 1, Some(3));
    let table = Table::new(&mut store, ty, NO_FUNC).unwrap();
    let five = constant(&mut store, 5);
    assert_eq!(table.grow(&mut store, 0, NO_FUNC).unwrap(), 1);
    assert!(table.grow(&mut store, 3, NO_FUNC).is_err());
    assert!(table.grow(&mut store, u32::MAX, NO_FUNC).is_err());
    assert_eq!(table.size(&store), 1);
    assert_eq!(table.grow(&mut store, 2, Ref::FuncRef(Some(five))).unwrap(), 1);
    assert_eq!(table.size(&store), 3);
    assert!(matches!(table.get(&mut store, 0), Some(Ref::FuncRef(None))));
    let element = table.get(&mut store, 2);
    assert_eq!(called(&mut store, element), 5);
}

fn elements_of_another_type_are_refused<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let funcs = TableType::new(RefType::FuncRef, 1, None);
    let object = || Ref::ExternRef(None);
    assert!(refused(|| Table::new(&mut store, funcs, object())));
    let table = Table::new(&mut store, funcs, NO_FUNC).unwrap();
    assert!(refused(|| table.set(&mut store, 0, object())));
    assert!(refused(|| table.grow(&mut store, 1, object())));
    assert_eq!(table.size(&store), 1);
    let object = ExternRef::new(&mut store, 1);
    assert!(refused(|| table.set(&mut store, 0, Ref::ExternRef(Some(object)))));
}

fn guest_calls_what_the_host_puts_into_its_table<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let library = instance(
        &mut store,
        r#"(module
            (type $constant (func (result i32)))
            (table (export "table") 2 funcref)
            (func (export "call") (param i32) (result i32) local.get 0 call_indirect (type $constant)))"#,
    );
    let call = func(&mut store, &library, "call");
    let table = table(&mut store, &library, "table");
    assert!(call_i32(&mut store, &call, &[Val::I32(0)]).is_err());
    let three = constant(&mut store, 3);
    table.set(&mut store, 0, Ref::FuncRef(Some(three))).unwrap();
    assert_eq!(call_i32(&mut store, &call, &[Val::I32(0)]).unwrap(), 3);
    let wrong = Func::new(&mut store, i32s(1, 1), |_, _, _| Ok(()));
    table.set(&mut store, 1, Ref::FuncRef(Some(wrong))).unwrap();
    assert!(call_i32(&mut store, &call, &[Val::I32(1)]).is_err());
    assert!(call_i32(&mut store, &call, &[Val::I32(2)]).is_err());
}

fn guest_fills_the_hosts_table<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let table = Table::new(&mut store, TableType::new(RefType::FuncRef, 1, None), NO_FUNC).unwrap();
    let library = linked(
        &mut store,
        r#"(module
            (import "host" "table" (table 1 funcref))
            (func $eleven (result i32) i32.const 11)
            (elem declare func $eleven)
            (func (export "fill") i32.const 0 ref.func $eleven table.set 0)
            (func (export "grow") ref.null func i32.const 4 table.grow 0 drop))"#,
        &[("table", Extern::Table(table.clone()))],
    )
    .unwrap();
    let (fill, grow) = (func(&mut store, &library, "fill"), func(&mut store, &library, "grow"));
    run_func(&mut store, &fill, &[]).unwrap();
    let element = table.get(&mut store, 0);
    assert_eq!(called(&mut store, element), 11);
    run_func(&mut store, &grow, &[]).unwrap();
    assert_eq!(table.size(&store), 5);
}

fn tables_hold_host_objects<E: WasmEngine>(engine: &Engine<E>) {
    let mut store = Store::new(engine, ());
    let object = ExternRef::new(&mut store, "woven".to_string());
    let ty = TableType::new(RefType::ExternRef, 2, None);
    let table = Table::new(&mut store, ty, Ref::ExternRef(Some(object))).unwrap();
    table.set(&mut store, 0, NO_EXTERN).unwrap();
    assert!(matches!(table.get(&mut store, 0), Some(Ref::ExternRef(None))));
    match table.get(&mut store, 1) {
        Some(Ref::ExternRef(Some(object))) => {
            let text: &String =
                object.downcast(wasm_runtime_layer::AsContext::as_context(&store)).unwrap();
            assert_eq!(text, "woven");
        }
        other => panic!("{other:?} is no object"),
    }
}

on_every_backend! {
    table_is_full_of_its_first_element
    elements_are_set_and_null
    elements_beyond_the_end_are_none
    table_grows_to_its_maximum
    elements_of_another_type_are_refused
    guest_calls_what_the_host_puts_into_its_table
    guest_fills_the_hosts_table
    tables_hold_host_objects
}
