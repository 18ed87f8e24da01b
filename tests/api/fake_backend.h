// A backend whose "modules" are C++ descriptions, for tests of the public layer alone: what a guest
// does is a C++ function, so that every path between host and guest can be taken without an engine.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/backend.hpp"
#include "weft/types.hpp"

namespace weft::fake {

using backend::Capabilities;
using backend::Capability;
using backend::Index;
using backend::RawVal;

class FakeStore;

/// What a guest function does: slots in, slots out, as the backend interface has it.
using Body = std::function<Result<void>(FakeStore& store, Index instance, RawVal* slots)>;

/// A module: exported functions have bodies, exported memories, tables and globals are made fresh,
/// and an export without a body whose name is an import's field name re-exports that import.
struct ModuleSpec {
  std::vector<ImportType> imports{};
  std::vector<ExportType> exports{};
  std::map<std::string, Body> bodies{};
  Body start{};
  std::string name{};
};

inline constexpr Capabilities kAll{
    Capability::DirectMemory, Capability::Fuel,          Capability::Interrupt,
    Capability::Limits,       Capability::LimitCallback, Capability::Backtrace,
    Capability::V128,         Capability::ExternRef,     Capability::Gc,
    Capability::Exceptions,   Capability::GcObjects};

/// As a browser's engine: memory can be copied out of and into, no more.
inline constexpr Capabilities kRemote{Capability::V128, Capability::ExternRef};

class FakeModule final : public backend::Module {
 public:
  explicit FakeModule(const ModuleSpec& spec) : spec_(&spec) {}

  std::span<const ImportType> imports() const noexcept override { return spec_->imports; }
  std::span<const ExportType> exports() const noexcept override { return spec_->exports; }
  std::optional<std::size_t> find_export(std::string_view name) const noexcept override {
    for (std::size_t i = 0; i < spec_->exports.size(); ++i) {
      if (spec_->exports[i].name == name) return i;
    }
    return std::nullopt;
  }
  std::optional<std::string_view> name() const noexcept override { return spec_->name; }
  std::uint32_t function_count() const noexcept override { return 0; }
  Features required_features() const noexcept override { return Features::none(); }

  [[nodiscard]] const ModuleSpec& spec() const { return *spec_; }

 private:
  const ModuleSpec* spec_;
};

/// An engine's types: a concrete type's number is its place here.
using FakeTypes = std::vector<detail::TypeInfo>;

/// How many roots of objects and exceptions each store of the process has, by its owner.
inline std::map<void*, std::map<std::uint64_t, int>>& fake_roots() {
  static std::map<void*, std::map<std::uint64_t, int>> roots;
  return roots;
}

class FakeStore final : public backend::Store {
 public:
  FakeStore(Capabilities capabilities, const backend::StoreInit& init, const FakeTypes& types)
      : capabilities_(capabilities), init_(init), types_(types) {
    fake_roots()[init_.owner].clear();
  }
  ~FakeStore() override {
    funcs_.clear();
    for (Object& object : objects_) finish(object);
  }

  Result<Index> instantiate(const backend::Module& module,
                            std::span<const backend::Extern> imports) noexcept override {
    if (instances_.size() >= limits_.instances) return fail(Errc::limit, "too many instances");
    const auto& fake = static_cast<const FakeModule&>(module);
    const ModuleSpec& spec = fake.spec();
    const Index index = instances_.size();
    instances_.push_back(
        {std::make_shared<FakeModule>(spec), {imports.begin(), imports.end()}, {}, std::nullopt});
    for (const ExportType& type : spec.exports) {
      Result<backend::Extern> item = make_export(index, type);
      if (!item) return std::unexpected<Error>(std::move(item).error());
      instances_[index].exports.push_back(*item);
      if (item->kind == ExternKind::Memory) instances_[index].memory = item->index;
    }
    if (spec.start) {
      RawVal none;
      if (auto done = spec.start(*this, index, &none); !done) {
        return std::unexpected<Error>(std::move(done).error());
      }
    }
    return index;
  }
  std::optional<backend::Extern> instance_export(Index instance,
                                                 std::string_view name) noexcept override {
    const auto place = instances_[instance].module->find_export(name);
    if (!place) return std::nullopt;
    return instances_[instance].exports[*place];
  }
  backend::Extern instance_export_at(Index instance, std::size_t position) noexcept override {
    return instances_[instance].exports[position];
  }
  std::shared_ptr<backend::Module> instance_module(Index instance) noexcept override {
    return instances_[instance].module;
  }
  std::optional<Index> instance_memory(Index instance) noexcept override {
    return instances_[instance].memory;
  }

  Result<Index> func_new(const FuncType& type,
                         std::shared_ptr<backend::HostFunc> func) noexcept override {
    funcs_.push_back({type, std::move(func), {}, 0});
    return funcs_.size() - 1;
  }
  const FuncType& func_type(Index func) noexcept override { return funcs_[func].type; }
  Result<void> call(Index func, RawVal* slots) noexcept override {
    return call_from(std::nullopt, func, slots);
  }
  std::uint64_t func_to_ref(Index func) noexcept override { return func + 1; }
  Index func_from_ref(std::uint64_t ref) noexcept override { return ref - 1; }

  Result<Index> memory_new(const MemoryType& type) noexcept override {
    const std::uint64_t bytes = type.limits.min * type.page_size();
    if (memories_.size() >= limits_.memories || !may_grow(GrowthRequest::Kind::Memory, 0, bytes)) {
      return fail(Errc::limit, "no more memory");
    }
    memories_.push_back({type, std::vector<std::uint8_t>(bytes)});
    return memories_.size() - 1;
  }
  MemoryType memory_type(Index memory) noexcept override {
    MemoryType type = memories_[memory].type;
    type.limits.min = memories_[memory].bytes.size() / type.page_size();
    return type;
  }
  std::uint64_t memory_size(Index memory) noexcept override {
    return memories_[memory].bytes.size();
  }
  Result<std::uint64_t> memory_grow(Index memory, std::uint64_t pages) noexcept override {
    const MemoryType type = memory_type(memory);
    const std::uint64_t now = type.limits.min;
    if (pages > type.limits.max.value_or(65536) - now ||
        !may_grow(GrowthRequest::Kind::Memory, now * type.page_size(),
                  (now + pages) * type.page_size())) {
      return fail(Errc::limit, "the memory can't grow");
    }
    memories_[memory].bytes.resize((now + pages) * type.page_size());
    return now;
  }
  backend::MemoryView memory_view(Index memory) noexcept override {
    if (!capabilities_.has(Capability::DirectMemory)) std::abort();  // must not be asked
    std::vector<std::uint8_t>& bytes = memories_[memory].bytes;
    return {bytes.data(), bytes.size()};
  }
  Result<void> memory_read(Index memory, std::uint64_t address, MutableBytes to) noexcept override {
    std::memcpy(to.data(), memories_[memory].bytes.data() + address, to.size());
    return {};
  }
  Result<void> memory_write(Index memory, std::uint64_t address, Bytes from) noexcept override {
    std::memcpy(memories_[memory].bytes.data() + address, from.data(), from.size());
    return {};
  }

  Result<Index> table_new(const TableType& type, RawVal init) noexcept override {
    tables_.push_back({type, std::vector<RawVal>(type.limits.min, init)});
    return tables_.size() - 1;
  }
  TableType table_type(Index table) noexcept override {
    TableType type = tables_[table].type;
    type.limits.min = tables_[table].elements.size();
    return type;
  }
  std::uint64_t table_size(Index table) noexcept override { return tables_[table].elements.size(); }
  Result<std::uint64_t> table_grow(Index table, std::uint64_t count,
                                   RawVal init) noexcept override {
    std::vector<RawVal>& elements = tables_[table].elements;
    const std::uint64_t now = elements.size();
    if (count > tables_[table].type.limits.max.value_or(1000) - now) {
      return fail(Errc::limit, "the table can't grow");
    }
    elements.resize(now + count, init);
    return now;
  }
  Result<RawVal> table_get(Index table, std::uint64_t index) noexcept override {
    if (index >= tables_[table].elements.size()) return fail(Errc::out_of_bounds, "no element");
    return tables_[table].elements[index];
  }
  Result<void> table_set(Index table, std::uint64_t index, RawVal value) noexcept override {
    if (index >= tables_[table].elements.size()) return fail(Errc::out_of_bounds, "no element");
    tables_[table].elements[index] = value;
    return {};
  }

  Result<Index> global_new(const GlobalType& type, RawVal init) noexcept override {
    globals_.push_back({type, init});
    return globals_.size() - 1;
  }
  GlobalType global_type(Index global) noexcept override { return globals_[global].type; }
  RawVal global_get(Index global) noexcept override { return globals_[global].value; }
  void global_set(Index global, RawVal value) noexcept override { globals_[global].value = value; }

  Result<std::uint64_t> externref_new(void* object,
                                      void (*finalize)(void*) noexcept) noexcept override {
    objects_.push_back({object, finalize});
    return objects_.size();
  }
  void* externref_object(std::uint64_t ref) noexcept override {
    return (ref & kGuests) != 0 ? nullptr : objects_[ref - 1].object;
  }
  // Words of the any hierarchy end in 01 for an i31, 10 for a host object and 00 for an object of
  // the guest's; those of the extern hierarchy are a host object's number, or have the highest bit.

  HeapType any_type(std::uint64_t ref) noexcept override {
    if ((ref & 3) == 1) return HeapKind::I31;
    return (ref & 3) == 2 ? HeapType(HeapKind::Any) : things_[ref >> 2].type;
  }
  std::uint64_t i31_to_ref(I31 value) noexcept override {
    return std::uint64_t{value.unsigned_value()} << 2 | 1;
  }
  I31 i31_from_ref(std::uint64_t ref) noexcept override {
    return I31(static_cast<std::int32_t>(ref >> 2));
  }
  std::uint64_t any_to_extern(std::uint64_t ref) noexcept override {
    return (ref & 3) == 2 ? ref >> 2 : ref | kGuests;
  }
  std::uint64_t extern_to_any(std::uint64_t ref) noexcept override {
    return (ref & kGuests) != 0 ? ref & ~kGuests : ref << 2 | 2;
  }
  Result<std::uint64_t> struct_new(const HeapType& type, const RawVal* fields) noexcept override {
    things_.push_back({type, {fields, fields + types_[type.index].fields.size()}});
    return (things_.size() - 1) << 2;
  }
  RawVal struct_get(std::uint64_t ref, std::size_t field) noexcept override {
    return unpacked(things_[ref >> 2], field, field);
  }
  void struct_set(std::uint64_t ref, std::size_t field, RawVal value) noexcept override {
    things_[ref >> 2].values[field] = value;
  }
  Result<std::uint64_t> array_new(const HeapType& type, std::uint32_t size,
                                  RawVal init) noexcept override {
    if (size > limits_.gc_heap_bytes / sizeof(RawVal)) return fail(Errc::limit, "no more memory");
    things_.push_back({type, std::vector<RawVal>(size, init)});
    return (things_.size() - 1) << 2;
  }
  std::uint32_t array_size(std::uint64_t ref) noexcept override {
    return static_cast<std::uint32_t>(things_[ref >> 2].values.size());
  }
  RawVal array_get(std::uint64_t ref, std::uint32_t index) noexcept override {
    return unpacked(things_[ref >> 2], 0, index);
  }
  void array_set(std::uint64_t ref, std::uint32_t index, RawVal value) noexcept override {
    things_[ref >> 2].values[index] = value;
  }
  void array_read(std::uint64_t ref, std::uint32_t index, MutableBytes to) noexcept override {
    const std::size_t bytes = element_bytes(ref);
    for (std::size_t at = 0; at < to.size(); at += bytes) {
      std::memcpy(to.data() + at, things_[ref >> 2].values[index++].v128, bytes);
    }
  }
  void array_write(std::uint64_t ref, std::uint32_t index, Bytes from) noexcept override {
    const std::size_t bytes = element_bytes(ref);
    for (std::size_t at = 0; at < from.size(); at += bytes) {
      std::memcpy(things_[ref >> 2].values[index++].v128, from.data() + at, bytes);
    }
  }
  bool ref_is(std::uint64_t ref, const HeapType& type) noexcept override {
    return (ref & 3) == 0 && (ref & kGuests) == 0 && things_[ref >> 2].type == type;
  }
  Result<std::uint64_t> ref_root(std::uint64_t ref) noexcept override {
    ++fake_roots()[init_.owner][ref];
    return ref;
  }
  void ref_unroot(std::uint64_t root) noexcept override {
    std::map<std::uint64_t, int>& roots = fake_roots()[init_.owner];
    if (--roots.at(root) == 0) roots.erase(root);
  }

  // Exceptions are objects whose type's number is their tag's.

  Result<Index> tag_new(const TagType& type) noexcept override {
    tags_.push_back(type);
    return tags_.size() - 1;
  }
  TagType tag_type(Index tag) noexcept override { return tags_[tag]; }
  Result<std::uint64_t> exception_new(Index tag, const RawVal* values) noexcept override {
    things_.push_back({HeapType::concrete(static_cast<std::uint32_t>(tag), HeapKind::Exn),
                       {values, values + tags_[tag].func.params().size()}});
    return (things_.size() - 1) << 2;
  }
  Index exception_tag(std::uint64_t exception) noexcept override {
    return things_[exception >> 2].type.index;
  }
  void exception_values(std::uint64_t exception, RawVal* values) noexcept override {
    const std::vector<RawVal>& from = things_[exception >> 2].values;
    std::copy(from.begin(), from.end(), values);
  }
  std::uint64_t take_exception() noexcept override { return std::exchange(thrown_, 0); }
  /// What a guest's throw is.
  Error thrown(std::uint64_t exception) {
    thrown_ = exception;
    return Error::from_exnref({});
  }
  /// The exception that a call of the host's ended with, or 0.
  [[nodiscard]] std::uint64_t caught(const Error& error) const {
    return backend::exception_word(error, init_.owner);
  }

  GcStats gc_stats() noexcept override { return {.heap_bytes = things_.size()}; }
  /// Roots are the globals and tables of externrefs.
  Result<void> gc() noexcept override {
    std::vector<bool> live(objects_.size() + 1);
    for (const Global& global : globals_) {
      if (global.type.content == ValType::ExternRef) live[global.value.ref] = true;
    }
    for (const Table& table : tables_) {
      if (table.type.element != ValType::ExternRef) continue;
      for (const RawVal& element : table.elements) live[element.ref] = true;
    }
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      if (!live[i + 1]) finish(objects_[i]);
    }
    return {};
  }

  Result<void> set_limits(const StoreLimits& limits) noexcept override {
    limits_ = limits;
    return {};
  }
  Result<void> set_fuel(std::uint64_t units) noexcept override {
    fuel_ = units;
    return {};
  }
  Result<std::uint64_t> fuel() noexcept override { return fuel_; }

  // For bodies of guest functions.

  /// A call by an instance, or by the host if there is none. Errors get a frame per guest function.
  Result<void> call_from(std::optional<Index> caller, Index func, RawVal* slots) noexcept {
    Function& target = funcs_[func];
    if (target.host) {
      // Kept while it runs, as the store could die in the call.
      const std::shared_ptr<backend::HostFunc> host = target.host;
      return host->call({init_.owner, caller}, slots);
    }
    Result<void> done = target.body(*this, target.instance, slots);
    if (!done) {
      Frame frame;
      frame.func_index = static_cast<std::uint32_t>(func);
      frame.func_name = target.name;
      done.error().add_frame(std::move(frame));
    }
    return done;
  }
  Result<void> call_import(Index instance, std::size_t import, RawVal* slots) noexcept {
    return call_from(instance, instances_[instance].imports[import].index, slots);
  }
  [[nodiscard]] std::vector<std::uint8_t>& memory_of(Index instance) {
    return memories_[*instances_[instance].memory].bytes;
  }
  /// What a loop head does.
  Result<void> poll() {
    if (init_.interrupt->flag.exchange(0) != 0) return fail(Errc::interrupted, "interrupted");
    return {};
  }

 private:
  struct Instance {
    std::shared_ptr<FakeModule> module;
    std::vector<backend::Extern> imports;
    std::vector<backend::Extern> exports;
    std::optional<Index> memory;
  };
  struct Function {
    FuncType type;
    std::shared_ptr<backend::HostFunc> host;
    Body body;
    Index instance;
    std::string name{};
  };
  struct Memory {
    MemoryType type;
    std::vector<std::uint8_t> bytes;
  };
  struct Table {
    TableType type;
    std::vector<RawVal> elements;
  };
  struct Global {
    GlobalType type;
    RawVal value;
  };
  struct Object {
    void* object;
    void (*finalize)(void*) noexcept;
  };

  /// What a guest allocates; never freed.
  struct Thing {
    HeapType type;
    std::vector<RawVal> values;
  };
  static constexpr std::uint64_t kGuests = std::uint64_t{1} << 63;

  [[nodiscard]] std::size_t element_bytes(std::uint64_t ref) const {
    return types_[things_[ref >> 2].type.index].fields[0].storage.number_bytes();
  }
  [[nodiscard]] RawVal unpacked(const Thing& thing, std::size_t field, std::size_t place) const {
    RawVal value = thing.values[place];
    const unsigned bytes = types_[thing.type.index].fields[field].storage.packed_bytes();
    if (bytes != 0) value.u64 = value.u32 & ((1u << 8 * bytes) - 1);
    return value;
  }

  static void finish(Object& object) {
    if (object.object != nullptr) object.finalize(std::exchange(object.object, nullptr));
  }

  bool may_grow(GrowthRequest::Kind kind, std::uint64_t now, std::uint64_t then) {
    if (then > limits_.memory_bytes) return false;
    return init_.callbacks->allow({kind, now, then, std::nullopt});
  }

  Result<backend::Extern> make_export(Index instance, const ExportType& type) {
    const ExternKind kind = kind_of(type.type);
    const ModuleSpec& spec = instances_[instance].module->spec();
    for (std::size_t i = 0; i < spec.imports.size(); ++i) {
      if (spec.imports[i].name == type.name) return instances_[instance].imports[i];
    }
    Result<Index> index = 0;
    if (const auto* func = std::get_if<FuncType>(&type.type)) {
      funcs_.push_back({*func, nullptr, spec.bodies.at(type.name), instance, type.name});
      index = funcs_.size() - 1;
    } else if (const auto* memory = std::get_if<MemoryType>(&type.type)) {
      index = memory_new(*memory);
    } else if (const auto* table = std::get_if<TableType>(&type.type)) {
      index = table_new(*table, {});
    } else if (const auto* global = std::get_if<GlobalType>(&type.type)) {
      index = global_new(*global, {});
    } else if (const auto* tag = std::get_if<TagType>(&type.type)) {
      index = tag_new(*tag);
    }
    if (!index) return std::unexpected<Error>(std::move(index).error());
    return backend::Extern{kind, *index};
  }

  Capabilities capabilities_;
  backend::StoreInit init_;
  StoreLimits limits_{};
  std::uint64_t fuel_ = 0;
  std::deque<Instance> instances_{};
  std::deque<Function> funcs_{};
  std::deque<Memory> memories_{};
  std::deque<Table> tables_{};
  std::deque<Global> globals_{};
  std::deque<Object> objects_{};
  const FakeTypes& types_;
  std::deque<TagType> tags_{};
  std::deque<Thing> things_{1};  // word 0 is null
  std::uint64_t thrown_ = 0;
};

class FakeBackend final : public backend::Backend {
 public:
  explicit FakeBackend(Capabilities capabilities = kAll) : capabilities_(capabilities) {}

  /// A module's bytes are its name here.
  void add(std::string name, ModuleSpec spec) {
    spec.name = name;
    modules_[std::move(name)] = std::move(spec);
  }

  std::string_view name() const noexcept override { return "fake"; }
  Result<std::unique_ptr<backend::Engine>> make_engine(
      const Config& /*config*/) const noexcept override {
    return std::make_unique<FakeEngine>(*this);
  }

 private:
  class FakeEngine final : public backend::Engine {
   public:
    explicit FakeEngine(const FakeBackend& backend) : backend_(backend) {}
    Capabilities capabilities() const noexcept override { return backend_.capabilities_; }
    Result<std::shared_ptr<backend::Module>> make_module(
        Bytes bytes, std::shared_ptr<const void> /*owner*/) noexcept override {
      const auto found = backend_.modules_.find(bytes.text());
      if (found == backend_.modules_.end()) {
        Error error(Errc::malformed, "no such module");
        error.set_byte_offset(0);
        return fail(std::move(error));
      }
      return std::make_shared<FakeModule>(found->second);
    }
    Result<void> validate(Bytes bytes) noexcept override {
      if (!backend_.modules_.contains(bytes.text())) return fail(Errc::malformed, "no such module");
      return {};
    }
    Result<std::unique_ptr<backend::Store>> make_store(
        const backend::StoreInit& init) noexcept override {
      return std::make_unique<FakeStore>(backend_.capabilities_, init, types_);
    }
    Result<HeapType> define_type(const detail::TypeInfo& info) noexcept override {
      types_.push_back(info);
      types_.back().heap.index = static_cast<std::uint32_t>(types_.size() - 1);
      return types_.back().heap;
    }
    Result<detail::TypeInfo> type_info(const HeapType& type) noexcept override {
      if (type.index >= types_.size()) return fail(Errc::type_mismatch, "no such type");
      return types_[type.index];
    }

   private:
    const FakeBackend& backend_;
    FakeTypes types_{};
  };

  Capabilities capabilities_;
  std::map<std::string, ModuleSpec, std::less<>> modules_{};
};

/// Counts how often it is destroyed; moved-from ones don't count.
class DropCounter {
 public:
  explicit DropCounter(int& drops) : drops_(&drops) {}
  DropCounter(DropCounter&& other) noexcept : drops_(std::exchange(other.drops_, nullptr)) {}
  DropCounter& operator=(DropCounter&& other) = delete;
  DropCounter(const DropCounter&) = delete;
  DropCounter& operator=(const DropCounter&) = delete;
  ~DropCounter() {
    if (drops_ != nullptr) ++*drops_;
  }

 private:
  int* drops_;
};

}  // namespace weft::fake
