#include "interp/text/lexer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "interp/core/bytes.h"
#include "interp/text/keywords.h"
#include "interp/text/literals.h"

namespace weft::interp {
namespace {

using Kind = Token::Kind;

enum CharClass : uint8_t {
  kIdChar = 1,
  kSpace = 2,
  kPunctuation = 4,  // in no token but reserved ones
  kNests = 8,        // what skip_to_close() stops at
};

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0x21; c < 0x7f; ++c) classes[c] = kIdChar;
  for (const char c : {'"', '(', ')', ',', ';', '[', ']', '{', '}'}) classes[uint8_t(c)] = 0;
  for (const char c : {',', ';', '[', ']', '{', '}'}) classes[uint8_t(c)] = kPunctuation;
  for (const char c : {' ', '\t', '\n', '\r'}) classes[uint8_t(c)] = kSpace;
  for (const char c : {'"', '(', ')', ';'}) classes[uint8_t(c)] |= kNests;
  return classes;
}();

uint8_t class_of(char c) { return kClasses[static_cast<uint8_t>(c)]; }
bool is_space(char c) { return class_of(c) & kSpace; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

size_t char_bytes(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

// The first character that isn't UTF-8.
size_t find_malformed(std::string_view text) {
  size_t at = 0;
  while (is_valid_utf8(bytes_of(text.substr(at, char_bytes(text[at]))))) at += char_bytes(text[at]);
  return at;
}

}  // namespace

bool is_id_char(char c) { return class_of(c) & kIdChar; }

Lexer::Lexer(std::string_view text)
    : x_text(text), x_next(text.data()), x_end(text.data() + text.size()) {
  if (text.empty()) x_text = x_next = x_end = "";
  x_token = made(Kind::End, x_next, x_next);
  if (!is_valid_utf8(bytes_of(x_text))) {
    fail(failed(x_text.data() + find_malformed(x_text), 1, "malformed UTF-8 encoding"), {});
    return;
  }
  advance();
}

Token Lexer::made(Kind kind, const char* begin, const char* end) {
  x_next = end;
  return {kind, {begin, static_cast<size_t>(end - begin)}};
}

Token Lexer::failed(const char* at, size_t size, const char* message) {
  const Token where{Kind::Reserved, {at, size}};
  fail(where, message);
  return made(Kind::End, x_end, x_end);
}

Token Lexer::next() { return scan(false); }

Token Lexer::scan(bool in_annotation) {
  const char* p = x_next;
  for (;;) {
    while (p < x_end && is_space(*p)) ++p;
    if (p == x_end) return made(Kind::End, p, p);
    const char c = *p;
    if (is_id_char(c)) return word(p, in_annotation);
    const char second = p + 1 < x_end ? p[1] : '\0';
    if (c == '(') {
      if (second == '@' && !in_annotation) {
        const Token token = annotation(p);
        if (!token.is(Kind::LeftParen)) return token;
        p = skip_annotation(token) ? x_next : x_end;
        continue;
      }
      if (second != ';') return made(Kind::LeftParen, p, p + 1);
    } else if (c == ')') {
      return made(Kind::RightParen, p, p + 1);
    } else if (c == '"') {
      const char* const end = string_end(p);
      if (!end) return made(Kind::End, x_end, x_end);
      if (end < x_end && (is_id_char(*end) || *end == '"')) return reserved(p, end);
      return made(Kind::String, p, end);
    } else if (c != ';' || second != ';') {
      if (class_of(c) & kPunctuation) return made(Kind::Reserved, p, p + 1);
      return failed(p, char_bytes(c), "illegal character");
    }
    p = comment_end(p);
    if (!p) return made(Kind::End, x_end, x_end);
  }
}

// Of either kind of comment; null if it is not closed.
const char* Lexer::comment_end(const char* begin) {
  const char* p = begin + 2;
  if (*begin == ';') {
    while (p < x_end && *p != '\n' && *p != '\r') ++p;
    return p;
  }
  for (size_t depth = 1; p + 1 < x_end; ++p) {
    if (p[0] == '(' && p[1] == ';') {
      ++depth;
      ++p;
    } else if (p[0] == ';' && p[1] == ')') {
      ++p;
      if (--depth == 0) return p + 1;
    }
  }
  failed(begin, 2, "unclosed comment");
  return nullptr;
}

// Behind the closing quote; null if there is none, or a character that no string has: an error,
// which may have a name of its own.
const char* Lexer::string_end(const char* quote, const char* wrong) {
  const char* p = quote + 1;
  while (p < x_end && *p != '"') {
    if (is_control(*p)) {
      if (*p == '\n' || *p == '\r') break;
      failed(p, 1, wrong ? wrong : "illegal character");
      return nullptr;
    }
    if (*p != '\\') {
      ++p;
      continue;
    }
    const Escape escape = read_escape({p, static_cast<size_t>(x_end - p)});
    if (escape.error) {
      failed(p, 2, escape.error);
      return nullptr;
    }
    p += escape.length;
  }
  if (p < x_end && *p == '"') return p + 1;
  failed(quote, static_cast<size_t>(p - quote), wrong ? wrong : "unclosed string");
  return nullptr;
}

Token Lexer::word(const char* begin, bool in_annotation) {
  const char* p = begin + 1;
  while (p < x_end && is_id_char(*p)) ++p;
  const char first = *begin;
  if (p < x_end && *p == '"') {
    if (first != '$' || p != begin + 1) return reserved(begin, p);
    p = string_end(p, "empty identifier");
    if (!p) return made(Kind::End, x_end, x_end);
    if (p < x_end && (is_id_char(*p) || *p == '"')) return reserved(begin, p);
    return made(Kind::Id, begin, p);
  }
  if (first >= 'a' && first <= 'z') return made(Kind::Keyword, begin, p);
  if (first == '$') {
    if (p == begin + 1 && !in_annotation) return failed(begin, 1, "empty identifier");
    return made(Kind::Id, begin, p);
  }
  const bool number = is_digit(first) || first == '+' || first == '-';
  return made(number ? Kind::Number : Kind::Reserved, begin, p);
}

// Words and strings without space between them.
Token Lexer::reserved(const char* begin, const char* at) {
  while (at && at < x_end && (is_id_char(*at) || *at == '"')) {
    at = *at == '"' ? string_end(at) : at + 1;
  }
  if (!at) return made(Kind::End, x_end, x_end);
  return made(Kind::Reserved, begin, at);
}

// A LeftParen is of an annotation that nobody reads.
Token Lexer::annotation(const char* begin) {
  const char* p = begin + 2;
  std::string_view id;
  if (p < x_end && *p == '"') {
    const char* const end = string_end(p, "empty annotation id");
    if (!end) return made(Kind::End, x_end, x_end);
    id = utf8_string({Kind::String, {p, static_cast<size_t>(end - p)}});
    if (!ok()) return made(Kind::End, x_end, x_end);
    p = end;
  } else {
    while (p < x_end && is_id_char(*p)) ++p;
    id = {begin + 2, p};
  }
  if (id.empty()) return failed(begin, 2, "empty annotation id");
  if (id == "custom") return made(Kind::CustomAnnotation, begin, p);
  if (id == "name") return made(Kind::NameAnnotation, begin, p);
  if (id == "metadata.code.branch_hint") return made(Kind::BranchHintAnnotation, begin, p);
  return made(Kind::LeftParen, begin, p);
}

bool Lexer::skip_annotation(const Token& begin) {
  for (size_t depth = 1; depth > 0;) {
    const Token token = scan(true);
    if (token.is(Kind::LeftParen)) ++depth;
    if (token.is(Kind::RightParen)) --depth;
    if (token.is(Kind::End)) {
      fail(begin, "unclosed annotation");
      return false;
    }
  }
  return true;
}

bool Lexer::take(Kind kind) {
  if (x_token.kind != kind) return false;
  advance();
  return true;
}

bool Lexer::take_keyword(std::string_view word) {
  if (!at_keyword(word)) return false;
  advance();
  return true;
}

bool Lexer::take_open(std::string_view word) {
  if (!at_open(word)) return false;
  advance();
  advance();
  return true;
}

void Lexer::expect(Kind kind, const char* what) {
  if (!take(kind)) unexpected(what);
}

void Lexer::seek(size_t offset) {
  if (!ok()) return;
  x_next = x_text.data() + offset;
  x_has_ahead = false;
  advance();
}

void Lexer::skip_to_close() {
  if (!ok()) return;
  const char* p = x_token.text.data();
  x_has_ahead = false;
  for (size_t depth = 1; depth > 0;) {
    while (p < x_end && !(class_of(*p) & kNests)) ++p;
    if (p == x_end) {
      x_token = made(Kind::End, x_end, x_end);
      return unexpected(")");
    }
    const char c = *p;
    const char second = p + 1 < x_end ? p[1] : '\0';
    if (c == '"') {
      p = string_end(p);
    } else if ((c == ';' || c == '(') && second == ';') {
      p = comment_end(p);
    } else {
      if (c == '(') ++depth;
      if (c == ')') --depth;
      ++p;
    }
    if (!p) return;
  }
  x_next = p;
  advance();
}

std::string_view Lexer::name_of(const Token& id) {
  if (id.text.size() < 2 || id.text[1] != '"') return id.text.substr(1);
  const std::string_view name = utf8_string({Kind::String, id.text.substr(1)});
  if (name.empty()) fail(id, "empty identifier");
  return name;
}

void Lexer::append_string(const Token& string, std::string& out) const {
  std::string_view rest = string.text.substr(1, string.text.size() - 2);
  for (;;) {
    const size_t plain = std::min(rest.find('\\'), rest.size());
    out += rest.substr(0, plain);
    if (plain == rest.size()) return;
    const Escape escape = read_escape(rest.substr(plain));
    out.append(escape.bytes.data(), escape.size);
    rest.remove_prefix(plain + escape.length);
  }
}

std::string_view Lexer::utf8_string(const Token& string, const char* malformed) {
  if (string.text.find('\\') == std::string_view::npos) {
    return string.text.substr(1, string.text.size() - 2);
  }
  std::string bytes;
  append_string(string, bytes);
  if (!is_valid_utf8(bytes_of(bytes))) {
    fail(string, malformed);
    return {};
  }
  return keep(std::move(bytes));
}

void Lexer::unexpected(const char* expected) {
  switch (x_token.kind) {
    case Kind::End:
      return fail(x_token, "unexpected token: the end of the text", expected);
    case Kind::CustomAnnotation:
      return fail(x_token, "misplaced @custom annotation");
    case Kind::NameAnnotation:
      return fail(x_token, "misplaced @name annotation");
    case Kind::BranchHintAnnotation:
      return fail(x_token, "@metadata.code.branch_hint annotation: not in a function's code");
    case Kind::Reserved:
      return fail(x_token, "unknown operator", expected);
    case Kind::Keyword:
      return fail(x_token, is_known_keyword(x_token.text) ? "unexpected token" : "unknown operator",
                  expected);
    case Kind::Number:
      return fail(x_token, is_number(x_token.text) ? "unexpected token" : "unknown operator",
                  expected);
    case Kind::LeftParen:
    case Kind::RightParen:
    case Kind::Id:
    case Kind::String:
      return fail(x_token, "unexpected token", expected);
  }
}

void Lexer::fail(const Token& at, std::string message, const char* expected) {
  if (!ok()) return;
  x_error.emplace(ErrorKind::Malformed, describe_place(x_text, offset_of(at), at.text.size(),
                                                       std::move(message), expected));
  x_token = x_ahead = made(Kind::End, x_end, x_end);
}

std::string describe_place(std::string_view text, size_t offset, size_t size, std::string message,
                           const char* expected) {
  constexpr size_t kWidth = 100;    // of the line, in bytes
  constexpr size_t kMaxToken = 40;  // more of it is left to the quoted line
  const auto is_newline = [](char c) { return c == '\n' || c == '\r'; };
  const auto continues = [](char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; };
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  size_t line_begin = before.find_last_of("\n\r");
  line_begin = line_begin == std::string_view::npos ? 0 : line_begin + 1;
  size_t line = 1;
  for (size_t i = 0; i < line_begin; ++i) {
    line += text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
  }
  const std::string_view left = text.substr(line_begin, offset - line_begin);
  const auto column = left.size() - static_cast<size_t>(std::ranges::count_if(left, continues)) + 1;

  const std::string_view token = text.substr(offset, size);
  if (!token.empty() && token.size() <= kMaxToken && std::ranges::none_of(token, is_control) &&
      is_valid_utf8(bytes_of(token))) {
    message.append(" ").append(token);
  }
  message += " at " + std::to_string(line) + ":" + std::to_string(column);
  if (expected) message.append(", expected ").append(expected);

  // Of a long line, what is around the place.
  size_t begin = line_begin;
  if (left.size() > kWidth / 2) begin = offset - kWidth / 2;
  while (begin < offset && continues(text[begin])) ++begin;
  size_t end = offset;
  while (end < text.size() && !is_newline(text[end]) &&
         (end - begin < kWidth || continues(text[end])))
    ++end;
  const std::string number = "\n" + std::string(4, ' ') + std::to_string(line) + " | ";
  const std::string_view quoted = text.substr(begin, end - begin);
  const bool is_utf8 = is_valid_utf8(bytes_of(quoted));
  message += number;
  for (const char c : quoted) {
    const bool hidden =
        (is_control(c) && c != '\t') || (!is_utf8 && static_cast<uint8_t>(c) >= 0x80);
    message += hidden ? '?' : c;
  }
  message.append("\n").append(number.size() - 3, ' ').append("| ");
  for (size_t i = begin; i < offset; ++i) {
    if (!continues(text[i])) message += text[i] == '\t' ? '\t' : ' ';
  }
  message += '^';
  for (size_t i = offset + 1; i < std::min(offset + size, end); ++i) {
    if (!continues(text[i])) message += '~';
  }
  return message;
}

}  // namespace weft::interp
