// Binds the table of functions to a Linker, and the state to a store.
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/backend.hpp>
#include <weft/host_func.hpp>
#include <weft/linker.hpp>
#include <weft/wasi.hpp>

#include "wasi/function_table.h"
#include "wasi/unstable.h"

namespace weft::wasi {

namespace {

std::unexpected<Error> no_state() {
  return fail(Errc::usage, "the store has no WASI state: call set_wasi before the guest runs");
}

static_assert(kPreview1.size() == 46);

#define WASI_FUNCTION(result, name, ...)              \
  static_assert(std::is_same_v<decltype(&wasi::name), \
                               Result<result> (*)(Call & __VA_OPT__(, ) __VA_ARGS__)>);
#include "wasi/preview1.def"

FuncType type_of(const Row& row) {
  std::vector<ValType> params;
  for (const std::uint8_t bytes : row.param_bytes) {
    if (bytes != 0) params.emplace_back(bytes == 4 ? ValType::I32 : ValType::I64);
  }
  std::vector<ValType> results;
  if (row.has_result) results.emplace_back(ValType::I32);
  return {std::move(params), std::move(results)};
}

// A row's function in a linker: finds the state of the store that it is called in.
class Function final : public backend::HostFunc {
 public:
  const Row* row = nullptr;

  Result<void> call(const backend::HostCall& host_call, backend::RawVal* slots) noexcept override {
    try {
      Caller caller(host_call);
      State* state = caller.extension<State>();
      if (state == nullptr) return no_state();
      Call call(caller, *state);
      Outcome outcome = row->invoke(call, slots);
      if (!outcome) return std::unexpected<Error>(std::move(outcome).error());
      if (row->has_result) slots[0].u32 = static_cast<std::uint32_t>(*outcome);
      return {};
    } catch (...) {
      return fail(Error::from_exception(std::current_exception()));
    }
  }
};

// Of the functions of both modules, by one index: preview1's, then those of the first snapshot.
constexpr std::size_t kUnstableBegin = kPreview1.size();
constexpr std::size_t kUnstableEnd = 2 * kUnstableBegin;

// Null if there is none.
const Row* row_at(std::size_t index) {
  return index < kUnstableBegin ? &kPreview1[index]
                                : unstable_row(kPreview1[index - kUnstableBegin]);
}

std::string_view name_at(std::size_t index) {
  const Row* const row = row_at(index);
  return row != nullptr ? row->name : std::string_view();
}

detail::HostDefinition make(std::size_t index) {
  // The same ones in all linkers, and never destroyed: stores may last as long as the process.
  static auto& functions = []() -> auto& {
    auto& all = *new std::array<Function, kUnstableEnd>;
    for (std::size_t i = 0; i < all.size(); i++) all[i].row = row_at(i);
    return all;
  }();
  Function& function = functions[index];
  return {type_of(*function.row),
          std::shared_ptr<backend::HostFunc>(std::shared_ptr<void>(), &function)};
}

constexpr detail::HostTable kPreview1Table{"wasi_snapshot_preview1", 0, kUnstableBegin, name_at,
                                           make};
constexpr detail::HostTable kUnstableTable{"wasi_unstable", kUnstableBegin, kUnstableEnd, name_at,
                                           make};

}  // namespace

Result<void> add_to_linker(Linker& linker) {
  if (auto done = linker.put(kPreview1Table); !done) return done;
  return linker.put(kUnstableTable);
}

Result<void> attach(StoreRef store, Config config) {
  Result<Engine> engine = store.engine();
  if (!engine) return fail(std::move(engine).error());
  State state(std::move(config));
  state.interruptible = engine->config().interruption;
  if (auto done = add_initial_descriptors(state.fds, state.config); !done) return done;
  // The guest's descriptors own them now: a connection ends when the guest closes it.
  state.config.no_sockets();
  store.emplace_extension<State>(std::move(state));
  return {};
}

}  // namespace weft::wasi
