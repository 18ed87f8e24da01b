#include "interp/execute/unwind.h"

#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "interp/execute/sampling.h"
#include "interp/runtime/store.h"
#include "interp/translate/code.h"

namespace weft::interp {

namespace {

// Translated code stays where it is for as long as the store, so what was found once holds.
const Catch* catches_at(Context& context, const uint8_t* cell) {
  auto& sites = context.state->catch_sites;
  constexpr uint64_t golden_ratio = 0x9e37'79b9'7f4a'7c15;
  constexpr int bits = 6;
  static_assert(std::tuple_size_v<std::remove_reference_t<decltype(sites)>> == 1 << bits);
  CatchSite& site = sites[reinterpret_cast<uintptr_t>(cell) * golden_ratio >> (64 - bits)];
  if (site.cell != cell) site = {cell, context.code->catches_at(cell)};
  return site.first;
}

bool matches(const Catch& clause, Context& context, const ExnObject& exception) {
  return clause.tag == kAnyTag || context.at<TagInst*>(clause.tag) == exception.tag;
}

Landing land(const Catch& clause, Context& context, uint64_t* fp, Record* records) {
  StoreState& state = *context.state;
  ExnObject* const exception = std::exchange(state.exception, nullptr);
  state.trap.code = TrapCode::None;  // what a nested activation that let it go stopped with
  if (clause.tag != kAnyTag) {
    std::memcpy(fp + clause.values, exception->slots(), exception->tag->slots * sizeof(uint64_t));
  }
  if (clause.reference != kNoSlot) fp[clause.reference] = reinterpret_cast<uintptr_t>(exception);
  return {.context = &context,
          .records = records,
          .memory = context.memory0 != nullptr ? context.memory0->base : nullptr,
          .pc = clause.target,
          .fp = fp};
}

}  // namespace

Landing unwind(Context* context, const uint8_t* cell, uint64_t* fp, Record* records) {
  StoreState& state = *context->state;
  if (state.exception == nullptr) return {.trap = TrapCode::UncaughtException};
  if (cell != nullptr && state.interrupt.load(std::memory_order_relaxed) != 0) {
    take_sample(*context, cell, records);
  }
  for (;;) {
    // A guest may loop by throwing, and have much to unwind.
    if (state.stop_requested()) {
      state.exception = nullptr;
      return {.trap = TrapCode::Interrupted};
    }
    if (cell != nullptr) {
      for (const Catch* at = catches_at(*context, cell); at != nullptr; at = at->next) {
        if (matches(*at, *context, *state.exception)) return land(*at, *context, fp, records);
      }
    }
    const Record record = *records++;
    if (record.pc == exit_cell()) return {.trap = TrapCode::UncaughtException};
    if (record.pc == switch_back_cell()) {
      context = reinterpret_cast<Context*>(record.fp);
      cell = nullptr;
    } else {
      cell = record.pc - 1;  // in the calling cell: a return address is behind it
      fp = record.fp;
    }
  }
}

}  // namespace weft::interp
