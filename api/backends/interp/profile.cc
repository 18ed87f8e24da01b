// What the interpreter has counted and sampled, with names.
#include <algorithm>
#include <map>
#include <new>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/backends/interp/module.h"
#include "api/backends/interp/store.h"
#include "interp/debug/disassembler.h"
#include "interp/runtime/sampler.h"
#include "interp/translate/code.h"
#include "weft/profile.hpp"

namespace weft::backends {

namespace {

// The name by which the function is imported where it was called from, if it was called as an import.
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

void add_dispatches(const interp::Store& store, Profile& profile) {
  std::set<const interp::CodeSpace*> spaces;
  for (const auto& instance : store.instances()) spaces.insert(instance->context().code);
  std::map<interp::HandlerKey, std::uint64_t> handlers;
  std::map<std::pair<interp::HandlerKey, interp::HandlerKey>, std::uint64_t> pairs;
  for (const interp::CodeSpace* space : spaces) {
    const interp::DispatchCounts counts = space->dispatches();
    for (const auto& [key, count] : counts.handlers) handlers[key] += count;
    for (const auto& [keys, count] : counts.pairs) pairs[keys] += count;
  }
  for (const auto& [key, count] : handlers) {
    profile.handlers.push_back({interp::print_handler(key), count});
  }
  for (const auto& [keys, count] : pairs) {
    profile.pairs.push_back(
        {interp::print_handler(keys.first), interp::print_handler(keys.second), count});
  }
  using Handler = Profile::Handler;
  std::ranges::sort(profile.handlers, [](const Handler& a, const Handler& b) {
    return std::tie(b.dispatches, a.name) < std::tie(a.dispatches, b.name);
  });
  using Pair = Profile::Pair;
  std::ranges::sort(profile.pairs, [](const Pair& a, const Pair& b) {
    return std::tie(b.dispatches, a.first, a.second) < std::tie(a.dispatches, b.first, b.second);
  });
}

void add_stacks(const interp::Store& store, Profile& profile) {
  // Instances of one module share names.
  std::map<std::vector<std::string>, std::uint64_t> stacks;
  for (const auto& [stack, samples] : store.sampler()->stacks()) {
    stacks[names_of(store, stack)] += samples;
  }
  for (const auto& [names, samples] : stacks) profile.stacks.push_back({names, samples});
  using Stack = Profile::Stack;
  std::ranges::sort(profile.stacks, [](const Stack& a, const Stack& b) {
    return std::tie(b.samples, a.functions) < std::tie(a.samples, b.functions);
  });
}

}  // namespace

Result<Profile> InterpStore::profile() noexcept {
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
