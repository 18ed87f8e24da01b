// How large a module may be. The binary format itself only bounds counts by 2^32; these keep hosts
// alive.
#pragma once

#include <cstdint>

namespace weft::interp {

// The defaults are those of the WebAssembly JavaScript Interface ("Implementation-defined Limits"),
// which every browser enforces; where it names none, the largest in use. Exceeding one is
// ErrorKind::Limit.
struct ImplementationLimits {
  uint64_t module_bytes = uint64_t{1} << 30;
  uint32_t types = 1'000'000;
  uint32_t functions = 1'000'000;
  uint32_t imports = 1'000'000;
  uint32_t exports = 1'000'000;
  uint32_t globals = 1'000'000;
  uint32_t tags = 1'000'000;
  uint32_t tables = 100'000;
  uint32_t memories = 100;
  uint32_t data_segments = 100'000;
  uint32_t element_segments = 10'000'000;
  uint32_t segment_entries = 10'000'000;  // of one element segment
  // Of a table, at instantiation and when it grows: a larger one is valid, but can't be had.
  uint64_t table_elements = 10'000'000;
  uint32_t params = 1'000;
  uint32_t results = 1'000;
  uint32_t fields = 10'000;
  uint32_t subtype_depth = 63;
  uint32_t locals = 50'000;  // of one function, with its parameters
  uint32_t body_bytes = 7'654'321;
  uint32_t name_bytes = 100'000;
  // The interface sets no bound on the next two, and none is needed for safety: both stacks are on
  // the heap.
  uint32_t nesting = 1'000'000;
  uint32_t operands = 10'000'000;

  // For modules from untrusted sources that are meant to be small.
  static constexpr ImplementationLimits strict() {
    ImplementationLimits limits;
    limits.module_bytes = uint64_t{16} << 20;
    limits.types = 10'000;
    limits.functions = 10'000;
    limits.imports = 10'000;
    limits.exports = 10'000;
    limits.globals = 1'000;
    limits.tags = 1'000;
    limits.tables = 100;
    limits.memories = 1;
    limits.data_segments = 1'000;
    limits.element_segments = 1'000;
    limits.segment_entries = 100'000;
    limits.table_elements = 100'000;
    limits.params = 32;
    limits.results = 32;
    limits.fields = 1'000;
    limits.locals = 5'000;
    limits.body_bytes = 1'000'000;
    limits.name_bytes = 10'000;
    limits.nesting = 10'000;
    limits.operands = 100'000;
    return limits;
  }
};

}  // namespace weft::interp
