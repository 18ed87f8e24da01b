#include "weft/profile.hpp"

#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

namespace weft {

std::uint64_t Profile::dispatches() const {
  return std::accumulate(
      handlers.begin(), handlers.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Handler& handler) { return sum + handler.dispatches; });
}

std::uint64_t Profile::samples() const {
  return std::accumulate(stacks.begin(), stacks.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Stack& stack) { return sum + stack.samples; });
}

std::vector<Profile::Function> Profile::functions() const {
  std::map<std::string_view, Function> by_name;
  for (const Stack& stack : stacks) {
    if (stack.functions.empty()) continue;
    by_name[stack.functions.back()].self += stack.samples;
    // A function that calls itself is on the stack once.
    const std::set<std::string_view> names(stack.functions.begin(), stack.functions.end());
    for (const std::string_view name : names) by_name[name].total += stack.samples;
  }
  std::multimap<std::pair<std::uint64_t, std::uint64_t>, Function*, std::greater<>> sorted;
  for (auto& [name, function] : by_name) {
    function.name = name;
    sorted.emplace(std::pair(function.self, function.total), &function);
  }
  std::vector<Function> functions;
  functions.reserve(sorted.size());
  for (const auto& [numbers, function] : sorted) functions.push_back(std::move(*function));
  return functions;
}

std::string Profile::folded_stacks() const {
  std::string text;
  for (const Stack& stack : stacks) {
    std::string_view separator;
    for (const std::string& name : stack.functions) {
      text += separator;
      // What separates names, and lines, is no part of one. Names come from the module.
      for (const char c : name)
        text += c == ';' ? ':' : static_cast<unsigned char>(c) < ' ' ? '?' : c;
      separator = ";";
    }
    text += " " + std::to_string(stack.samples) + "\n";
  }
  return text;
}

}  // namespace weft
