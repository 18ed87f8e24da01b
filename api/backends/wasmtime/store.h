// A store of Wasmtime's behind the public interface.
//
// Indices are addresses of this backend's own records, of which there is one for each function,
// memory, table and global that the host has met: it holds the C API's handle and the type. The
// words of references are the record of a function, a host object, or a marked i31.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/backends/wasmtime/engine.h"
#include "api/backends/wasmtime/module.h"
#include "weft/backend.hpp"

namespace weft::backends {

class WasmtimeStore final : public backend::Store {
 public:
  WasmtimeStore(std::shared_ptr<const WasmtimeState> engine, const backend::StoreInit& init);
  ~WasmtimeStore() override;

  // store.cc
  Result<backend::Index> instantiate(const backend::Module& module,
                                     std::span<const backend::Extern> imports) noexcept override;
  std::optional<backend::Extern> instance_export(backend::Index instance,
                                                 std::string_view name) noexcept override;
  backend::Extern instance_export_at(backend::Index instance,
                                     std::size_t position) noexcept override;
  std::shared_ptr<backend::Module> instance_module(backend::Index instance) noexcept override;
  std::optional<backend::Index> instance_memory(backend::Index instance) noexcept override;
  Result<void> set_limits(const StoreLimits& limits) noexcept override;
  Result<void> set_fuel(std::uint64_t units) noexcept override;
  Result<std::uint64_t> fuel() noexcept override;

  // host_func.cc
  Result<backend::Index> func_new(const FuncType& type,
                                  std::shared_ptr<backend::HostFunc> func) noexcept override;
  const FuncType& func_type(backend::Index func) noexcept override {
    return *at<FuncRecord>(func)->type;
  }
  Result<void> call(backend::Index func, backend::RawVal* slots) noexcept override;
  std::uint64_t func_to_ref(backend::Index func) noexcept override { return func; }
  backend::Index func_from_ref(std::uint64_t ref) noexcept override { return ref; }

  // objects.cc
  Result<backend::Index> memory_new(const MemoryType& type) noexcept override;
  MemoryType memory_type(backend::Index memory) noexcept override;
  std::uint64_t memory_size(backend::Index memory) noexcept override;
  Result<std::uint64_t> memory_grow(backend::Index memory, std::uint64_t pages) noexcept override;
  backend::MemoryView memory_view(backend::Index memory) noexcept override;
  Result<backend::Index> table_new(const TableType& type, backend::RawVal init) noexcept override;
  TableType table_type(backend::Index table) noexcept override;
  std::uint64_t table_size(backend::Index table) noexcept override;
  Result<std::uint64_t> table_grow(backend::Index table, std::uint64_t count,
                                   backend::RawVal init) noexcept override;
  Result<backend::RawVal> table_get(backend::Index table, std::uint64_t index) noexcept override;
  Result<void> table_set(backend::Index table, std::uint64_t index,
                         backend::RawVal value) noexcept override;
  Result<backend::Index> global_new(const GlobalType& type, backend::RawVal init) noexcept override;
  GlobalType global_type(backend::Index global) noexcept override;
  backend::RawVal global_get(backend::Index global) noexcept override;
  void global_set(backend::Index global, backend::RawVal value) noexcept override;

  // exceptions.cc
  Result<backend::Index> tag_new(const TagType& type) noexcept override;
  TagType tag_type(backend::Index tag) noexcept override { return at<TagRecord>(tag)->type; }
  Result<std::uint64_t> exception_new(backend::Index tag,
                                      const backend::RawVal* values) noexcept override;
  backend::Index exception_tag(std::uint64_t exception) noexcept override;
  void exception_values(std::uint64_t exception, backend::RawVal* values) noexcept override;
  std::uint64_t take_exception() noexcept override;
  Result<std::uint64_t> ref_root(std::uint64_t ref) noexcept override;
  void ref_unroot(std::uint64_t root) noexcept override;

  // references.cc
  Result<std::uint64_t> externref_new(void* object,
                                      void (*finalize)(void* object) noexcept) noexcept override;
  void* externref_object(std::uint64_t ref) noexcept override;
  Result<void> gc() noexcept override;
  HeapType any_type(std::uint64_t ref) noexcept override;
  std::uint64_t i31_to_ref(I31 value) noexcept override;
  I31 i31_from_ref(std::uint64_t ref) noexcept override;

 private:
  struct Binding;
  // What a function of the host's is made of, so that further functions of Wasmtime's can be made.
  struct HostSide {
    HostSide(std::shared_ptr<backend::HostFunc> host_func, c::FuncType* func_type,
             const WasmtimeApi* c_api)
        : func(std::move(host_func)), type(func_type), api(c_api) {}
    HostSide(const HostSide&) = delete;
    HostSide& operator=(const HostSide&) = delete;
    ~HostSide() { api->wasm_functype_delete(type); }

    std::shared_ptr<backend::HostFunc> func;
    c::FuncType* type;
    const WasmtimeApi* api;
  };

  template <class Handle, class Type>
  struct Record {
    Handle handle;
    Type type;
  };
  using MemoryRecord = Record<c::Memory, MemoryType>;
  using TableRecord = Record<c::Table, TableType>;
  using GlobalRecord = Record<c::Global, GlobalType>;
  using TagRecord = Record<c::Tag, TagType>;
  struct FuncRecord {
    c::Func handle{};
    std::uint32_t slots = 0;
    bool has_refs = false;
    // False if the type is known only in part, so that values could not be checked.
    bool callable = true;
    const FuncType* type = nullptr;
    std::unique_ptr<HostSide> host{};
  };
  struct InstanceRecord {
    std::shared_ptr<const WasmtimeModule> module;
    c::Instance handle{};
    std::size_t number = 0;  // younger instances have larger ones
    // By place in the module's exports; found when asked for.
    std::vector<std::optional<backend::Extern>> exports{};
    std::optional<backend::Index> memory{};
    // False until the start function has returned. Meanwhile, callers are asked for exports.
    bool ready = false;
    c::Caller* caller = nullptr;
  };
  // What the guest's references of one host object refer to.
  struct HostObject {
    WasmtimeStore* store;
    void* object;
    void (*finalize)(void* object) noexcept;
    std::uint32_t guest_refs = 0;
    bool is_candidate = true;  // in unreachable_
  };
  // An exception that the host has met.
  struct ExceptionRecord {
    c::GcRef ref;
    std::uint32_t roots = 0;
  };
  using Key = std::pair<std::uint64_t, std::uint64_t>;

  template <class T>
  static T* at(backend::Index index) {
    return reinterpret_cast<T*>(index);
  }
  static backend::Index index_of(const void* object) {
    return reinterpret_cast<backend::Index>(object);
  }
  [[nodiscard]] const WasmtimeApi& api() const { return *api_; }

  // store.cc
  static Key key_of(const c::Extern& item);
  ExternType type_of(const backend::Extern& item);
  static c::Extern handle_of(const backend::Extern& item);
  // The record of something whose type is known.
  backend::Extern record(const c::Extern& item, const ExternType& type);
  [[nodiscard]] Result<void> check_limits(const WasmtimeModule& module) const;
  Result<void> check_links(const WasmtimeModule& module, std::span<const backend::Extern> imports);
  bool get_export(const InstanceRecord& instance, std::string_view name, c::Extern& item);
  // Fill in InstanceRecord::exports and memory, as far as there is somebody to ask.
  void find_export(InstanceRecord& instance, std::size_t position);
  void find_memory(InstanceRecord& instance);
  void set_ready(InstanceRecord& instance, const c::Instance& handle);
  void apply_limits();
  void note_memory(const MemoryType& type);
  [[nodiscard]] Result<void> check_memory(const MemoryType& type) const;
  [[nodiscard]] Result<void> check_table(const TableType& type) const;
  [[nodiscard]] std::uint64_t most_bytes(const MemoryType& type) const;

  // host_func.cc
  static c::Trap* call_host(void* env, c::Caller* caller, backend::RawVal* slots,
                            std::size_t count) noexcept;
  Result<void> run_host(const Binding& binding, InstanceRecord* instance, c::Caller* caller,
                        backend::RawVal* slots);
  FuncRecord& func_record(const c::Func& handle, const FuncType* type);
  FuncRecord& func_record(const c::Func& handle);
  c::Func bind(const HostSide& host, const FuncType& type, InstanceRecord* instance);
  InstanceRecord* calling_instance(c::Caller* caller);

  // errors.cc
  static c::Error* on_epoch(c::Context* context, void* self, std::uint64_t* delta,
                            std::uint8_t* kind) noexcept;
  // Why a call ended: what a host function failed with, or the guest.
  Error take_error(c::Error* error, c::Trap* trap);
  Error guest_error(const c::Error* error, const c::Trap* trap, const c::Vec<c::Frame*>& frames);
  void add_frames(Error& error, const c::Vec<c::Frame*>& frames);
  std::pair<Frame, const WasmtimeModule*> frame_of(const c::Frame* from) const;
  std::size_t outer_frames();
  TrapCode exact(TrapCode code, const c::Frame* from) const;

  // exceptions.cc
  // Takes the reference.
  std::uint64_t exception_word(c::GcRef ref);
  c::Trap* throw_exception(std::uint64_t exception);
  // Forgets exceptions without roots.
  void release_exceptions();

  // references.cc
  Result<void> collect();
  static void drop_guest_ref(void* object);
  Result<c::Val> to_val(const ValType& type, const backend::RawVal& raw);
  backend::RawVal from_val(c::Val& val);
  std::uint64_t extern_word(const c::GcRef& ref);
  std::uint64_t any_word(const c::GcRef& ref);
  Result<c::GcRef> new_externref(HostObject& object);
  Result<void> lower(std::span<const ValType> types, backend::RawVal* slots);
  void lift(std::span<const ValType> types, backend::RawVal* slots);
  void sweep();

  const std::shared_ptr<const WasmtimeState> engine_;
  const WasmtimeApi* const api_;
  const backend::StoreInit init_;
  c::Store* store_;
  c::Context* context_;
  StoreLimits limits_{};
  std::uint64_t instances_ = 0;
  std::uint64_t memories_ = 0;
  std::uint64_t tables_ = 0;
  bool has_wide_memory_ = false;
  // Calls into the guest that haven't returned.
  std::uint32_t depth_ = 0;
  // What a host function failed with, until the call around it has ended.
  std::optional<Error> failure_{};

  std::unordered_map<void*, FuncRecord> funcs_{};
  std::map<Key, MemoryRecord> memory_records_{};
  std::map<Key, TableRecord> table_records_{};
  std::map<Key, GlobalRecord> global_records_{};
  std::map<Key, TagRecord> tag_records_{};
  std::deque<FuncType> func_types_{};
  std::vector<std::shared_ptr<backend::HostFunc>> host_funcs_{};  // as they were made
  std::deque<InstanceRecord> instance_records_{};
  // Instances by something that they export and only they have, and those exports' names.
  std::map<Key, InstanceRecord*> owners_{};
  std::vector<const WasmtimeModule*> modules_{};
  std::vector<InstanceRecord*> starting_{};  // innermost last

  std::unordered_set<HostObject*> objects_{};
  std::vector<HostObject*> unreachable_{};
  std::size_t next_gc_ = 4096;
  std::vector<std::unique_ptr<ExceptionRecord>> exceptions_{};
  std::optional<c::GcRef> thrown_{};
  std::optional<c::Func> failing_{};
};

}  // namespace weft::backends
