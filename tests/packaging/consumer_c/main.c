#include <stdio.h>
#include <weft.h>

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
static const unsigned char kAdd[] = {
    0, 'a', 's', 'm', 1,   0,   0,   0, 1, 7,  1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 3, 2,    1,   0,
    7, 7,   1,   3,   'a', 'd', 'd', 0, 0, 10, 9, 1,    7, 0,    0x20, 0, 0x20, 1, 0x6a, 0x0b};

static void check(weft_error_t* error) {
  if (error == NULL) return;
  fprintf(stderr, "%s\n", weft_error_message(error).data);
  weft_error_delete(error);
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = NULL;
  check(weft_module_new(engine, kAdd, sizeof kAdd, &module));
  wasm_instance_t* instance = NULL;
  check(weft_instance_new(store, module, NULL, 0, &instance));
  wasm_func_t* add = NULL;
  check(weft_instance_func(instance, weft_str("add"), &add));
  const weft_val_t args[] = {weft_i32(5), weft_i32(3)};
  weft_val_t result = weft_i32(0);
  check(weft_func_call(add, args, 2, &result, 1));
  printf("5 + 3 = %d\n", (int)result.of.i32);
  wasm_func_delete(add);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
