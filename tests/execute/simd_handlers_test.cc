// The handlers of vector shapes: that each one reads its operands from its cell's slots, applies
// the function that simd_ops_test.cc checks, writes its result where the cell says and nothing
// else, and goes on with the next cell.
#include "interp/execute/simd_handlers.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/core/simd_targets.h"
#include "interp/runtime/context.h"
#include "interp/runtime/objects.h"
#include "interp/translate/cell_layout.h"
#include "tests/execute/simd_reference.h"

// After simd_targets.h.
#include <hwy/highway.h>

extern "C" void weft_enter(weft::interp::EntryState* state);  // entry_x86_64.S

namespace weft::interp {
namespace {

using simd_reference::Inputs;

WEFT_HANDLER(stop) {
  WEFT_REGS;
  // What a handler leaves in the accumulators, for the test.
  fp[0] = acc;
  write_unaligned(fp + 1, facc);
  write_unaligned(fp + 2, sacc);
  WEFT_EXIT();
}

// Slots of the operands; odd ones, as vectors in frames are not aligned.
constexpr uint16_t kA = 5;
constexpr uint16_t kB = 9;
constexpr uint16_t kC = 13;
constexpr uint16_t kD = 17;
constexpr size_t kFrameSlots = 24;
constexpr size_t kMemoryBytes = 64;
constexpr uint64_t kUntouched = 0xeeeeeeeeeeeeeeee;

struct Guest {
  std::array<uint64_t, kFrameSlots> frame;
  std::array<uint8_t, kMemoryBytes> memory{};
  alignas(16) std::array<uint8_t, 256> context_bytes{};

  Guest() { frame.fill(kUntouched); }
  Context& context() { return *reinterpret_cast<Context*>(context_bytes.data()); }

  void set(uint16_t slot, const V128& vector) { std::memcpy(&frame[slot], &vector, 16); }
  void set(uint16_t slot, uint64_t scalar) { frame[slot] = scalar; }
  V128 vector_at(uint16_t slot) const {
    V128 vector;
    std::memcpy(&vector, &frame[slot], 16);
    return vector;
  }

  // Runs one cell of `key`, with its fields as given, and one that stops.
  TrapCode run(HandlerFn* handler, const HandlerKey& key, uint32_t x = 0, const V128& pq = {},
               uint32_t offset = 0) {
    const CellLayout layout = cell_layout(key);
    std::array<uint64_t, 16> cells{};
    auto* const cell = reinterpret_cast<uint8_t*>(cells.data());
    write_unaligned(cell, handler);
    const auto put = [cell](uint8_t at, auto value) {
      if (at != 0) write_unaligned(cell + at, value);
    };
    put(layout.a, kA);
    put(layout.b, kB);
    put(layout.c, kC);
    put(layout.d, kD);
    put(layout.x, x);
    put(layout.offset, offset);
    put(layout.p, read_unaligned<uint64_t>(pq.bytes));
    put(layout.q, read_unaligned<uint64_t>(pq.bytes + 8));
    write_unaligned(cell + layout.size, &stop);

    StoreState state;
    MemoryInst memory0;
    memory0.base = memory.data();
    memory0.bytes = memory.size();
    context().state = &state;
    context().memory0 = &memory0;
    EntryState entry{};
    entry.ctx = &context();
    entry.mem = memory.data();
    entry.pc = cell;
    entry.fp = frame.data();
    entry.running = 1;
    weft_enter(&entry);
    memory0.base = nullptr;  // not its own
    return state.trap.code;
  }
};

std::vector<int64_t> targets() {
  std::vector<int64_t> targets;
  const int64_t all = supported_targets();
  for (int bit = 0; bit < 63; ++bit) {
    if (all >> bit & 1) targets.push_back(int64_t{1} << bit);
  }
  return targets;
}

class SimdHandlersOf : public testing::TestWithParam<int64_t> {
 protected:
  HandlerFn* find(const HandlerKey& key) const {
    const SimdHandlers& handlers = simd_handlers(GetParam());
    EXPECT_EQ(handlers.target, GetParam());
    return handlers.find(key);
  }
};

// All slots but the result's (and those that `stop` writes) are as they were.
void expect_untouched(const Guest& before, const Guest& after, size_t result_slots) {
  for (size_t i = 3; i < kFrameSlots; ++i) {
    if (i >= kD && i < kD + result_slots) continue;
    EXPECT_EQ(after.frame[i], before.frame[i]) << "slot " << i;
  }
}

constexpr auto kShapes = [] {
  std::array<Shape, kOpcodeCount> shapes{};
  shapes.fill(Shape::kCount);
  shapes[index_of(Opcode::I8x16Shuffle)] = Shape::VShuffle;
#define WEFT_OP(...)
#define WEFT_V_UNARY(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VUnary;
#define WEFT_V_BINARY(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VBinary;
#define WEFT_V_TERNARY(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VTernary;
#define WEFT_V_SHIFT(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VShift;
#define WEFT_V_TEST(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VTest;
#define WEFT_V_SPLAT(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VSplat;
#define WEFT_V_EXTRACT(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VExtract;
#define WEFT_V_REPLACE(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VReplace;
#define WEFT_V_LOAD(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VLoad;
#define WEFT_V_LOAD_LANE(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VLoadLane;
#define WEFT_V_STORE_LANE(prefix, code, Id, ...) shapes[index_of(Opcode::Id)] = Shape::VStoreLane;
#include "interp/core/opcodes.def"
  return shapes;
}();
constexpr Shape shape_of(Opcode op) { return kShapes[index_of(op)]; }

TEST_P(SimdHandlersOf, ComputeFromSlotsToASlot) {
  for (const Opcode op : simd_reference::vector_opcodes()) {
    const HandlerKey key{.shape = shape_of(op), .op = op};
    if (key.shape == Shape::VLoad) continue;
    SCOPED_TRACE(info(op).text);
    HandlerFn* const handler = find(key);
    ASSERT_NE(handler, nullptr);
    const auto inputs = simd_reference::inputs_of(op);
    for (size_t i = 0; i < inputs.size(); i += 7) {
      Inputs in = inputs[i];
      if (const uint32_t lanes = lane_count(op)) in.lane %= lanes;
      for (uint8_t& lane : in.c.bytes) {
        if (key.shape == Shape::VShuffle) lane %= 32;
      }
      Guest guest;
      const bool scalar_result = key.shape == Shape::VTest || key.shape == Shape::VExtract;
      if (key.shape == Shape::VSplat) {
        guest.set(kA, in.scalar);
      } else {
        guest.set(kA, in.a);
      }
      if (key.shape == Shape::VShift || key.shape == Shape::VReplace) {
        guest.set(kB, in.scalar);
      } else {
        guest.set(kB, in.b);
      }
      guest.set(kC, in.c);
      const Guest before = guest;
      ASSERT_EQ(guest.run(handler, key, in.lane, in.c), TrapCode::None);
      expect_untouched(before, guest, scalar_result ? 1 : 2);

      const auto& reference = simd_reference::reference_of(op);
      const V128 expected = reference.fn(in);
      if (!scalar_result) {
        ASSERT_TRUE(simd_reference::matches(reference, in, expected, guest.vector_at(kD)));
        continue;
      }
      // Scalars go to the accumulator of their type as well. f32 owns half of its slot.
      const auto bits = read_unaligned<uint64_t>(expected.bytes);
      const char type = info(op).results()[0];
      if (type == 'f') {
        ASSERT_EQ(read_unaligned<uint32_t>(&guest.frame[kD]), static_cast<uint32_t>(bits));
        ASSERT_EQ(read_unaligned<uint32_t>(&guest.frame[2]), static_cast<uint32_t>(bits));
      } else {
        ASSERT_EQ(guest.frame[kD], bits);
        ASSERT_EQ(guest.frame[type == 'd' ? 1 : 0], bits);
      }
    }
  }
}

constexpr V128 kVector = {{1, 2, 3, 4, 5, 6, 7, 8, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90}};
constexpr V128 kOther = {{0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b,
                          0x5c, 0x5d, 0x5e, 0x5f}};

TEST_P(SimdHandlersOf, MoveConstantsSlotsSelectionsAndGlobals) {
  {
    Guest guest;
    const Guest before = guest;
    const HandlerKey key{.shape = Shape::VConst};
    guest.run(find(key), key, 0, kVector);
    EXPECT_EQ(guest.vector_at(kD), kVector);
    expect_untouched(before, guest, 2);
  }
  {
    Guest guest;
    guest.set(kA, kVector);
    const Guest before = guest;
    const HandlerKey key{.shape = Shape::VMove};
    guest.run(find(key), key);
    EXPECT_EQ(guest.vector_at(kD), kVector);
    expect_untouched(before, guest, 2);
  }
  for (uint32_t condition : {0u, 1u, 0x100u, 0x80000000u}) {
    Guest guest;
    guest.set(kA, kVector);
    guest.set(kB, kOther);
    guest.set(kC, condition);
    const HandlerKey key{.shape = Shape::VSelect};
    guest.run(find(key), key);
    EXPECT_EQ(guest.vector_at(kD), condition != 0 ? kVector : kOther) << condition;
  }
  Value imported;
  for (const bool far : {false, true}) {
    constexpr uint32_t kOffset = 64;
    Guest guest;
    guest.set(kA, kVector);
    if (far) guest.context().at<Value*>(kOffset) = &imported;
    const HandlerKey set{.shape = far ? Shape::VGlobalSetFar : Shape::VGlobalSet};
    guest.run(find(set), set, kOffset);
    EXPECT_EQ(far ? imported.v128 : guest.context().at<Value>(kOffset).v128, kVector);
    const HandlerKey get{.shape = far ? Shape::VGlobalGetFar : Shape::VGlobalGet};
    guest.run(find(get), get, kOffset);
    EXPECT_EQ(guest.vector_at(kD), kVector);
  }
}

// Every access of memory, at an address and offset that sum up to its last possible place, and one
// byte beyond it.
TEST_P(SimdHandlersOf, AccessMemoryUpToItsLastByte) {
  std::vector<HandlerKey> keys = {{.shape = Shape::VStore}};
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const auto op = static_cast<Opcode>(i);
    const Shape shape = shape_of(op);
    if (shape == Shape::VLoad || shape == Shape::VLoadLane || shape == Shape::VStoreLane)
      keys.push_back({.shape = shape, .op = op});
  }
  EXPECT_EQ(keys.size(), 1u + 13 + 4 + 4);
  for (HandlerKey key : keys) {
    const bool stores = key.shape == Shape::VStore || key.shape == Shape::VStoreLane;
    const size_t bytes = key.shape == Shape::VStore ? 16 : access_bytes(key.op);
    SCOPED_TRACE(key.shape == Shape::VStore ? "v128.store" : info(key.op).text);
    for (const uint8_t flags : {uint8_t{0}, uint8_t{kChecked}}) {
      key.flags = flags;
      HandlerFn* const handler = find(key);
      ASSERT_NE(handler, nullptr);
      for (uint32_t lane = 0; lane < (lane_count(key.op) ? lane_count(key.op) : 1); ++lane) {
        Guest guest;
        for (size_t i = 0; i < kMemoryBytes; ++i) guest.memory[i] = static_cast<uint8_t>(0x70 + i);
        const auto last = static_cast<uint32_t>(kMemoryBytes - bytes);
        guest.set(kA, uint64_t{last - 10});
        guest.set(kB, kVector);
        auto memory = guest.memory;
        const Guest before = guest;
        ASSERT_EQ(guest.run(handler, key, lane, {}, 10), TrapCode::None);
        if (stores) {
          expect_untouched(before, guest, 0);
          std::memcpy(memory.data() + last, kVector.bytes + lane * bytes, bytes);
        } else {
          expect_untouched(before, guest, 2);
          V128 expected = kVector;
          if (key.shape == Shape::VLoadLane) {
            std::memcpy(expected.bytes + lane * bytes, memory.data() + last, bytes);
          } else {
            Inputs in{};
            std::memcpy(&in.a, memory.data() + last, bytes);
            expected = simd_reference::reference_of(key.op).fn(in);
          }
          EXPECT_EQ(guest.vector_at(kD), expected);
        }
        EXPECT_EQ(guest.memory, memory);

        if (flags == 0) continue;
        for (const auto& [address, offset] :
             std::initializer_list<std::pair<uint32_t, uint32_t>>{{last - 9, 10},
                                                                  {0xffffffff, 0},
                                                                  {0, 0xffffffff},
                                                                  {0xffffffff, 0xffffffff},
                                                                  {kMemoryBytes, 0}}) {
          guest = before;
          guest.set(kA, uint64_t{address});
          EXPECT_EQ(guest.run(handler, key, lane, {}, offset), TrapCode::OutOfBoundsMemoryAccess);
          EXPECT_EQ(guest.memory, before.memory);
          EXPECT_EQ(guest.vector_at(kD), before.vector_at(kD));
        }
      }
    }
  }
}

TEST_P(SimdHandlersOf, ExistOnlyForVectorShapesAndSlots) {
  EXPECT_EQ(find({.shape = Shape::Binary, .op = Opcode::I32Add}), nullptr);
  EXPECT_EQ(find({.shape = Shape::VBinary, .op = Opcode::I32x4Abs}), nullptr);
  EXPECT_EQ(find({.shape = Shape::VUnary, .op = Opcode::I32x4Abs, .a = In::Acc}), nullptr);
  EXPECT_EQ(find({.shape = Shape::VUnary, .op = Opcode::I32x4Abs, .flags = kChecked}), nullptr);
  EXPECT_NE(find({.shape = Shape::VUnary, .op = Opcode::I32x4Abs}), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdHandlersOf, testing::ValuesIn(targets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

}  // namespace
}  // namespace weft::interp
