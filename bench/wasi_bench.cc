// What WASI adds to the system calls it stands for: a guest's loop beside a native one.
//
// Both run in turns, in pieces of the same number of calls, so that what disturbs the machine
// disturbs both. `guest` and `native` are nanoseconds of CPU time of one call with its part of the
// loop; `added` is the difference, `ratio` the quotient.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <weft/weft.hpp>

#include "tests/decode/module_bytes.h"

namespace weft {
namespace {

using enum interp::Opcode;
using Code = interp::testing::Bytes;
using interp::testing::encode;
using interp::testing::join;
using interp::testing::text;

constexpr int kTimes = 1000;
constexpr std::size_t kSmall = 16;
constexpr std::uint8_t kI32 = 0x7f;
constexpr std::uint8_t kI64 = 0x7e;

// Where things lie in the guest's memory; all addresses and numbers are one byte of LEB128.
constexpr std::uint8_t kResult = 8;
constexpr std::uint8_t kIovec = 16;
constexpr std::uint8_t kPath = 32;
constexpr std::uint8_t kBuffer = 48;
constexpr std::string_view kName = "file";

Code op(interp::Opcode opcode, const Code& immediates = {}) {
  return join(encode(opcode), immediates);
}
Code i32(std::uint8_t value) { return op(I32Const, {value}); }
Code i64(std::uint8_t value) { return op(I64Const, {value}); }

// Exports one function per function of WASI, which calls it as often as its argument says.
Code program() {
  using B = interp::testing::ModuleBuilder;
  constexpr std::uint8_t kVoid = 0x40;
  B builder;
  builder.type({kI32}, {})
      .type({kI32, kI32, kI32, kI32}, {kI32})
      .type({kI32, kI64, kI32}, {kI32})
      .type({kI32, kI32, kI32, kI32, kI32, kI64, kI64, kI32, kI32}, {kI32})
      .type({kI32}, {kI32});
  const auto import = [&](std::string_view name, std::uint8_t type) {
    builder.item(B::kImport, join(text("wasi_snapshot_preview1"), text(name), Code{0, type}));
  };
  import("fd_write", 1);
  import("fd_read", 1);
  import("clock_time_get", 2);
  import("path_open", 3);
  import("fd_close", 4);
  const auto loop = [&](const Code& calls) {
    builder.func(0, join(op(Loop, {kVoid}), calls, op(LocalGet, {0}), i32(1), op(I32Sub),
                         op(LocalTee, {0}), op(BrIf, {0}), op(End)));
  };
  const auto transfer = [&](std::uint8_t fd, std::uint8_t import) {
    loop(join(i32(fd), i32(kIovec), i32(1), i32(kResult), op(Call, {import}), op(Drop)));
  };
  transfer(1, 0);
  transfer(0, 1);
  loop(join(i32(1), i64(0), i32(kResult), op(Call, {2}), op(Drop)));
  loop(join(join(i32(3), i32(0), i32(kPath), i32(kName.size()), i32(0)),
            join(i64(2), i64(0), i32(0), i32(kResult), op(Call, {3})), op(Drop),
            join(i32(kResult), op(I32Load, {2, 0}), op(Call, {4}), op(Drop))));
  builder.item(B::kMemory, {0, 1});
  builder.item(B::kExport, join(text("memory"), Code{2, 0}));
  std::uint8_t index = 5;
  for (const char* name : {"fd_write", "fd_read", "clock_time_get", "path_open"})
    builder.item(B::kExport, join(text(name), Code{0, index++}));
  return builder.build();
}

using Nanoseconds = std::chrono::duration<double, std::nano>;

Nanoseconds cpu_time() {
  timespec now;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class Guest {
 public:
  explicit Guest(const wasi::Config& config) {
    or_throw(linker_.wasi());
    or_throw(store_.set_wasi(config));
    instance_ = or_throw(linker_.instantiate(store_, module_));
    const Memory memory = or_throw(instance_.memory(store_));
    or_throw(memory.store<std::uint32_t>(store_, kIovec, kBuffer));
    or_throw(memory.store<std::uint32_t>(store_, kIovec + 4, kSmall));
    or_throw(memory.write(store_, kPath, kName));
  }

  template <class Native>
  void against(benchmark::State& state, const char* name, Native&& native) {
    const auto calls = or_throw(instance_.func<void(std::int32_t)>(store_, name));
    Nanoseconds guest_time{};
    Nanoseconds native_time{};
    for (auto _ : state) {
      const auto begin = cpu_time();
      or_throw(calls(store_, kTimes));
      const auto middle = cpu_time();
      for (int i = 0; i < kTimes; ++i) native();
      const auto end = cpu_time();
      state.SetIterationTime(std::chrono::duration<double>(end - begin).count());
      guest_time += middle - begin;
      native_time += end - middle;
    }
    const double count = static_cast<double>(state.iterations()) * kTimes;
    state.counters["guest"] = guest_time.count() / count;
    state.counters["native"] = native_time.count() / count;
    state.counters["added"] = (guest_time - native_time).count() / count;
    state.counters["ratio"] = guest_time / native_time;
  }

 private:
  Engine engine_{};
  Module module_ = or_throw(Module::from_bytes(engine_, program()));
  Linker linker_{engine_};
  Store store_{engine_};
  Instance instance_;
};

void BM_FdWrite(benchmark::State& state) {
  wasi::Config config;
  or_throw(config.stdout_file("/dev/null"));
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const char bytes[kSmall]{};
  Guest(config).against(state, "fd_write",
                        [&] { benchmark::DoNotOptimize(::write(fd, bytes, sizeof bytes)); });
  ::close(fd);
}

void BM_FdRead(benchmark::State& state) {
  wasi::Config config;
  or_throw(config.stdin_file("/dev/zero"));
  const int fd = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  char bytes[kSmall];
  Guest(config).against(state, "fd_read",
                        [&] { benchmark::DoNotOptimize(::read(fd, bytes, sizeof bytes)); });
  ::close(fd);
}

void BM_ClockTimeGet(benchmark::State& state) {
  Guest(wasi::Config()).against(state, "clock_time_get", [] {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    benchmark::DoNotOptimize(now);
  });
}

void BM_PathOpenAndFdClose(benchmark::State& state) {
  std::string name = (std::filesystem::temp_directory_path() / "weft-bench-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  std::ofstream(folder / kName) << "contents";
  wasi::Config config;
  or_throw(config.preopen(folder, "/"));
  const int at = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Guest(config).against(state, "path_open",
                        [&] { ::close(::openat(at, kName.data(), O_RDONLY | O_CLOEXEC)); });
  ::close(at);
  std::filesystem::remove_all(folder);
}

BENCHMARK(BM_FdWrite)->UseManualTime();
BENCHMARK(BM_FdRead)->UseManualTime();
BENCHMARK(BM_ClockTimeGet)->UseManualTime();
BENCHMARK(BM_PathOpenAndFdClose)->UseManualTime();

}  // namespace
}  // namespace weft
