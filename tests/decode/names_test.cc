#include "interp/decode/names.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/decode/module_bytes.h"

namespace weft::interp::testing {
namespace {

Bytes subsection(uint8_t id, const Bytes& content) {
  return join(Bytes{id}, unsigned_leb(content.size()), content);
}

std::unique_ptr<Module> module_with_names(const Bytes& names) {
  const Bytes content = join(text("name"), names);
  const Bytes storage =
      join(Bytes{0, 'a', 's', 'm', 1, 0, 0, 0, 0}, unsigned_leb(content.size()), content);
  auto module = decode(storage);
  EXPECT_TRUE(module) << module.error().message();
  return std::move(*module);
}

TEST(NameSection, NamesModulesFunctionsAndLocals) {
  const Bytes funcs = join(Bytes{2, 0}, text("main"), Bytes{5}, text("helper"));
  const Bytes locals = join(Bytes{1, 5, 2, 0}, text("x"), Bytes{3}, text("y"));
  const auto module = module_with_names(
      join(subsection(0, text("app")), subsection(1, funcs), subsection(2, locals)));
  const NameSection names(*module);
  EXPECT_EQ(names.module(), "app");
  EXPECT_EQ(names.func(0), "main");
  EXPECT_EQ(names.func(5), "helper");
  EXPECT_EQ(names.func(1), "");
  EXPECT_EQ(names.func(UINT32_MAX), "");
  EXPECT_EQ(names.local(5, 3), "y");
  EXPECT_EQ(names.local(5, 1), "");
  EXPECT_EQ(names.local(0, 0), "");
}

TEST(NameSection, NamesEverythingThatTheExtendedFormsName) {
  const auto one = [](std::string_view name) { return join(Bytes{1, 2}, text(name)); };
  const auto within = [&](std::string_view name) { return join(Bytes{1, 4}, one(name)); };
  const auto module = module_with_names(
      join(subsection(3, within("loop")), subsection(4, one("pair")), subsection(5, one("vtable")),
           subsection(6, one("heap")), subsection(7, one("sp")), subsection(8, one("funcs")),
           subsection(9, one("rodata")), subsection(10, within("left")),
           subsection(11, one("error")), subsection(12, {1, 2, 3})));
  const NameSection names(*module);
  EXPECT_EQ(names.find(NameOf::Label, 4, 2), "loop");
  EXPECT_EQ(names.find(NameOf::Type, 2), "pair");
  EXPECT_EQ(names.find(NameOf::Table, 2), "vtable");
  EXPECT_EQ(names.find(NameOf::Memory, 2), "heap");
  EXPECT_EQ(names.find(NameOf::Global, 2), "sp");
  EXPECT_EQ(names.find(NameOf::Elem, 2), "funcs");
  EXPECT_EQ(names.find(NameOf::Data, 2), "rodata");
  EXPECT_EQ(names.find(NameOf::Field, 4, 2), "left");
  EXPECT_EQ(names.find(NameOf::Field, 4, 1), "");
  EXPECT_EQ(names.find(NameOf::Tag, 2), "error");
  EXPECT_EQ(names.find(NameOf::Tag, 3), "");
}

TEST(NameSection, AModuleWithoutNamesHasNone) {
  const Bytes storage = ModuleBuilder().build();
  const auto module = std::move(*decode(storage));
  EXPECT_EQ(NameSection(*module).func(0), "");
}

TEST(NameSection, AMalformedSectionIsBelievedUpToItsError) {
  const Bytes funcs = join(Bytes{3, 2}, text("good"), Bytes{1}, text("out of order"));
  const Bytes truncated = {1, 100, 1};
  const Bytes not_utf8 = subsection(1, {1, 0, 1, 0xff});
  for (const Bytes& names :
       {subsection(1, funcs), join(subsection(1, join(Bytes{2, 2}, text("good"))), truncated)}) {
    const auto module = module_with_names(names);
    EXPECT_EQ(NameSection(*module).func(2), "good");
    EXPECT_EQ(NameSection(*module).func(1), "");
  }

  const auto module = module_with_names(not_utf8);
  EXPECT_EQ(NameSection(*module).func(0), "");
}

}  // namespace
}  // namespace weft::interp::testing
