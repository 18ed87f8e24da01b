// Commands and reactors: which of the two an instance is, and its one entry.
#include <algorithm>
#include <string>
#include <vector>
#include <weft/module.hpp>
#include <weft/wasi.hpp>

namespace weft::wasi {

namespace {

constexpr std::string_view kStart = "_start";
constexpr std::string_view kInitialize = "_initialize";

// The instances of a store that were entered: an extension.
struct Entered {
  std::vector<Instance> instances{};
};

Result<void> enter(StoreRef store, const Instance& instance, std::string_view name) {
  Result<Func> entry = instance.func(store, name);
  if (!entry) return std::unexpected<Error>(std::move(entry).error());
  const Result<FuncType> type = entry->type(store);
  if (!type) return fail(type.error());
  if (*type != FuncType()) {
    return fail(Errc::type_mismatch, std::string(name) + " is of type " + to_string(*type) +
                                         ", and not without parameters and results");
  }
  Entered* entered = store.extension<Entered>();
  if (entered == nullptr) entered = &store.emplace_extension<Entered>();
  if (std::ranges::find(entered->instances, instance) != entered->instances.end()) {
    return fail(Errc::usage, "an instance's " + std::string(name) + " is called once");
  }
  // Before the call: it may call the host, and the host this.
  entered->instances.push_back(instance);
  Result<std::vector<Val>> done = entry->call(store);
  if (!done) return std::unexpected<Error>(std::move(done).error());
  return {};
}

// What the instance's module exports of the two names.
struct Entries {
  bool start;
  bool initialize;
};

// Errc::type_mismatch for both: there is no way to begin with such a module.
Result<Entries> entries_of(StoreRef store, const Instance& instance) {
  const Result<Module> module = instance.module(store);
  if (!module) return fail(module.error());
  const Entries entries{module->find_export(kStart) != nullptr,
                        module->find_export(kInitialize) != nullptr};
  if (entries.start && entries.initialize) {
    return fail(Errc::type_mismatch,
                "the module exports both _start and _initialize: commands have the one, reactors "
                "the other");
  }
  return entries;
}

}  // namespace

Result<int> run(StoreRef store, const Instance& instance) {
  const Result<Entries> entries = entries_of(store, instance);
  if (!entries) return fail(entries.error());
  Result<void> done = enter(store, instance, kStart);
  if (done) return 0;
  if (done.error().is(Errc::exit)) return done.error().exit_status().value_or(0);
  return std::unexpected<Error>(std::move(done).error());
}

Result<void> initialize(StoreRef store, const Instance& instance) {
  const Result<Entries> entries = entries_of(store, instance);
  if (!entries) return fail(entries.error());
  if (entries->start) return fail(Errc::usage, "a command is run, not initialised");
  if (!entries->initialize) return {};
  return enter(store, instance, kInitialize);
}

}  // namespace weft::wasi
