// Configurations, engines, modules and stores.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/weft_h/c_test.h"

// An engine with a config that `set` changes, which must work.
static wasm_engine_t* engine_with(weft_error_t* (*set)(wasm_config_t*, bool)) {
  wasm_config_t* config = wasm_config_new();
  wasm_engine_t* engine = NULL;
  OK(set(config, true));
  OK(weft_engine_new(config, &engine));
  return engine;
}

static void every_setting_can_be_set(void) {
  wasm_config_t* config = wasm_config_new();
  wasm_engine_t* engine = NULL;
  weft_module_limits_t limits;
  OK(weft_config_set_backend(config, weft_str("interp")));
  OK(weft_config_set_fuel(config, true));
  OK(weft_config_set_interruption(config, false));
  OK(weft_config_set_backtraces(config, false));
  OK(weft_config_set_profile(config, false));
  OK(weft_config_set_gc_stress(config, true));
  OK(weft_config_set_eager_translation(config, true));
  OK(weft_config_set_max_stack_bytes(config, 1 << 20));
  OK(weft_config_set_max_call_depth(config, 10));
  OK(weft_config_set_max_host_depth(config, 5));
  OK(weft_config_set_memory_mode(config, WEFT_MEMORY_EXPLICIT));
  OK(weft_config_set_simd_target(config, weft_str("")));
  OK(weft_config_set_optimizations(config, weft_str("none")));
  OK(weft_config_set_validation_threads(config, 1));
  OK(weft_config_set_features(config, weft_str("wasm2,tail-call")));
  weft_module_limits_strict(&limits);
  OK(weft_config_set_module_limits(config, &limits));
  OK(weft_engine_new(config, &engine));
  CHECK(is_str(weft_engine_backend(engine), "interp"));
  world_t world = world_new_on(engine, "plain");
  OK(weft_store_set_fuel(world.store, 1000));
  weft_error_t* trap = call_export(world.instance, "outer");
  CHECK(weft_error_frame_count(trap) == 0);
  weft_error_delete(trap);
  world_delete(&world);
}

static void settings_that_cannot_be_say_why(void) {
  wasm_config_t* config = wasm_config_new();
  wasm_engine_t* engine = NULL;
  FAILS_SAYING(WEFT_ERRC_USAGE, "abacus", weft_config_set_backend(config, weft_str("abacus")));
  FAILS_SAYING(WEFT_ERRC_NOT_FOUND, "teleport",
               weft_config_set_features(config, weft_str("teleport")));
  FAILS(WEFT_ERRC_USAGE, weft_config_set_memory_mode(config, 3));
  FAILS(WEFT_ERRC_USAGE, weft_config_set_module_limits(config, NULL));
  FAILS(WEFT_ERRC_USAGE, weft_config_set_fuel(NULL, true));
  OK(weft_config_set_simd_target(config, weft_str("ABACUS")));
  FAILS_SAYING(WEFT_ERRC_UNSUPPORTED, "ABACUS", weft_engine_new(config, &engine));
  config = wasm_config_new();
  OK(weft_config_set_optimizations(config, weft_str("magic")));
  FAILS(WEFT_ERRC_NOT_FOUND, weft_engine_new(config, &engine));
  CHECK(engine == NULL);
  FAILS(WEFT_ERRC_USAGE, weft_engine_new(NULL, NULL));
}

static void wasmtime_runs_or_says_what_was_tried(void) {
#if WEFT_SANITIZED
  return;  // sanitizers end a process that loads it as Weft does
#else
  wasm_config_t* config = wasm_config_new();
#ifdef WEFT_SMALL
  FAILS(WEFT_ERRC_UNSUPPORTED,
        weft_config_set_wasmtime(config, weft_str(""), WEFT_WASMTIME_CRANELIFT));
#else
  FAILS_SAYING(WEFT_ERRC_NOT_FOUND, "/nowhere",
               weft_config_set_wasmtime(config, weft_str("/nowhere/libwasmtime.so"),
                                        WEFT_WASMTIME_CRANELIFT));
#endif
  FAILS(WEFT_ERRC_USAGE, weft_config_set_wasmtime(config, weft_str(""), 3));
  FAILS(WEFT_ERRC_USAGE, weft_config_set_wasmtime(NULL, weft_str(""), WEFT_WASMTIME_WINCH));
  weft_error_t* error = weft_config_set_backend(config, weft_str("wasmtime"));
  if (error != NULL) {
    const weft_errc_t code = weft_error_code(error);
    CHECK(code == WEFT_ERRC_NOT_FOUND || code == WEFT_ERRC_UNSUPPORTED);
    CHECK(strstr(weft_error_message(error).data, "asmtime") != NULL);
    weft_error_delete(error);
    wasm_config_delete(config);
    return;
  }
  wasm_engine_t* engine = NULL;
  OK(weft_engine_new(config, &engine));
  CHECK(is_str(weft_engine_backend(engine), "wasmtime"));
  world_t world = world_new_on(engine, "plain");
  wasm_func_t* add = func_of(world.instance, "add");
  weft_raw_t slots[2];
  slots[0].i32 = 40;
  slots[1].i32 = 2;
  OK(weft_func_call_unchecked(add, slots));
  CHECK(slots[0].i32 == 42);
  weft_error_t* trap = call_export(world.instance, "outer");
  weft_trap_code_t code = 0;
  CHECK(weft_error_trap_code(trap, &code) && code == WEFT_TRAP_UNREACHABLE);
  weft_error_delete(trap);
  wasm_func_delete(add);
  world_delete(&world);
#endif
}

static void module_limits_hold(void) {
  wasm_config_t* config = wasm_config_new();
  wasm_engine_t* engine = NULL;
  wasm_module_t* module = NULL;
  weft_module_limits_t limits;
  weft_module_limits_default(&limits);
  CHECK(limits.memory_pages == 65536 && limits.struct_fields == 10000);
  limits.functions = 3;
  OK(weft_config_set_module_limits(config, &limits));
  OK(weft_engine_new(config, &engine));
  FAILS(WEFT_ERRC_LIMIT,
        weft_module_from_file(engine, weft_str(WEFT_FIXTURES_DIR "/plain.wasm"), true, &module));
  CHECK(module == NULL);
  wasm_engine_delete(engine);
  weft_module_limits_default(NULL);
  weft_module_limits_strict(NULL);
}

static void handles_to_an_engine_are_counted(void) {
  wasm_engine_t* engine = NULL;
  OK(weft_engine_new(NULL, &engine));
  wasm_engine_t* copy = weft_engine_copy(engine);
  wasm_store_t* store = NULL;
  wasm_engine_delete(engine);
  CHECK(weft_engine_supports(copy, WEFT_CAPABILITY_FUEL));
  CHECK(weft_engine_supports(copy, WEFT_CAPABILITY_DIRECT_MEMORY));
  CHECK(!weft_engine_supports(copy, 1u << 31));
  OK(weft_store_new(copy, &store));
  wasm_engine_delete(copy);
  engine = weft_store_engine(store);
  CHECK(is_str(weft_engine_backend(engine), "interp"));
  wasm_engine_delete(engine);
  wasm_store_delete(store);
  CHECK(weft_engine_copy(NULL) == NULL && weft_store_engine(NULL) == NULL);
  CHECK(is_str(weft_engine_backend(NULL), "") && !weft_engine_supports(NULL, 1));
  FAILS(WEFT_ERRC_USAGE, weft_store_new(NULL, &store));
}

static void count_custom(void* env, const weft_section_t* section) {
  int* counts = env;
  ++counts[0];
  if (section->id == 0) ++counts[1];
  if (section->id == 10) counts[2] = (int)section->count;
  CHECK(section->size > 0 && section->offset > 8 && section->name.size > 0);
}

static void a_module_tells_about_itself(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_module_t* module = load(engine, "plain");
  int counts[3] = {0, 0, 0};
  const uint8_t* data = NULL;
  size_t size = 0;
  wasm_byte_vec_t text;
  CHECK(is_str(weft_module_name(module), "plain"));
  CHECK(weft_module_function_count(module) == 12);
  CHECK(is_str(weft_module_function_name(module, 3), "outer"));
  CHECK(is_str(weft_module_function_name(module, 99), ""));
  weft_module_sections(module, count_custom, counts);
  CHECK(counts[0] > 8 && counts[1] == 1 && counts[2] == 12);
  weft_module_sections(module, NULL, NULL);
  CHECK(weft_module_custom_section(module, weft_str("name"), 0, &data, &size));
  CHECK(data != NULL && size > 0);
  CHECK(!weft_module_custom_section(module, weft_str("name"), 1, &data, &size));
  CHECK(!weft_module_custom_section(module, weft_str("none"), 0, &data, &size));
  weft_module_required_features(module, &text);
  CHECK(has_text(&text, "simd"));
  if (weft_engine_supports(engine, WEFT_CAPABILITY_DUMP)) {
    OK(weft_module_dump_function(module, 0, &text));
    CHECK(has_text(&text, "i32.add"));
    FAILS(WEFT_ERRC_NOT_FOUND, weft_module_dump_function(module, 99, &text));
  } else {
    FAILS(WEFT_ERRC_UNSUPPORTED, weft_module_dump_function(module, 0, &text));
  }
  wasm_module_delete(module);
  wasm_engine_delete(engine);
  CHECK(is_str(weft_module_name(NULL), "") && weft_module_function_count(NULL) == 0);
  CHECK(is_str(weft_module_function_name(NULL, 0), ""));
}

static void text_becomes_modules_and_back(void) {
  const weft_str_t text = weft_str("(module $sum (func $add (export \"add\")))");
  wasm_engine_t* engine = wasm_engine_new();
  wasm_module_t* module = NULL;
  wasm_byte_vec_t bytes;
  weft_error_t* error = weft_wat2wasm(text, true, &bytes);
  if (weft_error_code(error) == WEFT_ERRC_UNSUPPORTED) {  // a build for size
    weft_error_delete(error);
    FAILS(WEFT_ERRC_UNSUPPORTED, weft_module_from_wat(engine, text, &module));
    FAILS(WEFT_ERRC_UNSUPPORTED, weft_wasm2wat("", 0, &bytes));
  } else {
    OK(error);
    wasm_byte_vec_t printed;
    OK(weft_wasm2wat(bytes.data, bytes.size, &printed));
    const weft_str_t again = {printed.data, printed.size};
    wasm_byte_vec_t reassembled;
    OK(weft_wat2wasm(again, true, &reassembled));
    CHECK(reassembled.size == bytes.size && memcmp(reassembled.data, bytes.data, bytes.size) == 0);
    OK(weft_check_custom_sections(bytes.data, bytes.size));
    OK(weft_module_from_wat(engine, text, &module));
    CHECK(is_str(weft_module_name(module), "sum"));
    CHECK(is_str(weft_module_function_name(module, 0), "add"));
    wasm_byte_vec_delete(&printed);
    wasm_byte_vec_delete(&reassembled);
    wasm_byte_vec_delete(&bytes);
    wasm_module_delete(module);
    FAILS(WEFT_ERRC_MALFORMED, weft_module_from_wat(engine, weft_str("(func"), &module));
    FAILS(WEFT_ERRC_MALFORMED, weft_wat2wasm(weft_str("(func"), false, &bytes));
    FAILS(WEFT_ERRC_MALFORMED, weft_wasm2wat("\0asm", 4, &bytes));
    FAILS(WEFT_ERRC_MALFORMED, weft_check_custom_sections("\0asm", 4));
  }
  FAILS(WEFT_ERRC_USAGE, weft_module_from_wat(NULL, text, &module));
  FAILS(WEFT_ERRC_USAGE, weft_wat2wasm(text, false, NULL));
  FAILS(WEFT_ERRC_USAGE, weft_wasm2wat("", 0, NULL));
  wasm_engine_delete(engine);
}

static void borrowed_bytes_are_given_back_once(void) {
  static unsigned char empty[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  wasm_engine_t* engine = wasm_engine_new();
  wasm_module_t* module = NULL;
  int count = 0;
  OK(weft_module_validate(engine, empty, sizeof empty));
  FAILS(WEFT_ERRC_MALFORMED, weft_module_validate(engine, NULL, 0));
  OK(weft_module_new_borrowed(engine, empty, sizeof empty, &count, count_call, &module));
  wasm_module_t* copy = wasm_module_copy(module);
  wasm_module_delete(module);
  CHECK(weft_module_function_count(copy) == 0 && count <= 1);
  wasm_byte_vec_t serialized;
  wasm_module_serialize(copy, &serialized);
  CHECK(is_text(&serialized, ""));
  wasm_module_delete(copy);
  CHECK(count == 1);
  FAILS(WEFT_ERRC_MALFORMED,
        weft_module_new_borrowed(engine, empty, 3, &count, count_call, &module));
  CHECK(count == 2);
  FAILS(WEFT_ERRC_USAGE, weft_module_new_borrowed(NULL, empty, 8, &count, count_call, &module));
  CHECK(count == 3);
  OK(weft_module_new(engine, empty, sizeof empty, &module));
  wasm_module_serialize(module, &serialized);
  CHECK(serialized.size > sizeof empty);
  wasm_byte_vec_delete(&serialized);
  wasm_module_delete(module);
  wasm_engine_delete(engine);
}

static void a_stores_data_dies_last(void) {
  world_t world = world_new(NULL);
  int first = 0;
  int second = 0;
  CHECK(weft_store_data(world.store) == NULL);
  OK(weft_store_set_data(world.store, &first, count_call));
  CHECK(weft_store_data(world.store) == &first);
  OK(weft_store_set_data(world.store, &second, count_call));
  CHECK(first == 1 && second == 0);
  world_delete(&world);
  CHECK(first == 1 && second == 1);
  FAILS(WEFT_ERRC_USAGE, weft_store_set_data(NULL, &first, count_call));
  CHECK(first == 2);
  CHECK(weft_store_data(NULL) == NULL);
}

static void stores_have_numbers(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* one = wasm_store_new(engine);
  world_t two = world_new_on(engine, "plain");
  wasm_func_t* func = func_of(two.instance, "add");
  CHECK(weft_store_id(one) != 0 && weft_store_id(one) != weft_store_id(two.store));
  CHECK(weft_ref_store_id(wasm_func_as_ref(func)) == weft_store_id(two.store));
  CHECK(weft_store_id(NULL) == 0 && weft_ref_store_id(NULL) == 0);
  world_delete(&two);
  CHECK(weft_ref_store_id(wasm_func_as_ref(func)) == 0);
  FAILS(WEFT_ERRC_USAGE, weft_func_call(func, NULL, 0, NULL, 0));
  wasm_func_delete(func);
  wasm_store_delete(one);
}

typedef struct asked_t {
  int calls;
  weft_growth_t last;
  bool answer;
} asked_t;
static bool ask(void* env, const weft_growth_t* growth) {
  asked_t* asked = env;
  ++asked->calls;
  asked->last = *growth;
  return asked->answer;
}

static int32_t grow_by(const wasm_instance_t* instance, int32_t pages) {
  wasm_func_t* grow = func_of(instance, "grow");
  const weft_val_t arg = weft_i32(pages);
  weft_val_t result = weft_i32(-7);
  OK(weft_func_call(grow, &arg, 1, &result, 1));
  wasm_func_delete(grow);
  return result.of.i32;
}

static void limits_and_limiters_are_asked(void) {
  world_t world = world_new("plain");
  weft_store_limits_t limits = WEFT_STORE_LIMITS_INIT;
  asked_t asked = {0, {0, false, 0, 0, 0}, false};
  wasm_instance_t* second = NULL;
  int finalized = 0;
  CHECK(limits.memories == WEFT_UNLIMITED);
  OK(weft_store_set_limiter(world.store, ask, &asked, NULL));
  CHECK(grow_by(world.instance, 1) == -1 && asked.calls == 1);
  CHECK(asked.last.kind == WEFT_GROWTH_MEMORY && asked.last.current == 65536);
  CHECK(asked.last.desired == 2 * 65536 && asked.last.has_maximum);
  CHECK(asked.last.maximum == 3 * 65536);
  OK(weft_store_set_limiter(world.store, ask, &finalized, count_call));
  OK(weft_store_set_limiter(world.store, NULL, NULL, NULL));
  CHECK(finalized == 1);
  CHECK(grow_by(world.instance, 1) == 1);
  limits.instances = 1;
  limits.memory_bytes = 2 * 65536;
  OK(weft_store_set_limits(world.store, &limits));
  CHECK(grow_by(world.instance, 1) == -1);
  FAILS(WEFT_ERRC_LIMIT, weft_instance_new(world.store, world.module, NULL, 0, &second));
  FAILS(WEFT_ERRC_USAGE, weft_store_set_limits(world.store, NULL));
  FAILS(WEFT_ERRC_USAGE, weft_store_set_limiter(NULL, ask, &finalized, count_call));
  CHECK(finalized == 2);
  world_delete(&world);
}

static void fuel_runs_out(void) {
  world_t world = world_new_on(engine_with(weft_config_set_fuel), "plain");
  wasm_func_t* count = func_of(world.instance, "count");
  const weft_val_t arg = weft_i32(1000);
  uint64_t left = 0;
  OK(weft_store_set_fuel(world.store, 50));
  FAILS(WEFT_ERRC_OUT_OF_FUEL, weft_func_call(count, &arg, 1, NULL, 0));
  OK(weft_store_add_fuel(world.store, 100000));
  OK(weft_func_call(count, &arg, 1, NULL, 0));
  OK(weft_store_fuel(world.store, &left));
  CHECK(left > 0 && left < 100000);
  OK(weft_store_add_fuel(world.store, UINT64_MAX));
  OK(weft_store_fuel(world.store, &left));
  CHECK(left >= INT64_MAX);
  wasm_func_delete(count);
  world_delete(&world);
  world = world_new(NULL);
  FAILS(WEFT_ERRC_USAGE, weft_store_set_fuel(world.store, 1));
  FAILS(WEFT_ERRC_USAGE, weft_store_fuel(world.store, &left));
  world_delete(&world);
}

static bool count_and_go_on(void* asked) { return ++*(int*)asked == 1; }

static void* interrupt_it(void* handle) {
  weft_interrupt(handle);
  return NULL;
}

static void another_thread_stops_a_guest(void) {
  world_t world = world_new("plain");
  weft_interrupt_t* handle = weft_store_interrupt(world.store);
  weft_interrupt_t* copy = weft_interrupt_copy(handle);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, interrupt_it, handle) == 0);
  FAILS(WEFT_ERRC_INTERRUPTED, call_export(world.instance, "loop"));
  pthread_join(thread, NULL);
  weft_interrupt(copy);
  FAILS(WEFT_ERRC_INTERRUPTED, weft_store_check_interrupt(world.store));
  OK(weft_store_check_interrupt(world.store));
  weft_interrupt(copy);
  weft_store_clear_interrupt(world.store);
  OK(weft_store_check_interrupt(world.store));
  int asked = 0;
  OK(weft_store_set_interrupt_hook(world.store, count_and_go_on, &asked, count_call));
  weft_interrupt(handle);
  OK(weft_store_check_interrupt(world.store));
  weft_interrupt(handle);
  FAILS(WEFT_ERRC_INTERRUPTED, weft_store_check_interrupt(world.store));
  CHECK(asked == 2);
  OK(weft_store_set_interrupt_hook(world.store, NULL, NULL, NULL));
  CHECK(asked == 3);
  FAILS(WEFT_ERRC_USAGE, weft_store_set_interrupt_hook(NULL, NULL, NULL, NULL));
  world_delete(&world);
  weft_interrupt(handle);
  weft_interrupt_delete(handle);
  weft_interrupt_delete(copy);
  weft_interrupt(NULL);
  CHECK(weft_interrupt_copy(NULL) == NULL && weft_store_interrupt(NULL) == NULL);
}

static void a_store_tells_of_its_garbage_and_time(void) {
  world_t world = world_new("plain");
  weft_gc_stats_t stats = {9, 9, 99};
  wasm_byte_vec_t stacks;
  OK(weft_store_gc(world.store));
  OK(weft_store_gc_stats(world.store, &stats));
  CHECK(stats.live_bytes == 0 && stats.collections <= 1);
  FAILS(WEFT_ERRC_USAGE, weft_store_folded_stacks(world.store, &stacks));
  FAILS(WEFT_ERRC_USAGE, weft_store_gc(NULL));
  const bool profiler = weft_engine_supports(world.engine, WEFT_CAPABILITY_PROFILE);
  world_delete(&world);
  if (!profiler) return;
  world = world_new_on(engine_with(weft_config_set_profile), "plain");
  wasm_func_t* count = func_of(world.instance, "count");
  const weft_val_t arg = weft_i32(20000000);
  OK(weft_func_call(count, &arg, 1, NULL, 0));
  OK(weft_store_folded_stacks(world.store, &stacks));
  CHECK(has_text(&stacks, "count"));
  wasm_func_delete(count);
  world_delete(&world);
}

const c_test_t engine_tests[] = {
    {"EverySettingCanBeSet", every_setting_can_be_set},
    {"SettingsThatCannotBeSayWhy", settings_that_cannot_be_say_why},
    {"WasmtimeRunsOrSaysWhatWasTried", wasmtime_runs_or_says_what_was_tried},
    {"ModuleLimitsHold", module_limits_hold},
    {"HandlesToAnEngineAreCounted", handles_to_an_engine_are_counted},
    {"AModuleTellsAboutItself", a_module_tells_about_itself},
    {"TextBecomesModulesAndBack", text_becomes_modules_and_back},
    {"BorrowedBytesAreGivenBackOnce", borrowed_bytes_are_given_back_once},
    {"AStoresDataDiesLast", a_stores_data_dies_last},
    {"StoresHaveNumbers", stores_have_numbers},
    {"LimitsAndLimitersAreAsked", limits_and_limiters_are_asked},
    {"FuelRunsOut", fuel_runs_out},
    {"AnotherThreadStopsAGuest", another_thread_stops_a_guest},
    {"AStoreTellsOfItsGarbageAndTime", a_store_tells_of_its_garbage_and_time},
    {NULL, NULL},
};
