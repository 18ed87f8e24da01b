/* What programs do with wasm.h, in C: each function plays one situation through and answers 0, or
   the number of the line whose check failed. */
#ifndef WEFT_TESTS_CAPI_SITUATIONS_H
#define WEFT_TESTS_CAPI_SITUATIONS_H

#ifdef __cplusplus
extern "C" {
#endif

int play_callback(void);
int play_hello(void);
int play_multi(void);
int play_globals(void);
int play_memory(void);
int play_table(void);
int play_host_references(void);
int play_reflection(void);
int play_serialization(void);
int play_start(void);
int play_trap(void);
int play_finalizers(void);
int play_threads(void);

#ifdef __cplusplus
}
#endif

#endif
