#include "interp/runtime/instantiate.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "interp/core/bytes.h"
#include "interp/runtime/const_expr.h"
#include "interp/translate/code.h"
#include "interp/validate/type_registry.h"

namespace weft::interp {

namespace {

// A name for a message: quoted, control characters escaped, long ones cut. UTF-8 passes.
std::string quoted(std::string_view name) {
  constexpr size_t most = 200;
  std::string text = "\"";
  for (const char c : name.substr(0, most)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
      text += escape;
    } else {
      text += c;
    }
  }
  return text + (name.size() > most ? "...\"" : "\"");
}

std::string to_string(const Limits& limits, IndexType index) {
  std::string text = "{min " + std::to_string(limits.min);
  if (limits.max) text += ", max " + std::to_string(*limits.max);
  return (index == IndexType::I64 ? "i64 " : "") + text + "}";
}
std::string to_string(const TableType& type) {
  return "table " + to_string(type.limits, type.index) + " " + to_string(type.element);
}
std::string to_string(const MemoryType& type) {
  std::string text = "memory " + to_string(type.limits, type.index);
  if (type.page_bytes_log2 != kPageBytesLog2) {
    text += " with pages of 2^" + std::to_string(type.page_bytes_log2) + " bytes";
  }
  return text + (type.shared ? " shared" : "");
}
std::string to_string(const GlobalType& type) {
  return std::string("global ") + (type.is_mutable ? "mutable " : "") + to_string(type.type);
}

// What a table or memory is now: its type with the present size as minimum (Spec 3.0, 4.2.9).
TableType present_type(const TableInst& table) {
  TableType type = table.type;
  type.limits.min = table.size;
  return type;
}
MemoryType present_type(const MemoryInst& memory) {
  MemoryType type = memory.type;
  type.limits.min = memory.pages();
  return type;
}

std::string to_string_tag(const FuncType& type) { return "tag " + to_string(type); }

std::string to_string(const ExternVal& value) {
  switch (value.kind) {
    case ExternKind::Func:
      return "func " + to_string(func_type_of(*static_cast<FuncInst*>(value.object)));
    case ExternKind::Table:
      return to_string(present_type(*static_cast<TableInst*>(value.object)));
    case ExternKind::Memory:
      return to_string(present_type(*static_cast<MemoryInst*>(value.object)));
    case ExternKind::Global:
      return to_string(static_cast<GlobalInst*>(value.object)->type);
    case ExternKind::Tag:
      return to_string_tag(*static_cast<TagInst*>(value.object)->func_type);
  }
  return {};
}

// Spec 3.0, 3.3.10 "Import Subtyping": limits.
bool matches(const Limits& actual, const Limits& expected) {
  if (actual.min < expected.min) return false;
  return !expected.max || (actual.max && *actual.max <= *expected.max);
}

}  // namespace

// One instantiation: links, allocates, and takes back what it allocated if it fails before anyone
// has seen it.
class Instantiator {
 public:
  Instantiator(Store& store, std::shared_ptr<const CompiledModule> compiled)
      : x_store(store), x_compiled(std::move(compiled)), x_module(*x_compiled->module) {}

  Result<Instantiated> run(std::span<const ExternVal> imports) {
    WEFT_TRY(link(imports));
    // What constant expressions make is in no table or global for a while.
    const Store::NoCollection none(x_store);
    if (auto allocated = allocate(imports); !allocated) {
      for (; x_new_memories != 0; --x_new_memories) x_store.drop_last_memory();
      for (; x_new_tables != 0; --x_new_tables) x_store.drop_last_table();
      return std::unexpected(std::move(allocated).error());
    }
    const TrapCode evaluated = evaluate_elems();
    // From here on the instance may be reached through imported tables, whatever happens.
    x_store.x_instances.push_back(std::move(x_owner));
    return Instantiated{x_instance,
                        evaluated == TrapCode::None ? run_active_segments() : evaluated};
  }

 private:
  // A mutable global can be written through the import, so its type must be the same.
  bool global_matches(const GlobalType& actual, const GlobalType& expected) const {
    if (actual.is_mutable != expected.is_mutable) return false;
    return actual.is_mutable ? actual.type == expected.type
                             : matches(actual.type, expected.type, *x_store.types());
  }

  // Spec 3.0, 3.3.10 "Import Subtyping".
  bool import_matches(const Import& import, const ExternVal& value) const {
    if (value.kind != import.kind) return false;
    switch (import.kind) {
      case ExternKind::Func:
        return x_store.types()->is_subtype(static_cast<FuncInst*>(value.object)->type,
                                           x_module.func_type_id(import.index));
      case ExternKind::Table: {
        const TableType actual = present_type(*static_cast<TableInst*>(value.object));
        const TableType& expected = x_module.tables[import.index].type;
        return actual.index == expected.index && actual.element == expected.element &&
               matches(actual.limits, expected.limits);
      }
      case ExternKind::Memory: {
        const MemoryType actual = present_type(*static_cast<MemoryInst*>(value.object));
        const MemoryType& expected = x_module.memories[import.index];
        return actual.index == expected.index && actual.shared == expected.shared &&
               actual.page_bytes_log2 == expected.page_bytes_log2 &&
               matches(actual.limits, expected.limits);
      }
      case ExternKind::Global:
        return global_matches(static_cast<GlobalInst*>(value.object)->type,
                              x_module.globals[import.index].type);
      case ExternKind::Tag:
        return static_cast<TagInst*>(value.object)->type == tag_type_id(import.index);
    }
    return false;
  }

  TypeId tag_type_id(uint32_t tag) const {
    return x_module.types[x_module.tags[tag].type_index].id;
  }

  std::string expected_text(const Import& import) const {
    switch (import.kind) {
      case ExternKind::Func:
        return "func " + to_string(x_module.func_type(import.index));
      case ExternKind::Table:
        return to_string(x_module.tables[import.index].type);
      case ExternKind::Memory:
        return to_string(x_module.memories[import.index]);
      case ExternKind::Global:
        return to_string(x_module.globals[import.index].type);
      case ExternKind::Tag:
        return to_string_tag(x_store.types()->func_type(tag_type_id(import.index)));
    }
    return {};
  }

  Result<void> link(std::span<const ExternVal> imports) const {
    for (size_t i = 0; i < x_module.imports.size(); ++i) {
      const Import& import = x_module.imports[i];
      const auto name = [&import] { return quoted(import.module) + " " + quoted(import.name); };
      if (i >= imports.size() || imports[i].object == nullptr) {
        return fail(ErrorKind::Unlinkable,
                    "unknown import: " + name() + " (" + expected_text(import) + ")");
      }
      if (!import_matches(import, imports[i])) {
        return fail(ErrorKind::Unlinkable, "incompatible import type: " + name() + ": expected " +
                                               expected_text(import) + ", found " +
                                               to_string(imports[i]));
      }
    }
    if (imports.size() > x_module.imports.size()) {
      return fail(ErrorKind::Unlinkable,
                  "unknown import: the module has " + std::to_string(x_module.imports.size()) +
                      " imports, " + std::to_string(imports.size()) + " were given");
    }
    return {};
  }

  Result<void> allocate(std::span<const ExternVal> imports) {
    const Limiter& limiter = x_store.limiter();
    if (x_store.instances().size() >= limiter.max_instances) {
      return fail(ErrorKind::Limit, "too many instances in the store (at most " +
                                        std::to_string(limiter.max_instances) + ")");
    }
    x_owner = Instance::make(x_store, x_compiled);
    if (x_owner == nullptr)
      return fail(ErrorKind::Exhausted, "memory for the instance could not be had");
    x_instance = x_owner.get();
    take_imports(imports);

    for (uint32_t i = x_module.imported_memories; i < x_module.memories.size(); ++i) {
      WEFT_ASSIGN(*x_instance->context_slot<MemoryInst>(x_compiled->layout.memories, i),
                  x_store.new_memory(x_module.memories[i]));
      ++x_new_memories;
    }
    for (uint32_t i = x_module.imported_tags; i < x_module.tags.size(); ++i) {
      const TypeId type = tag_type_id(i);
      *x_instance->context_slot<TagInst>(x_compiled->layout.tags, i) =
          x_store.new_tag(type, x_store.types()->func_type(type));
    }
    Context& context = x_instance->context();
    bool guarded = kHasGuardMode;
    if (!x_module.memories.empty()) {
      context.memory0 = x_instance->memory(0);
      guarded = guarded && context.memory0->mode == MemoryMode::Guard;
      x_store.state().check_fault_handler |= guarded;
    }
    // Code that checks works on any memory; code that doesn't needs guard pages around memory 0.
    // Accesses to other memories always check.
    context.code =
        &x_compiled->code({.memory_mode = guarded ? MemoryMode::Guard : MemoryMode::Checked,
                           .fuel = x_store.config().fuel,
                           .count_dispatches = x_store.config().profile,
                           .optimizations = x_store.config().optimizations});

    // In this order: a table's initialiser may read any global, a global's those before it.
    for (uint32_t i = x_module.imported_globals; i < x_module.globals.size(); ++i) {
      WEFT_TRY(define_global(i));
    }
    for (uint32_t i = x_module.imported_tables; i < x_module.tables.size(); ++i) {
      const Table& table = x_module.tables[i];
      Value init;
      if (table.init) {
        WEFT_ASSIGN(init, evaluate_or_fail(*table.init));
      }
      WEFT_ASSIGN(*x_instance->context_slot<TableInst>(x_compiled->layout.tables, i),
                  x_store.new_table(table.type, init.ref));
      ++x_new_tables;
    }
    return {};
  }

  void take_imports(std::span<const ExternVal> imports) {
    const ContextLayout& layout = x_compiled->layout;
    for (size_t i = 0; i < x_module.imports.size(); ++i) {
      const uint32_t index = x_module.imports[i].index;
      void* const object = imports[i].object;
      switch (x_module.imports[i].kind) {
        case ExternKind::Func:
          *x_instance->context_slot<FuncInst>(layout.imported_funcs, index) =
              static_cast<FuncInst*>(object);
          break;
        case ExternKind::Table:
          *x_instance->context_slot<TableInst>(layout.tables, index) =
              static_cast<TableInst*>(object);
          break;
        case ExternKind::Memory:
          *x_instance->context_slot<MemoryInst>(layout.memories, index) =
              static_cast<MemoryInst*>(object);
          break;
        case ExternKind::Global: {
          auto* const global = static_cast<GlobalInst*>(object);
          x_instance->x_imported_globals[index] = global;
          *x_instance->context_slot<Value>(layout.imported_globals, index) = global->value;
          break;
        }
        case ExternKind::Tag:
          *x_instance->context_slot<TagInst>(layout.tags, index) = static_cast<TagInst*>(object);
          break;
      }
    }
  }

  Result<Value> evaluate_or_fail(const ConstExpr& expr) {
    const Trapping<Value> evaluated = evaluate(expr, *x_instance);
    if (evaluated.trap == TrapCode::None) return evaluated.value;
    return fail(ErrorKind::Exhausted,
                std::string(text_of(evaluated.trap)) + ": memory for an object could not be had");
  }

  Result<void> define_global(uint32_t index) {
    const Global& global = x_module.globals[index];
    GlobalInst& defined = *x_instance->global(index);
    defined.type = global.type;
    defined.value = x_instance->own_global(index - x_module.imported_globals);
    WEFT_ASSIGN(*defined.value, evaluate_or_fail(global.init));
    return {};
  }

  Trapping<Value> element(const ElemSegment& segment, size_t i) {
    if (segment.uses_exprs) return evaluate(segment.exprs[i], *x_instance);
    return {Value::of_ref(x_instance->func(segment.funcs[i]))};
  }

  // Passive segments keep their references; active ones are written below, without a copy in
  // between.
  TrapCode evaluate_elems() {
    for (size_t s = 0; s < x_module.elems.size(); ++s) {
      const ElemSegment& segment = x_module.elems[s];
      if (segment.mode != SegmentMode::Passive) continue;
      std::vector<void*>& refs = x_instance->x_elems[s];
      refs.reserve(segment.size());
      for (size_t i = 0; i < segment.size(); ++i) {
        const Trapping<Value> evaluated = element(segment, i);
        if (evaluated.trap != TrapCode::None) return evaluated.trap;
        refs.push_back(evaluated.value.ref);
      }
    }
    return TrapCode::None;
  }

  // Unsigned, as wide as the memory or table is addressed. Of numbers: nothing that can trap.
  uint64_t offset_of(const ConstExpr& expr, IndexType index) {
    const Value value = evaluate(expr, *x_instance).value;
    return index == IndexType::I64 ? value.i64 : value.i32;
  }

  // Spec 3.0, 4.7.2: as if by table.init and elem.drop, then memory.init and data.drop, in order,
  // until one traps. What was written before stays.
  TrapCode run_active_segments() {
    for (const ElemSegment& segment : x_module.elems) {
      if (segment.mode != SegmentMode::Active) continue;
      TableInst& table = *x_instance->table(segment.table);
      const uint64_t offset = offset_of(segment.offset, table.type.index);
      if (!table.in_bounds(offset, segment.size())) return TrapCode::OutOfBoundsTableAccess;
      for (size_t i = 0; i < segment.size(); ++i) {
        const Trapping<Value> evaluated = element(segment, i);
        if (evaluated.trap != TrapCode::None) return evaluated.trap;
        table.set(offset + i, evaluated.value.ref);
      }
    }
    for (uint32_t i = 0; i < x_module.datas.size(); ++i) {
      const DataSegment& segment = x_module.datas[i];
      if (segment.mode != SegmentMode::Active) continue;
      MemoryInst& memory = *x_instance->memory(segment.memory);
      const uint64_t offset = offset_of(segment.offset, memory.type.index);
      const auto bytes = x_module.bytes(segment.bytes);
      if (!memory.in_bounds(offset, bytes.size())) return TrapCode::OutOfBoundsMemoryAccess;
      if (!bytes.empty()) copy_bytes(memory.base + offset, bytes.data(), bytes.size());
      x_instance->drop_data(i);
    }
    return TrapCode::None;
  }

  Store& x_store;
  const std::shared_ptr<const CompiledModule> x_compiled;
  const Module& x_module;
  std::unique_ptr<Instance> x_owner;
  Instance* x_instance = nullptr;
  uint32_t x_new_memories = 0;
  uint32_t x_new_tables = 0;
};

Result<Instantiated> instantiate(Store& store, std::shared_ptr<const CompiledModule> module,
                                 std::span<const ExternVal> imports) {
  return Instantiator(store, std::move(module)).run(imports);
}

}  // namespace weft::interp
