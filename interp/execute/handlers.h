// Lookup of handlers by what they do. The translator's only view of execute/.
#pragma once

#include <optional>

#include "interp/translate/cell.h"

namespace weft::interp {

// The handler for a key, or null where no such variant exists (see allowed variants in shapes.h).
Handler handler_for(const HandlerKey& key);
// Whether the first execution of a cell puts another handler in the place of this one, so that
// nobody may keep it: lazy calls.
bool replaces_itself(Handler handler);

// The reverse, for the disassembler, the profiler and tests.
std::optional<HandlerKey> key_of(Handler handler);

// The runtime functions that Shape::Runtime cells call (execute/runtime_calls.h).
enum class RuntimeCall : uint8_t {
  MemorySize,
  MemoryGrow,
  MemoryFill,
  MemoryCopy,
  MemoryInit,
  DataDrop,
  TableGet,
  TableSet,
  TableSize,
  TableGrow,
  TableFill,
  TableCopy,
  TableInit,
  ElemDrop,
  RefFunc,
  ArrayFill,
  ArrayCopy,
  ArrayInitData,
  ArrayInitElem,
};
// What goes into the cell's p field.
uint64_t runtime_call_address(RuntimeCall call);

// The functions that Shape::NewObject cells call (execute/object_calls.h), and their p field.
enum class ObjectCall : uint8_t {
  StructNew,
  StructNewDefault,
  ArrayNew,
  ArrayNewDefault,
  ArrayNewFixed,
  ArrayNewData,
  ArrayNewElem,
};
uint64_t object_call_address(ObjectCall call);

}  // namespace weft::interp
