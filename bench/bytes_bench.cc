// The bulk operations against the C library's, from 16 bytes to 16 MiB. Pairs of benchmarks run one
// after the other; compare them with --benchmark_enable_random_interleaving=true
// --benchmark_repetitions=9.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "interp/core/bytes.h"

namespace weft::interp {
namespace {

// Offsets within a page, as guests have them: neither operand aligned, nor both alike.
constexpr size_t kToOffset = 0x38;
constexpr size_t kFromOffset = 0x10;

using Copy = void(void* to, const void* from, size_t n);
using Fill = void(void* to, uint8_t value, size_t n);

void copy_ours(void* to, const void* from, size_t n) { copy_bytes(to, from, n); }
void copy_memcpy(void* to, const void* from, size_t n) { std::memcpy(to, from, n); }
void copy_memmove(void* to, const void* from, size_t n) { std::memmove(to, from, n); }
void fill_ours(void* to, uint8_t value, size_t n) { fill_bytes(to, value, n); }
void fill_memset(void* to, uint8_t value, size_t n) { std::memset(to, value, n); }

template <Copy* kCopy>
void BM_Copy(benchmark::State& state) {
  const auto n = static_cast<size_t>(state.range(0));
  std::vector<uint8_t> from(n + 4096, 1);
  std::vector<uint8_t> to(n + 4096, 2);
  for (auto _ : state) {
    size_t size = n;
    benchmark::DoNotOptimize(size);  // no size known at compile time
    kCopy(to.data() + kToOffset, from.data() + kFromOffset, size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// Up by 24 bytes, in one buffer.
template <Copy* kCopy>
void BM_CopyOverlapping(benchmark::State& state) {
  const auto n = static_cast<size_t>(state.range(0));
  std::vector<uint8_t> buffer(n + 4096, 1);
  for (auto _ : state) {
    size_t size = n;
    benchmark::DoNotOptimize(size);
    kCopy(buffer.data() + kToOffset, buffer.data() + kToOffset - 24, size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

template <Fill* kFill>
void BM_Fill(benchmark::State& state) {
  const auto n = static_cast<size_t>(state.range(0));
  std::vector<uint8_t> to(n + 4096, 2);
  for (auto _ : state) {
    size_t size = n;
    benchmark::DoNotOptimize(size);
    kFill(to.data() + kToOffset, 0, size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// Many sizes up to the range, as programs copy strings and records: a branch for each size costs
// then.
template <Copy* kCopy>
void BM_CopyMixed(benchmark::State& state) {
  const auto n = static_cast<size_t>(state.range(0));
  std::vector<uint8_t> from(n + 4096, 1);
  std::vector<uint8_t> to(n + 4096, 2);
  std::vector<uint16_t> sizes(4096);
  uint32_t random = 1;
  for (uint16_t& size : sizes)
    size = static_cast<uint16_t>(((random = random * 1664525 + 1013904223) >> 8) % (n + 1));
  size_t at = 0;
  for (auto _ : state) {
    kCopy(to.data() + kToOffset, from.data() + kFromOffset, sizes[at++ % sizes.size()]);
    benchmark::ClobberMemory();
  }
}

void BM_Utf8(benchmark::State& state, const std::string& unit) {
  std::string text;
  while (text.size() < static_cast<size_t>(state.range(0))) text += unit;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        is_valid_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

// 16 bytes to 16 MiB.
void sizes(benchmark::internal::Benchmark* benchmark) {
  for (int64_t n : {16,   24,   32,   48,   64,     100,    128,     200,     256,     400,     512,
                    1024, 2048, 4096, 8192, 16'384, 65'536, 262'144, 1 << 20, 4 << 20, 16 << 20}) {
    benchmark->Arg(n);
  }
}

BENCHMARK(BM_Copy<copy_ours>)->Apply(sizes);
BENCHMARK(BM_Copy<copy_memcpy>)->Apply(sizes);
BENCHMARK(BM_CopyOverlapping<copy_ours>)->Apply(sizes);
BENCHMARK(BM_CopyOverlapping<copy_memmove>)->Apply(sizes);
BENCHMARK(BM_Fill<fill_ours>)->Apply(sizes);
BENCHMARK(BM_Fill<fill_memset>)->Apply(sizes);
BENCHMARK(BM_CopyMixed<copy_ours>)->Arg(32)->Arg(128)->Arg(1024);
BENCHMARK(BM_CopyMixed<copy_memcpy>)->Arg(32)->Arg(128)->Arg(1024);
BENCHMARK_CAPTURE(BM_Utf8, Ascii, "plain text, as names are ")->Arg(10)->Arg(50)->Arg(1 << 16);
BENCHMARK_CAPTURE(BM_Utf8, Mixed, "gr\xc3\xbc\xc3\x9f dich, \xe4\xb8\x96\xe7\x95\x8c ")
    ->Arg(10)
    ->Arg(50)
    ->Arg(1 << 16);

}  // namespace
}  // namespace weft::interp
