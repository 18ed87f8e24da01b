// Loops that copy or fill memory, or nearly do, for random programs.
#include <utility>

#include "tests/engine/random_program.h"

namespace weft::interp::testing {

std::vector<Bytes> random_byte_loop(RandomBits& bits, uint32_t to, uint32_t from, uint32_t count) {
  using enum Opcode;
  std::vector<Bytes> instrs;
  const auto emit = [&](Opcode op, const Bytes& immediate = {}) {
    instrs.push_back(join(encode(op), immediate));
  };
  const auto get = [&](uint32_t local) { emit(LocalGet, unsigned_leb(local)); };
  const auto set = [&](uint32_t local) { emit(LocalSet, unsigned_leb(local)); };
  const auto with = [&](int64_t n, Opcode op) {
    emit(I32Const, signed_leb(n));
    emit(op);
  };
  const auto add = [&](uint32_t local, int64_t n) {
    get(local);
    if (n != 0 || bits.chance(30)) with(n, I32Add);
  };
  static constexpr std::pair<Opcode, Opcode> kAccesses[] = {
      {I32Load8S, I32Store8}, {I32Load, I32Store}, {I64Load, I64Store}, {F64Load, F64Store}};
  const auto [load, store] = kAccesses[bits.below(bits.chance(60) ? 1 : 4)];
  const int64_t bytes = access_bytes(store);
  const int64_t unrolled = int64_t{1} << bits.below(3);
  const bool down = bits.chance(40);
  const bool fills = load == I32Load8S && bits.chance(30);

  // Up to 32 iterations, mostly in the first page, often near each other.
  get(count);
  with(31, I32And);
  with(1, I32Add);
  with(unrolled, I32Mul);
  set(count);
  get(to);
  with(bits.chance(90) ? 0xfff : 0xffff, I32And);
  set(to);
  if (bits.chance(50)) {
    add(to, int64_t{bits.below(80)} - 40);
  } else {
    get(from);
    with(0xfff, I32And);
  }
  set(from);

  emit(Loop, Bytes{0x40});
  for (int64_t i = 0; i < unrolled; ++i) {
    const int64_t at = (down ? -i - 1 : i) * bytes + (bits.chance(3) ? 1 : 0);
    add(to, at);
    if (fills) {
      get(from);
    } else {
      add(from, at);
      emit(load, Bytes{0, 0});
    }
    emit(store, Bytes{0, 0});
  }
  for (const uint32_t local : {to, from}) {
    if (local == from && fills) continue;
    add(local, (down ? -unrolled : unrolled) * bytes + (bits.chance(3) ? 1 : 0));
    set(local);
  }
  add(count, -unrolled);
  emit(LocalTee, unsigned_leb(count));
  emit(BrIf, Bytes{0});
  emit(End);
  return instrs;
}

}  // namespace weft::interp::testing
