#include "tests/wasm_h/situations.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <wasm.h>

#define CHECK(condition)               \
  do {                                 \
    if (!(condition)) return __LINE__; \
  } while (0)

/* ---- What all need ------------------------------------------------------------------------------
 */

static wasm_engine_t* engine;
static wasm_store_t* store;

static void begin(void) {
  engine = wasm_engine_new();
  store = wasm_store_new(engine);
}

static void end(void) {
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static wasm_byte_vec_t read_file(const char* name) {
  wasm_byte_vec_t bytes = WASM_EMPTY_VEC;
  char path[1024];
  FILE* file;
  long size;
  snprintf(path, sizeof path, "%s/%s.wasm", WEFT_FIXTURES_DIR, name);
  file = fopen(path, "rb");
  if (file == NULL) return bytes;
  fseek(file, 0, SEEK_END);
  size = ftell(file);
  fseek(file, 0, SEEK_SET);
  wasm_byte_vec_new_uninitialized(&bytes, (size_t)size);
  if (fread(bytes.data, 1, bytes.size, file) != bytes.size) wasm_byte_vec_delete(&bytes);
  fclose(file);
  return bytes;
}

static wasm_module_t* load(const char* name) {
  wasm_byte_vec_t bytes = read_file(name);
  wasm_module_t* module = wasm_module_new(store, &bytes);
  wasm_byte_vec_delete(&bytes);
  return module;
}

static wasm_instance_t* make(const char* name, wasm_extern_t* imports[], size_t count) {
  wasm_extern_vec_t vec;
  wasm_module_t* module = load(name);
  wasm_instance_t* instance;
  vec.size = count;
  vec.data = imports;
  instance = wasm_instance_new(store, module, &vec, NULL);
  wasm_module_delete(module);
  return instance;
}

static bool call(const wasm_extern_t* func, wasm_val_t args[], size_t arg_count,
                 wasm_val_t results[], size_t result_count) {
  wasm_val_vec_t in, out;
  wasm_trap_t* trap;
  in.size = arg_count;
  in.data = args;
  out.size = result_count;
  out.data = results;
  trap = wasm_func_call(wasm_extern_as_func_const(func), &in, &out);
  wasm_trap_delete(trap);
  return trap == NULL;
}

static int32_t call_i32(const wasm_extern_t* func, int32_t a, int32_t b, size_t count) {
  wasm_val_t args[2] = {WASM_I32_VAL(0), WASM_I32_VAL(0)};
  wasm_val_t result = WASM_INIT_VAL;
  args[0].of.i32 = a;
  args[1].of.i32 = b;
  return call(func, args, count, &result, 1) && result.kind == WASM_I32 ? result.of.i32 : INT32_MIN;
}

/* ---- Callbacks ----------------------------------------------------------------------------------
 */

static int32_t printed;

static wasm_trap_t* print(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  printed = args->data[0].of.i32;
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

static wasm_trap_t* closure(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = *(int*)env;
  return NULL;
}

static wasm_trap_t* rotate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  size_t i;
  for (i = 0; i < args->size; ++i) wasm_val_copy(&results->data[(i + 1) % 4], &args->data[i]);
  return NULL;
}

static int hellos;

static wasm_trap_t* hello(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  if (args->size == 0 && results->size == 0) ++hellos;
  return NULL;
}

static int secret = 42;

static wasm_instance_t* make_calls(const wasm_module_t* module) {
  wasm_functype_t* types[4];
  wasm_valtype_t *params[4], *results[4];
  wasm_valtype_vec_t param_vec, result_vec;
  wasm_func_t* funcs[4];
  wasm_extern_t* imports[4];
  wasm_extern_vec_t vec = WASM_ARRAY_VEC(imports);
  wasm_instance_t* instance;
  size_t i;
  params[0] = wasm_valtype_new_i32(), params[1] = wasm_valtype_new_i64();
  params[2] = wasm_valtype_new_f32(), params[3] = wasm_valtype_new_f64();
  for (i = 0; i < 4; ++i) results[(i + 1) % 4] = wasm_valtype_copy(params[i]);
  wasm_valtype_vec_new(&param_vec, 4, params);
  wasm_valtype_vec_new(&result_vec, 4, results);
  types[0] = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  types[1] = wasm_functype_new_0_1(wasm_valtype_new_i32());
  types[2] = wasm_functype_new(&param_vec, &result_vec);
  types[3] = wasm_functype_new_0_0();
  funcs[0] = wasm_func_new(store, types[0], print);
  funcs[1] = wasm_func_new_with_env(store, types[1], closure, &secret, NULL);
  funcs[2] = wasm_func_new(store, types[2], rotate);
  funcs[3] = wasm_func_new(store, types[3], hello);
  for (i = 0; i < 4; ++i) imports[i] = wasm_func_as_extern(funcs[i]);
  instance = wasm_instance_new(store, module, &vec, NULL);
  for (i = 0; i < 4; ++i) {
    wasm_functype_delete(types[i]);
    wasm_func_delete(funcs[i]);
  }
  return instance;
}

int play_callback(void) {
  wasm_module_t* module;
  wasm_instance_t* instance;
  wasm_extern_vec_t exports;
  begin();
  module = load("calls");
  CHECK(module != NULL);
  instance = make_calls(module);
  wasm_module_delete(module);
  CHECK(instance != NULL);
  wasm_instance_exports(instance, &exports);
  wasm_instance_delete(instance);
  CHECK(exports.size == 3);
  CHECK(call_i32(exports.data[0], 3, 4, 2) == 49);
  CHECK(printed == 7);
  wasm_extern_vec_delete(&exports);
  CHECK(exports.size == 0 && exports.data == NULL);
  end();
  return 0;
}

int play_hello(void) {
  wasm_byte_vec_t bytes;
  wasm_module_t* module;
  wasm_instance_t* instance;
  wasm_extern_vec_t exports;
  begin();
  bytes = read_file("calls");
  CHECK(wasm_module_validate(store, &bytes));
  bytes.data[9] ^= 0x40;
  CHECK(!wasm_module_validate(store, &bytes));
  CHECK(wasm_module_new(store, &bytes) == NULL);
  bytes.data[9] ^= 0x40;
  module = wasm_module_new(store, &bytes);
  /* A module keeps its own copy. */
  memset(bytes.data, 0, bytes.size);
  wasm_byte_vec_delete(&bytes);
  instance = make_calls(module);
  CHECK(instance != NULL);
  wasm_instance_exports(instance, &exports);
  hellos = 0;
  CHECK(wasm_func_call(wasm_extern_as_func(exports.data[2]), NULL, NULL) == NULL);
  CHECK(hellos == 1);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  end();
  return 0;
}

int play_multi(void) {
  wasm_val_t args[4] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4)};
  wasm_val_t results[4];
  wasm_module_t* module;
  wasm_instance_t* instance;
  wasm_extern_vec_t exports;
  begin();
  module = load("calls");
  instance = make_calls(module);
  wasm_instance_exports(instance, &exports);
  CHECK(call(exports.data[1], args, 4, results, 4));
  CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == 4);
  CHECK(results[1].kind == WASM_I32 && results[1].of.i32 == 1);
  CHECK(results[2].kind == WASM_I64 && results[2].of.i64 == 2);
  CHECK(results[3].kind == WASM_F32 && results[3].of.f32 == 3);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  end();
  return 0;
}

/* ---- Globals, memories, tables ------------------------------------------------------------------
 */

static wasm_global_t* new_global(wasm_valtype_t* content, wasm_mutability_t mutability,
                                 wasm_val_t init) {
  wasm_globaltype_t* type = wasm_globaltype_new(content, mutability);
  wasm_global_t* global = wasm_global_new(store, type, &init);
  wasm_globaltype_delete(type);
  return global;
}

static wasm_global_t *constant, *variable;

static bool make_state(wasm_extern_vec_t* exports) {
  wasm_val_t one = WASM_F32_VAL(1), two = WASM_I64_VAL(2);
  wasm_extern_t* imports[2];
  wasm_instance_t* instance;
  constant = new_global(wasm_valtype_new_f32(), WASM_CONST, one);
  variable = new_global(wasm_valtype_new_i64(), WASM_VAR, two);
  imports[0] = wasm_global_as_extern(constant);
  imports[1] = wasm_global_as_extern(variable);
  instance = make("state", imports, 2);
  wasm_instance_exports(instance, exports);
  wasm_instance_delete(instance);
  return exports->size == 13;
}

static void end_state(wasm_extern_vec_t* exports) {
  wasm_extern_vec_delete(exports);
  wasm_global_delete(constant);
  wasm_global_delete(variable);
  end();
}

int play_globals(void) {
  wasm_extern_vec_t exports;
  wasm_val_t value, seven = WASM_I64_VAL(7), wrong = WASM_I32_VAL(8);
  wasm_global_t* exported;
  wasm_globaltype_t* type;
  begin();
  CHECK(make_state(&exports));
  exported = wasm_extern_as_global(exports.data[1]);
  CHECK(wasm_global_same(exported, variable));
  CHECK(!wasm_global_same(exported, constant));
  CHECK(!wasm_global_same(exported, NULL));

  wasm_global_get(wasm_extern_as_global(exports.data[0]), &value);
  CHECK(value.kind == WASM_F64 && value.of.f64 == 5);
  CHECK(call(exports.data[4], NULL, 0, &value, 1));
  CHECK(value.kind == WASM_F32 && value.of.f32 == 1);

  wasm_global_set(variable, &seven);
  CHECK(call(exports.data[5], NULL, 0, &value, 1));
  CHECK(value.kind == WASM_I64 && value.of.i64 == 7);
  wasm_global_set(variable, &wrong);
  wasm_global_get(exported, &value);
  CHECK(value.of.i64 == 7);
  seven.of.i64 = 77;
  CHECK(call(exports.data[6], &seven, 1, NULL, 0));
  wasm_global_get(variable, &value);
  CHECK(value.of.i64 == 77);

  /* A constant one stays as it is. */
  value.kind = WASM_F32;
  value.of.f32 = 9;
  wasm_global_set(constant, &value);
  wasm_global_get(constant, &value);
  CHECK(value.of.f32 == 1);
  CHECK(new_global(wasm_valtype_new_f32(), WASM_VAR, wrong) == NULL);

  type = wasm_global_type(variable);
  CHECK(wasm_globaltype_mutability(type) == WASM_VAR);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(type)) == WASM_I64);
  wasm_globaltype_delete(type);
  end_state(&exports);
  return 0;
}

int play_memory(void) {
  wasm_extern_vec_t exports;
  wasm_memory_t *memory, *alone;
  wasm_memorytype_t* type;
  wasm_limits_t limits = {5, 5};
  wasm_val_t args[2] = {WASM_I32_VAL(0x1003), WASM_I32_VAL(6)}, value;
  begin();
  CHECK(make_state(&exports));
  memory = wasm_extern_as_memory(exports.data[2]);
  CHECK(wasm_memory_size(memory) == 2);
  CHECK(wasm_memory_data_size(memory) == 2 * MEMORY_PAGE_SIZE);
  CHECK(wasm_memory_data(memory)[0] == 0);
  CHECK(wasm_memory_data(memory)[0x1003] == 4);
  CHECK(call_i32(exports.data[7], 0x1000, 0, 1) == 1);
  CHECK(call_i32(exports.data[7], 0x1ffff, 0, 1) == 0);
  args[0].of.i32 = 0x20000;
  CHECK(!call(exports.data[7], args, 1, &value, 1));

  wasm_memory_data(memory)[0x1002] = 9;
  CHECK(call_i32(exports.data[7], 0x1002, 0, 1) == 9);
  args[0].of.i32 = 0x1003;
  CHECK(call(exports.data[8], args, 2, NULL, 0));
  CHECK(wasm_memory_data(memory)[0x1003] == 6);
  args[0].of.i32 = 0x20000;
  CHECK(!call(exports.data[8], args, 2, NULL, 0));

  CHECK(wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_size(memory) == 3 && call_i32(exports.data[9], 0, 0, 0) == 3);
  CHECK(call_i32(exports.data[7], 0x20000, 0, 1) == 0);
  CHECK(wasm_memory_data(memory)[0x1003] == 6);
  CHECK(!wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_grow(memory, 0));

  type = wasm_memorytype_new(&limits);
  alone = wasm_memory_new(store, type);
  wasm_memorytype_delete(type);
  CHECK(wasm_memory_size(alone) == 5);
  CHECK(!wasm_memory_grow(alone, 1));
  CHECK(wasm_memory_grow(alone, 0));
  wasm_memory_delete(alone);
  end_state(&exports);
  return 0;
}

static wasm_trap_t* negate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = -args->data[0].of.i32;
  return NULL;
}

int play_table(void) {
  wasm_extern_vec_t exports;
  wasm_table_t *table, *alone;
  wasm_tabletype_t* type;
  wasm_functype_t* func_type;
  wasm_func_t *times, *minus, *neg;
  wasm_ref_t* ref;
  wasm_limits_t limits = {5, 6};
  begin();
  CHECK(make_state(&exports));
  table = wasm_extern_as_table(exports.data[3]);
  times = wasm_extern_as_func(exports.data[11]);
  minus = wasm_extern_as_func(exports.data[12]);
  func_type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  neg = wasm_func_new(store, func_type, negate);
  wasm_functype_delete(func_type);

  CHECK(wasm_table_size(table) == 2);
  CHECK(wasm_table_get(table, 0) == NULL);
  ref = wasm_table_get(table, 1);
  CHECK(ref != NULL && wasm_ref_same(ref, wasm_func_as_ref(times)));
  CHECK(wasm_ref_as_func(ref) != NULL && wasm_ref_as_table(ref) == NULL);
  wasm_ref_delete(ref);
  CHECK(call_i32(exports.data[10], 2, 1, 2) == 1332);
  CHECK(call_i32(exports.data[10], 2, 0, 2) == INT32_MIN);
  CHECK(call_i32(exports.data[10], 2, 2, 2) == INT32_MIN);

  CHECK(wasm_table_set(table, 0, wasm_func_as_ref(minus)));
  CHECK(wasm_table_set(table, 1, NULL));
  CHECK(!wasm_table_set(table, 2, wasm_func_as_ref(minus)));
  CHECK(!wasm_table_set(table, 1, wasm_table_as_ref(table)));
  CHECK(call_i32(exports.data[10], 7, 0, 2) == -3);
  CHECK(call_i32(exports.data[10], 7, 1, 2) == INT32_MIN);

  CHECK(wasm_table_grow(table, 3, NULL));
  CHECK(wasm_table_size(table) == 5);
  CHECK(wasm_table_set(table, 3, wasm_func_as_ref(neg)));
  CHECK(call_i32(exports.data[10], 7, 3, 2) == -7);
  CHECK(wasm_table_grow(table, 5, wasm_func_as_ref(neg)));
  CHECK(call_i32(exports.data[10], 5, 9, 2) == -5);
  CHECK(!wasm_table_grow(table, 1, NULL));

  type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  alone = wasm_table_new(store, type, wasm_func_as_ref(neg));
  wasm_tabletype_delete(type);
  CHECK(wasm_table_size(alone) == 5);
  CHECK(wasm_table_grow(alone, 1, NULL));
  CHECK(!wasm_table_grow(alone, 1, NULL));
  wasm_table_delete(alone);
  wasm_func_delete(neg);
  end_state(&exports);
  return 0;
}

/* ---- References to host objects -----------------------------------------------------------------
 */

static void* seen;

static wasm_trap_t* give_back(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  const wasm_ref_t* ref = args->data[0].of.ref;
  seen = ref == NULL ? NULL : wasm_ref_get_host_info(ref);
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

/* Whether the call's result is that reference. */
static bool gives(const wasm_extern_t* func, wasm_val_t args[], size_t count,
                  const wasm_ref_t* wanted) {
  wasm_val_t result = WASM_INIT_VAL;
  bool right;
  if (!call(func, args, count, &result, 1) || result.kind != WASM_EXTERNREF) return false;
  right = wanted == NULL ? result.of.ref == NULL : wasm_ref_same(result.of.ref, wanted);
  if (right && wanted != NULL) {
    right = wasm_ref_get_host_info(result.of.ref) == wasm_ref_get_host_info(wanted);
  }
  wasm_val_delete(&result);
  return right;
}

int play_host_references(void) {
  wasm_functype_t* type;
  wasm_func_t* func;
  wasm_extern_t* imports[1];
  wasm_instance_t* instance;
  wasm_extern_vec_t exports;
  wasm_ref_t *one, *two, *copy;
  wasm_val_t null = WASM_INIT_VAL, first = WASM_INIT_VAL,
             indexed[2] = {WASM_I32_VAL(2), WASM_INIT_VAL}, value;
  int things[2];
  begin();
  type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  func = wasm_func_new(store, type, give_back);
  wasm_functype_delete(type);
  imports[0] = wasm_func_as_extern(func);
  instance = make("references", imports, 1);
  wasm_instance_exports(instance, &exports);
  wasm_instance_delete(instance);
  wasm_func_delete(func);
  CHECK(exports.size == 8);

  one = wasm_foreign_as_ref(wasm_foreign_new(store));
  two = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_ref_set_host_info(one, &things[0]);
  wasm_ref_set_host_info(two, &things[1]);
  CHECK(!wasm_ref_same(one, two));
  copy = wasm_ref_copy(one);
  CHECK(copy != one && wasm_ref_same(copy, one));
  CHECK(wasm_ref_get_host_info(copy) == &things[0]);
  CHECK(wasm_ref_as_foreign(copy) != NULL && wasm_ref_as_func(copy) == NULL);
  wasm_ref_delete(copy);

  first.of.ref = one;
  CHECK(gives(exports.data[3], NULL, 0, NULL));
  CHECK(call(exports.data[2], &first, 1, NULL, 0));
  CHECK(gives(exports.data[3], NULL, 0, one));
  wasm_global_get(wasm_extern_as_global(exports.data[0]), &value);
  CHECK(value.kind == WASM_EXTERNREF && wasm_ref_same(value.of.ref, one));
  wasm_val_delete(&value);
  value.kind = WASM_EXTERNREF;
  value.of.ref = two;
  wasm_global_set(wasm_extern_as_global(exports.data[0]), &value);
  CHECK(gives(exports.data[3], NULL, 0, two));

  indexed[1].of.ref = two;
  CHECK(call(exports.data[4], indexed, 2, NULL, 0));
  CHECK(gives(exports.data[5], indexed, 1, two));
  CHECK(wasm_table_set(wasm_extern_as_table(exports.data[1]), 2, one));
  CHECK(gives(exports.data[5], indexed, 1, one));
  CHECK(wasm_table_set(wasm_extern_as_table(exports.data[1]), 2, NULL));
  CHECK(gives(exports.data[5], indexed, 1, NULL));

  CHECK(gives(exports.data[6], &first, 1, one) && seen == &things[0]);
  CHECK(gives(exports.data[6], &null, 1, NULL) && seen == NULL);
  wasm_ref_delete(one);
  wasm_ref_delete(two);
  wasm_extern_vec_delete(&exports);
  end();
  return 0;
}

/* ---- Modules ------------------------------------------------------------------------------------
 */

static bool is_name(const wasm_name_t* name, const char* text) {
  return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

int play_reflection(void) {
  static const char* const names[] = {"func", "global", "table", "memory", "tag"};
  static const wasm_externkind_t kinds[] = {WASM_EXTERN_FUNC, WASM_EXTERN_GLOBAL, WASM_EXTERN_TABLE,
                                            WASM_EXTERN_MEMORY, WASM_EXTERN_TAG};
  wasm_val_t limit = WASM_I64_VAL(1);
  wasm_extern_t* imports[1];
  wasm_global_t* global;
  wasm_module_t* module;
  wasm_instance_t* instance;
  wasm_importtype_vec_t import_types;
  wasm_exporttype_vec_t types, copies;
  wasm_extern_vec_t exports;
  const wasm_externtype_t* type;
  size_t i;
  begin();
  module = load("reflect");
  CHECK(module != NULL);
  wasm_module_imports(module, &import_types);
  wasm_module_exports(module, &types);
  CHECK(import_types.size == 1 && types.size == 5);
  CHECK(is_name(wasm_importtype_module(import_types.data[0]), "env"));
  CHECK(is_name(wasm_importtype_name(import_types.data[0]), "limit"));
  CHECK(wasm_externtype_kind(wasm_importtype_type(import_types.data[0])) == WASM_EXTERN_GLOBAL);
  wasm_importtype_vec_delete(&import_types);

  global = new_global(wasm_valtype_new_i64(), WASM_CONST, limit);
  imports[0] = wasm_global_as_extern(global);
  instance = make("reflect", imports, 1);
  wasm_global_delete(global);
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 5);
  for (i = 0; i < 5; ++i) {
    wasm_externtype_t* now = wasm_extern_type(exports.data[i]);
    type = wasm_exporttype_type(types.data[i]);
    CHECK(is_name(wasm_exporttype_name(types.data[i]), names[i]));
    CHECK(wasm_externtype_kind(type) == kinds[i]);
    CHECK(wasm_externtype_kind(now) == kinds[i]);
    CHECK(wasm_extern_kind(exports.data[i]) == kinds[i]);
    CHECK((wasm_externtype_as_functype(now) != NULL) == (i == 0));
    CHECK((wasm_externtype_as_globaltype(now) != NULL) == (i == 1));
    CHECK((wasm_externtype_as_tabletype(now) != NULL) == (i == 2));
    CHECK((wasm_externtype_as_memorytype(now) != NULL) == (i == 3));
    CHECK((wasm_externtype_as_tagtype(now) != NULL) == (i == 4));
    wasm_externtype_delete(now);
  }
  wasm_exporttype_vec_copy(&copies, &types);
  wasm_exporttype_vec_delete(&types);
  {
    const wasm_functype_t* func =
        wasm_externtype_as_functype_const(wasm_exporttype_type(copies.data[0]));
    const wasm_globaltype_t* var =
        wasm_externtype_as_globaltype_const(wasm_exporttype_type(copies.data[1]));
    const wasm_tabletype_t* table =
        wasm_externtype_as_tabletype_const(wasm_exporttype_type(copies.data[2]));
    const wasm_memorytype_t* memory =
        wasm_externtype_as_memorytype_const(wasm_exporttype_type(copies.data[3]));
    const wasm_tagtype_t* tag =
        wasm_externtype_as_tagtype_const(wasm_exporttype_type(copies.data[4]));
    CHECK(wasm_functype_params(func)->size == 3 && wasm_functype_results(func)->size == 1);
    CHECK(wasm_valtype_kind(wasm_functype_params(func)->data[1]) == WASM_F64);
    CHECK(wasm_globaltype_mutability(var) == WASM_VAR);
    CHECK(wasm_tabletype_limits(table)->min == 3 && wasm_tabletype_limits(table)->max == 50);
    CHECK(wasm_valtype_kind(wasm_tabletype_element(table)) == WASM_FUNCREF);
    CHECK(wasm_memorytype_limits(memory)->min == 1);
    CHECK(wasm_memorytype_limits(memory)->max == wasm_limits_max_default);
    CHECK(wasm_functype_params(wasm_tagtype_functype(tag))->size == 1);
  }
  CHECK(wasm_func_param_arity(wasm_extern_as_func(exports.data[0])) == 3);
  CHECK(wasm_func_result_arity(wasm_extern_as_func(exports.data[0])) == 1);
  wasm_exporttype_vec_delete(&copies);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  end();
  return 0;
}

int play_serialization(void) {
  wasm_module_t *module, *again;
  wasm_byte_vec_t bytes;
  wasm_instance_t* instance;
  wasm_extern_vec_t exports;
  begin();
  module = load("calls");
  wasm_module_serialize(module, &bytes);
  wasm_module_delete(module);
  CHECK(bytes.size != 0);
  again = wasm_module_deserialize(store, &bytes);
  wasm_byte_vec_delete(&bytes);
  CHECK(again != NULL);
  instance = make_calls(again);
  wasm_module_delete(again);
  wasm_instance_exports(instance, &exports);
  wasm_instance_delete(instance);
  CHECK(call_i32(exports.data[0], 1, 2, 2) == 45);
  wasm_extern_vec_delete(&exports);
  end();
  return 0;
}

/* ---- Traps --------------------------------------------------------------------------------------
 */

static bool says(const wasm_trap_t* trap, const char* text) {
  wasm_message_t message;
  bool right;
  wasm_trap_message(trap, &message);
  right = message.size == strlen(text) + 1 && strcmp(message.data, text) == 0;
  wasm_byte_vec_delete(&message);
  return right;
}

int play_start(void) {
  wasm_module_t* module;
  wasm_trap_t* trap = NULL;
  wasm_frame_t* frame;
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  begin();
  module = load("start");
  CHECK(wasm_instance_new(store, module, &none, &trap) == NULL);
  CHECK(trap != NULL && says(trap, "unreachable"));
  frame = wasm_trap_origin(trap);
  CHECK(frame != NULL && wasm_frame_func_index(frame) == 0);
  wasm_frame_delete(frame);
  wasm_trap_delete(trap);
  CHECK(wasm_instance_new(store, module, &none, NULL) == NULL);
  wasm_module_delete(module);
  end();
  return 0;
}

static wasm_trap_t* refuse(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  wasm_name_t message;
  wasm_trap_t* trap;
  (void)args, (void)results;
  wasm_name_new_from_string_nt(&message, "the host refuses");
  trap = wasm_trap_new((wasm_store_t*)env, &message);
  wasm_name_delete(&message);
  return trap;
}

int play_trap(void) {
  wasm_functype_t* type;
  wasm_func_t* func;
  wasm_extern_t* imports[1];
  wasm_instance_t* instance;
  wasm_extern_vec_t exports;
  wasm_frame_vec_t frames;
  wasm_frame_t* origin;
  wasm_trap_t* trap;
  wasm_val_t zero[1] = {WASM_I32_VAL(0)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(zero);
  begin();
  type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  func = wasm_func_new_with_env(store, type, refuse, store, NULL);
  wasm_functype_delete(type);
  imports[0] = wasm_func_as_extern(func);
  instance = make("traps", imports, 1);
  wasm_func_delete(func);
  wasm_instance_exports(instance, &exports);

  trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), NULL, NULL);
  CHECK(trap != NULL && says(trap, "the host refuses"));
  wasm_trap_trace(trap, &frames);
  CHECK(frames.size == 1 && wasm_frame_func_index(frames.data[0]) == 1);
  wasm_frame_vec_delete(&frames);
  wasm_trap_delete(trap);

  trap = wasm_func_call(wasm_extern_as_func(exports.data[1]), &args, NULL);
  CHECK(trap != NULL && says(trap, "integer divide by zero"));
  origin = wasm_trap_origin(trap);
  wasm_trap_trace(trap, &frames);
  CHECK(frames.size == 2);
  CHECK(wasm_frame_func_index(frames.data[0]) == 2 && wasm_frame_func_index(frames.data[1]) == 3);
  CHECK(wasm_frame_module_offset(origin) == wasm_frame_module_offset(frames.data[0]));
  CHECK(wasm_frame_func_offset(frames.data[0]) < wasm_frame_module_offset(frames.data[0]));
  CHECK(wasm_frame_module_offset(frames.data[0]) < wasm_frame_module_offset(frames.data[1]));
  CHECK(wasm_frame_instance(origin) == NULL);
  wasm_frame_delete(origin);
  wasm_frame_vec_delete(&frames);
  wasm_trap_delete(trap);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  end();
  return 0;
}

/* ---- Finalizers ---------------------------------------------------------------------------------
 */

enum { kInstances = 100000 };

/* How often each was finalized. */
static unsigned char counts[kInstances];

static void count(void* info) { ++*(unsigned char*)info; }

static bool all_are(unsigned char wanted) {
  size_t i;
  for (i = 0; i < kInstances && counts[i] == wanted; ++i) {
  }
  return i == kInstances;
}

int play_finalizers(void) {
  wasm_module_t* module;
  size_t i;
  memset(counts, 0, sizeof counts);
  begin();
  module = load("empty");
  for (i = 0; i < kInstances; ++i) {
    wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
    CHECK(instance != NULL);
    wasm_instance_set_host_info_with_finalizer(instance, &counts[i], count);
    wasm_instance_delete(instance);
  }
  wasm_module_delete(module);
  CHECK(all_are(0));
  end();
  CHECK(all_are(1));
  return 0;
}

/* ---- Threads ------------------------------------------------------------------------------------
 */

enum { kThreads = 8, kRuns = 50 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int notes;

static wasm_trap_t* note(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)results;
  pthread_mutex_lock((pthread_mutex_t*)env);
  notes += args->data[0].of.i32;
  pthread_mutex_unlock((pthread_mutex_t*)env);
  return NULL;
}

struct task {
  wasm_engine_t* engine;
  const wasm_shared_module_t* shared;
  int failures;
};

static void* work(void* of) {
  struct task* task = of;
  wasm_store_t* mine = wasm_store_new(task->engine);
  wasm_module_t* module = wasm_module_obtain(mine, task->shared);
  int i;
  for (i = 0; i < kRuns; ++i) {
    wasm_val_t number = WASM_I32_VAL(i);
    wasm_functype_t* func_type = wasm_functype_new_1_0(wasm_valtype_new_i32());
    wasm_globaltype_t* global_type = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
    wasm_func_t* func = wasm_func_new_with_env(mine, func_type, note, &mutex, NULL);
    wasm_global_t* global = wasm_global_new(mine, global_type, &number);
    wasm_extern_t* imports[2];
    wasm_extern_vec_t import_vec = WASM_ARRAY_VEC(imports), exports;
    wasm_instance_t* instance;
    imports[0] = wasm_func_as_extern(func);
    imports[1] = wasm_global_as_extern(global);
    instance = wasm_instance_new(mine, module, &import_vec, NULL);
    wasm_instance_exports(instance, &exports);
    if (exports.size != 1 || !call(exports.data[0], NULL, 0, NULL, 0)) ++task->failures;
    wasm_extern_vec_delete(&exports);
    wasm_instance_delete(instance);
    wasm_global_delete(global);
    wasm_func_delete(func);
    wasm_globaltype_delete(global_type);
    wasm_functype_delete(func_type);
  }
  wasm_module_delete(module);
  wasm_store_delete(mine);
  return NULL;
}

int play_threads(void) {
  pthread_t threads[kThreads];
  struct task tasks[kThreads];
  wasm_module_t* module;
  wasm_shared_module_t* shared;
  int i;
  notes = 0;
  begin();
  module = load("threads");
  shared = wasm_module_share(module);
  wasm_module_delete(module);
  for (i = 0; i < kThreads; ++i) {
    tasks[i].engine = engine;
    tasks[i].shared = shared;
    tasks[i].failures = 0;
    CHECK(pthread_create(&threads[i], NULL, work, &tasks[i]) == 0);
  }
  for (i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    CHECK(tasks[i].failures == 0);
  }
  wasm_shared_module_delete(shared);
  CHECK(notes == kThreads * kRuns * (kRuns - 1) / 2);
  end();
  return 0;
}
