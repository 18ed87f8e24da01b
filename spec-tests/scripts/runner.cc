#include "spec-tests/scripts/runner.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "spec-tests/scripts/files.h"
#include "spec-tests/scripts/host_module.h"
#include "spec-tests/scripts/values.h"

namespace weft::spectest {

namespace {

using Kind = Outcome::Kind;

Outcome passed() { return {Kind::Passed, {}, {}}; }
Outcome failed(std::string text) { return {Kind::Failed, std::move(text), {}}; }
Outcome skipped(std::string reason) { return {Kind::Skipped, std::move(reason), {}}; }

std::string describe(const Error& error) {
  std::string text(to_string(error.code()));
  text += ": " + error.message();
  if (error.byte_offset()) text += " (at byte " + std::to_string(*error.byte_offset()) + ")";
  return text;
}

// The feature that an Errc::unsupported names: "needs the feature gc, which ...".
std::string_view missing_feature(const Error& error) {
  constexpr std::string_view kBefore = "needs the feature ";
  std::string_view message = error.message();
  if (!message.starts_with(kBefore)) return {};
  message.remove_prefix(kBefore.size());
  return message.substr(0, message.find(", which "));
}

// What a name in the script stands for.
struct Definition {
  std::optional<Module> module{};
  std::string problem{};  // why there is none
  std::string reason{};   // why it was skipped, if it was
};
struct Running {
  std::optional<Instance> instance{};
  // Of an instance of the thread that started this one: only what threads share.
  std::vector<std::pair<std::string, SharedMemory>> shared{};
  std::string problem{};
  std::string reason{};
};

// Runs commands one after another, in a store and a thread of its own.
class ScriptRunner {
 public:
  ScriptRunner(const Script& script, const Engine& engine, const RunOptions& options,
               Watchdog& watchdog, std::vector<Outcome>& outcomes)
      : x_script(script),
        x_engine(engine),
        x_options(options),
        x_watchdog(watchdog),
        x_watched(watchdog),
        x_outcomes(outcomes),
        x_store(engine),
        x_linker(engine),
        x_objects(x_store) {
    x_linker.allow_shadowing(true);
    or_throw(define_host_module(x_linker, x_store));
  }

  void run(const std::vector<Command>& commands) {
    for (const Command& command : commands) x_outcomes[command.number] = run(command);
  }

 private:
  Outcome run(const Command& command) {
    switch (command.type) {
      case CommandType::Module:
        return module(command);
      case CommandType::ModuleDefinition:
        return module_definition(command);
      case CommandType::ModuleInstance:
        return module_instance(command);
      case CommandType::Register:
        return register_instance(command);
      case CommandType::Action:
      case CommandType::AssertReturn:
      case CommandType::AssertTrap:
      case CommandType::AssertExhaustion:
      case CommandType::AssertException:
        return action(command);
      case CommandType::AssertInvalid:
      case CommandType::AssertMalformed:
        return rejected_module(command);
      case CommandType::AssertUnlinkable:
      case CommandType::AssertUninstantiable:
        return rejected_instance(command);
      case CommandType::AssertMalformedCustom:
        return rejected_module(command);
      case CommandType::AssertInvalidCustom:
        return rejected_custom_section(command);
      case CommandType::Thread:
        return thread(command);
      case CommandType::Wait:
        return wait(command);
      case CommandType::Unknown:
        break;
    }
    return skipped("unknown command " + command.type_name);
  }

  [[nodiscard]] Result<std::string> bytes_of(const Command& command) const {
    if (command.binary) return *command.binary;
    if (command.quoted) return assembled(*command.quoted);
    std::string bytes = read_file(x_script.folder / command.file);
    return command.file.ends_with(".wat") ? assembled(bytes) : bytes;
  }

  static Result<std::string> assembled(const std::string& text) {
    const auto bytes = wat2wasm(text);
    if (!bytes) return fail(bytes.error());
    return std::string(Bytes(*bytes).text());
  }

  Result<Module> load(const Command& command) {
    const Result<std::string> bytes = bytes_of(command);
    if (!bytes) return fail(bytes.error());
    return Module::from_bytes(x_engine, Bytes(std::string_view(*bytes)));
  }

  // The reason to skip a module that the engine refuses for want of a feature; nothing if that is
  // a failure. Everything in Wasm 2.0 has to be there.
  std::optional<std::string> reason_to_skip(const Error& error) const {
    if (error.message() == kReadsNoText) return error.message();
    if (x_options.strict || !error.is(Errc::unsupported)) return std::nullopt;
    const std::string_view feature = missing_feature(error);
    const std::vector<std::string_view> needed = Features::wasm2().names();
    if (std::ranges::find(needed, feature) != needed.end()) return std::nullopt;
    if (feature.empty()) return error.message();
    return "needs the feature " + std::string(feature);
  }

  // Whether the refused feature is one that this engine was told not to know.
  bool is_switched_off(const Error& error) const {
    if (!error.is(Errc::unsupported)) return false;
    const std::string_view feature = missing_feature(error);
    const std::vector<std::string_view> on = x_engine.config().features.names();
    return !feature.empty() && std::ranges::find(on, feature) == on.end();
  }

  // What Wasm 3.0 finds invalid and 2.0 malformed: sizes and offsets of more than 32 bits, and
  // alignments from 2^32. Files of 3.0 that need none of its features run in an engine of 2.0.
  bool is_malformed_before_wasm3(const Error& error) const {
    const Features& features = x_engine.config().features;
    const std::string_view message = error.message();
    return error.is(Errc::malformed) &&
           ((!features.memory64 && message.starts_with("integer too large")) ||
            (!features.multi_memory && message.starts_with("malformed memop flags")));
  }

  Definition define(const Command& command) {
    Result<Module> module = load(command);
    if (module) return {std::move(*module), {}, {}};
    if (std::optional<std::string> reason = reason_to_skip(module.error()))
      return {{}, {}, *reason};
    return {{}, "the module is rejected: " + describe(module.error()), {}};
  }

  Result<Instance> instantiate(const Module& module) {
    x_watched.begin(x_store.interrupt_handle());
    Result<Instance> instance = x_linker.instantiate(x_store, module);
    x_watched.end();
    x_store.clear_interrupt();
    return instance;
  }

  // The reason for which an instance that the module imports from was skipped, if one was.
  std::optional<std::string> skipped_import(const Module& module) const {
    for (const ImportType& import : module.imports()) {
      const auto found = x_skipped_names.find(import.module);
      if (found != x_skipped_names.end()) return found->second;
    }
    return std::nullopt;
  }

  Outcome start(const Definition& definition, const std::string& name) {
    Running running{{}, {}, definition.problem, definition.reason};
    if (definition.module) {
      Result<Instance> instance = instantiate(*definition.module);
      if (instance) {
        running.instance = *instance;
      } else if (std::optional<std::string> reason = skipped_import(*definition.module)) {
        running.reason = *reason;
      } else {
        running.problem = "the module can't be instantiated: " + describe(instance.error());
      }
    }
    Outcome outcome;
    if (!running.problem.empty()) outcome = failed(running.problem);
    if (!running.reason.empty()) x_skipped = running.reason;
    x_latest = running;
    if (!name.empty()) x_instances[name] = std::move(running);
    return outcome;
  }

  Outcome module(const Command& command) {
    const Definition definition = define(command);
    remember(command, definition);
    return start(definition, command.name);
  }

  void remember(const Command& command, const Definition& definition) {
    x_latest_definition = definition;
    if (!command.name.empty()) x_definitions[command.name] = definition;
  }

  Outcome module_definition(const Command& command) {
    const Definition definition = define(command);
    remember(command, definition);
    return definition.problem.empty() ? Outcome{} : failed(definition.problem);
  }

  Outcome module_instance(const Command& command) {
    const Definition* definition = &x_latest_definition;
    if (!command.definition.empty()) {
      const auto found = x_definitions.find(command.definition);
      if (found == x_definitions.end()) return failed("no module " + command.definition);
      definition = &found->second;
    }
    return start(*definition, command.name);
  }

  const Running* find(const std::string& name) const {
    if (name.empty()) return &x_latest;
    const auto found = x_instances.find(name);
    return found == x_instances.end() ? nullptr : &found->second;
  }

  Outcome register_instance(const Command& command) {
    const Running* running = find(command.name);
    if (running == nullptr) return failed("no instance " + command.name);
    if (!running->reason.empty()) {
      x_skipped_names[command.as] = running->reason;
      return {};
    }
    for (const auto& [name, memory] : running->shared) {
      const Result<Memory> here = memory.in(x_store);
      if (!here) return failed("can't be shared: " + describe(here.error()));
      or_throw(x_linker.define(command.as, name, *here));
    }
    if (!running->shared.empty()) return {};
    if (!running->instance) return failed("nothing to register: " + running->problem);
    x_skipped_names.erase(command.as);
    if (Result<void> done = x_linker.instance(x_store, command.as, *running->instance); !done) {
      return failed("can't be registered: " + describe(done.error()));
    }
    return {};
  }

  // A thread sees nothing of this one but what one instance shares.
  Outcome thread(const Command& command) {
    Running inside;
    if (!command.shared.empty()) {
      const Running* running = find(command.shared);
      if (running == nullptr) return failed("no instance " + command.shared);
      inside.problem = running->problem;
      inside.reason = running->reason;
      inside.shared = running->shared;
      if (running->instance) {
        for (const auto& [name, item] : or_throw(running->instance->exports(x_store))) {
          const Memory* memory = item.get_if<Memory>();
          if (memory == nullptr) continue;
          if (Result<SharedMemory> shared = SharedMemory::of(x_store, *memory)) {
            inside.shared.emplace_back(name, std::move(*shared));
          }
        }
      }
    }
    Thread& thread = x_threads[command.name];
    thread.thread = std::jthread([this, &command, &thread, inside] {
      try {
        ScriptRunner runner(x_script, x_engine, x_options, x_watchdog, x_outcomes);
        if (!command.shared.empty()) runner.x_instances[command.shared] = inside;
        runner.run(command.commands);
      } catch (const std::exception& e) {
        thread.problem = e.what();
      }
    });
    return {};
  }

  Outcome wait(const Command& command) {
    const auto found = x_threads.find(command.name);
    if (found == x_threads.end()) return failed("no thread " + command.name);
    found->second.thread.join();
    const std::string problem = found->second.problem;
    x_threads.erase(found);
    return problem.empty() ? Outcome{} : failed("the thread ended: " + problem);
  }

  Outcome action(const Command& command) {
    const Running* running = find(command.action.module);
    if (running == nullptr) return failed("no instance " + command.action.module);
    if (!running->reason.empty()) {
      if (command.type == CommandType::Action) return {};
      return skipped(running->reason);
    }
    if (!running->instance) return failed("there is no instance: " + running->problem);

    std::vector<Val> args;
    for (const Pattern& pattern : command.action.args) {
      std::optional<Val> value = to_val(pattern, x_objects);
      if (!value) return skipped("no host value for " + to_string(pattern));
      args.push_back(std::move(*value));
    }
    x_watched.begin(x_store.interrupt_handle());
    const Result<std::vector<Val>> results = perform(command.action, *running->instance, args);
    x_watched.end();
    x_store.clear_interrupt();
    Outcome outcome = judge(command, results);
    if (outcome.kind != Kind::Failed) return outcome;
    // What a skipped module would have written, another one may now lack.
    if (!x_skipped.empty()) return skipped(x_skipped);
    outcome.text = to_string(command.action) + ": " + outcome.text;
    return outcome;
  }

  Result<std::vector<Val>> perform(const Action& action, const Instance& instance,
                                   std::span<const Val> args) {
    if (action.kind == Action::Kind::Get) {
      Result<Global> global = instance.global(x_store, action.field);
      if (!global) return std::unexpected<Error>(std::move(global).error());
      Result<Val> value = global->get(x_store);
      if (!value) return std::unexpected<Error>(std::move(value).error());
      return std::vector<Val>{std::move(*value)};
    }
    Result<Func> func = instance.func(x_store, action.field);
    if (!func) return std::unexpected<Error>(std::move(func).error());
    return func->call(x_store, args);
  }

  Outcome judge(const Command& command, const Result<std::vector<Val>>& results) const {
    const auto came = [&] {
      return results ? "returned " + to_string(*results, command.expected, x_objects)
                     : describe(results.error());
    };
    switch (command.type) {
      case CommandType::AssertReturn:
        if (results && matches(command.expected, *results, x_objects)) return passed();
        return failed("expected " + to_string(command.expected) + ", " + came());
      case CommandType::AssertTrap:
        if (!results && is_trap(results.error(), command.text)) return passed();
        return failed("expected trap: " + command.text + ", " + came());
      case CommandType::AssertExhaustion:
        if (!results && results.error().trap_code() == TrapCode::CallStackExhausted)
          return passed();
        return failed("expected exhaustion: " + command.text + ", " + came());
      case CommandType::AssertException:
        if (!results && results.error().is(Errc::exception)) return passed();
        return failed("expected an uncaught exception, " + came());
      default:
        return results ? Outcome{} : failed("expected no error, " + came());
    }
  }

  // As in the reference interpreter, the suite's text may be cut short ("undefined"); it may also
  // go on with details that are the reference interpreter's own ("uninitialized element 2").
  static bool is_trap(const Error& error, std::string_view text) {
    if (!error.is(Errc::trap) || !error.trap_code()) return false;
    return std::string_view(error.message()).starts_with(text) ||
           text.starts_with(to_string(*error.trap_code()));
  }

  Outcome rejected_module(const Command& command) {
    const bool malformed = command.type != CommandType::AssertInvalid;
    const std::string expected =
        "expected " + std::string(malformed ? "malformed" : "invalid") + ": " + command.text;
    const Result<Module> module = load(command);
    if (module) return failed(expected + ", the module is accepted");
    const Error& error = module.error();
    if (error.message() == kReadsNoText) return skipped(error.message());
    if (error.is(malformed ? Errc::malformed : Errc::invalid) || is_switched_off(error) ||
        is_malformed_before_wasm3(error)) {
      return rejected(command, error);
    }
    if (std::optional<std::string> reason = reason_to_skip(error)) return skipped(*reason);
    return failed(expected + ", " + describe(error));
  }

  // The module is valid whatever its custom section says.
  Outcome rejected_custom_section(const Command& command) {
    const Result<Module> module = load(command);
    if (!module) return failed("expected a valid module, " + describe(module.error()));
    const Result<void> checked = check_custom_sections(Bytes(std::string_view(*bytes_of(command))));
    if (!checked && checked.error().is(Errc::invalid)) return rejected(command, checked.error());
    if (!checked && checked.error().is(Errc::unsupported)) {
      return skipped(checked.error().message());
    }
    return failed("expected invalid: " + command.text + ", " +
                  (checked ? "the section is accepted" : describe(checked.error())));
  }

  Outcome rejected_instance(const Command& command) {
    const bool unlinkable = command.type == CommandType::AssertUnlinkable;
    const std::string expected = "expected " +
                                 std::string(unlinkable ? "unlinkable" : "uninstantiable") + ": " +
                                 command.text;
    const Definition definition = define(command);
    if (!definition.reason.empty()) {
      x_skipped = definition.reason;
      return skipped(definition.reason);
    }
    if (!definition.problem.empty()) return failed(expected + ", " + definition.problem);
    const Result<Instance> instance = instantiate(*definition.module);
    if (instance) return failed(expected + ", the module is instantiated");
    const Error& error = instance.error();
    if (unlinkable ? error.is(Errc::link) : is_trap(error, command.text)) {
      return rejected(command, error);
    }
    if (std::optional<std::string> reason = skipped_import(*definition.module))
      return skipped(*reason);
    return failed(expected + ", " + describe(error));
  }

  Outcome rejected(const Command& command, const Error& error) const {
    Outcome outcome = passed();
    // Link errors list all imports, each with what is wrong with it.
    if (x_options.texts && error.message().find(command.text) == std::string::npos) {
      outcome.note = "the suite says \"" + command.text + "\", the engine " + describe(error);
    }
    return outcome;
  }

  const Script& x_script;
  const Engine& x_engine;
  const RunOptions& x_options;
  Watchdog& x_watchdog;
  Watchdog::Watched x_watched;
  std::vector<Outcome>& x_outcomes;  // each thread writes those of its own commands
  Store x_store;
  Linker x_linker;
  HostObjects x_objects;
  Running x_latest{{}, {}, "the script has made none", {}};
  Definition x_latest_definition{{}, "the script has made none", {}};
  std::map<std::string, Running> x_instances{};
  std::map<std::string, Definition> x_definitions{};
  // Why a module was skipped that would have been instantiated; empty if none was.
  std::string x_skipped{};
  // Names registered for instances that were skipped, with the reason.
  std::map<std::string, std::string> x_skipped_names{};
  // The last: they use the others.
  struct Thread {
    std::string problem{};
    std::jthread thread{};
  };
  std::map<std::string, Thread> x_threads{};
};

}  // namespace

std::vector<Outcome> run_script(const Script& script, const Engine& engine,
                                const RunOptions& options, Watchdog& watchdog) {
  std::vector<Outcome> outcomes(script.size);
  ScriptRunner(script, engine, options, watchdog, outcomes).run(script.commands);
  return outcomes;
}

}  // namespace weft::spectest
