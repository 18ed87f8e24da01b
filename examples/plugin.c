/* A library without main that calls the host back; host/host_function.cc provides what it imports.
 * Built with -mexec-model=reactor: it exports functions, and _initialize for its constructors. */
#include <stdint.h>
#include <stdio.h>

__attribute__((import_module("host"), import_name("lookup"))) int32_t host_lookup(const char* key,
                                                                                  int32_t length);
__attribute__((import_module("host"), import_name("log"))) void host_log(const char* text,
                                                                         int32_t length);

/* The sum of what the host knows about the keys "a", "b", ... */
__attribute__((export_name("total"))) int32_t total(int32_t count) {
  char text[64];
  int32_t sum = 0;
  for (int32_t i = 0; i < count; i++) {
    const char key = (char)('a' + i % 26);
    sum += host_lookup(&key, 1);
  }
  host_log(text, snprintf(text, sizeof text, "added %d values", (int)count));
  return sum;
}
