// Translated code of one module, for one combination of options: shared by all instances, made
// function by function at the first call. The only header of translate/ (with cell.h, the format)
// that execute/ and runtime/ may see.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "interp/decode/module.h"
#include "interp/runtime/context.h"
#include "interp/runtime/objects.h"
#include "interp/translate/cell.h"
#include "interp/translate/optimizations.h"

namespace weft::interp {

class TypeRegistry;
struct IrFunction;
struct ByteLoop;
class KeyFacts;

struct CodeOptions {
  MemoryMode memory_mode = MemoryMode::Guard;
  bool fuel = false;
  bool count_dispatches = false;  // for CodeSpace::dispatches
  Optimizations optimizations = Optimizations::all();

  auto operator<=>(const CodeOptions&) const = default;
};

// A function's cells: [begin, end) in its CodeSpace.
struct FunctionCode {
  uint32_t func;
  const uint8_t* begin;
  const uint8_t* end;
};

// The instruction that a cell was made from, by byte offsets in the module.
struct Origin {
  uint32_t wasm_offset = 0;
  uint32_t inlined_at = 0;  // the call for which the instruction's function was inlined, or 0
};

// A function's cell, by its distance from the first one.
struct CellOrigin {
  uint32_t cell;
  Origin origin;
};

// Where in the module a guest is: in which function, at which byte offset.
struct CodePosition {
  uint32_t func;
  uint64_t offset;
  bool operator==(const CodePosition&) const = default;
};

inline constexpr uint32_t kAnyTag = 0;  // no Context has a tag there
inline constexpr uint32_t kNoSlot = UINT32_MAX;

// A clause that may catch an exception thrown somewhere in a function: where the guest goes on, and
// in which slots of the frame it finds the exception's values and the exception.
struct Catch {
  const uint8_t* target;
  const Catch* next;   // to be tried when this one does not match: of the same try or of one around
  uint32_t tag;        // where the Context has the TagInst; kAnyTag: catches everything, no values
  uint32_t values;     // first slot
  uint32_t reference;  // slot, or kNoSlot
};

// The clauses of a function. Code that throws nothing pays nothing for being in a try: which
// clauses apply is found by where the cell lies.
class CatchTable {
 public:
  CatchTable(const IrFunction& function, const std::vector<uint32_t>& cell_offsets,
             const uint8_t* code);

  // The first clause for exceptions of the cell that has this byte of the function; null if they
  // leave the function.
  const Catch* at(size_t offset) const;

 private:
  struct Stretch {
    uint32_t from;  // bytes from the function's first cell, to where the next stretch begins
    const Catch* first;
  };
  std::vector<Catch> x_catches;
  std::vector<Stretch> x_stretches;  // ascending
};

// How often cells were executed, by handler and by pairs of handlers that ran one after the other.
struct DispatchCounts {
  std::map<HandlerKey, uint64_t> handlers;
  std::map<std::pair<HandlerKey, HandlerKey>, uint64_t> pairs;
};

class CodeSpace {
 public:
  // All three must outlive the code.
  CodeSpace(const Module& module, const TypeRegistry& types, const ContextLayout& layout,
            CodeOptions options);
  ~CodeSpace();
  CodeSpace(const CodeSpace&) = delete;
  CodeSpace& operator=(const CodeSpace&) = delete;

  const Module& module() const { return x_module; }
  const CodeOptions& options() const { return x_options; }

  // First cell of a defined function, translating it if that has not happened. Thread-safe. Null
  // when memory for the code could not be had.
  const uint8_t* entry(uint32_t func);
  // The same for all functions.
  bool translate_all();

  // The function whose cells contain this address. Cells that all code shares belong to none.
  std::optional<FunctionCode> find_function(const uint8_t* cell) const;
  // The first clause for exceptions of the cell at, or with, this address; null if they leave its
  // function. Lasts as long as this.
  const Catch* catches_at(const uint8_t* cell) const;
  // The instruction that the cell at `cell` was made from; behind it, if its function was inlined,
  // the call of that. For a return address (`is_return_address`), the instruction before it. Found
  // by translating the function again: traps are rare, and a table of offsets would cost more than
  // the code. Empty if the address is not of this code.
  std::vector<CodePosition> positions_of(const uint8_t* cell, bool is_return_address) const;
  // All of a function's cells, in order, for the disassembler.
  std::vector<CellOrigin> origins(uint32_t func) const;

  // What code that counts has executed so far: each block of cells counts how often it was entered,
  // each branch how often it was not taken. A block that a trap left counts whole. Pairs are known
  // inside functions and from direct calls to their callees; others, such as returns and what they
  // return to, are left out.
  DispatchCounts dispatches() const;

  // Bytes of cells so far.
  size_t bytes() const;

 private:
  IrFunction build(uint32_t func) const;
  const uint8_t* translate(uint32_t func);
  const uint8_t* translate_or_throw(uint32_t func);

  const Module& x_module;
  const TypeRegistry& x_types;
  const ContextLayout& x_layout;
  const CodeOptions x_options;

  // First cells by defined function; null until translated. Zero pages until touched.
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<std::atomic<const uint8_t*>[], Free> x_entries;

  // Functions written. Who asks for an entry sees all of them: it may have come to where it is by a
  // call that another thread linked, which it read as a plain word.
  std::atomic<uint32_t> x_written = 0;

  mutable std::mutex x_mutex;  // of what follows
  struct Function : FunctionCode {
    std::unique_ptr<const CatchTable> catches;     // null if it has none
    std::unique_ptr<uint64_t[]> counters;          // null unless it counts
    std::unique_ptr<const ByteLoop[]> byte_loops;  // null if it has none
  };
  struct Chunk {
    std::unique_ptr<uint8_t[]> memory;
    uint8_t* free = nullptr;
    uint8_t* end = nullptr;
    std::vector<Function> functions;  // in the order of their addresses
  };
  const Function* find(const uint8_t* cell) const;
  Chunk* chunk_for(size_t bytes);
  std::map<const uint8_t*, Chunk> x_chunks;  // by their first byte
  Chunk* x_current = nullptr;                // new code goes here
  std::unique_ptr<KeyFacts> x_facts;
  size_t x_bytes = 0;
};

// Cells that all code shares.
const uint8_t* exit_cell();
const uint8_t* switch_back_cell();
const uint8_t* enter_lazy_cell();

}  // namespace weft::interp
