// WASI of <weft.h>.
#include "api/c/support.h"

using weft::c::attempt;
using weft::c::guard;
using weft::c::HostInfo;
using weft::c::open;
using weft::c::put;
using weft::c::put_bytes;
using weft::c::StoreHandle;
using weft::c::take_error;
using weft::c::view;

// NOLINTBEGIN(readability-identifier-naming): the names are <weft.h>'s
struct weft_wasi_config_t {
  weft::wasi::Config config{};
};
struct weft_capture_t {
  weft::wasi::Capture capture;
};
// NOLINTEND(readability-identifier-naming)

namespace {

using weft::Errc;
using weft::fail;
using weft::Result;
using Env = std::shared_ptr<HostInfo>;

Env share(HostInfo& owned) { return std::make_shared<HostInfo>(std::move(owned)); }

std::unexpected<weft::Error> no_output(weft_wasi_stream_t stream) {
  return fail(Errc::usage, std::to_string(stream) + " is the number of no output stream");
}

// Calls what sets a clock; an empty function is the system's clock.
template <class Set>
weft_error_t* set_clock(weft_wasi_config_t* config, weft_clock_callback_t callback, void* env,
                        void (*finalizer)(void*), Set set) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&] {
        std::function<std::uint64_t()> now;
        if (callback != nullptr) {
          now = [callback, kept = share(owned)] { return callback(kept->get()); };
        }
        return set(std::move(now));
      },
      config);
}

}  // namespace

weft_wasi_config_t* weft_wasi_config_new() {
  return guard([] { return new weft_wasi_config_t; });
}
void weft_wasi_config_delete(weft_wasi_config_t* config) { delete config; }

weft_error_t* weft_wasi_arg(weft_wasi_config_t* config, weft_str_t value) {
  return attempt([&] { return config->config.arg(view(value)); }, config);
}
weft_error_t* weft_wasi_env(weft_wasi_config_t* config, weft_str_t name, weft_str_t value) {
  return attempt([&] { return config->config.env(view(name), view(value)); }, config);
}
weft_error_t* weft_wasi_inherit_env(weft_wasi_config_t* config) {
  return attempt(
      [&]() -> Result<void> {
        config->config.inherit_env();
        return {};
      },
      config);
}

weft_error_t* weft_wasi_inherit(weft_wasi_config_t* config, weft_wasi_stream_t stream) {
  return attempt(
      [&]() -> Result<void> {
        switch (stream) {
          case WEFT_WASI_STDIN:
            config->config.inherit_stdin();
            return {};
          case WEFT_WASI_STDOUT:
            config->config.inherit_stdout();
            return {};
          case WEFT_WASI_STDERR:
            config->config.inherit_stderr();
            return {};
          default:
            return fail(Errc::usage, "there is no such stream");
        }
      },
      config);
}
weft_error_t* weft_wasi_inherit_stdio(weft_wasi_config_t* config) {
  return attempt(
      [&]() -> Result<void> {
        config->config.inherit_stdio();
        return {};
      },
      config);
}
weft_error_t* weft_wasi_no_stream(weft_wasi_config_t* config, weft_wasi_stream_t stream) {
  return attempt(
      [&]() -> Result<void> {
        switch (stream) {
          case WEFT_WASI_STDIN:
            config->config.no_stdin();
            return {};
          case WEFT_WASI_STDOUT:
            config->config.no_stdout();
            return {};
          case WEFT_WASI_STDERR:
            config->config.no_stderr();
            return {};
          default:
            return fail(Errc::usage, "there is no such stream");
        }
      },
      config);
}
weft_error_t* weft_wasi_stdin_file(weft_wasi_config_t* config, weft_str_t path) {
  return attempt([&] { return config->config.stdin_file(view(path)); }, config);
}
weft_error_t* weft_wasi_stdin_bytes(weft_wasi_config_t* config, const void* bytes, size_t size) {
  return attempt(
      [&]() -> Result<void> {
        config->config.stdin_bytes(std::string(view(bytes, size).text()));
        return {};
      },
      config);
}
weft_error_t* weft_wasi_output_file(weft_wasi_config_t* config, weft_wasi_stream_t stream,
                                    weft_str_t path, bool append) {
  return attempt(
      [&]() -> Result<void> {
        if (stream == WEFT_WASI_STDOUT) return config->config.stdout_file(view(path), append);
        if (stream == WEFT_WASI_STDERR) return config->config.stderr_file(view(path), append);
        return no_output(stream);
      },
      config);
}
weft_error_t* weft_wasi_stdin_callback(weft_wasi_config_t* config, weft_read_callback_t callback,
                                       void* env, void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&] {
        return config->config.stdin_callback(
            [callback, kept = share(owned)](std::span<std::uint8_t> to) -> Result<std::size_t> {
              std::size_t read = 0;
              weft_error_t* error = callback(kept->get(), to.data(), to.size(), &read);
              if (error != nullptr) return fail(take_error(error));
              if (read > to.size()) return fail(Errc::host, "read more than there was room for");
              return read;
            });
      },
      config, callback);
}
weft_error_t* weft_wasi_output_callback(weft_wasi_config_t* config, weft_wasi_stream_t stream,
                                        weft_write_callback_t callback, void* env,
                                        void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&]() -> Result<void> {
        weft::wasi::WriteCallback write =
            [callback,
             kept = share(owned)](std::span<const std::uint8_t> from) -> Result<std::size_t> {
          std::size_t written = 0;
          weft_error_t* error = callback(kept->get(), from.data(), from.size(), &written);
          if (error != nullptr) return fail(take_error(error));
          if (written > from.size()) return fail(Errc::host, "wrote more than there was");
          return written;
        };
        if (stream == WEFT_WASI_STDOUT) return config->config.stdout_callback(std::move(write));
        if (stream == WEFT_WASI_STDERR) return config->config.stderr_callback(std::move(write));
        return no_output(stream);
      },
      config, callback);
}

weft_error_t* weft_wasi_capture(weft_wasi_config_t* config, weft_wasi_stream_t stream, size_t limit,
                                weft_capture_t** out) {
  return attempt(
      [&]() -> Result<void> {
        if (stream != WEFT_WASI_STDOUT && stream != WEFT_WASI_STDERR) return no_output(stream);
        *out =
            new weft_capture_t{stream == WEFT_WASI_STDOUT ? config->config.capture_stdout(limit)
                                                          : config->config.capture_stderr(limit)};
        return {};
      },
      config, out);
}
void weft_capture_contents(const weft_capture_t* capture, wasm_byte_vec_t* out) {
  put_bytes(guard([&] { return capture == nullptr ? "" : capture->capture.contents(); }), out);
}
void weft_capture_take(weft_capture_t* capture, wasm_byte_vec_t* out) {
  put_bytes(guard([&] { return capture == nullptr ? "" : capture->capture.take(); }), out);
}
void weft_capture_delete(weft_capture_t* capture) { delete capture; }

weft_error_t* weft_wasi_preopen(weft_wasi_config_t* config, weft_str_t host_directory,
                                weft_str_t guest_path, weft_wasi_rights_t rights) {
  return attempt(
      [&]() -> Result<void> {
        if ((rights & ~weft_wasi_rights_t{WEFT_WASI_ALL}) != 0) {
          return fail(Errc::usage, "there are no such rights");
        }
        return config->config.preopen(view(host_directory), view(guest_path),
                                      {.read = (rights & WEFT_WASI_READ) != 0,
                                       .write = (rights & WEFT_WASI_WRITE) != 0,
                                       .modify = (rights & WEFT_WASI_MODIFY) != 0});
      },
      config);
}
weft_error_t* weft_wasi_socket(weft_wasi_config_t* config, int fd, bool owned) {
  return attempt(
      [&] { return config->config.socket(std::make_shared<weft::wasi::HostFile>(fd, owned)); },
      config);
}
weft_error_t* weft_wasi_max_open_files(weft_wasi_config_t* config, uint32_t count) {
  return attempt(
      [&]() -> Result<void> {
        config->config.max_open_files(count);
        return {};
      },
      config);
}

weft_error_t* weft_wasi_wall_clock(weft_wasi_config_t* config, weft_clock_callback_t callback,
                                   uint64_t resolution, void* env, void (*finalizer)(void*)) {
  return set_clock(config, callback, env, finalizer, [&](std::function<std::uint64_t()> now) {
    return config->config.wall_clock(std::move(now), resolution);
  });
}
weft_error_t* weft_wasi_monotonic_clock(weft_wasi_config_t* config, weft_clock_callback_t callback,
                                        uint64_t resolution, void* env, void (*finalizer)(void*)) {
  return set_clock(config, callback, env, finalizer, [&](std::function<std::uint64_t()> now) {
    return config->config.monotonic_clock(std::move(now), resolution);
  });
}
weft_error_t* weft_wasi_sleep(weft_wasi_config_t* config, weft_sleep_callback_t callback, void* env,
                              void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&]() -> Result<void> {
        std::function<void(std::uint64_t)> sleep;
        if (callback != nullptr) {
          sleep = [callback, kept = share(owned)](std::uint64_t nanoseconds) {
            callback(kept->get(), nanoseconds);
          };
        }
        config->config.sleep(std::move(sleep));
        return {};
      },
      config);
}
weft_error_t* weft_wasi_random(weft_wasi_config_t* config, weft_random_callback_t callback,
                               void* env, void (*finalizer)(void*)) {
  HostInfo owned(env, finalizer);
  return attempt(
      [&]() -> Result<void> {
        std::function<void(std::span<std::uint8_t>)> fill;
        if (callback != nullptr) {
          fill = [callback, kept = share(owned)](std::span<std::uint8_t> to) {
            callback(kept->get(), to.data(), to.size());
          };
        }
        config->config.random(std::move(fill));
        return {};
      },
      config);
}
weft_error_t* weft_wasi_random_seed(weft_wasi_config_t* config, uint64_t seed) {
  return attempt(
      [&]() -> Result<void> {
        config->config.random_seed(seed);
        return {};
      },
      config);
}

weft_error_t* weft_store_set_wasi(wasm_store_t* store, const weft_wasi_config_t* config) {
  return attempt([&] { return open(store->handle).set_wasi(config->config); }, store, config);
}
weft_error_t* weft_wasi_run(const wasm_instance_t* instance, int* status) {
  return attempt(
      [&] {
        const StoreHandle store = instance->store;
        return put(weft::wasi::run(open(store), instance->instance), status);
      },
      instance, status);
}
weft_error_t* weft_wasi_initialize(const wasm_instance_t* instance) {
  return attempt([&] { return weft::wasi::initialize(open(instance->store), instance->instance); },
                 instance);
}
