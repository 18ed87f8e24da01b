// The spec's runtime structures (Spec 3.0, 4.2 "Runtime Structure"): functions, tables, memories,
// globals, externrefs. A Store owns them all; they stay at one address until it is destroyed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "interp/core/types.h"
#include "interp/core/value.h"
#include "interp/runtime/context.h"

namespace weft::interp {

class SharedMemory;
struct FuncLayout;

// A host function: called with its arguments in `values[0..params)`, leaves its results in
// `values[0..results)`; there are max(params, results) values. `caller` is the instance that calls,
// or null when the host itself does. TrapCode::HostError: the reason is in the store's pending host
// error (Store::set_host_error). May do anything with the store. Must not let C++ exceptions out,
// nor longjmp past its caller.
using HostCallback = TrapCode (*)(void* env, Store& store, Instance* caller, Value* values);
struct HostFunc {
  HostCallback call = nullptr;
  void* env = nullptr;
  void (*drop)(void* env) = nullptr;  // called once, when the store dies; may be null
  const FuncType* type = nullptr;     // lives as long as the engine
  const FuncLayout* layout = nullptr;
};

// A function of a store. funcref values are pointers to these.
struct FuncInst {
  // Where execution starts; enters with the accumulator holding this FuncInst. Until a wasm
  // function is translated, the shared cell that translates it; null for host functions.
  const uint8_t* code = nullptr;
  Context* context = nullptr;  // null for host functions
  TypeId type = kNoTypeId;
  uint32_t index =
      0;  // in its module's function index space; for host functions, in the store's list
  HostFunc* host = nullptr;
};

// Implementation limits (JS API 6.1 "Implementation-defined Limits").
inline constexpr uint64_t kMaxMemoryBytes = uint64_t{1} << 32;    // memories with 32-bit addresses
inline constexpr uint64_t kMaxMemory64Bytes = uint64_t{1} << 34;  // with 64-bit addresses
inline constexpr uint64_t kMaxTableElements = 10'000'000;

// What a table element and a call_indirect compare: never 0, so that zeroed memory is a table of
// null references.
constexpr uint32_t type_key(TypeId type) { return type + 1; }
constexpr TypeId type_of_key(uint32_t key) { return key - 1; }

// A table element: a reference and, for functions, its type, so that call_indirect compares without
// a load from the function.
struct TableSlot {
  void* ref = nullptr;
  uint32_t key = 0;  // type_key of a function, else 0
};

struct TableInst {
  TableSlot* elems = nullptr;
  uint64_t size = 0;
  TableType type;  // limits.min as declared; heap type indices are TypeIds
  Store* store = nullptr;
  uint64_t capacity = 0;
  bool holds_funcs = false;  // references are FuncInst*

  TableInst() = default;
  ~TableInst();
  TableInst(const TableInst&) = delete;
  TableInst& operator=(const TableInst&) = delete;

  uint64_t max_size() const;  // min of the declared maximum and the implementation's
  // Previous size, or -1: the maximum, the limiter or memory said no. Moves `elems`.
  int64_t grow(uint64_t delta, void* init);
  void set(uint64_t index, void* ref) {
    elems[index] = slot_of(ref);
  }  // index < size; keeps TableSlot::type in step
  bool in_bounds(uint64_t index, uint64_t count) const {
    return index <= size && count <= size - index;
  }
  TableSlot slot_of(void* ref) const;
};

// How loads and stores of a memory find out that they are out of bounds.
enum class MemoryMode : uint8_t {
  Guard,    // a reservation with inaccessible pages: the hardware does, the base never moves
  Checked,  // each access compares; the base may move when the memory grows
};

// Whether this build can turn faults into traps (execute/trap_signal.h).
#if defined(__x86_64__) && defined(__linux__)
inline constexpr bool kHasGuardMode = true;
#else
inline constexpr bool kHasGuardMode = false;
#endif

// What a 32-bit address plus a 32-bit offset plus the widest access can reach, rounded up to a Wasm
// page.
inline constexpr uint64_t kGuardReservation = (uint64_t{1} << 33) + kPageBytes;

// The most bytes that a memory addressed so can be made with here, and the most pages that one of
// this type can grow to.
uint64_t max_memory_bytes(const MemoryType& type);
uint64_t max_memory_pages(const MemoryType& type);
// Whether accesses to such a memory can be left to guard pages: a 64-bit address escapes any
// reservation, and guard pages need whole pages in front of them.
constexpr bool can_guard(const MemoryType& type) {
  return kHasGuardMode && type.index == IndexType::I32 && type.page_bytes_log2 == kPageBytesLog2;
}

struct MemoryInst {
  uint8_t* base = nullptr;  // null only for Checked memories of size 0
  // Current size; of a shared memory, the size when this store last looked (see byte_size). It
  // belongs to the store's thread, so that handlers may compare with it as with any other number.
  uint64_t bytes = 0;
  MemoryType type;  // limits.min as declared
  MemoryMode mode = MemoryMode::Checked;
  uint8_t* reservation = nullptr;
  uint64_t reserved_bytes = 0;  // Guard: from `reservation`, guard pages included
  Store* store = nullptr;
  MemoryInst* next_guard = nullptr;      // StoreState::guard_memories
  std::shared_ptr<SharedMemory> shared;  // what is behind a shared memory; null for others
  MemoryInst* next_shared = nullptr;     // StoreState::shared_memories

  MemoryInst() = default;
  ~MemoryInst();
  MemoryInst(const MemoryInst&) = delete;
  MemoryInst& operator=(const MemoryInst&) = delete;

  // The size now, whoever has grown a shared memory.
  uint64_t byte_size() const { return shared == nullptr ? bytes : shared_bytes(); }
  uint64_t pages() const { return byte_size() >> type.page_bytes_log2; }
  uint64_t max_pages() const { return max_memory_pages(type); }
  // Previous size in pages, or -1. In Checked mode moves `base`.
  int64_t grow(uint64_t delta_pages);
  bool in_bounds(uint64_t address, uint64_t size) const {
    const uint64_t end = byte_size();
    return address <= end && size <= end - address;
  }
  // Takes over the size that other stores have grown a shared memory to; true if it is another one.
  bool refresh();

 private:
  uint64_t shared_bytes() const;
  int64_t grow_shared(uint64_t delta_pages);
};

// For an access that found itself out of bounds: whether it may be within them after all, since
// another store's thread has grown a memory.
bool refresh_shared_memories(StoreState& state);

struct GlobalInst {
  Value* value = nullptr;  // in the defining instance's Context, or in `storage` for host globals
  GlobalType type;
  Value storage;
};

// The identity of a kind of exception: two tags are the same if they are one object.
struct TagInst {
  TypeId type = kNoTypeId;
  const FuncType* func_type = nullptr;  // what `type` stands for; lives as long as the engine
  uint32_t slots = 0;                   // 8-byte frame slots of the parameters
};

// References. Those to functions are FuncInst pointers. Those of the any, extern and exn
// hierarchies are one kind of 64-bit word, so that conversions between any and extern cost nothing:
// 0 is null; an odd word is an i31 (kI31Tag); any other is the address of an object that begins
// with a HeapObject.
struct HeapObject {
  uint32_t type;  // the TypeId of a struct or array, or one of the kinds below
  uint32_t gc;    // the collectors' mark
};
// Above all TypeIds.
inline constexpr uint32_t kFirstObjectKind = 0xffff'fff0;
inline constexpr uint32_t kFreeCell = 0xffff'fffd;          // no object: memory of GcHeap's
inline constexpr uint32_t kExnObjectType = 0xffff'fffe;     // ExnObject
inline constexpr uint32_t kExternObjectType = 0xffff'ffff;  // ExternObject

// An i31 is its 31 bits above a set bit; bits from 32 on are zero, so that equal values are equal
// words.
inline constexpr uint64_t kI31Tag = 1;
constexpr uint64_t to_i31(uint32_t value) { return uint32_t{value << 1} | kI31Tag; }
constexpr bool is_i31(uint64_t ref) { return (ref & kI31Tag) != 0; }
constexpr uint32_t i31_unsigned(uint64_t ref) { return static_cast<uint32_t>(ref) >> 1; }
constexpr uint32_t i31_signed(uint64_t ref) {
  return static_cast<uint32_t>(static_cast<int32_t>(static_cast<uint32_t>(ref)) >> 1);
}

// An array's length; its elements begin kArrayElements bytes into it. Where the fields of structs
// are: ObjectLayout.
struct ArrayObject {
  HeapObject header;
  uint32_t length;
};
inline constexpr uint32_t kArrayElements = 16;
static_assert(sizeof(ArrayObject) <= kArrayElements);

// An exception: its tag and the values that its parameters have, as a frame has them (a v128 takes
// two slots).
struct ExnObject {
  HeapObject header;
  TagInst* tag;
  uint64_t* slots() { return reinterpret_cast<uint64_t*>(this + 1); }
};

// An object of the host behind an externref. Alive while the host holds it (host_refs) or the guest
// can reach it.
struct ExternObject {
  HeapObject header{kExternObjectType, 0};  // gc: 1 when marked
  void* payload = nullptr;
  void (*finalizer)(void* payload) = nullptr;
  std::atomic<uint32_t> host_refs{0};  // any thread may release
  bool live = false;                   // false: on one of the heap's lists
  ExternObject* next = nullptr;        // in that list
};

}  // namespace weft::interp
