// What the tests of the C API in C++ share: objects that delete themselves, and short forms.
#pragma once

#include <gtest/gtest.h>
#include <wasm.h>

#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft::capi {

struct Delete {
  void operator()(wasm_engine_t* object) const { wasm_engine_delete(object); }
  void operator()(wasm_store_t* object) const { wasm_store_delete(object); }
  void operator()(wasm_module_t* object) const { wasm_module_delete(object); }
  void operator()(wasm_shared_module_t* object) const { wasm_shared_module_delete(object); }
  void operator()(wasm_instance_t* object) const { wasm_instance_delete(object); }
  void operator()(wasm_func_t* object) const { wasm_func_delete(object); }
  void operator()(wasm_global_t* object) const { wasm_global_delete(object); }
  void operator()(wasm_table_t* object) const { wasm_table_delete(object); }
  void operator()(wasm_memory_t* object) const { wasm_memory_delete(object); }
  void operator()(wasm_foreign_t* object) const { wasm_foreign_delete(object); }
  void operator()(wasm_trap_t* object) const { wasm_trap_delete(object); }
  void operator()(wasm_ref_t* object) const { wasm_ref_delete(object); }
  void operator()(wasm_frame_t* object) const { wasm_frame_delete(object); }
  void operator()(wasm_functype_t* object) const { wasm_functype_delete(object); }
  void operator()(wasm_globaltype_t* object) const { wasm_globaltype_delete(object); }
  void operator()(wasm_tabletype_t* object) const { wasm_tabletype_delete(object); }
  void operator()(wasm_memorytype_t* object) const { wasm_memorytype_delete(object); }
};
template <class T>
using Own = std::unique_ptr<T, Delete>;
template <class T>
Own<T> own(T* object) {
  return Own<T>(object);
}

inline wasm_val_t i32(std::int32_t value) { return WASM_I32_VAL(value); }
inline wasm_val_t ref(wasm_ref_t* value) { return WASM_REF_VAL(value); }

// The message without its NUL, which must be there.
inline std::string message(const wasm_trap_t* trap) {
  wasm_message_t text;
  wasm_trap_message(trap, &text);
  std::string out(text.data, text.size);
  wasm_byte_vec_delete(&text);
  EXPECT_TRUE(out.ends_with('\0'));
  if (!out.empty()) out.pop_back();
  return out;
}

// Exports that delete themselves.
struct Exports {
  wasm_extern_vec_t vec;

  explicit Exports(const wasm_instance_t* instance) { wasm_instance_exports(instance, &vec); }
  Exports(const Exports&) = delete;
  Exports& operator=(const Exports&) = delete;
  ~Exports() { wasm_extern_vec_delete(&vec); }
  wasm_func_t* func(std::size_t i) const { return wasm_extern_as_func(vec.data[i]); }
};

class CTest : public testing::Test {
 protected:
  static std::string bytes_of(std::string_view fixture) {
    std::ifstream file(std::string(WEFT_FIXTURES_DIR "/").append(fixture).append(".wasm"),
                       std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static wasm_byte_vec_t view(std::string& bytes) { return {bytes.size(), bytes.data()}; }

  Own<wasm_module_t> load(std::string_view fixture, wasm_store_t* in = nullptr) const {
    std::string bytes = bytes_of(fixture);
    const wasm_byte_vec_t vec = view(bytes);
    return own(wasm_module_new(in == nullptr ? store.get() : in, &vec));
  }
  Own<wasm_instance_t> make(std::string_view fixture, std::vector<wasm_extern_t*> imports = {},
                            Own<wasm_trap_t>* why = nullptr) const {
    const Own<wasm_module_t> module = load(fixture);
    const wasm_extern_vec_t vec{imports.size(), imports.data()};
    wasm_trap_t* trap = nullptr;
    Own<wasm_instance_t> instance(wasm_instance_new(store.get(), module.get(), &vec, &trap));
    const Own<wasm_trap_t> taken(trap);
    if (why != nullptr) why->reset(wasm_trap_copy(trap));
    return instance;
  }
  static Own<wasm_trap_t> call(const wasm_func_t* func, std::vector<wasm_val_t> args,
                               std::vector<wasm_val_t>& results) {
    const wasm_val_vec_t in{args.size(), args.data()};
    wasm_val_vec_t out{results.size(), results.data()};
    return own(wasm_func_call(func, &in, &out));
  }
  // A call without results.
  static Own<wasm_trap_t> call(const wasm_func_t* func, std::vector<wasm_val_t> args = {}) {
    std::vector<wasm_val_t> none;
    return call(func, std::move(args), none);
  }
  Own<wasm_func_t> host(wasm_functype_t* type, wasm_func_callback_with_env_t callback,
                        void* env = nullptr, void (*finalizer)(void*) = nullptr) const {
    const Own<wasm_functype_t> taken(type);
    return own(wasm_func_new_with_env(store.get(), type, callback, env, finalizer));
  }

  Own<wasm_engine_t> engine = own(wasm_engine_new());
  Own<wasm_store_t> store = own(wasm_store_new(engine.get()));
};

}  // namespace weft::capi
