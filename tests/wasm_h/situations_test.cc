// The situations of situations.c, each a test.
#include "tests/wasm_h/situations.h"

#include <gtest/gtest.h>

namespace {

TEST(CSituations, CallbacksAndClosuresAreCalled) { EXPECT_EQ(play_callback(), 0); }
TEST(CSituations, AModuleIsValidatedAndKeepsItsBytes) { EXPECT_EQ(play_hello(), 0); }
TEST(CSituations, SeveralValuesGoInAndOut) { EXPECT_EQ(play_multi(), 0); }
TEST(CSituations, GlobalsAreReadAndWrittenOnBothSides) { EXPECT_EQ(play_globals(), 0); }
TEST(CSituations, MemoriesAreSharedAndGrow) { EXPECT_EQ(play_memory(), 0); }
TEST(CSituations, TablesHoldFunctionsOfBothSides) { EXPECT_EQ(play_table(), 0); }
TEST(CSituations, HostReferencesKeepTheirIdentity) { EXPECT_EQ(play_host_references(), 0); }
TEST(CSituations, TypesOfImportsAndExportsAreToldInOrder) { EXPECT_EQ(play_reflection(), 0); }
TEST(CSituations, AModuleBecomesBytesAndBack) { EXPECT_EQ(play_serialization(), 0); }
TEST(CSituations, ATrapOfTheStartFunctionComesOut) { EXPECT_EQ(play_start(), 0); }
TEST(CSituations, TrapsSayWhatAndWhere) { EXPECT_EQ(play_trap(), 0); }
TEST(CSituations, AHundredThousandInstancesAreFinalizedOnce) { EXPECT_EQ(play_finalizers(), 0); }
TEST(CSituations, ThreadsShareAModule) { EXPECT_EQ(play_threads(), 0); }

}  // namespace
