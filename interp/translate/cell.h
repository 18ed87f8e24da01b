// The format of translated code: a sequence of cells, each one handler and its operands.
//
// A cell begins with the address of its handler and is a multiple of 8 bytes long. Its fields
// follow: cell_layout.h.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "interp/core/opcode.h"
#include "interp/core/small.h"

namespace weft::interp {

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
enum class Shape : uint16_t {
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
  CompareSelect,  // d := op(a, b) ? slot s : c, of `repr`
  MoveBranch,     // d := a, of 64 bits; go to target
  BranchTable,    // go to the target of entry min(a + z, x), a + z wrapping at 2^32; entries of 16
                  // bytes follow the cell
  BranchTableLoad,  // the same of op(memory0[a + offset]) instead of a
  Return,           // frame[0] := a, of `repr`; return
  ReturnVoid,       // return; results, if any, are in place
  ReturnMany,       // frame[0..count) := frame[x..x+count) slots; return
  Call,             // call the code at p, frame advanced by x slots; y is the function's index
  CallLazy,         // the same before the callee is known to be translated: becomes a Call
  CallImport,       // call the FuncInst at byte y of the Context, frame advanced by x slots
  CallIndirect,  // call element a, of `repr`, of the table at byte z of the Context if its type is
                 // y or a subtype, frame advanced by x slots
  CallRef,       // call the FuncInst a, frame advanced by x slots
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
  ByteLoop,    // most iterations of the loop that follows: p is its description (byte_loop.h)
  Redispatch,  // no cell: the handler that goes on with the one its cell has now
  // Cells shared by all code, not part of any function.
  Exit,        // leave the interpreter
  SwitchBack,  // a call into another instance returns: restore the caller's Context
  EnterLazy,   // entry of a function not yet translated; the accumulator holds its FuncInst
  // Vectors, which take two slots and have an accumulator of their own. d, a, b, c as above.
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
  VLoadIndexed,   // as LoadIndexed
  VStoreIndexed,  // as StoreIndexed
  VShiftOr,       // d := op(a, b) | the logical shift right of a by c
  // Two vector instructions in one, as the shapes below.
  VOpOp,           // d := op(inner(a, b), c); kRight: op(c, inner(a, b))
  VOpLoad,         // d := op(inner(memory0[a + offset]), c); kRight likewise
  VOpLoadIndexed,  // d := op(inner(memory0[a + b + x + offset]), c); kRight likewise
  VStoreOp,        // memory0[c + offset] := inner(a, b)
  VBranchTest,     // d := inner(a); if op(d, 0) go to target
  VOpExtract,      // d := op(lane x of a, c)
  // Two instructions in one: `inner`'s result is an operand of the other. Which pairs there are:
  // fusions.def.
  OpOp,               // d := op(inner(a, b), c); kRight: op(c, inner(a, b))
  OpLoad,             // d := op(inner(memory0[a + offset]), c); kRight likewise
  OpLoadIndexed,      // d := op(inner(memory0[a + b + x + offset]), c), as LoadIndexed
  StoreOp,            // memory0[c + offset] := inner(a, b)
  BranchOp,           // d := inner(a, b); if op(d, c) go to target
  BranchLoad,         // d := inner(memory0[a + offset]); if op(d, c) go to target
  BranchLoadIndexed,  // d := inner(memory0[a + b + x + offset]), as LoadIndexed; if op(d, c) go to
                      // target
  ReturnOp,           // frame[0] := inner(a, b); return
  RefAsNonNull,       // trap if a is null
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
    case Shape::CompareSelect:
    case Shape::BranchTableLoad:
    case Shape::OpOp:
    case Shape::OpLoad:
    case Shape::OpLoadIndexed:
    case Shape::StoreOp:
    case Shape::BranchOp:
    case Shape::BranchLoad:
    case Shape::BranchLoadIndexed:
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
    case Shape::VLoadIndexed:
    case Shape::VShiftOr:
    case Shape::VOpOp:
    case Shape::VOpLoad:
    case Shape::VOpLoadIndexed:
    case Shape::VStoreOp:
    case Shape::VBranchTest:
    case Shape::VOpExtract:
      return true;
    default:
      return false;
  }
}

constexpr bool is_vector(Shape shape) {
  return (shape >= Shape::VUnary && shape <= Shape::VOpExtract) || shape >= Shape::VStructGet;
}

// Whether a shape's handlers differ by the instruction whose result is an operand, too.
constexpr bool has_inner(Shape shape) { return shape >= Shape::VOpOp && shape <= Shape::ReturnOp; }

// Variants of a shape beyond its operands' places.
enum HandlerFlag : uint8_t {
  kNegate = 1,   // BranchIf, CompareBranch: branch when the condition does not hold
  kRight = 1,    // OpOp, OpLoad, OpLoadIndexed and the vectors': the inner instruction's result is
                 // on the right
  kBack = 2,     // branches: backward; looks at the interrupt flag before it is taken
  kChecked = 4,  // memory accesses: MemoryMode::Checked
  kScaled = 8,   // LoadIndexed, StoreIndexed, OpLoadIndexed: the index counts elements
  // Before all else:
  kStep = 16,       // slot s := slot r + t, an i32
  kStepConst = 32,  // slot s := t, zero-extended
  kStep64 = 48,     // slot s := slot r + t, an i64
};
inline constexpr uint8_t kStepFlags = 48;

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
  constexpr uint8_t step() const { return flags & kStepFlags; }
  // All of it, in an order that keeps keys of one shape together.
  constexpr uint64_t word() const {
    const auto bits = [](auto member, int at) { return static_cast<uint64_t>(member) << at; };
    return bits(shape, 56) | bits(op, 40) | bits(inner, 24) | bits(a, 22) | bits(b, 20) |
           bits(c, 18) | bits(d, 17) | bits(repr, 8) | flags;
  }
  // The same as it lies in memory, which takes no shifts.
  constexpr std::array<uint32_t, 3> words() const {
    return std::bit_cast<std::array<uint32_t, 3>>(*this);
  }
  constexpr bool operator==(const HandlerKey& other) const { return words() == other.words(); }
  constexpr auto operator<=>(const HandlerKey& other) const { return word() <=> other.word(); }
};

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
