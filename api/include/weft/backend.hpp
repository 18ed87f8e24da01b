// What an engine implements to stand behind Weft's API: Backend makes Engines, an Engine makes
// Modules and Stores, and a Store holds everything that runs. Programs that only use engines need
// none of this.
//
// Rules for implementers:
//  * Everything in a Store is named by an Index of the implementer's choosing: unique in its store
//    and kind, never reused, good until the store dies. The public layer checks that a handle
//    belongs to the store before it passes the index on, so an index received is one given out.
//  * Values cross as RawVal slots, in place: arguments in, results out, no tags. The public layer
//    has checked types and number.
//  * Nothing throws; failures are Results. A host function's Error must come out of the outermost
//    call as it went in; the implementer adds frames only. Errors with Errc::exception that
//    exception_word knows are exceptions: thrown in the guest that called the host function.
//  * A host function may do anything with its store meanwhile: call, create, grow, instantiate.
//  * What isn't implemented answers Errc::unsupported (the defaults here do) and its Capability is
//    absent.
//  * Engines and Modules are used from many threads at once, a Store from one at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/bytes.hpp"
#include "weft/config.hpp"
#include "weft/engine.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/gc.hpp"
#include "weft/module.hpp"
#include "weft/profile.hpp"
#include "weft/store.hpp"
#include "weft/types.hpp"
#include "weft/value.hpp"

namespace weft::backend {

/// An untagged value. Members narrower than the slot leave the rest unspecified. References are
/// words of the backend's own making; 0 is null in every hierarchy.
union alignas(16) RawVal {
  std::int32_t i32;
  std::uint32_t u32;
  std::int64_t i64;
  std::uint64_t u64 = 0;
  std::uint32_t f32_bits;
  std::uint64_t f64_bits;
  std::uint64_t ref;
  std::uint8_t v128[16];
};
static_assert(sizeof(RawVal) == 16);

using Index = std::uint64_t;

/// What a backend may lack.
enum class Capability : std::uint32_t {
  DirectMemory = 1u << 0,     ///< memory_view answers.
  Fuel = 1u << 1,             ///< Config::fuel.
  Interrupt = 1u << 2,        ///< StoreInit::interrupt is obeyed.
  Limits = 1u << 3,           ///< set_limits.
  LimitCallback = 1u << 4,    ///< StoreCallbacks::allow is asked.
  Backtrace = 1u << 5,        ///< Errors carry frames.
  V128 = 1u << 6,             ///< v128 can cross between host and guest.
  ExternRef = 1u << 7,        ///< externrefs can.
  Gc = 1u << 8,               ///< gc() finalises what can't be reached.
  Memory64 = 1u << 9,         ///< Memories with 64-bit addresses.
  SharedMemory = 1u << 10,    ///< Shared memories.
  Exceptions = 1u << 11,      ///< Tags and exceptions.
  CustomSections = 1u << 12,  ///< Module::custom_sections, sections and names.
  Dump = 1u << 13,            ///< Module::dump_function.
  GcObjects = 1u << 14,       ///< Structs, arrays and i31 can cross between host and guest.
  Profile = 1u << 15,         ///< Config::profile.
  CallDepth = 1u << 16,       ///< Config::max_call_depth.
};

class Capabilities {
 public:
  constexpr Capabilities() = default;
  constexpr Capabilities(std::initializer_list<Capability> list) {
    for (Capability c : list) bits_ |= static_cast<std::uint32_t>(c);
  }
  [[nodiscard]] constexpr bool has(Capability c) const {
    return (bits_ & static_cast<std::uint32_t>(c)) != 0;
  }
  constexpr Capabilities& operator|=(Capabilities more) {
    bits_ |= more.bits_;
    return *this;
  }

 private:
  std::uint32_t bits_ = 0;
};

struct Extern {
  ExternKind kind = ExternKind::Func;
  Index index = 0;
};

/// What a host function learns about its call.
struct HostCall {
  /// StoreInit::owner of the store that the call runs in.
  void* owner = nullptr;
  /// The calling instance; absent when the host itself calls.
  std::optional<Index> instance{};
};

/// A function of the host's. The public layer makes them; backends keep and call them. One object
/// may be shared by several stores. The backend drops its pointer when its store dies.
class WEFT_API HostFunc {
 public:
  virtual ~HostFunc() = default;
  /// Arguments in, results out, both from slots[0]. On failure the guest is unwound and the error
  /// comes out of the outermost call.
  virtual Result<void> call(const HostCall& call, RawVal* slots) noexcept = 0;

  HostFunc(const HostFunc&) = delete;
  HostFunc& operator=(const HostFunc&) = delete;

 protected:
  HostFunc() = default;
};

/// The exnref word of an Error with Errc::exception that a host function returned; 0 if it has none
/// or one of another store. `owner` is StoreInit::owner.
[[nodiscard]] WEFT_API std::uint64_t exception_word(const Error& error, void* owner) noexcept;

/// What a backend asks, on the thread that uses the store.
class WEFT_API StoreCallbacks {
 public:
  virtual ~StoreCallbacks() = default;
  /// Asked before each creation or growth of a memory (bytes), table (elements) or the heap of
  /// collected objects (bytes). A refused memory.grow or table.grow answers -1, a refused creation
  /// is Errc::limit, a refused object traps with "out of memory".
  virtual bool allow(const GrowthRequest& request) noexcept = 0;
  /// Asked with an interrupt request in hand, which is taken back already: whether the guest goes
  /// on nevertheless.
  virtual bool goes_on() noexcept = 0;
};

/// What a store gets from the public layer; all of it outlives the store.
struct StoreInit {
  void* owner = nullptr;
  /// When the flag is 1 the guest sets it to 0, and stops with Errc::interrupted unless
  /// StoreCallbacks::goes_on.
  /// A backend that can't poll it fills in `notify` instead.
  detail::InterruptState* interrupt = nullptr;
  StoreCallbacks* callbacks = nullptr;
};

/// A live memory's bytes. `base` may be null when `size` is 0.
struct MemoryView {
  std::uint8_t* base = nullptr;
  std::uint64_t size = 0;
  /// Whether the base stays when the memory grows.
  bool pinned = false;
};

/// A memory that several stores use, each on its own thread. Thread-safe.
class WEFT_API SharedMemory {
 public:
  virtual ~SharedMemory() = default;
  /// As declared.
  virtual const MemoryType& type() const noexcept = 0;
  virtual std::uint64_t byte_size() const noexcept = 0;
  /// Wakes up to `count` of those that wait at the address, a multiple of 4 in bounds.
  virtual std::uint32_t notify(std::uint64_t address, std::uint32_t count) noexcept = 0;

  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

 protected:
  SharedMemory() = default;
};

class Module;

class WEFT_API Store {
 public:
  virtual ~Store() = default;

  // Instances

  /// Makes an instance and runs its start function. `imports` has one entry per import of the
  /// module, in order. Errc::link names the import whose type is wrong; Errc::trap is the start
  /// function's or a segment's; whatever the guest could already reach by then stays alive.
  virtual Result<Index> instantiate(const Module& module,
                                    std::span<const Extern> imports) noexcept = 0;
  virtual std::optional<Extern> instance_export(Index instance, std::string_view name) noexcept = 0;
  /// The export at that place in Module::exports.
  virtual Extern instance_export_at(Index instance, std::size_t position) noexcept = 0;
  virtual std::shared_ptr<Module> instance_module(Index instance) noexcept = 0;
  /// The memory that pointers of this instance mean: the export "memory", otherwise memory 0,
  /// exported or not. Asked at every host call with pointer arguments: should be a load.
  virtual std::optional<Index> instance_memory(Index instance) noexcept = 0;

  // Functions

  virtual Result<Index> func_new(const FuncType& type, std::shared_ptr<HostFunc> func) noexcept = 0;
  /// Good until the store dies.
  virtual const FuncType& func_type(Index func) noexcept = 0;
  /// `slots` has room for the larger of parameters and results.
  /// If it answers Errc::exception, take_exception gives what the guest threw.
  virtual Result<void> call(Index func, RawVal* slots) noexcept = 0;
  /// The funcref word of a function, and back. Never 0.
  virtual std::uint64_t func_to_ref(Index func) noexcept = 0;
  virtual Index func_from_ref(std::uint64_t ref) noexcept = 0;

  // Memories. Sizes and addresses in bytes, growth in pages.

  virtual Result<Index> memory_new(const MemoryType& type) noexcept;
  /// limits.min is the present size.
  virtual MemoryType memory_type(Index memory) noexcept;
  virtual std::uint64_t memory_size(Index memory) noexcept;
  /// The size before, in pages; Errc::limit if it can't grow.
  virtual Result<std::uint64_t> memory_grow(Index memory, std::uint64_t pages) noexcept;
  /// Good until the memory grows. Only asked with Capability::DirectMemory.
  virtual MemoryView memory_view(Index memory) noexcept;
  /// Copies out of and into the memory. Only asked without Capability::DirectMemory; the range is
  /// checked.
  virtual Result<void> memory_read(Index memory, std::uint64_t address, MutableBytes to) noexcept;
  virtual Result<void> memory_write(Index memory, std::uint64_t address, Bytes from) noexcept;
  /// A shared memory of the same engine as a memory of this store: the same each time. The store
  /// keeps it alive.
  virtual Result<Index> memory_adopt(const std::shared_ptr<SharedMemory>& memory) noexcept;
  /// The reverse; null for a memory that isn't shared.
  virtual std::shared_ptr<SharedMemory> memory_shared(Index memory) noexcept;

  // Tables. `init` and `value` are references of the element type.

  virtual Result<Index> table_new(const TableType& type, RawVal init) noexcept;
  virtual TableType table_type(Index table) noexcept;
  virtual std::uint64_t table_size(Index table) noexcept;
  /// The size before; Errc::limit if it can't grow.
  virtual Result<std::uint64_t> table_grow(Index table, std::uint64_t count, RawVal init) noexcept;
  /// Errc::out_of_bounds.
  virtual Result<RawVal> table_get(Index table, std::uint64_t index) noexcept;
  virtual Result<void> table_set(Index table, std::uint64_t index, RawVal value) noexcept;

  // Globals. Mutability is checked by the public layer.

  virtual Result<Index> global_new(const GlobalType& type, RawVal init) noexcept;
  virtual GlobalType global_type(Index global) noexcept;
  virtual RawVal global_get(Index global) noexcept;
  virtual void global_set(Index global, RawVal value) noexcept;

  // Tags

  virtual Result<Index> tag_new(const TagType& type) noexcept;
  virtual TagType tag_type(Index tag) noexcept;

  // Exceptions. New words are good at least until the guest runs or gc is called, or an object is
  // made; so are all that the guest hands out. What must live longer is rooted.

  /// `values` has one slot per parameter of the tag's type. Errc::limit.
  virtual Result<std::uint64_t> exception_new(Index tag, const RawVal* values) noexcept;
  virtual Index exception_tag(std::uint64_t exception) noexcept;
  virtual void exception_values(std::uint64_t exception, RawVal* values) noexcept;
  /// What the call or instantiation that just failed with Errc::exception ended with, once.
  virtual std::uint64_t take_exception() noexcept;

  // Objects: words of the any hierarchy. Types, indices and the types of values are checked before.

  /// What a non-null word is: I31, the concrete type of a struct or array, or Any for an externref
  /// that was made an anyref.
  virtual HeapType any_type(std::uint64_t ref) noexcept;
  virtual std::uint64_t i31_to_ref(I31 value) noexcept;
  virtual I31 i31_from_ref(std::uint64_t ref) noexcept;
  /// extern.convert_any and any.convert_extern.
  virtual std::uint64_t any_to_extern(std::uint64_t ref) noexcept;
  virtual std::uint64_t extern_to_any(std::uint64_t ref) noexcept;
  /// `fields` has one slot per field. Errc::limit.
  virtual Result<std::uint64_t> struct_new(const HeapType& type, const RawVal* fields) noexcept;
  /// Packed fields are zero-extended.
  virtual RawVal struct_get(std::uint64_t ref, std::size_t field) noexcept;
  virtual void struct_set(std::uint64_t ref, std::size_t field, RawVal value) noexcept;
  /// Errc::limit.
  virtual Result<std::uint64_t> array_new(const HeapType& type, std::uint32_t size,
                                          RawVal init) noexcept;
  virtual std::uint32_t array_size(std::uint64_t ref) noexcept;
  virtual RawVal array_get(std::uint64_t ref, std::uint32_t index) noexcept;
  virtual void array_set(std::uint64_t ref, std::uint32_t index, RawVal value) noexcept;
  /// Whole elements from `index` on, of numbers or vectors.
  virtual void array_read(std::uint64_t ref, std::uint32_t index, MutableBytes to) noexcept;
  virtual void array_write(std::uint64_t ref, std::uint32_t index, Bytes from) noexcept;

  /// Keeps an object or exception alive until ref_unroot has been called as often. The number stays
  /// the same for one object as long as it is rooted.
  virtual Result<std::uint64_t> ref_root(std::uint64_t ref) noexcept;
  virtual void ref_unroot(std::uint64_t root) noexcept;
  /// The present word of a rooted object.
  virtual std::uint64_t ref_of_root(std::uint64_t root) noexcept;

  // References

  /// Makes an externref word for a host object. Once the guest can't reach it any more, gc calls
  /// `finalize`, and so does the store's destructor for those that are left; exactly once. Collects
  /// no garbage itself: the word is good at least until the guest runs or gc is called.
  virtual Result<std::uint64_t> externref_new(void* object,
                                              void (*finalize)(void* object) noexcept) noexcept;
  /// Asked before a word of externref_new's is used again, whose `finalize` hasn't been called.
  /// Gives the word that the object has from now on, which is as good as a new one even if the
  /// guest couldn't reach the object any more.
  virtual std::uint64_t externref_reuse(std::uint64_t ref) noexcept;
  /// The host object of an externref word; null if it isn't of externref_new's making.
  virtual void* externref_object(std::uint64_t ref) noexcept;
  /// Whether a non-null reference of the type's hierarchy is of a Concrete heap type; other types
  /// are checked before.
  virtual bool ref_is(std::uint64_t ref, const HeapType& type) noexcept;
  virtual Result<void> gc() noexcept;
  virtual GcStats gc_stats() noexcept;
  /// Only asked with Capability::Profile and Config::profile.
  virtual Result<Profile> profile() noexcept;

  // Limits and fuel

  virtual Result<void> set_limits(const StoreLimits& limits) noexcept;
  virtual Result<void> set_fuel(std::uint64_t units) noexcept;
  virtual Result<std::uint64_t> fuel() noexcept;

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

 protected:
  Store() = default;
};

/// Immutable; used from many threads. What its methods give out lives as long as the module.
class WEFT_API Module {
 public:
  virtual ~Module() = default;

  virtual std::span<const ImportType> imports() const noexcept = 0;
  virtual std::span<const ExportType> exports() const noexcept = 0;
  /// The place in exports() of that name.
  virtual std::optional<std::size_t> find_export(std::string_view name) const noexcept = 0;
  virtual std::vector<Bytes> custom_sections(std::string_view name) const;
  virtual std::vector<Section> sections() const;
  virtual std::optional<std::string_view> name() const noexcept;
  virtual std::uint32_t function_count() const noexcept = 0;
  virtual std::optional<std::string_view> function_name(std::uint32_t index) const noexcept;
  virtual Features required_features() const noexcept = 0;
  virtual Result<std::string> dump_function(std::uint32_t index) const;

  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

 protected:
  Module() = default;
};

class WEFT_API Engine {
 public:
  virtual ~Engine() = default;

  virtual Capabilities capabilities() const noexcept = 0;
  /// Decodes and validates. `owner` keeps `bytes` alive; the module holds on to it if it needs the
  /// bytes later.
  virtual Result<std::shared_ptr<Module>> make_module(
      Bytes bytes, std::shared_ptr<const void> owner) noexcept = 0;
  virtual Result<void> validate(Bytes bytes) noexcept = 0;

  // Types. Errc::type_mismatch for what can't be.

  /// The type of structs or arrays that `info` describes, of which `heap` only says which.
  virtual Result<HeapType> define_type(const detail::TypeInfo& info) noexcept;
  /// What a concrete type is.
  virtual Result<detail::TypeInfo> type_info(const HeapType& type) noexcept;
  /// Whether a concrete type is another one or a declared subtype of it. Both are the engine's.
  virtual bool is_subtype(const HeapType& sub, const HeapType& super) noexcept;

  virtual Result<std::unique_ptr<Store>> make_store(const StoreInit& init) noexcept = 0;
  /// The public layer has checked that the type is possible and shared.
  virtual Result<std::shared_ptr<SharedMemory>> make_shared_memory(const MemoryType& type) noexcept;

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

 protected:
  Engine() = default;
};

/// A kind of engine.
class WEFT_API Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const noexcept = 0;
  /// Errc::unsupported if a setting of the Config can't be honoured.
  virtual Result<std::unique_ptr<Engine>> make_engine(const Config& config) const noexcept = 0;

  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

 protected:
  Backend() = default;
};

}  // namespace weft::backend
