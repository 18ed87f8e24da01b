// Runs single cells, with the frame and the accumulators as the test wants them.
#pragma once

#include <array>
#include <bit>
#include <span>
#include <string>

#include "interp/execute/handlers.h"
#include "interp/execute/variants.h"
#include "tests/execute/hand_made.h"

namespace weft::interp::testing {

// What a cell may read and change: the frame's first slots and the accumulators.
struct Machine {
  static constexpr size_t kSlots = 32;
  std::array<uint64_t, kSlots> frame;
  uint64_t acc = 0xacc0acc1acc2acc3;
  double facc = -7.75;
  float sacc = -3.5f;
  uint64_t exit = 0;  // which of the exits it left through

  Machine() { frame.fill(0xeeeeeeeeeeeeeeee); }
  bool operator==(const Machine&) const = default;

  // A representation's accumulator, as bits.
  uint64_t accumulator(Repr repr) const {
    if (repr == Repr::F32) return std::bit_cast<uint32_t>(sacc);
    return repr == Repr::F64 ? std::bit_cast<uint64_t>(facc) : acc;
  }
  void set_accumulator(Repr repr, uint64_t bits) {
    if (repr == Repr::F32) {
      sacc = std::bit_cast<float>(static_cast<uint32_t>(bits));
    } else if (repr == Repr::F64) {
      facc = std::bit_cast<double>(bits);
    } else {
      acc = bits;
    }
  }
};

// Sets the frame and the accumulators to the Machine in the operand.
inline WEFT_HANDLER(hand_set_up) {
  WEFT_REGS;
  const auto* const machine = reinterpret_cast<const Machine*>(operand_of(pc));
  for (size_t i = 0; i < Machine::kSlots; ++i) fp[i] = machine->frame.data()[i];
  acc = machine->acc;
  facc = machine->facc;
  sacc = machine->sacc;
  WEFT_NEXT(sizeof(Cell));
}

// The reverse, and returns: one cell, and which exit it is.
struct ExitCell {
  HandlerFn* handler;
  Machine* machine;
  uint64_t exit;
};
inline WEFT_HANDLER(hand_record) {
  WEFT_REGS;
  const auto* const cell = reinterpret_cast<const ExitCell*>(pc);
  Machine* const machine = cell->machine;
  for (size_t i = 0; i < Machine::kSlots; ++i) machine->frame.data()[i] = fp[i];
  machine->acc = acc;
  machine->facc = facc;
  machine->sacc = sacc;
  machine->exit = cell->exit;
  pc = rs->pc;
  fp = rs->fp;
  ++rs;
  WEFT_DISPATCH();
}

inline WEFT_HANDLER(hand_interrupt) {
  WEFT_REGS;
  ctx->state->request->store(1);
  ctx->state->interrupt.store(StoreState::kStop);
  WEFT_NEXT(sizeof(Cell));
}

// What a cell's fields hold.
struct CellFields {
  uint16_t d = 20;
  uint64_t a = 0, b = 0, c = 0;  // bits of the operands, wherever they are
  uint32_t offset = 0;
  uint32_t x = 0, y = 0, z = 0;
  uint64_t p = 0;
  uint16_t s = 22, r = 24;
  int32_t t = 0;
};

// Slots of operands that are in slots. Neither adjacent nor in order.
inline constexpr uint16_t kSlotA = 9, kSlotB = 6, kSlotC = 13;
// Exits: the cell after, and where branches go.
inline constexpr uint64_t kNextExit = 1, kTargetExit = 2;  // kTargetExit + i for tables

class OneCellTest : public HandMadeTest {
 protected:
  explicit OneCellTest(StoreConfig config = {}) : HandMadeTest(config) { made = &func({}); }

  // Makes the cell and what it reads. Operands come into a slot, the cell or the accumulator, as
  // the key says. Entries of a branch table follow the cell.
  void prepare(const HandlerKey& key, const CellFields& fields, size_t table_entries = 0,
               HandlerFn* before = nullptr) {
    input = Machine();
    output = Machine();
    words.fill(0);
    auto* const bytes = reinterpret_cast<uint8_t*>(words.data());
    write_unaligned(bytes, Cell{hand_set_up, to_operand(&input)});
    size_t at = sizeof(Cell);
    if (before != nullptr) {
      write_unaligned(bytes + at, Cell{before});
      at += sizeof(Cell);
    }
    cell = bytes + at;
    const CellLayout layout = cell_layout(key);
    const Reprs reprs = reprs_of(key);
    write_unaligned(cell, handler_for(key));
    const auto operand = [&](In place, uint8_t field, uint16_t slot, Repr repr, uint64_t bits) {
      if (place == In::Slot) {
        // i32 is zero-extended, f32 owns half of its slot.
        input.frame[slot] = repr == Repr::F32 ? bits | 0xdead0000'00000000 : bits;
        write_unaligned(cell + field, slot);
      } else if (place == In::Acc) {
        input.set_accumulator(repr, bits);
      } else if (imm_bytes(repr) == 8) {
        write_unaligned(cell + field, bits);
      } else {
        write_unaligned(cell + field, static_cast<uint32_t>(bits));
      }
    };
    for (const Field field : fields_of(key)) {
      switch (field) {
        case Field::D:
          if (key.d == Out::Slot) write_unaligned(cell + layout.d, fields.d);
          break;
        case Field::A:
          operand(key.a, layout.a, kSlotA, reprs.in[0], fields.a);
          break;
        case Field::B:
          operand(key.b, layout.b, kSlotB, reprs.in[1], fields.b);
          break;
        case Field::C:
          operand(key.c, layout.c, kSlotC, reprs.in[2], fields.c);
          break;
        case Field::Offset:
          write_unaligned(cell + layout.offset, fields.offset);
          break;
        case Field::X:
          write_unaligned(cell + layout.x, fields.x);
          break;
        case Field::Y:
          write_unaligned(cell + layout.y, fields.y);
          break;
        case Field::Z:
          write_unaligned(cell + layout.z, fields.z);
          break;
        case Field::S:
          write_unaligned(cell + layout.s, fields.s);
          break;
        case Field::R:
          write_unaligned(cell + layout.r, fields.r);
          break;
        case Field::T:
          write_unaligned(cell + layout.t, fields.t);
          break;
        case Field::P:
          write_unaligned(cell + layout.p, fields.p);
          break;
        default:
          break;
      }
    }
    uint8_t* exit = cell + layout.size + table_entries * sizeof(BranchTableEntry);
    const auto put_exit = [&](uint64_t number) {
      write_unaligned(exit, ExitCell{hand_record, &output, number});
      exit += sizeof(ExitCell);
    };
    if (table_entries == 0) put_exit(kNextExit);
    if (layout.target != 0)
      write_unaligned(cell + layout.target, static_cast<int32_t>(exit - cell));
    if (table_entries == 0) put_exit(kTargetExit);
    for (size_t i = 0; i < table_entries; ++i) {
      write_unaligned(
          cell + layout.size + i * sizeof(BranchTableEntry),
          BranchTableEntry{exit, reinterpret_cast<Handler>(static_cast<HandlerFn*>(hand_record))});
      put_exit(kTargetExit + i);
    }
    ASSERT_LE(exit, bytes + sizeof words);
    made->code = bytes;
  }

  TrapCode run() {
    Value value;
    return invoke(*store, *made, &value);
  }

  TrapCode run(const HandlerKey& key, const CellFields& fields) {
    prepare(key, fields);
    return run();
  }

  // The machine after the cell: as before, but for its result.
  void expect_result(const HandlerKey& key, uint64_t bits, uint64_t exit = kNextExit) {
    Machine expected = input;
    const Repr repr = reprs_of(key).out;
    expected.exit = exit;
    expected.set_accumulator(repr, bits);
    if (key.d == Out::Slot) {
      uint64_t& slot = expected.frame[CellFields().d];
      slot = repr == Repr::F32 ? (slot & ~uint64_t{UINT32_MAX}) | bits : bits;
    }
    expect_machine(expected);
  }
  void expect_machine(const Machine& expected) {
    EXPECT_EQ(output.frame, expected.frame);
    EXPECT_EQ(output.acc, expected.acc);
    EXPECT_EQ(std::bit_cast<uint64_t>(output.facc), std::bit_cast<uint64_t>(expected.facc));
    EXPECT_EQ(std::bit_cast<uint32_t>(output.sacc), std::bit_cast<uint32_t>(expected.sacc));
    EXPECT_EQ(output.exit, expected.exit);
  }
  // After a trap: at the cell, with the frame as it was.
  void expect_trapped_at_cell() { expect_trapped_at(cell); }
  void expect_trapped_at(const uint8_t* at) {
    const TrapState& trap = store->state().trap;
    EXPECT_EQ(trap.pc, at);
    EXPECT_EQ(trap.context, &instance->context());
    EXPECT_TRUE(std::equal(input.frame.begin(), input.frame.end(), trap.fp));
  }

  // Calls f with every key of the shape and instruction that has a handler. Their number.
  template <class F>
  static int each_form(HandlerKey key, F f) {
    int forms = 0;
    for (unsigned places = 0; places < 27 * 2; ++places) {
      key.d = static_cast<Out>(places % 2);
      key.a = static_cast<In>(places / 2 % 3);
      key.b = static_cast<In>(places / 6 % 3);
      key.c = static_cast<In>(places / 18);
      if (!exists(key) || handler_for(key) == nullptr) continue;
      ++forms;
      f(key);
    }
    return forms;
  }

  static std::string name(const HandlerKey& key) {
    const auto place = [](In in) { return in == In::Slot ? 's' : in == In::Imm ? 'c' : 'a'; };
    return "shape " + std::to_string(static_cast<int>(key.shape)) + " " +
           (has_opcode(key.shape) ? std::string(info(key.op).text)
                                  : "repr " + std::to_string(static_cast<int>(key.repr))) +
           " " + place(key.a) + place(key.b) + place(key.c) + " -> " +
           (key.d == Out::Slot ? 's' : 'a') + " flags " + std::to_string(key.flags);
  }

  FuncInst* made;
  Machine input;
  Machine output;
  alignas(8) std::array<uint64_t, 160> words;
  uint8_t* cell = nullptr;
};

}  // namespace weft::interp::testing
