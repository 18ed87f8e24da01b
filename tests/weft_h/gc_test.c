// References: host objects, i31, structs, arrays, tags and exceptions.
#include "tests/weft_h/c_test.h"

static weft_error_t* throw_again(void* env, weft_caller_t* caller, const weft_val_t args[],
                                 size_t arg_count, weft_val_t results[], size_t result_count) {
  wasm_extern_t** tag = env;
  wasm_ref_t* exception = NULL;
  const weft_val_t values[] = {weft_i32(77), weft_i64(1)};
  (void)args;
  (void)arg_count;
  (void)results;
  (void)result_count;
  OK(weft_exception_new(weft_caller_store(caller), *tag, values, 2, &exception));
  weft_error_t* error = weft_error_new_exception(exception);
  wasm_ref_delete(exception);
  return error;
}

// The fixture "objects", whose import throws by the tag.
static world_t objects(wasm_extern_t** tag) {
  world_t world = world_new(NULL);
  weft_linker_t* linker = weft_linker_new(world.engine);
  wasm_functype_t* type = functype(0, NULL, 0, NULL);
  OK(weft_linker_func(linker, weft_str("host"), weft_str("thrower"), type, throw_again, tag, NULL));
  world.module = load(world.engine, "objects");
  OK(weft_linker_instantiate(linker, world.store, world.module, &world.instance));
  wasm_functype_delete(type);
  weft_linker_delete(linker);
  OK(weft_instance_export(world.instance, weft_str("tag"), tag));
  return world;
}

static wasm_ref_t* call_for_ref(const wasm_instance_t* instance, const char* name) {
  wasm_func_t* func = func_of(instance, name);
  weft_val_t result = weft_ref(WEFT_ANYREF, NULL);
  OK(weft_func_call(func, NULL, 0, &result, 1));
  wasm_func_delete(func);
  return result.of.ref;
}

static void a_host_object_is_finalized_once(void) {
  world_t world = world_new("plain");
  wasm_func_t* keep = func_of(world.instance, "keep");
  wasm_foreign_t* foreign = NULL;
  int count = 0;
  OK(weft_foreign_new(world.store, &count, count_call, &foreign));
  CHECK(weft_foreign_payload(foreign, count_call) == &count);
  CHECK(weft_foreign_payload(foreign, count_other) == NULL);
  CHECK(wasm_foreign_get_host_info(foreign) == &count);
  weft_val_t arg = weft_ref(WASM_EXTERNREF, wasm_foreign_as_ref(foreign));
  OK(weft_func_call(keep, &arg, 1, NULL, 0));
  wasm_foreign_delete(foreign);
  OK(weft_store_gc(world.store));
  CHECK(count == 0);
  arg = weft_ref(WASM_EXTERNREF, NULL);
  OK(weft_func_call(keep, &arg, 1, NULL, 0));
  OK(weft_store_gc(world.store));
  CHECK(count == 1);
  OK(weft_foreign_new(world.store, &count, count_call, &foreign));
  wasm_func_delete(keep);
  world_delete(&world);
  CHECK(count == 2 && weft_foreign_payload(foreign, count_call) == NULL);
  wasm_foreign_delete(foreign);
  CHECK(count == 2);
  FAILS(WEFT_ERRC_USAGE, weft_foreign_new(NULL, &count, count_call, &foreign));
  CHECK(count == 3);
}

static void many_host_objects_are_finalized_once_each(void) {
  world_t world = world_new(NULL);
  int count = 0;
  int i;
  for (i = 0; i < 10000; ++i) {
    wasm_foreign_t* foreign = NULL;
    OK(weft_foreign_new(world.store, &count, count_call, &foreign));
    wasm_foreign_delete(foreign);
  }
  CHECK(count == 10000);
  world_delete(&world);
  CHECK(count == 10000);
}

static void an_i31_is_a_number(void) {
  wasm_ref_t* i31 = weft_i31_new(-1);
  int32_t value = 0;
  wasm_valkind_t kind = 0;
  weft_heaptype_t heap;
  CHECK(weft_i31_get(i31, &value) && value == -1);
  CHECK(weft_ref_kind(i31, &kind) && kind == WEFT_ANYREF);
  CHECK(weft_ref_heap(i31, &heap) && heap.kind == WEFT_HEAP_I31);
  CHECK(weft_ref_store_id(i31) == 0);
  wasm_ref_delete(i31);
  CHECK(!weft_i31_get(NULL, &value) && !weft_ref_kind(NULL, &kind) && !weft_ref_heap(NULL, &heap));
  world_t world = world_new("plain");
  CHECK(!weft_i31_get(wasm_instance_as_ref(world.instance), &value));
  CHECK(!weft_ref_kind(wasm_instance_as_ref(world.instance), &kind));
  world_delete(&world);
}

static void structs_of_the_guest(void) {
  wasm_extern_t* tag = NULL;
  world_t world = objects(&tag);
  wasm_ref_t* point = call_for_ref(world.instance, "point");
  wasm_func_t* sum = func_of(world.instance, "sum");
  weft_heaptype_t heap;
  weft_heaptype_t other = {WEFT_HEAP_ARRAY, WEFT_HEAP_ARRAY, 0};
  weft_val_t value = weft_i32(40);
  size_t count = 0;
  bool matches = false;
  CHECK(weft_ref_heap(point, &heap) && heap.kind == WEFT_HEAP_CONCRETE);
  CHECK(heap.hierarchy == WEFT_HEAP_STRUCT);
  OK(weft_ref_matches(point, &heap, &matches));
  CHECK(matches);
  OK(weft_ref_matches(point, &other, &matches));
  CHECK(!matches);
  OK(weft_ref_matches(NULL, &heap, &matches));
  CHECK(!matches);
  OK(weft_struct_field_count(point, &count));
  CHECK(count == 2);
  OK(weft_struct_set(point, 0, &value));
  OK(weft_struct_get(point, 1, &value));
  CHECK(value.kind == WASM_I32 && value.of.i32 == 255);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_struct_set(point, 1, &value));
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_struct_get(point, 2, &value));
  FAILS(WEFT_ERRC_USAGE, weft_struct_get(NULL, 0, &value));
  const weft_val_t arg = weft_ref(WEFT_ANYREF, point);
  OK(weft_func_call(sum, &arg, 1, &value, 1));
  CHECK(value.of.i32 == 39);
  const weft_val_t fields[] = {weft_i32(1), weft_i32(2)};
  wasm_ref_t* made = NULL;
  OK(weft_struct_new(world.store, &heap, fields, 2, &made));
  const weft_val_t made_arg = weft_ref(WEFT_ANYREF, made);
  OK(weft_func_call(sum, &made_arg, 1, &value, 1));
  CHECK(value.of.i32 == 3 && !wasm_ref_same(made, point));
  wasm_ref_delete(made);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_struct_new(world.store, &heap, fields, 1, &made));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_struct_new(world.store, &other, fields, 2, &made));
  wasm_ref_delete(point);
  wasm_func_delete(sum);
  wasm_extern_delete(tag);
  world_delete(&world);
}

static void types_of_the_hosts(void) {
  world_t world = world_new(NULL);
  wasm_valtype_t* f64 = wasm_valtype_new(WASM_F64);
  weft_field_t fields[2];
  weft_heaptype_t open_type;
  weft_heaptype_t sub;
  weft_heaptype_t array;
  wasm_valtype_t* type = NULL;
  uint8_t packed = 0;
  wasm_mutability_t mutability = WASM_CONST;
  size_t count = 0;
  fields[0].type = f64;
  fields[0].packed_bytes = 0;
  fields[0].mutability = WASM_VAR;
  fields[1].type = NULL;
  fields[1].packed_bytes = 2;
  fields[1].mutability = WASM_CONST;
  OK(weft_struct_type(world.engine, fields, 1, false, NULL, &open_type));
  OK(weft_struct_type(world.engine, fields, 2, true, &open_type, &sub));
  CHECK(open_type.index != sub.index);
  OK(weft_type_field_count(world.engine, &sub, &count));
  CHECK(count == 2);
  OK(weft_type_field(world.engine, &sub, 1, &type, &packed, &mutability));
  CHECK(wasm_valtype_kind(type) == WASM_I32 && packed == 2 && mutability == WASM_CONST);
  wasm_valtype_delete(type);
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS,
        weft_type_field(world.engine, &sub, 2, &type, &packed, &mutability));
  OK(weft_array_type(world.engine, &fields[0], true, NULL, &array));
  OK(weft_type_field(world.engine, &array, 0, &type, &packed, &mutability));
  CHECK(wasm_valtype_kind(type) == WASM_F64 && packed == 0 && mutability == WASM_VAR);
  wasm_valtype_delete(type);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_struct_type(world.engine, fields, 1, true, &sub, &array));
  fields[0].packed_bytes = 1;
  FAILS(WEFT_ERRC_USAGE, weft_struct_type(world.engine, fields, 1, true, NULL, &array));
  FAILS(WEFT_ERRC_USAGE, weft_struct_type(world.engine, NULL, 1, true, NULL, &array));
  wasm_valtype_delete(f64);
  world_delete(&world);
}

static void arrays(void) {
  wasm_extern_t* tag = NULL;
  world_t world = objects(&tag);
  wasm_ref_t* bytes = call_for_ref(world.instance, "bytes");
  wasm_ref_t* made = NULL;
  weft_heaptype_t heap;
  weft_val_t value = weft_i32(0);
  uint32_t size = 0;
  uint8_t read[4] = {0};
  const uint8_t write[2] = {1, 2};
  OK(weft_array_size(bytes, &size));
  CHECK(size == 4);
  OK(weft_array_get(bytes, 3, &value));
  CHECK(value.of.i32 == 7);
  value = weft_i32(300);
  OK(weft_array_set(bytes, 0, &value));
  OK(weft_array_write(bytes, 2, 1, write, 2));
  OK(weft_array_read(bytes, 0, 1, read, 4));
  CHECK(read[0] == 44 && read[1] == 7 && read[2] == 1 && read[3] == 2);
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_array_get(bytes, 4, &value));
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_array_read(bytes, 1, 1, read, 4));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_array_read(bytes, 0, 4, read, 1));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_array_read(bytes, 0, 3, read, 1));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_struct_get(bytes, 0, &value));
  CHECK(weft_ref_heap(bytes, &heap));
  const weft_val_t elements[] = {weft_i32(1), weft_i32(2), weft_i32(3)};
  OK(weft_array_new(world.store, &heap, elements, 3, &made));
  OK(weft_array_get(made, 2, &value));
  CHECK(value.of.i32 == 3);
  wasm_ref_delete(made);
  OK(weft_array_new_filled(world.store, &heap, &elements[1], 5, &made));
  OK(weft_array_size(made, &size));
  CHECK(size == 5);
  OK(weft_array_get(made, 4, &value));
  CHECK(value.of.i32 == 2);
  wasm_ref_delete(made);
  wasm_ref_delete(bytes);
  wasm_extern_delete(tag);
  world_delete(&world);
  FAILS(WEFT_ERRC_USAGE, weft_array_size(NULL, &size));
}

static void an_anyref_becomes_an_externref_and_back(void) {
  wasm_extern_t* tag = NULL;
  world_t world = objects(&tag);
  wasm_ref_t* bytes = call_for_ref(world.instance, "bytes");
  wasm_ref_t* outside = NULL;
  wasm_ref_t* inside = NULL;
  wasm_valkind_t kind = 0;
  OK(weft_ref_to_extern(bytes, &outside));
  CHECK(weft_ref_kind(outside, &kind) && kind == WASM_EXTERNREF);
  OK(weft_ref_to_any(outside, &inside));
  CHECK(wasm_ref_same(inside, bytes));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_ref_to_any(bytes, &inside));
  wasm_ref_delete(inside);
  wasm_ref_delete(outside);
  wasm_ref_delete(bytes);
  OK(weft_ref_to_extern(NULL, &outside));
  OK(weft_ref_to_any(NULL, &inside));
  CHECK(outside == NULL && inside == NULL);
  wasm_extern_delete(tag);
  world_delete(&world);
}

static void exceptions_come_out_and_go_in(void) {
  wasm_extern_t* tag = NULL;
  world_t world = objects(&tag);
  wasm_func_t* thrower = func_of(world.instance, "throw");
  wasm_func_t* catcher = func_of(world.instance, "catch");
  const weft_val_t arg = weft_i32(42);
  weft_val_t values[2] = {weft_i32(0), weft_i32(0)};
  wasm_ref_t* exception = NULL;
  wasm_extern_t* its_tag = NULL;
  wasm_functype_t* type = NULL;
  weft_error_t* error = weft_func_call(thrower, &arg, 1, NULL, 0);
  CHECK(weft_error_code(error) == WEFT_ERRC_EXCEPTION);
  OK(weft_error_exception(error, world.store, &exception));
  weft_error_delete(error);
  OK(weft_exception_tag(exception, &its_tag));
  CHECK(wasm_ref_same(wasm_extern_as_ref(its_tag), wasm_extern_as_ref(tag)));
  CHECK(wasm_extern_kind(tag) == WEFT_EXTERN_TAG);
  OK(weft_exception_values(exception, values, 2));
  CHECK(values[0].of.i32 == 42 && values[1].of.i64 == 5);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_exception_values(exception, values, 1));
  OK(weft_func_call(catcher, NULL, 0, values, 1));
  CHECK(values[0].of.i32 == 77);
  OK(weft_tag_type(tag, &type));
  CHECK(wasm_functype_params(type)->size == 2);
  wasm_functype_delete(type);
  wasm_externtype_t* extern_type = wasm_extern_type(tag);
  CHECK(wasm_functype_params(weft_externtype_tag(extern_type))->size == 2);
  wasm_externtype_delete(extern_type);
  CHECK(weft_externtype_tag(NULL) == NULL);
  wasm_extern_t* no_tag = wasm_func_as_extern(thrower);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_tag_type(no_tag, &type));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_exception_new(world.store, no_tag, values, 1, &exception));
  error = weft_error_new(WEFT_ERRC_HOST, weft_str("plain"));
  wasm_ref_t* none = NULL;
  FAILS(WEFT_ERRC_NOT_FOUND, weft_error_exception(error, world.store, &none));
  weft_error_delete(error);
  FAILS(WEFT_ERRC_TRAP, weft_error_new_exception(NULL));
  wasm_ref_delete(exception);
  wasm_extern_delete(its_tag);
  wasm_extern_delete(tag);
  wasm_func_delete(thrower);
  wasm_func_delete(catcher);
  world_delete(&world);
}

static void tags_of_the_hosts(void) {
  static const wasm_valkind_t kI32[] = {WASM_I32};
  world_t world = world_new(NULL);
  wasm_functype_t* type = functype(1, kI32, 0, NULL);
  wasm_functype_t* with_result = functype(0, NULL, 1, kI32);
  wasm_extern_t* tag = NULL;
  wasm_extern_t* other = NULL;
  OK(weft_tag_new(world.store, type, &tag));
  OK(weft_tag_new(world.store, type, &other));
  CHECK(!wasm_ref_same(wasm_extern_as_ref(tag), wasm_extern_as_ref(other)));
  wasm_extern_delete(other);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_tag_new(world.store, with_result, &other));
  wasm_functype_delete(type);
  wasm_functype_delete(with_result);
  wasm_extern_delete(tag);
  world_delete(&world);
}

const c_test_t gc_tests[] = {
    {"AHostObjectIsFinalizedOnce", a_host_object_is_finalized_once},
    {"ManyHostObjectsAreFinalizedOnceEach", many_host_objects_are_finalized_once_each},
    {"AnI31IsANumber", an_i31_is_a_number},
    {"StructsOfTheGuest", structs_of_the_guest},
    {"TypesOfTheHosts", types_of_the_hosts},
    {"Arrays", arrays},
    {"AnAnyrefBecomesAnExternrefAndBack", an_anyref_becomes_an_externref_and_back},
    {"ExceptionsComeOutAndGoIn", exceptions_come_out_and_go_in},
    {"TagsOfTheHosts", tags_of_the_hosts},
    {NULL, NULL},
};
