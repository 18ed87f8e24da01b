// What the interpreter has counted and sampled, with names.
#include <functional>
#include <map>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/backends/interp/module.h"
#include "api/backends/interp/store.h"
#include "interp/core/small.h"
#include "interp/debug/disassembler.h"
#include "interp/runtime/sampler.h"
#include "interp/translate/code.h"
#include "weft/profile.hpp"

namespace weft::backends {

namespace {

// The name by which the function is imported where it was called from, if it was called as an
// import.
std::string host_name(const interp::Store& store, std::uint32_t index,
                      const interp::SampledFunc* caller) {
  if (caller != nullptr && caller->instance != nullptr) {
    const interp::Instance& instance = *caller->instance;
    const interp::FuncInst* wanted = &store.host_funcs()[index];
    std::uint32_t place = instance.compiled().layout.imported_funcs;
    for (const interp::Import& import : instance.module().imports) {
      if (import.kind != interp::ExternKind::Func) continue;
      if (instance.context().at<interp::FuncInst*>(place) == wanted) {
        return std::string(import.module) + "." + std::string(import.name);
      }
      place += sizeof(interp::FuncInst*);
    }
  }
  return "host[" + std::to_string(index) + "]";
}

std::string guest_name(const interp::SampledFunc& func) {
  const auto name = InterpModule::of(*func.instance).function_name(func.func);
  return name ? std::string(*name) : "func[" + std::to_string(func.func) + "]";
}

std::vector<std::string> names_of(const interp::Store& store, const interp::Sampler::Stack& stack) {
  std::vector<std::string> names;
  names.reserve(stack.size());
  for (std::size_t i = stack.size(); i-- > 0;) {
    const interp::SampledFunc* caller = i + 1 < stack.size() ? &stack[i + 1] : nullptr;
    names.push_back(stack[i].instance != nullptr ? guest_name(stack[i])
                                                 : host_name(store, stack[i].func, caller));
  }
  return names;
}

// Adds what make(name) gives for each of the names, the largest count first and equal ones in the
// order of their names.
template <class Names, class Rows, class Make>
void add_rows(const std::map<Names, std::uint64_t>& counts, Rows& rows, Make make) {
  std::multimap<std::uint64_t, const Names*, std::greater<>> sorted;
  for (const auto& [names, count] : counts) sorted.emplace(count, &names);
  rows.reserve(sorted.size());
  for (const auto& [count, names] : sorted) rows.push_back(make(*names, count));
}

void add_dispatches(const interp::Store& store, Profile& profile) {
  std::set<const interp::CodeSpace*> spaces;
  for (const auto& instance : store.instances()) spaces.insert(instance->context().code);
  // Some handlers differ in what names don't say.
  using Pair = std::pair<std::string, std::string>;
  std::map<std::string, std::uint64_t> handlers;
  std::map<Pair, std::uint64_t> pairs;
  for (const interp::CodeSpace* space : spaces) {
    const interp::DispatchCounts counts = space->dispatches();
    for (const auto& [key, count] : counts.handlers) handlers[print_handler(key)] += count;
    for (const auto& [keys, count] : counts.pairs) {
      pairs[{print_handler(keys.first), print_handler(keys.second)}] += count;
    }
  }
  add_rows(handlers, profile.handlers, [](const std::string& name, std::uint64_t count) {
    return Profile::Handler{name, count};
  });
  add_rows(pairs, profile.pairs, [](const Pair& names, std::uint64_t count) {
    return Profile::Pair{names.first, names.second, count};
  });
}

void add_stacks(const interp::Store& store, Profile& profile) {
  // Instances of one module share names.
  using Names = std::vector<std::string>;
  std::map<Names, std::uint64_t> stacks;
  for (const auto& [stack, samples] : store.sampler()->stacks()) {
    stacks[names_of(store, stack)] += samples;
  }
  add_rows(stacks, profile.stacks,
           [](const Names& names, std::uint64_t count) { return Profile::Stack{names, count}; });
}

}  // namespace

Result<Profile> InterpStore::profile() noexcept {
  if constexpr (interp::kSmall) return backend::Store::profile();
  try {
    Profile profile;
    add_dispatches(*store_, profile);
    add_stacks(*store_, profile);
    return profile;
  } catch (const std::bad_alloc&) {
    return fail(Errc::limit, "memory for the profile could not be had");
  }
}

}  // namespace weft::backends
