/* That every function of wasm.h is declared, and that the library has it. */
#include <wasm.h>

typedef void (*func)(void);

#define FUNC(name) (func) name,
#define INLINE(name)
static const func exported[] = {
#include "tests/wasm_h/names.def"
};
#undef FUNC
#undef INLINE
#define FUNC(name)
#define INLINE(name) (func) name,
static const func in_header[] = {
#include "tests/wasm_h/names.def"
};

size_t count_exported(void);
size_t count_in_header(void);

static size_t count(const func* funcs, size_t size) {
  size_t i, there = 0;
  for (i = 0; i < size; ++i) there += funcs[i] != NULL;
  return there;
}
size_t count_exported(void) { return count(exported, sizeof exported / sizeof *exported); }
size_t count_in_header(void) { return count(in_header, sizeof in_header / sizeof *in_header); }
