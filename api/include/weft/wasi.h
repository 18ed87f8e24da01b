// Part of <weft.h>: WASI preview1: what a guest program sees of the world.
#ifndef WEFT_WASI_H
#define WEFT_WASI_H

#include <weft/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a guest gets: nothing at first, apart from the real clocks and random numbers. One config
/// can serve many stores, which then share its files, captures and callbacks; it may be deleted
/// while they run.
typedef struct weft_wasi_config_t weft_wasi_config_t;
WASM_API_EXTERN WASM_OWN weft_wasi_config_t* weft_wasi_config_new(void);
WASM_API_EXTERN void weft_wasi_config_delete(WASM_OWN weft_wasi_config_t*);

/// Appends an argument; the first is the program's name. WEFT_ERRC_USAGE for a NUL inside.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_arg(weft_wasi_config_t*, weft_str_t value);
/// A later value for a name replaces the earlier. WEFT_ERRC_USAGE for a NUL inside, an empty name
/// or one with '='.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_env(weft_wasi_config_t*, weft_str_t name,
                                                     weft_str_t value);
/// Copies the process's environment as it is now.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_inherit_env(weft_wasi_config_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Standard streams. A stream that isn't set is at its end at once, or takes everything and keeps
// nothing. Outputs are named by a number, as in a guest: any but 1 and 2 is WEFT_ERRC_USAGE.

enum weft_wasi_stream_enum { WEFT_WASI_STDIN, WEFT_WASI_STDOUT, WEFT_WASI_STDERR };
typedef uint8_t weft_wasi_stream_t;

/// The process's own stream of that number.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_inherit(weft_wasi_config_t*, weft_wasi_stream_t);
/// All three.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_inherit_stdio(weft_wasi_config_t*);
/// Nothing, as at first.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_no_stream(weft_wasi_config_t*, weft_wasi_stream_t);
/// WEFT_ERRC_IO if the file can't be opened.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_stdin_file(weft_wasi_config_t*, weft_str_t path);
/// A copy of the bytes.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_stdin_bytes(weft_wasi_config_t*, const void* bytes,
                                                             size_t size);
/// Creates the file if need be; empties it unless `append`. WEFT_ERRC_IO.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_output_file(weft_wasi_config_t*,
                                                             weft_wasi_stream_t, weft_str_t path,
                                                             bool append);

/// Fills the buffer or a part of it, and says how much; 0 is the end. After an error the guest's
/// read fails with EIO.
typedef WASM_OWN weft_error_t* (*weft_read_callback_t)(void* env, uint8_t* to, size_t size,
                                                       size_t* read);
/// Takes the bytes or a first part of them, and says how many. After an error the guest's write
/// fails with EIO.
typedef WASM_OWN weft_error_t* (*weft_write_callback_t)(void* env, const uint8_t* from, size_t size,
                                                        size_t* written);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_stdin_callback(weft_wasi_config_t*,
                                                                weft_read_callback_t,
                                                                WASM_OWN void* env,
                                                                void (*finalizer)(void* env));
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_output_callback(weft_wasi_config_t*,
                                                                 weft_wasi_stream_t,
                                                                 weft_write_callback_t,
                                                                 WASM_OWN void* env,
                                                                 void (*finalizer)(void* env));

/// What the guest wrote to a stream.
typedef struct weft_capture_t weft_capture_t;
/// Keeps what the guest writes, up to `limit` bytes (SIZE_MAX for all); beyond that its writes fail
/// with ENOSPC.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_capture(weft_wasi_config_t*, weft_wasi_stream_t,
                                                         size_t limit,
                                                         WASM_OWN weft_capture_t** out);
/// A copy of what was written so far.
WASM_API_EXTERN void weft_capture_contents(const weft_capture_t*, WASM_OWN wasm_byte_vec_t* out);
/// Gives what was written so far, and starts afresh.
WASM_API_EXTERN void weft_capture_take(weft_capture_t*, WASM_OWN wasm_byte_vec_t* out);
WASM_API_EXTERN void weft_capture_delete(WASM_OWN weft_capture_t*);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Files and sockets

/// What the guest may do below a preopened directory, as bits.
typedef uint32_t weft_wasi_rights_t;
enum weft_wasi_rights_enum {
  WEFT_WASI_READ = 1,    ///< Open files for reading, list directories, read links and attributes.
  WEFT_WASI_WRITE = 2,   ///< Open files for writing, truncate them, set their attributes.
  WEFT_WASI_MODIFY = 4,  ///< Create, rename, link and remove files and directories.
  WEFT_WASI_ALL = 7
};
/// Lets the guest see a directory under a name, such as "/data". WEFT_ERRC_IO if it can't be
/// opened; WEFT_ERRC_USAGE for an empty guest path or one with a NUL inside.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_preopen(weft_wasi_config_t*,
                                                         weft_str_t host_directory,
                                                         weft_str_t guest_path, weft_wasi_rights_t);
/// Hands over a listening or connected socket, a descriptor of the process: its number for the
/// guest is the next after the preopened directories. `owned`: closed once the guest and this
/// config have no use for it. WEFT_ERRC_USAGE for what is no socket.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_socket(weft_wasi_config_t*, int fd, bool owned);
/// Descriptors that the guest may have open at once [1024].
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_max_open_files(weft_wasi_config_t*,
                                                                uint32_t count);

////////////////////////////////////////////////////////////////////////////////////////////////////
// The world's irregularities, replaced for tests and reproducible runs. A null callback means the
// system's own again.

/// Nanoseconds.
typedef uint64_t (*weft_clock_callback_t)(void* env);
/// Since 1970. `resolution`, of the clock, in nanoseconds: WEFT_ERRC_USAGE for 0.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_wall_clock(weft_wasi_config_t*,
                                                            weft_clock_callback_t,
                                                            uint64_t resolution, WASM_OWN void* env,
                                                            void (*finalizer)(void* env));
/// Also what the guest gets for processor time.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_monotonic_clock(weft_wasi_config_t*,
                                                                 weft_clock_callback_t,
                                                                 uint64_t resolution,
                                                                 WASM_OWN void* env,
                                                                 void (*finalizer)(void* env));
/// Called instead of sleeping.
typedef void (*weft_sleep_callback_t)(void* env, uint64_t nanoseconds);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_sleep(weft_wasi_config_t*, weft_sleep_callback_t,
                                                       WASM_OWN void* env,
                                                       void (*finalizer)(void* env));
/// Fills the buffer.
typedef void (*weft_random_callback_t)(void* env, uint8_t* to, size_t size);
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_random(weft_wasi_config_t*, weft_random_callback_t,
                                                        WASM_OWN void* env,
                                                        void (*finalizer)(void* env));
/// A reproducible, not secret, sequence.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_random_seed(weft_wasi_config_t*, uint64_t seed);

////////////////////////////////////////////////////////////////////////////////////////////////////
// Running

/// Gives the store its WASI state; a later call replaces it. The config stays the caller's.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_store_set_wasi(wasm_store_t*,
                                                           const weft_wasi_config_t*);
/// Runs a command, a program that exports "_start", once. `status` gets the exit status: 0 when it
/// returns, otherwise what the guest passed to proc_exit. WEFT_ERRC_NOT_FOUND for a reactor.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_run(const wasm_instance_t*, int* status);
/// Makes a reactor, a library, ready: calls its "_initialize", if there is one, once.
/// WEFT_ERRC_USAGE for a command.
WASM_API_EXTERN WASM_OWN weft_error_t* weft_wasi_initialize(const wasm_instance_t*);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // WEFT_WASI_H
