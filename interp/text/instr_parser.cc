#include "interp/text/instr_parser.h"

#include <string>
#include <utility>

namespace weft::interp {

using Kind = Token::Kind;

namespace {

// Clauses of an if or try.
constexpr uint8_t kThen = 1;
constexpr uint8_t kElse = 2;
constexpr uint8_t kDo = 4;
constexpr uint8_t kCatch = 8;
constexpr uint8_t kCatchAll = 16;
constexpr uint8_t kDelegate = 32;

}  // namespace

void InstrParser::begin(std::optional<uint32_t> func) {
  x_func = func;
  x_locals.func = func;
  x_locals.ids.clear();
  x_label_ids.clear();
  x_blocks = 0;
  x_hints.clear();
}

void InstrParser::expression(Writer& out) {
  instructions(out, false);
  write(out, Opcode::End);
}

void InstrParser::folded_expression(Writer& out) {
  if (!x_in.at(Kind::LeftParen)) x_in.unexpected("a folded instruction");
  instructions(out, true);
  write(out, Opcode::End);
}

void InstrParser::instructions(Writer& out, bool one) {
  do {
    if (x_frames.empty() && (x_in.at(Kind::RightParen) || x_in.at(Kind::End))) break;
    step(out);
  } while (x_in.ok() && !(one && x_frames.empty()));
  if (x_hint != kNoHint) x_in.unexpected("an instruction");
}

void InstrParser::step(Writer& out) {
  switch (x_in.token().kind) {
    case Kind::Keyword:
      return takes_flat() ? flat(out) : x_in.unexpected("( or )");
    case Kind::LeftParen:
      return open(out);
    case Kind::RightParen:
      return close(out);
    case Kind::BranchHintAnnotation:
      return hint();
    case Kind::End:
    case Kind::Number:
    case Kind::Id:
    case Kind::String:
    case Kind::Reserved:
    case Kind::CustomAnnotation:
    case Kind::NameAnnotation:
      return x_in.unexpected("an instruction");
  }
}

bool InstrParser::takes_flat() const {
  if (x_frames.empty()) return true;
  switch (x_frames.back().kind) {
    case Frame::Kind::Block:
    case Frame::Kind::FoldedBlock:
    case Frame::Kind::Clause:
      return true;
    case Frame::Kind::FoldedIf:
    case Frame::Kind::FoldedTry:
    case Frame::Kind::Operands:
      return false;
  }
  return false;
}

// Flat instructions and blocks.

void InstrParser::flat(Writer& out) {
  const std::optional<Opcode> found = find_instr(x_in.token().text);
  if (!found) return x_in.unexpected("an instruction");
  switch (*found) {
    case Opcode::Block:
    case Opcode::Loop:
    case Opcode::If:
    case Opcode::Try:
    case Opcode::TryTable:
      return block(out, *found, Frame::Kind::Block);
    case Opcode::End:
      return end(out);
    case Opcode::Else:
    case Opcode::Catch:
    case Opcode::CatchAll:
      return clause(out, *found);
    case Opcode::Delegate:
      return delegate(out);
    case Opcode::CallIndirect:
    case Opcode::ReturnCallIndirect:
      note_hint(out.size(), take_hint());
      x_in.advance();
      return call_indirect(out, *found);
    default:
      note_hint(out.size(), take_hint());
      x_in.advance();
      return instr(out, *found);
  }
}

void InstrParser::block(Writer& out, Opcode opcode, Frame::Kind kind) {
  note_hint(out.size(), take_hint());
  x_in.advance();
  const Identifier identifier = x_state.identifier(NameOf::Label);
  write(out, opcode);
  block_type(out, x_types.type_use(nullptr));
  if (opcode == Opcode::TryTable) catches(out);
  push_label(identifier);
  x_frames.push_back({.kind = kind, .opcode = opcode});
}

void InstrParser::end(Writer& out) {
  if (x_frames.empty() || x_frames.back().kind != Frame::Kind::Block) {
    return x_in.unexpected("an instruction or )");
  }
  x_in.advance();
  repeat_label();
  write(out, Opcode::End);
  pop_label();
  x_frames.pop_back();
}

// else, catch and catch_all.
void InstrParser::clause(Writer& out, Opcode opcode) {
  const Opcode block = opcode == Opcode::Else ? Opcode::If : Opcode::Try;
  if (x_frames.empty() || x_frames.back().kind != Frame::Kind::Block ||
      x_frames.back().opcode != block) {
    return x_in.unexpected("an instruction");
  }
  uint8_t& clauses = x_frames.back().clauses;
  if (clauses & (kElse | kCatchAll)) return x_in.unexpected("an instruction or end");
  clauses |= opcode == Opcode::Else ? kElse : opcode == Opcode::Catch ? kCatch : kCatchAll;
  x_in.advance();
  write(out, opcode);
  if (opcode == Opcode::Catch) {
    out.u32(x_state.index(NameOf::Tag));
  } else {
    repeat_label();
  }
}

void InstrParser::delegate(Writer& out) {
  const bool in_try = !x_frames.empty() && x_frames.back().kind == Frame::Kind::Block &&
                      x_frames.back().opcode == Opcode::Try && x_frames.back().clauses == 0;
  if (!in_try) return x_in.unexpected("an instruction");
  x_in.advance();
  // The label is one outside of the block.
  pop_label();
  x_frames.pop_back();
  write(out, Opcode::Delegate);
  out.u32(label());
}

// Folded instructions.

// What the "(" begins follows from where it is.
void InstrParser::open(Writer& out) {
  if (x_frames.empty()) return folded(out);
  Frame& frame = x_frames.back();
  if (frame.kind == Frame::Kind::FoldedTry) return open_try_clause(out, frame);
  if (frame.kind != Frame::Kind::FoldedIf) return folded(out);
  if (frame.clauses == 0 && !x_in.at_open("then")) return folded(out);
  open_if_clause(out, frame);
}

void InstrParser::folded(Writer& out) {
  x_in.advance();
  const std::optional<Opcode> found =
      x_in.at(Kind::Keyword) ? find_instr(x_in.token().text) : std::nullopt;
  if (!found) return x_in.unexpected("an instruction");
  switch (*found) {
    case Opcode::Block:
    case Opcode::Loop:
    case Opcode::TryTable:
      return block(out, *found, Frame::Kind::FoldedBlock);
    case Opcode::Try:
      return block(out, *found, Frame::Kind::FoldedTry);
    case Opcode::If:
      return folded_if();
    case Opcode::End:
    case Opcode::Else:
    case Opcode::Catch:
    case Opcode::CatchAll:
    case Opcode::Delegate:
      return x_in.unexpected("an instruction");
    default:
      return operands(out, *found);
  }
}

void InstrParser::operands(Writer& out, Opcode opcode) {
  Frame frame{.kind = Frame::Kind::Operands, .opcode = opcode};
  frame.hint = take_hint();
  x_in.advance();
  const size_t begin = out.size();
  if (opcode == Opcode::CallIndirect || opcode == Opcode::ReturnCallIndirect) {
    const uint32_t table = x_state.index_or_zero(NameOf::Table);
    const TypeUse use = x_types.type_use(nullptr);
    frame.waits = waits(use, table);
    if (!frame.waits) {
      write(out, opcode);
      out.u32(x_types.resolve(use));
      out.u32(table);
    }
  } else {
    instr(out, opcode);
  }
  // Without operands it is already where it belongs.
  if (!frame.waits && x_in.at(Kind::RightParen)) {
    note_hint(begin, frame.hint);
    return x_in.advance();
  }
  frame.postponed = x_postponed.size();
  x_postponed.bytes(out.view(begin));
  out.truncate(begin);
  x_frames.push_back(frame);
}

void InstrParser::write_postponed(Writer& out, const Frame& frame) {
  note_hint(out.size(), frame.hint);
  if (frame.waits) {
    const NewType type = x_new_types.back();
    x_new_types.pop_back();
    write(out, frame.opcode);
    out.u32(x_state.type_with(type.signature, type.params));
    out.u32(type.table);
  } else {
    out.bytes(x_postponed.view(frame.postponed));
    x_postponed.truncate(frame.postponed);
  }
}

void InstrParser::folded_if() {
  Frame frame{.kind = Frame::Kind::FoldedIf, .opcode = Opcode::If};
  frame.hint = take_hint();
  x_in.advance();
  x_if_labels.push_back(x_state.identifier(NameOf::Label));
  frame.postponed = x_postponed.size();
  const TypeUse use = x_types.type_use(nullptr);
  frame.waits = (use.params > 0 || use.results > 1) && waits(use, 0);
  if (!frame.waits) block_type(x_postponed, use);
  x_frames.push_back(frame);
}

void InstrParser::begin_if(Writer& out, const Frame& frame) {
  note_hint(out.size(), frame.hint);
  write(out, Opcode::If);
  if (frame.waits) {
    const NewType type = x_new_types.back();
    x_new_types.pop_back();
    out.s64(x_state.type_with(type.signature, type.params));
  } else {
    out.bytes(x_postponed.view(frame.postponed));
    x_postponed.truncate(frame.postponed);
  }
  push_label(x_if_labels.back());
  x_if_labels.pop_back();
}

void InstrParser::open_if_clause(Writer& out, Frame& frame) {
  if (frame.clauses == 0 && x_in.take_open("then")) {
    frame.clauses = kThen;
    begin_if(out, frame);
  } else if (frame.clauses == kThen && x_in.take_open("else")) {
    frame.clauses |= kElse;
    write(out, Opcode::Else);
  } else {
    return x_in.unexpected(frame.clauses == kThen ? "(else or )" : ")");
  }
  x_frames.push_back({.kind = Frame::Kind::Clause, .opcode = Opcode::If});
}

void InstrParser::open_try_clause(Writer& out, Frame& frame) {
  if (frame.clauses == 0 && x_in.take_open("do")) {
    frame.clauses = kDo;
  } else if (frame.clauses == kDo && x_in.take_open("delegate")) {
    frame.clauses |= kDelegate;
    pop_label();
    write(out, Opcode::Delegate);
    out.u32(label());
    return x_in.close();
  } else if (frame.clauses != 0 && !(frame.clauses & (kCatchAll | kDelegate)) &&
             x_in.take_open("catch")) {
    frame.clauses |= kCatch;
    write(out, Opcode::Catch);
    out.u32(x_state.index(NameOf::Tag));
  } else if (frame.clauses != 0 && !(frame.clauses & (kCatchAll | kDelegate)) &&
             x_in.take_open("catch_all")) {
    frame.clauses |= kCatchAll;
    write(out, Opcode::CatchAll);
  } else {
    return x_in.unexpected(frame.clauses == 0 ? "(do" : "a catch clause or )");
  }
  x_frames.push_back({.kind = Frame::Kind::Clause, .opcode = Opcode::Try});
}

void InstrParser::close(Writer& out) {
  const Frame frame = x_frames.back();
  switch (frame.kind) {
    case Frame::Kind::Block:
      return x_in.unexpected("an instruction or end");
    case Frame::Kind::FoldedIf:
      if (frame.clauses == 0) return x_in.unexpected("(then");
      break;
    case Frame::Kind::FoldedTry:
      if (frame.clauses == 0) return x_in.unexpected("(do");
      break;
    case Frame::Kind::FoldedBlock:
    case Frame::Kind::Clause:
    case Frame::Kind::Operands:
      break;
  }
  if (x_hint != kNoHint) return x_in.unexpected("an instruction");
  x_in.advance();
  x_frames.pop_back();
  if (frame.kind == Frame::Kind::Operands) return write_postponed(out, frame);
  if (frame.kind == Frame::Kind::Clause || (frame.clauses & kDelegate)) return;
  write(out, Opcode::End);
  pop_label();
}

// Labels.

void InstrParser::push_label(const Identifier& identifier) {
  uint32_t shadowed = 0;
  if (!identifier.id.empty()) {
    const auto number = static_cast<uint32_t>(x_labels.size() + 1);
    const auto [value, is_new] = x_label_ids.insert(identifier.id, number);
    if (!is_new) shadowed = std::exchange(value, number);
  }
  x_labels.push_back({identifier.id, shadowed});
  if (x_func) x_state.name(NameOf::Label, *x_func, x_blocks++, identifier.name);
}

void InstrParser::pop_label() {
  const Label label = x_labels.back();
  x_labels.pop_back();
  if (!label.id.empty()) *x_label_ids.find(label.id) = label.shadowed;
}

// Behind else and end there may be the block's identifier.
void InstrParser::repeat_label() {
  if (!x_in.at(Kind::Id)) return;
  if (x_in.name_of(x_in.token()) != x_labels.back().id) {
    return x_in.fail(x_in.token(), "mismatching label", "that of the block");
  }
  x_in.advance();
}

uint32_t InstrParser::label() {
  if (!x_in.at(Kind::Id)) return static_cast<uint32_t>(x_state.unsigned_number(UINT32_MAX));
  const uint32_t* const number = x_label_ids.find(x_in.name_of(x_in.token()));
  if (!number || *number == 0) {
    x_state.unknown(NameOf::Label, x_in.token());
    return 0;
  }
  x_in.advance();
  return static_cast<uint32_t>(x_labels.size()) - *number;
}

// Branch hints.

void InstrParser::hint() {
  const Token at = x_in.token();
  if (!x_func) return x_in.unexpected("an instruction");
  if (x_hint != kNoHint) {
    return x_in.fail(at, "@metadata.code.branch_hint annotation: duplicate annotation");
  }
  x_in.advance();
  std::string value;
  for (; x_in.at(Kind::String); x_in.advance()) x_in.append_string(x_in.token(), value);
  if (value.size() != 1 || (value[0] | 1) != 1) {
    return x_in.fail(at, "@metadata.code.branch_hint annotation: invalid value",
                     "\"\\00\" or \"\\01\"");
  }
  x_in.close();
  x_hint = static_cast<uint8_t>(value[0]);
}

// That only branches have hints is for whoever reads them to say.
uint8_t InstrParser::take_hint() { return std::exchange(x_hint, kNoHint); }

void InstrParser::note_hint(size_t offset, uint8_t hint) {
  if (hint != kNoHint) x_hints.push_back({static_cast<uint32_t>(offset), hint});
}

// Types that instructions use.

void InstrParser::block_type(Writer& out, const TypeUse& use) {
  if (!use.index && use.params == 0 && use.results == 0) {
    out.byte(kEmptyBlock);
  } else if (!use.index && use.params == 0 && use.results == 1) {
    out.bytes(use.signature.substr(2));  // behind the two numbers
  } else {
    out.s64(x_types.resolve(use));
  }
}

bool InstrParser::waits(const TypeUse& use, uint32_t table) {
  if (use.index || x_state.types.find_plain(use.signature)) return false;
  x_new_types.push_back({x_in.keep(std::string(use.signature)), use.params, table});
  return true;
}

void InstrParser::call_indirect(Writer& out, Opcode opcode) {
  const uint32_t table = x_state.index_or_zero(NameOf::Table);
  write(out, opcode);
  out.u32(x_types.resolve(x_types.type_use(nullptr)));
  out.u32(table);
}

}  // namespace weft::interp
