// Finding a number among those of a table that is known when compiling.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weft::interp {

// 2^64 by the golden ratio: the upper bits of a product with it depend on all bits of the other
// factor.
inline constexpr uint64_t kHashMultiplier = 0x9e37'79b9'7f4a'7c15;

// KeyAt()(i) is the table's number `i` of N; all differ. Open addressing: at most four of five
// places are taken.
template <size_t N, class KeyAt>
class HashIndex {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  constexpr HashIndex() {
    static_assert(N < UINT16_MAX);
    for (size_t i = 0; i < N; ++i) {
      size_t place = first_place(KeyAt()(i));
      while (x_numbers[place] != 0) place = next(place);
      x_numbers[place] = static_cast<uint16_t>(i + 1);
    }
  }

  // The key's index in the table, or kNone.
  constexpr size_t find(uint64_t key) const {
    for (size_t place = first_place(key);; place = next(place)) {
      const size_t number = x_numbers[place];
      if (number == 0) return kNone;
      if (KeyAt()(number - 1) == key) return number - 1;
    }
  }

 private:
  static constexpr size_t kPlaces = std::bit_ceil(N + N / 4);
  static constexpr size_t first_place(uint64_t key) {
    return key * kHashMultiplier >> (64 - std::countr_zero(kPlaces));
  }
  static constexpr size_t next(size_t place) { return (place + 1) % kPlaces; }

  std::array<uint16_t, kPlaces> x_numbers{};  // index + 1; 0 where nothing is
};

}  // namespace weft::interp
