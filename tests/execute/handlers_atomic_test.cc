// Every atomic instruction on memories of every kind: what it computes, where it may not go, and in
// which order it says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "interp/runtime/shared_memory.h"
#include "tests/execute/one_cell.h"

namespace weft::interp::testing {
namespace {

// What the instruction of this name leaves in memory, in the bits of `mask`; `old` is what was
// there.
uint64_t updated(std::string_view text, uint64_t mask, uint64_t old, uint64_t b, uint64_t c) {
  const auto is = [text](std::string_view name) {
    return text.find("." + std::string(name)) != std::string_view::npos;
  };
  if (is("cmpxchg")) return old == (b & mask) ? c : old;
  if (is("xchg") || is("store")) return b;
  if (is("add")) return old + b;
  if (is("sub")) return old - b;
  if (is("and")) return old & b;
  if (is("xor")) return old ^ b;
  if (is("or")) return old | b;
  return old;
}

enum : uint32_t { kUnshared, kShared, kWide, kWideShared, kMemories };

class AtomicHandlers : public OneCellTest, public ::testing::WithParamInterface<uint32_t> {
 protected:
  AtomicHandlers() {
    InstanceBuilder builder(types);
    for (uint32_t i = 0; i < kMemories; ++i) {
      MemoryType type = memory_type(1, 2);
      type.shared = i == kShared || i == kWideShared;
      type.index = i >= kWide ? IndexType::I64 : IndexType::I32;
      builder.module.memories.push_back(type);
    }
    builder.module.funcs.assign(1, {builder.type({}, {}), {}});
    instance = &instantiate_ok(*store, builder);
    made = instance->func(0);
    memory = instance->memory(GetParam());
  }

  CellFields fields(uint64_t address, uint64_t offset = 0) const {
    const uint32_t place = instance->compiled().layout.memories + 8 * GetParam();
    return {.a = address, .y = place, .p = offset};
  }
  static bool is_wait(Opcode op) {
    return op == Opcode::MemoryAtomicWait32 || op == Opcode::MemoryAtomicWait64;
  }
  static bool accesses(Opcode op) {
    return info(op).feature == Feature::Threads && access_bytes(op) != 0;
  }
  template <class F>
  static void each_instruction(F f) {
    int count = 0;
    for (size_t i = 0; i < kOpcodeCount; ++i) {
      const auto op = static_cast<Opcode>(i);
      if (!accesses(op)) continue;
      SCOPED_TRACE(info(op).text);
      ++count;
      f(HandlerKey{.shape = Shape::Atomic, .op = op}, access_bytes(op));
    }
    EXPECT_EQ(count, 66);
  }

  MemoryInst* memory;
};
INSTANTIATE_TEST_SUITE_P(Memories, AtomicHandlers, ::testing::Range(0u, uint32_t{kMemories}));

TEST_P(AtomicHandlers, ComputeWhatTheirNamesSay) {
  const std::vector<uint64_t> numbers = {
      0,         1,           0x7f,        0x80,        0xff,          0xffff,
      0x1'0000,  0x7fff'ffff, 0x8765'4321, 0xffff'ffff, 0x1'0000'0000, 0x8899'aabb'ccdd'eeff,
      UINT64_MAX};
  each_instruction([&](const HandlerKey& key, uint64_t bytes) {
    const std::string_view text = info(key.op).text;
    if (text.starts_with("memory.atomic")) return;
    const uint64_t mask = bytes == 8 ? UINT64_MAX : (uint64_t{1} << 8 * bytes) - 1;
    const uint64_t value_mask = text.starts_with("i64") ? UINT64_MAX : UINT32_MAX;
    for (const uint64_t at : {uint64_t{0}, 5 * bytes, kPageBytes - bytes}) {
      for (const uint64_t old : numbers) {
        for (const uint64_t number : numbers) {
          CellFields in = fields(at - at / 2, at / 2);
          in.b = number & value_mask;
          in.c = ~old & value_mask;
          // The number and what lies around it.
          const uint64_t first = at - std::min<uint64_t>(at, 8);
          std::vector<uint8_t> expected(std::min(at + bytes + 8, kPageBytes) - first, 0x5a);
          std::memset(memory->base + first, 0x5a, expected.size());
          std::memcpy(memory->base + at, &old, bytes);
          ASSERT_EQ(run(key, in), TrapCode::None);
          const uint64_t now = updated(text, mask, old & mask, in.b, in.c);
          std::memcpy(expected.data() + (at - first), &now, bytes);
          ASSERT_EQ(std::memcmp(memory->base + first, expected.data(), expected.size()), 0)
              << old << " " << number;
          if (info(key.op).results().empty()) {
            Machine same = input;
            same.exit = kNextExit;
            expect_machine(same);
          } else {
            expect_result(key, old & mask);
          }
          if (HasFailure()) return;
        }
      }
    }
  });
}

TEST_P(AtomicHandlers, TrapWhereTheyAreNotAlignedEvenOutOfBounds) {
  each_instruction([&](const HandlerKey& key, uint64_t bytes) {
    for (uint64_t wrong = 1; wrong < bytes; ++wrong) {
      for (const uint64_t address : {uint64_t{0}, kPageBytes - bytes, kPageBytes, 7 * kPageBytes}) {
        EXPECT_EQ(run(key, fields(address + wrong)), TrapCode::UnalignedAtomic);
        expect_trapped_at_cell();
        EXPECT_EQ(run(key, fields(address, wrong)), TrapCode::UnalignedAtomic);
      }
    }
  });
}

TEST_P(AtomicHandlers, TrapBeyondTheEndWithoutTouchingAnything) {
  each_instruction([&](const HandlerKey& key, uint64_t bytes) {
    std::memset(memory->base, 0x5a, kPageBytes);
    const auto refused = [&](uint64_t address, uint64_t offset) {
      CellFields in = fields(address, offset);
      in.b = in.c = 1;
      EXPECT_EQ(run(key, in), TrapCode::OutOfBoundsMemoryAccess) << address << " " << offset;
      expect_trapped_at_cell();
    };
    refused(kPageBytes, 0);
    refused(0, kPageBytes);
    refused(kPageBytes - bytes, bytes);
    refused(0xffff'ffff - (bytes - 1), 0);
    refused(uint64_t{0} - bytes, 0);
    refused(uint64_t{0} - bytes, bytes);  // the sum is 2^64
    refused(bytes, uint64_t{0} - bytes);
    refused(uint64_t{1} << 63, uint64_t{1} << 63);
    for (size_t i = 0; i < kPageBytes; ++i) ASSERT_EQ(memory->base[i], 0x5a);
  });
}

TEST_P(AtomicHandlers, WaitOnSharedMemoriesOnly) {
  for (const Opcode op : {Opcode::MemoryAtomicWait32, Opcode::MemoryAtomicWait64}) {
    const HandlerKey key{.shape = Shape::Atomic, .op = op};
    CellFields in = fields(8);
    in.b = 0;
    in.c = 0;  // ns
    if (memory->shared == nullptr) {
      EXPECT_EQ(run(key, in), TrapCode::ExpectedSharedMemory);
      expect_trapped_at_cell();
      continue;
    }
    EXPECT_EQ(run(key, in), TrapCode::None);
    expect_result(key, 2);
    in.b = 1;
    in.c = UINT64_MAX;
    EXPECT_EQ(run(key, in), TrapCode::None);
    expect_result(key, 1);
  }
}

TEST_P(AtomicHandlers, NotifyNobodyWhereNobodyWaits) {
  const HandlerKey key{.shape = Shape::Atomic, .op = Opcode::MemoryAtomicNotify};
  CellFields in = fields(8);
  in.b = UINT32_MAX;
  EXPECT_EQ(run(key, in), TrapCode::None);
  expect_result(key, 0);
}

TEST_P(AtomicHandlers, FindWhatAnotherStoreHasGrown) {
  if (memory->shared == nullptr) return;
  auto other = make_store({}, types);
  MemoryInst& in_other = **other->adopt_memory(memory->shared);
  const HandlerKey key{.shape = Shape::Atomic, .op = Opcode::I32AtomicLoad};
  EXPECT_EQ(run(key, fields(kPageBytes)), TrapCode::OutOfBoundsMemoryAccess);
  ASSERT_EQ(in_other.grow(1), 1);
  in_other.base[2 * kPageBytes - 4] = 9;
  EXPECT_EQ(run(key, fields(2 * kPageBytes - 4)), TrapCode::None);
  expect_result(key, 9);
  EXPECT_EQ(run(key, fields(2 * kPageBytes)), TrapCode::OutOfBoundsMemoryAccess);
}

TEST_P(AtomicHandlers, AFenceChangesNothing) {
  const HandlerKey key{.shape = Shape::Atomic, .op = Opcode::AtomicFence};
  EXPECT_EQ(run(key, {}), TrapCode::None);
  Machine same = input;
  same.exit = kNextExit;
  expect_machine(same);
}

}  // namespace
}  // namespace weft::interp::testing
