#include "tests/engine/random_program.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>

#include "interp/translate/fusion_rows.h"
#include "tests/execute/simd_reference.h"

namespace weft::interp::testing {
namespace {

uint8_t type_byte(char type) {
  switch (type) {
    case 'i':
      return 0x7f;
    case 'l':
      return 0x7e;
    case 'f':
      return 0x7d;
    case 'd':
      return 0x7c;
    case 'v':
      return 0x7b;
    default:
      return 0x70;
  }
}

Bytes type_bytes(const std::string& types) {
  Bytes bytes;
  for (const char type : types) bytes.push_back(type_byte(type));
  return bytes;
}

Bytes fixed_bytes(uint64_t bits, size_t count) {
  Bytes bytes(count);
  std::memcpy(bytes.data(), &bits, count);
  return bytes;
}

Bytes const_instr(char type, uint64_t bits, uint64_t high = 0) {
  switch (type) {
    case 'i':
      return join(encode(Opcode::I32Const), signed_leb(static_cast<int32_t>(bits)));
    case 'l':
      return join(encode(Opcode::I64Const), signed_leb(static_cast<int64_t>(bits)));
    case 'f':
      return join(encode(Opcode::F32Const), fixed_bytes(bits, 4));
    case 'd':
      return join(encode(Opcode::F64Const), fixed_bytes(bits, 8));
    case 'v':
      return join(encode(Opcode::V128Const), fixed_bytes(bits, 8), fixed_bytes(high, 8));
    default:
      return join(encode(Opcode::RefNull), Bytes{0x70});
  }
}

enum class Kind : uint8_t {
  Numeric,
  Load,
  Store,
  Vector,
  VectorLoad,
  VectorLane,
  VectorLaneAccess
};

struct Row {
  Opcode op;
  Kind kind;
  bool open_nan;  // the spec leaves a NaN result's bits open
  bool divides;
  bool converts;        // may trap for most operands
  bool observes_float;  // makes a float operand's bits visible to integers or memory
};

bool is_open(Opcode op) {
  const InstrInfo& row = info(op);
  if (row.results() != "f" && row.results() != "d") return false;
  const std::string_view name = row.text.substr(row.text.find('.') + 1);
  for (const std::string_view exact :
       {"abs", "neg", "copysign", "load", "reinterpret", "convert", "extract_lane"})
    if (name.starts_with(exact)) return false;
  return true;
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> result;
    const auto add = [&result](Opcode op, Kind kind) {
      const std::string_view text = info(op).text;
      const bool integer_result = info(op).results() == "i" || info(op).results() == "l";
      const auto has = [text](std::string_view part) { return text.find(part) != text.npos; };
      Row row{op, kind, false, false, false, false};
      row.open_nan = is_open(op);
      row.divides = integer_result && (has(".div_") || has(".rem_"));
      row.converts = has(".trunc_f") && !has("sat");
      row.observes_float = has("reinterpret_f") || has("copysign") || has("f32.store") ||
                           has("f64.store") || text == "f32x4.splat" || text == "f64x2.splat" ||
                           text == "f32x4.replace_lane" || text == "f64x2.replace_lane";
      result.push_back(row);
    };
#define WEFT_OP(...)
#define WEFT_UNARY(prefix, code, Id, ...) add(Opcode::Id, Kind::Numeric);
#define WEFT_BINARY(prefix, code, Id, ...) add(Opcode::Id, Kind::Numeric);
#define WEFT_WIDE(prefix, code, Id, ...) add(Opcode::Id, Kind::Numeric);
#define WEFT_LOAD(prefix, code, Id, ...) add(Opcode::Id, Kind::Load);
#define WEFT_STORE(prefix, code, Id, ...) add(Opcode::Id, Kind::Store);
#include "interp/core/opcodes.def"
    for (const Opcode op : simd_reference::vector_opcodes()) {
      if (simd_reference::reference_of(op).nans != simd_reference::NanLanes::None) continue;
      const bool lane = info(op).immediate == Imm::Lane;
      add(op, access_bytes(op) != 0 ? Kind::VectorLoad : lane ? Kind::VectorLane : Kind::Vector);
    }
    for (const Opcode op : {Opcode::V128Load8Lane, Opcode::V128Load16Lane, Opcode::V128Load32Lane,
                            Opcode::V128Load64Lane, Opcode::V128Store8Lane, Opcode::V128Store16Lane,
                            Opcode::V128Store32Lane, Opcode::V128Store64Lane})
      add(op, Kind::VectorLaneAccess);
    add(Opcode::V128Store, Kind::Store);
    return result;
  }();
  return all;
}

// Rows with a result of this type, or without one: 's' for stores.
const std::vector<const Row*>& rows_of(char type) {
  static const auto by_type = [] {
    std::vector<std::vector<const Row*>> result(128);
    for (const Row& row : rows()) {
      const std::string_view results = info(row.op).results();
      result[static_cast<size_t>(results.empty() ? 's' : results[0])].push_back(&row);
    }
    return result;
  }();
  return by_type[static_cast<size_t>(type)];
}

const Row* row_of(Opcode op) {
  for (const Row& row : rows()) {
    if (row.op == op) return &row;
  }
  return nullptr;
}

// The pairs of vector instructions that have cells of their own, with a result of this type; 's'
// for stores.
const std::vector<Fusion>& vector_pairs_of(char type) {
  static const auto by_type = [] {
    std::vector<std::vector<Fusion>> result(128);
    for (const Fusion& pair : kFusions) {
      if (!is_vector(pair.shape) || pair.shape == Shape::VBranchTest) continue;
      const Row* outer = row_of(pair.op);
      if (outer == nullptr || outer->open_nan || row_of(pair.inner) == nullptr) continue;
      const std::string_view results = info(pair.op).results();
      result[static_cast<size_t>(results.empty() ? 's' : results[0])].push_back(pair);
    }
    return result;
  }();
  return by_type[static_cast<size_t>(type)];
}

class FuncGenerator {
 public:
  FuncGenerator(const RandomProgram& program, uint32_t index, RandomBits& bits, uint32_t size,
                const std::string& scalars)
      : x_program(program),
        x_index(index),
        x_is_leaf(index > program.funcs.size() - program.leaves),
        x_bits(bits),
        x_left(size),
        x_scalars(scalars) {}

  RandomFunc make(uint32_t type) {
    x_func.type = type;
    const RandomSignature& signature = x_program.types[type];
    for (uint32_t n = x_bits.below(x_is_leaf ? 4 : 7); n != 0; --n) x_func.locals += any_type();
    x_usable = static_cast<uint32_t>(signature.params.size() + x_func.locals.size());
    // Not for random use: back edges taken so far, and a place each for a NaN to be made canonical.
    x_counter = x_usable;
    x_func.locals += "ifd";
    x_locals = signature.params + x_func.locals;
    x_max_back_edges = 1 + x_bits.below(6);
    x_frames.push_back({false, {}, signature.results, 0});
    statements();
    finish();
    return std::move(x_func);
  }

 private:
  struct Frame {
    bool is_loop;
    std::string params;
    std::string results;
    size_t height;
    bool is_try = false;
    const std::string& branch_types() const { return is_loop ? params : results; }
  };

  char any_type() {
    return x_bits.chance(8) ? 'r' : x_scalars[x_bits.below(uint32_t(x_scalars.size()))];
  }

  // --- emission
  template <class... Immediates>
  void emit(Opcode op, const Immediates&... immediates) {
    x_func.instrs.push_back(join(encode(op), immediates...));
    if (x_left > 0) --x_left;
  }
  void emit_index(Opcode op, uint64_t index) { emit(op, unsigned_leb(index)); }
  void emit_const(char type, uint64_t bits, uint64_t high = 0) {
    x_func.instrs.push_back(const_instr(type, bits, high));
    if (x_left > 0) --x_left;
  }
  void push(char type) { x_stack += type; }
  void pop(size_t count) { x_stack.resize(x_stack.size() - count); }
  size_t available() const { return x_stack.size() - x_frames.back().height; }

  // --- values
  int local_of(char type) {
    std::vector<uint32_t> found;
    for (uint32_t i = 0; i < x_usable; ++i) {
      if (x_locals[i] == type) found.push_back(i);
    }
    return found.empty() ? -1 : static_cast<int>(found[x_bits.below(uint32_t(found.size()))]);
  }

  void simple(char type) {
    const int local = local_of(type);
    const uint32_t choice = x_bits.below(10);
    if (local >= 0 && choice < 6) {
      emit_index(Opcode::LocalGet, static_cast<uint64_t>(local));
    } else if (type != 'r' && choice == 9) {
      std::vector<uint32_t> found;
      for (uint32_t i = 0; i < kRandomGlobals.size(); ++i) {
        if (kRandomGlobals[i] == type) found.push_back(i);
      }
      emit_index(Opcode::GlobalGet, found[x_bits.below(uint32_t(found.size()))]);
    } else if (type == 'r' && choice < 8) {
      emit_index(Opcode::RefFunc, 1 + x_bits.below(uint32_t(x_program.funcs.size())));
    } else if (type == 'i' && choice == 8) {
      emit(x_bits.chance(50) ? Opcode::MemorySize : Opcode::TableSize, Bytes{0});
    } else {
      emit_const(type, constant(type), x_bits.next());
    }
    push(type);
  }

  uint64_t constant(char type) {
    for (;;) {
      const uint64_t bits = x_bits.value_of(type);
      // Arithmetic on a NaN is always NaN: programs with arithmetic would soon compute nothing
      // else.
      const bool nan =
          (type == 'f' && std::isnan(std::bit_cast<float>(static_cast<uint32_t>(bits)))) ||
          (type == 'd' && std::isnan(std::bit_cast<double>(bits)));
      if (!nan || x_program.exact_nans || x_bits.chance(30)) return bits;
    }
  }

  // An expression tree above whatever is on the stack.
  void expression(char type, uint32_t depth) {
    if (depth == 0 || x_left == 0 || type == 'r' || x_bits.chance(30)) {
      if (type == 'r' && x_bits.chance(20)) {
        emit_const('i', x_bits.below(kRandomTableSize));
        emit(Opcode::TableGet, Bytes{0});
        push(type);
        return;
      }
      return simple(type);
    }
    if (x_scalars.find('v') != std::string::npos && x_bits.chance(30)) return pair(type, depth);
    const Row& row = *pick(type);
    operate(row, [&](char operand) { expression(operand, depth - 1); });
  }

  // Vector instructions as they are fused: two of a row, a rotation, one of constants.
  void pair(char type, uint32_t depth) {
    const int local = local_of('v');
    const auto other = [&](char operand) {
      if (x_bits.chance(operand == 'i' ? 60 : 20)) {
        emit_const(operand, constant(operand), x_bits.next());
        push(operand);
      } else {
        x_bits.chance(70) ? simple(operand) : expression(operand, depth - 1);
      }
    };
    if (type == 'v' && local >= 0 && x_bits.chance(20)) {
      const bool wide = x_bits.chance(40);
      expression('v', depth - 1);
      emit_index(Opcode::LocalTee, static_cast<uint64_t>(local));
      emit_const('i', x_bits.below(70));
      emit(wide ? Opcode::I64x2Shl : Opcode::I32x4Shl);
      emit_index(Opcode::LocalGet, static_cast<uint64_t>(local));
      emit_const('i', x_bits.below(70));
      emit(wide ? Opcode::I64x2ShrU : Opcode::I32x4ShrU);
      return emit(Opcode::V128Or);
    }
    const auto& pairs = vector_pairs_of(type);
    if (pairs.empty()) {
      if (type != 's') simple(type);
      return;
    }
    const Fusion& chosen = pairs[x_bits.below(uint32_t(pairs.size()))];
    // Of a sum either side may be the inner one's.
    const bool right = chosen.right || type == 's' || (commutes(chosen.op) && x_bits.chance(50));
    size_t at = 0;
    operate(*row_of(chosen.op), [&](char operand) {
      if (at++ != (right ? 1u : 0u)) {
        return type == 's' ? simple(operand) : other(operand);
      }
      operate(*row_of(chosen.inner), [&](char inner) {
        info(chosen.inner).params()[0] == 'a' ? simple(inner) : other(inner);
      });
    });
  }

  const Row* pick(char type) {
    const auto& all = rows_of(type);
    for (;;) {
      const Row* row = all[x_bits.below(uint32_t(all.size()))];
      if (x_program.exact_nans && row->open_nan) continue;
      if (row->converts && !x_bits.chance(3)) continue;
      if (type != 'v' && x_scalars.find('v') == std::string::npos &&
          info(row->op).feature == Feature::Simd)
        continue;
      return row;
    }
  }

  // Makes the address on the stack one of the first page, mostly.
  void tame_address() {
    if (x_bits.chance(3)) return;
    emit_const('i', x_bits.chance(50) ? 0xfff0 : 0x3f);
    emit(Opcode::I32And);
    // As array accesses are made: a sum with a small, perhaps scaled, index.
    if (!x_bits.chance(50)) return;
    simple('i');
    emit_const('i', 0xff);
    emit(Opcode::I32And);
    if (x_bits.chance(60)) {
      emit_const('i', x_bits.chance(90) ? x_bits.below(4) : 32 + x_bits.below(4));
      emit(Opcode::I32Shl);
    }
    if (x_bits.chance(30)) {
      emit_const('i', x_bits.below(64));
      emit(Opcode::I32Add);
    }
    emit(Opcode::I32Add);
    pop(1);
  }
  Bytes memarg(Opcode op) {
    const uint32_t align = static_cast<uint32_t>(std::countr_zero(access_bytes(op)));
    const uint64_t offset = x_bits.chance(90)   ? x_bits.below(12)
                            : x_bits.chance(95) ? 65536 - 64 + x_bits.below(64)
                                                : 0xffffffff;
    return join(unsigned_leb(x_bits.below(align + 1)), unsigned_leb(offset));
  }

  // In place of the float on top: the canonical NaN if it is one.
  void canonicalise(char type) {
    if (x_program.exact_nans || (type != 'f' && type != 'd')) return;
    const uint32_t local = x_counter + (type == 'f' ? 1 : 2);
    emit_index(Opcode::LocalTee, local);
    emit_const(type, type == 'f' ? 0x7fc00000 : 0x7ff8000000000000);
    emit_index(Opcode::LocalGet, local);
    emit_index(Opcode::LocalGet, local);
    emit(type == 'f' ? Opcode::F32Eq : Opcode::F64Eq);
    emit(Opcode::Select);
  }

  // Emits the row; `operand` pushes one operand, or finds it on the stack.
  template <class Operand>
  void operate(const Row& row, Operand operand) {
    const InstrInfo& instr = info(row.op);
    const std::string params(instr.params());
    for (size_t i = 0; i < params.size(); ++i) {
      const char type = params[i] == 'a' ? 'i' : params[i];
      operand(type);
      if (params[i] == 'a') tame_address();
      if (i == 1 && row.divides && x_bits.chance(90)) {
        emit_const(type, 1 + x_bits.below(4));
        emit(type == 'i' ? Opcode::I32Or : Opcode::I64Or);
      }
      if (row.observes_float) canonicalise(type);
    }
    switch (row.kind) {
      case Kind::Numeric:
        emit(row.op);
        break;
      case Kind::Load:
      case Kind::Store:
      case Kind::VectorLoad:
        emit(row.op, memarg(row.op));
        break;
      case Kind::VectorLane:
        emit(row.op, Bytes{static_cast<uint8_t>(x_bits.below(lane_count(row.op)))});
        break;
      case Kind::VectorLaneAccess: {
        const auto lane = static_cast<uint8_t>(x_bits.below(lane_count(row.op)));
        emit(row.op, memarg(row.op), Bytes{lane});
        break;
      }
      case Kind::Vector:
        if (row.op == Opcode::I8x16Shuffle) {
          Bytes lanes(16);
          const uint32_t of = x_bits.below(3);  // which vectors' lanes
          for (uint8_t& lane : lanes)
            lane = static_cast<uint8_t>(of == 2 ? x_bits.below(32) : 16 * of + x_bits.below(16));
          emit(row.op, lanes);
        } else {
          emit(row.op);
        }
        break;
    }
    pop(params.size());
    if (instr.results().size() == 2) high_word();
    if (!instr.results().empty()) push(instr.results()[0]);
  }

  // Of the two words on the stack the high one goes into a local, or nowhere.
  void high_word() {
    const int local = local_of('l');
    if (local >= 0 && x_bits.chance(80)) {
      emit_index(Opcode::LocalSet, static_cast<uint64_t>(local));
    } else {
      emit(Opcode::Drop);
    }
  }

  // Makes the top of the stack these types, using what is there.
  void need(const std::string& types) {
    for (size_t have = std::min(types.size(), available());; --have) {
      if (x_stack.compare(x_stack.size() - have, have, types, 0, have) == 0) {
        for (size_t i = have; i < types.size(); ++i)
          x_bits.chance(70) ? simple(types[i]) : expression(types[i], 2);
        return;
      }
    }
  }

  // Pushes an i32 as programs make them for branches.
  void condition() {
    const uint32_t choice = x_bits.below(10);
    if (x_scalars.find('v') != std::string::npos && x_bits.chance(30)) {
      const Opcode tests[] = {Opcode::V128AnyTrue, Opcode::I8x16AllTrue, Opcode::I8x16Bitmask};
      operate(*row_of(tests[x_bits.below(3)]), [&](char) { expression('v', 2); });
    } else if (choice < 5) {
      for (;;) {
        const Row& row = *rows_of('i')[x_bits.below(uint32_t(rows_of('i').size()))];
        const std::string_view text = info(row.op).text;
        const bool test = text.find("eqz") != text.npos || text == "i32.and" ||
                          (row.op >= Opcode::I32Eq && row.op <= Opcode::F64Ge);
        if (!test) continue;
        operate(row, [&](char operand) {
          x_bits.chance(80) ? simple(operand) : expression(operand, 1);
        });
        break;
      }
    } else {
      expression('i', 2);
    }
    for (; x_bits.chance(20);) emit(Opcode::I32Eqz);
  }

  // --- statements
  void statements() {
    while (x_left > 0 && !x_dead) statement();
    // Dead code is valid code.
    if (x_dead) {
      for (uint32_t n = x_bits.below(3); n != 0; --n) {
        simple(any_type());
        if (x_bits.chance(30)) emit_drop();
      }
    }
  }

  void emit_drop() {
    emit(Opcode::Drop);
    pop(1);
  }

  void statement() {
    if (x_is_leaf && x_bits.chance(35)) return assign();
    if (!x_is_leaf && x_program.leaves != 0 && x_bits.chance(20)) return call();
    const uint32_t choice = x_bits.below(x_is_leaf ? 91 : 100);
    if (choice < 22) return simple(any_type());
    if (choice < 40) {
      const char type = any_type();
      if (type == 'r') return simple(type);
      const Row& row = *pick(type);
      x_pulled = false;
      if (row.kind == Kind::Numeric && !row.divides && !row.observes_float && x_bits.chance(40)) {
        need(std::string(info(row.op).params()));
        return operate(row, [](char) {});
      }
      return operate(row, [&](char operand) { pull(operand); });
    }
    if (choice < 44) return expression(any_type(), 3);
    if (choice < 60) return assign();
    if (choice < 66) {
      x_pulled = false;
      if (x_scalars.find('v') != std::string::npos && x_bits.chance(25)) return pair('s', 2);
      return operate(*pick('s'), [&](char operand) { pull(operand); });
    }
    if (choice < 69) {
      if (available() != 0) emit_drop();
      return;
    }
    if (choice < 73) return select();
    if (choice < 76) return global_set();
    if (choice < 84) return nest();
    if (choice < 89) return br_if();
    if (choice < 90) return leave();
    if (choice < 91) return br_table();
    if (choice < 92) return throw_if();
    if (choice < 95) return call();
    if (choice < 97) return call_indirect();
    if (choice < 98) return table_set();
    x_bits.chance(50) ? bulk() : byte_loop();
  }

  // One operand: what is on top if it fits and nothing else was pulled, else something new.
  void pull(char type) {
    if (available() != 0 && x_stack.back() == type && x_bits.chance(75) && !x_pulled) {
      x_pulled = true;
      return;
    }
    x_pulled = true;
    x_bits.chance(75) ? simple(type) : expression(type, 2);
  }

  void assign() {
    if (x_usable == 0) return;
    const uint32_t local = x_bits.below(x_usable);
    const char type = x_locals[local];
    if (available() == 0 || x_stack.back() != type)
      x_bits.chance(40) ? simple(type) : expression(type, 2);
    if (x_bits.chance(35)) {
      emit_index(Opcode::LocalTee, local);
    } else {
      emit_index(Opcode::LocalSet, local);
      pop(1);
    }
  }

  void select() {
    char type = available() != 0 ? x_stack.back() : any_type();
    if (available() < 2 || x_stack[x_stack.size() - 2] != type) need(std::string(2, type));
    condition();
    if (type == 'r' || x_bits.chance(20)) {
      emit(Opcode::SelectT, Bytes{1, type_byte(type)});
    } else {
      emit(Opcode::Select);
    }
    pop(2);
  }

  void global_set() {
    const uint32_t global = x_bits.below(uint32_t(kRandomGlobals.size()));
    need(std::string(1, kRandomGlobals[global]));
    emit_index(Opcode::GlobalSet, global);
    pop(1);
  }

  void table_set() {
    emit_const('i', x_bits.below(kRandomTableSize));
    push('i');
    simple('r');
    emit(Opcode::TableSet, Bytes{0});
    pop(2);
  }

  void bulk() {
    if (x_bits.chance(10)) {
      need("i");
      emit(Opcode::I32Const, Bytes{1});
      emit(Opcode::I32And);
      emit(Opcode::MemoryGrow, Bytes{0});
      return;
    }
    for (int i = 0; i < 3; ++i) {
      simple('i');
      emit_const('i', i == 2 ? 0x1ff : 0xff00);
      emit(Opcode::I32And);
    }
    x_bits.chance(50) ? emit(Opcode::MemoryFill, Bytes{0}) : emit(Opcode::MemoryCopy, Bytes{0, 0});
    pop(3);
  }

  void byte_loop() {
    std::vector<uint32_t> locals;
    for (uint32_t i = 0; i < x_usable; ++i) {
      if (x_locals[i] == 'i') locals.push_back(i);
    }
    if (locals.size() < 3) return;
    std::rotate(locals.begin(), locals.begin() + x_bits.below(uint32_t(locals.size())),
                locals.end());
    for (const Bytes& instr : random_byte_loop(x_bits, locals[0], locals[1], locals[2]))
      x_func.instrs.push_back(instr);
  }

  void call_type(const RandomSignature& type) {
    pop(type.params.size());
    x_stack += type.results;
  }
  void call() {
    const auto last = static_cast<uint32_t>(x_program.funcs.size());
    uint32_t callee =
        x_bits.chance(30) || x_index == last ? 0 : x_index + 1 + x_bits.below(last - x_index);
    if (x_program.leaves != 0 && x_bits.chance(80)) callee = last - x_bits.below(x_program.leaves);
    const RandomSignature& type =
        x_program.types[callee == 0 ? 0 : x_program.funcs[callee - 1].type];
    need(type.params);
    if (callee == 0) canonicalise('d');
    emit_index(Opcode::Call, callee);
    call_type(type);
  }
  void call_indirect() {
    if (x_index * 2 > x_program.funcs.size()) return;  // those are in the table
    uint32_t entry = x_bits.below(kRandomTableSize);
    const uint32_t func = x_program.table[entry];
    const uint32_t type = func != 0 && x_bits.chance(97)
                              ? x_program.funcs[func - 1 - 1].type
                              : x_bits.below(uint32_t(x_program.types.size()));
    need(x_program.types[type].params);
    if (x_bits.chance(70)) {
      emit_const('i', entry);
    } else {
      simple('i');
      emit_const('i', kRandomTableSize - 1);
      emit(Opcode::I32And);
      pop(1);
    }
    emit(Opcode::CallIndirect, unsigned_leb(type), Bytes{0});
    call_type(x_program.types[type]);
  }

  // To functions that yield what this one does. False if there is none.
  bool tail_call() {
    if (x_is_leaf) return false;
    const auto type_of = [&](uint32_t callee) {
      return callee == 0 ? 0 : x_program.funcs[callee - 1].type;
    };
    std::vector<uint32_t> callees;
    for (uint32_t callee = 0; callee <= x_program.funcs.size(); ++callee) {
      if (callee != 0 && callee <= x_index) continue;
      if (x_program.types[type_of(callee)].results == x_frames.front().results)
        callees.push_back(callee);
    }
    if (callees.empty()) return false;
    const uint32_t callee = callees[x_bits.below(uint32_t(callees.size()))];
    need(x_program.types[type_of(callee)].params);
    if (callee == 0) canonicalise('d');
    const auto entry = std::ranges::find(x_program.table, callee + 1) - x_program.table.begin();
    const bool in_table = entry != kRandomTableSize && x_index * 2 <= x_program.funcs.size();
    if (in_table && x_bits.chance(50)) {
      emit_const('i', static_cast<uint64_t>(entry));
      emit(Opcode::ReturnCallIndirect, unsigned_leb(type_of(callee)), Bytes{0});
    } else {
      emit_index(Opcode::ReturnCall, callee);
    }
    die();
    return true;
  }

  // --- control
  uint32_t label_below(std::string* types) {
    const uint32_t depth = x_bits.below(uint32_t(x_frames.size()));
    *types = x_frames[x_frames.size() - 1 - depth].branch_types();
    return depth;
  }
  bool is_loop(uint32_t depth) const { return x_frames[x_frames.size() - 1 - depth].is_loop; }

  void count_back_edge() {
    emit_index(Opcode::LocalGet, x_counter);
    emit_const('i', 1);
    emit(Opcode::I32Add);
    emit_index(Opcode::LocalTee, x_counter);
    emit_const('i', x_max_back_edges);
  }
  // Before a branch that may go back.
  void trap_if_used_up() {
    count_back_edge();
    emit(Opcode::I32GtU);
    emit(Opcode::If, Bytes{0x40});
    emit(Opcode::Unreachable);
    emit(Opcode::End);
  }

  void br_if() {
    std::string types;
    const uint32_t depth = label_below(&types);
    need(types);
    if (is_loop(depth)) {
      if (x_bits.chance(60)) {
        count_back_edge();
        emit(x_bits.chance(50) ? Opcode::I32LtU : Opcode::I32LtS);
        emit_index(Opcode::BrIf, depth);
        return;
      }
      trap_if_used_up();
    }
    condition();
    pop(1);
    emit_index(Opcode::BrIf, depth);
  }

  void die() {
    x_stack.resize(x_frames.back().height);
    x_dead = true;
  }

  uint32_t any_tag() { return x_bits.below(uint32_t(x_program.tags.size())); }
  // What nobody catches ends the program.
  bool may_throw() {
    if (x_is_leaf) return false;
    return std::ranges::any_of(x_frames, &Frame::is_try) || x_bits.chance(10);
  }
  void throw_if() {
    if (!may_throw()) return;
    const uint32_t tag = any_tag();
    condition();
    pop(1);
    const size_t height = x_stack.size();
    emit(Opcode::If, Bytes{0x40});
    for (const char type : x_program.tags[tag]) simple(type);
    emit_index(Opcode::Throw, tag);
    emit(Opcode::End);
    x_stack.resize(height);
  }

  void leave() {
    if (x_bits.chance(10)) {
      emit(Opcode::Unreachable);
    } else if (x_bits.chance(30) && may_throw()) {
      const uint32_t tag = any_tag();
      need(x_program.tags[tag]);
      emit_index(Opcode::Throw, tag);
    } else if (x_bits.chance(30) && tail_call()) {
      return;
    } else if (x_bits.chance(40)) {
      need(x_frames.front().results);
      emit(Opcode::Return);
    } else {
      std::string types;
      const uint32_t depth = label_below(&types);
      need(types);
      if (is_loop(depth)) trap_if_used_up();
      emit_index(Opcode::Br, depth);
    }
    die();
  }

  void br_table() {
    std::string types;
    const uint32_t first = label_below(&types);
    std::vector<uint32_t> same;
    bool back = false;
    for (uint32_t depth = 0; depth < x_frames.size(); ++depth) {
      if (x_frames[x_frames.size() - 1 - depth].branch_types() == types) same.push_back(depth);
    }
    std::vector<uint32_t> labels = {first};
    for (uint32_t n = x_bits.below(5); n != 0; --n)
      labels.push_back(same[x_bits.below(uint32_t(same.size()))]);
    for (const uint32_t label : labels) back |= is_loop(label);
    need(types);
    if (back) trap_if_used_up();
    expression('i', 2);
    if (x_bits.chance(70)) {
      emit_const('i', 7);
      emit(Opcode::I32And);
    }
    Bytes immediate = unsigned_leb(labels.size() - 1);
    for (const uint32_t label : labels) append(immediate, unsigned_leb(label));
    emit(Opcode::BrTable, immediate);
    die();
  }

  // Brings the stack of the frame to its results.
  void finish() {
    const Frame& frame = x_frames.back();
    const size_t have = available();
    if (!x_dead && !frame.is_loop && x_bits.chance(30)) {
      need(frame.results);
      if (available() > frame.results.size() || x_bits.chance(20)) {
        emit_index(Opcode::Br, 0);
        die();
      }
      if (x_dead && x_bits.chance(70)) {  // the rest may stay polymorphic
        x_stack.resize(frame.height);
        return;
      }
    }
    if (x_dead && have == 0 && x_bits.chance(50)) return;
    while (x_stack.size() - frame.height > frame.results.size() ||
           x_stack.compare(frame.height, std::string::npos, frame.results, 0,
                           x_stack.size() - frame.height) != 0)
      emit_drop();
    for (size_t i = x_stack.size() - frame.height; i < frame.results.size(); ++i)
      simple(frame.results[i]);
  }

  // Clauses for a try that is about to begin. None goes back to a loop: nothing would count that.
  Bytes clauses() {
    Bytes all;
    uint32_t count = 0;
    for (uint32_t n = 1 + x_bits.below(3); n != 0; --n) {
      std::string types;
      const uint32_t depth = label_below(&types);
      const auto& tags = x_program.tags;
      const auto tag = std::ranges::find(tags, types);
      if (is_loop(depth) || (tag == tags.end() && !types.empty())) continue;
      ++count;
      if (types.empty() && x_bits.chance(50)) {
        append(all, join(Bytes{2}, unsigned_leb(depth)));
      } else {
        append(all, join(Bytes{0}, unsigned_leb(static_cast<uint64_t>(tag - tags.begin())),
                         unsigned_leb(depth)));
      }
    }
    return join(unsigned_leb(count), all);
  }

  void nest() {
    if (x_frames.size() > 7) return;
    const RandomSignature type =
        x_bits.chance(35)   ? RandomSignature{}
        : x_bits.chance(40) ? RandomSignature{"", std::string(1, any_type())}
                            : x_program.types[x_bits.below(uint32_t(x_program.types.size()))];
    Bytes block;
    if (type.params.empty() && type.results.size() <= 1) {
      block = {type.results.empty() ? uint8_t{0x40} : type_byte(type.results[0])};
    } else {
      const auto at = std::ranges::find(x_program.types, type) - x_program.types.begin();
      block = signed_leb(at);
    }
    need(type.params);
    const uint32_t kind = x_is_leaf ? 2 * x_bits.below(2) : x_bits.below(4);
    const bool has_else = kind == 2 && (type.params != type.results || x_bits.chance(60));
    if (kind == 2) {
      condition();
      pop(1);
    }
    const size_t height = x_stack.size() - type.params.size();
    if (kind == 3) {
      emit(Opcode::TryTable, block, clauses());
    } else {
      emit(kind == 0 ? Opcode::Block : kind == 1 ? Opcode::Loop : Opcode::If, block);
    }
    x_frames.push_back({kind == 1, type.params, type.results, height, kind == 3});
    const uint32_t outside = x_left / 2;
    const auto arm = [&] {
      x_left = std::min(x_left, 2 + x_bits.below(25));
      statements();
      if (kind == 1 && !x_dead && x_bits.chance(70)) {
        need(type.params);
        count_back_edge();
        emit(Opcode::I32LtU);
        emit_index(Opcode::BrIf, 0);
      }
      finish();
      x_stack.resize(height);
      x_dead = false;
    };
    arm();
    if (has_else) {
      emit(Opcode::Else);
      x_stack += type.params;
      x_left = outside / 2;
      arm();
    }
    emit(Opcode::End);
    x_left = outside;
    x_frames.pop_back();
    x_stack += type.results;
  }

  const RandomProgram& x_program;
  const uint32_t x_index;
  const bool x_is_leaf;
  RandomBits& x_bits;
  uint32_t x_left;
  const std::string& x_scalars;

  RandomFunc x_func;
  std::string x_locals;
  uint32_t x_usable = 0;
  uint32_t x_counter = 0;
  uint32_t x_max_back_edges = 0;
  std::string x_stack;
  std::vector<Frame> x_frames;
  bool x_dead = false;
  bool x_pulled = false;
};

}  // namespace

RandomProgram random_program(uint64_t seed) {
  RandomBits bits(seed);
  RandomProgram program;
  program.exact_nans = bits.chance(40);
  if (bits.chance(40)) program.memory = static_cast<RandomMemory>(1 + bits.below(3));
  // Some programs have few types, so that operands are found on the stack more often.
  static constexpr const char* kScalars[] = {"ilfdv", "ilfd", "i",   "il",
                                             "iif",   "ddi",  "iiv", "vvi"};
  const std::string scalars = kScalars[bits.below(std::size(kScalars))];
  const auto types = [&](uint32_t most) {
    std::string result;
    for (uint32_t n = bits.below(most + 1); n != 0; --n)
      result += scalars[bits.below(uint32_t(scalars.size()))];
    return result;
  };
  program.types.push_back({"lid", "l"});
  for (uint32_t n = 3 + bits.below(5); n != 0; --n) program.types.push_back({types(4), types(3)});
  program.tags = {"", program.types[1].results, program.types[2].results, types(1), types(6)};
  uint32_t count = 1 + bits.below(4);
  for (uint32_t i = 0; i < count; ++i)
    program.funcs.push_back({1 + bits.below(uint32_t(program.types.size() - 1)), {}, {}});
  if (bits.chance(60)) program.leaves = 1 + bits.below(3);
  for (uint32_t i = 0; i < program.leaves; ++i, ++count) {
    program.funcs.push_back({static_cast<uint32_t>(program.types.size()), {}, {}});
    program.types.push_back({types(4), types(1)});
  }
  program.table.resize(kRandomTableSize);
  for (uint32_t& entry : program.table) {
    const uint32_t first = count / 2 + 1;  // functions with a larger index only
    if (first <= count && bits.chance(85)) entry = 1 + first + bits.below(count - first + 1);
  }
  for (uint32_t i = 0; i < count; ++i) {
    const bool is_leaf = i >= count - program.leaves;
    const uint32_t size = is_leaf ? bits.below(12) : 5 + bits.below(bits.chance(20) ? 300 : 80);
    const uint32_t type = program.funcs[i].type;
    program.funcs[i] = FuncGenerator(program, i + 1, bits, size, scalars).make(type);
  }
  return program;
}

Bytes RandomProgram::build() const {
  using B = ModuleBuilder;
  B builder;
  for (const RandomSignature& type : types)
    builder.type(type_bytes(type.params), type_bytes(type.results));
  for (const std::string& tag : tags) {
    builder.item(B::kTag, join(Bytes{0}, unsigned_leb(types.size() + (&tag - tags.data()))));
    builder.type(type_bytes(tag), {});
  }
  builder.item(B::kImport, join(text("m"), text("f"), Bytes{0, 0}));
  for (uint32_t i = 0; i < kRandomGlobals.size(); ++i) {
    const char type = kRandomGlobals[i];
    if (i < kRandomImportedGlobals) {
      builder.item(B::kImport, join(text("m"), text("g"), Bytes{3, type_byte(type), 1}));
    } else {
      builder.item(B::kGlobal, join(Bytes{type_byte(type), 1}, const_instr(type, 0), Bytes{0x0b}));
    }
  }
  const bool is_second = memory == RandomMemory::Second || memory == RandomMemory::Second64;
  const bool is_wide = memory == RandomMemory::First64 || memory == RandomMemory::Second64;
  if (is_second) builder.memory();
  builder.item(B::kMemory, {static_cast<uint8_t>(is_wide ? 5 : 1), 1, 2});
  builder.item(B::kTable, {0x70, 1, kRandomTableSize, kRandomTableSize});
  for (uint32_t i = 0; i < funcs.size(); ++i) {
    const RandomFunc& func = funcs[i];
    const std::string all_locals =
        func.locals + (is_wide ? std::string(kRandomScratch) : std::string());
    Bytes locals = unsigned_leb(all_locals.size());
    for (const char type : all_locals) append(locals, {1, type_byte(type)});
    const auto scratch = static_cast<uint32_t>(types[func.type].params.size() + func.locals.size());
    Bytes code;
    for (const Bytes& instr : func.instrs) append(code, with_memory(instr, memory, scratch));
    builder.func(func.type, code, locals);
    builder.item(B::kExport, join(text("f" + std::to_string(i)), Bytes{0}, unsigned_leb(i + 1)));
  }
  for (uint32_t i = 0; i < table.size(); ++i) {
    if (table[i] == 0) continue;
    builder.item(B::kElement,
                 join(Bytes{0}, const_instr('i', i), Bytes{0x0b, 1}, unsigned_leb(table[i] - 1)));
  }
  return builder.build();
}

}  // namespace weft::interp::testing
