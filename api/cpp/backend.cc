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

Result<std::uint64_t> Store::externref_new(void* /*object*/,
                                           void (* /*finalize*/)(void*) noexcept) noexcept {
  return lacking("externrefs");
}
void* Store::externref_object(std::uint64_t /*ref*/) noexcept { return nullptr; }
bool Store::ref_is(std::uint64_t /*ref*/, const HeapType& /*type*/) noexcept { return false; }
Result<void> Store::gc() noexcept { return lacking("garbage collector"); }

Result<void> Store::set_limits(const StoreLimits& /*limits*/) noexcept { return lacking("limits"); }
Result<void> Store::set_fuel(std::uint64_t /*units*/) noexcept { return lacking("fuel"); }
Result<std::uint64_t> Store::fuel() noexcept { return lacking("fuel"); }

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
