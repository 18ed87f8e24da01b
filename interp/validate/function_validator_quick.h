// FunctionValidator: the commonest instructions, several to a loop, for validation alone. Included
// by function_validator.h only.
//
// What is here only ever accepts. It takes an instruction if the usual conditions hold - one-byte
// opcode, short immediates, operands of exactly the expected types, blocks without values - and
// stops before any other, which step() then judges by the literal rule. So nothing can be refused
// here, and everything that is accepted has a rule in step() that accepts it too.
#pragma once

#include <algorithm>
#include <utility>

#include "interp/validate/function_validator.h"

// Whether each instruction ends in a jump to the next one's, with all that the loop works on in
// registers, as handlers of the interpreter do. Elsewhere there is a loop; also under the
// AddressSanitizer, whose frames the calling convention can't have.
#define WEFT_QUICK_TAIL_CALLS 0
#if defined(__clang__) && defined(__x86_64__) && __has_attribute(preserve_none)
#if !__has_feature(address_sanitizer)
#undef WEFT_QUICK_TAIL_CALLS
#define WEFT_QUICK_TAIL_CALLS 1
#endif
#endif

namespace weft::interp {

#if WEFT_QUICK_TAIL_CALLS
template <class Validator>
struct QuickHandlers {
  using Quick = typename Validator::Quick;
  using Entry = typename Quick::Entry;
  using Fn = __attribute__((preserve_none)) void(Validator&, const uint8_t* at, const uint8_t* last,
                                                 Entry* top, Entry* floor, Entry* limit,
                                                 const ValType* locals, size_t local_count);

  // The instructions of one rule, which the compiler knows, each with a jump of its own.
  template <QuickRule Rule>
  __attribute__((preserve_none)) static void handler(Validator& self, const uint8_t* at,
                                                     const uint8_t* last, Entry* top, Entry* floor,
                                                     Entry* limit, const ValType* locals,
                                                     size_t local_count) {
    Quick quick{at, last, top, floor, limit, locals, local_count};
    if (!self.quick_step(Rule, quick) || quick.at > quick.last) [[unlikely]]
      return self.leave_quick(quick.at, quick.top);
    [[clang::musttail]] return kTable[*quick.at](self, quick.at, quick.last, quick.top, quick.floor,
                                                 quick.limit, quick.locals, quick.local_count);
  }

  static const std::array<Fn*, 256> kTable;
};

// By an instruction's byte.
template <class Validator>
constexpr std::array<typename QuickHandlers<Validator>::Fn*, 256> QuickHandlers<Validator>::kTable =
    []<size_t... Byte>(std::index_sequence<Byte...>) {
      return std::array{&QuickHandlers::template handler<kQuickRules[Byte]>...};
    }(std::make_index_sequence<256>{});
#endif

template <InstrSink Sink>
void FunctionValidator<Sink>::quick_steps() {
  const std::span<const uint8_t> module = x_module.source.bytes;
  // The last place where an instruction may begin: what it reads lies in the module, if not in the
  // body.
  const uint8_t* const last =
      std::min(x_in.end_position() - 1, module.data() + module.size() - kQuickBytes);
  if (x_in.position() > last) return;
  Quick quick{x_in.position(),
              last,
              x_stack.end_entry(),
              x_stack.floor_entry(),
              x_stack.limit_entry(),
              x_locals.data(),
              x_tracks_locals ? 0 : x_locals.size()};
#if WEFT_QUICK_TAIL_CALLS
  QuickHandlers<FunctionValidator>::kTable[*quick.at](*this, quick.at, quick.last, quick.top,
                                                      quick.floor, quick.limit, quick.locals,
                                                      quick.local_count);
#else
  while (quick_step(kQuickRules[*quick.at], quick) && quick.at <= quick.last) {
  }
  leave_quick(quick.at, quick.top);
#endif
}

// The last instruction may have been taken although it doesn't end in the body.
template <InstrSink Sink>
void FunctionValidator<Sink>::leave_quick(const uint8_t* at, Entry* top) {
  x_stack.cut_to(top);
  if (at > x_in.end_position()) [[unlikely]]
    x_in.end_of_input();
  else
    x_in.skip_to(at);
}

// False: the instruction is for step().
template <InstrSink Sink>
bool FunctionValidator<Sink>::quick_step(const QuickRule& rule, Quick& quick) {
  switch (rule.kind) {
    case QuickKind::None:
      return false;
    case QuickKind::Constant: {
      const size_t bytes = quick_signed_bytes(quick.at + 1, rule.result);
      if (bytes == 0 || !quick.has_room(1)) return false;
      quick.at += 1 + bytes;
      // Two of three are the second operand of what comes next, which mostly keeps the type.
      if (quick.at < quick.last && kQuickOperations[*quick.at] == rule.result &&
          quick.top_is(rule.result)) {
        quick.at += 1;
      } else {
        *quick.top++ = {rule.result, {}};
      }
      return true;
    }
    case QuickKind::FixedConstant:
      if (!quick.has_room(1)) return false;
      *quick.top++ = {rule.result, {}};
      quick.at += rule.bytes;
      return true;
    case QuickKind::Unary:
      if (!quick.top_is(rule.a)) return false;
      quick.top[-1].type = rule.result;
      quick.at += 1;
      return true;
    case QuickKind::Binary:
      if (!quick.top_are(rule.a, rule.b)) return false;
      --quick.top;
      quick.top[-1].type = rule.result;
      quick.at += 1;
      return true;
    case QuickKind::Load:
    case QuickKind::Store:
      return quick_access(rule, quick);
    case QuickKind::Drop:
      if (!quick.has_any()) return false;
      --quick.top;
      quick.at += 1;
      return true;
    case QuickKind::Select:
      if (!quick.has(3) || quick.top[-1].type != ValType::I32 || !quick.top[-2].type.is_num() ||
          quick.top[-2].type != quick.top[-3].type)
        return false;
      quick.top -= 2;
      quick.at += 1;
      return true;
    case QuickKind::LocalGet: {
      const QuickIndex index = quick_index(quick.at + 1);
      if (index.value >= quick.local_count || !quick.has_room(1)) return false;
      *quick.top++ = {quick.locals[index.value], {}};
      quick.at += 1 + index.bytes;
      return true;
    }
    case QuickKind::LocalSet:
    case QuickKind::LocalTee: {
      const QuickIndex index = quick_index(quick.at + 1);
      if (index.value >= quick.local_count || !quick.top_is(quick.locals[index.value]))
        return false;
      quick.top -= rule.kind == QuickKind::LocalSet;
      quick.at += 1 + index.bytes;
      return true;
    }
    case QuickKind::GlobalGet: {
      const QuickIndex index = quick_index(quick.at + 1);
      if (index.value >= x_module.globals.size() || !quick.has_room(1)) return false;
      *quick.top++ = {x_module.globals[index.value].type.type, {}};
      quick.at += 1 + index.bytes;
      return true;
    }
    case QuickKind::GlobalSet: {
      const QuickIndex index = quick_index(quick.at + 1);
      if (index.value >= x_module.globals.size()) return false;
      const GlobalType& global = x_module.globals[index.value].type;
      if (!global.is_mutable || !quick.top_is(global.type)) return false;
      --quick.top;
      quick.at += 1 + index.bytes;
      return true;
    }
    case QuickKind::Block:
    case QuickKind::Loop:
    case QuickKind::If:
    case QuickKind::Else:
    case QuickKind::End:
      return quick_block(rule.kind, quick);
    case QuickKind::Br:
    case QuickKind::BrIf:
      return quick_branch(rule.kind, quick);
    case QuickKind::Call:
      return quick_call(quick);
  }
  std::unreachable();  // and so no test of the kind's range
}

// Of memory 0.
template <InstrSink Sink>
bool FunctionValidator<Sink>::quick_access(const QuickRule& rule, Quick& quick) {
  const size_t bytes = quick_unsigned_bytes(quick.at + 2);
  if (!x_has_memory || quick.at[1] > rule.align_log2 || bytes == 0) return false;
  const ValType address = x_address_type;
  if (rule.kind == QuickKind::Load) {
    if (!quick.top_is(address)) return false;
    quick.top[-1].type = rule.result;
  } else {
    if (!quick.top_are(address, rule.a)) return false;
    quick.top -= 2;
  }
  quick.at += 2 + bytes;
  return true;
}

// Of blocks that take and yield nothing.
template <InstrSink Sink>
bool FunctionValidator<Sink>::quick_block(QuickKind kind, Quick& quick) {
  if (kind == QuickKind::Else || kind == QuickKind::End) {
    ControlFrame& ended = frame();
    if (!ended.is_plain || quick.top != quick.floor) return false;
    if (kind == QuickKind::Else) {
      if (ended.kind != FrameKind::If) return false;
      ended.kind = FrameKind::Else;
      ended.unreachable = false;
      x_live = ended.reachable;
      reset_set_locals(ended.set_locals);
    } else {
      leave();
      quick.floor = x_stack.floor_entry();
    }
    quick.at += 1;
    return true;
  }
  if (quick.at[1] != kEmptyBlock || x_frames.depth() >= x_limits.nesting) return false;
  FrameKind entered = kind == QuickKind::Loop ? FrameKind::Loop : FrameKind::Block;
  if (kind == QuickKind::If) {
    if (!quick.top_is(ValType::I32)) return false;
    --quick.top;
    entered = FrameKind::If;
  }
  x_stack.cut_to(quick.top);
  push_frame(entered, {}, Label{});
  quick.floor = quick.top;
  quick.at += 2;
  return true;
}

// To labels that take nothing.
template <InstrSink Sink>
bool FunctionValidator<Sink>::quick_branch(QuickKind kind, Quick& quick) {
  const QuickIndex depth = quick_index(quick.at + 1);
  if (depth.value >= x_frames.depth() || !(x_frame - depth.value)->is_plain) return false;
  if (kind == QuickKind::BrIf) {
    if (!quick.top_is(ValType::I32)) return false;
    --quick.top;
  } else {
    set_unreachable();
    quick.top = quick.floor;
  }
  quick.at += 1 + depth.bytes;
  return true;
}

template <InstrSink Sink>
bool FunctionValidator<Sink>::quick_call(Quick& quick) {
  const QuickIndex func = quick_index(quick.at + 1);
  if (func.value >= x_module.funcs.size()) return false;
  const FuncType& type = x_module.func_type(func.value);
  const auto params = static_cast<ptrdiff_t>(type.params.size());
  const auto matches = [](ValType param, const Entry& entry) { return param == entry.type; };
  if (!quick.has(params) || !quick.has_room(1) || type.results.size() > 1 ||
      !std::equal(type.params.begin(), type.params.end(), quick.top - params, matches))
    return false;
  quick.top -= params;
  if (!type.results.empty()) *quick.top++ = {type.results.front(), {}};
  quick.at += 1 + func.bytes;
  return true;
}

}  // namespace weft::interp
