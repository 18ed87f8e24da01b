#include "interp/debug/module_printer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "interp/debug/body_reader.h"
#include "interp/debug/branch_hints.h"
#include "interp/debug/identifiers.h"
#include "interp/debug/instr_printer.h"
#include "interp/decode/names.h"
#include "interp/text/section_words.h"

namespace weft::interp {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 16;
constexpr size_t kMaxIndent = 40;       // deeper blocks are not indented further
constexpr size_t kBytesPerString = 64;  // of a data segment, one string a line
constexpr std::string_view kNameSection = "name";

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ModulePrinter final : public IndexNames {
 public:
  ModulePrinter(const Module& module, const TextSink& sink);
  Result<void> run();

  std::string of(NameOf space, uint32_t index) const override;
  std::string field(uint32_t type, uint32_t index) const override;

 private:
  struct Label {
    std::string_view name;  // empty if it has none
    uint32_t shadowed;      // what the name stood for outside: a label's number + 1, or 0
  };
  // A structured instruction that is open.
  struct Block {
    Opcode opcode;
    bool is_last_clause = false;  // behind else or catch_all
  };

  Identifiers& ids(NameOf space) { return x_ids[static_cast<size_t>(space)]; }
  std::string definition(NameOf space, uint32_t index) const {
    return x_ids[static_cast<size_t>(space)].numbered_definition(index);
  }
  std::string type(ValType type) const { return print_type(type, *this); }

  void write(std::string_view text) {
    x_out += text;
    if (x_out.size() >= kPieceBytes) flush();
  }
  void line(size_t depth, std::string_view text) {
    x_out.append(2 * std::min(depth, kMaxIndent), ' ');
    write(text);
    x_out += '\n';
  }
  void flush();
  void fail(Error error) {
    if (!x_error) x_error.emplace(std::move(error));
  }

  void sections();
  void section(SectionId id, Reader& in);
  void custom(Reader& in, std::optional<SectionId> last, bool before_code);
  void type_section(Reader& in);
  void memory_section(Reader& in);
  void imports();
  ByteRange type_of(const Import& import) const;
  void defined(NameOf space, std::string_view word, uint32_t imported, size_t count);
  void exports();
  void elems();
  void datas();

  std::string sub_type(const SubType& sub, uint32_t index) const;
  std::string composite(const CompositeType& type, uint32_t index) const;
  std::string field_type(const FieldType& field) const;
  std::string types(std::string_view word, std::span<const ValType> types,
                    const Identifiers* names) const;
  std::string type_use(uint32_t index);
  std::string limits(IndexType index, const Limits& limits) const;
  std::string memory(const MemoryType& type, bool has_page_size);
  // What follows the definition's name, but for memories.
  std::string describe(NameOf space, uint32_t index);
  std::string expression(const ConstExpr& expr, std::string_view word);

  void func(uint32_t index);
  void begin_func(uint32_t index);
  void locals(BodyReader& body, uint32_t params);
  void instr(BodyReader& body, const BodyReader::Instr& instr, std::optional<uint8_t> hint);
  bool is_misplaced(Opcode opcode) const;
  void push_label(std::string_view name);
  void pop_label();

  const Module& x_module;
  const TextSink& x_sink;
  NameSection x_names;
  std::string x_out;
  uint64_t x_written = 0;
  std::optional<Error> x_error;

  std::array<Identifiers, kNameKinds> x_ids;
  std::unordered_map<uint32_t, Identifiers> x_fields;  // by type
  BranchHints x_hints;

  // Of the function at hand.
  std::vector<Block> x_blocks;
  std::vector<Label> x_labels;
  std::unordered_map<std::string_view, uint32_t> x_label_numbers;
  std::vector<NameSection::Entry> x_label_names;
  size_t x_next_label_name = 0;
  uint32_t x_block_count = 0;
};

ModulePrinter::ModulePrinter(const Module& module, const TextSink& sink)
    : x_module(module), x_sink(sink), x_names(module) {
  const std::pair<NameOf, size_t> spaces[] = {
      {NameOf::Func, module.funcs.size()},     {NameOf::Type, module.types.size()},
      {NameOf::Table, module.tables.size()},   {NameOf::Memory, module.memories.size()},
      {NameOf::Global, module.globals.size()}, {NameOf::Elem, module.elems.size()},
      {NameOf::Data, module.datas.size()},     {NameOf::Tag, module.tags.size()}};
  for (const auto& [space, count] : spaces) {
    for (uint32_t i = 0; i < count; ++i) ids(space).add(i, x_names.find(space, i));
  }
  for (uint32_t i = 0; i < module.types.size(); ++i) {
    for (const auto& [index, name] : x_names.within(NameOf::Field, i)) x_fields[i].add(index, name);
  }
}

std::string ModulePrinter::of(NameOf space, uint32_t index) const {
  if (space != NameOf::Label) return x_ids[static_cast<size_t>(space)].reference(index);
  if (index < x_labels.size()) {
    const auto number = static_cast<uint32_t>(x_labels.size() - index);
    const std::string_view name = x_labels[number - 1].name;
    if (!name.empty() && x_label_numbers.at(name) == number) return identifier_of(name);
  }
  return std::to_string(index);
}

std::string ModulePrinter::field(uint32_t type, uint32_t index) const {
  const auto names = x_fields.find(type);
  return names == x_fields.end() ? std::to_string(index) : names->second.reference(index);
}

void ModulePrinter::flush() {
  x_written += x_out.size();
  if (x_written > UINT32_MAX) fail(Error(ErrorKind::Limit, "text larger than 4 GiB"));
  if (!x_error) x_sink(x_out);
  x_out.clear();
}

Result<void> ModulePrinter::run() {
  write("(module");
  if (!x_names.module().empty()) write(" " + identifier_of(x_names.module()));
  write("\n");
  sections();
  write(")\n");
  flush();
  if (x_error) return std::unexpected(*std::move(x_error));
  return {};
}

// Sections.

void ModulePrinter::sections() {
  constexpr uint64_t kHeaderBytes = 8;
  const std::span<const uint8_t> bytes = x_module.source.bytes;
  Reader in(bytes, {kHeaderBytes, bytes.size()});
  std::optional<SectionId> last;
  while (!x_error && !in.at_end()) {
    const auto id = static_cast<SectionId>(in.byte());
    Reader contents = in.sub(in.length());
    if (id == SectionId::Custom) {
      custom(contents, last, static_cast<SectionId>(in.peek()) == SectionId::Code);
    } else {
      section(id, contents);
      last = id;
    }
  }
}

void ModulePrinter::section(SectionId id, Reader& in) {
  const Module& m = x_module;
  switch (id) {
    case SectionId::Custom:
    case SectionId::Function:
    case SectionId::DataCount:
      return;
    case SectionId::Type:
      return type_section(in);
    case SectionId::Import:
      return imports();
    case SectionId::Table:
      return defined(NameOf::Table, "table", m.imported_tables, m.tables.size());
    case SectionId::Memory:
      return memory_section(in);
    case SectionId::Tag:
      return defined(NameOf::Tag, "tag", m.imported_tags, m.tags.size());
    case SectionId::Global:
      return defined(NameOf::Global, "global", m.imported_globals, m.globals.size());
    case SectionId::Export:
      return exports();
    case SectionId::Start:
      return line(1, "(start " + of(NameOf::Func, *m.start) + ")");
    case SectionId::Element:
      return elems();
    case SectionId::Code:
      for (uint32_t i = m.imported_funcs; i < m.funcs.size() && !x_error; ++i) func(i);
      return;
    case SectionId::Data:
      return datas();
  }
}

// The first name section has become identifiers, and branch hints are where their branches are, if
// that is where the assembler takes them from.
void ModulePrinter::custom(Reader& in, std::optional<SectionId> last, bool before_code) {
  const std::string_view name = in.name(UINT32_MAX);
  const ByteRange payload{in.offset(), in.offset() + in.remaining()};
  if (name == kNameSection) {
    const auto first = std::ranges::find(x_module.customs, name, &CustomSection::name);
    if (first->payload.begin == payload.begin) return;
  }
  if (name == kBranchHintSection && before_code && x_hints.empty()) {
    x_hints = read_branch_hints(x_module, payload).value_or(BranchHints());
    if (!x_hints.empty()) return;
  }
  std::string place = "before first";
  if (last == SectionId::DataCount) {
    place = "before code";
  } else if (last) {
    place = "after ";
    place += std::ranges::find(kSections, *last, &SectionWord::id)->word;
  }
  line(1, "(@custom " + quoted_name(name) + " (" + place + ") " +
              quoted_bytes(text_of(x_module.bytes(payload))) + ")");
}

void ModulePrinter::type_section(Reader& in) {
  FeatureGate gate{.enabled = kSupportedFeatures | x_module.used_features, .used = {}};
  const ImplementationLimits limits;
  TypeReader reader(in, gate, limits);
  const uint32_t groups = in.u32();
  uint32_t index = 0;
  for (uint32_t i = 0; i < groups; ++i) {
    // A group of one is written in two ways, which the module doesn't tell apart.
    const bool is_group = in.peek() == kRecType;
    std::vector<DefinedType> group;
    reader.rec_type(group);
    if (is_group) line(1, "(rec");
    for (const DefinedType& defined : group) {
      line(is_group ? 2 : 1,
           "(type" + definition(NameOf::Type, index) + " " + sub_type(defined.type, index) + ")");
      ++index;
    }
    if (is_group) line(1, ")");
  }
}

void ModulePrinter::memory_section(Reader& in) {
  FeatureGate gate{.enabled = kSupportedFeatures | x_module.used_features, .used = {}};
  const ImplementationLimits limits;
  TypeReader reader(in, gate, limits);
  const uint32_t count = in.u32();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = x_module.imported_memories + i;
    // The usual page size may be there or not, which the module doesn't tell apart.
    const bool has_page_size = in.peek() & kLimitsPageSize;
    const MemoryType type = reader.memory_type();
    line(1, "(memory" + definition(NameOf::Memory, index) + memory(type, has_page_size) + ")");
  }
}

void ModulePrinter::imports() {
  constexpr NameOf kSpaces[] = {NameOf::Func, NameOf::Table, NameOf::Memory, NameOf::Global,
                                NameOf::Tag};
  for (const Import& import : x_module.imports) {
    const NameOf space = kSpaces[static_cast<size_t>(import.kind)];
    const std::string_view word = kExternKindNames[static_cast<size_t>(import.kind)];
    if (space == NameOf::Func) begin_func(import.index);
    std::string text =
        "(import " + quoted_name(import.module) + " " + quoted_name(import.name) + " (";
    text.append(word).append(definition(space, import.index));
    if (space == NameOf::Memory) {
      const Reader flags(x_module.source.bytes, type_of(import));
      text += memory(x_module.memories[import.index], flags.peek() & kLimitsPageSize);
    } else {
      text += describe(space, import.index);
    }
    line(1, text + "))");
  }
}

// The bytes from an import's type on: it follows the name and the kind.
ByteRange ModulePrinter::type_of(const Import& import) const {
  const std::span<const uint8_t> bytes = x_module.source.bytes;
  const std::string_view name = import.name;
  const auto name_end = name.data() + name.size() - reinterpret_cast<const char*>(bytes.data());
  return {static_cast<uint64_t>(name_end) + 1, bytes.size()};
}

void ModulePrinter::defined(NameOf space, std::string_view word, uint32_t imported, size_t count) {
  for (uint32_t i = imported; i < count; ++i) {
    line(1, "(" + std::string(word) + definition(space, i) + describe(space, i) + ")");
  }
}

void ModulePrinter::exports() {
  constexpr NameOf kSpaces[] = {NameOf::Func, NameOf::Table, NameOf::Memory, NameOf::Global,
                                NameOf::Tag};
  for (const Export& item : x_module.exports) {
    const auto kind = static_cast<size_t>(item.kind);
    line(1, "(export " + quoted_name(item.name) + " (" + kExternKindNames[kind] + " " +
                of(kSpaces[kind], item.index) + "))");
  }
}

void ModulePrinter::elems() {
  for (uint32_t i = 0; i < x_module.elems.size(); ++i) {
    const ElemSegment& segment = x_module.elems[i];
    write("  (elem" + definition(NameOf::Elem, i));
    if (segment.mode == SegmentMode::Declarative) write(" declare");
    if (segment.names_table) write(" (table " + of(NameOf::Table, segment.table) + ")");
    if (segment.mode == SegmentMode::Active) write(expression(segment.offset, "offset"));
    write(segment.uses_exprs ? " " + type(segment.type) : " func");
    for (const uint32_t func : segment.funcs) write(" " + of(NameOf::Func, func));
    for (const ConstExpr& expr : segment.exprs) write(expression(expr, "item"));
    write(")\n");
  }
}

void ModulePrinter::datas() {
  for (uint32_t i = 0; i < x_module.datas.size(); ++i) {
    const DataSegment& segment = x_module.datas[i];
    write("  (data" + definition(NameOf::Data, i));
    if (segment.memory != 0) write(" (memory " + of(NameOf::Memory, segment.memory) + ")");
    if (segment.mode == SegmentMode::Active) write(expression(segment.offset, "offset"));
    std::string_view rest = text_of(x_module.bytes(segment.bytes));
    const std::string_view separator = rest.size() > kBytesPerString ? "\n    " : " ";
    for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kBytesPerString))) {
      write(separator);
      write(quoted_bytes(rest.substr(0, kBytesPerString)));
    }
    write(")\n");
  }
}

// Types.

std::string ModulePrinter::sub_type(const SubType& sub, uint32_t index) const {
  if (sub.is_final && !sub.super) return composite(sub.composite, index);
  std::string text = sub.is_final ? "(sub final " : "(sub ";
  if (sub.super) text += of(NameOf::Type, *sub.super) + " ";
  return text + composite(sub.composite, index) + ")";
}

std::string ModulePrinter::composite(const CompositeType& type, uint32_t index) const {
  switch (type.kind) {
    case CompositeType::Kind::Func:
      return "(func" + types("param", type.func.params, nullptr) +
             types("result", type.func.results, nullptr) + ")";
    case CompositeType::Kind::Array:
      return "(array " + field_type(type.fields.front()) + ")";
    case CompositeType::Kind::Struct:
      break;
  }
  std::string text = "(struct";
  const auto names = x_fields.find(index);
  for (uint32_t i = 0; i < type.fields.size(); ++i) {
    text += " (field";
    if (names != x_fields.end()) text += names->second.definition(i);
    text += " " + field_type(type.fields[i]) + ")";
  }
  return text + ")";
}

std::string ModulePrinter::field_type(const FieldType& field) const {
  std::string text = type(field.type);
  if (field.packed == FieldType::Packed::I8) text = "i8";
  if (field.packed == FieldType::Packed::I16) text = "i16";
  return field.is_mutable ? "(mut " + text + ")" : text;
}

// Those with a name stand alone.
std::string ModulePrinter::types(std::string_view word, std::span<const ValType> types,
                                 const Identifiers* names) const {
  std::string text;
  bool is_open = false;
  const auto close = [&] {
    if (is_open) text += ")";
    is_open = false;
  };
  for (uint32_t i = 0; i < types.size(); ++i) {
    const bool is_named = names != nullptr && names->has(i);
    if (is_named) close();
    if (!is_open) text.append(" (").append(word);
    is_open = true;
    if (is_named) text += names->definition(i);
    text += " " + type(types[i]);
    if (is_named) close();
  }
  close();
  return text;
}

std::string ModulePrinter::type_use(uint32_t index) {
  std::string text = " (type " + of(NameOf::Type, index) + ")";
  if (index >= x_module.types.size()) return text;
  const CompositeType& type = x_module.types[index].type.composite;
  if (type.kind != CompositeType::Kind::Func) return text;
  return text + types("param", type.func.params, &ids(NameOf::Local)) +
         types("result", type.func.results, nullptr);
}

std::string ModulePrinter::limits(IndexType index, const Limits& limits) const {
  std::string text = index == IndexType::I64 ? " i64 " : " ";
  text += std::to_string(limits.min);
  if (limits.max) text += " " + std::to_string(*limits.max);
  return text;
}

std::string ModulePrinter::memory(const MemoryType& type, bool has_page_size) {
  std::string text = limits(type.index, type.limits);
  if (type.shared) text += " shared";
  if (!has_page_size) return text;
  if (type.page_bytes_log2 >= 64) fail(Error(ErrorKind::Invalid, "invalid custom page size"));
  const uint64_t bytes = uint64_t{1} << (type.page_bytes_log2 & 63);
  return text + " (pagesize " + std::to_string(bytes) + ")";
}

std::string ModulePrinter::describe(NameOf space, uint32_t index) {
  std::string text;
  switch (space) {
    case NameOf::Func:
      return type_use(x_module.funcs[index].type_index);
    case NameOf::Table: {
      const Table& table = x_module.tables[index];
      text = limits(table.type.index, table.type.limits) + " " + type(table.type.element);
      return table.init ? text + expression(*table.init, {}) : text;
    }
    case NameOf::Global: {
      const Global& global = x_module.globals[index];
      text = type(global.type.type);
      text = global.type.is_mutable ? " (mut " + text + ")" : " " + text;
      return index < x_module.imported_globals ? text : text + expression(global.init, {});
    }
    case NameOf::Tag:
      ids(NameOf::Local).clear();
      return type_use(x_module.tags[index].type_index);
    default:
      return text;
  }
}

// A single instruction in parentheses, others in those of the word if there is one.
std::string ModulePrinter::expression(const ConstExpr& expr, std::string_view word) {
  ids(NameOf::Local).clear();
  BodyReader body(x_module, expr.range);
  std::string text;
  size_t count = 0;
  for (BodyReader::Instr instr; body.next(instr); ++count) {
    text += " " + print_instr(instr.opcode, instr.immediate, *this);
  }
  if (count == 1) return " (" + text.substr(1) + ")";
  if (word.empty()) return text;
  return " (" + std::string(word) + text + ")";
}

// Functions.

void ModulePrinter::begin_func(uint32_t index) {
  Identifiers& locals = ids(NameOf::Local);
  locals.clear();
  for (const auto& [local, name] : x_names.within(NameOf::Local, index)) locals.add(local, name);
  x_label_names = x_names.within(NameOf::Label, index);
  x_next_label_name = 0;
  x_block_count = 0;
  x_blocks.clear();
  x_labels.clear();
  x_label_numbers.clear();
}

void ModulePrinter::func(uint32_t index) {
  begin_func(index);
  line(1, "(func" + definition(NameOf::Func, index) + describe(NameOf::Func, index));
  const uint32_t type = x_module.funcs[index].type_index;
  const ByteRange range = x_module.funcs[index].body;
  BodyReader body(x_module, range);
  locals(body, type < x_module.types.size()
                   ? static_cast<uint32_t>(x_module.func_type(index).params.size())
                   : 0);
  bool ended = false;
  for (BodyReader::Instr next; !ended && !x_error && body.next(next);) {
    ended = next.opcode == Opcode::End && x_blocks.empty();
    const auto hint = x_hints.find({index, next.offset - range.begin});
    if (!ended) {
      instr(body, next, hint == x_hints.end() ? std::nullopt : std::optional(hint->second));
    }
  }
  if (body.ok() && !ended) body.fail(ErrorKind::Malformed, range.end, "END opcode expected");
  if (body.ok() && !body.at_end()) {
    body.fail(ErrorKind::Malformed, range.end, "END opcode expected at the end of the body");
  }
  if (!body.ok()) return fail(body.take_error());
  line(1, ")");
}

void ModulePrinter::locals(BodyReader& body, uint32_t params) {
  uint64_t local = params;
  std::string text;
  const Identifiers& names = ids(NameOf::Local);
  body.locals([&](uint64_t offset, uint32_t count, ValType type) {
    if (local + count > body.limits().locals) {
      return body.fail(ErrorKind::Limit, offset, "too many locals");
    }
    bool is_open = false;
    for (const uint64_t end = local + count; local < end; ++local) {
      const auto index = static_cast<uint32_t>(local);
      const bool is_named = names.has(index);
      if (is_open && is_named) text += ")";
      if (!is_open || is_named) text += " (local" + names.definition(index);
      text += " " + this->type(type);
      if (is_named) text += ")";
      is_open = !is_named;
    }
    if (is_open) text += ")";
  });
  if (!text.empty()) line(2, text.substr(1));
}

// Whether the structured instructions that are open don't permit this one.
bool ModulePrinter::is_misplaced(Opcode opcode) const {
  const auto is_in = [&](Opcode block) {
    return !x_blocks.empty() && x_blocks.back().opcode == block && !x_blocks.back().is_last_clause;
  };
  switch (opcode) {
    case Opcode::Else:
      return !is_in(Opcode::If);
    case Opcode::Catch:
    case Opcode::CatchAll:
      return !is_in(Opcode::Try) && !is_in(Opcode::Catch);
    case Opcode::Delegate:
      return !is_in(Opcode::Try);
    default:
      return false;
  }
}

void ModulePrinter::instr(BodyReader& body, const BodyReader::Instr& instr,
                          std::optional<uint8_t> hint) {
  if (is_misplaced(instr.opcode)) {
    return body.fail(ErrorKind::Malformed, instr.offset,
                     "unexpected " + std::string(info(instr.opcode).text));
  }
  size_t depth = x_blocks.size() + 2;
  switch (instr.opcode) {
    case Opcode::End:
    case Opcode::Delegate:  // whose label is one outside of its block
      pop_label();
      x_blocks.pop_back();
      --depth;
      break;
    case Opcode::Else:
    case Opcode::CatchAll:
      x_blocks.back().is_last_clause = true;
      --depth;
      break;
    case Opcode::Catch:
      x_blocks.back().opcode = Opcode::Catch;
      --depth;
      break;
    default:
      break;
  }
  if (hint)
    line(depth,
         *hint ? "(@metadata.code.branch_hint \"\\01\")" : "(@metadata.code.branch_hint \"\\00\")");
  std::string text = print_instr(instr.opcode, instr.immediate, *this);
  if (opens_block(instr.opcode)) {
    std::string_view name;
    if (x_next_label_name < x_label_names.size() &&
        x_label_names[x_next_label_name].index == x_block_count) {
      name = x_label_names[x_next_label_name++].name;
    }
    ++x_block_count;
    if (!name.empty()) text.insert(info(instr.opcode).text.size(), " " + identifier_of(name));
    push_label(name);
    x_blocks.push_back({instr.opcode});
  }
  line(depth, text);
}

void ModulePrinter::push_label(std::string_view name) {
  uint32_t shadowed = 0;
  if (!name.empty()) {
    const auto number = static_cast<uint32_t>(x_labels.size() + 1);
    shadowed = std::exchange(x_label_numbers[name], number);
  }
  x_labels.push_back({name, shadowed});
}

void ModulePrinter::pop_label() {
  const Label label = x_labels.back();
  x_labels.pop_back();
  if (!label.name.empty()) x_label_numbers[label.name] = label.shadowed;
}

}  // namespace

Result<void> print_module(const Module& module, const TextSink& sink) {
  return ModulePrinter(module, sink).run();
}

}  // namespace weft::interp
