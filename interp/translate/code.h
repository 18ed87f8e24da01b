// Translated code of one module, for one combination of options: shared by all instances, made
// function by function at the first call. The only header of translate/ (with cell.h, the format)
// that execute/ and runtime/ may see.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "interp/decode/module.h"
#include "interp/runtime/context.h"
#include "interp/runtime/objects.h"
#include "interp/translate/cell.h"

namespace weft::interp {

class TypeRegistry;
struct IrFunction;

struct CodeOptions {
  MemoryMode memory_mode = MemoryMode::Guard;
  bool fuel = false;
};

// A function's cells: [begin, end) in its CodeSpace.
struct FunctionCode {
  uint32_t func;
  const uint8_t* begin;
  const uint8_t* end;
};

// A function's cell, by its distance from the first one, and the byte offset in the module of the
// instruction it was made from.
struct CellOrigin {
  uint32_t cell;
  uint32_t wasm_offset;
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
  // Byte offset in the module of the instruction that the cell at `cell` was made from. Found by
  // translating the function again: traps are rare, and a table of offsets would cost more than the
  // code. For a return address
  // (`is_return_address`), the instruction before it. Error::kNoOffset if the address is not of
  // this code.
  uint64_t offset_of(const uint8_t* cell, bool is_return_address) const;
  // All of a function's cells, in order, for the disassembler.
  std::vector<CellOrigin> origins(uint32_t func) const;

  // Bytes of cells so far.
  size_t bytes() const;

 private:
  IrFunction build(uint32_t func) const;
  const uint8_t* translate(uint32_t func);
  const uint8_t* translate_or_throw(uint32_t func);
  uint8_t* allocate(size_t bytes);

  const Module& x_module;
  const TypeRegistry& x_types;
  const ContextLayout& x_layout;
  const CodeOptions x_options;

  // First cells by defined function; null until translated. Zero pages until touched.
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<std::atomic<const uint8_t*>[], Free> x_entries;

  mutable std::mutex x_mutex;  // of what follows
  std::deque<std::unique_ptr<uint8_t[]>> x_chunks;
  uint8_t* x_free = nullptr;  // in the last chunk
  uint8_t* x_free_end = nullptr;
  size_t x_bytes = 0;
  std::vector<FunctionCode> x_functions;
};

// Cells that all code shares.
const uint8_t* exit_cell();
const uint8_t* switch_back_cell();
const uint8_t* enter_lazy_cell();

}  // namespace weft::interp
