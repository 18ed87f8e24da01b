// Calls by Wasmtime's own C interface, without Weft's layer: what that layer is measured against.
//
// The declarations are those of the functions that are used, of version 50.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft::bench {

class WasmtimeCalls {
 public:
  union alignas(16) Raw {
    std::int32_t i32;
    std::uint8_t v128[16];
  };
  struct Func {
    std::uint64_t store_id;
    void* reserved;
  };

  // The library at `path` with an instance of the program, whose import adds. Throws
  // std::runtime_error if that can't be had.
  WasmtimeCalls(const std::string& path, const std::vector<std::uint8_t>& program);
  ~WasmtimeCalls();
  WasmtimeCalls(const WasmtimeCalls&) = delete;
  WasmtimeCalls& operator=(const WasmtimeCalls&) = delete;

  Func func(std::string_view name) const;
  // Without checks of types or number; false if it failed.
  bool call(const Func& func, Raw* values, std::size_t count) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::bench
