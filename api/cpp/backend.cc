// What a backend answers that doesn't override an optional operation. Operations on things that
// can't exist without an overridden creator give harmless values.
#include "weft/backend.hpp"

namespace weft::backend {

namespace {

std::unexpected<Error> lacking(std::string_view what) {
  return fail(Errc::unsupported, "this backend has no " + std::string(what));
}

}  // namespace

Result<Index> Store::memory_new(const MemoryType& /*type*/) noexcept {
  return lacking("memories of the host's making");
}
MemoryType Store::memory_type(Index /*memory*/) noexcept { return {}; }
std::uint64_t Store::memory_size(Index /*memory*/) noexcept { return 0; }
Result<std::uint64_t> Store::memory_grow(Index /*memory*/, std::uint64_t /*pages*/) noexcept {
  return lacking("growing of memories");
}
MemoryView Store::memory_view(Index /*memory*/) noexcept { return {}; }
Result<void> Store::memory_read(Index /*memory*/, std::uint64_t /*address*/,
                                MutableBytes /*to*/) noexcept {
  return lacking("access to memories");
}
Result<void> Store::memory_write(Index /*memory*/, std::uint64_t /*address*/,
                                 Bytes /*from*/) noexcept {
  return lacking("access to memories");
}

Result<Index> Store::memory_adopt(const std::shared_ptr<SharedMemory>& /*memory*/) noexcept {
  return lacking("shared memories");
}
std::shared_ptr<SharedMemory> Store::memory_shared(Index /*memory*/) noexcept { return nullptr; }
Result<std::shared_ptr<SharedMemory>> Engine::make_shared_memory(
    const MemoryType& /*type*/) noexcept {
  return lacking("shared memories");
}

Result<Index> Store::table_new(const TableType& /*type*/, RawVal /*init*/) noexcept {
  return lacking("tables of the host's making");
}
TableType Store::table_type(Index /*table*/) noexcept { return {}; }
std::uint64_t Store::table_size(Index /*table*/) noexcept { return 0; }
Result<std::uint64_t> Store::table_grow(Index /*table*/, std::uint64_t /*count*/,
                                        RawVal /*init*/) noexcept {
  return lacking("growing of tables");
}
Result<RawVal> Store::table_get(Index /*table*/, std::uint64_t /*index*/) noexcept {
  return lacking("access to tables");
}
Result<void> Store::table_set(Index /*table*/, std::uint64_t /*index*/, RawVal /*value*/) noexcept {
  return lacking("access to tables");
}

Result<Index> Store::global_new(const GlobalType& /*type*/, RawVal /*init*/) noexcept {
  return lacking("globals of the host's making");
}
GlobalType Store::global_type(Index /*global*/) noexcept { return {}; }
RawVal Store::global_get(Index /*global*/) noexcept { return {}; }
void Store::global_set(Index /*global*/, RawVal /*value*/) noexcept {}

Result<Index> Store::tag_new(const TagType& /*type*/) noexcept { return lacking("tags"); }
TagType Store::tag_type(Index /*tag*/) noexcept { return {}; }

Result<std::uint64_t> Store::exception_new(Index /*tag*/, const RawVal* /*values*/) noexcept {
  return lacking("exceptions");
}
Index Store::exception_tag(std::uint64_t /*exception*/) noexcept { return 0; }
void Store::exception_values(std::uint64_t /*exception*/, RawVal* /*values*/) noexcept {}
std::uint64_t Store::take_exception() noexcept { return 0; }

HeapType Store::any_type(std::uint64_t /*ref*/) noexcept { return HeapKind::Any; }
std::uint64_t Store::i31_to_ref(I31 /*value*/) noexcept { return 0; }
I31 Store::i31_from_ref(std::uint64_t /*ref*/) noexcept { return {}; }
std::uint64_t Store::any_to_extern(std::uint64_t ref) noexcept { return ref; }
std::uint64_t Store::extern_to_any(std::uint64_t ref) noexcept { return ref; }
Result<std::uint64_t> Store::struct_new(const HeapType& /*type*/,
                                        const RawVal* /*fields*/) noexcept {
  return lacking("structs");
}
RawVal Store::struct_get(std::uint64_t /*ref*/, std::size_t /*field*/) noexcept { return {}; }
void Store::struct_set(std::uint64_t /*ref*/, std::size_t /*field*/, RawVal /*value*/) noexcept {}
Result<std::uint64_t> Store::array_new(const HeapType& /*type*/, std::uint32_t /*size*/,
                                       RawVal /*init*/) noexcept {
  return lacking("arrays");
}
std::uint32_t Store::array_size(std::uint64_t /*ref*/) noexcept { return 0; }
RawVal Store::array_get(std::uint64_t /*ref*/, std::uint32_t /*index*/) noexcept { return {}; }
void Store::array_set(std::uint64_t /*ref*/, std::uint32_t /*index*/, RawVal /*value*/) noexcept {}
void Store::array_read(std::uint64_t /*ref*/, std::uint32_t /*index*/,
                       MutableBytes /*to*/) noexcept {}
void Store::array_write(std::uint64_t /*ref*/, std::uint32_t /*index*/, Bytes /*from*/) noexcept {}
Result<std::uint64_t> Store::ref_root(std::uint64_t /*ref*/) noexcept {
  return lacking("references of this type");
}
void Store::ref_unroot(std::uint64_t /*root*/) noexcept {}
std::uint64_t Store::ref_of_root(std::uint64_t root) noexcept { return root; }

Result<std::uint64_t> Store::externref_new(void* /*object*/,
                                           void (* /*finalize*/)(void*) noexcept) noexcept {
  return lacking("externrefs");
}
std::uint64_t Store::externref_reuse(std::uint64_t ref) noexcept { return ref; }
void* Store::externref_object(std::uint64_t /*ref*/) noexcept { return nullptr; }
bool Store::ref_is(std::uint64_t /*ref*/, const HeapType& /*type*/) noexcept { return false; }
Result<void> Store::gc() noexcept { return lacking("garbage collector"); }
GcStats Store::gc_stats() noexcept { return {}; }
Result<Profile> Store::profile() noexcept { return lacking("profiler"); }

Result<void> Store::set_limits(const StoreLimits& /*limits*/) noexcept { return lacking("limits"); }
Result<void> Store::set_fuel(std::uint64_t /*units*/) noexcept { return lacking("fuel"); }
Result<std::uint64_t> Store::fuel() noexcept { return lacking("fuel"); }

Result<HeapType> Engine::define_type(const detail::TypeInfo& /*info*/) noexcept {
  return lacking("types of the host's making");
}
Result<detail::TypeInfo> Engine::type_info(const HeapType& /*type*/) noexcept {
  return lacking("concrete types");
}
bool Engine::is_subtype(const HeapType& sub, const HeapType& super) noexcept {
  return sub == super;
}

std::vector<Bytes> Module::custom_sections(std::string_view /*name*/) const { return {}; }
std::vector<Section> Module::sections() const { return {}; }
std::optional<std::string_view> Module::name() const noexcept { return std::nullopt; }
std::optional<std::string_view> Module::function_name(std::uint32_t /*index*/) const noexcept {
  return std::nullopt;
}
Result<std::string> Module::dump_function(std::uint32_t /*index*/) const {
  return lacking("dump of functions");
}

}  // namespace weft::backend
