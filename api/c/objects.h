// What is behind the opaque types of <wasm.h>: each is a C++ object of Weft's, and the store it
// belongs to.
#pragma once

#include <wasm.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

namespace weft::c {

/// What a wasm_store_t and its objects share. wasm_store_delete takes the Store out: objects that
/// are left over are stale from then on. Another thread may drop its share at any time.
struct StoreData {
  std::optional<Store> store{};
  /// For a call that finds no memory to say so with.
  std::unique_ptr<wasm_trap_t> out_of_memory{};

  StoreData();
  ~StoreData();
  StoreData(const StoreData&) = delete;
  StoreData& operator=(const StoreData&) = delete;
};
using StoreHandle = std::shared_ptr<StoreData>;

/// The store itself; an empty StoreRef, on which every operation is an error, once it was deleted.
[[nodiscard]] inline StoreRef open(const StoreHandle& handle) noexcept {
  return handle != nullptr && handle->store ? StoreRef(*handle->store) : StoreRef();
}

/// What the embedder attached to an object. Its finalizer runs once: when this is replaced or dies.
class HostInfo {
 public:
  HostInfo() = default;
  HostInfo(void* info, void (*finalizer)(void*)) noexcept : info_(info), finalizer_(finalizer) {}
  HostInfo(HostInfo&& other) noexcept
      : info_(std::exchange(other.info_, nullptr)),
        finalizer_(std::exchange(other.finalizer_, nullptr)) {}
  HostInfo& operator=(HostInfo other) noexcept {
    std::swap(info_, other.info_);
    std::swap(finalizer_, other.finalizer_);
    return *this;
  }
  ~HostInfo() {
    if (finalizer_ == nullptr) return;
    try {
      finalizer_(info_);
    } catch (...) {  // NOLINT(bugprone-empty-catch): what a finalizer throws has nowhere to go
    }
  }

  [[nodiscard]] void* get() const noexcept { return info_; }
  [[nodiscard]] auto finalizer() const noexcept -> void (*)(void*) { return finalizer_; }
  /// Gives the info up: nothing is called.
  void* release() noexcept {
    finalizer_ = nullptr;
    return std::exchange(info_, nullptr);
  }

 private:
  void* info_ = nullptr;
  void (*finalizer_)(void*) = nullptr;
};

/// Every store's extension: host infos of objects that live as long as the store, and the way from
/// a Caller back to the StoreData.
struct StoreLink {
  /// What kind of object, and its number among them.
  using Key = std::array<std::uint64_t, 2>;

  struct Entry {
    HostInfo info{};
    /// Keeps a collected object alive, whose number another one could get otherwise.
    Ref object{};
  };

  std::weak_ptr<StoreData> data{};
  std::map<Key, Entry> infos{};
};

/// The StoreData of the store that a host function runs in; null once it was deleted.
[[nodiscard]] inline StoreHandle handle_of(StoreRef store) noexcept {
  StoreLink* link = store.extension<StoreLink>();
  return link != nullptr ? link->data.lock() : nullptr;
}

/// The host object behind wasm_foreign_t.
struct Foreign {
  HostInfo info{};
};

/// Values whose references are deleted in the end. Zeros at first; up to eight need no memory.
template <class V, void (*kDelete)(V*)>
class OwnedValues {
 public:
  explicit OwnedValues(std::size_t size) : size_(size) {
    if (size > inline_.size()) heap_ = std::make_unique<V[]>(size);
  }
  OwnedValues(const OwnedValues&) = delete;
  OwnedValues& operator=(const OwnedValues&) = delete;
  ~OwnedValues() {
    for (V& value : span()) kDelete(&value);
  }

  [[nodiscard]] std::span<V> span() noexcept {
    return {heap_ ? heap_.get() : inline_.data(), size_};
  }
  /// Copies the values to where they are the embedder's.
  void release_to(V* out) noexcept {
    for (V& value : span()) *out++ = std::exchange(value, V{});
  }

 private:
  std::size_t size_;
  std::array<V, 8> inline_{};
  std::unique_ptr<V[]> heap_{};
};

/// What `work` answers; a zero of that type if memory ran out or anything else was thrown.
template <class F>
auto guard(F&& work) noexcept -> decltype(work()) {
  try {
    return std::forward<F>(work)();
  } catch (...) {
    return decltype(work())();
  }
}

}  // namespace weft::c

// NOLINTBEGIN(readability-identifier-naming): the names are <wasm.h>'s

struct wasm_config_t {
  weft::Config config{};
  std::shared_ptr<const weft::backend::Backend> backend = weft::backends::interpreter();
};

struct wasm_engine_t {
  weft::Engine engine;
};

struct wasm_store_t {
  weft::c::StoreHandle handle{};
};

/// The root of all references. Casts between them are those of C++.
struct wasm_ref_t {
  weft::c::StoreHandle store{};

  explicit wasm_ref_t(weft::c::StoreHandle owner) noexcept : store(std::move(owner)) {}
  wasm_ref_t& operator=(const wasm_ref_t&) = delete;
  virtual ~wasm_ref_t() = default;

  /// Another reference to the same object.
  [[nodiscard]] virtual std::unique_ptr<wasm_ref_t> copy() const = 0;
  [[nodiscard]] virtual bool same(const wasm_ref_t& other) const noexcept = 0;
  /// The object's host info; null if the store is gone, or if there is none and `make` is false.
  [[nodiscard]] virtual weft::c::HostInfo* host_info(bool make) const = 0;
  /// The reference as a value; Errc::type_mismatch for what guests have no references to.
  [[nodiscard]] virtual weft::Result<weft::Ref> value() const;

 protected:
  wasm_ref_t(const wasm_ref_t&) = default;
};

/// What can be imported and exported: one of the classes below.
struct wasm_extern_t : wasm_ref_t {
  weft::Extern item;

  wasm_extern_t(weft::c::StoreHandle owner, weft::Extern of) noexcept
      : wasm_ref_t(std::move(owner)), item(of) {}

  [[nodiscard]] std::unique_ptr<wasm_ref_t> copy() const override;
  [[nodiscard]] bool same(const wasm_ref_t& other) const noexcept override;
  [[nodiscard]] weft::c::HostInfo* host_info(bool make) const override;
};

struct wasm_func_t final : wasm_extern_t {
  wasm_func_t(weft::c::StoreHandle owner, weft::Func of) noexcept
      : wasm_extern_t(std::move(owner), of) {}
  [[nodiscard]] const weft::Func& func() const noexcept { return *item.get_if<weft::Func>(); }
  [[nodiscard]] weft::Result<weft::Ref> value() const override { return weft::Ref(func()); }
  /// Never null; kept, since calls need it.
  [[nodiscard]] weft::Result<std::shared_ptr<const weft::FuncType>> type() const;

 private:
  mutable std::shared_ptr<const weft::FuncType> type_{};
};

struct wasm_global_t final : wasm_extern_t {
  wasm_global_t(weft::c::StoreHandle owner, weft::Global of) noexcept
      : wasm_extern_t(std::move(owner), of) {}
  [[nodiscard]] const weft::Global& global() const noexcept { return *item.get_if<weft::Global>(); }
};

struct wasm_table_t final : wasm_extern_t {
  wasm_table_t(weft::c::StoreHandle owner, weft::Table of) noexcept
      : wasm_extern_t(std::move(owner), of) {}
  [[nodiscard]] const weft::Table& table() const noexcept { return *item.get_if<weft::Table>(); }
};

struct wasm_memory_t final : wasm_extern_t {
  wasm_memory_t(weft::c::StoreHandle owner, weft::Memory of) noexcept
      : wasm_extern_t(std::move(owner), of) {}
  [[nodiscard]] const weft::Memory& memory() const noexcept { return *item.get_if<weft::Memory>(); }
};

/// <wasm.h> has no class for tags: they are externs only.
struct wasm_tag_t final : wasm_extern_t {
  wasm_tag_t(weft::c::StoreHandle owner, weft::Tag of) noexcept
      : wasm_extern_t(std::move(owner), of) {}
  [[nodiscard]] const weft::Tag& tag() const noexcept { return *item.get_if<weft::Tag>(); }
};

struct wasm_instance_t final : wasm_ref_t {
  weft::Instance instance;

  wasm_instance_t(weft::c::StoreHandle owner, weft::Instance of) noexcept
      : wasm_ref_t(std::move(owner)), instance(of) {}

  [[nodiscard]] std::unique_ptr<wasm_ref_t> copy() const override;
  [[nodiscard]] bool same(const wasm_ref_t& other) const noexcept override;
  [[nodiscard]] weft::c::HostInfo* host_info(bool make) const override;
};

/// A host object. Its info lives in the object, and is finalized when nobody can reach that.
struct wasm_foreign_t final : wasm_ref_t {
  weft::ExternRef object;

  wasm_foreign_t(weft::c::StoreHandle owner, weft::ExternRef of) noexcept
      : wasm_ref_t(std::move(owner)), object(std::move(of)) {}

  [[nodiscard]] std::unique_ptr<wasm_ref_t> copy() const override;
  [[nodiscard]] bool same(const wasm_ref_t& other) const noexcept override;
  [[nodiscard]] weft::c::HostInfo* host_info(bool make) const override;
  [[nodiscard]] weft::Result<weft::Ref> value() const override { return weft::Ref(object); }
};

namespace weft::c {

/// A non-null reference that is neither a function nor a foreign object: a struct, an array, an
/// i31, an exception, or an externref of somebody else's.
struct ValueRef final : wasm_ref_t {
  Ref ref;

  ValueRef(StoreHandle owner, Ref of) noexcept : wasm_ref_t(std::move(owner)), ref(std::move(of)) {}

  [[nodiscard]] std::unique_ptr<wasm_ref_t> copy() const override;
  [[nodiscard]] bool same(const wasm_ref_t& other) const noexcept override;
  [[nodiscard]] HostInfo* host_info(bool make) const override;
  [[nodiscard]] weft::Result<weft::Ref> value() const override { return weft::Ref(ref); }
};

}  // namespace weft::c

/// A trap needs no store: what it says can be read when the store is gone.
struct wasm_trap_t final : wasm_ref_t {
  struct Data {
    weft::Error error;
    weft::c::HostInfo info{};
  };
  std::shared_ptr<Data> data;

  wasm_trap_t(weft::c::StoreHandle owner, weft::Error error)
      : wasm_ref_t(std::move(owner)), data(std::make_shared<Data>(std::move(error))) {}

  [[nodiscard]] std::unique_ptr<wasm_ref_t> copy() const override;
  [[nodiscard]] bool same(const wasm_ref_t& other) const noexcept override;
  [[nodiscard]] weft::c::HostInfo* host_info(bool make) const override;
};

namespace weft::c {

/// A module with its engine and its bytes, which the module refers to. Thread-safe to copy.
struct Compiled {
  Engine engine;
  Module module;
  std::shared_ptr<const std::vector<std::uint8_t>> bytes;
};

}  // namespace weft::c

/// Nor does a module.
struct wasm_module_t final : wasm_ref_t {
  struct Data {
    weft::c::Compiled compiled;
    weft::c::HostInfo info{};
  };
  std::shared_ptr<Data> data;

  wasm_module_t(weft::c::StoreHandle owner, weft::c::Compiled compiled)
      : wasm_ref_t(std::move(owner)), data(std::make_shared<Data>(std::move(compiled))) {}

  [[nodiscard]] const weft::Module& module() const noexcept { return data->compiled.module; }
  [[nodiscard]] std::unique_ptr<wasm_ref_t> copy() const override;
  [[nodiscard]] bool same(const wasm_ref_t& other) const noexcept override;
  [[nodiscard]] weft::c::HostInfo* host_info(bool make) const override;
};

struct wasm_shared_module_t {
  weft::c::Compiled compiled;
};

struct wasm_frame_t {
  weft::Frame frame;
};

// Types. What hands out pointers into a type keeps <wasm.h>'s form of that part beside Weft's.

struct wasm_valtype_t {
  weft::ValType type;
};

struct wasm_externtype_t {
  virtual ~wasm_externtype_t() = default;
  [[nodiscard]] virtual weft::ExternType type() const = 0;
};

struct wasm_functype_t final : wasm_externtype_t {
  weft::FuncType func;
  wasm_valtype_vec_t params{};
  wasm_valtype_vec_t results{};

  explicit wasm_functype_t(weft::FuncType of);
  wasm_functype_t(const wasm_functype_t& other) : wasm_functype_t(other.func) {}
  wasm_functype_t& operator=(const wasm_functype_t&) = delete;
  [[nodiscard]] weft::ExternType type() const override { return func; }

 private:
  // What params and results point into.
  std::vector<wasm_valtype_t> types_{};
  std::vector<wasm_valtype_t*> pointers_{};
};

struct wasm_globaltype_t final : wasm_externtype_t {
  weft::GlobalType global;
  wasm_valtype_t content;

  explicit wasm_globaltype_t(const weft::GlobalType& of) : global(of), content{of.content} {}
  [[nodiscard]] weft::ExternType type() const override { return global; }
};

struct wasm_tabletype_t final : wasm_externtype_t {
  weft::TableType table;
  wasm_valtype_t element;
  wasm_limits_t limits;

  explicit wasm_tabletype_t(const weft::TableType& of);
  [[nodiscard]] weft::ExternType type() const override { return table; }
};

struct wasm_memorytype_t final : wasm_externtype_t {
  weft::MemoryType memory;
  wasm_limits_t limits;

  explicit wasm_memorytype_t(const weft::MemoryType& of);
  [[nodiscard]] weft::ExternType type() const override { return memory; }
};

struct wasm_tagtype_t final : wasm_externtype_t {
  wasm_functype_t func;

  explicit wasm_tagtype_t(const weft::TagType& of) : func(of.func) {}
  [[nodiscard]] weft::ExternType type() const override { return weft::TagType{func.func}; }
};

struct wasm_importtype_t {
  std::string module;
  std::string name;
  std::unique_ptr<wasm_externtype_t> type;
  wasm_name_t module_view{module.size(), module.data()};
  wasm_name_t name_view{name.size(), name.data()};

  wasm_importtype_t(std::string in, std::string called, std::unique_ptr<wasm_externtype_t> of)
      : module(std::move(in)), name(std::move(called)), type(std::move(of)) {}
  wasm_importtype_t(const wasm_importtype_t&) = delete;
  wasm_importtype_t& operator=(const wasm_importtype_t&) = delete;
};

struct wasm_exporttype_t {
  std::string name;
  std::unique_ptr<wasm_externtype_t> type;
  wasm_name_t name_view{name.size(), name.data()};

  wasm_exporttype_t(std::string called, std::unique_ptr<wasm_externtype_t> of)
      : name(std::move(called)), type(std::move(of)) {}
  wasm_exporttype_t(const wasm_exporttype_t&) = delete;
  wasm_exporttype_t& operator=(const wasm_exporttype_t&) = delete;
};

// NOLINTEND(readability-identifier-naming)

namespace weft::c {

// Between the two worlds. What is made is the caller's; no function of these throws anything but
// std::bad_alloc.

/// What <wasm.h> has no kind for has one in <weft.h>: v128, the references of the any hierarchy,
/// exceptions.
inline constexpr wasm_valkind_t kV128 = 4;
inline constexpr wasm_valkind_t kAnyRef = 130;
inline constexpr wasm_valkind_t kExnRef = 131;
[[nodiscard]] wasm_valkind_t kind_of(const ValType& type) noexcept;
/// The nullable type of that kind; nothing for a kind that isn't there.
[[nodiscard]] std::optional<ValType> type_of(wasm_valkind_t kind) noexcept;

[[nodiscard]] wasm_externkind_t kind_of(ExternKind kind) noexcept;

/// No maximum is wasm_limits_max_default, and so is one that doesn't fit.
[[nodiscard]] wasm_limits_t to_c(const Limits& limits) noexcept;
[[nodiscard]] Limits from_c(const wasm_limits_t& limits) noexcept;

[[nodiscard]] std::unique_ptr<wasm_externtype_t> new_externtype(const ExternType& type);
[[nodiscard]] std::unique_ptr<wasm_extern_t> new_extern(const StoreHandle& store,
                                                        const Extern& item);
[[nodiscard]] std::unique_ptr<wasm_trap_t> new_trap(const StoreHandle& store, Error error);
[[nodiscard]] std::unique_ptr<wasm_trap_t> new_out_of_memory();

/// Null for a null reference.
[[nodiscard]] std::unique_ptr<wasm_ref_t> new_ref(const StoreHandle& store, const Ref& ref);
/// `type` is that of a null reference. Errc::type_mismatch for what is no value, as a memory;
/// Errc::wrong_store.
[[nodiscard]] Result<Ref> to_ref(const wasm_ref_t* ref, const ValType& type);

/// A value as one of the type. Errc::type_mismatch, Errc::wrong_store.
[[nodiscard]] Result<Val> to_val(const wasm_val_t& value, const ValType& type);
/// A v128 has the kind kV128 and no value.
[[nodiscard]] wasm_val_t new_val(const StoreHandle& store, const Val& value);

/// Makes the store and its link.
[[nodiscard]] Result<StoreHandle> new_store(const Engine& engine);

}  // namespace weft::c
