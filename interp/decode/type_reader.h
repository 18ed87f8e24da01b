// Types in the binary format (Spec 3.0, 5.3 "Types"). References to types are module type indices.
#pragma once

#include <cstdint>
#include <vector>

#include "interp/core/binary_format.h"
#include "interp/core/types.h"
#include "interp/decode/feature_gate.h"
#include "interp/decode/limits.h"
#include "interp/decode/module.h"
#include "interp/decode/reader.h"

namespace weft::interp {

// The type of a structured instruction (Spec 3.0, 5.4.1 "Control Instructions").
struct BlockType {
  enum class Kind : uint8_t { Empty, Value, Index };
  Kind kind = Kind::Empty;
  ValType type;        // Kind::Value
  uint32_t index = 0;  // Kind::Index
  bool operator==(const BlockType&) const = default;
};

// The type that a one-byte value type stands for, or Bot: numbers and vectors only, the common case
// of every caller.
constexpr ValType simple_val_type(uint8_t byte) {
  return byte >= ValType::V128 && byte <= ValType::I32 ? ValType(static_cast<ValType::Kind>(byte))
                                                       : ValType();
}

class TypeReader {
 public:
  TypeReader(Reader& in, FeatureGate& gate, const ImplementationLimits& limits)
      : x_in(in), x_gate(gate), x_limits(limits) {}

  ValType val_type() {
    const ValType type = simple_val_type(x_in.peek());
    if (type == ValType::Bot || type == ValType::V128) [[unlikely]]
      return val_type_slow();
    x_in.byte();
    return type;
  }
  ValType ref_type();
  HeapType heap_type();
  BlockType block_type() {
    if (x_in.peek() == kEmptyBlock) {
      x_in.byte();
      return {};
    }
    return block_type_slow();
  }

  // A recursive group: one or more sub types, appended to `types`.
  void rec_type(std::vector<DefinedType>& types);
  TableType table_type();
  MemoryType memory_type();
  GlobalType global_type();
  TagType tag_type();

 private:
  ValType val_type_slow();
  BlockType block_type_slow();
  bool is_ref_type_next() const;
  SubType sub_type();
  CompositeType composite_type();
  FuncType func_type();
  std::vector<ValType> val_types(uint32_t max, const char* too_many);
  FieldType field_type();
  bool mutability();
  Limits limits(uint8_t flags);

  Reader& x_in;
  FeatureGate& x_gate;
  const ImplementationLimits& x_limits;
};

}  // namespace weft::interp
