// Memories, shared ones too, tables and globals.
#include "tests/weft_h/c_test.h"

static void accesses_are_checked(void) {
  world_t world = world_new("plain");
  wasm_memory_t* memory = NULL;
  char text[8] = {0};
  uint8_t* data = NULL;
  uint64_t size = 0;
  uint64_t before = 0;
  OK(weft_instance_memory(world.instance, weft_str("memory"), &memory));
  OK(weft_memory_read(memory, 16, text, 5));
  CHECK(strcmp(text, "hello") == 0);
  OK(weft_memory_write(memory, 65534, "ab", 2));
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_memory_write(memory, 65535, "xy", 2));
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_memory_read(memory, UINT64_MAX, text, 2));
  OK(weft_memory_read(memory, 65536, NULL, 0));
  OK(weft_memory_data(memory, &data, &size));
  CHECK(size == 65536 && data[65534] == 'a' && data[65535] == 'b');
  OK(weft_memory_fill(memory, 100, 7, 3));
  OK(weft_memory_copy_within(memory, 101, 100, 3));
  OK(weft_memory_data(memory, &data, &size));
  CHECK(data[103] == 7 && data[104] == 0);
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_memory_fill(memory, 65536, 0, 1));
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_memory_copy_within(memory, 0, 65535, 2));
  OK(weft_memory_grow(memory, 2, &before));
  CHECK(before == 1);
  OK(weft_memory_pages(memory, &size));
  CHECK(size == 3);
  OK(weft_memory_byte_size(memory, &size));
  CHECK(size == 3 * 65536);
  FAILS(WEFT_ERRC_LIMIT, weft_memory_grow(memory, 1, NULL));
  FAILS(WEFT_ERRC_USAGE, weft_memory_read(memory, 0, NULL, 1));
  FAILS(WEFT_ERRC_USAGE, weft_memory_write(memory, 0, NULL, 1));
  FAILS(WEFT_ERRC_USAGE, weft_memory_grow(NULL, 1, NULL));
  FAILS(WEFT_ERRC_USAGE, weft_memory_data(memory, NULL, &size));
  world_delete(&world);
  FAILS(WEFT_ERRC_USAGE, weft_memory_byte_size(memory, &size));
  wasm_memory_delete(memory);
}

static void a_memory_of_64_bits(void) {
  const weft_limits_t limits = {1, 0, false, true};
  const weft_limits_t senseless = {2, 1, true, false};
  weft_limits_t read;
  world_t world = world_new(NULL);
  wasm_memory_t* memory = NULL;
  wasm_memorytype_t* type = weft_memorytype_new(&limits, false, 16);
  OK(weft_memory_new(world.store, type, &memory));
  wasm_memorytype_delete(type);
  type = wasm_memory_type(memory);
  CHECK(weft_memorytype_limits(type, &read) && read.is64 && read.min == 1 && !read.has_max);
  wasm_memorytype_delete(type);
  wasm_memory_delete(memory);
  type = weft_memorytype_new(&senseless, false, 16);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_memory_new(world.store, type, &memory));
  FAILS(WEFT_ERRC_USAGE, weft_memory_new(world.store, NULL, &memory));
  wasm_memorytype_delete(type);
  world_delete(&world);
}

static void stores_share_a_memory(void) {
  const weft_limits_t limits = {1, 4, true, false};
  wasm_config_t* config = wasm_config_new();
  wasm_engine_t* engine = NULL;
  OK(weft_config_set_features(config, weft_str("threads")));
  OK(weft_engine_new(config, &engine));
  world_t one = world_new_on(engine, NULL);
  world_t two = world_new_on(weft_engine_copy(engine), NULL);
  wasm_memorytype_t* type = weft_memorytype_new(&limits, true, 16);
  weft_shared_memory_t* shared = NULL;
  wasm_memory_t* first = NULL;
  wasm_memory_t* second = NULL;
  char byte = 0;
  uint32_t woken = 9;
  OK(weft_shared_memory_new(engine, type, &shared));
  weft_shared_memory_t* copy = weft_shared_memory_copy(shared);
  weft_shared_memory_delete(shared);
  OK(weft_shared_memory_in(copy, one.store, &first));
  OK(weft_shared_memory_in(copy, two.store, &second));
  OK(weft_memory_write(first, 5, "x", 1));
  OK(weft_memory_read(second, 5, &byte, 1));
  CHECK(byte == 'x' && weft_shared_memory_byte_size(copy) == 65536);
  OK(weft_shared_memory_of(second, &shared));
  OK(weft_memory_grow(first, 1, NULL));
  CHECK(weft_shared_memory_byte_size(shared) == 2 * 65536);
  OK(weft_shared_memory_notify(shared, 0, 1, &woken));
  CHECK(woken == 0);
  FAILS(WEFT_ERRC_USAGE, weft_shared_memory_notify(shared, 2, 1, NULL));
  weft_shared_memory_delete(shared);
  weft_shared_memory_delete(copy);
  world_t other = world_new("plain");
  wasm_memory_t* plain = NULL;
  OK(weft_instance_memory(other.instance, weft_str("memory"), &plain));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_shared_memory_of(plain, &shared));
  wasm_memory_delete(plain);
  wasm_memory_delete(first);
  wasm_memory_delete(second);
  wasm_memorytype_delete(type);
  world_delete(&other);
  world_delete(&one);
  world_delete(&two);
  CHECK(weft_shared_memory_copy(NULL) == NULL && weft_shared_memory_byte_size(NULL) == 0);
}

static void a_table_tells_null_from_nothing(void) {
  world_t world = world_new("plain");
  wasm_table_t* table = NULL;
  wasm_ref_t* ref = NULL;
  wasm_func_t* add = func_of(world.instance, "add");
  uint64_t size = 0;
  OK(weft_instance_table(world.instance, weft_str("table"), &table));
  OK(weft_table_get(table, 0, &ref));
  CHECK(wasm_ref_same(ref, wasm_func_as_ref(add)));
  wasm_ref_delete(ref);
  OK(weft_table_get(table, 1, &ref));
  CHECK(ref == NULL);
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_table_get(table, 4, &ref));
  OK(weft_table_set(table, 1, wasm_func_as_ref(add)));
  OK(weft_table_set(table, 0, NULL));
  FAILS(WEFT_ERRC_OUT_OF_BOUNDS, weft_table_set(table, 4, NULL));
  wasm_foreign_t* foreign = NULL;
  OK(weft_foreign_new(world.store, NULL, NULL, &foreign));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_table_set(table, 0, wasm_foreign_as_ref(foreign)));
  OK(weft_table_grow(table, 2, wasm_func_as_ref(add), &size));
  CHECK(size == 4);
  OK(weft_table_size(table, &size));
  CHECK(size == 6);
  FAILS(WEFT_ERRC_LIMIT, weft_table_grow(table, 3, NULL, NULL));
  wasm_table_delete(table);
  const weft_limits_t limits = {3, 5, true, false};
  wasm_tabletype_t* type = weft_tabletype_new(wasm_valtype_new(WASM_EXTERNREF), &limits);
  OK(weft_table_new(world.store, type, wasm_foreign_as_ref(foreign), &table));
  OK(weft_table_get(table, 2, &ref));
  CHECK(wasm_ref_same(ref, wasm_foreign_as_ref(foreign)));
  wasm_ref_delete(ref);
  wasm_table_delete(table);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_table_new(world.store, type, wasm_func_as_ref(add), &table));
  FAILS(WEFT_ERRC_USAGE, weft_table_new(NULL, type, NULL, &table));
  wasm_tabletype_delete(type);
  wasm_foreign_delete(foreign);
  wasm_func_delete(add);
  world_delete(&world);
}

static void a_global_says_why_not(void) {
  world_t world = world_new("plain");
  wasm_global_t* counter = NULL;
  wasm_global_t* fixed = NULL;
  wasm_global_t* vector = NULL;
  weft_val_t value = weft_i32(8);
  OK(weft_instance_global(world.instance, weft_str("counter"), &counter));
  OK(weft_instance_global(world.instance, weft_str("fixed"), &fixed));
  OK(weft_global_set(counter, &value));
  OK(weft_global_get(counter, &value));
  CHECK(value.kind == WASM_I32 && value.of.i32 == 8);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_global_set(fixed, &value));
  value = weft_i64(1);
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_global_set(counter, &value));
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_global_set(fixed, &value));
  FAILS(WEFT_ERRC_USAGE, weft_global_set(counter, NULL));
  wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new(WEFT_V128), WASM_VAR);
  value = weft_ref(WEFT_V128, NULL);
  memset(value.of.v128, 5, 16);
  OK(weft_global_new(world.store, type, &value, &vector));
  memset(&value, 0, sizeof value);
  OK(weft_global_get(vector, &value));
  CHECK(value.kind == WEFT_V128 && value.of.v128[15] == 5);
  value = weft_i32(0);
  wasm_global_t* none = NULL;
  FAILS(WEFT_ERRC_TYPE_MISMATCH, weft_global_new(world.store, type, &value, &none));
  CHECK(none == NULL);
  wasm_globaltype_delete(type);
  wasm_global_delete(counter);
  wasm_global_delete(fixed);
  wasm_global_delete(vector);
  world_delete(&world);
}

const c_test_t memory_tests[] = {
    {"AccessesAreChecked", accesses_are_checked},
    {"AMemoryOf64Bits", a_memory_of_64_bits},
    {"StoresShareAMemory", stores_share_a_memory},
    {"ATableTellsNullFromNothing", a_table_tells_null_from_nothing},
    {"AGlobalSaysWhyNot", a_global_says_why_not},
    {NULL, NULL},
};
