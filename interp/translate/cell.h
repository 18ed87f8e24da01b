// The format of translated code: a sequence of cells, each one handler and its operands.
//
// A cell begins with the address of its handler and is a multiple of 8 bytes long. Its fields
// follow in the order that kFields states for its shape, each at its natural alignment.
// cell_layout() is the one description of that: handlers read fields at its constant offsets, the
// emitter writes them there, the disassembler prints them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "interp/core/opcode.h"

namespace weft::interp {

#ifdef WEFT_SMALL
inline constexpr bool kSmall = true;  // a build for size has fewer forms of cells
#else
inline constexpr bool kSmall = false;
#endif

// Machine code of a handler, opaque outside execute/.
struct HandlerCode;
using Handler = const HandlerCode*;

// Where an operand is read from, and where a result goes. Every handler that writes a scalar to a
// slot leaves it in the accumulator of its type, too, so that the next one can read it from there.
enum class In : uint8_t { Slot, Imm, Acc };
enum class Out : uint8_t { Slot, Acc };

// How an operand is represented. i32 occupies a slot zero-extended; references travel as I64.
enum class Repr : uint8_t { I32, I64, F32, F64, V128 };

constexpr Repr repr_of(char letter) {
  switch (letter) {
    case 'l':
      return Repr::I64;
    case 'f':
      return Repr::F32;
    case 'd':
      return Repr::F64;
    case 'v':
      return Repr::V128;
    default:
      return Repr::I32;
  }
}

// A kind of cell. Operands are named d (result), a, b, c; see kFields for what else each holds.
enum class Shape : uint8_t {
  Binary,        // d := op(a, b)
  Unary,         // d := op(a)
  Load,          // d := memory0[a + offset]
  Store,         // memory0[a + offset] := b
  LoadFar,       // d := memory[a + p]: of the memory at byte x of the Context; a of 64 bits
  StoreFar,      // memory[a + p] := b, likewise
  LoadIndexed,   // d := memory0[a + b + x + offset], a + b + x wrapping at 2^32; kScaled: b times
                 // the access's size
  StoreIndexed,  // memory0[a + b + x + offset] := c, likewise
  Move,          // d := a, of `repr`
  MovePair,      // d := a, then the slot c := b, both of 64 bits
  MoveMany,      // frame[y..y+z) slots := frame[x..x+z), y < x
  Select,        // d := c ? a : b, of `repr`
  GlobalGet,     // d := own global at byte x of the Context, of `repr`
  GlobalSet,     // own global := a
  GlobalGetFar,  // likewise through the pointer at byte x of the Context (imported globals)
  GlobalSetFar,
  Branch,         // go to target
  BranchIf,       // if a != 0 (flag Negate: == 0) go to target
  CompareBranch,  // if op(a, b) (flag Negate: not) go to target
  MoveBranch,     // d := a, of 64 bits; go to target
  BranchTable,    // go to the target of entry min(a, count); entries of 16 bytes follow the cell
  Return,         // frame[0] := a, of `repr`; return
  ReturnVoid,     // return; results, if any, are in place
  ReturnMany,     // frame[0..count) := frame[x..x+count) slots; return
  Call,           // call the code at p, frame advanced by x slots; y is the function's index
  CallLazy,       // the same before the callee is known to be translated: becomes a Call
  CallImport,     // call the FuncInst at byte y of the Context, frame advanced by x slots
  CallIndirect,   // call element a, of `repr`, of the table at byte z of the Context if its type is
                  // y or a subtype, frame advanced by x slots
  CallRef,        // call the FuncInst a, frame advanced by x slots
  // Tail calls: the arguments are at the frame's beginning already, and no record is pushed.
  ReturnCall,          // as Call
  ReturnCallLazy,      // as CallLazy: becomes a ReturnCall
  ReturnCallImport,    // as CallImport
  ReturnCallIndirect,  // as CallIndirect
  ReturnCallRef,       // as CallRef
  Throw,               // throw an exception of tag y with the values at frame + x
  ThrowRef,            // throw the exception a
  Runtime,             // runtime function p(context, frame + x, y, z)
  Zero,                // frame[x..x+y) slots := 0
  CheckStack,  // trap unless x slots fit: entry of functions with a frame larger than the red zone
  Fuel,        // take x units of fuel
  Trap,        // trap with code x
  CountBlock,  // add 1 to the counter at p: only in code that counts (CodeOptions)
  CountEdge,   // likewise, and go to target
  Redispatch,  // no cell: the handler that goes on with the one its cell has now
  // Cells shared by all code, not part of any function.
  Exit,        // leave the interpreter
  SwitchBack,  // a call into another instance returns: restore the caller's Context
  EnterLazy,   // entry of a function not yet translated; the accumulator holds its FuncInst
  // Vectors: all operands in slots. d, a, b, c as above.
  VUnary,
  VBinary,
  VTernary,
  VShift,
  VTest,
  VSplat,
  VExtract,  // lane in x
  VReplace,  // lane in x
  VShuffle,  // lanes in p, q
  VConst,    // value in p, q
  VMove,
  VSelect,     // d := c ? a : b
  VLoad,       // d := op(memory0[a + offset])
  VStore,      // memory0[a + offset] := b
  VLoadLane,   // d := b with lane x from memory0[a + offset]
  VStoreLane,  // memory0[a + offset] := lane x of b
  // The same for the memory at byte y of the Context; a of 64 bits, offset in p.
  VLoadFar,
  VStoreFar,
  VLoadLaneFar,
  VStoreLaneFar,
  VGlobalGet,
  VGlobalSet,
  VGlobalGetFar,
  VGlobalSetFar,
  // Two instructions in one: `inner`'s result is an operand of the other. Which pairs there are:
  // fusions.def.
  OpOp,           // d := op(inner(a, b), c); kRight: op(c, inner(a, b))
  OpLoad,         // d := op(inner(memory0[a + offset]), c); kRight likewise
  OpLoadIndexed,  // d := op(inner(memory0[a + b + x + offset]), c), as LoadIndexed
  StoreOp,        // memory0[c + offset] := inner(a, b)
  BranchOp,       // d := inner(a, b); if op(d, c) go to target
  BranchLoad,     // d := inner(memory0[a + offset]); if op(d, c) go to target
  ReturnOp,       // frame[0] := inner(a, b); return
  RefAsNonNull,   // trap if a is null
  Atomic,   // d := op(memory[a + p], b, c): of the memory at byte y of the Context; a of 64 bits
  Wide,     // d, slot x := the words of op(a, b, c, slot y)
  MulWide,  // d, slot x := the words of op(a, b)
  // Garbage-collected objects. Fields and elements are accessed as memory is by the instruction
  // that the key names.
  NewObject,   // d := object function p(layout q, frame + x, y, z)
  StructGet,   // d := field of struct a, `offset` bytes into it
  StructSet,   // field of struct a := b, likewise
  ArrayGet,    // d := element b of array a
  ArraySet,    // element b of array a := c
  ArrayLen,    // d := length of array a
  I31Get,      // d := integer in a
  RefTest,     // d := a is of the type in p, x, y (CastFlag)
  RefCast,     // trap unless it is
  BranchCast,  // if it is (flag Negate: is not) go to target
  VStructGet,
  VStructSet,
  VArrayGet,
  VArraySet,
  kCount,
};
inline constexpr size_t kShapeCount = static_cast<size_t>(Shape::kCount);

// Whether a shape's handlers differ by the instruction that they compute; the others differ by
// representation.
constexpr bool has_opcode(Shape shape) {
  switch (shape) {
    case Shape::Binary:
    case Shape::Unary:
    case Shape::Load:
    case Shape::Store:
    case Shape::LoadFar:
    case Shape::StoreFar:
    case Shape::LoadIndexed:
    case Shape::StoreIndexed:
    case Shape::CompareBranch:
    case Shape::OpOp:
    case Shape::OpLoad:
    case Shape::OpLoadIndexed:
    case Shape::StoreOp:
    case Shape::BranchOp:
    case Shape::BranchLoad:
    case Shape::Atomic:
    case Shape::Wide:
    case Shape::MulWide:
    case Shape::StructGet:
    case Shape::StructSet:
    case Shape::ArrayGet:
    case Shape::ArraySet:
    case Shape::I31Get:
    case Shape::VUnary:
    case Shape::VBinary:
    case Shape::VTernary:
    case Shape::VShift:
    case Shape::VTest:
    case Shape::VSplat:
    case Shape::VExtract:
    case Shape::VReplace:
    case Shape::VLoad:
    case Shape::VLoadLane:
    case Shape::VStoreLane:
    case Shape::VLoadFar:
    case Shape::VLoadLaneFar:
    case Shape::VStoreLaneFar:
      return true;
    default:
      return false;
  }
}

constexpr bool is_vector(Shape shape) {
  return (shape >= Shape::VUnary && shape <= Shape::VGlobalSetFar) || shape >= Shape::VStructGet;
}

// Whether a shape's handlers differ by the instruction whose result is an operand, too.
constexpr bool has_inner(Shape shape) { return shape >= Shape::OpOp && shape <= Shape::ReturnOp; }

// Variants of a shape beyond its operands' places.
enum HandlerFlag : uint8_t {
  kNegate = 1,   // BranchIf, CompareBranch: branch when the condition does not hold
  kRight = 1,    // OpOp, OpLoad, OpLoadIndexed: the inner instruction's result is on the right
  kBack = 2,     // branches: backward; looks at the interrupt flag before it is taken
  kChecked = 4,  // memory accesses: MemoryMode::Checked
  kScaled = 8,   // LoadIndexed, StoreIndexed, OpLoadIndexed: the index counts elements
};

// Kinds of casts, a part of their flags: what RefTest, RefCast and BranchCast find in their cells.
// p is the TypeRegistry.
enum CastFlag : uint8_t {
  kCastToObject = 0,  // a struct or array type: x is its TypeId
  kCastToClass = 4,   // an abstract type: x is the set of CastClasses below it
  kCastToFunc = 8,    // a function type: x is its TypeId
  kCastToTop = 12,    // all references but null, if x is not 0, else none
  kCastKinds = 12,
};
// y: kCastsNull if null is of the type, and, for types with an id, their depth in the hierarchy.
inline constexpr uint32_t kCastsNull = 1;
inline constexpr uint32_t kCastDepthShift = 1;
// What a reference of the any hierarchy may be to, if not null.
enum CastClass : uint8_t { kI31Class = 1, kStructClass = 2, kArrayClass = 4, kHostClass = 8 };

// What selects a handler. Unused members stay at their defaults, so that equal handlers have equal
// keys.
struct HandlerKey {
  Shape shape;
  Opcode op = Opcode::Nop;     // shapes that compute
  Opcode inner = Opcode::Nop;  // shapes of two instructions: the one that comes first
  In a = In::Slot;
  In b = In::Slot;
  In c = In::Slot;
  Out d = Out::Slot;
  Repr repr = Repr::I32;  // shapes without an opcode
  uint8_t flags = 0;
  constexpr bool operator==(const HandlerKey&) const = default;
  constexpr auto operator<=>(const HandlerKey&) const = default;
};

enum class Field : uint8_t {
  None,
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

inline constexpr size_t kMaxFields = 6;
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
    case Shape::ReturnOp:
      return {A, B};
    case Shape::MovePair:
      return {D, A, B, C};
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
    case Shape::BranchTable:
      return {A, X};
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

constexpr Reprs reprs_of(const HandlerKey& key) {
  switch (key.shape) {
    case Shape::OpOp:
    case Shape::OpLoad:
    case Shape::OpLoadIndexed:
    case Shape::StoreOp:
    case Shape::BranchOp:
    case Shape::BranchLoad:
    case Shape::ReturnOp:
      return fused_reprs_of(key);
    case Shape::MovePair:
    case Shape::MoveBranch:
      return {{Repr::I64, Repr::I64, Repr::I64}, Repr::I64};
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
      return {{key.repr, key.repr, key.repr}, key.repr};
  }
}

// Bytes of an immediate operand: i64 constants are stored as 32 bits, sign-extended; others are put
// in a slot first.
constexpr size_t imm_bytes(Repr repr) { return repr == Repr::F64 ? 8 : 4; }

// Byte offsets of a cell's fields from its start; 0 where absent.
struct CellLayout {
  uint8_t d = 0, a = 0, b = 0, c = 0;
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
    case Field::D:
      return key.d == Out::Slot ? 2 : 0;
    case Field::A:
      return operand(key.a, 0);
    case Field::B:
      return operand(key.b, 1);
    case Field::C:
      return operand(key.c, 2);
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
  for (Field field : fields_of(key.shape)) {
    const size_t bytes = field_bytes(field, key, reprs);
    if (bytes == 0) continue;
    at = (at + bytes - 1) / bytes * bytes;
    const auto here = static_cast<uint8_t>(at);
    switch (field) {
      case Field::None:
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

// An entry of a branch table: the target cell and its handler, so that neither load waits for the
// other.
struct BranchTableEntry {
  const uint8_t* target;
  Handler handler;
};

// Frames are indexed by 16-bit slot numbers.
inline constexpr uint32_t kMaxFrameSlots = 65'536;
// A call checks that this many slots lie between the callee's frame and the return records; larger
// frames check again.
inline constexpr uint32_t kRedZoneSlots = 1'024;

}  // namespace weft::interp
