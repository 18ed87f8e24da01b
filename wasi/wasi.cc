// Binds the table of functions to a Linker, and the state to a store.
#include <weft/linker.hpp>
#include <weft/wasi.hpp>

#include "wasi/handlers.h"

namespace weft::wasi {

namespace {

constexpr std::string_view kModule = "wasi_snapshot_preview1";

std::unexpected<Error> no_state() {
  return fail(Errc::usage, "the store has no WASI state: call set_wasi before the guest runs");
}

// A handler as a host function: finds the state of the store that it is called in.
template <auto Handler>
struct Bound;

template <class R, class... Args, R (*Handler)(Call&, Args...)>
struct Bound<Handler> {
  R operator()(Caller& caller, Args... args) const {
    State* state = caller.extension<State>();
    if (state == nullptr) return no_state();
    Call call(caller, *state);
    return Handler(call, args...);
  }
};

// Answers for a function that has no handler.
template <class... Args>
struct Missing {
  Errno operator()(Args... /*args*/) const { return Errno::NoSys; }
};

constexpr int kFunctions = 0
#define WASI_FUNCTION(...) +1
#include "wasi/preview1.def"
    ;
static_assert(kFunctions == 46);

Result<void> define_all(Linker& linker) {
  Result<void> done;
#define WASI_FUNCTION(result, name, ...)                                                \
  static_assert(std::is_same_v<decltype(&wasi::name),                                   \
                               Result<result> (*)(Call & __VA_OPT__(, ) __VA_ARGS__)>); \
  done = linker.func(kModule, #name, Bound<&wasi::name>());                             \
  if (!done) return done;
#define WASI_MISSING(result, name, ...)                       \
  done = linker.func(kModule, #name, Missing<__VA_ARGS__>()); \
  if (!done) return done;
#include "wasi/preview1.def"
  return done;
}

}  // namespace

Result<void> add_to_linker(Linker& linker) { return define_all(linker); }

Result<void> attach(StoreRef store, Config config) {
  Result<Engine> engine = store.engine();
  if (!engine) return fail(std::move(engine).error());
  State state(std::move(config));
  state.interruptible = engine->config().interruption;
  if (auto done = add_initial_descriptors(state.fds, state.config); !done) return done;
  store.emplace_extension<State>(std::move(state));
  return {};
}

}  // namespace weft::wasi
