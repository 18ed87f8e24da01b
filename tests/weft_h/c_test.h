// What the tests of <weft.h> share. C99.
#ifndef WEFT_TESTS_C_C_TEST_H
#define WEFT_TESTS_C_C_TEST_H

#include <weft.h>

#ifdef __cplusplus
extern "C" {
#endif

// A table of tests ends with a null name.
typedef struct c_test_t {
  const char* name;
  void (*run)(void);
} c_test_t;
extern const c_test_t engine_tests[];
extern const c_test_t error_tests[];
extern const c_test_t gc_tests[];
extern const c_test_t memory_tests[];
extern const c_test_t runtime_tests[];
extern const c_test_t wasi_tests[];

// Fails the test that runs.
void c_test_fail(const char* file, int line, const char* what);

#ifdef __cplusplus
}
#endif

#define CHECK(condition)                                           \
  do {                                                             \
    if (!(condition)) c_test_fail(__FILE__, __LINE__, #condition); \
  } while (0)
// Success; otherwise the message is what failed.
#define OK(call) c_test_ok((call), __FILE__, __LINE__)
// An error of that kind, which is deleted.
#define FAILS(code, call) c_test_fails((code), (call), __FILE__, __LINE__, #call)
// As FAILS, with a message that holds `text`.
#define FAILS_SAYING(code, text, call) \
  c_test_fails_saying((code), (text), (call), __FILE__, __LINE__, #call)

static inline void c_test_ok(weft_error_t* error, const char* file, int line) {
  if (error == NULL) return;
  c_test_fail(file, line, weft_error_message(error).data);
  weft_error_delete(error);
}

static inline void c_test_fails_saying(weft_errc_t code, const char* text, weft_error_t* error,
                                       const char* file, int line, const char* call) {
  if (error == NULL) {
    c_test_fail(file, line, call);
    return;
  }
  if (weft_error_code(error) != code || strstr(weft_error_message(error).data, text) == NULL) {
    c_test_fail(file, line, weft_errc_name(weft_error_code(error)).data);
    c_test_fail(file, line, weft_error_message(error).data);
  }
  weft_error_delete(error);
}

static inline void c_test_fails(weft_errc_t code, weft_error_t* error, const char* file, int line,
                                const char* call) {
  c_test_fails_saying(code, "", error, file, line, call);
}

// Whether the bytes are that text; deletes them.
static inline bool is_text(wasm_byte_vec_t* bytes, const char* text) {
  const bool same = bytes->size == strlen(text) &&
                    (bytes->size == 0 || memcmp(bytes->data, text, bytes->size) == 0);
  wasm_byte_vec_delete(bytes);
  return same;
}
// Whether the text is in the bytes; deletes them.
static inline bool has_text(wasm_byte_vec_t* bytes, const char* text) {
  const size_t length = strlen(text);
  bool found = false;
  size_t i;
  for (i = 0; i + length <= bytes->size; ++i) found |= memcmp(bytes->data + i, text, length) == 0;
  wasm_byte_vec_delete(bytes);
  return found;
}
static inline bool is_str(weft_str_t view, const char* text) {
  return view.size == strlen(text) && (view.size == 0 || memcmp(view.data, text, view.size) == 0);
}

// Counts how often it is called: a finalizer for an int.
static inline void count_call(void* env) { ++*(int*)env; }
static inline void count_other(void* env) { *(int*)env += 100; }

// An engine, a store and a fixture in it, without imports.
typedef struct world_t {
  wasm_engine_t* engine;
  wasm_store_t* store;
  wasm_module_t* module;
  wasm_instance_t* instance;
} world_t;

static inline wasm_module_t* load(const wasm_engine_t* engine, const char* fixture) {
  char path[1024] = WEFT_FIXTURES_DIR "/";
  wasm_module_t* module = NULL;
  strcat(path, fixture);
  strcat(path, ".wasm");
  OK(weft_module_from_file(engine, weft_str(path), false, &module));
  return module;
}
static inline world_t world_new_on(wasm_engine_t* engine, const char* fixture) {
  world_t world;
  world.engine = engine;
  world.store = NULL;
  world.module = NULL;
  world.instance = NULL;
  OK(weft_store_new(engine, &world.store));
  if (fixture == NULL) return world;
  world.module = load(engine, fixture);
  OK(weft_instance_new(world.store, world.module, NULL, 0, &world.instance));
  return world;
}
static inline world_t world_new(const char* fixture) {
  return world_new_on(wasm_engine_new(), fixture);
}
static inline void world_delete(world_t* world) {
  wasm_instance_delete(world->instance);
  wasm_module_delete(world->module);
  wasm_store_delete(world->store);
  wasm_engine_delete(world->engine);
}
static inline wasm_func_t* func_of(const wasm_instance_t* instance, const char* name) {
  wasm_func_t* func = NULL;
  OK(weft_instance_func(instance, weft_str(name), &func));
  return func;
}
// Calls an export without results.
static inline weft_error_t* call_export(const wasm_instance_t* instance, const char* name) {
  wasm_func_t* func = func_of(instance, name);
  weft_error_t* error = weft_func_call(func, NULL, 0, NULL, 0);
  wasm_func_delete(func);
  return error;
}
// A function type of these kinds.
static inline wasm_functype_t* functype(size_t param_count, const wasm_valkind_t* params,
                                        size_t result_count, const wasm_valkind_t* results) {
  wasm_valtype_vec_t param_types;
  wasm_valtype_vec_t result_types;
  size_t i;
  wasm_valtype_vec_new_uninitialized(&param_types, param_count);
  wasm_valtype_vec_new_uninitialized(&result_types, result_count);
  for (i = 0; i < param_count; ++i) param_types.data[i] = wasm_valtype_new(params[i]);
  for (i = 0; i < result_count; ++i) result_types.data[i] = wasm_valtype_new(results[i]);
  return wasm_functype_new(&param_types, &result_types);
}

#endif  // WEFT_TESTS_C_C_TEST_H
