// WASI preview1: what a guest program sees of the world.
//
//   wasi::Config config;
//   or_throw(config.args({"prog", "-v"}));
//   wasi::Capture out = config.inherit_stderr().capture_stdout();
//   or_throw(config.preopen("/srv/data", "/data", wasi::Rights::read_only()));
//   or_throw(store.set_wasi(std::move(config)));
//   or_throw(linker.wasi());
//   int status = or_throw(wasi::run(store, or_throw(linker.instantiate(store, module))));
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/instance.hpp"
#include "weft/linker.hpp"
#include "weft/store_ref.hpp"

namespace weft::wasi {

/// A file descriptor of the host's, closed with its last owner.
class WEFT_API HostFile {
 public:
  /// `owned`: whether to close it.
  HostFile(int fd, bool owned) noexcept : fd_(fd), owned_(owned) {}
  ~HostFile();
  HostFile(const HostFile&) = delete;
  HostFile& operator=(const HostFile&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
  bool owned_;
};

/// What the guest wrote to a captured stream. Copies share the contents. Thread-safe.
class WEFT_API Capture {
 public:
  Capture() : state_(std::make_shared<State>()) {}

  /// A copy of what was written so far.
  [[nodiscard]] std::string contents() const;
  /// Gives what was written so far and starts afresh.
  [[nodiscard]] std::string take();

  /// For the shim: keeps the bytes up to the limit; gives how many it kept.
  std::size_t append(std::string_view bytes);
  void set_limit(std::size_t bytes);

 private:
  struct State {
    std::mutex mutex{};
    std::string contents{};
    std::size_t limit = static_cast<std::size_t>(-1);
  };
  std::shared_ptr<State> state_;
};

/// Fills the buffer, or part of it; 0 is the end of the file. An error fails the guest's read with
/// EIO.
using ReadCallback = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;
/// Takes the bytes, or a first part of them; gives how many. An error fails the guest's write with
/// EIO.
using WriteCallback = std::function<Result<std::size_t>(std::span<const std::uint8_t>)>;

/// A stream that isn't there: reads are at the end at once, writes vanish.
struct NoStream {};
/// Bytes to be read from the start.
struct InputBytes {
  std::string bytes{};
};

using Input = std::variant<NoStream, std::shared_ptr<HostFile>, InputBytes, ReadCallback>;
using Output = std::variant<NoStream, std::shared_ptr<HostFile>, Capture, WriteCallback>;

/// What the guest may do below a preopened directory. Applies to the whole tree; opening a file
/// inside can only narrow it.
struct Rights {
  bool read = true;    ///< Open files for reading, list directories, read links and attributes.
  bool write = true;   ///< Open files for writing, truncate them, set their attributes.
  bool modify = true;  ///< Create, rename, link and remove files and directories.

  [[nodiscard]] static Rights read_only() {
    return {.read = true, .write = false, .modify = false};
  }
};

struct Preopen {
  std::shared_ptr<HostFile> directory{};
  std::string guest_path{};
  Rights rights{};
};

struct EnvVar {
  std::string name{};
  std::string value{};
};

/// Nanoseconds, and the clock's resolution in nanoseconds.
struct Clock {
  std::function<std::uint64_t()> now{};
  std::uint64_t resolution = 1;
};

/// What a store's guest gets: nothing at first, apart from the real clocks and random numbers. The
/// setters that can fail say why; the others can be chained. Copyable: one Config can serve many
/// stores, which then share its files, captures and callbacks.
class WEFT_API Config {
 public:
  // Arguments, the program's name first. Errc::usage for a string with a NUL inside.
  [[nodiscard]] Result<void> arg(std::string_view value);
  [[nodiscard]] Result<void> args(std::span<const std::string> values);
  [[nodiscard]] Result<void> args(std::initializer_list<std::string_view> values);

  // Environment; a later value for a name replaces the earlier. Errc::usage for a NUL inside, and
  // for an empty name or one with '='.
  [[nodiscard]] Result<void> env(std::string_view name, std::string_view value);
  /// Copies the process's environment as it is now.
  Config& inherit_env();

  // Standard streams. "Inherit" means the process's descriptors 0, 1 and 2. A host that would not
  // end by the signal for a file beyond RLIMIT_FSIZE ignores SIGXFSZ: the guest then gets EFBIG.
  Config& inherit_stdin();
  Config& inherit_stdout();
  Config& inherit_stderr();
  Config& inherit_stdio() { return inherit_stdin().inherit_stdout().inherit_stderr(); }
  /// Errc::io if the file can't be opened.
  [[nodiscard]] Result<void> stdin_file(const std::filesystem::path& path);
  /// Creates the file if need be; empties it unless `append`. Errc::io.
  [[nodiscard]] Result<void> stdout_file(const std::filesystem::path& path, bool append = false);
  [[nodiscard]] Result<void> stderr_file(const std::filesystem::path& path, bool append = false);
  Config& stdin_bytes(std::string bytes);
  // Errc::usage for an empty function.
  [[nodiscard]] Result<void> stdin_callback(ReadCallback callback);
  [[nodiscard]] Result<void> stdout_callback(WriteCallback callback);
  [[nodiscard]] Result<void> stderr_callback(WriteCallback callback);
  /// Keeps what the guest writes; what exceeds the limit fails the guest's write with ENOSPC.
  Capture capture_stdout(std::size_t limit = static_cast<std::size_t>(-1));
  Capture capture_stderr(std::size_t limit = static_cast<std::size_t>(-1));
  Config& no_stdin();
  Config& no_stdout();
  Config& no_stderr();

  /// Lets the guest see a directory under a name, such as "/data" or ".". Errc::io if it can't be
  /// opened or is no directory; Errc::usage for an empty guest path or one with a NUL inside.
  /// What is in a directory is for the guest to use: /proc/self/mem, below "/proc", is the host.
  [[nodiscard]] Result<void> preopen(const std::filesystem::path& host_directory,
                                     std::string_view guest_path, Rights rights = {});

  /// Hands over a listening or a connected socket. The guest finds sockets by their numbers: the
  /// first is that after the last preopened directory (3 if there is none), in the order of these
  /// calls. It is closed once the guest has closed it and nobody else keeps `socket`. A listening
  /// one is set not to block (O_NONBLOCK), which other users of the open file notice. Errc::usage
  /// for what is no socket.
  [[nodiscard]] Result<void> socket(std::shared_ptr<HostFile> socket);
  Config& no_sockets();

  // The world's irregularities, replaced for tests and reproducible runs; an empty function means
  // the system's own again.
  /// Nanoseconds since 1970. Errc::usage for a resolution of 0.
  [[nodiscard]] Result<void> wall_clock(std::function<std::uint64_t()> now,
                                        std::uint64_t resolution = 1);
  /// Is also what the guest gets for processor time. Errc::usage for a resolution of 0.
  [[nodiscard]] Result<void> monotonic_clock(std::function<std::uint64_t()> now,
                                             std::uint64_t resolution = 1);
  /// Called with nanoseconds instead of sleeping: poll_oneoff then waits for descriptors only if
  /// there is no clock among its subscriptions. Without it, sleeps take real time, whatever the
  /// clocks are.
  Config& sleep(std::function<void(std::uint64_t)> sleep);
  /// Fills the buffer instead of the system's random source.
  Config& random(std::function<void(std::span<std::uint8_t>)> fill);
  /// A reproducible, not secret, sequence instead of the system's random source.
  Config& random_seed(std::uint64_t seed);

  /// Descriptors that the guest may have open at once, standard streams, preopened directories and
  /// sockets included.
  Config& max_open_files(std::uint32_t count);

  // What has been set, for the shim. An empty std::function means the system's own.
  [[nodiscard]] const std::vector<std::string>& args() const noexcept { return args_; }
  [[nodiscard]] const std::vector<EnvVar>& env() const noexcept { return env_; }
  [[nodiscard]] const Input& stdin_stream() const noexcept { return stdin_; }
  [[nodiscard]] const Output& stdout_stream() const noexcept { return stdout_; }
  [[nodiscard]] const Output& stderr_stream() const noexcept { return stderr_; }
  [[nodiscard]] const std::vector<Preopen>& preopens() const noexcept { return preopens_; }
  [[nodiscard]] const std::vector<std::shared_ptr<HostFile>>& sockets() const noexcept {
    return sockets_;
  }
  [[nodiscard]] const Clock& wall_clock() const noexcept { return wall_clock_; }
  [[nodiscard]] const Clock& monotonic_clock() const noexcept { return monotonic_clock_; }
  [[nodiscard]] const std::function<void(std::uint64_t)>& sleep() const noexcept { return sleep_; }
  [[nodiscard]] const std::function<void(std::span<std::uint8_t>)>& random() const noexcept {
    return random_;
  }
  [[nodiscard]] std::uint32_t max_open_files() const noexcept { return max_open_files_; }

 private:
  std::vector<std::string> args_;
  std::vector<EnvVar> env_;
  Input stdin_;
  Output stdout_;
  Output stderr_;
  std::vector<Preopen> preopens_;
  std::vector<std::shared_ptr<HostFile>> sockets_;
  Clock wall_clock_;
  Clock monotonic_clock_;
  std::function<void(std::uint64_t)> sleep_;
  std::function<void(std::span<std::uint8_t>)> random_;
  std::uint32_t max_open_files_ = 1024;
};

/// What StoreRef::set_wasi does, as a free function: attaches the shim's state to the store as an
/// extension.
[[nodiscard]] WEFT_API Result<void> attach(StoreRef store, Config config);

// A module is a command, a program that exports "_start", or a reactor, a library that may export
// "_initialize". Each instance is entered once: a second time is Errc::usage, and a module that
// exports both names, or one that is no function without parameters and results, is
// Errc::type_mismatch.

/// Runs a command. Gives the exit status: 0 when "_start" returns, otherwise what the guest passed
/// to proc_exit, of which a process can hand on the low 8 bits. Errc::not_found for a reactor;
/// other errors are the guest's. The instance is of no use afterwards.
[[nodiscard]] WEFT_API Result<int> run(StoreRef store, const Instance& instance);

/// Makes a reactor ready for calls of its exports: calls "_initialize", if there is one.
/// Errc::usage for a command; other errors are the guest's. Errc::exit if it calls proc_exit, with
/// any status: then, as after other errors, nothing of it should be called.
[[nodiscard]] WEFT_API Result<void> initialize(StoreRef store, const Instance& instance);

}  // namespace weft::wasi

namespace weft {

inline Result<void> StoreRef::set_wasi(wasi::Config config) const {
  return wasi::attach(*this, std::move(config));
}

}  // namespace weft
