// Types of <wasm.h>, and how Weft's become theirs.
#include <algorithm>
#include <limits>

#include "api/c/objects.h"
#include "api/c/vectors.h"

using weft::c::from_c;
using weft::c::guard;
using weft::c::kind_of;
using weft::c::new_externtype;
using weft::c::Taken;
using weft::c::to_c;
using weft::c::type_of;

namespace weft::c {

wasm_valkind_t kind_of(const ValType& type) noexcept {
  switch (type.kind()) {
    case ValType::Kind::I32:
      return WASM_I32;
    case ValType::Kind::I64:
      return WASM_I64;
    case ValType::Kind::F32:
      return WASM_F32;
    case ValType::Kind::F64:
      return WASM_F64;
    case ValType::Kind::V128:
      return kV128;
    case ValType::Kind::Ref:
      break;
  }
  if (is_subtype(type.heap(), HeapKind::Func)) return WASM_FUNCREF;
  if (is_subtype(type.heap(), HeapKind::Extern)) return WASM_EXTERNREF;
  return is_subtype(type.heap(), HeapKind::Exn) ? kExnRef : kAnyRef;
}

std::optional<ValType> type_of(wasm_valkind_t kind) noexcept {
  switch (kind) {
    case WASM_I32:
      return ValType::I32;
    case WASM_I64:
      return ValType::I64;
    case WASM_F32:
      return ValType::F32;
    case WASM_F64:
      return ValType::F64;
    case WASM_EXTERNREF:
      return ValType::ExternRef;
    case WASM_FUNCREF:
      return ValType::FuncRef;
    case kV128:
      return ValType::V128;
    case kAnyRef:
      return ValType::AnyRef;
    case kExnRef:
      return ValType::ExnRef;
    default:
      return std::nullopt;
  }
}

wasm_limits_t to_c(const Limits& limits) noexcept {
  const auto narrow = [](std::uint64_t n) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(n, wasm_limits_max_default));
  };
  return {narrow(limits.min), narrow(limits.max.value_or(wasm_limits_max_default))};
}

Limits from_c(const wasm_limits_t& limits) noexcept {
  Limits out{.min = limits.min};
  if (limits.max != wasm_limits_max_default) out.max = limits.max;
  return out;
}

namespace {

struct MakeExternType {
  std::unique_ptr<wasm_externtype_t> operator()(const FuncType& type) const {
    return std::make_unique<wasm_functype_t>(type);
  }
  std::unique_ptr<wasm_externtype_t> operator()(const TableType& type) const {
    return std::make_unique<wasm_tabletype_t>(type);
  }
  std::unique_ptr<wasm_externtype_t> operator()(const MemoryType& type) const {
    return std::make_unique<wasm_memorytype_t>(type);
  }
  std::unique_ptr<wasm_externtype_t> operator()(const GlobalType& type) const {
    return std::make_unique<wasm_globaltype_t>(type);
  }
  std::unique_ptr<wasm_externtype_t> operator()(const TagType& type) const {
    return std::make_unique<wasm_tagtype_t>(type);
  }
};

// The kinds of ExternKind in <wasm.h>'s order.
constexpr std::array<wasm_externkind_t, 5> kExternKinds{
    WASM_EXTERN_FUNC, WASM_EXTERN_TABLE, WASM_EXTERN_MEMORY, WASM_EXTERN_GLOBAL, WASM_EXTERN_TAG};

}  // namespace

wasm_externkind_t kind_of(ExternKind kind) noexcept {
  return kExternKinds.at(static_cast<std::size_t>(kind));
}

std::unique_ptr<wasm_externtype_t> new_externtype(const ExternType& type) {
  return std::visit(MakeExternType{}, type);
}

}  // namespace weft::c

wasm_functype_t::wasm_functype_t(weft::FuncType of) : func(std::move(of)) {
  for (const weft::ValType& type : func.params()) types_.push_back({type});
  for (const weft::ValType& type : func.results()) types_.push_back({type});
  for (wasm_valtype_t& type : types_) pointers_.push_back(&type);
  params = {func.params().size(), pointers_.data()};
  results = {func.results().size(), pointers_.data() + func.params().size()};
}

wasm_tabletype_t::wasm_tabletype_t(const weft::TableType& of)
    : table(of), element{of.element}, limits(to_c(of.limits)) {}

wasm_memorytype_t::wasm_memorytype_t(const weft::MemoryType& of)
    : memory(of), limits(to_c(of.limits)) {}

namespace {

// The types of a vector, which is deleted; nothing if one is missing.
std::optional<std::vector<weft::ValType>> take_types(wasm_valtype_vec_t* vec) {
  const Taken<wasm_valtype_vec_t> taken(vec);
  std::vector<weft::ValType> types;
  for (const wasm_valtype_t* type : taken.items()) {
    if (type == nullptr) return std::nullopt;
    types.push_back(type->type);
  }
  return types;
}

std::string take_name(wasm_name_t* name) {
  const Taken<wasm_name_t> taken(name);
  return {taken.items().begin(), taken.items().end()};
}

}  // namespace

// All of a kind: delete, copy and casts.
#define WEFT_C_TYPE(name)                                                                 \
  void wasm_##name##_delete(wasm_##name##_t* type) { delete type; }                       \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* type) {                      \
    return guard([&] { return type == nullptr ? nullptr : new wasm_##name##_t(*type); }); \
  }
#define WEFT_C_EXTERN_TYPE(name)                                                            \
  WEFT_C_TYPE(name)                                                                         \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* type) { return type; }    \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* type) { \
    return type;                                                                            \
  }                                                                                         \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* type) {                     \
    return dynamic_cast<wasm_##name##_t*>(type);                                            \
  }                                                                                         \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* type) { \
    return dynamic_cast<const wasm_##name##_t*>(type);                                      \
  }

WEFT_C_TYPE(valtype)
WEFT_C_EXTERN_TYPE(functype)
WEFT_C_EXTERN_TYPE(globaltype)
WEFT_C_EXTERN_TYPE(tabletype)
WEFT_C_EXTERN_TYPE(memorytype)
WEFT_C_EXTERN_TYPE(tagtype)

void wasm_externtype_delete(wasm_externtype_t* type) { delete type; }
wasm_externtype_t* wasm_externtype_copy(const wasm_externtype_t* type) {
  return guard([&] { return type == nullptr ? nullptr : new_externtype(type->type()).release(); });
}
wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* type) {
  return guard(
      [&] { return type == nullptr ? wasm_externkind_t{} : kind_of(weft::kind_of(type->type())); });
}

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  return guard([&] {
    const std::optional<weft::ValType> type = type_of(kind);
    return type ? new wasm_valtype_t{*type} : nullptr;
  });
}
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* type) {
  return type == nullptr ? wasm_valkind_t{} : kind_of(type->type);
}

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  return guard([&]() -> wasm_functype_t* {
    // Both are taken, whatever becomes of the first.
    auto first = take_types(params);
    auto second = take_types(results);
    if (!first || !second) return nullptr;
    return new wasm_functype_t(weft::FuncType(std::move(*first), std::move(*second)));
  });
}
const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* type) {
  return type == nullptr ? nullptr : &type->params;
}
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* type) {
  return type == nullptr ? nullptr : &type->results;
}

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  return guard([&]() -> wasm_globaltype_t* {
    const std::unique_ptr<wasm_valtype_t> taken(content);
    if (content == nullptr || mutability > WASM_VAR) return nullptr;
    return new wasm_globaltype_t(
        weft::GlobalType{content->type, static_cast<weft::Mutability>(mutability)});
  });
}
const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* type) {
  return type == nullptr ? nullptr : &type->content;
}
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* type) {
  return type == nullptr ? wasm_mutability_t{WASM_CONST}
                         : static_cast<wasm_mutability_t>(type->global.mutability);
}

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  return guard([&]() -> wasm_tabletype_t* {
    const std::unique_ptr<wasm_valtype_t> taken(element);
    if (element == nullptr || limits == nullptr || !element->type.is_ref()) return nullptr;
    return new wasm_tabletype_t(
        weft::TableType{.element = element->type, .limits = from_c(*limits)});
  });
}
const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* type) {
  return type == nullptr ? nullptr : &type->element;
}
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* type) {
  return type == nullptr ? nullptr : &type->limits;
}

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  return guard([&]() -> wasm_memorytype_t* {
    if (limits == nullptr) return nullptr;
    return new wasm_memorytype_t(weft::MemoryType{.limits = from_c(*limits)});
  });
}
const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* type) {
  return type == nullptr ? nullptr : &type->limits;
}

wasm_tagtype_t* wasm_tagtype_new(wasm_functype_t* type) {
  return guard([&]() -> wasm_tagtype_t* {
    const std::unique_ptr<wasm_functype_t> taken(type);
    if (type == nullptr || !type->func.results().empty()) return nullptr;
    return new wasm_tagtype_t(weft::TagType{type->func});
  });
}
const wasm_functype_t* wasm_tagtype_functype(const wasm_tagtype_t* type) {
  return type == nullptr ? nullptr : &type->func;
}

void wasm_importtype_delete(wasm_importtype_t* type) { delete type; }
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* type) {
  return guard([&]() -> wasm_importtype_t* {
    if (type == nullptr) return nullptr;
    return new wasm_importtype_t(type->module, type->name, new_externtype(type->type->type()));
  });
}
wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name,
                                       wasm_externtype_t* type) {
  return guard([&]() -> wasm_importtype_t* {
    std::unique_ptr<wasm_externtype_t> taken(type);
    std::string in = take_name(module);
    std::string called = take_name(name);
    if (type == nullptr) return nullptr;
    return new wasm_importtype_t(std::move(in), std::move(called), std::move(taken));
  });
}
const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : &type->module_view;
}
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : &type->name_view;
}
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : type->type.get();
}

void wasm_exporttype_delete(wasm_exporttype_t* type) { delete type; }
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* type) {
  return guard([&]() -> wasm_exporttype_t* {
    if (type == nullptr) return nullptr;
    return new wasm_exporttype_t(type->name, new_externtype(type->type->type()));
  });
}
wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  return guard([&]() -> wasm_exporttype_t* {
    std::unique_ptr<wasm_externtype_t> taken(type);
    std::string called = take_name(name);
    if (type == nullptr) return nullptr;
    return new wasm_exporttype_t(std::move(called), std::move(taken));
  });
}
const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* type) {
  return type == nullptr ? nullptr : &type->name_view;
}
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* type) {
  return type == nullptr ? nullptr : type->type.get();
}
