// The tokens of the text format (Spec 3.0, 6.2 "Lexical Format"), read one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "interp/core/error.h"

namespace weft::interp {

struct Token {
  enum class Kind : uint8_t {
    End,  // of the text, or of what is read of it because of an error
    LeftParen,
    RightParen,
    Keyword,   // i32.add, param, nan, align=4
    Number,    // begins as one: 1, -0x1p3, +inf, but also 0drop
    Id,        // $x, $"x y"
    String,    // with its quotes
    Reserved,  // what no grammar has a use for
    // Annotations that are read, up to their ids; others are skipped.
    CustomAnnotation,      // (@custom
    NameAnnotation,        // (@name
    BranchHintAnnotation,  // (@metadata.code.branch_hint
  };
  Kind kind = Kind::End;
  std::string_view text;  // of the source

  bool is(Kind other) const { return kind == other; }
  bool is_keyword(std::string_view word) const { return kind == Kind::Keyword && text == word; }
};

// Whether words and identifiers may have this character outside of quotes.
bool is_id_char(char c);

// Reads a text from its begin, or from any place in it. The first error ends it: from there on
// every token is End, so that whoever reads sees an end and returns.
class Lexer {
 public:
  // The text must live as long as the lexer and the names that it gives out.
  explicit Lexer(std::string_view text);

  const Token& token() const { return x_token; }
  // The token behind token().
  const Token& ahead() {
    if (!x_has_ahead) {
      x_ahead = next();
      x_has_ahead = true;
    }
    return x_ahead;
  }
  void advance() {
    if (x_has_ahead) {
      x_token = x_ahead;
      x_has_ahead = false;
    } else {
      x_token = next();
    }
  }

  bool at(Token::Kind kind) const { return x_token.kind == kind; }
  bool at_keyword(std::string_view word) const { return x_token.is_keyword(word); }
  // Whether "(" and this word are next.
  bool at_open(std::string_view word) {
    return x_token.kind == Token::Kind::LeftParen && ahead().is_keyword(word);
  }

  // Each takes what it names, if it is next.
  bool take(Token::Kind kind);
  bool take_keyword(std::string_view word);
  bool take_open(std::string_view word);
  // As take, but anything else is an error.
  void expect(Token::Kind kind, const char* what);
  void close() { expect(Token::Kind::RightParen, ")"); }

  // Where the current token begins: an offset that seek() takes.
  size_t offset() const { return offset_of(x_token); }
  size_t offset_of(const Token& token) const {
    return static_cast<size_t>(token.text.data() - x_text.data());
  }
  void seek(size_t offset);
  // Goes behind the parenthesis that closes what encloses the current token. What is between is
  // only looked at for its parentheses, strings and comments.
  void skip_to_close();

  // The name of an identifier: "x" of $x.
  std::string_view name_of(const Token& id);
  // The bytes that a string stands for.
  void append_string(const Token& string, std::string& out) const;
  // The same of one that has to be UTF-8, and lives as long as the lexer.
  std::string_view utf8_string(const Token& string,
                               const char* malformed = "malformed UTF-8 encoding");

  bool ok() const { return !x_error; }
  // At the current token, which is none of `expected`.
  void unexpected(const char* expected);
  void fail(const Token& at, std::string message, const char* expected = nullptr);
  Error take_error() { return std::move(*x_error); }

  // Text that was made, such as a name without its escapes: it lives as long as the lexer.
  std::string_view keep(std::string text) { return x_kept.emplace_back(std::move(text)); }

 private:
  Token next();
  Token scan(bool in_annotation);
  Token word(const char* begin, bool in_annotation);
  Token reserved(const char* begin, const char* at);
  const char* string_end(const char* quote, const char* wrong = nullptr);
  Token annotation(const char* begin);
  bool skip_annotation(const Token& begin);
  const char* comment_end(const char* begin);
  Token failed(const char* at, size_t size, const char* message);
  Token made(Token::Kind kind, const char* begin, const char* end);

  std::string_view x_text;
  const char* x_next;
  const char* x_end;
  Token x_token;
  Token x_ahead;
  bool x_has_ahead = false;
  std::optional<Error> x_error;
  std::deque<std::string> x_kept;
};

// What is wrong at a place of a text, as people are told: the message with line and column, and
// the line itself with a mark below it.
std::string describe_place(std::string_view text, size_t offset, size_t size, std::string message,
                           const char* expected);

}  // namespace weft::interp
