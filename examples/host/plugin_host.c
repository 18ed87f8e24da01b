// A host in C: gives a library functions, runs its WASI with captured output, and handles what goes
// wrong. plugin_host plugin.wasm
#include <stdio.h>
#include <stdlib.h>
#include <weft.h>

// Ends the program with the error's text, if there is an error.
static void check(weft_error_t* error) {
  if (error == NULL) return;
  fprintf(stderr, "plugin_host: %s\n", weft_error_message(error).data);
  weft_error_delete(error);
  exit(1);
}

// The bytes of the guest's that two arguments name, an address and a length.
static weft_error_t* text_of(weft_caller_t* caller, const weft_val_t args[], weft_str_t* text) {
  uint8_t* data = NULL;
  uint64_t size = 0;
  const uint32_t address = (uint32_t)args[0].of.i32;
  const uint32_t length = (uint32_t)args[1].of.i32;
  weft_error_t* error = weft_caller_memory_data(caller, &data, &size);
  if (error != NULL) return error;
  if (address > size || length > size - address) {
    return weft_error_new_trap(WEFT_TRAP_MEMORY_OUT_OF_BOUNDS, weft_str(""));
  }
  text->data = (const char*)data + address;
  text->size = length;
  return NULL;
}

// (i32, i32) -> i32: what a key costs. An error unwinds the guest and comes out of the host's call.
static weft_error_t* lookup(void* env, weft_caller_t* caller, const weft_val_t args[],
                            size_t arg_count, weft_val_t results[], size_t result_count) {
  const int32_t* prices = env;
  weft_str_t key;
  (void)arg_count;
  (void)result_count;
  weft_error_t* error = text_of(caller, args, &key);
  if (error != NULL) return error;
  if (key.size != 1 || key.data[0] < 'a' || key.data[0] > 'c') {
    return weft_error_new(WEFT_ERRC_HOST, weft_str("no price for that key"));
  }
  results[0].of.i32 = prices[key.data[0] - 'a'];
  return NULL;
}

// (i32, i32): prints a line.
static weft_error_t* log_line(void* env, weft_caller_t* caller, const weft_val_t args[],
                              size_t arg_count, weft_val_t results[], size_t result_count) {
  weft_str_t text;
  (void)arg_count;
  (void)results;
  (void)result_count;
  weft_error_t* error = text_of(caller, args, &text);
  if (error != NULL) return error;
  printf("%s: %.*s\n", (const char*)env, (int)text.size, text.data);
  return NULL;
}

int main(int argc, char** argv) {
  static int32_t prices[] = {3, 4, 5};
  static char name[] = "plugin";
  wasm_engine_t* engine = wasm_engine_new();

  // What the library imports, for any number of stores.
  weft_linker_t* linker = weft_linker_new(engine);
  wasm_functype_t* lookup_type =
      wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_functype_t* log_type = wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  const weft_str_t host = weft_str("host");
  check(weft_linker_func(linker, host, weft_str("lookup"), lookup_type, lookup, prices, NULL));
  check(weft_linker_func(linker, host, weft_str("log"), log_type, log_line, name, NULL));
  check(weft_linker_wasi(linker));

  // A store for one guest: its WASI keeps what it prints.
  wasm_store_t* store = wasm_store_new(engine);
  weft_wasi_config_t* wasi = weft_wasi_config_new();
  weft_capture_t* output = NULL;
  check(weft_wasi_capture(wasi, WEFT_WASI_STDOUT, 4096, &output));
  check(weft_store_set_wasi(store, wasi));

  wasm_module_t* module = NULL;
  wasm_instance_t* instance = NULL;
  wasm_func_t* total = NULL;
  check(
      weft_module_from_file(engine, weft_str(argc > 1 ? argv[1] : "plugin.wasm"), false, &module));
  check(weft_linker_instantiate(linker, store, module, &instance));
  check(weft_wasi_initialize(instance));
  check(weft_instance_func(instance, weft_str("total"), &total));

  weft_val_t arg = weft_i32(3);
  weft_val_t result = weft_i32(0);
  check(weft_func_call(total, &arg, 1, &result, 1));
  printf("three: %d\n", (int)result.of.i32);
  arg = weft_i32(4);
  weft_error_t* error = weft_func_call(total, &arg, 1, &result, 1);
  printf("four: %s, with %d functions on the guest's stack\n", weft_error_message(error).data,
         (int)weft_error_frame_count(error));
  weft_error_delete(error);

  wasm_byte_vec_t written;
  weft_capture_take(output, &written);
  printf("the guest printed %d bytes\n", (int)written.size);

  wasm_byte_vec_delete(&written);
  weft_capture_delete(output);
  wasm_func_delete(total);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  weft_wasi_config_delete(wasi);
  wasm_store_delete(store);
  wasm_functype_delete(lookup_type);
  wasm_functype_delete(log_type);
  weft_linker_delete(linker);
  wasm_engine_delete(engine);
}
