// A decoded module: the sections of one binary, immutable once validated. Names and bodies point
// into its bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "interp/core/features.h"
#include "interp/core/opcode.h"
#include "interp/core/types.h"
#include "interp/core/value.h"

namespace weft::interp {

// The bytes of a module and whatever keeps them alive (a copy, a file mapping, the host's own
// owner).
struct ModuleBytes {
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;
};

// A byte range of the module: offsets from its first byte.
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t size() const { return end - begin; }
};

struct DefinedType {
  SubType type;                  // refers to types by module type index, once validated by TypeId
  uint32_t rec_group_begin = 0;  // the group is [begin, end) of the module's type indices
  uint32_t rec_group_end = 0;
  TypeId id = kNoTypeId;  // set by validation, which canonicalises
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternKind kind;
  uint32_t index;  // in its kind's index space: funcs, tables, memories, globals, tags
};

struct Export {
  std::string_view name;
  ExternKind kind;
  uint32_t index;
};

// A constant expression, reduced by validation to what instantiation evaluates on a small stack.
struct ConstInstr {
  Opcode opcode;       // I32Const .. F64Const, V128Const, GlobalGet, RefNull, RefFunc, arithmetic,
                       // StructNew .. ArrayNewFixed, RefI31, conversions
  Value value;         // the constant; ArrayNewFixed: how many elements
  uint32_t index = 0;  // global or function index, TypeId
};
struct ConstExpr {
  ByteRange range;                 // in the module, without the final `end`
  std::vector<ConstInstr> instrs;  // set by validation
};

struct Func {
  uint32_t type_index = 0;
  ByteRange body;  // locals and code, with the final `end`; empty for imports
};

struct Table {
  TableType type;
  std::optional<ConstExpr> init;
};

struct Global {
  GlobalType type;
  ConstExpr init;  // empty for imports
};

enum class SegmentMode : uint8_t { Active, Passive, Declarative };

struct ElemSegment {
  SegmentMode mode;
  uint32_t table = 0;
  ConstExpr offset;  // Active
  ValType type = kFuncRef;
  std::vector<uint32_t> funcs;   // function indices, when the segment lists them
  std::vector<ConstExpr> exprs;  // else element expressions
  bool uses_exprs = false;
  bool names_table = false;  // in the binary; else the first is meant
  size_t size() const { return uses_exprs ? exprs.size() : funcs.size(); }
};

struct DataSegment {
  SegmentMode mode;
  uint32_t memory = 0;
  ConstExpr offset;  // Active
  ByteRange bytes;
};

struct CustomSection {
  std::string_view name;
  ByteRange payload;
};

// As decoded, types inside (of tables, globals, segments, other types) refer to module type
// indices; validation makes them TypeIds. `type_index` members stay indices.
struct Module {
  ModuleBytes source;
  std::vector<DefinedType> types;
  std::vector<Import> imports;
  // Index spaces, imports first.
  std::vector<Func> funcs;
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<TagType> tags;
  uint32_t imported_funcs = 0;
  uint32_t imported_tables = 0;
  uint32_t imported_memories = 0;
  uint32_t imported_globals = 0;
  uint32_t imported_tags = 0;
  std::vector<Export> exports;
  std::optional<uint32_t> start;
  std::vector<ElemSegment> elems;
  std::vector<DataSegment> datas;
  std::optional<uint32_t> data_count;  // the data count section, if present
  std::vector<CustomSection> customs;
  // Bit i: function i may be named by ref.func in a body (it occurs in an export, element segment
  // or constant expression outside bodies). Set by validation.
  std::vector<bool> declared_funcs;
  // Features that the module was found to use. Set by decoding and validation.
  FeatureSet used_features;

  std::span<const uint8_t> bytes(ByteRange range) const {
    return source.bytes.subspan(range.begin, range.size());
  }
  const FuncType& func_type(uint32_t func) const {
    return types[funcs[func].type_index].type.composite.func;
  }
  // The function whose body contains this byte offset, which is that of one of its instructions.
  uint32_t func_at(uint64_t offset) const {
    const auto after =
        std::ranges::upper_bound(funcs.begin() + imported_funcs, funcs.end(), offset, {},
                                 [](const Func& func) { return func.body.begin; });
    return static_cast<uint32_t>(after - funcs.begin()) - 1;
  }
  TypeId func_type_id(uint32_t func) const { return types[funcs[func].type_index].id; }
  uint32_t defined_funcs() const { return static_cast<uint32_t>(funcs.size()) - imported_funcs; }
};

}  // namespace weft::interp
