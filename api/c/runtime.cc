// Engines, stores, foreign objects, traps and frames of <wasm.h>.
#include <algorithm>
#include <span>
#include <string_view>

#include "api/c/objects.h"

using weft::c::Foreign;
using weft::c::guard;
using weft::c::new_store;
using weft::c::new_trap;
using weft::c::open;

static_assert(sizeof(float32_t) == 4 && sizeof(float64_t) == 8);

void wasm_config_delete(wasm_config_t* config) { delete config; }
wasm_config_t* wasm_config_new() {
  return guard([] { return new wasm_config_t; });
}

void wasm_engine_delete(wasm_engine_t* engine) { delete engine; }
wasm_engine_t* wasm_engine_new() { return wasm_engine_new_with_config(wasm_config_new()); }
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  return guard([&]() -> wasm_engine_t* {
    const std::unique_ptr<wasm_config_t> taken(config);
    if (config == nullptr) return nullptr;
    auto engine = weft::Engine::make(std::move(config->config), std::move(config->backend));
    return engine ? new wasm_engine_t{std::move(*engine)} : nullptr;
  });
}

void wasm_store_delete(wasm_store_t* store) {
  const std::unique_ptr<wasm_store_t> taken(store);
  if (store == nullptr) return;
  // Taken out first: finalizers that run now find the store gone.
  const std::optional<weft::Store> dying = std::exchange(store->handle->store, std::nullopt);
}
wasm_store_t* wasm_store_new(wasm_engine_t* engine) {
  return guard([&]() -> wasm_store_t* {
    if (engine == nullptr) return nullptr;
    auto handle = new_store(engine->engine);
    return handle ? new wasm_store_t{std::move(*handle)} : nullptr;
  });
}

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) {
  return guard([&]() -> wasm_foreign_t* {
    if (store == nullptr) return nullptr;
    return new wasm_foreign_t(store->handle, weft::ExternRef::make<Foreign>(open(store->handle)));
  });
}

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  return guard([&]() -> wasm_trap_t* {
    if (store == nullptr) return nullptr;
    std::string_view text;
    if (message != nullptr && message->size != 0) text = {message->data, message->size};
    if (text.ends_with('\0')) text.remove_suffix(1);
    return new_trap(store->handle, weft::Error(weft::Errc::host, std::string(text))).release();
  });
}
void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) {
  if (trap == nullptr) return wasm_byte_vec_new_empty(out);
  const std::string& message = trap->data->error.message();
  wasm_byte_vec_new(out, message.size() + 1, message.c_str());
}
wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  return guard([&]() -> wasm_frame_t* {
    if (trap == nullptr || trap->data->error.frames().empty()) return nullptr;
    return new wasm_frame_t{trap->data->error.frames().front()};
  });
}
void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  if (out == nullptr) return;
  std::span<const weft::Frame> frames;
  if (trap != nullptr) frames = trap->data->error.frames();
  wasm_frame_vec_new_uninitialized(out, frames.size());
  std::transform(
      frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(out->size), out->data,
      [](const weft::Frame& frame) { return guard([&] { return new wasm_frame_t{frame}; }); });
}

void wasm_frame_delete(wasm_frame_t* frame) { delete frame; }
wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) {
  return guard([&] { return frame == nullptr ? nullptr : new wasm_frame_t(*frame); });
}
wasm_instance_t* wasm_frame_instance(const wasm_frame_t* /*frame*/) { return nullptr; }
uint32_t wasm_frame_func_index(const wasm_frame_t* frame) {
  return frame == nullptr ? 0 : frame->frame.func_index;
}
size_t wasm_frame_func_offset(const wasm_frame_t* frame) {
  return frame == nullptr ? 0 : frame->frame.func_offset;
}
size_t wasm_frame_module_offset(const wasm_frame_t* frame) {
  return frame == nullptr ? 0 : frame->frame.module_offset;
}
