// A store of the interpreter behind the public interface.
//
// Indices are addresses: of an interp::Instance, FuncInst, TableInst, MemoryInst, GlobalInst or
// TagInst. The interpreter keeps each at one address until its store dies and never frees one
// before, so they are unique and never reused, and finding what one names costs nothing. References
// are what they are in the guest: such an address for functions, and see interp/runtime/objects.h
// for the others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "api/backends/interp/settings.h"
#include "interp/core/trap.h"
#include "interp/core/value.h"
#include "interp/execute/invoke.h"
#include "interp/execute/sampling.h"
#include "interp/runtime/store.h"
#include "weft/backend.hpp"

namespace weft::backends {

class InterpStore final : public backend::Store {
 public:
  static Result<std::unique_ptr<backend::Store>> make(std::shared_ptr<const Settings> settings,
                                                      const backend::StoreInit& init);
  InterpStore(std::shared_ptr<const Settings> settings, const backend::StoreInit& init,
              std::unique_ptr<interp::Store> store);
  ~InterpStore() override;

  Result<backend::Index> instantiate(const backend::Module& module,
                                     std::span<const backend::Extern> imports) noexcept override;
  std::optional<backend::Extern> instance_export(backend::Index instance,
                                                 std::string_view name) noexcept override;
  backend::Extern instance_export_at(backend::Index instance,
                                     std::size_t position) noexcept override;
  std::shared_ptr<backend::Module> instance_module(backend::Index instance) noexcept override;
  std::optional<backend::Index> instance_memory(backend::Index instance) noexcept override;

  Result<backend::Index> func_new(const FuncType& type,
                                  std::shared_ptr<backend::HostFunc> func) noexcept override;
  const FuncType& func_type(backend::Index func) noexcept override;
  Result<void> call(backend::Index func, backend::RawVal* slots) noexcept override {
    return invoke(*at<interp::FuncInst>(func), slots);
  }
  std::uint64_t func_to_ref(backend::Index func) noexcept override { return func; }
  backend::Index func_from_ref(std::uint64_t ref) noexcept override { return ref; }

  Result<backend::Index> memory_new(const MemoryType& type) noexcept override;
  MemoryType memory_type(backend::Index memory) noexcept override;
  std::uint64_t memory_size(backend::Index memory) noexcept override;
  Result<std::uint64_t> memory_grow(backend::Index memory, std::uint64_t pages) noexcept override;
  backend::MemoryView memory_view(backend::Index memory) noexcept override;
  // shared_memory.cc
  Result<backend::Index> memory_adopt(
      const std::shared_ptr<backend::SharedMemory>& memory) noexcept override;
  std::shared_ptr<backend::SharedMemory> memory_shared(backend::Index memory) noexcept override;

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

  Result<backend::Index> tag_new(const TagType& type) noexcept override;
  TagType tag_type(backend::Index tag) noexcept override;
  Result<std::uint64_t> exception_new(backend::Index tag,
                                      const backend::RawVal* values) noexcept override;
  backend::Index exception_tag(std::uint64_t exception) noexcept override;
  void exception_values(std::uint64_t exception, backend::RawVal* values) noexcept override;
  std::uint64_t take_exception() noexcept override;

  Result<std::uint64_t> externref_new(void* object,
                                      void (*finalize)(void* object) noexcept) noexcept override;
  std::uint64_t externref_reuse(std::uint64_t ref) noexcept override;
  void* externref_object(std::uint64_t ref) noexcept override;
  bool ref_is(std::uint64_t ref, const HeapType& type) noexcept override;
  Result<void> gc() noexcept override;
  GcStats gc_stats() noexcept override;
  Result<Profile> profile() noexcept override;

  HeapType any_type(std::uint64_t ref) noexcept override;
  std::uint64_t i31_to_ref(I31 value) noexcept override;
  I31 i31_from_ref(std::uint64_t ref) noexcept override;
  Result<std::uint64_t> struct_new(const HeapType& type,
                                   const backend::RawVal* fields) noexcept override;
  backend::RawVal struct_get(std::uint64_t ref, std::size_t field) noexcept override;
  void struct_set(std::uint64_t ref, std::size_t field, backend::RawVal value) noexcept override;
  Result<std::uint64_t> array_new(const HeapType& type, std::uint32_t size,
                                  backend::RawVal init) noexcept override;
  std::uint32_t array_size(std::uint64_t ref) noexcept override;
  backend::RawVal array_get(std::uint64_t ref, std::uint32_t index) noexcept override;
  void array_set(std::uint64_t ref, std::uint32_t index, backend::RawVal value) noexcept override;
  void array_read(std::uint64_t ref, std::uint32_t index, MutableBytes to) noexcept override;
  void array_write(std::uint64_t ref, std::uint32_t index, Bytes from) noexcept override;
  Result<std::uint64_t> ref_root(std::uint64_t ref) noexcept override;
  void ref_unroot(std::uint64_t root) noexcept override;

  Result<void> set_limits(const StoreLimits& limits) noexcept override;
  Result<void> set_fuel(std::uint64_t units) noexcept override;
  Result<std::uint64_t> fuel() noexcept override;

 private:
  struct HostEntry;

  template <class T>
  static T* at(backend::Index index) {
    return reinterpret_cast<T*>(index);
  }
  static backend::Index index_of(const void* object) {
    return reinterpret_cast<backend::Index>(object);
  }

  static interp::TrapCode call_host(void* env, interp::Store& store, interp::Instance* caller,
                                    interp::Value* values);
  // Why the guest that called it stops.
  static interp::TrapCode host_failed(interp::Store& store, Error& error, void* owner);
  static void drop_host(void* env);

  Result<void> invoke(interp::FuncInst& func, backend::RawVal* slots) {
    static_assert(sizeof(backend::RawVal) == sizeof(interp::Value) &&
                  alignof(backend::RawVal) == alignof(interp::Value));
    end_host_time();
    const interp::TrapCode code =
        interp::invoke(*store_, func, reinterpret_cast<interp::Value*>(slots));
    if (code == interp::TrapCode::None) [[likely]]
      return {};
    return fail(guest_error(code));
  }
  // Why the last invocation stopped, with the guest's frames.
  Error guest_error(interp::TrapCode code);
  void add_frames(Error& error);

  // For the profiler: what it counts from now on isn't a host function's.
  void end_host_time() {
    if (state_.interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]]
      interp::take_host_sample(state_);
  }

  // What the object's type says of it.
  [[nodiscard]] const interp::ObjectLayout& layout_of(std::uint64_t ref) const;
  // Keeps what a slot refers to through a collection, or no longer.
  void hold(interp::ValType type, const backend::RawVal& value);
  void let_go(interp::ValType type, const backend::RawVal& value);

  void apply_limits(const StoreLimits& limits);
  bool allow(GrowthRequest::Kind kind, std::uint64_t most, std::uint64_t current,
             std::uint64_t wanted, std::optional<std::uint64_t> maximum);

  const std::shared_ptr<const Settings> settings_;
  const backend::StoreInit init_;
  // The public function types that were asked for. Their addresses last.
  std::unordered_map<interp::TypeId, FuncType> func_types_;
  // Dies before what is above: host functions' captures and externrefs may use the store's owner.
  const std::unique_ptr<interp::Store> store_;
  interp::StoreState& state_;
};

}  // namespace weft::backends
