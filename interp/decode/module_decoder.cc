#include "interp/decode/module_decoder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "interp/core/binary_format.h"
#include "interp/decode/feature_gate.h"
#include "interp/decode/instr_reader.h"
#include "interp/decode/reader.h"
#include "interp/decode/type_reader.h"

namespace weft::interp {
namespace {

// The place of each section in a module, by id. Custom sections may stand anywhere.
constexpr std::array<uint8_t, kLastSectionId + 1> kSectionOrder = {0, 1, 2,  3,  4,  5,  7,
                                                                   8, 9, 10, 12, 13, 11, 6};

class ModuleDecoder {
 public:
  ModuleDecoder(ModuleBytes source, const DecodeOptions& options)
      : x_limits(options.limits),
        x_gate{options.features, {Feature::Mvp}},
        x_module(std::make_unique<Module>()) {
    x_module->source = std::move(source);
  }

  Result<std::unique_ptr<Module>> run();

 private:
  void sections(Reader& in);
  void section(SectionId id, Reader& in);
  void check_counts(Reader& in);

  template <class Item>
  void each(Reader& in, uint64_t already, uint32_t max, const char* too_many, Item&& item);

  void import(Reader& in);
  void table(Reader& in);
  void global(Reader& in);
  void export_(Reader& in);
  void start(Reader& in);
  void element(Reader& in);
  void element_items(Reader& in, ElemSegment& segment, uint32_t flags);
  void code(Reader& in, uint32_t index);
  void data(Reader& in);
  void custom(Reader& in);
  ConstExpr const_expr(Reader& in);
  TypeReader types(Reader& in) { return {in, x_gate, x_limits}; }

  const ImplementationLimits& x_limits;
  FeatureGate x_gate;
  std::unique_ptr<Module> x_module;
  uint32_t x_bodies = 0;
};

// A vector of items; `already` of them are in the index space before.
template <class Item>
void ModuleDecoder::each(Reader& in, uint64_t already, uint32_t max, const char* too_many,
                         Item&& item) {
  const uint64_t at = in.offset();
  const uint32_t count = in.u32();
  if (already + count > max) in.fail(ErrorKind::Limit, at, too_many);
  for (uint32_t i = 0; i < count && in.ok(); ++i) item(i);
}

Result<std::unique_ptr<Module>> ModuleDecoder::run() {
  const std::span<const uint8_t> bytes = x_module->source.bytes;
  if (bytes.size() > x_limits.module_bytes) {
    return fail(ErrorKind::Limit, 0,
                "module too large: " + std::to_string(bytes.size()) + " bytes");
  }
  Reader in(bytes);
  // A file shorter than the header isn't told apart from one without it, unless it begins as one.
  if (in.fixed_u32() != kMagic) in.malformed(0, "magic header not detected");
  if (in.ok() && in.fixed_u32() != kBinaryVersion) in.malformed(4, "unknown binary version");
  sections(in);
  if (in.ok()) check_counts(in);
  if (!in.ok()) return std::unexpected(in.take_error());
  x_module->used_features = x_gate.used;
  return std::move(x_module);
}

void ModuleDecoder::sections(Reader& in) {
  uint8_t last = 0;
  while (in.ok() && !in.at_end()) {
    const uint64_t at = in.offset();
    const uint8_t id = in.byte();
    if (id > kLastSectionId) return in.malformed(at, "malformed section id " + std::to_string(id));
    const uint32_t size = in.length();
    if (!in.ok()) return;
    if (id != 0) {
      if (kSectionOrder[id] <= last)
        return in.malformed(at, "unexpected content after last section");
      last = kSectionOrder[id];
    }
    Reader part = in.sub(size);
    section(static_cast<SectionId>(id), part);
    if (part.ok() && !part.at_end()) part.malformed("section size mismatch");
    if (!part.ok()) in.fail(part.take_error());
  }
}

void ModuleDecoder::section(SectionId id, Reader& in) {
  Module& m = *x_module;
  switch (id) {
    case SectionId::Custom:
      return custom(in);
    case SectionId::Type:
      each(in, 0, x_limits.types, "too many types", [&](uint32_t) {
        types(in).rec_type(m.types);
        if (m.types.size() > x_limits.types)
          in.fail(ErrorKind::Limit, in.offset(), "too many types");
      });
      return;
    case SectionId::Import:
      return each(in, 0, x_limits.imports, "too many imports", [&](uint32_t) { import(in); });
    case SectionId::Function:
      m.funcs.reserve(m.funcs.size() + std::min<size_t>(in.remaining(), x_limits.functions));
      return each(in, m.funcs.size(), x_limits.functions, "too many functions",
                  [&](uint32_t) { m.funcs.push_back({in.u32(), {}}); });
    case SectionId::Table:
      return each(in, m.tables.size(), x_limits.tables, "too many tables",
                  [&](uint32_t) { table(in); });
    case SectionId::Memory:
      return each(in, m.memories.size(), x_limits.memories, "too many memories",
                  [&](uint32_t) { m.memories.push_back(types(in).memory_type()); });
    case SectionId::Tag:
      if (!x_gate.require(in, Feature::Exceptions)) return;
      return each(in, m.tags.size(), x_limits.tags, "too many tags",
                  [&](uint32_t) { m.tags.push_back(types(in).tag_type()); });
    case SectionId::Global:
      return each(in, m.globals.size(), x_limits.globals, "too many globals",
                  [&](uint32_t) { global(in); });
    case SectionId::Export:
      return each(in, 0, x_limits.exports, "too many exports", [&](uint32_t) { export_(in); });
    case SectionId::Start:
      return start(in);
    case SectionId::Element:
      return each(in, 0, x_limits.element_segments, "too many element segments",
                  [&](uint32_t) { element(in); });
    case SectionId::DataCount:
      if (x_gate.require(in, Feature::BulkMemory)) m.data_count = in.u32();
      return;
    case SectionId::Code:
      return each(in, 0, x_limits.functions, "too many functions",
                  [&](uint32_t i) { code(in, i); });
    case SectionId::Data:
      return each(in, 0, x_limits.data_segments, "too many data segments",
                  [&](uint32_t) { data(in); });
  }
}

void ModuleDecoder::check_counts(Reader& in) {
  const Module& m = *x_module;
  if (m.defined_funcs() != x_bodies) {
    in.malformed("function and code section have inconsistent lengths: " +
                 std::to_string(m.defined_funcs()) + " functions, " + std::to_string(x_bodies) +
                 " bodies");
  } else if (m.data_count && *m.data_count != m.datas.size()) {
    in.malformed("data count and data section have inconsistent lengths");
  }
}

void ModuleDecoder::import(Reader& in) {
  Module& m = *x_module;
  Import result;
  result.module = in.name(x_limits.name_bytes);
  result.name = in.name(x_limits.name_bytes);
  const uint64_t at = in.offset();
  const uint8_t kind = in.byte();
  if (kind > static_cast<uint8_t>(ExternKind::Tag)) in.malformed(at, "malformed import kind");
  if (!in.ok()) return;
  result.kind = static_cast<ExternKind>(kind);
  switch (result.kind) {
    case ExternKind::Func:
      result.index = m.imported_funcs++;
      m.funcs.push_back({in.u32(), {}});
      break;
    case ExternKind::Table:
      result.index = m.imported_tables++;
      m.tables.push_back({types(in).table_type(), {}});
      break;
    case ExternKind::Memory:
      result.index = m.imported_memories++;
      m.memories.push_back(types(in).memory_type());
      break;
    case ExternKind::Global:
      result.index = m.imported_globals++;
      m.globals.push_back({types(in).global_type(), {}});
      if (m.globals.back().type.is_mutable) x_gate.require(in, Feature::MutableGlobals, at);
      break;
    case ExternKind::Tag:
      if (!x_gate.require(in, Feature::Exceptions, at)) return;
      result.index = m.imported_tags++;
      m.tags.push_back(types(in).tag_type());
      break;
  }
  m.imports.push_back(result);
}

void ModuleDecoder::table(Reader& in) {
  Table result;
  const uint64_t at = in.offset();
  if (in.peek() == kTableWithInit) {
    if (!x_gate.require(in, Feature::FunctionReferences, at)) return;
    in.byte();
    if (in.byte() != 0) in.malformed(at, "malformed table");
    result.type = types(in).table_type();
    result.init = const_expr(in);
  } else {
    result.type = types(in).table_type();
  }
  x_module->tables.push_back(std::move(result));
}

void ModuleDecoder::global(Reader& in) {
  Global result;
  result.type = types(in).global_type();
  result.init = const_expr(in);
  x_module->globals.push_back(std::move(result));
}

void ModuleDecoder::export_(Reader& in) {
  Export result;
  result.name = in.name(x_limits.name_bytes);
  const uint64_t at = in.offset();
  const uint8_t kind = in.byte();
  if (kind > static_cast<uint8_t>(ExternKind::Tag)) in.malformed(at, "malformed export kind");
  result.kind = static_cast<ExternKind>(kind);
  result.index = in.u32();
  if (!in.ok()) return;
  if (result.kind == ExternKind::Tag) x_gate.require(in, Feature::Exceptions, at);
  x_module->exports.push_back(result);
}

void ModuleDecoder::start(Reader& in) { x_module->start = in.u32(); }

// The eight forms of an element segment (Spec 3.0, 5.5.12 "Element Section").
void ModuleDecoder::element(Reader& in) {
  ElemSegment result;
  const uint64_t at = in.offset();
  const uint32_t flags = in.u32();
  if (flags > 7) in.malformed(at, "malformed element segment kind");
  if (flags != 0) x_gate.require(in, Feature::BulkMemory, at);
  if (!in.ok()) return;
  result.mode = SegmentMode::Active;
  if (flags & kSegmentNotActive) {
    result.mode = flags & kSegmentExplicitIndex ? SegmentMode::Declarative : SegmentMode::Passive;
  } else {
    result.names_table = flags & kSegmentExplicitIndex;
    if (result.names_table) result.table = in.u32();
    result.offset = const_expr(in);
  }
  element_items(in, result, flags);
  x_module->elems.push_back(std::move(result));
}

void ModuleDecoder::element_items(Reader& in, ElemSegment& segment, uint32_t flags) {
  segment.uses_exprs = flags & kSegmentExprs;
  // Flags 0 and 4 are the forms without a type: funcref.
  if (flags & (kSegmentNotActive | kSegmentExplicitIndex)) {
    const uint64_t at = in.offset();
    if (segment.uses_exprs) {
      segment.type = types(in).ref_type();
    } else if (in.byte() != 0) {
      in.malformed(at, "malformed element kind");
    }
  }
  if (segment.uses_exprs) {
    each(in, 0, x_limits.segment_entries, "too many elements",
         [&](uint32_t) { segment.exprs.push_back(const_expr(in)); });
    return;
  }
  // A listed function is never null, which 3.0 can say.
  if (x_gate.has(Feature::FunctionReferences)) segment.type = ValType::ref(HeapType::Func, false);
  each(in, 0, x_limits.segment_entries, "too many elements",
       [&](uint32_t) { segment.funcs.push_back(in.u32()); });
}

void ModuleDecoder::code(Reader& in, uint32_t index) {
  Module& m = *x_module;
  const uint64_t at = in.offset();
  const uint32_t size = in.length();
  if (size > x_limits.body_bytes) in.fail(ErrorKind::Limit, at, "function body too large");
  const uint64_t begin = in.offset();
  in.bytes(size);
  ++x_bodies;
  // Surplus bodies are reported by check_counts().
  if (index < m.defined_funcs()) m.funcs[m.imported_funcs + index].body = {begin, in.offset()};
}

// The three forms of a data segment (Spec 3.0, 5.5.14 "Data Section").
void ModuleDecoder::data(Reader& in) {
  DataSegment result;
  const uint64_t at = in.offset();
  const uint32_t flags = in.u32();
  if (flags > 2) in.malformed(at, "malformed data segment kind");
  if (flags != 0) x_gate.require(in, Feature::BulkMemory, at);
  if (!in.ok()) return;
  result.mode = flags & kSegmentNotActive ? SegmentMode::Passive : SegmentMode::Active;
  if (flags & kSegmentExplicitIndex) result.memory = in.u32();
  if (result.mode == SegmentMode::Active) result.offset = const_expr(in);
  const uint32_t size = in.length();
  result.bytes.begin = in.offset();
  in.bytes(size);
  result.bytes.end = in.offset();
  x_module->datas.push_back(std::move(result));
}

void ModuleDecoder::custom(Reader& in) {
  CustomSection result;
  result.name = in.name(x_limits.name_bytes);
  result.payload.begin = in.offset();
  in.bytes(in.remaining());
  result.payload.end = in.offset();
  if (in.ok()) x_module->customs.push_back(result);
}

// Finds the final `end`. That the instructions are constant is for validation to say, so blocks are
// followed here.
ConstExpr ModuleDecoder::const_expr(Reader& in) {
  ConstExpr result;
  InstrReader instrs(in, x_gate, x_limits);
  result.range.begin = in.offset();
  for (uint64_t depth = 1; in.ok();) {
    const uint64_t at = in.offset();
    const Opcode opcode = instrs.opcode();
    if (!in.ok() || !x_gate.require(in, info(opcode).feature, at)) break;
    if (opcode == Opcode::End && --depth == 0) {
      result.range.end = at;
      break;
    }
    const Imm kind = info(opcode).immediate;
    if (kind == Imm::BlockType || kind == Imm::TryTable) ++depth;
    instrs.immediate(opcode);
  }
  return result;
}

}  // namespace

Result<std::unique_ptr<Module>> decode_module(ModuleBytes source, const DecodeOptions& options) {
  return ModuleDecoder(std::move(source), options).run();
}

}  // namespace weft::interp
