#include "weft/value.hpp"

#include <array>
#include <cstddef>

#include "api/cpp/store_state.h"
#include "interp/core/float_text.h"
#include "weft/func.hpp"

namespace weft {

namespace {

// Spec 3.0, 3.3.3 "Heap Types": each abstract type with the one right above it (itself at the top)
// and the top of its hierarchy.
struct HeapRow {
  std::string_view name;
  std::string_view null_name;  // the shorthand for (ref null T), where it isn't the name + "ref"
  HeapKind above;
  HeapKind top;
};

constexpr auto kHeapRows = std::to_array<HeapRow>({
    {"func", {}, HeapKind::Func, HeapKind::Func},
    {"extern", {}, HeapKind::Extern, HeapKind::Extern},
    {"any", {}, HeapKind::Any, HeapKind::Any},
    {"eq", {}, HeapKind::Any, HeapKind::Any},
    {"i31", {}, HeapKind::Eq, HeapKind::Any},
    {"struct", {}, HeapKind::Eq, HeapKind::Any},
    {"array", {}, HeapKind::Eq, HeapKind::Any},
    {"none", "nullref", HeapKind::None, HeapKind::Any},
    {"nofunc", "nullfuncref", HeapKind::NoFunc, HeapKind::Func},
    {"noextern", "nullexternref", HeapKind::NoExtern, HeapKind::Extern},
    {"exn", {}, HeapKind::Exn, HeapKind::Exn},
    {"noexn", "nullexnref", HeapKind::NoExn, HeapKind::Exn},
});
static_assert(kHeapRows.size() == static_cast<std::size_t>(HeapKind::Concrete));

const HeapRow& row(HeapKind kind) { return kHeapRows[static_cast<std::size_t>(kind)]; }

// The types below every other of their hierarchy.
bool is_bottom(HeapKind kind) {
  return kind == HeapKind::None || kind == HeapKind::NoFunc || kind == HeapKind::NoExtern ||
         kind == HeapKind::NoExn;
}

std::string ref_text(const Ref& ref) {
  if (ref.is_null()) return "null";
  if (const Result<I31> number = ref.as<I31>()) return std::to_string(number->value());
  return "ref";
}

}  // namespace

namespace detail {

HeapKind top_of(HeapType type) noexcept {
  return row(type.kind == HeapKind::Concrete ? type.hierarchy : type.kind).top;
}

}  // namespace detail

bool is_subtype(HeapType sub, HeapType super) noexcept {
  if (sub == super) return true;
  if (detail::top_of(sub) != detail::top_of(super)) return false;
  if (is_bottom(sub.kind)) return true;
  if (super.kind == HeapKind::Concrete) return false;
  HeapKind kind = sub.kind == HeapKind::Concrete ? sub.hierarchy : sub.kind;
  while (kind != super.kind) {
    const HeapKind above = row(kind).above;
    if (above == kind) return false;
    kind = above;
  }
  return true;
}

bool is_subtype(const ValType& sub, const ValType& super) noexcept {
  if (sub == super) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.is_nullable() && !super.is_nullable()) return false;
  return is_subtype(sub.heap(), super.heap());
}

std::string to_string(const HeapType& type) {
  if (type.kind == HeapKind::Concrete) return std::to_string(type.index);
  return std::string(row(type.kind).name);
}

std::string to_string(const ValType& type) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"i32", "i64", "f32", "f64", "v128"});
  if (!type.is_ref()) return std::string(kNames[static_cast<std::size_t>(type.kind())]);
  if (type.is_nullable() && type.heap().kind != HeapKind::Concrete) {
    const std::string_view name = row(type.heap().kind).null_name;
    return name.empty() ? to_string(type.heap()) + "ref" : std::string(name);
  }
  return std::string(type.is_nullable() ? "(ref null " : "(ref ") + to_string(type.heap()) + ")";
}

Ref::Ref(const Func& func) {
  if (const detail::Handle handle = detail::Access::handle(func); handle.store != 0) item_ = handle;
}

std::optional<Func> Ref::func() const {
  const auto* handle = std::get_if<detail::Handle>(&item_);
  if (handle == nullptr) return std::nullopt;
  return detail::Access::make<Func>(*handle);
}

Val Val::f32_bits(std::uint32_t bits) {
  Val value;
  value.kind_ = ValType::Kind::F32;
  std::memcpy(value.bits_.bytes.data(), &bits, sizeof bits);
  return value;
}

Val Val::f64_bits(std::uint64_t bits) {
  Val value;
  value.kind_ = ValType::Kind::F64;
  std::memcpy(value.bits_.bytes.data(), &bits, sizeof bits);
  return value;
}

Val Val::zero(const ValType& type) {
  Val value;
  value.kind_ = type.kind();
  if (type.is_ref()) value.ref_ = Ref::null(type.heap());
  return value;
}

ValType Val::type() const {
  return kind_ == ValType::Kind::Ref ? ValType::ref(ref_.heap(), ref_.is_null()) : ValType(kind_);
}

std::unexpected<Error> Val::wrong_kind() const {
  return fail(Errc::type_mismatch, "the value is of type " + to_string(type()));
}

std::string to_string(const Val& value) {
  std::string text = to_string(value.type()) + ":";
  switch (value.kind()) {
    case ValType::Kind::I32:
      return text + std::to_string(*value.get<std::int32_t>());
    case ValType::Kind::I64:
      return text + std::to_string(*value.get<std::int64_t>());
    case ValType::Kind::F32:
      return text + interp::float_text(*value.get<float>());
    case ValType::Kind::F64:
      return text + interp::float_text(*value.get<double>());
    case ValType::Kind::V128: {
      const V128 bits = value.bits();
      text += "0x";
      for (std::size_t i = bits.bytes.size(); i-- > 0;) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        text += kDigits[bits.bytes[i] >> 4];
        text += kDigits[bits.bytes[i] & 15];
      }
      return text;
    }
    case ValType::Kind::Ref:
      return text + ref_text(*value.get<Ref>());
  }
  return text;
}

}  // namespace weft
