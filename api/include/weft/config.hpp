// What an Engine can be told: features, limits, memory mode, stack. All have working defaults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/error.hpp"
#include "weft/export.hpp"

namespace weft {

/// WebAssembly's features beyond the first version, by proposal. In a Config: which of them modules
/// may use; switching one on that the engine doesn't implement yet is no error, modules that use it
/// are rejected with its name. From Module::required_features: which a module uses.
struct WEFT_API Features {
  // Wasm 2.0
  bool sign_extension = true;
  bool nontrapping_fptoint = true;
  bool multi_value = true;
  bool mutable_globals = true;
  bool bulk_memory = true;
  bool reference_types = true;
  bool simd = true;
  // Wasm 3.0
  bool extended_const = true;
  bool tail_call = true;
  bool function_references = true;
  bool gc = true;
  bool exceptions = true;
  bool memory64 = true;
  bool multi_memory = true;
  bool relaxed_simd = true;
  // What compilers use beyond it
  bool legacy_exceptions = true;  ///< Exceptions as they were before Wasm 3.0: try, catch, rethrow.
  // Proposals
  bool threads = false;
  bool custom_page_sizes = false;
  bool wide_arithmetic = false;

  /// The first version of WebAssembly and nothing else.
  [[nodiscard]] static Features none();
  /// Wasm 2.0.
  [[nodiscard]] static Features wasm2();
  /// Wasm 3.0: the default without the legacy exceptions.
  [[nodiscard]] static Features wasm3();
  /// From a list such as "threads,-gc" or "wasm2,tail-call": names separated by commas, each with a
  /// minus in front to switch it off. "wasm1", "wasm2", "wasm3" and "all" replace what is before
  /// them; the list starts from the default. Errc::not_found for a name that there isn't.
  [[nodiscard]] static Result<Features> parse(std::string_view list);

  /// The names of those switched on, such as "bulk-memory", in the order above.
  [[nodiscard]] std::vector<std::string_view> names() const;
  /// Switches the feature of that name; false if there is none.
  bool set(std::string_view name, bool on);

  friend bool operator==(const Features&, const Features&) = default;
};

/// What a module may contain. The defaults are the limits of WebAssembly's JavaScript API.
struct WEFT_API ModuleLimits {
  std::uint64_t module_bytes = 1u << 30;
  std::uint32_t types = 1'000'000;
  std::uint32_t functions = 1'000'000;
  std::uint32_t imports = 1'000'000;
  std::uint32_t exports = 1'000'000;
  std::uint32_t globals = 1'000'000;
  std::uint32_t tags = 1'000'000;
  std::uint32_t tables = 100'000;
  std::uint32_t memories = 100;
  std::uint32_t data_segments = 100'000;
  std::uint32_t element_segments = 10'000'000;
  std::uint32_t params = 1'000;
  std::uint32_t results = 1'000;
  std::uint32_t locals = 50'000;  ///< Of one function, parameters included.
  std::uint32_t function_bytes = 7'654'321;
  std::uint32_t name_bytes = 100'000;
  std::uint64_t table_elements = 10'000'000;
  std::uint64_t memory_pages = 65'536;     ///< Of 64 KiB, for memories with 32-bit addresses.
  std::uint64_t memory64_pages = 262'144;  ///< Of 64 KiB, for memories with 64-bit addresses.
  std::uint32_t subtyping_depth = 63;
  std::uint32_t struct_fields = 10'000;

  /// Tight limits for modules from strangers, where a rejected oddity costs nothing.
  [[nodiscard]] static ModuleLimits strict();
};

/// How accesses to linear memory are kept in bounds.
enum class MemoryMode : std::uint8_t {
  Auto,      ///< Guard pages where the system grants them, otherwise explicit checks.
  Guard,     ///< Guard pages; creating a memory fails where the system refuses them.
  Explicit,  ///< A comparison per access; reserves no address space.
};

/// An engine's settings, for designated initialisers: Engine engine({.fuel = true}). A backend
/// ignores what is only about speed, and refuses what it can't honour with Errc::unsupported.
struct Config {
  /// Count executed instructions against the store's fuel. Off: no cost.
  bool fuel = false;
  /// Let InterruptHandles stop the guest.
  bool interruption = true;
  /// Give traps the guest's stack, with function names.
  bool backtraces = true;
  /// Count what guests execute and sample where they spend their time, for StoreRef::profile. On:
  /// programs take about a fifth longer, and each store has a thread that wakes a thousand times
  /// a second.
  bool profile = false;
  /// Collect garbage before every object that the guest makes: very slow, for finding references
  /// that somebody lost.
  bool gc_stress = false;
  /// Translate all functions when the module is made, instead of each at its first call.
  bool eager_translation = false;
  /// Bytes of guest stack per store, frames and call records together; reserved, not committed.
  /// The default holds some 40,000 frames of ordinary size.
  std::size_t max_stack_bytes = std::size_t{8} << 20;
  /// Nested guest calls per store, without those that are inlined; beyond them, "call stack
  /// exhausted".
  std::uint32_t max_call_depth = 100'000;
  /// Nested guest-to-host-to-guest calls per store: each needs native stack.
  std::uint32_t max_host_depth = 200;
  MemoryMode memory_mode = MemoryMode::Auto;
  /// The instruction set of the SIMD handlers by Highway's name, such as "AVX2" or "SSE4"; empty
  /// for the machine's best. Errc::unsupported if the machine or the build lacks it.
  std::string simd_target{};
  /// What translation may do to make code fast, for measuring and for finding mistakes: names as
  /// in docs/performance.md, in a list that all of them precede, without those that have a minus:
  /// "-op-op,-moves". "none" takes away all. Errc::not_found for a name that isn't there.
  std::string optimizations{};
  /// Threads that validate a large module's bodies; 0 for as many as the machine has cores.
  unsigned validation_threads = 0;
  Features features{};
  ModuleLimits limits{};
};

}  // namespace weft
