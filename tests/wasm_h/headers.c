/* Compiled in each mode of the languages that the headers are for, with all warnings. */
#include <wasm.h>
#ifdef __cplusplus
#include <wasm.hh>
#endif

/* The initialisers for values are C99's, and C++20's. */
#if !defined(__cplusplus) || __cplusplus >= 202002L
extern const wasm_val_t values[5];
const wasm_val_t values[] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4),
                             WASM_REF_VAL(NULL)};
#endif
extern const wasm_val_vec_t empty;
const wasm_val_vec_t empty = WASM_EMPTY_VEC;
