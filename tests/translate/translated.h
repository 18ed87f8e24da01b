// Small functions, assembled by hand, as the cells that the translator makes of them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "interp/execute/handlers.h"
#include "interp/execute/invoke.h"
#include "interp/runtime/instantiate.h"
#include "interp/runtime/store.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/code.h"
#include "interp/translate/flow.h"
#include "interp/validate/module_validator.h"
#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {

// --- instructions
inline Bytes op(Opcode opcode) { return encode(opcode); }
inline Bytes op(Opcode opcode, uint64_t index) { return join(encode(opcode), unsigned_leb(index)); }
inline Bytes get(uint32_t local) { return op(Opcode::LocalGet, local); }
inline Bytes set(uint32_t local) { return op(Opcode::LocalSet, local); }
inline Bytes tee(uint32_t local) { return op(Opcode::LocalTee, local); }
inline Bytes i32(int32_t value) { return join(op(Opcode::I32Const), signed_leb(value)); }
inline Bytes i64(int64_t value) { return join(op(Opcode::I64Const), signed_leb(value)); }
inline Bytes v128(uint8_t first) {
  Bytes bytes = op(Opcode::V128Const);
  for (uint8_t i = 0; i < 16; ++i) bytes.push_back(static_cast<uint8_t>(first + i));
  return bytes;
}
// Block types: kVoid, a value type's byte, or kTypes + n for the n-th extra type.
inline constexpr uint8_t kVoid = 0x40, kI32 = 0x7f, kI64 = 0x7e, kF32 = 0x7d, kF64 = 0x7c,
                         kV128 = 0x7b, kTypes = 1;
inline Bytes block(uint8_t type = kVoid) { return join(op(Opcode::Block), Bytes{type}); }
inline Bytes loop(uint8_t type = kVoid) { return join(op(Opcode::Loop), Bytes{type}); }
inline Bytes if_(uint8_t type = kVoid) { return join(op(Opcode::If), Bytes{type}); }
inline Bytes else_() { return op(Opcode::Else); }
inline Bytes end() { return op(Opcode::End); }
inline Bytes br(uint32_t depth) { return op(Opcode::Br, depth); }
inline Bytes br_if(uint32_t depth) { return op(Opcode::BrIf, depth); }
inline Bytes br_table(const std::vector<uint32_t>& depths) {
  Bytes bytes = op(Opcode::BrTable, depths.size() - 1);
  for (const uint32_t depth : depths) append(bytes, unsigned_leb(depth));
  return bytes;
}
inline Bytes memory_op(Opcode opcode, uint32_t offset) {
  return join(op(opcode), Bytes{0}, unsigned_leb(offset));
}
inline Bytes repeat(size_t count, const Bytes& code) {
  Bytes bytes;
  bytes.reserve(count * code.size());
  for (size_t i = 0; i < count; ++i) append(bytes, code);
  return bytes;
}

struct Source {
  Bytes params;
  Bytes results;
  Bytes locals;                                     // a type each
  Bytes code;                                       // without the final end
  std::vector<std::pair<Bytes, Bytes>> types = {};  // for blocks, from type kTypes on
  std::vector<Source> callees = {};                 // functions from index 1 on
};

// For tests of what happens before instructions are fused.
inline constexpr CodeOptions kWithoutFusions = [] {
  CodeOptions options{.optimizations = Optimizations::none()};
  for (const auto kept :
       {Optimization::Accumulators, Optimization::CompareBranch, Optimization::Addresses}) {
    options.optimizations.set(kept, true);
  }
  return options;
}();

// A module with the function (index 0), a memory, an i32 and an i64 global; instantiated.
class Translated {
 public:
  explicit Translated(const Source& source, CodeOptions options = {}) : x_options(options) {
    ModuleBuilder builder;
    builder.type(source.params, source.results);
    for (const auto& [params, results] : source.types) builder.type(params, results);
    for (const Source& callee : source.callees) builder.type(callee.params, callee.results);
    builder.memory();
    builder.item(ModuleBuilder::kGlobal, {kI32, 1, 0x41, 0, 0x0b});
    builder.item(ModuleBuilder::kGlobal, {kI64, 1, 0x42, 0, 0x0b});
    builder.func(0, source.code, locals_of(source));
    auto type = static_cast<uint32_t>(1 + source.types.size());
    for (const Source& callee : source.callees)
      builder.func(type++, callee.code, locals_of(callee));
    builder.item(ModuleBuilder::kExport, {1, 'f', 0, 0});
    auto module = decode(builder.build());
    auto types = std::make_shared<TypeRegistry>();
    if (!module) throw module.error().message();
    if (const auto valid = validate_module(**module, *types); !valid) throw valid.error().message();
    compiled = std::make_shared<CompiledModule>(*std::move(module), types);
    StoreConfig config;
    config.fuel = options.fuel;
    config.optimizations = options.optimizations;
    config.profile = options.count_dispatches;
    if (options.memory_mode == MemoryMode::Checked)
      config.memories = StoreConfig::Memories::Checked;
    store = *Store::make(types, config);
    if (options.fuel) store->set_fuel(1'000'000);
    instance = instantiate(*store, compiled, {})->instance;
    code = instance->context().code;
  }

  // Results, or nothing after a trap, which is in store->state().
  std::vector<uint64_t> run(std::vector<uint64_t> arguments = {}) {
    const FuncType& type = compiled->module->func_type(0);
    std::vector<Value> values(std::max(type.params.size(), type.results.size()) + 1);
    for (size_t i = 0; i < arguments.size(); ++i) values[i].bits = arguments[i];
    trap = invoke(*store, *instance->func(0), values.data());
    std::vector<uint64_t> results;
    for (size_t i = 0; i < type.results.size() && trap == TrapCode::None; ++i)
      results.push_back(values[i].bits);
    return results;
  }

  // The cells, a line each: "i32.add s0 #5 -> acc". Slots are s0, s1, ..., constants #5, targets @
  // and the index of a cell.
  std::vector<std::string> cells() { return cells_of(*code); }
  static std::vector<std::string> cells_of(CodeSpace& code, uint32_t func = 0) {
    const uint8_t* const entry = code.entry(func);
    const FunctionCode function = *code.find_function(entry);
    std::map<const uint8_t*, size_t> index;
    std::vector<const uint8_t*> starts;
    for (const uint8_t* at = entry; at < function.end; at += size_of(at)) {
      index[at] = starts.size();
      starts.push_back(at);
    }
    index[function.end] = starts.size();
    std::vector<std::string> lines;
    for (const uint8_t* const at : starts) lines.push_back(line_of(at, index));
    return lines;
  }
  std::vector<const uint8_t*> starts() {
    const uint8_t* const entry = code->entry(0);
    std::vector<const uint8_t*> result;
    for (const uint8_t* at = entry; at < code->find_function(entry)->end; at += size_of(at))
      result.push_back(at);
    return result;
  }

  std::shared_ptr<const CompiledModule> compiled;
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;
  CodeSpace* code = nullptr;
  TrapCode trap = TrapCode::None;

 private:
  static Bytes locals_of(const Source& source) {
    Bytes locals;
    uint32_t groups = 0;
    for (size_t i = 0; i < source.locals.size();) {
      size_t to = i;
      while (to < source.locals.size() && source.locals[to] == source.locals[i]) ++to;
      append(locals, join(unsigned_leb(to - i), Bytes{source.locals[i]}));
      ++groups;
      i = to;
    }
    return join(unsigned_leb(groups), locals);
  }
  static HandlerKey key_at(const uint8_t* cell) {
    return key_of(read_unaligned<Handler>(cell)).value();
  }
  static size_t size_of(const uint8_t* cell) {
    const HandlerKey key = key_at(cell);
    const CellLayout layout = cell_layout(key);
    if (flow_of(key.shape) != Flow::Table) return layout.size;
    return layout.size +
           (size_t{read_unaligned<uint32_t>(cell + layout.x)} + 1) * sizeof(BranchTableEntry);
  }

  static std::string name_of(const HandlerKey& key) {
    std::string name;
    switch (key.shape) {
      case Shape::CompareBranch:
        name = "br " + std::string(info(key.op).text);
        break;
      case Shape::BranchIf:
        name = "br_if";
        break;
      case Shape::Branch:
        name = "br";
        break;
      case Shape::BranchTable:
        name = "br_table";
        break;
      case Shape::LoadIndexed:
      case Shape::StoreIndexed:
        name = "indexed " + std::string(info(key.op).text);
        break;
      case Shape::Move:
        name = "move";
        break;
      case Shape::VMove:
        name = "vmove";
        break;
      case Shape::VConst:
        name = "vconst";
        break;
      case Shape::Select:
        name = "select";
        break;
      case Shape::GlobalGet:
        name = "global.get";
        break;
      case Shape::GlobalSet:
        name = "global.set";
        break;
      case Shape::Return:
      case Shape::ReturnVoid:
        name = "return";
        break;
      case Shape::ReturnMany:
        name = "return_many";
        break;
      case Shape::Zero:
        name = "zero";
        break;
      case Shape::CheckStack:
        name = "check_stack";
        break;
      case Shape::Fuel:
        name = "fuel";
        break;
      case Shape::Trap:
        name = "trap";
        break;
      case Shape::CallLazy:
      case Shape::Call:
        name = "call";
        break;
      case Shape::Runtime:
        name = "runtime";
        break;
      default:
        name = has_opcode(key.shape) ? std::string(info(key.op).text)
                                     : "shape" + std::to_string(static_cast<int>(key.shape));
    }
    if (key.flags & kNegate) name += " not";
    if (key.flags & kBack) name += " back";
    if (key.flags & kScaled) name += " scaled";
    return name;
  }

  static std::string line_of(const uint8_t* cell, const std::map<const uint8_t*, size_t>& index) {
    const HandlerKey key = key_at(cell);
    const CellLayout layout = cell_layout(key);
    const Reprs reprs = reprs_of(key);
    std::string line = name_of(key);
    std::string result;
    const auto number = [](auto value) { return std::to_string(value); };
    const auto slot = [&](uint8_t at) { return "s" + number(read_unaligned<uint16_t>(cell + at)); };
    const auto operand = [&](In in, uint8_t at, Repr repr) -> std::string {
      if (in == In::Slot) return " " + slot(at);
      if (in == In::Acc) return " acc";
      if (repr == Repr::F32) return " #" + number(read_unaligned<float>(cell + at));
      if (repr == Repr::F64) return " #" + number(read_unaligned<double>(cell + at));
      return " #" + number(read_unaligned<int32_t>(cell + at));
    };
    for (const Field field : fields_of(key)) {
      switch (field) {
        case Field::S:
          line += " " + slot(layout.s) + ":=";
          if (key.step() != kStepConst) line += slot(layout.r) + "+";
          line += number(read_unaligned<int32_t>(cell + layout.t));
          break;
        case Field::D:
          result = key.d == Out::Slot ? " -> " + slot(layout.d) : " -> acc";
          break;
        case Field::A:
          line += operand(key.a, layout.a, reprs.in[0]);
          break;
        case Field::B:
          line += operand(key.b, layout.b, reprs.in[1]);
          break;
        case Field::C:
          line += operand(key.c, layout.c, reprs.in[2]);
          break;
        case Field::Offset:
          line += " +" + number(read_unaligned<uint32_t>(cell + layout.offset));
          break;
        case Field::Target:
          line += " @" + number(index.at(cell + read_unaligned<int32_t>(cell + layout.target)));
          break;
        case Field::X:
          if (flow_of(key.shape) == Flow::Table) break;
          if (key.shape == Shape::GlobalGet || key.shape == Shape::GlobalSet) break;
          line += " " + number(read_unaligned<uint32_t>(cell + layout.x));
          break;
        case Field::Y:
          line += " " + number(read_unaligned<uint32_t>(cell + layout.y));
          break;
        default:
          break;
      }
    }
    if (flow_of(key.shape) == Flow::Table) {
      const uint32_t last = read_unaligned<uint32_t>(cell + layout.x);
      for (uint32_t i = 0; i <= last; ++i) {
        const auto entry =
            read_unaligned<BranchTableEntry>(cell + layout.size + i * sizeof(BranchTableEntry));
        line += " @" + number(index.at(entry.target));
      }
    }
    return line + result;
  }

  CodeOptions x_options;
};

using Cells = std::vector<std::string>;
using Slots = std::vector<uint64_t>;

}  // namespace weft::interp::testing
