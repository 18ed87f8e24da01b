// A linear memory that several stores use, each on its own thread (threads proposal, "Shared Linear
// Memory").
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "interp/core/error.h"
#include "interp/core/types.h"
#include "interp/runtime/parker.h"

namespace weft::interp {

struct StoreState;

// Thread-safe. Lives as long as anyone holds it: the MemoryInsts of the stores that use it do.
// Address space for its declared maximum is taken once, so that its base never moves and growing
// touches nothing that another thread reads.
class SharedMemory {
 public:
  // Guard pages make accesses with 32-bit addresses trap without a check, as far as the type and
  // the system allow; they take address space (kGuardReservation).
  enum class Pages : uint8_t { Guarded, Plain };

  // `type` is shared and so has a maximum. ErrorKind::Limit, ErrorKind::Exhausted.
  static Result<std::shared_ptr<SharedMemory>> make(const MemoryType& type, Pages pages);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  const MemoryType& type() const { return x_type; }  // limits.min as declared
  uint8_t* base() const { return x_base; }
  bool guarded() const { return x_guarded; }
  uint64_t reserved_bytes() const { return x_reserved; }
  // Only ever grows.
  uint64_t bytes() const { return x_bytes.load(std::memory_order_acquire); }

  enum class Grown : uint8_t { Done, Changed, Refused };
  // From exactly `from` bytes, which is what a limiter has agreed to; Changed if another thread was
  // faster. `to` is at most the type's maximum and the implementation's.
  Grown grow(uint64_t from, uint64_t to);

  // What memory.atomic.wait answers.
  enum class Waited : uint32_t { Woken = 0, NotEqual = 1, TimedOut = 2, Interrupted = 3 };
  // Sleeps until notified, for `timeout_ns` (negative: for ever) or until the store is interrupted.
  // `address` is in bounds and aligned. T: uint32_t, uint64_t.
  template <class T>
  Waited wait(StoreState& state, uint64_t address, T expected, int64_t timeout_ns);
  // Wakes up to `count` of those that wait at the address, the longest waiting first.
  uint32_t notify(uint64_t address, uint32_t count);

 private:
  struct Waiter {
    uint64_t address;
    Parker* parker;
    bool linked = true;  // guarded by the queue's mutex, as are the links
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
  };
  // Waiters of some of the addresses, the longest waiting first.
  struct Queue {
    std::mutex mutex;
    Waiter* first = nullptr;
    Waiter* last = nullptr;

    void push(Waiter& waiter);
    void remove(Waiter& waiter);
  };

  SharedMemory(const MemoryType& type, uint8_t* base, uint64_t reserved, bool guarded)
      : x_type(type), x_base(base), x_reserved(reserved), x_guarded(guarded) {}
  bool commit(uint64_t from, uint64_t to);
  Queue& queue_of(uint64_t address);

  const MemoryType x_type;
  uint8_t* const x_base;
  const uint64_t x_reserved;
  const bool x_guarded;
  std::atomic<uint64_t> x_bytes{0};
  std::mutex x_growing;
  std::array<Queue, 16> x_queues;
};

}  // namespace weft::interp
