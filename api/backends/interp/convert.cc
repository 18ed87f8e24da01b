#include "api/backends/interp/convert.h"

#include <array>
#include <optional>
#include <utility>

#include "weft/exnref.hpp"

namespace weft::backends {

namespace {

// --- Features ---

struct FeatureRow {
  interp::Feature feature;
  bool Features::* field;
};

constexpr auto kFeatures = std::to_array<FeatureRow>({
    {interp::Feature::SignExtension, &Features::sign_extension},
    {interp::Feature::NontrappingFptoint, &Features::nontrapping_fptoint},
    {interp::Feature::MultiValue, &Features::multi_value},
    {interp::Feature::MutableGlobals, &Features::mutable_globals},
    {interp::Feature::BulkMemory, &Features::bulk_memory},
    {interp::Feature::ReferenceTypes, &Features::reference_types},
    {interp::Feature::Simd, &Features::simd},
    {interp::Feature::ExtendedConst, &Features::extended_const},
    {interp::Feature::TailCall, &Features::tail_call},
    {interp::Feature::FunctionReferences, &Features::function_references},
    {interp::Feature::Gc, &Features::gc},
    {interp::Feature::Exceptions, &Features::exceptions},
    {interp::Feature::Memory64, &Features::memory64},
    {interp::Feature::MultiMemory, &Features::multi_memory},
    {interp::Feature::RelaxedSimd, &Features::relaxed_simd},
    {interp::Feature::LegacyExceptions, &Features::legacy_exceptions},
    {interp::Feature::Threads, &Features::threads},
    {interp::Feature::CustomPageSizes, &Features::custom_page_sizes},
    {interp::Feature::WideArithmetic, &Features::wide_arithmetic},
});
static_assert(kFeatures.size() * sizeof(bool) == sizeof(Features), "every switch has a row");

// --- Heap types ---

struct HeapRow {
  interp::HeapType::Abstract code;
  HeapKind kind;
};

constexpr auto kHeapTypes = std::to_array<HeapRow>({
    {interp::HeapType::Func, HeapKind::Func},
    {interp::HeapType::Extern, HeapKind::Extern},
    {interp::HeapType::Any, HeapKind::Any},
    {interp::HeapType::Eq, HeapKind::Eq},
    {interp::HeapType::I31, HeapKind::I31},
    {interp::HeapType::Struct, HeapKind::Struct},
    {interp::HeapType::Array, HeapKind::Array},
    {interp::HeapType::None, HeapKind::None},
    {interp::HeapType::NoFunc, HeapKind::NoFunc},
    {interp::HeapType::NoExtern, HeapKind::NoExtern},
    {interp::HeapType::Exn, HeapKind::Exn},
    {interp::HeapType::NoExn, HeapKind::NoExn},
});
static_assert(kHeapTypes.size() == static_cast<std::size_t>(HeapKind::Concrete));

HeapKind kind_of(const interp::SubType& type) {
  using Kind = interp::CompositeType::Kind;
  if (type.composite.kind == Kind::Func) return HeapKind::Func;
  return type.composite.kind == Kind::Struct ? HeapKind::Struct : HeapKind::Array;
}

HeapType public_type(interp::HeapType type, const interp::TypeRegistry& types) {
  if (type.is_index()) {
    return HeapType::concrete(type.index(), kind_of(types.type(type.index())));
  }
  for (const HeapRow& row : kHeapTypes) {
    if (row.code == type.abstract()) return row.kind;
  }
  return HeapKind::Any;
}

Result<interp::HeapType> interp_type(const HeapType& type, const interp::TypeRegistry& types) {
  for (const HeapRow& row : kHeapTypes) {
    if (row.kind == type.kind) return row.code;
  }
  if (type.index >= types.size() || kind_of(types.type(type.index)) != type.hierarchy) {
    return fail(Errc::type_mismatch, "the engine has no such type: " + to_string(type));
  }
  return interp::HeapType::of_index(type.index);
}

// --- Traps ---

// Nothing for those that are no traps to the public.
constexpr std::optional<TrapCode> public_trap(interp::TrapCode code) {
  using From = interp::TrapCode;
  switch (code) {
    case From::None:
    case From::OutOfFuel:
    case From::Interrupted:
    case From::UncaughtException:
    case From::HostError:
      break;
    case From::Unreachable:
      return TrapCode::Unreachable;
    case From::IntegerDivideByZero:
      return TrapCode::IntegerDivideByZero;
    case From::IntegerOverflow:
      return TrapCode::IntegerOverflow;
    case From::InvalidConversionToInteger:
      return TrapCode::InvalidConversionToInteger;
    case From::OutOfBoundsMemoryAccess:
      return TrapCode::MemoryOutOfBounds;
    case From::OutOfBoundsTableAccess:
      return TrapCode::TableOutOfBounds;
    case From::UndefinedElement:
      return TrapCode::UndefinedElement;
    case From::UninitializedElement:
      return TrapCode::UninitializedElement;
    case From::IndirectCallTypeMismatch:
      return TrapCode::IndirectCallTypeMismatch;
    case From::NullReference:
      return TrapCode::NullReference;
    case From::NullFunctionReference:
      return TrapCode::NullFunctionReference;
    case From::NullStructReference:
      return TrapCode::NullStructureReference;
    case From::NullArrayReference:
      return TrapCode::NullArrayReference;
    case From::NullI31Reference:
      return TrapCode::NullI31Reference;
    case From::NullExceptionReference:
      return TrapCode::NullExceptionReference;
    case From::OutOfBoundsArrayAccess:
      return TrapCode::ArrayOutOfBounds;
    case From::CastFailure:
      return TrapCode::CastFailure;
    case From::UnalignedAtomic:
      return TrapCode::UnalignedAtomic;
    case From::ExpectedSharedMemory:
      return TrapCode::ExpectedSharedMemory;
    case From::CallStackExhausted:
      return TrapCode::CallStackExhausted;
    case From::AllocationFailure:
      return TrapCode::OutOfMemory;
  }
  return std::nullopt;
}

// One to one: each public code comes from exactly one of the interpreter's.
constexpr bool traps_are_one_to_one() {
  std::array<int, kTrapCodeCount> times{};
#define WEFT_TRAP_CODE(Id, text) \
  if (const auto code = public_trap(interp::TrapCode::Id)) ++times[static_cast<std::size_t>(*code)];
  WEFT_TRAP_CODES(WEFT_TRAP_CODE)
#undef WEFT_TRAP_CODE
  for (const int count : times) {
    if (count != 1) return false;
  }
  return true;
}
static_assert(traps_are_one_to_one());

Errc public_code(interp::ErrorKind kind) {
  switch (kind) {
    case interp::ErrorKind::Malformed:
      return Errc::malformed;
    case interp::ErrorKind::Invalid:
      return Errc::invalid;
    case interp::ErrorKind::Unsupported:
      return Errc::unsupported;
    case interp::ErrorKind::Unlinkable:
      return Errc::link;
    case interp::ErrorKind::Limit:
    case interp::ErrorKind::Exhausted:
      break;
  }
  return Errc::limit;
}

static_assert(public_kind(interp::ExternKind::Func) == ExternKind::Func);
static_assert(public_kind(interp::ExternKind::Table) == ExternKind::Table);
static_assert(public_kind(interp::ExternKind::Memory) == ExternKind::Memory);
static_assert(public_kind(interp::ExternKind::Global) == ExternKind::Global);
static_assert(public_kind(interp::ExternKind::Tag) == ExternKind::Tag);

IndexType public_index(interp::IndexType index) {
  return index == interp::IndexType::I64 ? IndexType::I64 : IndexType::I32;
}

interp::IndexType interp_index(IndexType index) {
  return index == IndexType::I64 ? interp::IndexType::I64 : interp::IndexType::I32;
}

}  // namespace

interp::FeatureSet supported_features(const Features& features) {
  interp::FeatureSet set{interp::Feature::Mvp};
  for (const FeatureRow& row : kFeatures) {
    if (features.*row.field && interp::kSupportedFeatures.has(row.feature)) set.add(row.feature);
  }
  return set;
}

Features public_features(interp::FeatureSet set) {
  Features features = Features::none();
  for (const FeatureRow& row : kFeatures) features.*row.field = set.has(row.feature);
  return features;
}

ValType public_type(interp::ValType type, const interp::TypeRegistry& types) {
  switch (type.kind()) {
    case interp::ValType::Bot:
    case interp::ValType::I32:
      return ValType::I32;
    case interp::ValType::I64:
      return ValType::I64;
    case interp::ValType::F32:
      return ValType::F32;
    case interp::ValType::F64:
      return ValType::F64;
    case interp::ValType::V128:
      return ValType::V128;
    case interp::ValType::Ref:
    case interp::ValType::RefNull:
      break;
  }
  return ValType::ref(public_type(type.heap(), types), type.is_nullable());
}

FuncType public_type(const interp::FuncType& type, const interp::TypeRegistry& types) {
  const auto list = [&types](const std::vector<interp::ValType>& from) {
    std::vector<ValType> to;
    to.reserve(from.size());
    for (const interp::ValType value : from) to.push_back(public_type(value, types));
    return to;
  };
  return {list(type.params), list(type.results)};
}

TableType public_type(const interp::TableType& type, const interp::TypeRegistry& types) {
  return {.element = public_type(type.element, types),
          .limits = {type.limits.min, type.limits.max},
          .index = public_index(type.index)};
}

GlobalType public_type(const interp::GlobalType& type, const interp::TypeRegistry& types) {
  return {.content = public_type(type.type, types),
          .mutability = type.is_mutable ? Mutability::Var : Mutability::Const};
}

MemoryType public_type(const interp::MemoryType& type) {
  return {.limits = {type.limits.min, type.limits.max},
          .index = public_index(type.index),
          .shared = type.shared,
          .page_size_log2 = static_cast<std::uint8_t>(type.page_bytes_log2)};
}

Result<interp::ValType> interp_type(const ValType& type, const interp::TypeRegistry& types) {
  switch (type.kind()) {
    case ValType::Kind::I32:
      return interp::ValType::I32;
    case ValType::Kind::I64:
      return interp::ValType::I64;
    case ValType::Kind::F32:
      return interp::ValType::F32;
    case ValType::Kind::F64:
      return interp::ValType::F64;
    case ValType::Kind::V128:
      return interp::ValType::V128;
    case ValType::Kind::Ref:
      break;
  }
  const Result<interp::HeapType> heap = interp_type(type.heap(), types);
  if (!heap) return std::unexpected<Error>(heap.error());
  return interp::ValType::ref(*heap, type.is_nullable());
}

Result<interp::FuncType> interp_type(const FuncType& type, const interp::TypeRegistry& types) {
  interp::FuncType result;
  const auto append = [&types](std::span<const ValType> from,
                               std::vector<interp::ValType>& to) -> Result<void> {
    to.reserve(from.size());
    for (const ValType& value : from) {
      Result<interp::ValType> converted = interp_type(value, types);
      if (!converted) return std::unexpected<Error>(std::move(converted).error());
      to.push_back(*converted);
    }
    return {};
  };
  Result<void> done = append(type.params(), result.params);
  if (done) done = append(type.results(), result.results);
  if (!done) return std::unexpected<Error>(std::move(done).error());
  return result;
}

Result<interp::TableType> interp_type(const TableType& type, const interp::TypeRegistry& types) {
  Result<interp::ValType> element = interp_type(type.element, types);
  if (!element) return std::unexpected<Error>(std::move(element).error());
  return interp::TableType{.limits = {type.limits.min, type.limits.max},
                           .index = interp_index(type.index),
                           .element = *element};
}

Result<interp::GlobalType> interp_type(const GlobalType& type, const interp::TypeRegistry& types) {
  Result<interp::ValType> content = interp_type(type.content, types);
  if (!content) return std::unexpected<Error>(std::move(content).error());
  return interp::GlobalType{.type = *content, .is_mutable = type.mutability == Mutability::Var};
}

namespace {

std::unexpected<Error> no_subtype(std::string_view why) {
  return fail(Errc::type_mismatch, "the supertype " + std::string(why));
}

// Spec 3.0, 3.2.9 "Sub Types".
Result<void> check_super(const interp::SubType& type, const HeapType& super,
                         const interp::TypeRegistry& types) {
  const interp::SubType& above = types.type(super.index);
  if (above.is_final) return no_subtype("is final");
  if (!interp::matches(type.composite, above.composite, types)) {
    return no_subtype("has other fields");
  }
  return {};
}

}  // namespace

Result<interp::SubType> interp_type(const detail::TypeInfo& info,
                                    const interp::TypeRegistry& types) {
  using Kind = interp::CompositeType::Kind;
  interp::SubType type;
  type.is_final = info.is_final;
  type.composite.kind = info.heap.hierarchy == HeapKind::Struct ? Kind::Struct : Kind::Array;
  type.composite.fields.reserve(info.fields.size());
  for (const FieldType& field : info.fields) {
    Result<interp::ValType> value = interp_type(field.storage.value(), types);
    if (!value) return std::unexpected<Error>(std::move(value).error());
    using Packed = interp::FieldType::Packed;
    const unsigned packed = field.storage.packed_bytes();
    type.composite.fields.push_back({
        .type = *value,
        .packed = packed == 0   ? Packed::No
                  : packed == 1 ? Packed::I8
                                : Packed::I16,
        .is_mutable = field.mutability == Mutability::Var,
    });
  }
  if (!info.super) return type;
  if (info.super->kind != HeapKind::Concrete) return no_subtype("is abstract");
  if (auto known = interp_type(*info.super, types); !known) {
    return std::unexpected<Error>(std::move(known).error());
  }
  if (auto ok = check_super(type, *info.super, types); !ok) {
    return std::unexpected<Error>(std::move(ok).error());
  }
  type.super = info.super->index;
  return type;
}

detail::TypeInfo public_type(interp::TypeId id, const interp::TypeRegistry& types) {
  const interp::SubType& type = types.type(id);
  detail::TypeInfo info;
  info.heap = HeapType::concrete(id, kind_of(type));
  info.is_final = type.is_final;
  if (type.super) info.super = public_type(interp::HeapType::of_index(*type.super), types);
  info.func = public_type(type.composite.func, types);
  info.fields.reserve(type.composite.fields.size());
  for (const interp::FieldType& field : type.composite.fields) {
    using Packed = interp::FieldType::Packed;
    const StorageType storage = field.packed == Packed::I8    ? StorageType::I8
                                : field.packed == Packed::I16 ? StorageType::I16
                                                              : public_type(field.type, types);
    info.fields.push_back({storage, field.is_mutable ? Mutability::Var : Mutability::Const});
  }
  return info;
}

Result<interp::MemoryType> interp_type(const MemoryType& type) {
  return interp::MemoryType{.limits = {type.limits.min, type.limits.max},
                            .index = interp_index(type.index),
                            .shared = type.shared,
                            .page_bytes_log2 = type.page_size_log2};
}

Error public_error(const interp::Error& error) {
  Error result(public_code(error.kind()), error.message());
  if (error.offset() != interp::Error::kNoOffset) result.set_byte_offset(error.offset());
  return result;
}

Error trap_error(interp::TrapCode code) {
  if (const std::optional<TrapCode> trap = public_trap(code)) return Error::trap(*trap);
  const std::string text(interp::text_of(code));
  if (code == interp::TrapCode::OutOfFuel) return {Errc::out_of_fuel, text};
  if (code == interp::TrapCode::Interrupted) return {Errc::interrupted, text};
  if (code == interp::TrapCode::UncaughtException) return Error::from_exnref({});
  return {Errc::host, text};
}

}  // namespace weft::backends
