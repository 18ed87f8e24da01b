// The handlers of vector shapes: that each one reads its operands where its key says, applies the
// function that simd_ops_test.cc checks, writes its result where the key says and nothing else, and
// goes on with the next cell.
#include "interp/execute/simd_handlers.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/execute/simd_handler_targets.h"
#include "interp/runtime/context.h"
#include "interp/runtime/objects.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/fusion_rows.h"
#include "tests/execute/simd_reference.h"

// After simd_targets.h.
#include <hwy/highway.h>

extern "C" void weft_enter(weft::interp::EntryState* state);  // entry_x86_64.S

namespace weft::interp {
namespace {

using simd_reference::Inputs;

// What a handler leaves in the accumulators, for the test.
struct Accumulators {
  uint64_t acc = 0xacc0acc1acc2acc3;
  double facc = -7.75;
  float sacc = -3.5f;
  V128 vacc = {{0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad,
                0xae, 0xaf}};
  uint64_t target = 0;  // whether it went to its cell's target

  // A representation's accumulator, of which bits that it doesn't have are 0.
  V128 of(Repr repr) const {
    V128 bits{};
    if (repr == Repr::V128) return vacc;
    if (repr == Repr::F32) {
      std::memcpy(&bits, &sacc, sizeof sacc);
    } else if (repr == Repr::F64) {
      std::memcpy(&bits, &facc, sizeof facc);
    } else {
      std::memcpy(&bits, &acc, sizeof acc);
    }
    return bits;
  }
  void set(Repr repr, const V128& bits) {
    if (repr == Repr::V128) {
      vacc = bits;
    } else if (repr == Repr::F32) {
      std::memcpy(&sacc, &bits, sizeof sacc);
    } else if (repr == Repr::F64) {
      std::memcpy(&facc, &bits, sizeof facc);
    } else {
      std::memcpy(&acc, &bits, sizeof acc);
    }
  }
};

// The last cells: they note the accumulators where the record says.
template <bool kAtTarget>
WEFT_HANDLER(stop) {
  WEFT_REGS;
  auto* const after = reinterpret_cast<Accumulators*>(rs->fp);
  after->acc = acc;
  after->facc = facc;
  after->sacc = sacc;
  std::memcpy(&after->vacc, &vacc, sizeof vacc);
  after->target = kAtTarget ? 1 : 0;
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

constexpr V128 bits_of(uint64_t low) {
  V128 vector{};
  for (size_t i = 0; i < 8; ++i) vector.bytes[i] = static_cast<uint8_t>(low >> (8 * i));
  return vector;
}
uint64_t low_bits(const V128& vector) { return read_unaligned<uint64_t>(vector.bytes); }

// What a cell's fields hold: operands as bits, wherever they are.
struct Fields {
  V128 a{}, b{}, c{};
  uint32_t x = 0;
  uint32_t offset = 0;
  V128 pq{};
};

struct Guest {
  std::array<uint64_t, kFrameSlots> frame;
  std::array<uint8_t, kMemoryBytes> memory{};
  alignas(16) std::array<uint8_t, 256> context_bytes{};
  Accumulators before;
  Accumulators after;

  Guest() { frame.fill(kUntouched); }
  Context& context() { return *reinterpret_cast<Context*>(context_bytes.data()); }

  V128 vector_at(uint16_t slot) const {
    V128 vector;
    std::memcpy(&vector, &frame[slot], 16);
    return vector;
  }

  // Puts the operands where the key says.
  void prepare(const HandlerKey& key, const Fields& fields) {
    const Reprs reprs = reprs_of(key);
    const auto put = [&](In place, uint16_t slot, Repr repr, const V128& bits) {
      if (place == In::Slot) std::memcpy(&frame[slot], &bits, repr == Repr::V128 ? 16 : 8);
      if (place == In::Acc) before.set(repr, bits);
    };
    for (const Field field : fields_of(key.shape)) {
      if (field == Field::A) put(key.a, kA, reprs.in[0], fields.a);
      if (field == Field::B) put(key.b, kB, reprs.in[1], fields.b);
      if (field == Field::C) put(key.c, kC, reprs.in[2], fields.c);
    }
  }

  // Runs one cell of `key`, with its fields as given, and one that stops.
  TrapCode run(HandlerFn* handler, const HandlerKey& key, const Fields& fields) {
    const CellLayout layout = cell_layout(key);
    const Reprs reprs = reprs_of(key);
    std::array<uint64_t, 16> cells{};
    auto* const cell = reinterpret_cast<uint8_t*>(cells.data());
    write_unaligned(cell, handler);
    const auto put = [cell](uint8_t at, auto value) {
      if (at != 0) write_unaligned(cell + at, value);
    };
    const auto operand = [&](In place, uint8_t at, uint16_t slot, Repr repr, const V128& bits) {
      if (at == 0) return;
      if (place == In::Slot) put(at, slot);
      if (place == In::Imm) std::memcpy(cell + at, &bits, imm_bytes(repr));
    };
    operand(key.a, layout.a, kA, reprs.in[0], fields.a);
    operand(key.b, layout.b, kB, reprs.in[1], fields.b);
    operand(key.c, layout.c, kC, reprs.in[2], fields.c);
    put(layout.d, kD);
    put(layout.x, fields.x);
    put(layout.offset, fields.offset);
    put(layout.p, read_unaligned<uint64_t>(fields.pq.bytes));
    put(layout.q, read_unaligned<uint64_t>(fields.pq.bytes + 8));
    put(layout.target, static_cast<int32_t>(layout.size + 8));
    write_unaligned(cell + layout.size, &stop<false>);
    write_unaligned(cell + layout.size + 8, &stop<true>);

    StoreState state;
    MemoryInst memory0;
    memory0.base = memory.data();
    memory0.bytes = memory.size();
    context().state = &state;
    context().memory0 = &memory0;
    Record record{nullptr, reinterpret_cast<uint64_t*>(&after)};
    EntryState entry{};
    entry.ctx = &context();
    entry.rs = &record;
    entry.mem = memory.data();
    entry.pc = cell;
    entry.fp = frame.data();
    entry.acc = before.acc;
    entry.facc = before.facc;
    entry.sacc = before.sacc;
    std::memcpy(&entry.vacc, &before.vacc, sizeof entry.vacc);
    entry.running = 1;
    weft_enter(&entry);
    memory0.base = nullptr;  // not its own
    return state.trap.code;
  }
  TrapCode prepare_and_run(HandlerFn* handler, const HandlerKey& key, const Fields& fields) {
    prepare(key, fields);
    return run(handler, key, fields);
  }
};

std::vector<int64_t> targets() {
  std::vector<int64_t> targets;
  const int64_t all = supported_targets() & HWY_TARGETS;
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

  // Whether the target has more than the forms with everything in slots.
  bool has_all_forms() const {
    return find({.shape = Shape::VUnary, .op = Opcode::I8x16Abs, .a = In::Acc}) != nullptr;
  }

  // Calls f with every form of the key that exists, and its handler. Their number.
  template <class F>
  int each_form(HandlerKey key, F f) const {
    int forms = 0;
    for (unsigned places = 0; places < 27 * 2; ++places) {
      key.d = static_cast<Out>(places % 2);
      key.a = static_cast<In>(places / 2 % 3);
      key.b = static_cast<In>(places / 6 % 3);
      key.c = static_cast<In>(places / 18);
      HandlerFn* const handler = find(key);
      if (handler == nullptr) continue;
      ++forms;
      SCOPED_TRACE(testing::Message()
                   << info(key.op).text << " places " << static_cast<int>(key.a)
                   << static_cast<int>(key.b) << static_cast<int>(key.c) << " to "
                   << static_cast<int>(key.d) << " flags " << static_cast<int>(key.flags));
      f(key, handler);
      if (HasFatalFailure()) return forms;
    }
    return forms;
  }

  // The result is in its slot, if the key says so, and in its accumulator; nothing else has
  // changed. f32 owns half of its slot.
  template <class Equal>
  void expect_result(const HandlerKey& key, const Guest& before, const Guest& guest, Equal equal) {
    const Repr repr = reprs_of(key).out;
    const bool in_slot = key.d == Out::Slot;
    for (size_t i = 0; i < kFrameSlots; ++i) {
      if (in_slot && i >= kD && i < kD + (repr == Repr::V128 ? 2u : 1u)) continue;
      EXPECT_EQ(guest.frame[i], before.frame[i]) << "slot " << i;
    }
    if (in_slot) {
      V128 written = guest.vector_at(kD);
      if (repr != Repr::V128)
        std::memset(written.bytes + (repr == Repr::F32 ? 4 : 8), 0, repr == Repr::F32 ? 12 : 8);
      EXPECT_TRUE(equal(written)) << written;
    }
    if (repr != Repr::V128 || has_all_forms()) {
      EXPECT_TRUE(equal(guest.after.of(repr))) << guest.after.of(repr);
    }
    for (const Repr other : {Repr::I64, Repr::F32, Repr::F64, Repr::V128}) {
      if (other == (repr == Repr::I32 ? Repr::I64 : repr)) continue;
      EXPECT_EQ(guest.after.of(other), before.before.of(other));
    }
  }
};

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

constexpr V128 kVector = {{1, 2, 3, 4, 5, 6, 7, 8, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90}};
constexpr V128 kOther = {{0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b,
                          0x5c, 0x5d, 0x5e, 0x5f}};

TEST_P(SimdHandlersOf, ComputeInEveryForm) {
  int forms = 0;
  for (const Opcode op : simd_reference::vector_opcodes()) {
    HandlerKey base{.shape = shape_of(op), .op = op};
    if (base.shape == Shape::VLoad) continue;
    const auto inputs = simd_reference::inputs_of(op);
    const int found = each_form(base, [&](const HandlerKey& key, HandlerFn* handler) {
      const bool plain = key.a == In::Slot && key.b == In::Slot && key.d == Out::Slot;
      for (size_t i = 0; i < inputs.size(); i += plain ? 7 : 61) {
        Inputs in = inputs[i];
        if (const uint32_t lanes = lane_count(op)) in.lane %= lanes;
        for (uint8_t& lane : in.c.bytes) {
          if (key.shape == Shape::VShuffle) lane %= 32;
        }
        Fields fields{.a = in.a, .b = in.b, .c = in.c, .x = in.lane, .pq = in.c};
        if (key.shape == Shape::VSplat) fields.a = bits_of(in.scalar);
        if (key.shape == Shape::VShift || key.shape == Shape::VReplace)
          fields.b = bits_of(in.scalar);
        Guest guest;
        guest.prepare(key, fields);
        const Guest before = guest;
        ASSERT_EQ(guest.run(handler, key, fields), TrapCode::None);
        const auto& reference = simd_reference::reference_of(op);
        const V128 expected = reference.fn(in);
        const bool scalar = reprs_of(key).out != Repr::V128;
        expect_result(key, before, guest, [&](const V128& actual) {
          return scalar ? actual == expected
                        : simd_reference::matches(reference, in, expected, actual);
        });
        if (HasFailure()) FAIL() << info(op).text;
      }
    });
    EXPECT_GE(found, has_all_forms() ? 4 : 1) << info(op).text;
    forms += found;
  }
  EXPECT_GT(forms, has_all_forms() ? 1000 : 200);
}

// Rotations, by every pair of counts that matters, in a slot and the accumulator.
TEST_P(SimdHandlersOf, ShiftBothWaysAndUnite) {
  for (const auto& [left, right] : {std::pair{Opcode::I32x4Shl, Opcode::I32x4ShrU},
                                    std::pair{Opcode::I64x2Shl, Opcode::I64x2ShrU}}) {
    const HandlerKey base{.shape = Shape::VShiftOr, .op = left};
    const int forms = each_form(base, [&](const HandlerKey& key, HandlerFn* handler) {
      for (const uint64_t by : {0, 1, 7, 31, 32, 63, 64}) {
        for (const uint64_t back : {0, 1, 25, 33}) {
          Inputs in{.a = kVector, .b = {}, .c = {}};
          in.scalar = by;
          V128 expected = simd_reference::reference_of(left).fn(in);
          in.scalar = back;
          const V128 other = simd_reference::reference_of(right).fn(in);
          for (size_t i = 0; i < 16; ++i) expected.bytes[i] |= other.bytes[i];
          const Fields fields{.a = kVector, .b = bits_of(by), .c = bits_of(back)};
          Guest guest;
          guest.prepare(key, fields);
          const Guest before = guest;
          ASSERT_EQ(guest.run(handler, key, fields), TrapCode::None);
          expect_result(key, before, guest, [&](const V128& v) { return v == expected; });
        }
      }
    });
    EXPECT_EQ(forms, has_all_forms() ? 4 : kSmall ? 2 : 0);
  }
}

TEST_P(SimdHandlersOf, MoveConstantsSlotsSelectionsAndGlobals) {
  const auto is = [](const V128& expected) {
    return [expected](const V128& actual) { return actual == expected; };
  };
  const auto check = [&](const HandlerKey& base, const Fields& fields, const V128& expected) {
    return each_form(base, [&](const HandlerKey& key, HandlerFn* handler) {
      Guest guest;
      guest.prepare(key, fields);
      const Guest before = guest;
      ASSERT_EQ(guest.run(handler, key, fields), TrapCode::None);
      expect_result(key, before, guest, is(expected));
    });
  };
  const bool all = has_all_forms();
  EXPECT_EQ(check({.shape = Shape::VConst}, {.pq = kVector}, kVector), all ? 2 : 1);
  EXPECT_EQ(check({.shape = Shape::VMove}, {.a = kVector}, kVector), all ? 2 : 1);
  for (const uint64_t condition : {0u, 1u, 0x100u, 0x80000000u}) {
    EXPECT_EQ(check({.shape = Shape::VSelect}, {.a = kVector, .b = kOther, .c = bits_of(condition)},
                    condition != 0 ? kVector : kOther),
              all ? 4 : 1);
  }
  Value imported;
  for (const bool far : {false, true}) {
    constexpr uint32_t kOffset = 64;
    Guest guest;
    if (far) guest.context().at<Value*>(kOffset) = &imported;
    const HandlerKey set{.shape = far ? Shape::VGlobalSetFar : Shape::VGlobalSet};
    const int setters = each_form(set, [&](const HandlerKey& key, HandlerFn* handler) {
      Value& global = far ? imported : guest.context().at<Value>(kOffset);
      global = {};
      guest.prepare_and_run(handler, key, {.a = kVector, .x = kOffset});
      EXPECT_EQ(global.v128, kVector);
    });
    EXPECT_EQ(setters, all ? 2 : 1);
    const HandlerKey get{.shape = far ? Shape::VGlobalGetFar : Shape::VGlobalGet};
    const Guest before = guest;
    guest.run(find(get), get, {.x = kOffset});
    EXPECT_EQ(guest.vector_at(kD), kVector);
    if (all) {
      EXPECT_EQ(guest.after.vacc, kVector);
    }
    EXPECT_EQ(guest.after.acc, before.before.acc);
  }
}

// Every access of memory, at an address and offset that sum up to its last possible place, and one
// byte beyond it.
TEST_P(SimdHandlersOf, AccessMemoryUpToItsLastByte) {
  std::vector<HandlerKey> keys = {{.shape = Shape::VStore}, {.shape = Shape::VStoreIndexed}};
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const auto op = static_cast<Opcode>(i);
    const Shape shape = shape_of(op);
    if (shape == Shape::VLoad || shape == Shape::VLoadLane || shape == Shape::VStoreLane)
      keys.push_back({.shape = shape, .op = op});
    if (shape == Shape::VLoad) keys.push_back({.shape = Shape::VLoadIndexed, .op = op});
  }
  EXPECT_EQ(keys.size(), 2u + 2 * 13 + 4 + 4);
  int forms = 0;
  for (const HandlerKey& of : keys) {
    const bool indexed = of.shape == Shape::VLoadIndexed || of.shape == Shape::VStoreIndexed;
    const bool whole = of.shape == Shape::VStore || of.shape == Shape::VStoreIndexed;
    const bool stores = whole || of.shape == Shape::VStoreLane;
    const size_t bytes = whole ? 16 : access_bytes(of.op);
    for (const uint8_t flags : {uint8_t{0}, uint8_t{kChecked}}) {
      HandlerKey base = of;
      base.flags = flags;
      const int found = each_form(base, [&](const HandlerKey& key, HandlerFn* handler) {
        for (uint32_t lane = 0; lane < (lane_count(key.op) ? lane_count(key.op) : 1); ++lane) {
          Guest guest;
          for (size_t i = 0; i < kMemoryBytes; ++i)
            guest.memory[i] = static_cast<uint8_t>(0x70 + i);
          const auto last = static_cast<uint32_t>(kMemoryBytes - bytes);
          // The parts of an indexed access's address wrap at 2^32.
          Fields fields{.a = bits_of(last - 10),
                        .b = kVector,
                        .x = indexed ? 0xfffffff0u : lane,
                        .offset = 10};
          if (indexed) fields.b = bits_of(16);
          if (indexed) fields.c = kVector;
          guest.prepare(key, fields);
          auto memory = guest.memory;
          const Guest before = guest;
          ASSERT_EQ(guest.run(handler, key, fields), TrapCode::None);
          if (stores) {
            EXPECT_EQ(guest.frame, before.frame);
            std::memcpy(memory.data() + last, kVector.bytes + lane * bytes, bytes);
          } else {
            V128 expected = kVector;
            if (key.shape == Shape::VLoadLane) {
              std::memcpy(expected.bytes + lane * bytes, memory.data() + last, bytes);
            } else {
              Inputs in{};
              std::memcpy(&in.a, memory.data() + last, bytes);
              expected = simd_reference::reference_of(key.op).fn(in);
            }
            expect_result(key, before, guest, [&](const V128& v) { return v == expected; });
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
            fields.a = bits_of(address);
            fields.offset = offset;
            guest.prepare(key, fields);
            EXPECT_EQ(guest.run(handler, key, fields), TrapCode::OutOfBoundsMemoryAccess);
            EXPECT_EQ(guest.memory, before.memory);
            EXPECT_EQ(guest.vector_at(kD), before.vector_at(kD));
          }
        }
      });
      if (!indexed) {
        EXPECT_GE(found, 1);
      }
      forms += found;
    }
  }
  if (!kSmall) {
    EXPECT_EQ(forms > 2 * (1 + 13 + 4 + 4), has_all_forms());
  }
}

// --- two instructions in one

// Operands whose results are no NaNs, which may differ, and whose sums are exact.
std::vector<V128> plain_operands(Opcode op) {
  std::vector<V128> vectors;
  for (int i = 0; i < 4; ++i) {
    V128 vector = i % 2 == 0 ? kVector : kOther;
    const std::string_view text = info(op).text;
    for (size_t lane = 0; lane < 4 && text.starts_with("f32x4"); ++lane)
      write_unaligned(vector.bytes + 4 * lane, static_cast<float>(lane * 3 + i) - 4.5f);
    for (size_t lane = 0; lane < 2 && text.starts_with("f64x2"); ++lane)
      write_unaligned(vector.bytes + 8 * lane, static_cast<double>(lane * 5 + i) - 2.25);
    vectors.push_back(vector);
  }
  return vectors;
}

V128 of_reference(Opcode op, const Inputs& in) { return simd_reference::reference_of(op).fn(in); }

TEST_P(SimdHandlersOf, DoTwoInstructionsAsTheirReferencesDo) {
  int rows = 0;
  int forms = 0;
  for (const Fusion& row : kFusions) {
    if (!is_vector(row.shape)) continue;
    ++rows;
    const auto vectors = plain_operands(row.inner == Opcode::V128Load ? row.op : row.inner);
    for (const uint8_t flag : {uint8_t{0}, uint8_t{kBack}}) {
      if ((flag & ~fused_flags(row.shape)) != 0) continue;
      HandlerKey base = row.key();
      base.flags |= flag;
      const int found = each_form(base, [&](const HandlerKey& key, HandlerFn* handler) {
        for (size_t i = 0; i < vectors.size(); ++i) {
          Guest guest;
          const Reprs reprs = reprs_of(key);
          const V128 c = vectors[(i + 2) % vectors.size()];
          Fields fields{.a = vectors[i], .b = vectors[(i + 1) % vectors.size()], .c = c};
          Inputs inner{.a = fields.a, .b = fields.b, .c = {}};
          Inputs outer;
          bool stores = false;
          bool taken = false;
          V128 expected;
          switch (key.shape) {
            case Shape::VStoreOp:
            case Shape::VOpOp:
              if (reprs.in[1] == Repr::I32) {
                inner.scalar = 3 + i;
                fields.b = bits_of(inner.scalar);
              }
              expected = of_reference(key.inner, inner);
              stores = key.shape == Shape::VStoreOp;
              if (stores) {
                fields.c = bits_of(7);
                fields.offset = 8;
              }
              break;
            case Shape::VOpLoad:
            case Shape::VOpLoadIndexed:
              fields.a = bits_of(9);
              fields.b = bits_of(0xfffffff0);
              fields.x = 11;
              fields.offset = 20;
              inner.a = vectors[i];
              std::memcpy(guest.memory.data() + (key.shape == Shape::VOpLoad ? 29 : 24), &inner.a,
                          16);
              expected = of_reference(key.inner, inner);
              break;
            case Shape::VBranchTest:
              if (i == 0) fields.a = {};
              if (i == 1) std::memset(&fields.a, 0x81, 16);
              inner.a = fields.a;
              expected = of_reference(key.inner, inner);
              taken = (low_bits(expected) != 0) == (key.op == Opcode::I32Ne);
              break;
            case Shape::VOpExtract: {
              inner.lane = fields.x = static_cast<uint32_t>(i) % lane_count(key.inner);
              expected = of_reference(key.inner, inner);
              const uint64_t lane = low_bits(expected);
              const uint64_t other = low_bits(c);
              if (key.op == Opcode::F32Add) {
                expected = bits_of(
                    std::bit_cast<uint32_t>(std::bit_cast<float>(static_cast<uint32_t>(lane)) +
                                            std::bit_cast<float>(static_cast<uint32_t>(other))));
              } else if (key.op == Opcode::F64Add) {
                expected = bits_of(std::bit_cast<uint64_t>(std::bit_cast<double>(lane) +
                                                           std::bit_cast<double>(other)));
              } else if (key.op == Opcode::I32Add) {
                expected = bits_of(static_cast<uint32_t>(lane + other));
              } else {
                ASSERT_TRUE(key.op == Opcode::I64Add || key.op == Opcode::I64Or);
                expected = bits_of(key.op == Opcode::I64Or ? lane | other : lane + other);
              }
              break;
            }
            default:
              FAIL() << "a shape without a test";
          }
          if (key.shape == Shape::VOpOp || key.shape == Shape::VOpLoad ||
              key.shape == Shape::VOpLoadIndexed) {
            outer.a = row.right ? c : expected;
            outer.b = row.right ? expected : c;
            expected = of_reference(key.op, outer);
          }
          guest.prepare(key, fields);
          auto memory = guest.memory;
          if (stores) std::memcpy(memory.data() + 15, &expected, 16);
          const Guest before = guest;
          ASSERT_EQ(guest.run(handler, key, fields), TrapCode::None);
          EXPECT_EQ(guest.memory, memory);
          EXPECT_EQ(guest.after.target, taken ? 1u : 0u);
          if (stores) {
            EXPECT_EQ(guest.frame, before.frame);
          } else {
            expect_result(key, before, guest, [&](const V128& v) { return v == expected; });
          }
          if (HasFailure()) FAIL() << info(row.inner).text << ", " << info(row.op).text;
        }
      });
      if (kSmall) {
        EXPECT_GE(found, 1);
      } else {
        EXPECT_EQ(found > 1, has_all_forms());
      }
      forms += found;
    }
  }
  EXPECT_GT(rows, kSmall ? 10 : 50);
  EXPECT_EQ(forms > 4 * rows, has_all_forms() || kSmall);
}

TEST_P(SimdHandlersOf, ExistOnlyForVectorShapes) {
  EXPECT_EQ(find({.shape = Shape::Binary, .op = Opcode::I32Add}), nullptr);
  EXPECT_EQ(find({.shape = Shape::VBinary, .op = Opcode::I32x4Abs}), nullptr);
  EXPECT_EQ(find({.shape = Shape::VUnary, .op = Opcode::I32x4Abs, .a = In::Imm}), nullptr);
  EXPECT_EQ(find({.shape = Shape::VUnary, .op = Opcode::I32x4Abs, .flags = kChecked}), nullptr);
  EXPECT_NE(find({.shape = Shape::VUnary, .op = Opcode::I32x4Abs}), nullptr);
}

// Of a processor that is not old.
TEST(SimdHandlers, TheBestTargetHasAllForms) {
#if HWY_ARCH_X86 && !defined(WEFT_SMALL)
  if (supported_targets() & HWY_AVX2) {
    EXPECT_EQ(best_simd_handlers().target, HWY_AVX2);
    EXPECT_NE(simd_handler({.shape = Shape::VUnary, .op = Opcode::I8x16Abs, .a = In::Acc}),
              nullptr);
  }
#endif
}

INSTANTIATE_TEST_SUITE_P(Targets, SimdHandlersOf, testing::ValuesIn(targets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

}  // namespace
}  // namespace weft::interp
