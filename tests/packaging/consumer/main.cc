#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <weft/weft.hpp>

// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
constexpr uint8_t kAdd[] = {0,    'a', 's',  'm', 1, 0, 0, 0,    1, 7,    1, 0x60, 2,   0x7f,
                            0x7f, 1,   0x7f, 3,   2, 1, 0, 7,    7, 1,    3, 'a',  'd', 'd',
                            0,    0,   10,   9,   1, 7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b};

int main() {
  weft::Engine engine;
  weft::Store store(engine);
  weft::Module module =
      weft::or_throw(weft::Module::from_bytes(engine, std::as_bytes(std::span(kAdd))));
  weft::Instance instance = weft::or_throw(weft::Linker(engine).instantiate(store, module));
  auto add = weft::or_throw(instance.func<int32_t(int32_t, int32_t)>(store, "add"));
  std::printf("5 + 3 = %d\n", weft::or_throw(add(store, 5, 3)));
}
