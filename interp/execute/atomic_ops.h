// Sequentially consistent operations on numbers in a guest's memory. The compiler's primitives
// rather than std::atomic_ref, whose functions sanitizers would instrument.
#pragma once

namespace weft::interp::atomic_ops {

#define WEFT_ATOMIC_OP [[gnu::always_inline]] inline

template <class T>
WEFT_ATOMIC_OP T load(const T* at) {
  return __atomic_load_n(at, __ATOMIC_SEQ_CST);
}
template <class T>
WEFT_ATOMIC_OP void store(T* at, T value) {
  __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
}

// Read-modify-write: all return what was there before.
template <class T>
WEFT_ATOMIC_OP T fetch_add(T* at, T value) {
  return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);
}
template <class T>
WEFT_ATOMIC_OP T fetch_sub(T* at, T value) {
  return __atomic_fetch_sub(at, value, __ATOMIC_SEQ_CST);
}
template <class T>
WEFT_ATOMIC_OP T fetch_and(T* at, T value) {
  return __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST);
}
template <class T>
WEFT_ATOMIC_OP T fetch_or(T* at, T value) {
  return __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);
}
template <class T>
WEFT_ATOMIC_OP T fetch_xor(T* at, T value) {
  return __atomic_fetch_xor(at, value, __ATOMIC_SEQ_CST);
}
template <class T>
WEFT_ATOMIC_OP T exchange(T* at, T value) {
  return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
}
template <class T>
WEFT_ATOMIC_OP T compare_exchange(T* at, T expected, T replacement) {
  __atomic_compare_exchange_n(at, &expected, replacement, false, __ATOMIC_SEQ_CST,
                              __ATOMIC_SEQ_CST);
  return expected;
}

WEFT_ATOMIC_OP void fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#undef WEFT_ATOMIC_OP

}  // namespace weft::interp::atomic_ops
