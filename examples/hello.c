/* The smallest program: ./dev run examples/hello.wasm */
#include <stdio.h>

int main(void) {
  puts("Hello from WebAssembly!");
  return 0;
}
