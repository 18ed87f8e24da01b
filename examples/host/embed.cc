// Runs a WASI program, its output going to this process's: embed FILE.wasm
#include <iostream>
#include <weft/weft.hpp>

int main(int argc, char** argv) try {
  weft::Engine engine;
  weft::Store store(engine);
  weft::or_throw(store.set_wasi(weft::wasi::Config().inherit_stdio()));
  weft::Linker linker(engine);
  weft::or_throw(linker.wasi());
  const auto module =
      weft::or_throw(weft::Module::from_file(engine, argc > 1 ? argv[1] : "hello.wasm"));
  return weft::or_throw(weft::wasi::run(store, weft::or_throw(linker.instantiate(store, module))));
} catch (const std::exception& e) {
  std::cerr << "embed: " << e.what() << "\n";
  return 1;
}
