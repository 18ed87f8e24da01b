#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "interp/core/error.h"
#include "interp/runtime/store.h"
#include "interp/translate/code.h"
#include "interp/translate/counting.h"
#include "interp/translate/emitter.h"
#include "interp/translate/translator.h"

namespace weft::interp {

namespace {

constexpr size_t kChunkBytes = size_t{64} << 10;

// The memory of the last function's instructions, for the next one's: else each large function
// would touch new pages, which takes longer than filling them. Room that isn't filled is not
// touched. One for the process; of functions translated at once, one gets it.
using Instrs = std::vector<IrInstr>;
constexpr size_t kSpareInstrs = (size_t{512} << 10) / sizeof(IrInstr);
std::atomic<Instrs*> spare_instrs;

// With room for a function whose body has so many bytes, as growing copies.
Instrs take_instrs(size_t body_bytes) {
  constexpr size_t kBytesOfInstr = 4, kMost = 1 << 16;
  const std::unique_ptr<Instrs> spare(spare_instrs.exchange(nullptr, std::memory_order_acquire));
  Instrs instrs = spare != nullptr ? std::move(*spare) : Instrs();
  instrs.reserve(std::clamp(body_bytes / kBytesOfInstr, kSpareInstrs, kMost));
  return instrs;
}

void give_back(Instrs instrs) {
  if (instrs.capacity() > kSpareInstrs) return;
  instrs.clear();
  auto spare = std::make_unique<Instrs>(std::move(instrs));
  const std::unique_ptr<Instrs> other(
      spare_instrs.exchange(spare.release(), std::memory_order_acq_rel));
}

// A function whose frame no 16-bit slot number reaches. Its frame would be larger than half a
// megabyte, so calling it counts as exhausting the stack.
IrFunction exhausts_stack() {
  IrFunction function;
  IrInstr& instr = function.instrs.emplace_back();
  instr.key = {.shape = Shape::Trap};
  instr.x = static_cast<uint32_t>(TrapCode::CallStackExhausted);
  return function;
}

}  // namespace

void CodeSpace::Free::operator()(void* memory) const { std::free(memory); }

CodeSpace::CodeSpace(const Module& module, const TypeRegistry& types, const ContextLayout& layout,
                     CodeOptions options)
    : x_module(module), x_types(types), x_layout(layout), x_options(options) {
  // calloc of much memory is a mapping of zero pages: nothing is touched for functions that are
  // never called.
  static_assert(std::atomic<const uint8_t*>::is_always_lock_free);
  const size_t count = std::max<size_t>(module.defined_funcs(), 1);
  x_entries.reset(static_cast<std::atomic<const uint8_t*>*>(
      std::calloc(count, sizeof(std::atomic<const uint8_t*>))));
}

CodeSpace::~CodeSpace() = default;

const uint8_t* CodeSpace::entry(uint32_t func) {
  if (x_entries == nullptr) return nullptr;
  static_cast<void>(x_written.load(std::memory_order_acquire));
  const uint8_t* entry = x_entries[func - x_module.imported_funcs].load(std::memory_order_acquire);
  return entry != nullptr ? entry : translate(func);
}

bool CodeSpace::translate_all() {
  for (uint32_t func = x_module.imported_funcs; func < x_module.funcs.size(); ++func) {
    if (entry(func) == nullptr) return false;
  }
  return true;
}

// The same function always gives the same cells: offset_of() relies on it.
IrFunction CodeSpace::build(uint32_t func) const {
  Translator translator(x_module, x_types, x_layout, x_options);
  translator.use_memory(take_instrs(x_module.funcs[func].body.size()));
  const bool valid = translator.function(func);
  IrFunction function = translator.take();
  if (!valid || function.frame_slots > kMaxFrameSlots) return exhausts_stack();
  find_byte_loops(function);
  fuse(function, x_options.optimizations);
  if (x_options.optimizations.has(Optimization::Accumulators)) use_accumulators(function);
  if (!kSmall && x_options.count_dispatches) count_blocks(function);
  return function;
}

// The containers throw when memory runs out; nothing above expects that.
const uint8_t* CodeSpace::translate(uint32_t func) {
  try {
    return translate_or_throw(func);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

const uint8_t* CodeSpace::translate_or_throw(uint32_t func) {
  IrFunction function = build(func);
  std::unique_ptr<uint64_t[]> counters = make_counters(function);
  std::unique_ptr<ByteLoop[]> byte_loops = make_byte_loops(function);
  const std::lock_guard lock(x_mutex);
  if (x_facts == nullptr) x_facts = std::make_unique<KeyFacts>();
  const CellPlan plan = plan_cells(function, *x_facts);
  auto& entry = x_entries[func - x_module.imported_funcs];
  if (const uint8_t* other = entry.load(std::memory_order_relaxed))
    return other;  // another thread was faster
  Chunk* const chunk = chunk_for(plan.size);
  if (chunk == nullptr) return nullptr;
  uint8_t* const code = chunk->free;
  write_cells(function, plan, std::span(code, plan.size), *x_facts);
  Function& made = chunk->functions.emplace_back();
  static_cast<FunctionCode&>(made) = {func, code, code + plan.size};
  made.counters = std::move(counters);
  made.byte_loops = std::move(byte_loops);
  if (!function.catches.empty()) {
    try {
      made.catches = std::make_unique<const CatchTable>(function, plan.offsets, code);
    } catch (const std::bad_alloc&) {
      chunk->functions.pop_back();
      return nullptr;
    }
  }
  chunk->free += plan.size;
  x_bytes += plan.size;
  x_written.fetch_add(1, std::memory_order_release);
  entry.store(code, std::memory_order_release);
  give_back(std::move(function.instrs));
  return code;
}

CodeSpace::Chunk* CodeSpace::chunk_for(size_t bytes) {
  if (x_current != nullptr && static_cast<size_t>(x_current->end - x_current->free) >= bytes) {
    return x_current;
  }
  const size_t size = std::max(bytes, kChunkBytes);
  auto memory = std::unique_ptr<uint8_t[]>(new (std::nothrow) uint8_t[size + kCodeSlack]);
  if (memory == nullptr) return nullptr;
  uint8_t* const begin = memory.get();
  Chunk& chunk = x_chunks[begin];
  chunk = {std::move(memory), begin, begin + size, {}};
  x_current = &chunk;
  return x_current;
}

const CodeSpace::Function* CodeSpace::find(const uint8_t* cell) const {
  const auto chunk_after = x_chunks.upper_bound(cell);
  if (chunk_after == x_chunks.begin()) return nullptr;
  const auto& functions = std::prev(chunk_after)->second.functions;
  const auto after = std::ranges::upper_bound(functions, cell, {}, &Function::begin);
  if (after == functions.begin() || cell >= std::prev(after)->end) return nullptr;
  return &*std::prev(after);
}

std::optional<FunctionCode> CodeSpace::find_function(const uint8_t* cell) const {
  const std::lock_guard lock(x_mutex);
  const Function* const found = find(cell);
  return found != nullptr ? std::optional<FunctionCode>(*found) : std::nullopt;
}

const Catch* CodeSpace::catches_at(const uint8_t* cell) const {
  const std::lock_guard lock(x_mutex);
  const Function* const found = find(cell);
  if (found == nullptr || found->catches == nullptr) return nullptr;
  return found->catches->at(static_cast<size_t>(cell - found->begin));
}

std::vector<CellOrigin> CodeSpace::origins(uint32_t func) const {
  const IrFunction function = build(func);
  KeyFacts facts;
  const CellPlan plan = plan_cells(function, facts);
  std::vector<CellOrigin> origins;
  origins.reserve(function.instrs.size());
  for (size_t i = 0; i < function.instrs.size(); ++i) {
    const IrInstr& instr = function.instrs[i];
    if (instr.is_cell()) origins.push_back({plan.offsets[i], instr.origin});
  }
  return origins;
}

DispatchCounts CodeSpace::dispatches() const {
  std::vector<std::pair<uint32_t, uint64_t*>> counted;
  {
    const std::lock_guard lock(x_mutex);
    for (const auto& [begin, chunk] : x_chunks) {
      for (const Function& function : chunk.functions) {
        if (function.counters != nullptr) {
          counted.emplace_back(function.func, function.counters.get());
        }
      }
    }
  }
  DispatchSums sums;
  for (const auto& [func, counters] : counted) sums.add(func, build(func), counters);
  return sums.take();
}

std::vector<CodePosition> CodeSpace::positions_of(const uint8_t* cell,
                                                  bool is_return_address) const {
  const auto code = find_function(is_return_address ? cell - 1 : cell);
  if (!code) return {};
  const auto wanted = static_cast<uint32_t>(cell - code->begin);
  Origin origin;
  for (const CellOrigin& at : origins(code->func)) {
    if (at.cell < wanted || (!is_return_address && at.cell == wanted)) origin = at.origin;
  }
  if (origin.inlined_at == 0) return {{code->func, origin.wasm_offset}};
  return {{x_module.func_at(origin.wasm_offset), origin.wasm_offset},
          {code->func, origin.inlined_at}};
}

size_t CodeSpace::bytes() const {
  const std::lock_guard lock(x_mutex);
  return x_bytes;
}

// --- CompiledModule: code for every combination of options that somebody asks for
// ------------------------------------

struct CompiledModule::CodeSpaces {
  std::mutex mutex;
  std::map<CodeOptions, std::unique_ptr<CodeSpace>> spaces;
};

CompiledModule::CompiledModule(std::unique_ptr<const Module> m, std::shared_ptr<TypeRegistry> t)
    : module(std::move(m)),
      types(std::move(t)),
      layout(*module),
      x_code(std::make_unique<CodeSpaces>()) {}

CompiledModule::~CompiledModule() = default;

CodeSpace& CompiledModule::code(const CodeOptions& options) const {
  const std::lock_guard lock(x_code->mutex);
  auto& space = x_code->spaces[options];
  if (space == nullptr) space = std::make_unique<CodeSpace>(*module, *types, layout, options);
  return *space;
}

}  // namespace weft::interp
