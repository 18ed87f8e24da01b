#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "weft/wasi.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace weft::wasi {

namespace {

std::shared_ptr<HostFile> inherited(int fd) { return std::make_shared<HostFile>(fd, false); }

// WASI's strings end at a NUL: one with a NUL inside would be cut short in the guest's eyes.
Result<void> check_text(std::string_view text, std::string_view what) {
  if (text.find('\0') == std::string_view::npos) return {};
  return fail(Errc::usage, std::string(what) + " has a NUL character inside");
}

Result<std::shared_ptr<HostFile>> open_file(const std::filesystem::path& path, int flags) {
  if (auto ok = check_text(path.native(), "a path"); !ok) return fail(std::move(ok).error());
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (fd < 0) return fail(Error::from_errno(errno, path.string()));
  return std::make_shared<HostFile>(fd, true);
}

Result<void> open_output(Output& output, const std::filesystem::path& path, bool append) {
  auto file = open_file(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC));
  if (!file) return std::unexpected<Error>(std::move(file).error());
  output = std::move(*file);
  return {};
}

template <class Stream, class Callback>
Result<void> set_callback(Stream& stream, Callback callback) {
  if (!callback) return fail(Errc::usage, "a stream's callback is empty");
  stream = std::move(callback);
  return {};
}

Result<void> set_clock(Clock& clock, std::function<std::uint64_t()> now, std::uint64_t resolution) {
  if (resolution == 0) return fail(Errc::usage, "a clock's resolution is at least a nanosecond");
  clock = {std::move(now), resolution};
  return {};
}

Capture capture_into(Output& output, std::size_t limit) {
  Capture capture;
  capture.set_limit(limit);
  output = capture;
  return capture;
}

}  // namespace

HostFile::~HostFile() {
  if (owned_) ::close(fd_);
}

std::string Capture::contents() const {
  const std::lock_guard lock(state_->mutex);
  return state_->contents;
}

std::string Capture::take() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->contents, {});
}

std::size_t Capture::append(std::string_view bytes) {
  const std::lock_guard lock(state_->mutex);
  const std::size_t room = state_->limit - std::min(state_->limit, state_->contents.size());
  const std::size_t kept = std::min(room, bytes.size());
  state_->contents.append(bytes.substr(0, kept));
  return kept;
}

void Capture::set_limit(std::size_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->limit = bytes;
}

Result<void> Config::arg(std::string_view value) {
  if (auto ok = check_text(value, "an argument"); !ok) return ok;
  args_.emplace_back(value);
  return {};
}

Result<void> Config::args(std::span<const std::string> values) {
  for (const std::string& value : values) {
    if (auto ok = arg(value); !ok) return ok;
  }
  return {};
}

Result<void> Config::args(std::initializer_list<std::string_view> values) {
  for (const std::string_view value : values) {
    if (auto ok = arg(value); !ok) return ok;
  }
  return {};
}

Result<void> Config::env(std::string_view name, std::string_view value) {
  if (name.empty() || name.find('=') != std::string_view::npos) {
    return fail(Errc::usage, "an environment variable's name is empty or has '=' inside");
  }
  if (auto ok = check_text(name, "an environment variable's name"); !ok) return ok;
  if (auto ok = check_text(value, "an environment variable's value"); !ok) return ok;
  auto found = std::ranges::find(env_, name, &EnvVar::name);
  if (found != env_.end()) {
    found->value = value;
  } else {
    env_.push_back({std::string(name), std::string(value)});
  }
  return {};
}

Config& Config::inherit_env() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    // What can't be a variable for us, such as an entry without a name, isn't one for the guest.
    if (!env(text.substr(0, equals), text.substr(equals + 1))) continue;
  }
  return *this;
}

Config& Config::inherit_stdin() {
  stdin_ = inherited(STDIN_FILENO);
  return *this;
}
Config& Config::inherit_stdout() {
  stdout_ = inherited(STDOUT_FILENO);
  return *this;
}
Config& Config::inherit_stderr() {
  stderr_ = inherited(STDERR_FILENO);
  return *this;
}

Result<void> Config::stdin_file(const std::filesystem::path& path) {
  auto file = open_file(path, O_RDONLY);
  if (!file) return std::unexpected<Error>(std::move(file).error());
  stdin_ = std::move(*file);
  return {};
}
Result<void> Config::stdout_file(const std::filesystem::path& path, bool append) {
  return open_output(stdout_, path, append);
}
Result<void> Config::stderr_file(const std::filesystem::path& path, bool append) {
  return open_output(stderr_, path, append);
}

Config& Config::stdin_bytes(std::string bytes) {
  stdin_ = InputBytes{std::move(bytes)};
  return *this;
}
Result<void> Config::stdin_callback(ReadCallback callback) {
  return set_callback(stdin_, std::move(callback));
}
Result<void> Config::stdout_callback(WriteCallback callback) {
  return set_callback(stdout_, std::move(callback));
}
Result<void> Config::stderr_callback(WriteCallback callback) {
  return set_callback(stderr_, std::move(callback));
}
Capture Config::capture_stdout(std::size_t limit) { return capture_into(stdout_, limit); }
Capture Config::capture_stderr(std::size_t limit) { return capture_into(stderr_, limit); }
Config& Config::no_stdin() {
  stdin_ = NoStream{};
  return *this;
}
Config& Config::no_stdout() {
  stdout_ = NoStream{};
  return *this;
}
Config& Config::no_stderr() {
  stderr_ = NoStream{};
  return *this;
}

Result<void> Config::preopen(const std::filesystem::path& host_directory,
                             std::string_view guest_path, Rights rights) {
  if (guest_path.empty()) return fail(Errc::usage, "a preopened directory needs a name");
  if (auto ok = check_text(guest_path, "a preopened directory's name"); !ok) return ok;
  auto directory = open_file(host_directory, O_RDONLY | O_DIRECTORY);
  if (!directory) return std::unexpected<Error>(std::move(directory).error());
  preopens_.push_back({std::move(*directory), std::string(guest_path), rights});
  return {};
}

Result<void> Config::socket(std::shared_ptr<HostFile> socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (socket == nullptr ||
      ::getsockopt(socket->fd(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
    return fail(Errc::usage, "a socket for the guest is none");
  }
  if (listens != 0) {
    const int flags = ::fcntl(socket->fd(), F_GETFL);
    if (flags < 0 || ::fcntl(socket->fd(), F_SETFL, flags | O_NONBLOCK) != 0) {
      return fail(Error::from_errno(errno, "socket"));
    }
  }
  sockets_.push_back(std::move(socket));
  return {};
}
Config& Config::no_sockets() {
  sockets_.clear();
  return *this;
}

Result<void> Config::wall_clock(std::function<std::uint64_t()> now, std::uint64_t resolution) {
  return set_clock(wall_clock_, std::move(now), resolution);
}
Result<void> Config::monotonic_clock(std::function<std::uint64_t()> now, std::uint64_t resolution) {
  return set_clock(monotonic_clock_, std::move(now), resolution);
}
Config& Config::sleep(std::function<void(std::uint64_t)> sleep) {
  sleep_ = std::move(sleep);
  return *this;
}
Config& Config::random(std::function<void(std::span<std::uint8_t>)> fill) {
  random_ = std::move(fill);
  return *this;
}

Config& Config::random_seed(std::uint64_t seed) {
  random_ = [state = seed](std::span<std::uint8_t> buffer) mutable {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < buffer.size(); ++i) {
      if (i % 8 == 0) {
        // SplitMix64: every seed is a good one, and the sequence is the same everywhere.
        state += 0x9e37'79b9'7f4a'7c15;
        word = (state ^ (state >> 30)) * 0xbf58'476d'1ce4'e5b9;
        word = (word ^ (word >> 27)) * 0x94d0'49bb'1331'11eb;
        word ^= word >> 31;
      }
      buffer[i] = static_cast<std::uint8_t>(word >> (i % 8 * 8));
    }
  };
  return *this;
}

Config& Config::max_open_files(std::uint32_t count) {
  max_open_files_ = count;
  return *this;
}

}  // namespace weft::wasi
