#include "interp/runtime/shared_memory.h"

#include <algorithm>
#include <new>
#include <string>

#include "interp/runtime/context.h"
#include "interp/runtime/objects.h"
#include "interp/runtime/pages.h"

namespace weft::interp {

namespace {

uint64_t round_up(uint64_t bytes) { return (bytes + kPageBytes - 1) & ~(kPageBytes - 1); }

// None: for ever, or for longer than the clock can count.
Parker::Deadline deadline_after(int64_t timeout_ns) {
  if (timeout_ns < 0) return std::nullopt;
  const auto now = Parker::Clock::now();
  const std::chrono::nanoseconds timeout(timeout_ns);
  if (timeout > Parker::Clock::time_point::max() - now) return std::nullopt;
  return now + timeout;
}

}  // namespace

Result<std::shared_ptr<SharedMemory>> SharedMemory::make(const MemoryType& type, Pages pages) {
  const uint64_t most = max_memory_bytes(type) >> type.page_bytes_log2;
  if (!type.limits.max || type.limits.min > most) {
    return fail(ErrorKind::Limit, "memory size must be at most " + std::to_string(most) + " pages");
  }
  const uint64_t bytes = type.limits.min << type.page_bytes_log2;
  const auto exhausted = [bytes] {
    return fail(ErrorKind::Exhausted,
                "a shared memory of " + std::to_string(bytes) + " bytes could not be had");
  };
  bool guarded = pages == Pages::Guarded && can_guard(type);
  uint64_t reserved = kGuardReservation;
  uint8_t* base = guarded ? pages::reserve(reserved) : nullptr;
  if (base == nullptr) {
    guarded = false;
    const uint64_t largest = std::max(type.limits.min, max_memory_pages(type));
    // Never empty, so that there is a base.
    reserved = std::max(round_up(largest << type.page_bytes_log2), kPageBytes);
    base = pages::reserve(reserved);
  }
  if (base == nullptr) return exhausted();
  std::unique_ptr<SharedMemory> memory(new (std::nothrow)
                                           SharedMemory(type, base, reserved, guarded));
  if (memory == nullptr) {
    pages::release(base, reserved);
    return exhausted();
  }
  if (!memory->commit(0, bytes)) return exhausted();
  memory->x_bytes.store(bytes, std::memory_order_release);
  return std::shared_ptr<SharedMemory>(std::move(memory));
}

SharedMemory::~SharedMemory() { pages::release(x_base, x_reserved); }

// Pages of the system may be larger than those of the memory.
bool SharedMemory::commit(uint64_t from, uint64_t to) {
  from = round_up(from);
  to = round_up(to);
  return from >= to || pages::commit(x_base + from, to - from);
}

SharedMemory::Grown SharedMemory::grow(uint64_t from, uint64_t to) {
  const std::lock_guard lock(x_growing);
  if (x_bytes.load(std::memory_order_relaxed) != from) return Grown::Changed;
  if (!commit(from, to)) return Grown::Refused;
  // Whoever sees the size finds the pages.
  x_bytes.store(to, std::memory_order_release);
  return Grown::Done;
}

// --- wait and notify

void SharedMemory::Queue::push(Waiter& waiter) {
  waiter.previous = last;
  (last != nullptr ? last->next : first) = &waiter;
  last = &waiter;
}

void SharedMemory::Queue::remove(Waiter& waiter) {
  (waiter.previous != nullptr ? waiter.previous->next : first) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : last) = waiter.previous;
  waiter.linked = false;
}

SharedMemory::Queue& SharedMemory::queue_of(uint64_t address) {
  // Addresses that are waited at are multiples of 4, and often neighbours.
  constexpr uint64_t golden = 0x9e3779b97f4a7c15;
  return x_queues[((address >> 2) * golden) >> 60];
}

template <class T>
SharedMemory::Waited SharedMemory::wait(StoreState& state, uint64_t address, T expected,
                                        int64_t timeout_ns) {
  const Parker::Deadline deadline = deadline_after(timeout_ns);
  Queue& queue = queue_of(address);
  Waiter waiter{.address = address, .parker = &state.parker};
  uint32_t ticket = state.parker.ticket();
  {
    // A notify that comes after the comparison finds the waiter.
    const std::lock_guard lock(queue.mutex);
    if (__atomic_load_n(reinterpret_cast<const T*>(x_base + address), __ATOMIC_SEQ_CST) != expected)
      return Waited::NotEqual;
    queue.push(waiter);
  }
  while (true) {
    const bool interrupted = state.stop_requested();
    const bool timed_out = deadline && Parker::Clock::now() >= *deadline;
    if (!interrupted && !timed_out) state.parker.sleep(ticket, deadline);
    // Under the lock, so that the notifier is done with the waiter and its parker.
    const std::lock_guard lock(queue.mutex);
    if (!waiter.linked) return Waited::Woken;
    if (interrupted || timed_out) {
      queue.remove(waiter);
      return interrupted ? Waited::Interrupted : Waited::TimedOut;
    }
    ticket = state.parker.ticket();
  }
}

template SharedMemory::Waited SharedMemory::wait(StoreState&, uint64_t, uint32_t, int64_t);
template SharedMemory::Waited SharedMemory::wait(StoreState&, uint64_t, uint64_t, int64_t);

uint32_t SharedMemory::notify(uint64_t address, uint32_t count) {
  Queue& queue = queue_of(address);
  uint32_t woken = 0;
  const std::lock_guard lock(queue.mutex);
  for (Waiter* waiter = queue.first; waiter != nullptr && woken < count;) {
    Waiter& at = *waiter;
    waiter = at.next;
    if (at.address != address) continue;
    queue.remove(at);
    at.parker->wake();
    ++woken;
  }
  return woken;
}

}  // namespace weft::interp
