#include "weft/module.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "weft/backend.hpp"
#include "weft/text.hpp"

namespace weft {

namespace {

// Bytes that are a module's own. Not a vector, which would write them twice: once as zeroes.
class Buffer {
  struct Free {
    std::size_t mapped = 0;  // bytes; 0: not mapped
    void operator()(std::uint8_t* memory) const {
      if (mapped != 0) {
        ::munmap(memory, mapped);
      } else {
        delete[] memory;
      }
    }
  };
  using Memory = std::unique_ptr<std::uint8_t[], Free>;

 public:
  Memory data;
  std::size_t size = 0;

  explicit Buffer(std::size_t bytes) : data(allocate(bytes)), size(bytes) {}
  [[nodiscard]] Bytes bytes() const { return {data.get(), size}; }

 private:
  // All of it will be written: a fault for each page would cost more than what is written there.
  static Memory allocate(std::size_t bytes) {
#ifdef MAP_POPULATE
    constexpr std::size_t kMinPopulated = 64 << 10;
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    if (bytes >= kMinPopulated) {
      void* const base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
      if (base != MAP_FAILED) return {static_cast<std::uint8_t*>(base), Free{bytes}};
    }
#endif
    return {new std::uint8_t[bytes], Free{}};
  }
};

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class Mapping {
 public:
  Mapping(void* base, std::size_t size) : base_(base), size_(size) {}
  ~Mapping() { ::munmap(base_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  [[nodiscard]] Bytes bytes() const { return {static_cast<const std::uint8_t*>(base_), size_}; }

 private:
  void* base_;
  std::size_t size_;
};

// Reads to the end of a file or pipe, but not beyond `limit` bytes.
Result<std::shared_ptr<Buffer>> read_all(int fd, std::size_t expected, std::uint64_t limit,
                                         const std::string& name) {
  auto buffer = std::make_shared<Buffer>(expected + 1);  // the spare byte shows the end at once
  std::size_t filled = 0;
  while (true) {
    const ssize_t got = ::read(fd, buffer->data.get() + filled, buffer->size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno(errno, name));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > limit) {
      return fail(Errc::limit, name + ": larger than the " + std::to_string(limit) +
                                   " bytes that a module may have");
    }
    if (filled == buffer->size) {
      Buffer larger(filled * 2);
      std::memcpy(larger.data.get(), buffer->data.get(), filled);
      *buffer = std::move(larger);
    }
  }
  buffer->size = filled;
  return buffer;
}

}  // namespace

Result<Module> Module::from_borrowed(const Engine& engine, Bytes bytes,
                                     std::shared_ptr<const void> owner) {
  Result<std::shared_ptr<backend::Module>> impl =
      engine.impl().make_module(bytes, std::move(owner));
  if (!impl) return std::unexpected<Error>(std::move(impl).error());
  return Module(engine, std::move(*impl));
}

Result<Module> Module::from_bytes(const Engine& engine, Bytes bytes) {
  // Checked before the copy.
  if (bytes.size() > engine.config().limits.module_bytes) {
    return fail(Errc::limit, "the module is larger than " +
                                 std::to_string(engine.config().limits.module_bytes) + " bytes");
  }
  auto copy = std::make_shared<Buffer>(bytes.size());
  std::ranges::copy(bytes, copy->data.get());
  const Bytes view = copy->bytes();
  return from_borrowed(engine, view, std::move(copy));
}

Result<Module> Module::from_wat(const Engine& engine, std::string_view text) {
  Result<std::vector<std::uint8_t>> bytes = wat2wasm(text, {.names = true});
  if (!bytes) return std::unexpected<Error>(std::move(bytes).error());
  auto owner = std::make_shared<const std::vector<std::uint8_t>>(*std::move(bytes));
  const Bytes view = *owner;
  return from_borrowed(engine, view, std::move(owner));
}

Result<Module> Module::from_file(const Engine& engine, const std::filesystem::path& path,
                                 FileAccess access) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) {
    return fail(Error::from_errno(errno, path.string()));
  }
  if (S_ISDIR(info.st_mode)) return fail(Error::from_errno(EISDIR, path.string()));
  const std::size_t size = S_ISREG(info.st_mode) ? static_cast<std::size_t>(info.st_size) : 0;
  const std::uint64_t limit = engine.config().limits.module_bytes;
  if (size > limit) {
    return fail(Errc::limit, path.string() + ": larger than the " + std::to_string(limit) +
                                 " bytes that a module may have");
  }
  // Pipes and empty files can't be mapped; they are read.
  if (access == FileAccess::Map && size > 0) {
    void* base = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (base == MAP_FAILED) return fail(Error::from_errno(errno, path.string()));
    auto mapping = std::make_shared<Mapping>(base, size);
    const Bytes view = mapping->bytes();
    if (is_text(view)) return from_wat(engine, view.text());
    return from_borrowed(engine, view, std::move(mapping));
  }
  auto buffer = read_all(file.get(), size, limit, path.string());
  if (!buffer) return std::unexpected<Error>(std::move(buffer).error());
  const Bytes view = (*buffer)->bytes();
  if (is_text(view)) return from_wat(engine, view.text());
  return from_borrowed(engine, view, std::move(*buffer));
}

Result<void> Module::validate(const Engine& engine, Bytes bytes) {
  return engine.impl().validate(bytes);
}

std::span<const ImportType> Module::imports() const noexcept { return impl_->imports(); }
std::span<const ExportType> Module::exports() const noexcept { return impl_->exports(); }

const ExternType* Module::find_export(std::string_view name) const noexcept {
  const std::optional<std::size_t> place = impl_->find_export(name);
  return place ? &impl_->exports()[*place].type : nullptr;
}

std::vector<Bytes> Module::custom_sections(std::string_view name) const {
  return impl_->custom_sections(name);
}
std::vector<Section> Module::sections() const { return impl_->sections(); }
std::optional<std::string_view> Module::name() const noexcept { return impl_->name(); }
std::uint32_t Module::function_count() const noexcept { return impl_->function_count(); }
std::optional<std::string_view> Module::function_name(std::uint32_t index) const noexcept {
  return impl_->function_name(index);
}
Features Module::required_features() const noexcept { return impl_->required_features(); }
Result<std::string> Module::dump_function(std::uint32_t index) const {
  return impl_->dump_function(index);
}

}  // namespace weft
