// weft run: instantiates a module with WASI and runs it as a program, or calls one of its exports.

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/listen.h"
#include "cli/options.h"
#include "cli/profile.h"
#include "cli/values.h"

namespace weft::cli {

namespace {

constexpr std::string_view kHelp =
    R"(Usage: weft run [OPTIONS] FILE [ARGS]...
       weft [OPTIONS] FILE [ARGS]...

Runs a WebAssembly program (WASI preview1), or initialises a library. Options stand before FILE;
everything behind it belongs to the program, which sees no files and no environment but what the
options give it.

Options:
)";

constexpr std::string_view kHelpEnd = R"(
Exit status: the program's own, of which the system passes on the low 8 bits, and 0 for a library;
134 if a trap, an exception that nothing caught, --fuel or --timeout stopped it; 1 if FILE can't be
read, is no valid module or needs imports that aren't there; 2 for a bad command line.

Examples:
  weft hello.wasm
  weft run --dir data::/data --env LANG=C convert.wasm /data/in.txt
  weft run --invoke add math.wasm 5 3
)";

struct Directory {
  std::string host;
  std::string guest;
};

struct Variable {
  std::string name;
  std::string value;
};

struct RunOptions {
  bool help = false;
  std::vector<Directory> directories{};
  std::vector<Variable> variables{};
  std::vector<Endpoint> endpoints{};
  std::optional<std::string> invoke{};
  std::optional<std::uint64_t> fuel{};
  std::optional<std::chrono::nanoseconds> timeout{};
  std::string profile_file{};
  std::shared_ptr<const backend::Backend> backend = backends::interpreter();
  StoreLimits limits{};
  Config config{};
};

Directory parse_directory(std::string_view text) {
  const std::size_t separator = text.find("::");
  std::string_view guest = text;
  if (separator != std::string_view::npos) {
    guest = text.substr(separator + 2);
    text = text.substr(0, separator);
  }
  if (text.empty() || guest.empty()) throw UsageError("a folder's name is empty");
  return {std::string(text), std::string(guest)};
}

std::optional<Variable> parse_variable(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string name(text.substr(0, equals));
  if (name.empty()) throw UsageError("the variable's name is empty");
  if (equals != std::string_view::npos) return Variable{name, std::string(text.substr(equals + 1))};
  const char* inherited = std::getenv(name.c_str());
  if (inherited == nullptr) return std::nullopt;
  return Variable{name, inherited};
}

MemoryMode parse_memory_mode(std::string_view text) {
  if (text == "auto") return MemoryMode::Auto;
  if (text == "guard") return MemoryMode::Guard;
  if (text == "explicit") return MemoryMode::Explicit;
  throw UsageError("'" + std::string(text) + "' is none of auto, guard, explicit");
}

std::uint32_t parse_depth(std::string_view text) {
  const std::uint64_t depth = parse_number(text);
  if (depth == 0 || depth > UINT32_MAX) throw UsageError("a depth is from 1 to 2^32-1");
  return static_cast<std::uint32_t>(depth);
}

std::vector<Option> options_of(RunOptions& run) {
  return {
      {"--dir", "HOST[::GUEST]",
       "let the program use the folder HOST and all below it,\nunder the name GUEST (or HOST)",
       [&](std::string_view v) { run.directories.push_back(parse_directory(v)); }},
      {"--env", "NAME[=VALUE]", "set an environment variable, or hand on this process's",
       [&](std::string_view v) {
         if (auto variable = parse_variable(v)) run.variables.push_back(std::move(*variable));
       }},
      {"--listen", "HOST:PORT",
       "let the program accept TCP connections there: the socket's\nnumber is the first after "
       "those of the folders, or 3",
       [&](std::string_view v) { run.endpoints.push_back(parse_endpoint(v)); }},
      {"--invoke", "NAME",
       "call this exported function instead of the program's\nmain function, or of the library "
       "once it is initialised:\nARGS are its arguments, and its results are printed",
       [&](std::string_view v) { run.invoke = v; }},
      {"--backend", "NAME",
       "run on Weft's interpreter (interp) or on Wasmtime (wasmtime,\nwasmtime-winch, "
       "wasmtime-pulley), whose library\nWEFT_WASMTIME_LIB can name",
       [&](std::string_view v) {
         auto backend = backends::by_name(v);
         if (!backend && backend.error().is(Errc::usage))
           throw UsageError(backend.error().message());
         run.backend = or_throw(std::move(backend));
       }},
      {"--fuel", "N", "stop after N units of fuel (about one an instruction)",
       [&](std::string_view v) {
         run.fuel = parse_number(v);
         run.config.fuel = true;
       }},
      {"--timeout", "TIME", "stop after this time: 500ms, 2s, 1m",
       [&](std::string_view v) { run.timeout = parse_duration(v); }},
      {"--max-memory", "BYTES", "bound each memory: 65536, 64K, 16M, 1G",
       [&](std::string_view v) { run.limits.memory_bytes = parse_bytes(v); }},
      {"--max-depth", "N", "bound nested calls",
       [&](std::string_view v) { run.config.max_call_depth = parse_depth(v); }},
      {"--stack-size", "BYTES", "bound the program's call stack",
       [&](std::string_view v) { run.config.max_stack_bytes = parse_bytes(v); }},
      {"--memory-mode", "MODE",
       "keep memory accesses in bounds by guard pages (guard),\nby checks "
       "(explicit), or as the system allows (auto)",
       [&](std::string_view v) { run.config.memory_mode = parse_memory_mode(v); }},
      features_option(run.config.features),
      {"--optimizations", "LIST",
       "translate without these: -op-op,-moves; none takes away all\n(docs/performance.md names "
       "them)",
       [&](std::string_view v) { run.config.optimizations = v; }},
      {"--eager", "", "translate all functions before the start",
       [&](std::string_view) { run.config.eager_translation = true; }},
      {"--profile", "[=FILE]",
       "say at the end what was executed and which functions\ntook the time; write the stacks to "
       "FILE, folded, for\nflame-graph tools",
       [&](std::string_view v) {
         run.profile_file = v;
         run.config.profile = true;
       }},
      {"--help", "", "this text", [&](std::string_view) { run.help = true; }},
  };
}

// Interrupts the guest when its time is over.
class Timer {
 public:
  Timer(std::chrono::nanoseconds time, InterruptHandle handle)
      : x_thread([this, time, handle = std::move(handle)](const std::stop_token& stop) {
          std::unique_lock lock(x_mutex);
          x_wake.wait_for(lock, stop, time, [] { return false; });
          if (stop.stop_requested()) return;
          x_over = true;
          handle.interrupt();
        }) {}

  bool is_over() {
    const std::lock_guard lock(x_mutex);
    return x_over;
  }

 private:
  std::mutex x_mutex{};
  std::condition_variable_any x_wake{};
  bool x_over = false;
  std::jthread x_thread;  // the last: it uses the others
};

wasi::Config wasi_config(const RunOptions& options, const std::string& file, Args args) {
  wasi::Config config;
  // As wasmtime does, the program's name is the file's without its folder.
  or_throw(config.arg(std::filesystem::path(file).filename().string()));
  if (!options.invoke) {
    for (const std::string& arg : args) or_throw(config.arg(arg));
  }
  for (const Variable& variable : options.variables) {
    or_throw(config.env(variable.name, variable.value));
  }
  config.inherit_stdio();
  for (const Directory& directory : options.directories) {
    or_throw(config.preopen(directory.host, directory.guest));
  }
  for (const Endpoint& endpoint : options.endpoints) or_throw(config.socket(listen_at(endpoint)));
  return config;
}

Engine make_engine(const RunOptions& options) {
  Result<Engine> engine = Engine::make(options.config, options.backend);
  // Only optimizations are looked up by name.
  if (!engine && engine.error().is(Errc::not_found))
    throw UsageError("--optimizations: " + engine.error().message());
  return or_throw(std::move(engine));
}

std::string exported_functions(const Module& module) {
  std::string text;
  for (const ExportType& item : module.exports()) {
    if (kind_of(item.type) != ExternKind::Func) continue;
    text += (text.empty() ? "" : ", ") + item.name;
  }
  return text.empty() ? "none" : text;
}

// Checks the command line against the function's type before anything runs.
std::vector<Val> invoke_args(const Module& module, const std::string& name, Args args) {
  const ExternType* type = module.find_export(name);
  const FuncType* func = type == nullptr ? nullptr : std::get_if<FuncType>(type);
  if (func == nullptr) {
    throw UsageError("no function \"" + name +
                     "\" is exported; those that are: " + exported_functions(module));
  }
  if (args.size() != func->params().size()) {
    throw UsageError("\"" + name + "\" is " + to_string(*func) + ", but " +
                     std::to_string(args.size()) + " arguments are given");
  }
  std::vector<Val> values;
  values.reserve(args.size());
  for (std::size_t i = 0; i < args.size(); i++) {
    values.push_back(parse_value(args[i], func->params()[i]));
  }
  return values;
}

// Gives the exit status.
Result<int> run_guest(StoreRef store, const Linker& linker, const Module& module,
                      const RunOptions& options, const std::vector<Val>& args) {
  Result<Instance> instance = linker.instantiate(store, module);
  if (!instance) return std::unexpected<Error>(std::move(instance).error());
  if (!options.invoke && module.find_export("_start") != nullptr) {
    return wasi::run(store, *instance);
  }
  // Parts of a command may be called alone; a reactor wants to be initialised first.
  if (options.invoke != "_initialize" && module.find_export("_initialize") != nullptr) {
    if (auto done = wasi::initialize(store, *instance); !done) {
      return std::unexpected<Error>(std::move(done).error());
    }
  }
  if (!options.invoke) return kOk;
  Result<Func> func = instance->func(store, *options.invoke);
  if (!func) return std::unexpected<Error>(std::move(func).error());
  Result<std::vector<Val>> results = func->call(store, args);
  if (!results) return std::unexpected<Error>(std::move(results).error());
  for (const Val& value : *results) print(format_value(value) + "\n");
  return kOk;
}

}  // namespace

int run_command(Args args) {
  RunOptions options;
  const std::vector<Option> known = options_of(options);
  args = read_options(args, known);
  if (options.help) {
    print(std::string(kHelp) + options_help(known) + std::string(kHelpEnd));
    return kOk;
  }
  if (args.empty()) throw UsageError("which file?");
  const std::string& file = args.front();
  args = args.subspan(1);

  std::optional<ProfileOutput> profile;
  if (options.config.profile) profile.emplace(options.profile_file);

  // A guest that writes too large a file gets an errno, as from any other failed write.
  std::signal(SIGXFSZ, SIG_IGN);

  const Engine engine = make_engine(options);
  const Result<Module> module = Module::from_file(engine, file);
  if (!module) return report(file, module.error());
  std::vector<Val> values;
  if (options.invoke) {
    values = invoke_args(*module, *options.invoke, args);
  } else if (module->find_export("_start") == nullptr &&
             module->find_export("_initialize") == nullptr) {
    const std::string text =
        "weft: " + file +
        ": not a program: it exports no function _start, and no _initialize\n  --invoke NAME "
        "calls one of those that it does export: " +
        exported_functions(*module) + "\n";
    std::fputs(text.c_str(), stderr);
    return kFailed;
  }

  Store store(engine);
  or_throw(store.set_limits(options.limits));
  if (options.fuel) or_throw(store.set_fuel(*options.fuel));
  or_throw(store.set_wasi(wasi_config(options, file, args)));
  Linker linker(engine);
  or_throw(linker.wasi());

  std::optional<Timer> timer;
  if (options.timeout) timer.emplace(*options.timeout, store.interrupt_handle());
  Result<int> status = run_guest(store, linker, *module, options, values);
  const int exit_status = [&] {
    if (status) return *status;
    Error& error = status.error();
    if (error.exit_status()) return *error.exit_status();
    if (error.is(Errc::interrupted) && timer && timer->is_over()) error.add_context("time is over");
    return report(file, error);
  }();
  if (profile) profile->write(or_throw(store.profile()));
  return exit_status;
}

}  // namespace weft::cli
