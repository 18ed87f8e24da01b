// Instructions as text (Spec 3.0, 6.5 "Instructions"), flat and folded, encoded as they are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/text/keywords.h"
#include "interp/text/parse_state.h"
#include "interp/text/type_parser.h"

namespace weft::interp {

// What (@metadata.code.branch_hint ...) says of a branch.
struct BranchHint {
  uint32_t offset;  // of the instruction, in its function's body
  uint8_t likely;
};

class InstrParser {
 public:
  InstrParser(ParseState& state, TypeParser& types)
      : x_state(state), x_types(types), x_in(state.in) {}

  Locals& locals() { return x_locals; }
  const std::vector<BranchHint>& hints() const { return x_hints; }
  // Of what follows, until the next call: a function's body, or constant expressions if it is none.
  void begin(std::optional<uint32_t> func);

  // Instructions up to the parenthesis that closes what they are in, and an `end`.
  void expression(Writer& out);
  // One folded instruction, and an `end`.
  void folded_expression(Writer& out);

 private:
  // An open block or folded instruction. Small: deep nests have many.
  struct Frame {
    enum class Kind : uint8_t {
      Block,        // flat: `end` closes it
      FoldedBlock,  // block, loop, try_table: instructions
      FoldedIf,     // operands, then clauses
      FoldedTry,    // clauses
      Clause,       // then, else, do, catch, catch_all: instructions
      Operands,     // of a folded instruction, which is written behind them
    };
    Kind kind;
    uint8_t clauses = 0;  // those that were there
    bool waits = false;   // for a type, the last of x_new_types
    uint8_t hint = kNoHint;
    Opcode opcode;
    // FoldedIf, Operands: where the instruction's bytes begin in x_postponed; FoldedIf: those of
    // its type.
    size_t postponed = 0;
  };
  struct Label {
    std::string_view id;  // empty if it has none
    uint32_t shadowed;    // what the id stood for before: a label's number + 1, or 0
  };
  // A type that is added to the module's behind those of the instruction's operands, which come
  // first in flat text.
  struct NewType {
    std::string_view signature;
    uint32_t params = 0;
    uint32_t table = 0;  // of call_indirect
  };
  static constexpr uint8_t kNoHint = 0xff;

  void instructions(Writer& out, bool one);
  void step(Writer& out);
  bool takes_flat() const;
  void flat(Writer& out);
  void block(Writer& out, Opcode opcode, Frame::Kind kind);
  void end(Writer& out);
  void clause(Writer& out, Opcode opcode);
  void delegate(Writer& out);
  void folded(Writer& out);
  void folded_if();
  void operands(Writer& out, Opcode opcode);
  void open(Writer& out);
  void open_if_clause(Writer& out, Frame& frame);
  void open_try_clause(Writer& out, Frame& frame);
  void begin_if(Writer& out, const Frame& frame);
  void close(Writer& out);
  void write_postponed(Writer& out, const Frame& frame);

  void push_label(const Identifier& identifier);
  void pop_label();
  void repeat_label();
  uint32_t label();

  void write(Writer& out, Opcode opcode);
  void instr(Writer& out, Opcode opcode);
  void immediate(Writer& out, Imm kind, Opcode opcode);
  void number(Writer& out, Imm kind);
  void indices(Writer& out, Imm kind);
  void block_type(Writer& out, const TypeUse& use);
  void call_indirect(Writer& out, Opcode opcode);
  bool waits(const TypeUse& use, uint32_t table);
  void catches(Writer& out);
  void label_table(Writer& out);
  void select(Writer& out);
  void cast(Writer& out, Opcode opcode);
  void cast_branch(Writer& out);
  void memarg(Writer& out, Opcode opcode, uint32_t memory);
  void memarg_lane(Writer& out, Opcode opcode);
  void vector(Writer& out);
  void shuffle(Writer& out);
  uint8_t lane();
  std::optional<uint64_t> assigned(std::string_view word);
  void hint();
  uint8_t take_hint();
  void note_hint(size_t offset, uint8_t hint);

  ParseState& x_state;
  TypeParser& x_types;
  Lexer& x_in;
  std::optional<uint32_t> x_func;
  Locals x_locals;
  std::vector<Frame> x_frames;
  std::vector<Label> x_labels;
  NameMap x_label_ids;
  uint32_t x_blocks = 0;  // of the function, so far
  Writer x_postponed;
  std::vector<NewType> x_new_types;
  std::vector<Identifier> x_if_labels;  // of folded ifs whose operands are read
  uint8_t x_hint = kNoHint;             // for the next instruction
  std::vector<BranchHint> x_hints;
};

}  // namespace weft::interp
