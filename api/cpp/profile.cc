#include "weft/profile.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <unordered_map>

namespace weft {

std::uint64_t Profile::dispatches() const {
  return std::accumulate(
      handlers.begin(), handlers.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Handler& handler) { return sum + handler.dispatches; });
}

std::uint64_t Profile::samples() const {
  return std::accumulate(
      stacks.begin(), stacks.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Stack& stack) { return sum + stack.samples; });
}

std::vector<Profile::Function> Profile::functions() const {
  std::unordered_map<std::string_view, Function> by_name;
  for (const Stack& stack : stacks) {
    if (stack.functions.empty()) continue;
    by_name[stack.functions.back()].self += stack.samples;
    // Recursion is one call of many.
    for (const std::string_view name : std::set<std::string_view>(stack.functions.begin(), stack.functions.end())) {
      by_name[name].total += stack.samples;
    }
  }
  std::vector<Function> functions;
  functions.reserve(by_name.size());
  for (auto& [name, function] : by_name) {
    function.name = name;
    functions.push_back(std::move(function));
  }
  std::ranges::sort(functions, [](const Function& a, const Function& b) {
    if (a.self != b.self) return a.self > b.self;
    return a.total != b.total ? a.total > b.total : a.name < b.name;
  });
  return functions;
}

std::string Profile::folded_stacks() const {
  std::string text;
  for (const Stack& stack : stacks) {
    std::string_view separator;
    for (const std::string& name : stack.functions) {
      text += separator;
      // What separates names, and lines, is no part of one. Names come from the module.
      for (const char c : name) text += c == ';' ? ':' : static_cast<unsigned char>(c) < ' ' ? '?' : c;
      separator = ";";
    }
    text += " " + std::to_string(stack.samples) + "\n";
  }
  return text;
}

}  // namespace weft
