// Every load and store in every operand form, with guard pages and with checks: the last byte in
// bounds, the first one out, and where a fault is said to have happened.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/execute/one_cell.h"

namespace weft::interp::testing {
namespace {

// What a load of these bytes yields, and what a store leaves of a value, by the table's C++ types.
struct Row {
  Opcode op;
  bool is_store;
  uint64_t (*loaded)(const uint8_t* bytes);
  void (*stored)(uint8_t* bytes, uint64_t value);
};

template <class Stored, class T>
uint64_t load_bytes(const uint8_t* bytes) {
  const T value = static_cast<T>(read_unaligned<Stored>(bytes));
  return std::bit_cast<std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>(value);
}
template <class Stored>
void store_bytes(uint8_t* bytes, uint64_t value) {
  std::memcpy(bytes, &value, sizeof(Stored));
}

const Row kRows[] = {
#define WEFT_OP(...)
#define WEFT_LOAD(prefix, code, Id, text, sig, feature, Stored, T) \
  {Opcode::Id, false, load_bytes<Stored, T>, nullptr},
#define WEFT_STORE(prefix, code, Id, text, sig, feature, Stored, T) \
  {Opcode::Id, true, nullptr, store_bytes<Stored>},
#include "interp/core/opcodes.def"
};

struct Mode {
  StoreConfig::Memories memories;
  uint8_t flags;
};

class MemoryHandlers : public OneCellTest, public ::testing::WithParamInterface<Mode> {
 protected:
  MemoryHandlers() : OneCellTest({.memories = GetParam().memories}) {
    MemoryInst& memory = *instance->memory(0);
    for (size_t i = 0; i < memory.bytes; ++i) memory.base[i] = static_cast<uint8_t>(0x81 + i * 7);
    base = memory.base;
    size = memory.bytes;
    before.assign(base, base + size);
  }

  // One access at address + index (+ scale) + offset.
  void access(const Row& row, const HandlerKey& key, uint32_t address, uint32_t index,
              uint32_t offset, uint64_t at) {
    const bool indexed = key.shape == Shape::LoadIndexed || key.shape == Shape::StoreIndexed;
    const uint64_t value = 0x8899aabb'f1e2d3c4;
    CellFields fields{.a = address, .offset = offset};
    if (indexed) fields.b = index;
    const Reprs reprs = reprs_of(key);
    const Repr stored = reprs.in[indexed ? 2 : 1];
    uint64_t bits = stored == Repr::I32 || stored == Repr::F32 ? uint32_t(value) : value;
    if (row.is_store) (indexed ? fields.c : fields.b) = bits;
    prepare(key, fields);
    const TrapCode trap = run();
    const size_t bytes = access_bytes(row.op);
    if (at + bytes > size) {
      ASSERT_EQ(trap, TrapCode::OutOfBoundsMemoryAccess);
      expect_trapped_at_cell();
      ASSERT_EQ(std::memcmp(base, before.data(), size), 0);
      return;
    }
    ASSERT_EQ(trap, TrapCode::None);
    if (row.is_store) {
      uint8_t expected[8];
      std::memcpy(expected, before.data() + at, bytes);
      row.stored(expected, bits);
      EXPECT_EQ(std::memcmp(base + at, expected, bytes), 0);
      std::memcpy(base + at, before.data() + at, bytes);
      // Nothing around it.
      EXPECT_EQ(std::memcmp(base + size - 64, before.data() + size - 64, 64), 0);
      EXPECT_EQ(std::memcmp(base, before.data(), 64), 0);
      Machine machine = input;
      machine.exit = kNextExit;
      expect_machine(machine);
    } else {
      expect_result(key, row.loaded(before.data() + at));
    }
  }

  uint8_t* base;
  size_t size;
  std::vector<uint8_t> before;
};

TEST_P(MemoryHandlers, AccessUpToTheLastByteInEveryForm) {
  for (const Row& row : kRows) {
    const HandlerKey base_key{.shape = row.is_store ? Shape::Store : Shape::Load,
                              .op = row.op,
                              .flags = GetParam().flags};
    const int forms = each_form(base_key, [&](const HandlerKey& key) {
      SCOPED_TRACE(name(key));
      const auto end = static_cast<uint32_t>(size);
      const auto bytes = static_cast<uint32_t>(access_bytes(row.op));
      for (const auto& [address, offset] :
           std::initializer_list<std::pair<uint32_t, uint32_t>>{{0, 0},
                                                                {1, 4},
                                                                {0, end - bytes},
                                                                {end - bytes, 0},
                                                                {end - bytes - 3, 3},
                                                                {end - bytes + 1, 0},
                                                                {end - bytes, 1},
                                                                {end - 1, bytes},
                                                                {end, 0},
                                                                {0, end},
                                                                {UINT32_MAX, 0},
                                                                {0, UINT32_MAX},
                                                                {UINT32_MAX, UINT32_MAX},
                                                                {1u << 31, 1u << 31}}) {
        access(row, key, address, 0, offset, uint64_t{address} + offset);
        if (HasFailure()) FAIL() << address << " + " << offset;
      }
    });
    if (HasFailure()) return;
    // Loads: address in slot, cell or accumulator, to a slot or not. Stores: not both operands in
    // one accumulator.
    const bool shared = info(row.op).params() == "ai" || info(row.op).params() == "al";
    const bool all = !kSmall || (steps_exist(row.op) && (base_key.flags & kChecked) == 0);
    EXPECT_EQ(forms, row.is_store ? (shared ? 8 : 9) : all ? 6 : 3) << info(row.op).text;
  }
}

// Sums wrap at 2^32 before the offset is added.
TEST_P(MemoryHandlers, AccessAtSumsInEveryForm) {
  for (const Row& row : kRows) {
    for (const unsigned scaled : {0u, unsigned{kScaled}}) {
      const auto bytes = static_cast<uint32_t>(access_bytes(row.op));
      if (scaled != 0 && bytes == 1) continue;
      const HandlerKey base_key{.shape = row.is_store ? Shape::StoreIndexed : Shape::LoadIndexed,
                                .op = row.op,
                                .flags = static_cast<uint8_t>(GetParam().flags | scaled)};
      const int forms = each_form(base_key, [&](const HandlerKey& key) {
        SCOPED_TRACE(name(key));
        const auto end = static_cast<uint32_t>(size);
        struct Place {
          uint32_t address, index, offset;
        };
        for (const Place& place : std::initializer_list<Place>{{0, 0, 0},
                                                               {8, 3, 5},
                                                               {end - 40 * bytes, 39, 0},
                                                               {end - 40 * bytes, 39, 1},
                                                               {end - 40 * bytes, 40, 0},
                                                               {UINT32_MAX, 1, 0},
                                                               {UINT32_MAX, 1, end - bytes},
                                                               {UINT32_MAX, 1, end - bytes + 1},
                                                               {16, UINT32_MAX, 64},
                                                               {0, UINT32_MAX, 0},
                                                               {0, 1u << 31, 8},
                                                               {UINT32_MAX, 0, UINT32_MAX}}) {
          const uint32_t sum = place.address + place.index * (scaled != 0 ? bytes : 1);
          access(row, key, place.address, place.index, place.offset, uint64_t{sum} + place.offset);
          if (HasFailure()) FAIL() << place.address << " " << place.index << " " << place.offset;
        }
      });
      if (HasFailure()) return;
      EXPECT_GT(forms, kSmall ? 1 : 6) << info(row.op).text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, MemoryHandlers,
                         ::testing::Values(Mode{StoreConfig::Memories::Auto,
                                                kHasGuardMode ? uint8_t{0} : uint8_t{kChecked}},
                                           Mode{StoreConfig::Memories::Checked, kChecked}),
                         [](const auto& mode) {
                           return mode.param.flags == 0 ? "Guard" : "Checked";
                         });

}  // namespace
}  // namespace weft::interp::testing
