// WASI's configuration, and the two kinds of programs.
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/weft_h/c_test.h"

// A fixture with WASI; the config is deleted.
static world_t world_with(weft_wasi_config_t* config, const char* fixture) {
  world_t world = world_new(NULL);
  weft_linker_t* linker = weft_linker_new(world.engine);
  OK(weft_linker_wasi(linker));
  OK(weft_store_set_wasi(world.store, config));
  weft_wasi_config_delete(config);
  world.module = load(world.engine, fixture);
  OK(weft_linker_instantiate(linker, world.store, world.module, &world.instance));
  weft_linker_delete(linker);
  return world;
}

static int run_command(weft_wasi_config_t* config) {
  world_t world = world_with(config, "command");
  int status = -1;
  OK(weft_wasi_run(world.instance, &status));
  world_delete(&world);
  return status;
}

static weft_val_t call_for(const wasm_instance_t* instance, const char* name, const int32_t* arg) {
  wasm_func_t* func = func_of(instance, name);
  const weft_val_t given = weft_i32(arg == NULL ? 0 : *arg);
  weft_val_t result = weft_i32(-1);
  OK(weft_func_call(func, &given, arg == NULL ? 0 : 1, &result, 1));
  wasm_func_delete(func);
  return result;
}

static void a_command_gets_what_it_was_given(void) {
  weft_wasi_config_t* config = weft_wasi_config_new();
  weft_capture_t* out = NULL;
  weft_capture_t* err = NULL;
  wasm_byte_vec_t text;
  OK(weft_wasi_arg(config, weft_str("program")));
  OK(weft_wasi_arg(config, weft_str("-v")));
  OK(weft_wasi_env(config, weft_str("LANG"), weft_str("C")));
  OK(weft_wasi_env(config, weft_str("LANG"), weft_str("en")));
  OK(weft_wasi_stdin_bytes(config, "in put", 6));
  OK(weft_wasi_capture(config, WEFT_WASI_STDOUT, SIZE_MAX, &out));
  OK(weft_wasi_capture(config, WEFT_WASI_STDERR, 2, &err));
  CHECK(run_command(config) == 12);
  weft_capture_contents(out, &text);
  CHECK(is_text(&text, "in put"));
  weft_capture_take(out, &text);
  CHECK(is_text(&text, "in put"));
  weft_capture_contents(out, &text);
  CHECK(is_text(&text, ""));
  weft_capture_contents(err, &text);
  CHECK(text.size <= 2);
  wasm_byte_vec_delete(&text);
  weft_capture_delete(out);
  weft_capture_delete(err);
  weft_capture_contents(NULL, &text);
  CHECK(is_text(&text, ""));
}

static void a_command_runs_once(void) {
  world_t world = world_with(weft_wasi_config_new(), "command");
  int status = 0;
  FAILS(WEFT_ERRC_USAGE, weft_wasi_initialize(world.instance));
  OK(weft_wasi_run(world.instance, &status));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_run(world.instance, &status));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_run(NULL, &status));
  world_delete(&world);
  world = world_with(weft_wasi_config_new(), "reactor");
  FAILS(WEFT_ERRC_NOT_FOUND, weft_wasi_run(world.instance, &status));
  OK(weft_wasi_initialize(world.instance));
  CHECK(call_for(world.instance, "ready", NULL).of.i32 == 1);
  world_delete(&world);
}

static weft_error_t* read_abc(void* env, uint8_t* to, size_t size, size_t* read) {
  ++*(int*)env;
  CHECK(size >= 3);
  memcpy(to, "abc", 3);
  *read = 3;
  return NULL;
}

typedef struct sink_t {
  char text[32];
  size_t size;
} sink_t;
static weft_error_t* write_sink(void* env, const uint8_t* from, size_t size, size_t* written) {
  sink_t* sink = env;
  memcpy(sink->text + sink->size, from, size);
  sink->size += size;
  *written = size;
  return NULL;
}
static weft_error_t* refuse(void* env, const uint8_t* from, size_t size, size_t* written) {
  (void)from;
  (void)size;
  (void)written;
  ++*(int*)env;
  return weft_error_new(WEFT_ERRC_HOST, weft_str("no"));
}

static void streams_can_be_callbacks(void) {
  weft_wasi_config_t* config = weft_wasi_config_new();
  sink_t sink = {{0}, 0};
  int reads = 0;
  int refusals = 0;
  OK(weft_wasi_stdin_callback(config, read_abc, &reads, count_other));
  OK(weft_wasi_output_callback(config, WEFT_WASI_STDOUT, write_sink, &sink, NULL));
  OK(weft_wasi_output_callback(config, WEFT_WASI_STDERR, refuse, &refusals, count_other));
  CHECK(run_command(config) == 0);
  CHECK(strcmp(sink.text, "abc") == 0);
  CHECK(reads == 101 && refusals == 101);
  config = weft_wasi_config_new();
  FAILS(WEFT_ERRC_USAGE, weft_wasi_stdin_callback(config, NULL, &reads, count_other));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_output_callback(config, 0, refuse, &reads, count_other));
  CHECK(reads == 301);
  weft_wasi_config_delete(config);
}

static void streams_can_be_files(void) {
  char path[] = "/tmp/weft-c-test-XXXXXX";
  char text[16] = {0};
  const int fd = mkstemp(path);
  weft_wasi_config_t* config = weft_wasi_config_new();
  CHECK(fd >= 0 && write(fd, "file", 4) == 4);
  OK(weft_wasi_stdin_file(config, weft_str(path)));
  OK(weft_wasi_output_file(config, WEFT_WASI_STDERR, weft_str(path), true));
  CHECK(run_command(config) == 0);
  CHECK(pread(fd, text, sizeof text, 0) == 8 && strcmp(text, "fileoops") == 0);
  close(fd);
  unlink(path);
  config = weft_wasi_config_new();
  FAILS(WEFT_ERRC_IO, weft_wasi_stdin_file(config, weft_str("/nowhere/at.all")));
  FAILS(WEFT_ERRC_IO,
        weft_wasi_output_file(config, WEFT_WASI_STDOUT, weft_str("/nowhere/at.all"), false));
  FAILS(WEFT_ERRC_USAGE,
        weft_wasi_output_file(config, WEFT_WASI_STDIN, weft_str("/dev/null"), false));
  weft_wasi_config_delete(config);
}

static void streams_of_the_process(void) {
  weft_wasi_config_t* config = weft_wasi_config_new();
  OK(weft_wasi_inherit_stdio(config));
  OK(weft_wasi_inherit(config, WEFT_WASI_STDIN));
  OK(weft_wasi_inherit(config, WEFT_WASI_STDOUT));
  OK(weft_wasi_inherit(config, WEFT_WASI_STDERR));
  OK(weft_wasi_no_stream(config, WEFT_WASI_STDIN));
  OK(weft_wasi_no_stream(config, WEFT_WASI_STDOUT));
  OK(weft_wasi_no_stream(config, WEFT_WASI_STDERR));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_inherit(config, 3));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_no_stream(config, 3));
  setenv("WEFT_C_TEST", "1", 1);
  OK(weft_wasi_inherit_env(config));
  CHECK(run_command(config) >= 10);
}

static void nuls_and_nulls_are_refused(void) {
  const weft_str_t nul = {"a\0b", 3};
  weft_wasi_config_t* config = weft_wasi_config_new();
  world_t world = world_new(NULL);
  FAILS(WEFT_ERRC_USAGE, weft_wasi_arg(config, nul));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_env(config, weft_str("a=b"), weft_str("")));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_env(config, weft_str(""), weft_str("")));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_arg(NULL, weft_str("a")));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_inherit_env(NULL));
  FAILS(WEFT_ERRC_USAGE, weft_store_set_wasi(world.store, NULL));
  FAILS(WEFT_ERRC_USAGE, weft_store_set_wasi(NULL, config));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_capture(config, WEFT_WASI_STDOUT, 1, NULL));
  world_delete(&world);
  weft_wasi_config_delete(config);
  weft_wasi_config_delete(NULL);
}

static void directories_have_rights(void) {
  char directory[] = "/tmp/weft-c-test-XXXXXX";
  char file[64];
  CHECK(mkdtemp(directory) != NULL);
  snprintf(file, sizeof file, "%s/new.txt", directory);
  weft_wasi_config_t* config = weft_wasi_config_new();
  OK(weft_wasi_preopen(config, weft_str(directory), weft_str("/data"), WEFT_WASI_READ));
  world_t world = world_with(config, "reactor");
  CHECK(call_for(world.instance, "create", NULL).of.i32 != 0 && access(file, F_OK) != 0);
  world_delete(&world);
  config = weft_wasi_config_new();
  OK(weft_wasi_preopen(config, weft_str(directory), weft_str("/data"), WEFT_WASI_ALL));
  world = world_with(config, "reactor");
  CHECK(call_for(world.instance, "create", NULL).of.i32 == 0 && access(file, F_OK) == 0);
  world_delete(&world);
  unlink(file);
  rmdir(directory);
  config = weft_wasi_config_new();
  FAILS(WEFT_ERRC_IO, weft_wasi_preopen(config, weft_str(directory), weft_str("/"), WEFT_WASI_ALL));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_preopen(config, weft_str("/"), weft_str(""), WEFT_WASI_ALL));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_preopen(config, weft_str("/"), weft_str("/"), 8));
  weft_wasi_config_delete(config);
}

static void sockets_and_descriptors(void) {
  int pair[2] = {-1, -1};
  int32_t number = 3;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  weft_wasi_config_t* config = weft_wasi_config_new();
  OK(weft_wasi_socket(config, pair[0], true));
  OK(weft_wasi_max_open_files(config, 10));
  FAILS(WEFT_ERRC_USAGE, weft_wasi_socket(config, STDIN_FILENO, false));
  world_t world = world_with(config, "reactor");
  CHECK(call_for(world.instance, "stat", &number).of.i32 == 0);
  number = 4;
  CHECK(call_for(world.instance, "stat", &number).of.i32 != 0);
  world_delete(&world);
  char byte;
  CHECK(read(pair[1], &byte, 1) == 0);  // the other end is closed
  close(pair[1]);
}

static uint64_t tell_time(void* env) { return (uint64_t)*(int*)env; }
static void slept(void* env, uint64_t nanoseconds) { *(uint64_t*)env += nanoseconds; }
static void fill_ones(void* env, uint8_t* to, size_t size) {
  ++*(int*)env;
  memset(to, 1, size);
}

static void the_world_can_be_replaced(void) {
  int wall = 1234;
  int monotonic = 99;
  int fills = 0;
  uint64_t nanoseconds = 0;
  int32_t clock = 0;
  weft_wasi_config_t* config = weft_wasi_config_new();
  OK(weft_wasi_wall_clock(config, tell_time, 1, &wall, count_call));
  OK(weft_wasi_monotonic_clock(config, tell_time, 1, &monotonic, count_call));
  OK(weft_wasi_sleep(config, slept, &nanoseconds, NULL));
  OK(weft_wasi_random(config, fill_ones, &fills, count_other));
  world_t world = world_with(config, "reactor");
  CHECK(call_for(world.instance, "now", &clock).of.i64 == 1234);
  clock = 1;
  CHECK(call_for(world.instance, "now", &clock).of.i64 == 99);
  CHECK(call_for(world.instance, "random", NULL).of.i32 == 0x01010101);
  CHECK(call_for(world.instance, "sleep", NULL).of.i32 == 0 && nanoseconds == 5000000);
  world_delete(&world);
  CHECK(wall == 1235 && monotonic == 100 && fills == 101);
  int32_t numbers[2];
  int i;
  for (i = 0; i < 2; ++i) {
    config = weft_wasi_config_new();
    OK(weft_wasi_random(config, NULL, NULL, NULL));
    OK(weft_wasi_random_seed(config, 42));
    OK(weft_wasi_wall_clock(config, NULL, 1, NULL, NULL));
    OK(weft_wasi_sleep(config, NULL, NULL, NULL));
    world = world_with(config, "reactor");
    numbers[i] = call_for(world.instance, "random", NULL).of.i32;
    clock = 0;
    CHECK(call_for(world.instance, "now", &clock).of.i64 > 1000000000);
    world_delete(&world);
  }
  CHECK(numbers[0] == numbers[1]);
  config = weft_wasi_config_new();
  FAILS(WEFT_ERRC_USAGE, weft_wasi_wall_clock(config, tell_time, 0, &wall, count_call));
  CHECK(wall == 1236);
  weft_wasi_config_delete(config);
}

static void one_config_serves_many_stores(void) {
  weft_wasi_config_t* config = weft_wasi_config_new();
  weft_linker_t* linker = NULL;
  weft_capture_t* out = NULL;
  wasm_byte_vec_t text;
  int i;
  OK(weft_wasi_stdin_bytes(config, "x", 1));
  OK(weft_wasi_capture(config, WEFT_WASI_STDOUT, SIZE_MAX, &out));
  wasm_engine_t* engine = wasm_engine_new();
  wasm_module_t* module = load(engine, "command");
  linker = weft_linker_new(engine);
  OK(weft_linker_wasi(linker));
  for (i = 0; i < 3; ++i) {
    world_t world = world_new_on(weft_engine_copy(engine), NULL);
    int status = -1;
    OK(weft_store_set_wasi(world.store, config));
    OK(weft_linker_instantiate(linker, world.store, module, &world.instance));
    OK(weft_wasi_run(world.instance, &status));
    CHECK(status == 0);
    world_delete(&world);
  }
  weft_capture_take(out, &text);
  CHECK(is_text(&text, "xxx"));
  weft_capture_delete(out);
  weft_linker_delete(linker);
  wasm_module_delete(module);
  wasm_engine_delete(engine);
  weft_wasi_config_delete(config);
}

const c_test_t wasi_tests[] = {
    {"ACommandGetsWhatItWasGiven", a_command_gets_what_it_was_given},
    {"ACommandRunsOnce", a_command_runs_once},
    {"StreamsCanBeCallbacks", streams_can_be_callbacks},
    {"StreamsCanBeFiles", streams_can_be_files},
    {"StreamsOfTheProcess", streams_of_the_process},
    {"NulsAndNullsAreRefused", nuls_and_nulls_are_refused},
    {"DirectoriesHaveRights", directories_have_rights},
    {"SocketsAndDescriptors", sockets_and_descriptors},
    {"TheWorldCanBeReplaced", the_world_can_be_replaced},
    {"OneConfigServesManyStores", one_config_serves_many_stores},
    {NULL, NULL},
};
