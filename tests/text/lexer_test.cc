// Tokens, comments, strings and annotations.
#include "interp/text/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace weft::interp {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

using Kind = Token::Kind;

std::vector<std::pair<Kind, std::string>> tokens(std::string_view text) {
  std::vector<std::pair<Kind, std::string>> result;
  Lexer in(text);
  for (; !in.at(Kind::End); in.advance()) {
    result.emplace_back(in.token().kind, std::string(in.token().text));
  }
  EXPECT_TRUE(in.ok()) << in.take_error().message();
  return result;
}

std::string error(std::string_view text) {
  Lexer in(text);
  while (!in.at(Kind::End)) in.advance();
  return in.ok() ? "" : in.take_error().message();
}

TEST(Lexer, TellsTokensApart) {
  EXPECT_THAT(tokens("(i32.const -0x1_0)$x\"s\" 7up"),
              ElementsAre(Pair(Kind::LeftParen, "("), Pair(Kind::Keyword, "i32.const"),
                          Pair(Kind::Number, "-0x1_0"), Pair(Kind::RightParen, ")"),
                          Pair(Kind::Reserved, "$x\"s\""), Pair(Kind::Number, "7up")));
  EXPECT_THAT(tokens("$x $\"x y\" \"a\"\"b\" a\"b\" , @"),
              ElementsAre(Pair(Kind::Id, "$x"), Pair(Kind::Id, "$\"x y\""),
                          Pair(Kind::Reserved, "\"a\"\"b\""), Pair(Kind::Reserved, "a\"b\""),
                          Pair(Kind::Reserved, ","), Pair(Kind::Reserved, "@")));
}

TEST(Lexer, PassesOverCommentsOfBothKinds) {
  EXPECT_THAT(
      tokens(";; a\nb;;c\r(;d(;e;)f;)g(;;)h;;"),
      ElementsAre(Pair(Kind::Keyword, "b"), Pair(Kind::Keyword, "g"), Pair(Kind::Keyword, "h")));
  EXPECT_THAT(error("a (; b (; c ;)"), StartsWith("unclosed comment (; at 1:3"));
}

TEST(Lexer, PassesOverAnnotationsThatNobodyReads) {
  EXPECT_THAT(tokens("a (@b c ($d \")\" {,}) (;);)) e (@\"f\" g)"),
              ElementsAre(Pair(Kind::Keyword, "a"), Pair(Kind::Keyword, "e")));
  EXPECT_THAT(
      tokens("(@name \"x\") (@\"custom\""),
      ElementsAre(Pair(Kind::NameAnnotation, "(@name"), Pair(Kind::String, "\"x\""),
                  Pair(Kind::RightParen, ")"), Pair(Kind::CustomAnnotation, "(@\"custom\"")));
  EXPECT_THAT(error("(@a (b)"), StartsWith("unclosed annotation (@a at 1:1"));
  EXPECT_THAT(error("(@)"), StartsWith("empty annotation id"));
}

TEST(Lexer, NamesAreWhatTheirIdentifiersSay) {
  const auto name = [](std::string_view text) {
    Lexer in(text);
    return std::string(in.name_of(in.token()));
  };
  EXPECT_EQ(name("$abc"), "abc");
  EXPECT_EQ(name("$\"abc\""), "abc");
  EXPECT_EQ(name("$\"a\\62\\u{63}\""), "abc");
  EXPECT_EQ(name("$\"\\u{20ac}\\t\""), "\xe2\x82\xac\t");
  EXPECT_THAT(error("$ a"), StartsWith("empty identifier"));
}

TEST(Lexer, StringsMayHoldAnyBytes) {
  Lexer in(R"("a\00\ff\t\n\r\"\'\\\u{1f600}z")");
  std::string bytes;
  in.append_string(in.token(), bytes);
  EXPECT_EQ(bytes, std::string("a\0\xff\t\n\r\"'\\\xf0\x9f\x98\x80z", 14));
  EXPECT_THAT(error("\"\\q\""), StartsWith("illegal escape"));
  EXPECT_THAT(error("\"\\u{d800}\""), StartsWith("malformed UTF-8"));
  EXPECT_THAT(error("\"\\u{110000}\""), StartsWith("malformed UTF-8"));
  EXPECT_THAT(error("\"a"), StartsWith("unclosed string"));
  EXPECT_THAT(error("\"a\nb\""), StartsWith("unclosed string"));
  EXPECT_THAT(error("\"a\tb\""), StartsWith("illegal character"));
}

TEST(Lexer, RefusesWhatIsNoText) {
  EXPECT_THAT(error("a\x01"), StartsWith("illegal character"));
  EXPECT_THAT(error("a \xc3\xa9"), StartsWith("illegal character \xc3\xa9 at 1:3"));
  EXPECT_THAT(error("aaa\n\xff"), StartsWith("malformed UTF-8 encoding at 2:1"));
  EXPECT_THAT(error(";; \xc3\xa9\n\"\xc3\xa9\""), IsEmpty());
}

TEST(Lexer, ErrorsQuoteTheirLineAndCountCharacters) {
  EXPECT_EQ(error("a\n\t\"\xc3\xa9\" \x7f b\n"),
            "illegal character at 2:6\n    2 | \t\"\xc3\xa9\" ? b\n      | \t    ^");
  const std::string line(10000, 'x');
  const std::string message = error(line + " \x01 " + line);
  EXPECT_THAT(message, HasSubstr("at 1:10002"));
  EXPECT_LT(message.size(), 400u);
}

TEST(Lexer, GoesBehindClosingParentheses) {
  Lexer in("(a (b \")\" (;);) ;;)\n c) d) e");
  in.advance();
  in.advance();
  in.skip_to_close();
  EXPECT_TRUE(in.at_keyword("e"));
  in.seek(3);
  EXPECT_TRUE(in.at_open("b"));
  in.advance();
  in.skip_to_close();
  EXPECT_TRUE(in.at_keyword("d"));
}

TEST(Lexer, AnErrorEndsTheText) {
  Lexer in("a b c");
  in.advance();
  in.unexpected("x");
  EXPECT_TRUE(in.at(Kind::End));
  in.seek(0);
  EXPECT_TRUE(in.at(Kind::End));
  EXPECT_THAT(in.take_error().message(), StartsWith("unknown operator b at 1:3, expected x"));
}

}  // namespace

}  // namespace weft::interp
