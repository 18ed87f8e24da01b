#include "interp/validate/body_validation.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "interp/validate/function_validator.h"

namespace weft::interp {
namespace {

// Below this, starting a thread takes longer than validating: a megabyte is about 3 ms of work.
constexpr uint64_t kMinParallelBytes = 1 << 20;
constexpr uint64_t kChunkBytes = 64 << 10;

// A run of functions; threads take them in order.
struct Chunk {
  uint32_t begin;
  uint32_t end;
};

std::vector<Chunk> chunks_of(const Module& module) {
  std::vector<Chunk> chunks;
  uint32_t begin = module.imported_funcs;
  uint64_t bytes = 0;
  for (uint32_t i = begin; i < module.funcs.size(); ++i) {
    bytes += module.funcs[i].body.size();
    if (bytes < kChunkBytes && i + 1 < module.funcs.size()) continue;
    chunks.push_back({begin, i + 1});
    begin = i + 1;
    bytes = 0;
  }
  return chunks;
}

// What the threads share. The first refused function decides, whoever finds it: functions before it
// are always validated, those after it may be skipped.
class Work {
 public:
  explicit Work(const ValidationContext& context)
      : x_context(context), x_chunks(chunks_of(context.module)) {}

  void run() {
    NullSink sink;
    FunctionValidator<NullSink> validator(x_context, sink);
    for (size_t i = x_next++; i < x_chunks.size(); i = x_next++) {
      if (x_chunks[i].begin > x_first_refused) break;
      run(validator, x_chunks[i]);
    }
    const std::lock_guard lock(x_mutex);
    x_used = x_used | validator.used_features();
  }

  // After all threads are done.
  Result<FeatureSet> result() {
    if (x_error) return std::unexpected(*std::move(x_error));
    return x_used;
  }

 private:
  void run(FunctionValidator<NullSink>& validator, const Chunk& chunk) {
    for (uint32_t func = chunk.begin; func < chunk.end; ++func) {
      auto validated = validator.function(func);
      if (validated) [[likely]]
        continue;
      const std::lock_guard lock(x_mutex);
      if (func < x_first_refused) {
        x_first_refused = func;
        x_error = std::move(validated).error();
      }
      return;
    }
  }

  const ValidationContext& x_context;
  const std::vector<Chunk> x_chunks;
  std::atomic<size_t> x_next = 0;
  std::atomic<uint32_t> x_first_refused = UINT32_MAX;
  std::mutex x_mutex;
  std::optional<Error> x_error;
  FeatureSet x_used;
};

unsigned threads_for(const ValidationContext& context) {
  const Module& module = context.module;
  if (module.defined_funcs() == 0) return 1;
  const uint64_t bytes =
      module.funcs.back().body.end - module.funcs[module.imported_funcs].body.begin;
  if (bytes < kMinParallelBytes) return 1;
  const unsigned wanted = context.options.threads
                              ? context.options.threads
                              : std::max(1u, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::min<uint64_t>(wanted, bytes / kChunkBytes));
}

}  // namespace

Result<FeatureSet> validate_bodies(const ValidationContext& context) {
  Work work(context);
  {
    std::vector<std::jthread> helpers;
    const unsigned threads = threads_for(context);
    // A host that refuses threads still gets its module validated.
    try {
      for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([&work] { work.run(); });
    } catch (const std::system_error&) {
    }
    work.run();
  }
  return work.result();
}

}  // namespace weft::interp
