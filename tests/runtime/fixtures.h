// Stores and hand-made modules for tests of what runs without translated code.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "interp/runtime/instantiate.h"
#include "interp/runtime/store.h"
#include "interp/validate/type_registry.h"

namespace weft::interp::testing {

inline std::unique_ptr<Store> make_store(StoreConfig config = {},
                                         std::shared_ptr<TypeRegistry> types = nullptr) {
  if (types == nullptr) types = std::make_shared<TypeRegistry>();
  auto store = Store::make(std::move(types), config);
  EXPECT_TRUE(store) << store.error().message();
  return std::move(*store);
}

inline ConstExpr i32_const(uint32_t value) {
  ConstExpr expr;
  expr.instrs.push_back({Opcode::I32Const, Value::of_i32(value)});
  return expr;
}
inline ConstExpr global_get(uint32_t index) {
  ConstExpr expr;
  expr.instrs.push_back({Opcode::GlobalGet, {}, index});
  return expr;
}
inline ConstExpr ref_func(uint32_t index) {
  ConstExpr expr;
  expr.instrs.push_back({Opcode::RefFunc, {}, index});
  return expr;
}

inline MemoryType memory_type(uint64_t min, std::optional<uint64_t> max = std::nullopt) {
  return {.limits = {min, max}};
}
inline TableType table_type(uint64_t min, std::optional<uint64_t> max = std::nullopt,
                            ValType element = kFuncRef) {
  return {.limits = {min, max}, .element = element};
}

// A module as decoding and validation would leave it. Imports come first, as in the binary format.
class InstanceBuilder {
 public:
  explicit InstanceBuilder(std::shared_ptr<TypeRegistry> types) : x_types(std::move(types)) {}

  uint32_t type(std::vector<ValType> params, std::vector<ValType> results) {
    DefinedType& defined = module.types.emplace_back();
    defined.type.composite.func = {std::move(params), std::move(results)};
    defined.id = x_types->intern(defined.type.composite.func);
    return static_cast<uint32_t>(module.types.size() - 1);
  }
  uint32_t func(uint32_t type_index) {
    module.funcs.push_back({type_index, {}});
    return static_cast<uint32_t>(module.funcs.size() - 1);
  }
  void import_func(uint32_t type_index) {
    add_import("m", "f", ExternKind::Func, module.imported_funcs++);
    func(type_index);
  }
  void import_memory(const MemoryType& type) {
    add_import("m", "mem", ExternKind::Memory, module.imported_memories++);
    module.memories.push_back(type);
  }
  void import_table(const TableType& type) {
    add_import("m", "tab", ExternKind::Table, module.imported_tables++);
    module.tables.push_back({type, std::nullopt});
  }
  void import_global(GlobalType type) {
    add_import("m", "g", ExternKind::Global, module.imported_globals++);
    module.globals.push_back({type, {}});
  }
  void data(ConstExpr offset, std::vector<uint8_t> bytes, SegmentMode mode = SegmentMode::Active) {
    const uint64_t begin = x_bytes->size();
    x_bytes->insert(x_bytes->end(), bytes.begin(), bytes.end());
    module.datas.push_back({mode, 0, std::move(offset), {begin, x_bytes->size()}});
  }
  void elem(ConstExpr offset, std::vector<uint32_t> funcs, SegmentMode mode = SegmentMode::Active) {
    ElemSegment segment{};
    segment.mode = mode;
    segment.offset = std::move(offset);
    segment.funcs = std::move(funcs);
    module.elems.push_back(std::move(segment));
  }
  void add_export(std::string_view name, ExternKind kind, uint32_t index) {
    module.exports.push_back({name, kind, index});
  }
  std::shared_ptr<const CompiledModule> build() {
    module.source = {{x_bytes->data(), x_bytes->size()}, x_bytes};
    return std::make_shared<CompiledModule>(std::make_unique<const Module>(std::move(module)),
                                            x_types);
  }

  Module module;

 private:
  void add_import(std::string_view from, std::string_view name, ExternKind kind, uint32_t index) {
    module.imports.push_back({from, name, kind, index});
  }

  std::shared_ptr<TypeRegistry> x_types;
  std::shared_ptr<std::vector<uint8_t>> x_bytes = std::make_shared<std::vector<uint8_t>>();
};

inline Instance& instantiate_ok(Store& store, InstanceBuilder& builder,
                                std::span<const ExternVal> imports = {}) {
  auto result = instantiate(store, builder.build(), imports);
  EXPECT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->trap, TrapCode::None);
  return *result->instance;
}

}  // namespace weft::interp::testing
