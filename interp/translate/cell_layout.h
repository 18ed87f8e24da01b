// Which fields a cell has, in which order, and where: derived from its HandlerKey. Each is at its
// natural alignment, vectors at 8. cell_layout() is the one description of that: handlers read
// fields at its constant offsets, the emitter writes them there, the disassembler prints them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "interp/core/opcode.h"
#include "interp/translate/cell.h"

namespace weft::interp {

enum class Field : uint8_t {
  None,
  S,  // u16 slot index
  R,  // u16 slot index
  T,  // i32
  D,  // u16 slot index, absent for Out::Acc
  A,  // In::Slot: u16 slot index; In::Imm: constant of imm_bytes; In::Acc: absent
  B,
  C,
  Offset,  // u32 byte offset of a memory access
  Target,  // i32 bytes from this cell to the target
  X,       // u32
  Y,       // u32
  Z,       // u32
  P,       // u64
  Q,       // u64
};

inline constexpr size_t kMaxFields = 8;
using Fields = std::array<Field, kMaxFields>;

constexpr Fields vector_fields_of(Shape shape) {
  using enum Field;
  switch (shape) {
    case Shape::VUnary:
    case Shape::VTest:
    case Shape::VMove:
    case Shape::VSplat:
      return {D, A};
    case Shape::VBinary:
    case Shape::VShift:
    case Shape::VArrayGet:
      return {D, A, B};
    case Shape::VTernary:
    case Shape::VSelect:
      return {D, A, B, C};
    case Shape::VExtract:
      return {D, A, X};
    case Shape::VReplace:
      return {D, A, B, X};
    case Shape::VShuffle:
      return {D, A, B, P, Q};
    case Shape::VConst:
      return {D, P, Q};
    case Shape::VLoad:
    case Shape::VStructGet:
      return {D, A, Offset};
    case Shape::VStore:
    case Shape::VStructSet:
      return {A, B, Offset};
    case Shape::VLoadLane:
      return {D, A, B, Offset, X};
    case Shape::VStoreLane:
      return {A, B, Offset, X};
    case Shape::VLoadFar:
      return {D, A, P, Y};
    case Shape::VStoreFar:
      return {A, B, P, Y};
    case Shape::VLoadLaneFar:
      return {D, A, B, P, X, Y};
    case Shape::VStoreLaneFar:
      return {A, B, P, X, Y};
    case Shape::VGlobalGet:
    case Shape::VGlobalGetFar:
      return {D, X};
    case Shape::VGlobalSet:
    case Shape::VGlobalSetFar:
      return {A, X};
    case Shape::VArraySet:
      return {A, B, C};
    case Shape::VLoadIndexed:
      return {D, A, B, Offset, X};
    case Shape::VStoreIndexed:
      return {A, B, C, Offset, X};
    case Shape::VShiftOr:
    case Shape::VOpOp:
      return {D, A, B, C};
    case Shape::VOpLoad:
      return {D, A, C, Offset};
    case Shape::VOpLoadIndexed:
      return {D, A, B, C, Offset, X};
    case Shape::VStoreOp:
      return {A, B, C, Offset};
    case Shape::VBranchTest:
      return {D, A, Target};
    case Shape::VOpExtract:
      return {D, A, C, X};
    default:
      return {};
  }
}

// Of two instructions in one.
constexpr Fields fused_fields_of(Shape shape) {
  using enum Field;
  switch (shape) {
    case Shape::OpOp:
      return {D, A, B, C};
    case Shape::OpLoad:
      return {D, A, C, Offset};
    case Shape::OpLoadIndexed:
      return {D, A, B, C, Offset, X};
    case Shape::StoreOp:
      return {A, B, C, Offset};
    case Shape::BranchOp:
      return {D, A, B, C, Target};
    case Shape::BranchLoad:
      return {D, A, C, Offset, Target};
    case Shape::BranchLoadIndexed:
      return {D, A, B, C, Offset, X, Target};
    case Shape::ReturnOp:
      return {A, B};
    case Shape::MovePair:
      return {D, C, A, B};
    case Shape::MoveBranch:
      return {D, A, Target};
    default:
      return {};
  }
}

constexpr Fields fields_of(Shape shape) {
  using enum Field;
  switch (shape) {
    case Shape::Binary:
      return {D, A, B};
    case Shape::Unary:
    case Shape::Move:
      return {D, A};
    case Shape::Load:
      return {D, A, Offset};
    case Shape::Store:
      return {A, B, Offset};
    case Shape::LoadFar:
      return {D, A, P, X};
    case Shape::StoreFar:
      return {A, B, P, X};
    case Shape::LoadIndexed:
      return {D, A, B, Offset, X};
    case Shape::StoreIndexed:
      return {A, B, C, Offset, X};
    case Shape::Select:
      return {D, A, B, C};
    case Shape::GlobalGet:
    case Shape::GlobalGetFar:
      return {D, X};
    case Shape::GlobalSet:
    case Shape::GlobalSetFar:
      return {A, X};
    case Shape::Branch:
      return {Target};
    case Shape::BranchIf:
      return {A, Target};
    case Shape::CompareBranch:
      return {A, B, Target};
    case Shape::CompareSelect:
      return {S, D, A, B, C};
    case Shape::BranchTable:
      return {A, X, Z};
    case Shape::BranchTableLoad:
      return {A, Offset, X, Z};
    case Shape::Return:
      return {A};
    case Shape::ReturnVoid:
      return {};
    case Shape::ReturnMany:
      return {X, Y};
    case Shape::MoveMany:
      return {X, Y, Z};
    case Shape::Call:
      return {P, Q, X, Y};  // q: the callee's first handler
    case Shape::CallLazy:
      return {P, Q, X, Y};
    case Shape::CallImport:
      return {X, Y};
    case Shape::CallIndirect:
      return {A, X, Y, Z};
    case Shape::CallRef:
      return {A, X};
    case Shape::ReturnCall:
    case Shape::ReturnCallLazy:
      return {P, Q, Y};
    case Shape::ReturnCallImport:
      return {Y};
    case Shape::ReturnCallIndirect:
      return {A, Y, Z};
    case Shape::ReturnCallRef:
      return {A};
    case Shape::Throw:
      return {X, Y};
    case Shape::ThrowRef:
      return {A};
    case Shape::Runtime:
      return {P, X, Y, Z};
    case Shape::Zero:
      return {X, Y};
    case Shape::CheckStack:
    case Shape::Fuel:
    case Shape::Trap:
      return {X};
    case Shape::CountBlock:
    case Shape::ByteLoop:
      return {P};
    case Shape::CountEdge:
      return {Target, P};
    case Shape::Redispatch:
    case Shape::Exit:
    case Shape::SwitchBack:
    case Shape::EnterLazy:
      return {};
    case Shape::RefAsNonNull:
      return {A};
    case Shape::Atomic:
      return {D, A, B, C, P, Y};
    case Shape::Wide:
      return {D, A, B, C, X, Y};
    case Shape::MulWide:
      return {D, A, B, X};
    case Shape::NewObject:
      return {D, P, Q, X, Y, Z};
    case Shape::StructGet:
      return {D, A, Offset};
    case Shape::StructSet:
      return {A, B, Offset};
    case Shape::ArrayGet:
      return {D, A, B};
    case Shape::ArraySet:
      return {A, B, C};
    case Shape::ArrayLen:
    case Shape::I31Get:
      return {D, A};
    case Shape::RefTest:
      return {D, A, P, X, Y};
    case Shape::RefCast:
      return {A, P, X, Y};
    case Shape::BranchCast:
      return {A, Target, P, X, Y};
    default:
      return is_vector(shape) ? vector_fields_of(shape) : fused_fields_of(shape);
  }
}

constexpr Fields fields_of(const HandlerKey& key) {
  const Fields own = fields_of(key.shape);
  if (key.step() == 0) return own;
  Fields fields{Field::S, Field::R};
  size_t count = key.step() == kStepConst ? 1 : 2;
  for (const Field field : own) {
    if (field != Field::None) fields[count++] = field;
  }
  fields[count] = Field::T;
  return fields;
}

// Representation of operand 0 (a), 1 (b), 2 (c) and of the result.
struct Reprs {
  std::array<Repr, 3> in;
  Repr out;
};

// Of each instruction by itself, three bits each; I32 where it has no operand or result, or no
// signature.
inline constexpr auto kInstrReprs = [] {
  std::array<uint16_t, kOpcodeCount> all{};
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const InstrInfo& instr = kInstrs[i];
    if (!instr.has_signature()) continue;
    const auto put = [&all, i](char letter, size_t at) {
      all[i] = static_cast<uint16_t>(all[i] | static_cast<unsigned>(repr_of(letter)) << 3 * at);
    };
    for (size_t j = 0; j < instr.params().size() && j < 3; ++j) put(instr.params()[j], j);
    if (!instr.results().empty()) put(instr.results()[0], 3);
  }
  return all;
}();
constexpr Reprs reprs_of(Opcode op) {
  const unsigned packed = kInstrReprs[index_of(op)];
  const auto at = [packed](size_t i) { return static_cast<Repr>(packed >> 3 * i & 7); };
  return {{at(0), at(1), at(2)}, at(3)};
}

// Of the shapes of two instructions: the inner one's operands, then the other's.
constexpr Reprs fused_reprs_of(const HandlerKey& key) {
  const Reprs inner = reprs_of(key.inner);
  const bool computes =
      key.shape == Shape::OpOp || key.shape == Shape::OpLoad || key.shape == Shape::OpLoadIndexed;
  // Its result is an operand of `op`, whose operands are all of one representation, or is stored
  // to an address, or returned.
  return {{inner.in[0], inner.in[1], key.shape == Shape::StoreOp ? Repr::I32 : inner.out},
          computes ? reprs_of(key.op).out : inner.out};
}

constexpr Reprs vector_reprs_of(const HandlerKey& key) {
  constexpr Repr kI32 = Repr::I32;
  constexpr Repr kI64 = Repr::I64;
  constexpr Repr kV128 = Repr::V128;
  switch (key.shape) {
    case Shape::VSelect:
      return {{kV128, kV128, kI32}, kV128};
    case Shape::VTest:
      return {{kV128, kI32, kI32}, kI32};
    case Shape::VLoad:
    case Shape::VLoadIndexed:
      return {{kI32, kI32, kI32}, kV128};
    case Shape::VStore:
    case Shape::VLoadLane:
    case Shape::VStoreLane:
      return {{kI32, kV128, kI32}, kV128};
    case Shape::VStoreIndexed:
      return {{kI32, kI32, kV128}, kV128};
    case Shape::VLoadFar:
    case Shape::VStoreFar:
    case Shape::VLoadLaneFar:
    case Shape::VStoreLaneFar:
    case Shape::VStructGet:
    case Shape::VStructSet:
      return {{kI64, kV128, kI32}, kV128};
    case Shape::VArrayGet:
    case Shape::VArraySet:
      return {{kI64, kI32, kV128}, kV128};
    case Shape::VShift:
      return {{kV128, kI32, kI32}, kV128};
    case Shape::VShiftOr:
      return {{kV128, kI32, kI32}, kV128};
    case Shape::VSplat:
    case Shape::VExtract:
    case Shape::VReplace: {
      const Reprs instr = reprs_of(key.op);
      return {{instr.in[0], instr.in[1], kI32}, instr.out};
    }
    case Shape::VOpOp:
      return {{kV128, reprs_of(key.inner).in[1], kV128}, kV128};
    case Shape::VStoreOp:
      return {{kV128, reprs_of(key.inner).in[1], kI32}, kV128};
    case Shape::VOpLoad:
    case Shape::VOpLoadIndexed:
      return {{kI32, kI32, kV128}, kV128};
    case Shape::VBranchTest:
      return {{kV128, kI32, kI32}, kI32};
    case Shape::VOpExtract: {
      const Repr lane = reprs_of(key.inner).out;
      return {{kV128, kI32, lane}, lane};
    }
    default:
      return {{kV128, kV128, kV128}, kV128};
  }
}

constexpr Reprs reprs_of(const HandlerKey& key) {
  switch (key.shape) {
    case Shape::OpOp:
    case Shape::OpLoad:
    case Shape::OpLoadIndexed:
    case Shape::StoreOp:
    case Shape::BranchOp:
    case Shape::BranchLoad:
    case Shape::BranchLoadIndexed:
    case Shape::ReturnOp:
      return fused_reprs_of(key);
    case Shape::MovePair:
    case Shape::MoveBranch:
      return {{Repr::I64, Repr::I64, Repr::I64}, Repr::I64};
    case Shape::CompareSelect: {
      const Repr compared = reprs_of(key.op).in[0];
      return {{compared, compared, key.repr}, key.repr};
    }
    case Shape::Select:
      return {{key.repr, key.repr, Repr::I32}, key.repr};
    case Shape::LoadFar:
      return {{Repr::I64, Repr::I32, Repr::I32}, reprs_of(key.op).out};
    case Shape::StoreFar:
      return {{Repr::I64, reprs_of(key.op).in[1], Repr::I32}, Repr::I32};
    case Shape::Atomic: {
      const Reprs instr = reprs_of(key.op);
      return {{Repr::I64, instr.in[1], instr.in[2]}, instr.out};
    }
    case Shape::LoadIndexed:
      return {{Repr::I32, Repr::I32, Repr::I32}, reprs_of(key.op).out};
    case Shape::NewObject:
      return {{Repr::I64, Repr::I64, Repr::I64}, Repr::I64};
    case Shape::StructGet:
    case Shape::ArrayGet:
      return {{Repr::I64, Repr::I32, Repr::I32}, reprs_of(key.op).out};
    case Shape::StructSet:
      return {{Repr::I64, reprs_of(key.op).in[1], Repr::I32}, Repr::I32};
    case Shape::ArraySet:
      return {{Repr::I64, Repr::I32, reprs_of(key.op).in[1]}, Repr::I32};
    case Shape::ArrayLen:
    case Shape::I31Get:
    case Shape::RefTest:
    case Shape::RefCast:
    case Shape::BranchCast:
      return {{Repr::I64, Repr::I32, Repr::I32}, Repr::I32};
    case Shape::StoreIndexed:
      return {{Repr::I32, Repr::I32, reprs_of(key.op).in[1]}, Repr::I32};
    case Shape::Binary:
    case Shape::Unary:
    case Shape::Load:
    case Shape::Store:
    case Shape::CompareBranch:
      return reprs_of(key.op);
    default:
      if (is_vector(key.shape)) return vector_reprs_of(key);
      return {{key.repr, key.repr, key.repr}, key.repr};
  }
}

// Bytes of an immediate operand.
constexpr size_t imm_bytes(Repr repr) {
  return repr == Repr::V128 ? 16 : repr == Repr::I64 || repr == Repr::F64 ? 8 : 4;
}

// Byte offsets of a cell's fields from its start; 0 where absent.
struct CellLayout {
  uint8_t s = 0, r = 0, t = 0, d = 0, a = 0, b = 0, c = 0;
  uint8_t offset = 0, target = 0;
  uint8_t x = 0, y = 0, z = 0;
  uint8_t p = 0, q = 0;
  uint8_t size = 0;

  constexpr void set(Field field, size_t place) {
    this->*kPlaces[static_cast<size_t>(field)] = static_cast<uint8_t>(place);
  }

 private:
  static const std::array<uint8_t CellLayout::*, 15> kPlaces;  // by Field
};
inline constexpr std::array<uint8_t CellLayout::*, 15> CellLayout::kPlaces = {
    nullptr,        &CellLayout::s, &CellLayout::r, &CellLayout::t,      &CellLayout::d,
    &CellLayout::a, &CellLayout::b, &CellLayout::c, &CellLayout::offset, &CellLayout::target,
    &CellLayout::x, &CellLayout::y, &CellLayout::z, &CellLayout::p,      &CellLayout::q};

// Bytes of a field that is there.
constexpr size_t field_bytes(Field field, const HandlerKey& key, const Reprs& reprs) {
  const auto operand = [&](In in, size_t i) -> size_t {
    return in == In::Slot ? 2 : in == In::Imm ? imm_bytes(reprs.in[i]) : 0;
  };
  switch (field) {
    case Field::A:
      return operand(key.a, 0);
    case Field::B:
      return operand(key.b, 1);
    case Field::C:
      return operand(key.c, 2);
    case Field::D:
      return key.d == Out::Slot ? 2 : 0;
    case Field::S:
    case Field::R:
      return 2;
    case Field::P:
    case Field::Q:
      return 8;
    default:
      return 4;
  }
}

// Calls f(field, place, bytes) for each field that the key's cells have, in their order, and gives
// the size of a cell.
template <class F>
constexpr size_t for_each_field(const HandlerKey& key, F f) {
  const Reprs reprs = reprs_of(key);
  size_t at = sizeof(Handler);
  for (const Field field : fields_of(key)) {
    if (field == Field::None) break;
    const size_t bytes = field_bytes(field, key, reprs);
    if (bytes == 0) continue;
    const size_t alignment = bytes < 8 ? bytes : 8;
    at = (at + alignment - 1) & ~(alignment - 1);
    f(field, at, bytes);
    at += bytes;
  }
  return (at + 7) / 8 * 8;
}

constexpr CellLayout cell_layout(const HandlerKey& key) {
  CellLayout layout;
  const size_t size =
      for_each_field(key, [&layout](Field field, size_t at, size_t) { layout.set(field, at); });
  layout.size = static_cast<uint8_t>(size);
  return layout;
}

}  // namespace weft::interp
