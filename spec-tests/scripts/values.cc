#include "spec-tests/scripts/values.h"

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace weft::spectest {

namespace {

// The bits of lane `index` of `count` in 128 bits, or of a scalar in its lowest bytes.
uint64_t lane_bits(const V128& bits, std::size_t lane_bytes, std::size_t index) {
  uint64_t value = 0;
  std::memcpy(&value, bits.bytes.data() + index * lane_bytes, lane_bytes);
  return value;
}

bool lane_matches(const Lane& lane, uint64_t bits, std::size_t lane_bytes) {
  if (lane.kind == Lane::Kind::Bits) return lane.bits == bits;
  const bool wide = lane_bytes == 8;
  const uint64_t infinity = wide ? 0x7ff0'0000'0000'0000 : 0x7f80'0000;
  const uint64_t quiet = wide ? 0x0008'0000'0000'0000 : 0x0040'0000;
  const uint64_t sign = wide ? uint64_t{1} << 63 : uint64_t{1} << 31;
  if (lane.kind == Lane::Kind::CanonicalNan) return (bits & ~sign) == (infinity | quiet);
  return (bits & (infinity | quiet)) == (infinity | quiet);
}

std::optional<ValType::Kind> number_kind(Pattern::Kind kind) {
  switch (kind) {
    case Pattern::Kind::I32:
      return ValType::Kind::I32;
    case Pattern::Kind::I64:
      return ValType::Kind::I64;
    case Pattern::Kind::F32:
      return ValType::Kind::F32;
    case Pattern::Kind::F64:
      return ValType::Kind::F64;
    case Pattern::Kind::V128:
      return ValType::Kind::V128;
    default:
      return std::nullopt;
  }
}

std::size_t bytes_of(ValType::Kind kind) {
  switch (kind) {
    case ValType::Kind::I32:
    case ValType::Kind::F32:
      return 4;
    case ValType::Kind::V128:
      return 16;
    default:
      return 8;
  }
}

// The top of the hierarchy that a heap type is in.
HeapKind top_of(HeapType heap) {
  switch (heap.kind == HeapKind::Concrete ? heap.hierarchy : heap.kind) {
    case HeapKind::Func:
    case HeapKind::NoFunc:
      return HeapKind::Func;
    case HeapKind::Extern:
    case HeapKind::NoExtern:
      return HeapKind::Extern;
    case HeapKind::Exn:
    case HeapKind::NoExn:
      return HeapKind::Exn;
    default:
      return HeapKind::Any;
  }
}

std::optional<HeapKind> heap_named(std::string_view name) {
  constexpr std::pair<std::string_view, HeapKind> kNames[] = {
      {"func", HeapKind::Func},     {"extern", HeapKind::Extern},     {"any", HeapKind::Any},
      {"eq", HeapKind::Eq},         {"i31", HeapKind::I31},           {"struct", HeapKind::Struct},
      {"array", HeapKind::Array},   {"exn", HeapKind::Exn},           {"none", HeapKind::None},
      {"nofunc", HeapKind::NoFunc}, {"noextern", HeapKind::NoExtern}, {"noexn", HeapKind::NoExn},
  };
  for (const auto& [text, kind] : kNames) {
    if (text == name) return kind;
  }
  return std::nullopt;
}

bool reference_matches(const Pattern& pattern, const Ref& ref, const HostObjects& objects) {
  const std::optional<HeapKind> heap = heap_named(pattern.heap);
  if (!pattern.heap.empty() && (!heap || top_of(*heap) != top_of(ref.heap()))) return false;
  if (pattern.kind == Pattern::Kind::Null) return ref.is_null();
  if (ref.is_null()) return false;
  if (pattern.kind == Pattern::Kind::Host) {
    return objects.number_of(ref) == pattern.host;
  }
  return !heap || is_subtype(ref.heap(), *heap);
}

}  // namespace

ExternRef HostObjects::get(uint32_t number) {
  const auto found = x_objects.find(number);
  if (found != x_objects.end()) return found->second;
  return x_objects.emplace(number, ExternRef::make<Object>(x_store, Object{number})).first->second;
}

std::optional<Ref> HostObjects::get(uint32_t number, std::string_view heap) {
  if (heap == "extern") return Ref(get(number));
  if (heap != "any") return std::nullopt;
  Result<AnyRef> object = AnyRef::from_extern(x_store, get(number));
  if (!object) return std::nullopt;
  return Ref(*object);
}

std::optional<uint32_t> HostObjects::number_of(const Ref& object) const {
  ExternRef host = object.externref();
  if (const AnyRef inner = object.anyref(); !inner.is_null()) {
    Result<ExternRef> outer = inner.to_extern(x_store);
    if (outer) host = std::move(*outer);
  }
  if (host.is_null()) return std::nullopt;
  const Result<Object*> found = host.get<Object>(x_store);
  if (!found) return std::nullopt;
  return (*found)->number;
}

std::optional<Val> to_val(const Pattern& pattern, HostObjects& objects) {
  if (const std::optional<ValType::Kind> kind = number_kind(pattern.kind)) {
    V128 bits;
    const std::size_t lane_bytes = bytes_of(*kind) / pattern.lanes.size();
    for (std::size_t i = 0; i < pattern.lanes.size(); i++) {
      std::memcpy(bits.bytes.data() + i * lane_bytes, &pattern.lanes[i].bits, lane_bytes);
    }
    switch (*kind) {
      case ValType::Kind::I32:
        return Val(static_cast<uint32_t>(lane_bits(bits, 4, 0)));
      case ValType::Kind::I64:
        return Val(lane_bits(bits, 8, 0));
      case ValType::Kind::F32:
        return Val::f32_bits(static_cast<uint32_t>(lane_bits(bits, 4, 0)));
      case ValType::Kind::F64:
        return Val::f64_bits(lane_bits(bits, 8, 0));
      default:
        return Val(bits);
    }
  }
  if (pattern.kind == Pattern::Kind::Null) {
    const std::optional<HeapKind> heap = heap_named(pattern.heap);
    if (!heap) return std::nullopt;
    return Val(Ref::null(*heap));
  }
  if (pattern.kind != Pattern::Kind::Host) return std::nullopt;
  std::optional<Ref> object = objects.get(pattern.host, pattern.heap);
  if (!object) return std::nullopt;
  return Val(std::move(*object));
}

bool matches(const Pattern& pattern, const Val& value, const HostObjects& objects) {
  if (pattern.kind == Pattern::Kind::Either) {
    for (const Pattern& choice : pattern.choices) {
      if (matches(choice, value, objects)) return true;
    }
    return false;
  }
  const std::optional<ValType::Kind> kind = number_kind(pattern.kind);
  if (!kind)
    return value.kind() == ValType::Kind::Ref && reference_matches(pattern, value.ref(), objects);
  if (value.kind() != *kind) return false;
  const V128 bits = value.bits();
  const std::size_t lane_bytes = pattern.lanes.empty() ? 0 : bytes_of(*kind) / pattern.lanes.size();
  for (std::size_t i = 0; i < pattern.lanes.size(); i++) {
    if (!lane_matches(pattern.lanes[i], lane_bits(bits, lane_bytes, i), lane_bytes)) return false;
  }
  return true;
}

bool matches(const std::vector<Pattern>& patterns, const std::vector<Val>& values,
             const HostObjects& objects) {
  if (patterns.size() != values.size()) return false;
  for (std::size_t i = 0; i < patterns.size(); i++) {
    if (!matches(patterns[i], values[i], objects)) return false;
  }
  return true;
}

std::string to_string(const Val& value, const Pattern* like, const HostObjects& objects) {
  if (value.kind() == ValType::Kind::Ref) {
    const Ref ref = value.ref();
    if (const std::optional<uint32_t> number = objects.number_of(ref)) {
      const bool is_extern = top_of(ref.heap()) == HeapKind::Extern;
      return (is_extern ? "host extern " : "host any ") + std::to_string(*number);
    }
    return (ref.is_null() ? "null " : "a non-null ") + weft::to_string(ref.heap());
  }
  while (like != nullptr && like->kind == Pattern::Kind::Either) {
    like = like->choices.empty() ? nullptr : &like->choices.front();
  }
  Pattern shown;
  std::size_t count = 1;
  switch (value.kind()) {
    case ValType::Kind::I32:
      shown.kind = Pattern::Kind::I32;
      break;
    case ValType::Kind::I64:
      shown.kind = Pattern::Kind::I64;
      break;
    case ValType::Kind::F32:
      shown.kind = Pattern::Kind::F32;
      shown.float_lanes = true;
      break;
    case ValType::Kind::F64:
      shown.kind = Pattern::Kind::F64;
      shown.float_lanes = true;
      break;
    default: {
      const bool known = like != nullptr && like->kind == Pattern::Kind::V128;
      shown.kind = Pattern::Kind::V128;
      shown.float_lanes = known && like->float_lanes;
      count = known ? like->lanes.size() : 4;
      break;
    }
  }
  const std::size_t lane_bytes = bytes_of(value.kind()) / count;
  for (std::size_t i = 0; i < count; i++) {
    shown.lanes.push_back({Lane::Kind::Bits, lane_bits(value.bits(), lane_bytes, i)});
  }
  return to_string(shown);
}

std::string to_string(const std::vector<Val>& values, const std::vector<Pattern>& like,
                      const HostObjects& objects) {
  std::string text = "(";
  for (std::size_t i = 0; i < values.size(); i++) {
    if (i != 0) text += ", ";
    text += to_string(values[i], i < like.size() ? &like[i] : nullptr, objects);
  }
  return text + ")";
}

}  // namespace weft::spectest
