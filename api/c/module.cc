// Modules and instances of <wasm.h>.
#include <bit>
#include <cstring>
#include <span>

#include "api/c/objects.h"

using weft::c::guard;
using weft::c::new_extern;
using weft::c::new_externtype;
using weft::c::new_trap;
using weft::c::open;
using weft::c::StoreHandle;

namespace {

using Bytes = std::vector<std::uint8_t>;

weft::Bytes view(const wasm_byte_vec_t& vec) {
  return {reinterpret_cast<const std::uint8_t*>(vec.data), vec.size};
}

wasm_module_t* compile(const StoreHandle& store, weft::Bytes bytes) {
  weft::Result<weft::Engine> engine = open(store).engine();
  if (!engine) return nullptr;
  auto owned = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  weft::Result<weft::Module> module = weft::Module::from_borrowed(*engine, *owned, owned);
  if (!module) return nullptr;
  return new wasm_module_t(store, {std::move(*engine), std::move(*module), std::move(owned)});
}

// What wasm_module_serialize writes before the module's bytes, all little-endian.
struct Header {
  std::array<char, 8> magic{'\0', 'w', 'e', 'f', 't', 'm', 'o', 'd'};
  std::uint64_t version = 1;
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;
};
static_assert(std::endian::native == std::endian::little);

// FNV-1a. Against damage, not against malice: the module is validated anyway.
std::uint64_t checksum(weft::Bytes bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

// The lists of imports and exports.
template <class Vec, class Types, class Make>
void fill(Vec* out, const Types& types, Make make_one) {
  for (std::size_t i = 0; i < out->size; ++i) {
    out->data[i] = guard([&] { return make_one(types[i]); });
  }
}

}  // namespace

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return guard([&]() -> wasm_module_t* {
    if (store == nullptr || binary == nullptr) return nullptr;
    return compile(store->handle, view(*binary));
  });
}

bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return guard([&] {
    if (store == nullptr || binary == nullptr) return false;
    weft::Result<weft::Engine> engine = open(store->handle).engine();
    return engine && weft::Module::validate(*engine, view(*binary));
  });
}

void wasm_module_imports(const wasm_module_t* module, wasm_importtype_vec_t* out) {
  if (module == nullptr) return wasm_importtype_vec_new_empty(out);
  if (out == nullptr) return;
  const auto imports = module->module().imports();
  wasm_importtype_vec_new_uninitialized(out, imports.size());
  fill(out, imports, [](const weft::ImportType& import) {
    return new wasm_importtype_t(import.module, import.name, new_externtype(import.type));
  });
}

void wasm_module_exports(const wasm_module_t* module, wasm_exporttype_vec_t* out) {
  if (module == nullptr) return wasm_exporttype_vec_new_empty(out);
  if (out == nullptr) return;
  const auto exports = module->module().exports();
  wasm_exporttype_vec_new_uninitialized(out, exports.size());
  fill(out, exports, [](const weft::ExportType& item) {
    return new wasm_exporttype_t(item.name, new_externtype(item.type));
  });
}

void wasm_module_serialize(const wasm_module_t* module, wasm_byte_vec_t* out) {
  if (module == nullptr || module->data->compiled.bytes == nullptr) {
    return wasm_byte_vec_new_empty(out);
  }
  if (out == nullptr) return;
  const Bytes& bytes = *module->data->compiled.bytes;
  const Header header{.size = bytes.size(), .checksum = checksum(bytes)};
  wasm_byte_vec_new_uninitialized(out, sizeof header + bytes.size());
  if (out->data == nullptr) return;
  std::memcpy(out->data, &header, sizeof header);
  std::memcpy(out->data + sizeof header, bytes.data(), bytes.size());
}

wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* serialized) {
  return guard([&]() -> wasm_module_t* {
    Header header;
    if (store == nullptr || serialized == nullptr || serialized->size < sizeof header) {
      return nullptr;
    }
    std::memcpy(&header, serialized->data, sizeof header);
    const weft::Bytes bytes(reinterpret_cast<const std::uint8_t*>(serialized->data) + sizeof header,
                            serialized->size - sizeof header);
    if (header.magic != Header().magic || header.version != Header().version ||
        header.size != bytes.size() || header.checksum != checksum(bytes)) {
      return nullptr;
    }
    return compile(store->handle, bytes);
  });
}

void wasm_shared_module_delete(wasm_shared_module_t* shared) { delete shared; }

wasm_shared_module_t* wasm_module_share(const wasm_module_t* module) {
  return guard([&] {
    return module == nullptr ? nullptr : new wasm_shared_module_t{module->data->compiled};
  });
}

wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  return guard([&]() -> wasm_module_t* {
    if (store == nullptr || shared == nullptr) return nullptr;
    weft::Result<weft::Engine> engine = open(store->handle).engine();
    if (!engine || *engine != shared->compiled.engine) return nullptr;
    return new wasm_module_t(store->handle, shared->compiled);
  });
}

namespace {

weft::Result<weft::Instance> instantiate(const wasm_store_t& store, const wasm_module_t& module,
                                         const wasm_extern_vec_t* imports) {
  std::vector<weft::Extern> items;
  for (std::size_t i = 0; imports != nullptr && i < imports->size; ++i) {
    if (imports->data[i] == nullptr) {
      return weft::fail(weft::Errc::link, "import " + std::to_string(i) + " is NULL");
    }
    items.push_back(imports->data[i]->item);
  }
  return weft::Instance::create(open(store.handle), module.module(), items);
}

}  // namespace

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module,
                                   const wasm_extern_vec_t* imports, wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  return guard([&]() -> wasm_instance_t* {
    if (store == nullptr || module == nullptr) return nullptr;
    // A start function may delete the store.
    const StoreHandle handle = store->handle;
    weft::Result<weft::Instance> instance = instantiate(*store, *module, imports);
    if (instance) return new wasm_instance_t(handle, *instance);
    if (trap != nullptr) *trap = new_trap(handle, std::move(instance).error()).release();
    return nullptr;
  });
}

void wasm_instance_exports(const wasm_instance_t* instance, wasm_extern_vec_t* out) {
  wasm_extern_vec_new_empty(out);
  if (instance == nullptr || out == nullptr) return;
  guard([&] {
    const auto exports = instance->instance.exports(open(instance->store));
    if (!exports) return;
    wasm_extern_vec_new_uninitialized(out, exports->size());
    fill(out, *exports, [&](const weft::Export& item) {
      return new_extern(instance->store, item.item).release();
    });
  });
}
