// The module as its sections.

#include <string>
#include <utility>

#include "interp/text/module_parser.h"
#include "interp/text/section_words.h"

namespace weft::interp {

using Kind = Token::Kind;

namespace {

// Places of custom sections: before the first, around each, behind the last.
constexpr size_t kFirstPlace = 0;
constexpr size_t place_before(size_t section) { return 2 * section + 1; }
constexpr size_t place_after(size_t section) { return 2 * section + 2; }
constexpr size_t kLastPlace = place_after(std::size(kSections));

void write_custom(Writer& out, std::string_view name, std::string_view contents) {
  Writer section;
  section.name(name);
  section.bytes(contents);
  out.byte(static_cast<uint8_t>(SectionId::Custom));
  out.sized(section);
}

}  // namespace

// (@custom "name" (before x)? "bytes"*)
void ModuleParser::custom() {
  x_in.advance();
  if (!x_in.at(Kind::String)) {
    return x_in.fail(x_in.token(), "@custom annotation: missing section name");
  }
  Custom result{.place = kLastPlace, .name = {}, .bytes = {}};
  result.name = x_in.utf8_string(x_in.token(), "@custom annotation: malformed UTF-8 encoding");
  x_in.advance();
  if (x_in.take(Kind::LeftParen)) {
    result.place = custom_place();
    x_in.close();
  }
  result.bytes = data_strings();
  if (!x_in.take(Kind::RightParen)) {
    return x_in.fail(x_in.token(), "@custom annotation: unexpected token", "a string or )");
  }
  x_customs.push_back(std::move(result));
}

size_t ModuleParser::custom_place() {
  const bool before = x_in.take_keyword("before");
  if (!before && !x_in.take_keyword("after")) {
    x_in.fail(x_in.token(), "@custom annotation: malformed placement", "before or after");
  }
  if (x_in.take_keyword(before ? "first" : "last")) return before ? kFirstPlace : kLastPlace;
  for (size_t i = 0; i < std::size(kSections); ++i) {
    if (x_in.take_keyword(kSections[i].word)) return before ? place_before(i) : place_after(i);
  }
  x_in.fail(x_in.token(), "@custom annotation: malformed section kind");
  return kLastPlace;
}

std::vector<uint8_t> ModuleParser::finish() {
  Writer out;
  out.reserve(x_codes.contents.size() + x_datas.contents.size() + x_elems.contents.size() +
              x_exports.contents.size() + x_state.type_section.size() + 4096);
  out.fixed(kMagic, 4);
  out.fixed(kBinaryVersion, 4);
  write_customs(out, kFirstPlace);
  for (size_t i = 0; i < std::size(kSections); ++i) {
    write_customs(out, place_before(i));
    write_section(out, kSections[i].id);
    write_customs(out, place_after(i));
  }
  write_customs(out, kLastPlace);
  const Writer names = x_state.names.take();
  if (!names.empty()) write_custom(out, "name", names.view());
  return out.take();
}

void ModuleParser::write_customs(Writer& out, size_t place) {
  for (const Custom& custom : x_customs) {
    if (custom.place == place) write_custom(out, custom.name, custom.bytes);
  }
}

void ModuleParser::write_items(Writer& out, SectionId id, const Items& items) {
  if (items.count == 0) return;
  Writer count;
  count.u32(items.count);
  out.byte(static_cast<uint8_t>(id));
  out.u64(count.size() + items.contents.size());
  out.bytes(count.view());
  out.bytes(items.contents.view());
}

void ModuleParser::write_section(Writer& out, SectionId id) {
  Writer single;
  switch (id) {
    case SectionId::Custom:
      return;
    case SectionId::Type:
      return write_items(out, id, {std::move(x_state.type_section), x_state.rec_types});
    case SectionId::Import:
      return write_items(out, id, x_imports);
    case SectionId::Function:
      return write_items(out, id, x_funcs);
    case SectionId::Table:
      return write_items(out, id, x_tables);
    case SectionId::Memory:
      return write_items(out, id, x_memories);
    case SectionId::Tag:
      return write_items(out, id, x_tags);
    case SectionId::Global:
      return write_items(out, id, x_globals);
    case SectionId::Export:
      return write_items(out, id, x_exports);
    case SectionId::Start:
      if (!x_start) return;
      single.u32(*x_start);
      break;
    case SectionId::Element:
      return write_items(out, id, x_elems);
    case SectionId::DataCount:
      if (!x_state.needs_data_count) return;
      single.u32(x_datas.count);
      break;
    case SectionId::Code: {
      if (x_hints.count > 0) {
        Writer hints;
        hints.u32(x_hints.count);
        hints.bytes(x_hints.contents.view());
        write_custom(out, "metadata.code.branch_hint", hints.view());
      }
      return write_items(out, id, x_codes);
    }
    case SectionId::Data:
      return write_items(out, id, x_datas);
  }
  out.byte(static_cast<uint8_t>(id));
  out.sized(single);
}

}  // namespace weft::interp
