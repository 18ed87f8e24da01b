#include "weft/linker.hpp"

#include <algorithm>
#include <optional>
#include <ranges>
#include <vector>

#include "api/cpp/store_state.h"

namespace weft {

namespace {

std::string quoted(std::string_view module, std::string_view name) {
  return "\"" + std::string(module) + "\" \"" + std::string(name) + "\"";
}

bool is_concrete(const ValType& type) {
  return type.is_ref() && type.heap().kind == HeapKind::Concrete;
}

// Types of the modules' own making relate in ways that only the backend knows.
bool mentions_concrete(const ExternType& type) {
  constexpr auto kInFunc = [](const FuncType& func) {
    return std::ranges::any_of(func.params(), is_concrete) ||
           std::ranges::any_of(func.results(), is_concrete);
  };
  if (const auto* func = std::get_if<FuncType>(&type)) return kInFunc(*func);
  if (const auto* tag = std::get_if<TagType>(&type)) return kInFunc(tag->func);
  if (const auto* table = std::get_if<TableType>(&type)) return is_concrete(table->element);
  if (const auto* global = std::get_if<GlobalType>(&type)) return is_concrete(global->content);
  return false;
}

// As mismatch, for a host function, which takes on the type that is wanted if it can.
std::string host_mismatch(const Engine& engine, const FuncType& given, const ExternType& wanted) {
  const auto* func = std::get_if<FuncType>(&wanted);
  if (func != nullptr && detail::adapts(engine, given, *func)) return {};
  return "wanted " + to_string(wanted) + ", defined is " + to_string(ExternType(given));
}

// The end of "incompatible import type ...", or nothing if the import can be satisfied.
std::string mismatch(const ExternType& given, const ExternType& wanted) {
  const bool same_kind = given.index() == wanted.index();
  if (same_kind && (mentions_concrete(given) || mentions_concrete(wanted))) return {};
  if (matches(given, wanted)) return {};
  return "wanted " + to_string(wanted) + ", defined is " + to_string(given);
}

std::unexpected<Error> defined_already(std::string_view module, std::string_view name) {
  return fail(Errc::link, quoted(module, name) + " is defined already");
}

std::optional<std::size_t> index_of(const detail::HostTable& table, std::string_view module,
                                    std::string_view name) {
  if (module != table.module || name.empty()) return std::nullopt;
  for (std::size_t i = table.begin; i < table.end; i++) {
    if (table.name(i) == name) return i;
  }
  return std::nullopt;
}

void add_line(std::string& text, const std::string& line) {
  if (!text.empty()) text += "\n";
  text += line;
}

}  // namespace

Result<void> Linker::put(std::string_view module, std::string_view name, Definition definition) {
  if (!allow_shadowing_ && has(module, name)) return defined_already(module, name);
  auto found = definitions_.find(KeyView(module, name));
  if (found == definitions_.end()) {
    definitions_.emplace(Key(module, name), std::move(definition));
  } else {
    found->second = std::move(definition);
  }
  return {};
}

Result<void> Linker::put(const detail::HostTable& table) {
  const bool may_collide = !definitions_.empty() || !tables_.empty();
  for (std::size_t i = table.begin; may_collide && i < table.end; i++) {
    const std::string_view name = table.name(i);
    if (!has(table.module, name)) continue;
    if (!allow_shadowing_) return defined_already(table.module, name);
    if (auto found = definitions_.find(KeyView(table.module, name)); found != definitions_.end())
      found->second = table.make(i);
  }
  tables_.push_back(&table);
  return {};
}

const Linker::Definition* Linker::find(KeyView key, std::optional<Definition>& made) const {
  if (auto found = definitions_.find(key); found != definitions_.end()) return &found->second;
  for (const detail::HostTable* table : tables_ | std::views::reverse) {
    if (const auto index = index_of(*table, key.first, key.second))
      return &made.emplace(table->make(*index));
  }
  return nullptr;
}

Result<void> Linker::define(std::string_view module, std::string_view name, Extern item) {
  return put(module, name, item);
}

Result<void> Linker::define_host(std::string_view module, std::string_view name,
                                 detail::HostDefinition definition) {
  return put(module, name, std::move(definition));
}

Result<void> Linker::instance(StoreRef store, std::string_view module, const Instance& instance) {
  Result<std::vector<Export>> exports = instance.exports(store);
  if (!exports) return detail::forward_error(exports);
  // All or nothing: a name in the way is found before anything is defined.
  for (const Export& item : *exports) {
    if (!allow_shadowing_ && has(module, item.name)) {
      return defined_already(module, item.name);
    }
  }
  for (const Export& item : *exports) {
    if (auto done = put(module, item.name, item.item); !done) return done;
  }
  return {};
}

Result<void> Linker::trap_unknown_imports(const Module& module) {
  for (const ImportType& import : module.imports()) {
    const FuncType* type = std::get_if<FuncType>(&import.type);
    if (type == nullptr || has(import.module, import.name)) continue;
    auto trap = [text = "unknown import " + quoted(import.module, import.name)](
                    Caller& /*caller*/, std::span<const Val> /*args*/,
                    std::span<Val> /*results*/) -> Result<void> {
      return fail(TrapCode::Unreachable, text);
    };
    if (auto done = func(import.module, import.name, *type, std::move(trap)); !done) return done;
  }
  return {};
}

Result<Extern> Linker::resolve(StoreRef store, const Definition& definition,
                               const FuncType* wanted) {
  if (const Extern* item = std::get_if<Extern>(&definition)) return *item;
  const auto& host = std::get<detail::HostDefinition>(definition);
  Result<backend::Index> index =
      detail::link_host(*store.state(), host, wanted != nullptr ? *wanted : host.type);
  if (!index) return detail::forward_error(index);
  return Extern(detail::Access::make<Func>(detail::Handle{store.id(), *index}));
}

Result<Instance> Linker::instantiate(StoreRef store, const Module& module) const {
  if (auto impl = detail::open(store); !impl) return detail::forward_error(impl);
  if (store.state()->engine != engine_ || module.engine() != engine_) {
    return fail(Errc::usage, "the linker, the store and the module belong to different engines");
  }
  std::string problems;
  std::vector<Extern> imports;
  imports.reserve(module.imports().size());
  for (const ImportType& import : module.imports()) {
    const std::string name = quoted(import.module, import.name);
    std::optional<Definition> made;
    const Definition* const found = find(KeyView(import.module, import.name), made);
    if (found == nullptr) {
      add_line(problems, "unknown import " + name + ": " + to_string(import.type));
      continue;
    }
    std::string reason;
    // A host function's type is known without making a function of the store.
    if (const auto* host = std::get_if<detail::HostDefinition>(found)) {
      reason = host_mismatch(engine_, host->type, import.type);
    } else {
      Result<ExternType> type = std::get<Extern>(*found).type(store);
      if (!type) {
        type.error().add_context("import " + name);
        return detail::forward_error(type);
      }
      reason = mismatch(*type, import.type);
    }
    if (!reason.empty()) {
      add_line(problems, std::string("incompatible import type ").append(name) + ": " + reason);
      continue;
    }
    if (!problems.empty()) continue;
    Result<Extern> item = resolve(store, *found, std::get_if<FuncType>(&import.type));
    if (!item) return detail::forward_error(item);
    imports.push_back(*item);
  }
  if (!problems.empty()) return fail(Errc::link, std::move(problems));
  return Instance::create(store, module, imports);
}

Result<Extern> Linker::get(StoreRef store, std::string_view module, std::string_view name) const {
  if (auto impl = detail::open(store); !impl) return detail::forward_error(impl);
  if (store.state()->engine != engine_) {
    return fail(Errc::usage, "the linker and the store belong to different engines");
  }
  std::optional<Definition> made;
  const Definition* const found = find(KeyView(module, name), made);
  if (found == nullptr) {
    return fail(Errc::not_found, "no definition of " + quoted(module, name));
  }
  return resolve(store, *found, nullptr);
}

bool Linker::has(std::string_view module, std::string_view name) const noexcept {
  return definitions_.contains(KeyView(module, name)) ||
         std::ranges::any_of(tables_, [&](const detail::HostTable* table) {
           return index_of(*table, module, name).has_value();
         });
}

}  // namespace weft
