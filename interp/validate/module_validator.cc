#include "interp/validate/module_validator.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "interp/decode/feature_gate.h"
#include "interp/validate/body_validation.h"
#include "interp/validate/const_expr_sink.h"
#include "interp/validate/function_validator.h"
#include "interp/validate/messages.h"

namespace weft::interp {
namespace {

constexpr uint64_t kMaxPages32 = uint64_t{1} << 16;
constexpr uint64_t kMaxPages64 = uint64_t{1} << 48;

class ModuleValidator {
 public:
  ModuleValidator(Module& module, TypeRegistry& types, const ValidateOptions& options)
      : x_module(module),
        x_types(types),
        x_options(options),
        x_context{module, types, options},
        x_const_sink(module.declared_funcs),
        x_const_exprs(x_context, x_const_sink) {
    module.declared_funcs.assign(module.funcs.size(), false);
  }

  Result<void> run();

 private:
  // --- types
  Result<void> types();
  Result<void> check_references(uint32_t type);
  Result<void> check_super(uint32_t type);
  Result<void> resolve(ValType& type) const;
  bool is_func_type(uint32_t type) const {
    return type < x_module.types.size() &&
           x_module.types[type].type.composite.kind == CompositeType::Kind::Func;
  }

  // --- index spaces
  Result<void> funcs();
  Result<void> tables();
  Result<void> memories();
  Result<void> memory(const MemoryType& type) const;
  Result<void> tags();
  Result<void> globals();
  Result<void> exports();
  Result<void> start();
  Result<void> elems();
  Result<void> elem(ElemSegment& segment);
  Result<void> datas();
  Result<void> constant(ConstExpr& expr, ValType type, uint32_t visible_globals);

  Result<void> require(Feature feature);
  uint32_t visible_globals(uint32_t defined_before) const;
  static Fail invalid(std::string message) { return fail(ErrorKind::Invalid, std::move(message)); }
  static Fail invalid_at(const ConstExpr& expr, std::string message) {
    return fail(ErrorKind::Invalid, expr.range.begin, std::move(message));
  }

  Module& x_module;
  TypeRegistry& x_types;
  const ValidateOptions& x_options;
  ValidationContext x_context;
  ConstExprSink x_const_sink;
  FunctionValidator<ConstExprSink> x_const_exprs;
};

Result<void> ModuleValidator::run() {
  WEFT_TRY(types());
  WEFT_TRY(funcs());
  // Before tables, whose initial values may read globals.
  for (Global& global : x_module.globals) WEFT_TRY(resolve(global.type.type));
  WEFT_TRY(tables());
  WEFT_TRY(memories());
  WEFT_TRY(tags());
  WEFT_TRY(globals());
  WEFT_TRY(exports());
  WEFT_TRY(start());
  WEFT_TRY(elems());
  WEFT_TRY(datas());
  WEFT_ASSIGN(const FeatureSet used, validate_bodies(x_context));
  x_module.used_features = x_module.used_features | used | x_const_exprs.used_features();
  return {};
}

// Constructs of the module level that only validation can tell apart.
Result<void> ModuleValidator::require(Feature feature) {
  x_module.used_features.add(feature);
  if (x_options.features.has(feature)) return {};
  return fail(ErrorKind::Unsupported, refusal_of(feature));
}

// --- types

Result<void> ModuleValidator::types() {
  std::vector<DefinedType>& types = x_module.types;
  std::vector<uint32_t> depths(types.size(), 0);
  for (uint32_t begin = 0; begin < types.size(); begin = types[begin].rec_group_end) {
    const uint32_t end = types[begin].rec_group_end;
    for (uint32_t i = begin; i < end; ++i) {
      WEFT_TRY(check_references(i));
      if (const auto super = types[i].type.super) depths[i] = depths[*super] + 1;
      if (depths[i] > x_options.limits.subtype_depth)
        return fail(ErrorKind::Limit, "sub type chain too long");
    }
    if (!x_types.intern_group(types, begin, end))
      return fail(ErrorKind::Exhausted, "too many types in this engine");
    for (uint32_t i = begin; i < end; ++i) WEFT_TRY(check_super(i));
  }
  return {};
}

// References reach back, or to anywhere in the same group; supertypes only back.
Result<void> ModuleValidator::check_references(uint32_t type) {
  const DefinedType& defined = x_module.types[type];
  const auto check = [&](ValType part) -> Result<void> {
    if (!part.is_ref() || !part.heap().is_index() || part.heap().index() < defined.rec_group_end)
      return {};
    return invalid(messages::unknown("type", part.heap().index()));
  };
  for (const ValType param : defined.type.composite.func.params) WEFT_TRY(check(param));
  for (const ValType result : defined.type.composite.func.results) WEFT_TRY(check(result));
  for (const FieldType& field : defined.type.composite.fields) WEFT_TRY(check(field.type));
  const auto super = defined.type.super;
  if (super && *super >= type) return invalid(messages::unknown("type", *super));
  return {};
}

Result<void> ModuleValidator::check_super(uint32_t type) {
  const SubType& sub = x_module.types[type].type;
  if (!sub.super) return {};
  const SubType& super = x_types.type(*sub.super);
  if (super.is_final || !matches(sub.composite, super.composite, x_types)) {
    return invalid("sub type " + std::to_string(type) + " does not match super type");
  }
  return {};
}

Result<void> ModuleValidator::resolve(ValType& type) const {
  const auto resolved = BodyTypes(x_module).resolve(type);
  if (!resolved) return invalid(messages::unknown("type", type.heap().index()));
  type = *resolved;
  return {};
}

// --- index spaces

Result<void> ModuleValidator::funcs() {
  for (const Func& func : x_module.funcs) {
    if (func.type_index >= x_module.types.size())
      return invalid(messages::unknown("type", func.type_index));
    if (!is_func_type(func.type_index)) return invalid(messages::not_a_func_type(func.type_index));
  }
  return {};
}

Result<void> check_limits(const Limits& limits, uint64_t most, const char* too_large) {
  if (limits.min > most || limits.max.value_or(0) > most)
    return fail(ErrorKind::Invalid, too_large);
  if (limits.max && limits.min > *limits.max) {
    return fail(ErrorKind::Invalid, "size minimum must not be greater than maximum");
  }
  return {};
}

Result<void> ModuleValidator::tables() {
  if (x_module.tables.size() > 1) WEFT_TRY(require(Feature::ReferenceTypes));
  for (uint32_t i = 0; i < x_module.tables.size(); ++i) {
    Table& table = x_module.tables[i];
    WEFT_TRY(resolve(table.type.element));
    const uint64_t most = table.type.index == IndexType::I64 ? UINT64_MAX : UINT32_MAX;
    WEFT_TRY(check_limits(table.type.limits, most, "table size must be at most 2^32-1"));
    if (table.init) {
      WEFT_TRY(constant(*table.init, table.type.element, visible_globals(0)));
    } else if (i >= x_module.imported_tables && !table.type.element.is_defaultable()) {
      return invalid("type mismatch: a table of " + to_string(table.type.element) +
                     " needs an initial value");
    }
  }
  return {};
}

Result<void> ModuleValidator::memories() {
  if (x_module.memories.size() > 1) WEFT_TRY(require(Feature::MultiMemory));
  for (const MemoryType& type : x_module.memories) WEFT_TRY(memory(type));
  return {};
}

Result<void> ModuleValidator::memory(const MemoryType& type) const {
  if (type.page_bytes_log2 != kPageBytesLog2 && type.page_bytes_log2 != 0)
    return invalid("invalid custom page size");
  const bool is64 = type.index == IndexType::I64;
  // Pages of one byte address all bytes but the last: the size is a number of the index type.
  const bool bytewise = type.page_bytes_log2 == 0;
  const uint64_t most32 = bytewise ? UINT32_MAX : kMaxPages32;
  const uint64_t most = is64 ? (bytewise ? UINT64_MAX : kMaxPages64) : most32;
  WEFT_TRY(check_limits(type.limits, most,
                        is64 ? "memory size must be at most 2^48 pages"
                             : "memory size must be at most 65536 pages (4GiB)"));
  if (type.shared && !type.limits.max) return invalid("shared memory must have maximum");
  return {};
}

Result<void> ModuleValidator::tags() {
  for (const TagType& tag : x_module.tags) {
    if (!is_func_type(tag.type_index)) return invalid(messages::unknown("type", tag.type_index));
    if (!x_module.types[tag.type_index].type.composite.func.results.empty()) {
      return invalid("non-empty tag result type");
    }
  }
  return {};
}

// Up to 2.0, constant expressions see imported globals only; since then all that were defined
// before.
uint32_t ModuleValidator::visible_globals(uint32_t defined_before) const {
  const bool all =
      x_options.features.has(Feature::ExtendedConst) || x_options.features.has(Feature::Gc);
  return x_module.imported_globals + (all ? defined_before : 0);
}

Result<void> ModuleValidator::globals() {
  for (uint32_t i = x_module.imported_globals; i < x_module.globals.size(); ++i) {
    Global& global = x_module.globals[i];
    WEFT_TRY(
        constant(global.init, global.type.type, visible_globals(i - x_module.imported_globals)));
  }
  return {};
}

Result<void> ModuleValidator::exports() {
  std::unordered_set<std::string_view> names;
  names.reserve(x_module.exports.size());
  for (const Export& item : x_module.exports) {
    const size_t sizes[] = {x_module.funcs.size(), x_module.tables.size(), x_module.memories.size(),
                            x_module.globals.size(), x_module.tags.size()};
    constexpr const char* kNames[] = {"function", "table", "memory", "global", "tag"};
    const auto kind = static_cast<size_t>(item.kind);
    if (item.index >= sizes[kind]) return invalid(messages::unknown(kNames[kind], item.index));
    if (!names.insert(item.name).second)
      return invalid("duplicate export name \"" + std::string(item.name) + '"');
    if (item.kind == ExternKind::Func) x_module.declared_funcs[item.index] = true;
    if (item.kind == ExternKind::Global && x_module.globals[item.index].type.is_mutable) {
      WEFT_TRY(require(Feature::MutableGlobals));
    }
  }
  return {};
}

Result<void> ModuleValidator::start() {
  if (!x_module.start) return {};
  if (*x_module.start >= x_module.funcs.size())
    return invalid(messages::unknown("function", *x_module.start));
  const FuncType& type = x_module.func_type(*x_module.start);
  if (!type.params.empty() || !type.results.empty()) {
    return invalid("start function must have type () -> (), not " + to_string(type));
  }
  return {};
}

// --- segments

Result<void> ModuleValidator::elems() {
  for (ElemSegment& segment : x_module.elems) WEFT_TRY(elem(segment));
  return {};
}

Result<void> ModuleValidator::elem(ElemSegment& segment) {
  const auto defined_globals =
      static_cast<uint32_t>(x_module.globals.size()) - x_module.imported_globals;
  const uint32_t globals = visible_globals(defined_globals);
  WEFT_TRY(resolve(segment.type));
  for (const uint32_t func : segment.funcs) {
    if (func >= x_module.funcs.size()) return invalid(messages::unknown("function", func));
    x_module.declared_funcs[func] = true;
  }
  for (ConstExpr& expr : segment.exprs) WEFT_TRY(constant(expr, segment.type, globals));
  if (segment.mode != SegmentMode::Active) return {};
  if (segment.table >= x_module.tables.size()) {
    return invalid_at(segment.offset, messages::unknown("table", segment.table));
  }
  const TableType& table = x_module.tables[segment.table].type;
  if (!matches(segment.type, table.element, x_types)) {
    return invalid_at(segment.offset, messages::type_mismatch(table.element, segment.type));
  }
  return constant(segment.offset, val_type_of(table.index), globals);
}

Result<void> ModuleValidator::datas() {
  const auto defined_globals =
      static_cast<uint32_t>(x_module.globals.size()) - x_module.imported_globals;
  for (DataSegment& segment : x_module.datas) {
    if (segment.mode != SegmentMode::Active) continue;
    if (segment.memory >= x_module.memories.size()) {
      return invalid_at(segment.offset, messages::unknown("memory", segment.memory));
    }
    if (segment.memory != 0) WEFT_TRY(require(Feature::MultiMemory));
    WEFT_TRY(constant(segment.offset, val_type_of(x_module.memories[segment.memory].index),
                      visible_globals(defined_globals)));
  }
  return {};
}

Result<void> ModuleValidator::constant(ConstExpr& expr, ValType type, uint32_t visible_globals) {
  WEFT_TRY(x_const_exprs.constant(expr.range, type, visible_globals));
  expr.instrs = x_const_sink.take();
  return {};
}

}  // namespace

Result<void> validate_module(Module& module, TypeRegistry& types, const ValidateOptions& options) {
  return ModuleValidator(module, types, options).run();
}

}  // namespace weft::interp
