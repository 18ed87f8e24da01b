// Types as function bodies write them, resolved: module type indices become TypeIds, block types
// become signatures.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "interp/core/types.h"
#include "interp/decode/module.h"
#include "interp/decode/type_reader.h"
#include "interp/validate/instr_sink.h"

namespace weft::interp {

class BodyTypes {
 public:
  explicit BodyTypes(const Module& module) : x_module(module) {}

  // nullopt: there is no such type.
  std::optional<ValType> resolve(ValType type) const {
    if (!type.is_ref() || !type.heap().is_index()) [[likely]]
      return type;
    const uint32_t index = type.heap().index();
    if (index >= x_module.types.size()) return std::nullopt;
    return ValType::ref(HeapType::of_index(x_module.types[index].id), type.is_nullable());
  }

  // nullopt: there is no such function type. Valid until clear().
  std::optional<BlockSignature> signature(const BlockType& type) {
    if (type.kind == BlockType::Kind::Empty) [[likely]]
      return BlockSignature{};
    if (type.kind == BlockType::Kind::Index) {
      if (type.index >= x_module.types.size()) return std::nullopt;
      const CompositeType& composite = x_module.types[type.index].type.composite;
      if (composite.kind != CompositeType::Kind::Func) return std::nullopt;
      return BlockSignature{composite.func.params, composite.func.results};
    }
    const std::optional<ValType> result = resolve(type.type);
    if (!result) return std::nullopt;
    return BlockSignature{{}, single(*result)};
  }

  void clear() { x_refs.clear(); }

 private:
  static constexpr std::array<ValType, 5> kNumbers = {ValType::V128, ValType::F64, ValType::F32,
                                                      ValType::I64, ValType::I32};

  // A list of one type that stays where it is.
  std::span<const ValType> single(ValType type) {
    if (!type.is_ref()) [[likely]]
      return std::span(kNumbers).subspan(type.kind() - ValType::V128, 1);
    if (x_refs.empty() || x_refs.back() != type) x_refs.push_back(type);
    return {&x_refs.back(), 1};
  }

  const Module& x_module;
  std::deque<ValType> x_refs;
};

}  // namespace weft::interp
