// Binds the table of functions to a Linker, and the state to a store.
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/backend.hpp>
#include <weft/linker.hpp>
#include <weft/wasi.hpp>

#include "wasi/handlers.h"

namespace weft::wasi {

namespace {

constexpr std::string_view kModule = "wasi_snapshot_preview1";

std::unexpected<Error> no_state() {
  return fail(Errc::usage, "the store has no WASI state: call set_wasi before the guest runs");
}

// A handler, called with the arguments in the slots, where it leaves its result.
using Invoke = Result<void>(Call& call, backend::RawVal* slots);

template <class T>
T argument(const backend::RawVal& slot) {
  static_assert((std::is_integral_v<T> || std::is_enum_v<T>) && (sizeof(T) == 4 || sizeof(T) == 8));
  return static_cast<T>(sizeof(T) == 4 ? slot.u32 : slot.u64);
}

template <auto Handler>
struct Bound;

template <class R, class... Args, Result<R> (*Handler)(Call&, Args...)>
struct Bound<Handler> {
  static Result<void> invoke(Call& call, backend::RawVal* slots) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> Result<void> {
      Result<R> result = Handler(call, argument<Args>(slots[I])...);
      if (!result) return std::unexpected<Error>(std::move(result).error());
      if constexpr (!std::is_void_v<R>) slots[0].u32 = static_cast<std::uint32_t>(*result);
      return {};
    }(std::index_sequence_for<Args...>{});
  }
};

// A row of preview1.def.
struct Row {
  std::string_view name;
  std::array<std::uint8_t, 10> param_bytes;  // of each parameter, to the first 0
  bool has_result;
  Invoke* invoke;
};

template <class R, class... Args>
constexpr Row row(std::string_view name, Invoke* invoke) {
  static_assert(std::is_void_v<R> || std::is_same_v<R, Errno>);
  return {name, {sizeof(Args)...}, !std::is_void_v<R>, invoke};
}

constexpr auto kRows = std::to_array<Row>({
#define WASI_FUNCTION(result, name, ...) \
  row<result __VA_OPT__(, ) __VA_ARGS__>(#name, &Bound<&wasi::name>::invoke),
#include "wasi/preview1.def"
});
static_assert(kRows.size() == 46);

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
  explicit Function(const Row& row) : row_(row) {}

  Result<void> call(const backend::HostCall& host_call, backend::RawVal* slots) noexcept override {
    try {
      Caller caller(host_call);
      State* state = caller.extension<State>();
      if (state == nullptr) return no_state();
      Call call(caller, *state);
      return row_.invoke(call, slots);
    } catch (...) {
      return fail(Error::from_exception(std::current_exception()));
    }
  }

 private:
  const Row& row_;
};

Result<void> define_all(Linker& linker) {
  for (const Row& row : kRows) {
    if (auto done = linker.func(kModule, row.name, type_of(row), std::make_shared<Function>(row));
        !done) {
      return done;
    }
  }
  return {};
}

}  // namespace

Result<void> add_to_linker(Linker& linker) { return define_all(linker); }

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
