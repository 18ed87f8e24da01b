// weft.h: Weft's C API: what <wasm.h> has no words for. C99, C++11.
//
// It adds to <wasm.h>, which it includes, and works on the same objects: a function that
// wasm_instance_exports gave is called by weft_func_call, and one that weft_func_new made is a
// wasm_func_t. The headers that it includes are its parts; <weft/engine.h> comes first.
//
// WHO OWNS WHAT
//
//  * As in <wasm.h>: WASM_OWN marks what changes hands, everything else is lent. What becomes yours
//    is deleted once, by the wasm_..._delete or weft_..._delete of its type. What you give away is
//    the library's also if the function fails.
//  * A parameter `out` is written if the function succeeds, and is left alone if it fails.
//  * weft_str_t and pointers to bytes are lent: yours for the call; the library's as long as the
//    object that they come from, unless it says otherwise. Errors' strings, and those that come
//    from no object, end with a NUL that doesn't count; names in modules don't. wasm_byte_vec_t is
//    a copy that you own.
//  * An `env` and its `finalizer`, of a callback, an error's payload or a host object, are a pair:
//    the library calls finalizer(env) exactly once, when nobody needs it any more, also if the
//    function fails that they were passed to. A null finalizer means that there is nothing to do.
//    Where it says "on any thread", drops may happen on any; a finalizer must not use the store.
//  * References in a weft_val_t: arguments are lent, results are yours (weft_val_delete). In a
//    callback it is the other way round: its arguments are the library's, and references that it
//    writes to its results change hands. What the results held before isn't deleted.
//  * A store's functions and their environments die with it, host objects when nobody can reach
//    them. The store's data dies last. A linker's functions die with the last linker or store that
//    has them.
//
// WHAT CAN GO WRONG
//
//  * What can fail returns an error: NULL is success. The error is yours (weft_error_delete), and
//    weft_error_code says what kind it is.
//  * No C++ exception leaves a function. NULL where an object is needed is WEFT_ERRC_USAGE, or
//    false, 0 or NULL from those that return no error. Objects of another store are
//    WEFT_ERRC_WRONG_STORE; those of a store that is gone are WEFT_ERRC_USAGE. Pointers to
//    anything else can't be checked.
//  * A callback must not leave by longjmp or an exception of another language.
//
// THREADS
//
//  * An engine, a module and a linker that nobody changes may be used by many threads at once; a
//    store and what is in it, by one at a time. Deleting is an exception: any thread may delete a
//    reference. weft_interrupt_t, weft_capture_t and weft_shared_memory_t are thread-safe.
#ifndef WEFT_H
#define WEFT_H

#include <weft/engine.h>
#include <weft/gc.h>
#include <weft/runtime.h>
#include <weft/wasi.h>

#endif  // WEFT_H
