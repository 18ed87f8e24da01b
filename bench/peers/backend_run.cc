// Runs a WASI program on a backend: weft-backend-run BACKEND FILE.wasm.
//
// The CPU time of the program alone, without the compiler, goes to the file that compare.py names.
#include <sys/resource.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <utility>
#include <weft/weft.hpp>

namespace weft {
namespace {

double user_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

int run(const char* backend, const char* file) {
  const Engine engine(Config{}, or_throw(backends::by_name(backend)));
  const Module module = or_throw(Module::from_file(engine, file));
  Store store(engine);
  wasi::Config config;
  or_throw(config.args({file}));
  config.inherit_stdout();
  or_throw(store.set_wasi(std::move(config)));
  Linker linker(engine);
  or_throw(linker.wasi());
  const Instance instance = or_throw(linker.instantiate(store, module));
  const double begin = user_seconds();
  const int status = or_throw(wasi::run(store, instance));
  const double seconds = user_seconds() - begin;
  if (const char* const told = std::getenv("WEFT_BENCH_SECONDS"))
    std::ofstream(told) << seconds << '\n';
  return status;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "weft-backend-run BACKEND FILE.wasm\n";
    return 2;
  }
  try {
    return weft::run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
