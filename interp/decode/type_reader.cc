#include "interp/decode/type_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "interp/core/binary_format.h"

namespace weft::interp {
namespace {

// Type indices beyond this can't be represented in a HeapType, and no module's limits allow them.
constexpr int64_t kMaxTypeIndex = 0xff'ff00;

std::optional<HeapType> abstract_heap_type(uint8_t byte) {
  if (byte < HeapType::Exn || byte > HeapType::NoExn) return std::nullopt;
  return HeapType(static_cast<HeapType::Abstract>(byte));
}

Feature feature_of(HeapType::Abstract heap) {
  if (heap == HeapType::Func || heap == HeapType::Extern) return Feature::ReferenceTypes;
  if (heap == HeapType::Exn || heap == HeapType::NoExn) return Feature::Exceptions;
  return Feature::Gc;
}

}  // namespace

bool TypeReader::is_ref_type_next() const {
  const uint8_t byte = x_in.peek();
  return byte == ValType::Ref || byte == ValType::RefNull || abstract_heap_type(byte).has_value();
}

ValType TypeReader::val_type_slow() {
  if (x_in.peek() == ValType::V128 && x_gate.require(x_in, Feature::Simd)) {
    x_in.byte();
    return ValType::V128;
  }
  if (is_ref_type_next()) return ref_type();
  if (x_in.at_end()) {
    x_in.byte();  // reports the end
  } else {
    x_in.malformed("malformed value type");
  }
  return {};
}

ValType TypeReader::ref_type() {
  const uint64_t at = x_in.offset();
  const uint8_t byte = x_in.byte();
  if (byte == ValType::Ref || byte == ValType::RefNull) {
    if (!x_gate.require(x_in, Feature::FunctionReferences, at)) return {};
    return ValType::ref(heap_type(), byte == ValType::RefNull);
  }
  if (const auto heap = abstract_heap_type(byte)) {
    x_gate.require(x_in, feature_of(heap->abstract()), at);
    return ValType::ref(*heap, true);
  }
  x_in.malformed(at, "malformed reference type");
  return {};
}

HeapType TypeReader::heap_type() {
  const uint64_t at = x_in.offset();
  const bool one_byte = x_in.peek() < 0x80;
  const int64_t code = x_in.s33();
  if (code >= 0) {
    x_gate.require(x_in, Feature::FunctionReferences, at);
    if (code <= kMaxTypeIndex) return HeapType::of_index(static_cast<uint32_t>(code));
    x_in.fail(ErrorKind::Invalid, at, "unknown type " + std::to_string(code));
    return HeapType::Func;
  }
  const auto heap = abstract_heap_type(static_cast<uint8_t>(code & 0x7f));
  if (!one_byte || !heap) {
    x_in.malformed(at, "malformed heap type");
    return HeapType::Func;
  }
  x_gate.require(x_in, feature_of(heap->abstract()), at);
  return *heap;
}

BlockType TypeReader::block_type_slow() {
  const uint64_t at = x_in.offset();
  if (simple_val_type(x_in.peek()) != ValType::Bot || is_ref_type_next()) {
    return {BlockType::Kind::Value, val_type(), 0};
  }
  const int64_t index = x_in.s33();
  if (index < 0) {
    x_in.malformed(at, "malformed block type");
    return {};
  }
  x_gate.require(x_in, Feature::MultiValue, at);
  return {BlockType::Kind::Index, {}, static_cast<uint32_t>(index)};
}

void TypeReader::rec_type(std::vector<DefinedType>& types) {
  const auto begin = static_cast<uint32_t>(types.size());
  uint32_t count = 1;
  if (x_in.peek() == kRecType) {
    x_gate.require(x_in, Feature::Gc);
    x_in.byte();
    const uint64_t at = x_in.offset();
    count = x_in.u32();
    if (count > x_limits.types) x_in.fail(ErrorKind::Limit, at, "too many types");
  }
  for (uint32_t i = 0; i < count && x_in.ok(); ++i) {
    types.push_back({.type = sub_type(), .rec_group_begin = begin, .rec_group_end = begin + count});
  }
}

SubType TypeReader::sub_type() {
  SubType result;
  const uint8_t form = x_in.peek();
  if (form == kSubType || form == kSubFinalType) {
    x_gate.require(x_in, Feature::Gc);
    x_in.byte();
    result.is_final = form == kSubFinalType;
    const uint64_t at = x_in.offset();
    const uint32_t supers = x_in.u32();
    if (supers > 1) x_in.fail(ErrorKind::Invalid, at, "sub type has more than one super type");
    if (supers == 1) result.super = x_in.u32();
  }
  result.composite = composite_type();
  return result;
}

CompositeType TypeReader::composite_type() {
  CompositeType result;
  const uint64_t at = x_in.offset();
  const uint8_t form = x_in.byte();
  if (form == kFuncType) {
    result.func = func_type();
    return result;
  }
  if (form != kStructType && form != kArrayType) {
    x_in.malformed(at, "malformed definition type");
    return result;
  }
  if (!x_gate.require(x_in, Feature::Gc, at)) return result;
  uint32_t count = 1;
  result.kind = CompositeType::Kind::Array;
  if (form == kStructType) {
    result.kind = CompositeType::Kind::Struct;
    count = x_in.u32();
    if (count > x_limits.fields) x_in.fail(ErrorKind::Limit, at, "too many fields");
  }
  result.fields.reserve(x_in.reservable(count, 2));
  for (uint32_t i = 0; i < count && x_in.ok(); ++i) result.fields.push_back(field_type());
  return result;
}

std::vector<ValType> TypeReader::val_types(uint32_t max, const char* too_many) {
  std::vector<ValType> result;
  const uint64_t at = x_in.offset();
  const uint32_t count = x_in.u32();
  if (count > max) x_in.fail(ErrorKind::Limit, at, too_many);
  result.reserve(x_in.reservable(count, 1));
  for (uint32_t i = 0; i < count && x_in.ok(); ++i) result.push_back(val_type());
  return result;
}

FuncType TypeReader::func_type() {
  FuncType result;
  result.params = val_types(x_limits.params, "too many parameters");
  const uint64_t at = x_in.offset();
  result.results = val_types(x_limits.results, "too many results");
  if (result.results.size() > 1) x_gate.require(x_in, Feature::MultiValue, at);
  return result;
}

FieldType TypeReader::field_type() {
  FieldType result;
  if (x_in.peek() == kPackedI8 || x_in.peek() == kPackedI16) {
    result.packed = x_in.byte() == kPackedI8 ? FieldType::Packed::I8 : FieldType::Packed::I16;
    result.type = ValType::I32;
  } else {
    result.type = val_type();
  }
  result.is_mutable = mutability();
  return result;
}

bool TypeReader::mutability() {
  const uint64_t at = x_in.offset();
  const uint8_t flag = x_in.byte();
  if (flag > 1) x_in.malformed(at, "malformed mutability");
  return flag == 1;
}

// 64-bit limits, and in the grammar of 3.0 32-bit ones too, are u64; a module that can't use the
// proposal gets the stricter u32 of 2.0.
Limits TypeReader::limits(uint8_t flags) {
  const bool wide = x_gate.enabled.has(Feature::Memory64);
  Limits result;
  result.min = wide ? x_in.u64() : x_in.u32();
  if (flags & kLimitsMax) result.max = wide ? x_in.u64() : x_in.u32();
  return result;
}

TableType TypeReader::table_type() {
  TableType result;
  // The first version has tables, but no references.
  if (x_in.peek() == HeapType::Func) {
    x_in.byte();
    result.element = ValType::ref(HeapType::Func, true);
  } else {
    result.element = ref_type();
  }
  const uint64_t at = x_in.offset();
  const uint8_t flags = x_in.byte();
  if (flags & ~(kLimitsMax | kLimits64)) {
    x_in.malformed(at, "malformed limits flags");
    return result;
  }
  if (flags & kLimits64) {
    x_gate.require(x_in, Feature::Memory64, at);
    result.index = IndexType::I64;
  }
  result.limits = limits(flags);
  return result;
}

MemoryType TypeReader::memory_type() {
  MemoryType result;
  const uint64_t at = x_in.offset();
  const uint8_t flags = x_in.byte();
  if (flags & ~(kLimitsMax | kLimitsShared | kLimits64 | kLimitsPageSize)) {
    x_in.malformed(at, "malformed limits flags");
    return result;
  }
  if (flags & kLimitsShared) {
    x_gate.require(x_in, Feature::Threads, at);
    result.shared = true;
  }
  if (flags & kLimits64) {
    x_gate.require(x_in, Feature::Memory64, at);
    result.index = IndexType::I64;
  }
  result.limits = limits(flags);
  if (flags & kLimitsPageSize) {
    x_gate.require(x_in, Feature::CustomPageSizes, at);
    const uint64_t size_at = x_in.offset();
    result.page_bytes_log2 = x_in.u32();
    if (result.page_bytes_log2 > 64) x_in.malformed(size_at, "invalid custom page size");
  }
  return result;
}

GlobalType TypeReader::global_type() {
  GlobalType result;
  result.type = val_type();
  result.is_mutable = mutability();
  return result;
}

TagType TypeReader::tag_type() {
  const uint64_t at = x_in.offset();
  if (x_in.byte() != 0) x_in.malformed(at, "malformed tag attribute");
  return {x_in.u32()};
}

}  // namespace weft::interp
