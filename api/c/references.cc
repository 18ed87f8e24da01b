// What all references of <wasm.h> have: delete, copy, same, host infos, casts.
#include "api/c/objects.h"

using weft::c::guard;
using weft::c::HostInfo;

namespace {

template <class T>
T* copy(const T* ref) noexcept {
  return guard([&] { return ref == nullptr ? nullptr : static_cast<T*>(ref->copy().release()); });
}

bool same(const wasm_ref_t* a, const wasm_ref_t* b) noexcept {
  return a != nullptr && b != nullptr && a->same(*b);
}

void* get_info(const wasm_ref_t* ref) noexcept {
  return guard([&]() -> void* {
    const HostInfo* info = ref == nullptr ? nullptr : ref->host_info(false);
    return info == nullptr ? nullptr : info->get();
  });
}

void set_info(const wasm_ref_t* ref, HostInfo info) noexcept {
  guard([&] {
    HostInfo* place = ref == nullptr ? nullptr : ref->host_info(true);
    if (place != nullptr) *place = std::move(info);
  });
}

}  // namespace

#define WEFT_C_REF_BASE(name)                                                             \
  void wasm_##name##_delete(wasm_##name##_t* ref) { delete ref; }                         \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* ref) { return copy(ref); }   \
  bool wasm_##name##_same(const wasm_##name##_t* a, const wasm_##name##_t* b) {           \
    return same(a, b);                                                                    \
  }                                                                                       \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* ref) { return get_info(ref); } \
  void wasm_##name##_set_host_info(wasm_##name##_t* ref, void* info) {                    \
    set_info(ref, HostInfo(info, nullptr));                                               \
  }                                                                                       \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* ref, void* info,       \
                                                  void (*finalizer)(void*)) {             \
    set_info(ref, HostInfo(info, finalizer));                                             \
  }
#define WEFT_C_CASTS(name, base)                                                       \
  wasm_##base##_t* wasm_##name##_as_##base(wasm_##name##_t* ref) { return ref; }       \
  const wasm_##base##_t* wasm_##name##_as_##base##_const(const wasm_##name##_t* ref) { \
    return ref;                                                                        \
  }                                                                                    \
  wasm_##name##_t* wasm_##base##_as_##name(wasm_##base##_t* ref) {                     \
    return dynamic_cast<wasm_##name##_t*>(ref);                                        \
  }                                                                                    \
  const wasm_##name##_t* wasm_##base##_as_##name##_const(const wasm_##base##_t* ref) { \
    return dynamic_cast<const wasm_##name##_t*>(ref);                                  \
  }
#define WEFT_C_REF(name) WEFT_C_REF_BASE(name) WEFT_C_CASTS(name, ref)
#define WEFT_C_EXTERN(name) WEFT_C_REF(name) WEFT_C_CASTS(name, extern)

WEFT_C_REF_BASE(ref)
WEFT_C_REF(trap)
WEFT_C_REF(foreign)
WEFT_C_REF(module)
WEFT_C_REF(instance)
WEFT_C_REF(extern)
WEFT_C_EXTERN(func)
WEFT_C_EXTERN(global)
WEFT_C_EXTERN(table)
WEFT_C_EXTERN(memory)

void wasm_val_delete(wasm_val_t* value) {
  if (value == nullptr || !wasm_valkind_is_ref(value->kind)) return;
  wasm_ref_delete(std::exchange(value->of.ref, nullptr));
}
void wasm_val_copy(wasm_val_t* out, const wasm_val_t* value) {
  if (out == nullptr || value == nullptr) return;
  *out = *value;
  if (wasm_valkind_is_ref(value->kind)) out->of.ref = wasm_ref_copy(value->of.ref);
}
