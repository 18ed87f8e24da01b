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

// Of an instruction that may be none of memory: keys are enumerated blindly.
constexpr char result_letter(Opcode op) {
  const InstrInfo& instr = info(op);
  return instr.has_signature() && !instr.results().empty() ? instr.results()[0] : 'i';
}
constexpr char stored_letter(Opcode op) {
  const InstrInfo& instr = info(op);
  return instr.has_signature() && instr.params().size() > 1 ? instr.params()[1] : 'i';
}

// Of the shapes of two instructions: the inner one's operands, then the other's.
constexpr Reprs fused_reprs_of(const HandlerKey& key) {
  const InstrInfo& inner = info(key.inner);
  if (!inner.has_signature()) return {};
  Reprs reprs{{Repr::I32, Repr::I32, Repr::I32}, Repr::I32};
  for (size_t i = 0; i < inner.params().size() && i < 2; ++i)
    reprs.in[i] = repr_of(inner.params()[i]);
  const Repr value = repr_of(result_letter(key.inner));
  const bool computes =
      key.shape == Shape::OpOp || key.shape == Shape::OpLoad || key.shape == Shape::OpLoadIndexed;
  // Its result is an operand of `op`, whose operands are all of one representation, or is stored
  // to an address, or returned.
  if (key.shape != Shape::StoreOp) reprs.in[2] = value;
  reprs.out = computes ? repr_of(result_letter(key.op)) : value;
  return reprs;
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
      const InstrInfo& instr = info(key.op);
      if (!instr.has_signature() || instr.results().empty()) return {};
      const auto param = [&instr](size_t i) {
        return instr.params().size() > i ? repr_of(instr.params()[i]) : kI32;
      };
      return {{param(0), param(1), kI32}, repr_of(instr.results()[0])};
    }
    case Shape::VOpOp:
    case Shape::VStoreOp: {
      const InstrInfo& inner = info(key.inner);
      if (!inner.has_signature() || inner.params().size() < 2) return {};
      return {{kV128, repr_of(inner.params()[1]), key.shape == Shape::VOpOp ? kV128 : kI32}, kV128};
    }
    case Shape::VOpLoad:
    case Shape::VOpLoadIndexed:
      return {{kI32, kI32, kV128}, kV128};
    case Shape::VBranchTest:
      return {{kV128, kI32, kI32}, kI32};
    case Shape::VOpExtract: {
      const Repr lane = repr_of(result_letter(key.inner));
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
      const Repr compared = repr_of(info(key.op).params()[0]);
      return {{compared, compared, key.repr}, key.repr};
    }
    case Shape::Select:
      return {{key.repr, key.repr, Repr::I32}, key.repr};
    case Shape::LoadFar:
      return {{Repr::I64, Repr::I32, Repr::I32}, repr_of(info(key.op).results()[0])};
    case Shape::StoreFar:
      return {{Repr::I64, repr_of(info(key.op).params()[1]), Repr::I32}, Repr::I32};
    case Shape::Atomic: {
      Reprs reprs{{Repr::I64, Repr::I32, Repr::I32}, Repr::I32};
      const auto params = info(key.op).params();
      for (size_t i = 1; i < params.size() && i < 3; ++i) reprs.in[i] = repr_of(params[i]);
      if (!info(key.op).results().empty()) reprs.out = repr_of(info(key.op).results()[0]);
      return reprs;
    }
    case Shape::LoadIndexed:
      return {{Repr::I32, Repr::I32, Repr::I32}, repr_of(info(key.op).results()[0])};
    case Shape::NewObject:
      return {{Repr::I64, Repr::I64, Repr::I64}, Repr::I64};
    case Shape::StructGet:
    case Shape::ArrayGet:
      return {{Repr::I64, Repr::I32, Repr::I32}, repr_of(result_letter(key.op))};
    case Shape::StructSet:
      return {{Repr::I64, repr_of(stored_letter(key.op)), Repr::I32}, Repr::I32};
    case Shape::ArraySet:
      return {{Repr::I64, Repr::I32, repr_of(stored_letter(key.op))}, Repr::I32};
    case Shape::ArrayLen:
    case Shape::I31Get:
    case Shape::RefTest:
    case Shape::RefCast:
    case Shape::BranchCast:
      return {{Repr::I64, Repr::I32, Repr::I32}, Repr::I32};
    case Shape::StoreIndexed:
      return {{Repr::I32, Repr::I32, repr_of(info(key.op).params()[1])}, Repr::I32};
    case Shape::Binary:
    case Shape::Unary:
    case Shape::Load:
    case Shape::Store:
    case Shape::CompareBranch: {
      Reprs reprs{{Repr::I32, Repr::I32, Repr::I32}, Repr::I32};
      const auto params = info(key.op).params();
      for (size_t i = 0; i < params.size() && i < 3; ++i) reprs.in[i] = repr_of(params[i]);
      if (!info(key.op).results().empty()) reprs.out = repr_of(info(key.op).results()[0]);
      return reprs;
    }
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
};

constexpr size_t field_bytes(Field field, const HandlerKey& key, const Reprs& reprs) {
  const auto operand = [&](In in, size_t i) -> size_t {
    return in == In::Slot ? 2 : in == In::Imm ? imm_bytes(reprs.in[i]) : 0;
  };
  switch (field) {
    case Field::None:
      return 0;
    case Field::S:
    case Field::R:
      return 2;
    case Field::D:
      return key.d == Out::Slot ? 2 : 0;
    case Field::A:
      return operand(key.a, 0);
    case Field::B:
      return operand(key.b, 1);
    case Field::C:
      return operand(key.c, 2);
    case Field::T:
    case Field::Offset:
    case Field::Target:
    case Field::X:
    case Field::Y:
    case Field::Z:
      return 4;
    case Field::P:
    case Field::Q:
      return 8;
  }
  return 0;
}

constexpr CellLayout cell_layout(const HandlerKey& key) {
  CellLayout layout;
  const Reprs reprs = reprs_of(key);
  size_t at = sizeof(Handler);
  for (Field field : fields_of(key)) {
    const size_t bytes = field_bytes(field, key, reprs);
    if (bytes == 0) continue;
    const size_t alignment = bytes < 8 ? bytes : 8;
    at = (at + alignment - 1) & ~(alignment - 1);
    const auto here = static_cast<uint8_t>(at);
    switch (field) {
      case Field::None:
        break;
      case Field::S:
        layout.s = here;
        break;
      case Field::R:
        layout.r = here;
        break;
      case Field::T:
        layout.t = here;
        break;
      case Field::D:
        layout.d = here;
        break;
      case Field::A:
        layout.a = here;
        break;
      case Field::B:
        layout.b = here;
        break;
      case Field::C:
        layout.c = here;
        break;
      case Field::Offset:
        layout.offset = here;
        break;
      case Field::Target:
        layout.target = here;
        break;
      case Field::X:
        layout.x = here;
        break;
      case Field::Y:
        layout.y = here;
        break;
      case Field::Z:
        layout.z = here;
        break;
      case Field::P:
        layout.p = here;
        break;
      case Field::Q:
        layout.q = here;
        break;
    }
    at += bytes;
  }
  layout.size = static_cast<uint8_t>((at + 7) / 8 * 8);
  return layout;
}

}  // namespace weft::interp
