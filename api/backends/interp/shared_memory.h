// A shared memory of the interpreter behind the public interface.
#pragma once

#include <cstdint>
#include <memory>

#include "api/backends/interp/settings.h"
#include "interp/runtime/shared_memory.h"
#include "weft/backend.hpp"

namespace weft::backends {

class InterpSharedMemory final : public backend::SharedMemory {
 public:
  static Result<std::shared_ptr<backend::SharedMemory>> make(const Settings& settings,
                                                             const MemoryType& type);
  explicit InterpSharedMemory(std::shared_ptr<interp::SharedMemory> memory);

  const MemoryType& type() const noexcept override { return type_; }
  std::uint64_t byte_size() const noexcept override { return memory_->bytes(); }
  std::uint32_t notify(std::uint64_t address, std::uint32_t count) noexcept override {
    return memory_->notify(address, count);
  }
  const std::shared_ptr<interp::SharedMemory>& memory() const { return memory_; }

 private:
  const std::shared_ptr<interp::SharedMemory> memory_;
  const MemoryType type_;
};

}  // namespace weft::backends
