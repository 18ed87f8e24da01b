#include "interp/text/parse_state.h"

#include <string>
#include <utility>

namespace weft::interp {

void NameSectionWriter::Map::add(uint32_t index, std::string_view name) {
  ++count;
  entries.u32(index);
  entries.name(name);
}

void NameSectionWriter::Indirect::flush() {
  if (current.count == 0) return;
  ++count;
  maps.u32(owner);
  maps.u32(current.count);
  maps.bytes(current.entries.view());
  current.count = 0;
  current.entries.clear();
}

void NameSectionWriter::add(NameOf kind, uint32_t index, std::string_view name) {
  x_maps[static_cast<size_t>(kind)].add(index, name);
}

void NameSectionWriter::add(NameOf kind, uint32_t owner, uint32_t index, std::string_view name) {
  Indirect& indirect = x_indirect[static_cast<size_t>(kind)];
  if (indirect.owner != owner) indirect.flush();
  indirect.owner = owner;
  indirect.current.add(index, name);
}

Writer NameSectionWriter::take() {
  Writer section;
  const auto subsection = [&](size_t kind, uint32_t count, const Writer& contents) {
    if (count == 0) return;
    Writer part;
    part.u32(count);
    part.bytes(contents.view());
    section.byte(static_cast<uint8_t>(kind));
    section.sized(part);
  };
  if (x_module) {
    Writer part;
    part.name(*x_module);
    section.byte(static_cast<uint8_t>(NameOf::Module));
    section.sized(part);
  }
  for (size_t kind = 0; kind < kNameKinds; ++kind) {
    x_indirect[kind].flush();
    subsection(kind, x_maps[kind].count, x_maps[kind].entries);
    subsection(kind, x_indirect[kind].count, x_indirect[kind].maps);
  }
  return section;
}

void TypeTable::add(const Type& type, bool plain) {
  if (plain) x_plain.insert(type.signature, size());
  x_types.push_back(type);
}

std::optional<uint32_t> TypeTable::find_plain(std::string_view signature) {
  const uint32_t* const index = x_plain.find(signature);
  return index ? std::optional(*index) : std::nullopt;
}

Identifier ParseState::identifier(NameOf kind) {
  Identifier result{.id = {}, .name = {}, .at = in.token()};
  if (in.at(Token::Kind::Id)) {
    result.id = result.name = in.name_of(in.token());
    in.advance();
  }
  if (in.take(Token::Kind::NameAnnotation)) {
    if (!in.at(Token::Kind::String)) {
      in.fail(in.token(), "@name annotation: unexpected token", "a name");
      return result;
    }
    result.name = string();
    in.close();
    if (in.at(Token::Kind::NameAnnotation)) {
      in.fail(in.token(), std::string("@name annotation: multiple ") +
                              kNameKindWords[static_cast<size_t>(kind)]);
    }
  }
  return result;
}

bool ParseState::check(Literal literal, const char* expected) {
  switch (literal) {
    case Literal::Ok:
      return true;
    case Literal::OutOfRange:
      in.fail(in.token(), "constant out of range", expected);
      return false;
    case Literal::OtherKind:
    case Literal::NoNumber:
      in.unexpected(expected);
      return false;
  }
  return false;
}

uint64_t ParseState::unsigned_number(uint64_t max) {
  uint64_t value = 0;
  if (!in.at(Token::Kind::Number)) {
    in.unexpected("a number");
  } else if (check(read_unsigned(in.token().text, max, value), "an unsigned integer")) {
    in.advance();
  }
  return value;
}

std::string_view ParseState::string() {
  if (!in.at(Token::Kind::String)) {
    in.unexpected("a string");
    return {};
  }
  const std::string_view result = in.utf8_string(in.token());
  in.advance();
  return result;
}

void ParseState::unknown(NameOf space, const Token& id) {
  in.fail(id, std::string("unknown ") + kNameKindWords[static_cast<size_t>(space)]);
}

uint32_t ParseState::index(NameOf space) {
  if (!in.at(Token::Kind::Id)) return static_cast<uint32_t>(unsigned_number(UINT32_MAX));
  const uint32_t* const index = x_ids[static_cast<size_t>(space)].find(in.name_of(in.token()));
  if (!index) {
    unknown(space, in.token());
    return 0;
  }
  in.advance();
  return *index;
}

uint32_t ParseState::field_index(uint32_t type) {
  if (!in.at(Token::Kind::Id)) return static_cast<uint32_t>(unsigned_number(UINT32_MAX));
  const uint32_t* const index =
      x_ids[static_cast<size_t>(NameOf::Field)].find(in.name_of(in.token()), type);
  if (!index) {
    unknown(NameOf::Field, in.token());
    return 0;
  }
  in.advance();
  return *index;
}

void ParseState::define(NameOf space, const Identifier& identifier, uint32_t index) {
  if (identifier.id.empty()) return;
  if (x_ids[static_cast<size_t>(space)].insert(identifier.id, index).second) return;
  in.fail(identifier.at, std::string("duplicate ") + kNameKindWords[static_cast<size_t>(space)]);
}

void ParseState::define_field(uint32_t type, const Identifier& identifier, uint32_t index) {
  name(NameOf::Field, type, index, identifier.name);
  if (identifier.id.empty()) return;
  if (x_ids[static_cast<size_t>(NameOf::Field)].insert(identifier.id, index, type).second) return;
  in.fail(identifier.at, "duplicate field");
}

uint32_t ParseState::type_with(std::string_view signature, uint32_t params) {
  if (const std::optional<uint32_t> index = types.find_plain(signature)) return *index;
  const uint32_t index = types.size();
  ++rec_types;
  type_section.byte(kFuncType);
  type_section.bytes(signature);
  types.add({.signature = in.keep(std::string(signature)), .params = params}, true);
  return index;
}

}  // namespace weft::interp
