#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "interp/runtime/pages.h"

#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0  // systems that never count reservations against memory
#endif

namespace weft::interp::pages {

size_t page_bytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

namespace {

// 0 when the sum does not fit.
size_t round_up(size_t bytes) {
  const size_t mask = page_bytes() - 1;
  return bytes > SIZE_MAX - mask ? 0 : (bytes + mask) & ~mask;
}

uint8_t* map(size_t bytes, int protection) {
  bytes = round_up(bytes);
  if (bytes == 0) return nullptr;
  void* const at =
      mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<uint8_t*>(at);
}

}  // namespace

uint8_t* reserve(size_t bytes) { return map(bytes, PROT_NONE); }

bool commit(uint8_t* at, size_t bytes) {
  return bytes == 0 || mprotect(at, bytes, PROT_READ | PROT_WRITE) == 0;
}

uint8_t* allocate(size_t bytes) { return map(bytes, PROT_READ | PROT_WRITE); }

uint8_t* allocate_aligned(size_t bytes, size_t alignment) {
  bytes = round_up(bytes);
  if (bytes == 0 || bytes > SIZE_MAX - alignment) return nullptr;
  uint8_t* const base = allocate(bytes + alignment);
  if (base == nullptr) return nullptr;
  const size_t before = (alignment - reinterpret_cast<uintptr_t>(base) % alignment) % alignment;
  if (before != 0) munmap(base, before);
  if (before != alignment) munmap(base + before + bytes, alignment - before);
  return base + before;
}

void discard(uint8_t* at, size_t bytes) {
  if (bytes == 0) return;
#if defined(__linux__)
  if (madvise(at, bytes, MADV_DONTNEED) == 0) return;
#endif
  // Elsewhere, and for locked memory, advice need not zero.
  std::memset(at, 0, bytes);
}

uint8_t* grow(uint8_t* base, size_t old_bytes, size_t new_bytes) {
  const size_t old_size = round_up(old_bytes);
  const size_t new_size = round_up(new_bytes);
  if (new_size == 0) return nullptr;
  if (new_size == old_size) return base;  // the bytes in between were never written
#if defined(__linux__)
  void* const at = mremap(base, old_size, new_size, MREMAP_MAYMOVE);
  return at == MAP_FAILED ? nullptr : static_cast<uint8_t*>(at);
#else
  uint8_t* const at = allocate(new_size);
  if (at == nullptr) return nullptr;
  std::memcpy(at, base, old_bytes);
  release(base, old_size);
  return at;
#endif
}

void release(uint8_t* base, size_t bytes) { munmap(base, round_up(bytes)); }

Region Region::make(size_t bytes) {
  Region region;
  const size_t size = round_up(bytes);
  const size_t guard = page_bytes();
  if (size == 0 || size > SIZE_MAX - 2 * guard) return region;
  uint8_t* const base = reserve(size + 2 * guard);
  if (base == nullptr) return region;
  if (!commit(base + guard, size)) {
    release(base, size + 2 * guard);
    return region;
  }
  region.x_begin = base + guard;
  region.x_bytes = size;
  return region;
}

Region::~Region() {
  if (x_begin != nullptr) release(x_begin - page_bytes(), x_bytes + 2 * page_bytes());
}

}  // namespace weft::interp::pages
