// The sink that turns validated instructions into IR.
//
// Operands are folded: `local.get` and constants emit nothing, and what they pushed is read by the
// instruction that pops it, straight from the local's slot or the cell. A result goes straight into
// the local that a following `local.set` names. What is pending of a local is put into its own slot
// before the local is overwritten, and everything pending before a block begins, so that all ways
// to a label agree on where values are.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "interp/decode/module.h"
#include "interp/execute/handlers.h"
#include "interp/translate/code.h"
#include "interp/translate/inlining.h"
#include "interp/translate/ir.h"
#include "interp/validate/instr_sink.h"

namespace weft::interp {

// References travel as 64-bit integers.
constexpr Repr repr_of_type(ValType type) {
  switch (type.kind()) {
    case ValType::I32:
      return Repr::I32;
    case ValType::F32:
      return Repr::F32;
    case ValType::F64:
      return Repr::F64;
    case ValType::V128:
      return Repr::V128;
    default:
      return Repr::I64;
  }
}

// Locals that every way to a place has set. Beyond the first 256 none counts as set.
class LocalSet {
 public:
  static LocalSet all() {
    LocalSet set;
    set.x_words.fill(~uint64_t{0});
    return set;
  }
  void add(uint32_t local) {
    if (local < kCount) x_words[local / 64] |= uint64_t{1} << (local % 64);
  }
  bool has(uint32_t local) const {
    return local < kCount && (x_words[local / 64] >> (local % 64) & 1) != 0;
  }
  LocalSet& operator&=(const LocalSet& other) {
    for (size_t i = 0; i < x_words.size(); ++i) x_words[i] &= other.x_words[i];
    return *this;
  }

 private:
  static constexpr uint32_t kCount = 256;
  std::array<uint64_t, kCount / 64> x_words{};
};

class Translator {
 public:
  // Where an entry of the operand stack lives when it is put into memory: its frame slot and its
  // index on the stack.
  struct Position {
    uint32_t slot = 0;
    uint32_t index = 0;
  };

  struct Operand {
    enum class Kind : uint8_t { Temp, Local, Const };
    Kind kind = Kind::Temp;
    bool was_pending = false;  // pushed by local.get: linked in the lists of pending reads
    bool read_once = false;    // the only read of a local, which dies with it
    Repr repr = Repr::I32;
    Position home;
    uint32_t local = 0;              // Kind::Local
    uint32_t previous_pending = 0;   // stack index + 1 of the next older pending entry, 0 for none
    uint32_t previous_of_local = 0;  // the same among reads of this local
    uint64_t bits = 0;               // Kind::Const
  };

  struct Label {
    LabelId target = kNoLabel;       // where branches to the frame go
    LabelId else_target = kNoLabel;  // an `if` whose else has not been placed
    Position base;                   // of the first parameter, and of the first result
    size_t fuel_region = 0;          // the region outside, for loops
    TryId try_ = kNoTry;             // a try's own one, else the one around the frame
    LocalSet set_locals;             // a try's: where it begins
    uint32_t table_mark =
        0;  // the last branch table that goes here through a trampoline, and which
    LabelId trampoline = kNoLabel;
  };

  using Entry = StackEntry<Operand>;
  using Stack = std::span<Entry>;
  using Frame = ControlFrameView<Operand, Label>;

  Translator(const Module& module, const TypeRegistry& types, const ContextLayout& layout,
             const CodeOptions& options)
      : x_module(module),
        x_types(types),
        x_layout(layout),
        x_options(options),
        x_finds_byte_loops(options.optimizations.has(Optimization::ByteLoops) &&
                           !module.memories.empty() && !module.memories[0].shared) {}

  // Puts the instructions into `memory`, which is empty.
  void use_memory(std::vector<IrInstr> memory) { x_function.instrs = std::move(memory); }
  // A defined function; false if it could not be. take() is what became of it.
  bool function(uint32_t func);
  IrFunction take() { return std::move(x_function); }

  void begin_function(std::span<const ValType> locals, uint32_t param_count);
  void end_function();
  void at(uint64_t offset);

  Label block(Stack stack, BlockSignature signature);
  Label loop(Stack stack, BlockSignature signature);
  Label if_(Stack stack, BlockSignature signature, Operand condition);
  void else_(Frame& frame, Stack stack, bool then_reachable);
  void end(Frame& frame, Stack stack, bool fallthrough_reachable);
  Operand param(const Frame& frame, size_t i);
  Operand result(const Frame& frame, size_t i);
  void br(Frame& frame, Stack stack);
  void br_if(Frame& frame, Stack stack, Operand condition);
  void br_table(std::span<Frame* const> frames, Stack stack, Operand index);
  void do_return(Stack stack, std::span<const ValType> results);
  void unreachable();
  void call(uint32_t func, const FuncType& type, Stack stack, Stack args);
  void call_indirect(uint32_t type_index, uint32_t table, const FuncType& type, Stack stack,
                     Stack args, Operand index);
  Operand call_result(size_t i);

  // translator_references.cc
  void call_ref(const FuncType& type, Stack stack, Stack args, Operand callee);
  void return_call(uint32_t func, const FuncType& type, Stack stack, Stack args);
  void return_call_indirect(uint32_t type_index, uint32_t table, const FuncType& type, Stack stack,
                            Stack args, Operand index);
  void return_call_ref(const FuncType& type, Stack stack, Stack args, Operand callee);
  Operand ref_as_non_null(ValType type, Operand ref);
  Operand br_on_null(Frame& frame, Stack stack, ValType type, Operand ref);
  void br_on_non_null(Frame& frame, Stack stack);

  // translator_exceptions.cc
  Label try_table(Stack stack, BlockSignature signature,
                  std::span<const CatchHandler<Operand, Label>> handlers);
  void throw_(uint32_t tag, const FuncType& type, Stack stack, Stack args);
  void throw_ref(Operand exception);
  Label try_(Stack stack, BlockSignature signature);
  void catch_(Frame& frame, Stack stack, bool reachable, uint32_t tag, const FuncType& type);
  void catch_all(Frame& frame, Stack stack, bool reachable);
  Operand catch_param(const Frame& frame, const FuncType& type, size_t i);
  void delegate(Frame& frame, Stack stack, bool fallthrough_reachable, Frame& target);
  void rethrow(Frame& frame);

  // translator_gc.cc
  Operand br_on_cast(Frame& frame, Stack stack, ValType from, ValType to, bool on_fail);
  Operand ref_test(ValType from, ValType to, Operand ref);
  Operand ref_cast(ValType from, ValType to, Operand ref);
  Operand ref_eq(Operand a, Operand b);
  Operand ref_convert(Opcode, Operand ref);
  Operand ref_i31(Operand value);
  Operand i31_get(Opcode op, Operand ref);
  Operand struct_new(TypeId type, Stack fields);
  Operand struct_new_default(TypeId type);
  Operand struct_get(Opcode op, TypeId type, uint32_t field, ValType result, Operand ref);
  void struct_set(TypeId type, uint32_t field, Operand ref, Operand value);
  Operand array_new(TypeId type, Operand value, Operand length);
  Operand array_new_default(TypeId type, Operand length);
  Operand array_new_fixed(TypeId type, Stack elements);
  Operand array_new_segment(Opcode op, TypeId type, uint32_t segment, Operand from, Operand length);
  Operand array_get(Opcode op, TypeId type, ValType result, Operand ref, Operand index);
  void array_set(TypeId type, Operand ref, Operand index, Operand value);
  Operand array_len(Operand ref);
  void array_fill(TypeId type, Operand ref, Operand index, Operand value, Operand count);
  void array_copy(TypeId to_type, TypeId from_type, Operand to, Operand to_index, Operand from,
                  Operand from_index, Operand count);
  void array_init_segment(Opcode op, TypeId type, uint32_t segment, Operand ref, Operand index,
                          Operand from, Operand count);

  // translator_atomics.cc
  Operand atomic(Opcode op, const MemArg& memarg, ValType result, Stack operands);
  void atomic_fence();

  void wide(Opcode op, Stack operands);
  Operand wide_result(size_t i);

  void drop(ValType, Operand operand) { pop(operand); }
  Operand select(ValType type, Operand if_true, Operand if_false, Operand condition);
  Operand local_get(uint32_t index, ValType type);
  void local_set(uint32_t index, ValType type, Operand value, Stack stack);
  Operand local_tee(uint32_t index, ValType type, Operand value, Stack stack);
  Operand global_get(uint32_t global, ValType type);
  void global_set(uint32_t global, ValType type, Operand value);

  Operand constant(ValType type, const Value& value);
  Operand unary(Opcode op, ValType operand, ValType result, Operand a);
  Operand binary(Opcode op, ValType operands, ValType result, Operand a, Operand b);
  Operand ternary(Opcode op, Operand a, Operand b, Operand c);
  Operand extract_lane(Opcode op, uint8_t lane, ValType result, Operand a);
  Operand replace_lane(Opcode op, uint8_t lane, ValType lane_type, Operand a, Operand b);
  Operand shuffle(const V128& lanes, Operand a, Operand b);

  Operand load(Opcode op, const MemArg& memarg, ValType type, Operand address);
  void store(Opcode op, const MemArg& memarg, ValType type, Operand address, Operand value);
  Operand load_lane(Opcode op, const MemArg& memarg, uint8_t lane, Operand address, Operand vector);
  void store_lane(Opcode op, const MemArg& memarg, uint8_t lane, Operand address, Operand vector);
  Operand memory_size(uint32_t memory);
  Operand memory_grow(uint32_t memory, Operand delta);
  void memory_fill(uint32_t memory, Operand to, Operand value, Operand count);
  void memory_copy(uint32_t to_memory, uint32_t from_memory, Operand to, Operand from,
                   Operand count);
  void memory_init(uint32_t data, uint32_t memory, Operand to, Operand from, Operand count);
  void data_drop(uint32_t data);

  Operand ref_null(ValType type);
  Operand ref_is_null(ValType type, Operand ref);
  Operand ref_func(uint32_t func);
  Operand table_get(uint32_t table, ValType type, Operand index);
  void table_set(uint32_t table, Operand index, Operand value);
  Operand table_size(uint32_t table);
  Operand table_grow(uint32_t table, Operand value, Operand count);
  void table_fill(uint32_t table, Operand index, Operand value, Operand count);
  void table_copy(uint32_t to_table, uint32_t from_table, Operand to, Operand from, Operand count);
  void table_init(uint32_t elem, uint32_t table, Operand to, Operand from, Operand count);
  void elem_drop(uint32_t elem);

 private:
  // A condition on its way into a branch: a comparison taken back from the end of the code, or an
  // operand to test.
  struct Condition {
    IrInstr instr;  // CompareBranch or BranchIf without its target
    bool negate = false;
  };
  struct LabelState {
    bool used = false;
    bool placed = false;
    LocalSet set_locals = LocalSet::all();  // by all ways to it so far
  };

  // --- operand stack (translator_stack.cc)
  IrOperand pop(const Operand& operand);  // the last pushed first
  Operand push(Repr repr);
  Operand push_result(IrInstr& instr, Repr repr);  // and makes it the instruction's destination
  IrOperand pop_in_slot(const Operand& operand);   // puts any constant into its home
  Operand push_read(uint32_t index, Repr repr);
  Operand extend_u(const Operand& operand);
  // A constant stays one if there is a handler for `key`, which has it.
  IrOperand pop_for(const HandlerKey& key, const Operand& operand);
  uint32_t pop_home(const Operand& operand);  // puts the value into its home
  // Entries that stay on the stack.
  IrOperand peek(const Operand& operand) const;
  void settle(Operand& operand);  // puts a pending or constant entry into its home
  void settle_constant(Operand& operand);
  void settle_top(Stack stack, size_t count);
  void flush_pending(Stack stack);
  void flush_local(uint32_t index, Stack stack);
  void forget_pending();
  void move(uint32_t to, Repr repr, const IrOperand& from);
  void touch(uint32_t slot_end) {
    x_function.frame_slots = std::max(x_function.frame_slots, slot_end);
  }
  void assign_local(uint32_t index, const Operand& value, Stack stack);
  bool retarget(const Operand& value, uint32_t slot);
  Operand read_local(uint32_t index);

  // --- leaves instead of calls (translator_inline.cc)
  // What a local of a leaf is: in a slot of its own, or until it is set something that needs none.
  struct Binding {
    enum class Kind : uint8_t { Own, Const, Caller };
    Kind kind = Kind::Own;
    bool read_once = false;
    uint32_t own_slot = 0;
    uint32_t local = 0;  // of the caller
    uint64_t bits = 0;   // Const
  };
  // The leaf that is being translated instead of a call.
  struct Inlined {
    Leaf leaf;
    std::array<Binding, kLeafLocals> bindings;
    uint32_t first_local = 0;  // in x_locals
    Position base;             // where the call's results go
    LabelId exit = kNoLabel;   // behind the leaf, if it branches
    uint32_t jumps = 0;        // to there
    bool returns = false;      // a leaf that doesn't, with `result`
    Operand result;            // afterwards a Temp is at `base`
  };
  bool body(uint32_t func);
  bool inline_call(uint32_t func, const FuncType& type, Stack stack, Stack args);
  void bind_arguments(Stack args);
  void begin_inlined(std::span<const ValType> locals, uint32_t param_count);
  Operand get_inlined_local(uint32_t index);
  void set_inlined_local(uint32_t index, const Operand& value, Stack stack);
  void move_to_base(uint32_t slot, Repr repr);
  void leave_inlined(Stack stack, std::span<const ValType> results);
  void place_exit();
  void take_inlined_result();
  Operand inlined_result();

  // --- objects (translator_gc.cc)
  void set_cast(IrInstr& instr, ValType to) const;
  Operand new_object(ObjectCall call, TypeId type, uint32_t base, uint32_t y);

  // --- code
  IrInstr& emit(const HandlerKey& key);
  LabelId new_label();
  void place(LabelId label);
  void use(LabelId label);  // as the target of what is emitted
  void barrier() { x_barrier = x_function.instrs.size(); }
  void leave();  // after what never goes on with the next instruction
  void emit_runtime(RuntimeCall call, uint32_t base, uint32_t y, uint32_t z = 0);
  IrInstr& emit_vector(Shape shape, Opcode op);
  // Whether accesses name their memory: those that don't are of memory 0, with 32-bit addresses.
  bool is_far(uint32_t memory) const {
    return memory != 0 || x_module.memories[memory].index == IndexType::I64;
  }
  IrInstr& emit_lane_access(Shape near, Shape far, Opcode op, const MemArg& memarg, uint8_t lane);
  void set_far_place(IrInstr& instr, const MemArg& memarg);
  uint32_t memory_place(uint32_t memory) const { return x_layout.memories + 8 * memory; }
  uint8_t memory_flags() const {
    return x_options.memory_mode == MemoryMode::Checked ? kChecked : 0;
  }

  // --- control (translator_control.cc)
  Condition take_condition(const Operand& operand);
  void emit_branch(Condition condition, bool negate, LabelId target);
  void emit_jump(LabelId target);
  Condition null_test(const Operand& ref);
  void branch_on(Condition condition, Frame& frame, Stack stack);
  void emit_return(Stack stack, std::span<const ValType> results);
  static constexpr size_t kFewValues = 4;
  void gather_values(const Frame& frame, Stack stack);
  bool needs_moves(const Frame& frame, Stack stack) const;
  void place_values(const Frame& frame, Stack stack);
  void leave_to(Frame& frame, Stack stack);
  Label new_frame(Stack stack, BlockSignature signature);
  void stage_arguments(Stack args);
  void take_results(IrInstr& call, const FuncType& type);
  // Tail calls (translator_references.cc).
  IrOperand clear_of_arguments(const Operand& operand, const IrOperand& callee,
                               uint32_t argument_slots);
  void move_arguments_down(Stack args);
  void lower_few_arguments(Stack args);
  bool is_scalar_local(uint32_t slot) const;
  void begin_fuel_region();

  // --- exceptions (translator_exceptions.cc)
  void enter_try(Label& label);
  void set_try(TryId innermost);
  void add_catch(TryId to, const IrCatch& clause);
  void begin_catch(Frame& frame, Stack stack, bool reachable, uint32_t tag,
                   std::span<const ValType> values);
  LabelId return_landing(std::span<const ValType> results);
  void place_return_landing();

  const Module& x_module;
  const TypeRegistry& x_types;
  const ContextLayout& x_layout;
  const CodeOptions& x_options;
  // Not where other threads see in which order bytes are written.
  const bool x_finds_byte_loops;

  IrFunction x_function;
  Origin x_origin;
  Position x_top;          // where the next operand goes
  size_t x_barrier = 0;    // instructions before this may not be changed any more
  uint32_t x_pending = 0;  // stack index + 1 of the youngest pending read
  std::vector<LabelState> x_labels;
  struct Local {
    uint32_t slot;
    Repr repr;
    uint32_t youngest_read =
        0;  // stack index + 1 of the youngest pending read, if epoch is x_epoch
    uint32_t epoch = 0;
  };
  std::vector<Local> x_locals;
  uint32_t x_epoch = 1;
  uint32_t x_param_count = 0;
  LocalSet x_set_locals;  // numbered from the first that is no parameter; all where nothing runs
  // Locals that must be zeroed: read where not every way had set them. [begin, end) of slots.
  uint32_t x_zero_begin = UINT32_MAX;
  uint32_t x_zero_end = 0;
  uint32_t x_table_mark = 0;
  TryId x_try = kNoTry;                 // the innermost that code is in
  LabelId x_return_landing = kNoLabel;  // where caught exceptions make the function return
  std::span<const ValType> x_landing_results;
  size_t x_fuel_region = 0;  // index of the Fuel instruction that pays for the current region
  const FuncType* x_called = nullptr;  // the last call's type, for its results
  Inlined* x_inlined = nullptr;        // the leaf that this is in
  Operand x_inlined_result;            // the last leaf's; a Temp is where any call's is
  uint64_t x_inline_budget = 0;        // bytes of leaves that still may come
};

}  // namespace weft::interp
