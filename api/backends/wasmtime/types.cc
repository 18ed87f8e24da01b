// Types as the C API has them, and back.
#include <array>
#include <utility>
#include <vector>

#include "api/backends/wasmtime/engine.h"
#include "api/cpp/store_state.h"

namespace weft::backends {

namespace {

constexpr std::array kHeaps = {
    std::pair{HeapKind::Extern, c::kExternHeap}, std::pair{HeapKind::NoExtern, c::kNoExternHeap},
    std::pair{HeapKind::Func, c::kFuncHeap},     std::pair{HeapKind::NoFunc, c::kNoFuncHeap},
    std::pair{HeapKind::Any, c::kAnyHeap},       std::pair{HeapKind::None, c::kNoneHeap},
    std::pair{HeapKind::Eq, c::kEqHeap},         std::pair{HeapKind::I31, c::kI31Heap},
    std::pair{HeapKind::Array, c::kArrayHeap},   std::pair{HeapKind::Struct, c::kStructHeap},
    std::pair{HeapKind::Exn, c::kExnHeap},       std::pair{HeapKind::NoExn, c::kNoExnHeap},
};
constexpr std::array kAboveConcrete = {
    std::pair{HeapKind::Func, c::kConcreteFuncHeap},
    std::pair{HeapKind::Array, c::kConcreteArrayHeap},
    std::pair{HeapKind::Struct, c::kConcreteStructHeap},
    std::pair{HeapKind::Exn, c::kConcreteExnHeap},
};

ValType public_type(const WasmtimeApi& api, const c::ValType* type, bool& exact) {
  c::TypedValType typed;
  api.wasmtime_valtype_new(type, &typed);
  ValType result(static_cast<ValType::Kind>(typed.kind));
  if (typed.kind == c::kRefType) {
    HeapKind heap = HeapKind::Any;
    for (const auto& [kind, number] : kHeaps) {
      if (number == typed.heap.kind) heap = kind;
    }
    for (const auto& [kind, number] : kAboveConcrete) {
      if (number != typed.heap.kind) continue;
      heap = kind;
      exact = false;
    }
    result = ValType::ref(heap, typed.nullable);
  }
  api.wasmtime_valtype_delete(&typed);
  return result;
}

// Takes the types with it.
c::Vec<c::ValType*> vec_of(const WasmtimeApi& api, const std::vector<c::ValType*>& types) {
  c::Vec<c::ValType*> vec;
  api.wasm_valtype_vec_new(&vec, types.size(), types.data());
  return vec;
}

Result<std::vector<c::ValType*>> wasmtime_types(const WasmtimeState& engine,
                                                std::span<const ValType> types) {
  std::vector<c::ValType*> made;
  made.reserve(types.size());
  for (const ValType& type : types) {
    Result<c::ValType*> converted = wasmtime_type(engine, type);
    if (!converted) {
      for (c::ValType* one : made) engine.api().wasm_valtype_delete(one);
      return std::unexpected<Error>(std::move(converted).error());
    }
    made.push_back(*converted);
  }
  return made;
}

}  // namespace

HeapKind hierarchy_of(const ValType& type) { return detail::top_of(type.heap()); }

Result<c::ValType*> wasmtime_type(const WasmtimeState& engine, const ValType& type) {
  c::TypedValType typed;
  static_assert(static_cast<int>(ValType::Kind::V128) == c::kV128);
  typed.kind = static_cast<std::uint8_t>(type.kind());
  if (type.is_ref()) {
    if (type.heap().kind == HeapKind::Concrete) {
      // Errc::type_mismatch for one that the engine doesn't have.
      Result<detail::TypeInfo> known = engine.front->type_info(type.heap());
      if (!known) return std::unexpected<Error>(std::move(known).error());
      return fail(Errc::unsupported, "Wasmtime's C API can't name the type " + to_string(type));
    }
    typed.kind = c::kRefType;
    typed.nullable = type.is_nullable();
    for (const auto& [kind, number] : kHeaps) {
      if (kind == type.heap().kind) typed.heap.kind = number;
    }
  }
  return engine.api().wasmtime_valtype_to_wasm(engine.engine, &typed);
}

Result<c::FuncType*> wasmtime_type(const WasmtimeState& engine, const FuncType& type) {
  Result<std::vector<c::ValType*>> params = wasmtime_types(engine, type.params());
  if (!params) return std::unexpected<Error>(std::move(params).error());
  Result<std::vector<c::ValType*>> results = wasmtime_types(engine, type.results());
  const WasmtimeApi& api = engine.api();
  if (!results) {
    for (c::ValType* one : *params) api.wasm_valtype_delete(one);
    return std::unexpected<Error>(std::move(results).error());
  }
  c::Vec<c::ValType*> param_vec = vec_of(api, *params);
  c::Vec<c::ValType*> result_vec = vec_of(api, *results);
  return api.wasm_functype_new(&param_vec, &result_vec);
}

FuncType public_type(const WasmtimeApi& api, const c::FuncType* type, bool& exact) {
  const auto convert = [&](const c::Vec<c::ValType*>& from) {
    std::vector<ValType> types;
    types.reserve(from.size);
    for (std::size_t i = 0; i < from.size; ++i) {
      types.push_back(public_type(api, from.data[i], exact));
    }
    return types;
  };
  std::vector<ValType> params = convert(*api.wasm_functype_params(type));
  return FuncType(std::move(params), convert(*api.wasm_functype_results(type)));
}

}  // namespace weft::backends
