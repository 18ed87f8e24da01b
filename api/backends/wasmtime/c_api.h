// Wasmtime's C API as the versions in library.h have it: its structures, and its functions in a
// table that a loaded library fills.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/backend.hpp"

namespace weft::backends::c {

struct Caller;
struct Config;
struct Context;
struct Engine;
struct Error;
struct Frame;
struct FuncType;
struct GlobalType;
struct MemoryType;
struct Module;
struct Store;
struct TableType;
struct TagType;
struct Trap;
struct ValType;

template <class T>
struct Vec {
  std::size_t size = 0;
  T* data = nullptr;
};

struct Limits {
  std::uint32_t min = 0;
  std::uint32_t max = 0xffff'ffff;
};

// How a module is compiled.
enum Strategy : std::uint8_t { kCranelift = 1, kWinch = 2 };

// The store's number, which is never 0, and what the thing is in it. A null reference has 0.
struct Func {
  std::uint64_t store;
  void* ref;
};
struct Instance {
  std::uint64_t store;
  std::size_t index;
};
struct Memory {
  std::uint64_t store;
  std::uint32_t instance;
  std::uint32_t unused;
  std::uint32_t index;
};
using Table = Memory;
using Tag = Memory;
struct Global {
  std::uint64_t store;
  std::uint32_t instance;
  std::uint32_t kind;
  std::uint32_t index;
};
static_assert(sizeof(Memory) == 24 && offsetof(Memory, index) == 16);
static_assert(sizeof(Global) == 24 && offsetof(Global, index) == 16);

enum ExternKind : std::uint8_t { kFunc, kGlobal, kTable, kMemory, kSharedMemory, kTag };
struct Extern {
  ExternKind kind = kFunc;
  union {
    Func func{};
    Global global;
    Memory memory;  // or table, or tag
  };
};
static_assert(sizeof(Extern) == 32);

// A rooted reference to a collected object.
struct GcRef {
  std::uint64_t store;
  std::uint32_t private1;
  std::uint32_t private2;
  void* private3;
};

enum ValKind : std::uint8_t {
  kI32,
  kI64,
  kF32,
  kF64,
  kV128,
  kFuncRef,
  kExternRef,
  kAnyRef,
  kExnRef,
};
struct Val {
  ValKind kind = kI32;
  union {
    std::uint8_t bytes[16] = {};
    Func func;
    GcRef ref;
  };
};
static_assert(sizeof(Val) == 32 && offsetof(Val, bytes) == 8);

// What a type refers to, in the order of the C API's numbers.
enum HeapKind : std::uint8_t {
  kExternHeap,
  kNoExternHeap,
  kFuncHeap,
  kConcreteFuncHeap,
  kNoFuncHeap,
  kAnyHeap,
  kNoneHeap,
  kEqHeap,
  kI31Heap,
  kArrayHeap,
  kConcreteArrayHeap,
  kStructHeap,
  kConcreteStructHeap,
  kExnHeap,
  kConcreteExnHeap,
  kNoExnHeap,
};
inline constexpr std::uint8_t kRefType = 5;
struct TypedValType {
  std::uint8_t kind = 0;  // As ValKind up to kV128, or kRefType.
  alignas(8) bool nullable = false;
  struct {
    HeapKind kind = kExternHeap;
    void* concrete = nullptr;
  } heap{};
};
static_assert(sizeof(TypedValType) == 32 && offsetof(TypedValType, nullable) == 8 &&
              offsetof(TypedValType, heap) == 16);

using HostCallback = Trap* (*)(void* env, Caller* caller, backend::RawVal* slots,
                               std::size_t count);
using EpochCallback = Error* (*)(Context* context, void* data, std::uint64_t* delta,
                                 std::uint8_t* kind);

}  // namespace weft::backends::c

namespace weft::backends {

struct WasmtimeApi {
#define WEFT_WASMTIME_FUNCTION(result, name, params) result(*name) params = nullptr;
#include "api/backends/wasmtime/functions.def"
#undef WEFT_WASMTIME_FUNCTION
};

}  // namespace weft::backends
