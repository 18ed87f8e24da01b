// args_* and environ_*: lists of strings, as an array of pointers into one buffer.
#include <string_view>

#include "wasi/handlers.h"

namespace weft::wasi {

namespace {

// Calls `emit` with the pieces of each string, and once more with none where a string ends.
template <class Visit>
bool for_each_arg(const Config& config, Visit&& visit) {
  for (const std::string& arg : config.args()) {
    if (!visit(arg, std::string_view(), std::string_view())) return false;
  }
  return true;
}

template <class Visit>
bool for_each_variable(const Config& config, Visit&& visit) {
  for (const EnvVar& variable : config.env()) {
    if (!visit(variable.name, std::string_view("="), variable.value)) return false;
  }
  return true;
}

template <class ForEach>
Outcome sizes_get(Call& call, Address count, Address bytes, ForEach&& for_each) {
  Size strings = 0;
  std::uint64_t total = 0;
  for_each(call.state.config, [&](std::string_view a, std::string_view b, std::string_view c) {
    ++strings;
    total += a.size() + b.size() + c.size() + 1;
    return true;
  });
  if (total > ~Size{0}) return Errno::Overflow;
  if (!call.memory.contains(bytes, sizeof(Size))) return Errno::Fault;
  if (!call.memory.store(count, strings)) return Errno::Fault;
  if (!call.memory.store(bytes, static_cast<Size>(total))) return Errno::Fault;
  return Errno::Success;
}

template <class ForEach>
Outcome get(Call& call, Address pointers, Address buffer, ForEach&& for_each) {
  std::uint64_t pointer = pointers;
  std::uint64_t at = buffer;
  const auto put = [&](std::string_view text) {
    if (!call.memory.write(at, text)) return false;
    at += text.size();
    return true;
  };
  const bool done =
      for_each(call.state.config, [&](std::string_view a, std::string_view b, std::string_view c) {
        const std::uint64_t begin = at;
        if (!put(a) || !put(b) || !put(c) || !put(std::string_view("\0", 1))) return false;
        // Within the memory, whose addresses have 32 bits here.
        if (!call.memory.store(pointer, static_cast<Address>(begin))) return false;
        pointer += sizeof(Address);
        return true;
      });
  return done ? Errno::Success : Errno::Fault;
}

constexpr auto kArgs = [](const Config& config, auto&& visit) {
  return for_each_arg(config, visit);
};
constexpr auto kVariables = [](const Config& config, auto&& visit) {
  return for_each_variable(config, visit);
};

}  // namespace

Outcome args_sizes_get(Call& call, Address count, Address bytes) {
  return sizes_get(call, count, bytes, kArgs);
}
Outcome args_get(Call& call, Address pointers, Address buffer) {
  return get(call, pointers, buffer, kArgs);
}
Outcome environ_sizes_get(Call& call, Address count, Address bytes) {
  return sizes_get(call, count, bytes, kVariables);
}
Outcome environ_get(Call& call, Address pointers, Address buffer) {
  return get(call, pointers, buffer, kVariables);
}

}  // namespace weft::wasi
