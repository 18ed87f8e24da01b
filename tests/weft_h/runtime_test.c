// Types, values, functions, instances and linkers.
#include "tests/weft_h/c_test.h"

static const wasm_valkind_t kI32s[] = {WASM_I32, WASM_I32};
static const wasm_valkind_t kMixed[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64};
static const wasm_valkind_t kMixedBack[] = {WASM_F64, WASM_F32, WASM_I64, WASM_I32};

static void value_types_of_all_kinds(void) {
  const weft_heaptype_t heap_struct = {WEFT_HEAP_STRUCT, WEFT_HEAP_STRUCT, 0};
  const weft_heaptype_t bad = {99, 0, 0};
  weft_heaptype_t heap;
  wasm_byte_vec_t text;
  wasm_valtype_t* type = weft_valtype_new_ref(&heap_struct, false);
  wasm_valtype_t* vector = wasm_valtype_new(WEFT_V128);
  CHECK(wasm_valtype_kind(type) == WEFT_ANYREF && wasm_valtype_kind(vector) == WEFT_V128);
  CHECK(weft_valtype_heap(type, &heap) && heap.kind == WEFT_HEAP_STRUCT);
  CHECK(!weft_valtype_is_nullable(type) && !weft_valtype_heap(vector, &heap));
  weft_valtype_text(type, &text);
  CHECK(is_text(&text, "(ref struct)"));
  wasm_valtype_t* same = wasm_valtype_copy(type);
  CHECK(weft_valtype_same(type, same) && !weft_valtype_same(type, vector));
  CHECK(!weft_valtype_same(type, NULL));
  CHECK(weft_valtype_new_ref(&bad, true) == NULL && weft_valtype_new_ref(NULL, true) == NULL);
  wasm_valtype_delete(type);
  wasm_valtype_delete(same);
  wasm_valtype_delete(vector);
  type = wasm_valtype_new(WEFT_EXNREF);
  CHECK(weft_valtype_is_nullable(type));
  wasm_valtype_delete(type);
}

static void types_of_64_bits(void) {
  const weft_limits_t limits = {1, UINT64_C(1) << 40, true, true};
  weft_limits_t read;
  wasm_byte_vec_t text;
  wasm_memorytype_t* memory = weft_memorytype_new(&limits, true, 16);
  CHECK(weft_memorytype_limits(memory, &read));
  CHECK(read.min == 1 && read.max == UINT64_C(1) << 40 && read.has_max && read.is64);
  CHECK(weft_memorytype_is_shared(memory) && weft_memorytype_page_size_log2(memory) == 16);
  CHECK(wasm_memorytype_limits(memory)->max == wasm_limits_max_default);
  weft_externtype_text(wasm_memorytype_as_externtype_const(memory), &text);
  CHECK(has_text(&text, "memory"));
  wasm_memorytype_delete(memory);
  wasm_tabletype_t* table = weft_tabletype_new(wasm_valtype_new(WASM_FUNCREF), &limits);
  CHECK(weft_tabletype_limits(table, &read) && read.is64 && read.max == UINT64_C(1) << 40);
  wasm_tabletype_delete(table);
  CHECK(weft_memorytype_new(NULL, false, 16) == NULL);
  CHECK(weft_memorytype_new(&limits, false, 64) == NULL);
  CHECK(weft_tabletype_new(wasm_valtype_new(WASM_FUNCREF), NULL) == NULL);
  CHECK(weft_tabletype_new(NULL, &limits) == NULL);
  CHECK(!weft_memorytype_limits(NULL, &read) && !weft_tabletype_limits(NULL, &read));
}

static void values_are_copied_with_their_references(void) {
  world_t world = world_new(NULL);
  wasm_foreign_t* foreign = NULL;
  int count = 0;
  OK(weft_foreign_new(world.store, &count, count_call, &foreign));
  weft_val_t value = weft_ref(WASM_EXTERNREF, wasm_foreign_as_ref(foreign));
  weft_val_t copy;
  weft_val_copy(&copy, &value);
  CHECK(copy.kind == WASM_EXTERNREF && wasm_ref_same(copy.of.ref, value.of.ref));
  weft_val_delete(&copy);
  CHECK(copy.of.ref == NULL);
  weft_val_delete(&copy);
  weft_val_delete(&value);
  OK(weft_store_gc(world.store));
  CHECK(count == 1);
  value = weft_i64(INT64_MIN);
  weft_val_copy(&copy, &value);
  CHECK(copy.of.i64 == INT64_MIN);
  weft_val_delete(&copy);
  weft_val_delete(NULL);
  weft_val_copy(NULL, &value);
  world_delete(&world);
}

static void calls_check_their_arguments(void) {
  world_t world = world_new("plain");
  wasm_func_t* add = func_of(world.instance, "add");
  const weft_val_t args[] = {weft_i32(5), weft_i32(3)};
  const weft_val_t wrong[] = {weft_i32(5), weft_f32(3)};
  const weft_val_t senseless[] = {weft_i32(5), weft_ref(77, NULL)};
  weft_val_t results[2] = {weft_i32(0), weft_i32(0)};
  OK(weft_func_call(add, args, 2, results, 1));
  CHECK(results[0].kind == WASM_I32 && results[0].of.i32 == 8);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_func_call(add, args, 1, results, 1));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_func_call(add, args, 2, results, 2));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_func_call(add, wrong, 2, results, 1));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_func_call(add, senseless, 2, results, 1));
  FAILS(WEFT_ERRC_USAGE, weft_func_call(add, NULL, 2, results, 1));
  FAILS(WEFT_ERRC_USAGE, weft_func_call(add, args, 2, NULL, 1));
  FAILS(WEFT_ERRC_USAGE, weft_func_call(NULL, args, 2, results, 1));
  wasm_func_delete(add);
  world_delete(&world);
}

static void every_kind_of_number_passes(void) {
  world_t world = world_new("plain");
  wasm_func_t* many = func_of(world.instance, "many");
  wasm_func_t* vector = func_of(world.instance, "vector");
  const weft_val_t args[] = {weft_i32(-1), weft_i64(INT64_MIN), weft_f32(1.5f), weft_f64(-2.5)};
  weft_val_t results[4];
  size_t i;
  OK(weft_func_call(many, args, 4, results, 4));
  CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == -2.5);
  CHECK(results[1].kind == WASM_F32 && results[1].of.f32 == 1.5f);
  CHECK(results[2].kind == WASM_I64 && results[2].of.i64 == INT64_MIN);
  CHECK(results[3].kind == WASM_I32 && results[3].of.i32 == -1);
  weft_val_t lanes = weft_ref(WEFT_V128, NULL);
  for (i = 0; i < 16; ++i) lanes.of.v128[i] = (uint8_t)(i * 3);
  OK(weft_func_call(vector, &lanes, 1, results, 1));
  CHECK(results[0].kind == WEFT_V128 && memcmp(results[0].of.v128, lanes.of.v128, 16) == 0);
  wasm_func_delete(many);
  wasm_func_delete(vector);
  world_delete(&world);
}

static void references_come_back_as_themselves(void) {
  world_t world = world_new("plain");
  wasm_func_t* object = func_of(world.instance, "object");
  wasm_func_t* function = func_of(world.instance, "function");
  wasm_foreign_t* foreign = NULL;
  weft_val_t result;
  OK(weft_foreign_new(world.store, NULL, NULL, &foreign));
  weft_val_t arg = weft_ref(WASM_EXTERNREF, wasm_foreign_as_ref(foreign));
  OK(weft_func_call(object, &arg, 1, &result, 1));
  CHECK(result.kind == WASM_EXTERNREF && wasm_ref_same(result.of.ref, arg.of.ref));
  CHECK(wasm_ref_as_foreign(result.of.ref) != NULL);
  weft_val_delete(&result);
  arg = weft_ref(WASM_EXTERNREF, NULL);
  OK(weft_func_call(object, &arg, 1, &result, 1));
  CHECK(result.kind == WASM_EXTERNREF && result.of.ref == NULL);
  arg = weft_ref(WASM_FUNCREF, wasm_func_as_ref(object));
  OK(weft_func_call(function, &arg, 1, &result, 1));
  CHECK(wasm_ref_same(result.of.ref, arg.of.ref));
  weft_val_delete(&result);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_func_call(object, &arg, 1, &result, 1));
  arg = weft_ref(WASM_EXTERNREF, wasm_instance_as_ref(world.instance));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_func_call(object, &arg, 1, &result, 1));
  world_t other = world_new("plain");
  arg = weft_ref(WASM_EXTERNREF, wasm_foreign_as_ref(foreign));
  wasm_func_t* elsewhere = func_of(other.instance, "object");
  FAILS(WEFT_ERRC_WRONG_STORE, weft_func_call(elsewhere, &arg, 1, &result, 1));
  wasm_func_delete(elsewhere);
  world_delete(&other);
  wasm_foreign_delete(foreign);
  wasm_func_delete(object);
  wasm_func_delete(function);
  world_delete(&world);
}

static void unchecked_calls_work_on_slots(void) {
  world_t world = world_new("plain");
  wasm_func_t* add = func_of(world.instance, "add");
  wasm_func_t* trap = func_of(world.instance, "trap");
  weft_raw_t slots[2];
  slots[0].i32 = 40;
  slots[1].i32 = 2;
  OK(weft_func_call_unchecked(add, slots));
  CHECK(slots[0].i32 == 42);
  FAILS(WEFT_ERRC_TRAP, weft_func_call_unchecked(trap, slots));
  FAILS(WEFT_ERRC_USAGE, weft_func_call_unchecked(add, NULL));
  FAILS(WEFT_ERRC_USAGE, weft_func_call_unchecked(NULL, slots));
  wasm_store_delete(world.store);
  world.store = NULL;
  FAILS(WEFT_ERRC_USAGE, weft_func_call_unchecked(add, slots));
  wasm_func_delete(add);
  wasm_func_delete(trap);
  world_delete(&world);
}

static void references_cross_in_slots(void) {
  world_t world = world_new("plain");
  wasm_func_t* object = func_of(world.instance, "object");
  wasm_foreign_t* foreign = NULL;
  wasm_ref_t* back = NULL;
  weft_raw_t slot;
  OK(weft_foreign_new(world.store, NULL, NULL, &foreign));
  OK(weft_raw_from_ref(world.store, WASM_EXTERNREF, wasm_foreign_as_ref(foreign), &slot));
  OK(weft_func_call_unchecked(object, &slot));
  OK(weft_raw_to_ref(world.store, WASM_EXTERNREF, &slot, &back));
  CHECK(wasm_ref_same(back, wasm_foreign_as_ref(foreign)));
  wasm_ref_delete(back);
  OK(weft_raw_from_ref(world.store, WASM_FUNCREF, wasm_func_as_ref(object), &slot));
  OK(weft_raw_to_ref(world.store, WASM_FUNCREF, &slot, &back));
  CHECK(wasm_ref_same(back, wasm_func_as_ref(object)));
  wasm_ref_delete(back);
  wasm_ref_t* i31 = weft_i31_new(-5);
  int32_t number = 0;
  OK(weft_raw_from_ref(world.store, WEFT_ANYREF, i31, &slot));
  OK(weft_raw_to_ref(world.store, WEFT_ANYREF, &slot, &back));
  CHECK(weft_i31_get(back, &number) && number == -5);
  wasm_ref_delete(back);
  wasm_ref_delete(i31);
  OK(weft_raw_from_ref(world.store, WEFT_EXNREF, NULL, &slot));
  CHECK(slot.ref == 0);
  OK(weft_raw_to_ref(world.store, WEFT_EXNREF, &slot, &back));
  CHECK(back == NULL);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_raw_to_ref(world.store, WASM_I32, &slot, &back));
  FAILS(WEFT_ERRC_TYPE_MISMATCH,
        weft_raw_from_ref(world.store, WASM_FUNCREF, wasm_foreign_as_ref(foreign), &slot));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_raw_from_ref(world.store, WASM_I64, NULL, &slot));
  wasm_foreign_delete(foreign);
  wasm_func_delete(object);
  world_delete(&world);
}

// Host functions

typedef struct log_t {
  char text[64];
  int calls;
} log_t;

// Copies the guest's text, and looks at what a caller tells.
static weft_error_t* log_text(void* env, weft_caller_t* caller, const weft_val_t args[],
                              size_t arg_count, weft_val_t results[], size_t result_count) {
  log_t* log = env;
  uint8_t* data = NULL;
  uint64_t size = 0;
  wasm_instance_t* instance = NULL;
  wasm_memory_t* memory = NULL;
  (void)results;
  ++log->calls;
  CHECK(arg_count == 2 && result_count == 0);
  OK(weft_caller_memory_data(caller, &data, &size));
  CHECK(size == 65536);
  memcpy(log->text, data + args[0].of.i32, (size_t)args[1].of.i32);
  OK(weft_caller_memory(caller, &memory));
  CHECK(wasm_memory_data_size(memory) == 65536);
  wasm_extern_t* export = weft_caller_export(caller, weft_str("memory"));
  CHECK(wasm_ref_same(wasm_extern_as_ref(export), wasm_memory_as_ref(memory)));
  CHECK(weft_caller_export(caller, weft_str("no such")) == NULL);
  CHECK(weft_caller_data(caller) == weft_store_data(weft_caller_store(caller)));
  OK(weft_caller_instance(caller, &instance));
  // The host function calls the guest that called it.
  wasm_func_t* seven = func_of(instance, "seven");
  weft_val_t result = weft_i32(0);
  OK(weft_func_call(seven, NULL, 0, &result, 1));
  CHECK(result.of.i32 == 7);
  wasm_func_delete(seven);
  wasm_instance_delete(instance);
  wasm_extern_delete(export);
  wasm_memory_delete(memory);
  return NULL;
}

static weft_error_t* mix(void* env, weft_caller_t* caller, const weft_val_t args[],
                         size_t arg_count, weft_val_t results[], size_t result_count) {
  (void)env;
  (void)caller;
  CHECK(arg_count == 4 && result_count == 4);
  CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == 0);
  results[0] = args[3];
  results[1] = args[2];
  results[2] = args[1];
  results[3] = args[0];
  return NULL;
}

static weft_error_t* mix_raw(void* env, weft_caller_t* caller, weft_raw_t slots[]) {
  (void)caller;
  const weft_raw_t first = slots[0];
  const weft_raw_t second = slots[1];
  ++*(int*)env;
  slots[0] = slots[3];
  slots[1] = slots[2];
  slots[2] = second;
  slots[3] = first;
  return NULL;
}

static weft_error_t* fail_with_payload(void* env, weft_caller_t* caller, const weft_val_t args[],
                                       size_t arg_count, weft_val_t results[],
                                       size_t result_count) {
  (void)caller;
  (void)args;
  (void)arg_count;
  (void)results;
  (void)result_count;
  return weft_error_new_host(weft_str("mine"), env, count_other);
}

static weft_error_t* wrong_result(void* env, weft_caller_t* caller, const weft_val_t args[],
                                  size_t arg_count, weft_val_t results[], size_t result_count) {
  (void)env;
  (void)caller;
  (void)args;
  (void)arg_count;
  CHECK(result_count == 4);
  results[0] = weft_i32(1);
  return NULL;
}

// A linker with `log` and `mix`, whose environments count their end.
static weft_linker_t* linker_for(const wasm_engine_t* engine, weft_func_callback_t log_callback,
                                 void* env, weft_func_callback_t mix_callback, int* count) {
  weft_linker_t* linker = weft_linker_new(engine);
  wasm_functype_t* log_type = functype(2, kI32s, 0, NULL);
  wasm_functype_t* mix_type = functype(4, kMixed, 4, kMixedBack);
  OK(weft_linker_func(linker, weft_str("host"), weft_str("log"), log_type, log_callback, env,
                      NULL));
  OK(weft_linker_func(linker, weft_str("host"), weft_str("mix"), mix_type, mix_callback, count,
                      count_call));
  wasm_functype_delete(log_type);
  wasm_functype_delete(mix_type);
  return linker;
}

static world_t hosted(weft_func_callback_t log_callback, void* env,
                      weft_func_callback_t mix_callback, int* count) {
  world_t world = world_new(NULL);
  weft_linker_t* linker = linker_for(world.engine, log_callback, env, mix_callback, count);
  world.module = load(world.engine, "hosted");
  OK(weft_linker_instantiate(linker, world.store, world.module, &world.instance));
  weft_linker_delete(linker);
  return world;
}

static void a_host_function_sees_its_caller(void) {
  log_t log = {{0}, 0};
  int count = 0;
  int data = 0;
  world_t world = hosted(log_text, &log, mix, &count);
  OK(weft_store_set_data(world.store, &data, NULL));
  OK(call_export(world.instance, "greet"));
  CHECK(log.calls == 1 && strcmp(log.text, "hello") == 0);
  wasm_func_t* mixed = func_of(world.instance, "mixed");
  weft_val_t results[4];
  OK(weft_func_call(mixed, NULL, 0, results, 4));
  CHECK(results[0].of.f64 == 4 && results[1].of.f32 == 3);
  CHECK(results[2].of.i64 == 2 && results[3].of.i32 == 1);
  wasm_func_delete(mixed);
  CHECK(count == 0);
  world_delete(&world);
  CHECK(count == 1);
}

static void a_host_error_comes_out_as_itself(void) {
  int payload = 0;
  int count = 0;
  world_t world = hosted(fail_with_payload, &payload, wrong_result, &count);
  weft_error_t* error = call_export(world.instance, "greet");
  CHECK(weft_error_code(error) == WEFT_ERRC_HOST);
  CHECK(weft_error_payload(error, count_other) == &payload);
  CHECK(weft_error_frame_count(error) == 1);
  weft_error_delete(error);
  CHECK(payload == 100);
  wasm_func_t* mixed = func_of(world.instance, "mixed");
  weft_val_t results[4];
  FAILS_SAYING(WEFT_ERRC_TYPE_MISMATCH, "result", weft_func_call(mixed, NULL, 0, results, 4));
  wasm_func_delete(mixed);
  world_delete(&world);
}

static void functions_can_be_made_in_a_store(void) {
  world_t world = world_new(NULL);
  wasm_functype_t* type = functype(4, kMixed, 4, kMixedBack);
  wasm_func_t* plain = NULL;
  wasm_func_t* raw = NULL;
  int plain_count = 0;
  int raw_count = 0;
  OK(weft_func_new(world.store, type, mix, &plain_count, count_call, &plain));
  OK(weft_func_new_raw(world.store, type, mix_raw, &raw_count, count_other, &raw));
  const weft_val_t args[] = {weft_i32(1), weft_i64(2), weft_f32(3), weft_f64(4)};
  weft_val_t results[4];
  OK(weft_func_call(plain, args, 4, results, 4));
  CHECK(results[0].of.f64 == 4);
  OK(weft_func_call(raw, args, 4, results, 4));
  CHECK(results[0].of.f64 == 4 && results[3].of.i32 == 1 && raw_count == 1);
  // Deleting the name isn't the function's end.
  wasm_func_delete(plain);
  wasm_func_delete(raw);
  CHECK(plain_count == 0);
  world_delete(&world);
  CHECK(plain_count == 1 && raw_count == 101);
  FAILS(WEFT_ERRC_USAGE, weft_func_new(NULL, type, mix, &plain_count, count_call, &plain));
  FAILS(WEFT_ERRC_USAGE, weft_func_new_raw(NULL, type, NULL, &plain_count, count_call, &plain));
  CHECK(plain_count == 3);
  wasm_functype_delete(type);
}

static weft_error_t* look_without_caller(void* env, weft_caller_t* caller, const weft_val_t args[],
                                         size_t arg_count, weft_val_t results[],
                                         size_t result_count) {
  wasm_instance_t* instance = NULL;
  wasm_memory_t* memory = NULL;
  (void)env;
  (void)args;
  (void)arg_count;
  (void)results;
  (void)result_count;
  FAILS(WEFT_ERRC_NOT_FOUND, weft_caller_instance(caller, &instance));
  FAILS(WEFT_ERRC_NOT_FOUND, weft_caller_memory(caller, &memory));
  CHECK(weft_caller_export(caller, weft_str("memory")) == NULL);
  CHECK(weft_caller_store(NULL) == NULL && weft_caller_data(NULL) == NULL);
  CHECK(weft_store_id(weft_caller_store(caller)) != 0);
  return NULL;
}

static void the_host_has_no_instance(void) {
  world_t world = world_new(NULL);
  wasm_functype_t* type = functype(0, NULL, 0, NULL);
  wasm_func_t* func = NULL;
  OK(weft_func_new(world.store, type, look_without_caller, NULL, NULL, &func));
  OK(weft_func_call(func, NULL, 0, NULL, 0));
  wasm_func_delete(func);
  wasm_functype_delete(type);
  world_delete(&world);
}

static weft_error_t* delete_store(void* env, weft_caller_t* caller, const weft_val_t args[],
                                  size_t arg_count, weft_val_t results[], size_t result_count) {
  world_t* world = env;
  (void)caller;
  (void)args;
  (void)arg_count;
  (void)results;
  (void)result_count;
  wasm_store_delete(world->store);
  world->store = NULL;
  return NULL;
}

static void a_store_deleted_in_a_call_ends_with_it(void) {
  int count = 0;
  world_t world;
  world = hosted(delete_store, &world, mix, &count);
  FAILS(WEFT_ERRC_USAGE, call_export(world.instance, "greet"));
  CHECK(count == 1);
  world_delete(&world);
}

// Instances and linkers

static void an_instance_gives_its_exports(void) {
  world_t world = world_new("plain");
  wasm_extern_t* item = NULL;
  wasm_func_t* func = NULL;
  wasm_memory_t* memory = NULL;
  wasm_global_t* global = NULL;
  wasm_table_t* table = NULL;
  wasm_module_t* module = NULL;
  OK(weft_instance_export(world.instance, weft_str("counter"), &item));
  CHECK(wasm_extern_kind(item) == WASM_EXTERN_GLOBAL);
  OK(weft_instance_global(world.instance, weft_str("counter"), &global));
  CHECK(wasm_extern_as_global(item) != NULL);
  OK(weft_instance_memory(world.instance, weft_str("memory"), &memory));
  OK(weft_instance_table(world.instance, weft_str("table"), &table));
  OK(weft_instance_module(world.instance, &module));
  CHECK(is_str(weft_module_name(module), "plain"));
  FAILS(WEFT_ERRC_NOT_FOUND, weft_instance_export(world.instance, weft_str("none"), &item));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_instance_func(world.instance, weft_str("memory"), &func));
  FAILS(WEFT_ERRC_USAGE, weft_instance_func(NULL, weft_str("add"), &func));
  FAILS(WEFT_ERRC_USAGE, weft_instance_func(world.instance, weft_str("add"), NULL));
  FAILS(WEFT_ERRC_NOT_FOUND, weft_instance_func(world.instance, weft_str(NULL), &func));
  CHECK(func == NULL);
  wasm_module_delete(module);
  wasm_extern_delete(item);
  wasm_memory_delete(memory);
  wasm_global_delete(global);
  wasm_table_delete(table);
  world_delete(&world);
}

static void an_instance_needs_its_imports_in_order(void) {
  world_t world = world_new("plain");
  wasm_module_t* module = load(world.engine, "hosted");
  wasm_instance_t* instance = NULL;
  wasm_func_t* add = func_of(world.instance, "add");
  const wasm_extern_t* wrong[2];
  const wasm_extern_t* none[2] = {NULL, NULL};
  wrong[0] = wasm_func_as_extern_const(add);
  wrong[1] = wrong[0];
  FAILS(WEFT_ERRC_LINK, weft_instance_new(world.store, module, NULL, 0, &instance));
  FAILS(WEFT_ERRC_LINK, weft_instance_new(world.store, module, wrong, 2, &instance));
  FAILS(WEFT_ERRC_USAGE, weft_instance_new(world.store, module, none, 2, &instance));
  FAILS(WEFT_ERRC_USAGE, weft_instance_new(world.store, NULL, NULL, 0, &instance));
  CHECK(instance == NULL);
  wasm_func_delete(add);
  wasm_module_delete(module);
  world_delete(&world);
}

static void a_linker_lists_all_that_is_missing(void) {
  world_t world = world_new(NULL);
  weft_linker_t* linker = weft_linker_new(world.engine);
  wasm_extern_t* item = NULL;
  world.module = load(world.engine, "hosted");
  weft_error_t* error = weft_linker_instantiate(linker, world.store, world.module, &world.instance);
  CHECK(weft_error_code(error) == WEFT_ERRC_LINK);
  CHECK(strstr(weft_error_message(error).data, "log") != NULL);
  CHECK(strstr(weft_error_message(error).data, "mix") != NULL);
  weft_error_delete(error);
  OK(weft_linker_trap_unknown_imports(linker, world.module));
  OK(weft_linker_instantiate(linker, world.store, world.module, &world.instance));
  FAILS(WEFT_ERRC_TRAP, call_export(world.instance, "greet"));
  FAILS(WEFT_ERRC_NOT_FOUND,
        weft_linker_get(linker, world.store, weft_str("x"), weft_str("y"), &item));
  weft_linker_delete(linker);
  world_delete(&world);
  CHECK(weft_linker_new(NULL) == NULL);
  weft_linker_delete(NULL);
}

static void definitions_of_a_linker(void) {
  world_t world = world_new("plain");
  weft_linker_t* linker = weft_linker_new(world.engine);
  wasm_extern_t* item = NULL;
  wasm_extern_t* again = NULL;
  int count = 0;
  OK(weft_linker_instance(linker, weft_str("plain"), world.instance));
  CHECK(weft_linker_has(linker, weft_str("plain"), weft_str("add")));
  CHECK(!weft_linker_has(linker, weft_str("plain"), weft_str("none")));
  OK(weft_linker_get(linker, world.store, weft_str("plain"), weft_str("add"), &item));
  FAILS(WEFT_ERRC_LINK, weft_linker_define(linker, weft_str("plain"), weft_str("trap"), item));
  weft_linker_allow_shadowing(linker, true);
  OK(weft_linker_define(linker, weft_str("plain"), weft_str("trap"), item));
  wasm_extern_delete(item);
  wasm_functype_t* type = functype(4, kMixed, 4, kMixedBack);
  OK(weft_linker_func_raw(linker, weft_str("host"), weft_str("mix"), type, mix_raw, &count,
                          count_other));
  OK(weft_linker_get(linker, world.store, weft_str("host"), weft_str("mix"), &item));
  OK(weft_linker_get(linker, world.store, weft_str("host"), weft_str("mix"), &again));
  CHECK(wasm_ref_same(wasm_extern_as_ref(item), wasm_extern_as_ref(again)));
  wasm_extern_delete(item);
  wasm_extern_delete(again);
  FAILS(WEFT_ERRC_USAGE,
        weft_linker_func(linker, weft_str("a"), weft_str("b"), type, NULL, &count, count_other));
  CHECK(count == 100);
  wasm_functype_delete(type);
  // The linker's functions live on in the store that has them.
  weft_linker_delete(linker);
  CHECK(count == 100);
  world_delete(&world);
  CHECK(count == 200);
  CHECK(!weft_linker_has(NULL, weft_str("a"), weft_str("b")));
  weft_linker_allow_shadowing(NULL, true);
}

static void stores_do_not_mix(void) {
  world_t one = world_new("plain");
  world_t two = world_new_on(weft_engine_copy(one.engine), "plain");
  weft_linker_t* linker = weft_linker_new(one.engine);
  wasm_extern_t* item = NULL;
  OK(weft_linker_instance(linker, weft_str("plain"), one.instance));
  FAILS(WEFT_ERRC_WRONG_STORE,
        weft_linker_get(linker, two.store, weft_str("plain"), weft_str("add"), &item));
  weft_linker_delete(linker);
  world_delete(&one);
  world_delete(&two);
}

const c_test_t runtime_tests[] = {
    {"ValueTypesOfAllKinds", value_types_of_all_kinds},
    {"TypesOf64Bits", types_of_64_bits},
    {"ValuesAreCopiedWithTheirReferences", values_are_copied_with_their_references},
    {"CallsCheckTheirArguments", calls_check_their_arguments},
    {"EveryKindOfNumberPasses", every_kind_of_number_passes},
    {"ReferencesComeBackAsThemselves", references_come_back_as_themselves},
    {"UncheckedCallsWorkOnSlots", unchecked_calls_work_on_slots},
    {"ReferencesCrossInSlots", references_cross_in_slots},
    {"AHostFunctionSeesItsCaller", a_host_function_sees_its_caller},
    {"AHostErrorComesOutAsItself", a_host_error_comes_out_as_itself},
    {"FunctionsCanBeMadeInAStore", functions_can_be_made_in_a_store},
    {"TheHostHasNoInstance", the_host_has_no_instance},
    {"AStoreDeletedInACallEndsWithIt", a_store_deleted_in_a_call_ends_with_it},
    {"AnInstanceGivesItsExports", an_instance_gives_its_exports},
    {"AnInstanceNeedsItsImportsInOrder", an_instance_needs_its_imports_in_order},
    {"ALinkerListsAllThatIsMissing", a_linker_lists_all_that_is_missing},
    {"DefinitionsOfALinker", definitions_of_a_linker},
    {"StoresDoNotMix", stores_do_not_mix},
    {NULL, NULL},
};
