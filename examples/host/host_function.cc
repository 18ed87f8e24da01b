// Functions of the host's that a guest calls: host_function plugin.wasm
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

int main(int argc, char** argv) try {
  const weft::Engine engine;
  weft::Linker linker(engine);

  // Any callable will do. A string_view arrives as pointer and length, checked against the memory.
  std::map<std::string, std::int32_t, std::less<>> prices{{"a", 3}, {"b", 4}, {"c", 5}};
  weft::or_throw(
      linker.func("host", "lookup", [&prices](std::string_view key) -> weft::Result<std::int32_t> {
        const auto found = prices.find(key);
        // An error unwinds the guest and comes out of the host's call.
        if (found == prices.end())
          return weft::fail(weft::Errc::host, "no price for " + std::string(key));
        return found->second;
      }));
  // A Caller knows the store, and with it what the host attached to it.
  weft::or_throw(linker.func("host", "log", [](weft::Caller& caller, std::string_view text) {
    std::cout << *caller.data<std::string>() << ": " << text << "\n";
  }));
  weft::or_throw(linker.wasi());

  weft::Store store(engine);
  store.emplace_data<std::string>("plugin");
  weft::or_throw(store.set_wasi(weft::wasi::Config().inherit_stdio()));
  const auto module =
      weft::or_throw(weft::Module::from_file(engine, argc > 1 ? argv[1] : "plugin.wasm"));
  const auto plugin = weft::or_throw(linker.instantiate(store, module));
  weft::or_throw(weft::or_throw(plugin.func<void()>(store, "_initialize"))(store));

  const auto total = weft::or_throw(plugin.func<std::int32_t(std::int32_t)>(store, "total"));
  const std::int32_t three = weft::or_throw(total(store, 3));
  std::cout << "three: " << three << "\n";
  if (const auto four = total(store, 4); !four)
    std::cout << "four: " << four.error().message() << "\n";
} catch (const std::exception& e) {
  std::cerr << "host_function: " << e.what() << "\n";
  return 1;
}
