// Strings to a guest and back through its memory: greet greet.wasm
#include <cstdint>
#include <iostream>
#include <string_view>
#include <weft/weft.hpp>

int main(int argc, char** argv) try {
  using weft::or_throw;
  const weft::Engine engine;
  weft::Linker linker(engine);
  or_throw(linker.wasi());
  weft::Store store(engine);
  or_throw(store.set_wasi(weft::wasi::Config().inherit_stdio()));
  const auto module = or_throw(weft::Module::from_file(engine, argc > 1 ? argv[1] : "greet.wasm"));
  const auto guest = or_throw(linker.instantiate(store, module));

  const auto alloc_bytes = or_throw(guest.func<std::uint32_t(std::uint32_t)>(store, "alloc_bytes"));
  const auto free_bytes =
      or_throw(guest.func<void(std::uint32_t, std::uint32_t)>(store, "free_bytes"));
  const auto greet = or_throw(guest.func<std::uint32_t(std::uint32_t)>(store, "greet"));
  const auto free_string = or_throw(guest.func<void(std::uint32_t)>(store, "free_string"));
  const auto add = or_throw(guest.func<std::int32_t(std::int32_t, std::int32_t)>(store, "add"));
  const auto memory = or_throw(guest.memory(store));

  const std::string_view name = "W\xc3\xb6rld";
  const auto size = static_cast<std::uint32_t>(name.size() + 1);
  const std::uint32_t at = or_throw(alloc_bytes(store, size));
  or_throw(memory.write(store, at, name));
  or_throw(memory.store<std::uint8_t>(store, at + name.size(), 0));

  const std::uint32_t greeting = or_throw(greet(store, at));
  std::cout << or_throw(memory.c_string(store, greeting)) << std::endl;
  or_throw(free_string(store, greeting));
  or_throw(free_string(store, 0));
  or_throw(free_bytes(store, at, size));
  std::cout << "5 + 3 = " << or_throw(add(store, 5, 3)) << "\n";
} catch (const std::exception& e) {
  std::cerr << "greet: " << e.what() << "\n";
  return 1;
}
