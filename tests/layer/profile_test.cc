#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/layer/layer_test.h"

namespace weft::layer {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

using Clock = std::chrono::steady_clock;

class ProfileLayer : public LayerTest {
 protected:
  void SetUp() override { WEFT_NEEDS(engine_, Profile); }

  // Calls until the store has that many samples.
  template <class Call>
  static Profile profile_of(StoreRef store, std::uint64_t samples, Call call) {
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    Profile profile;
    while (profile.samples() < samples && Clock::now() < deadline) {
      call();
      profile = or_throw(store.profile());
    }
    EXPECT_GE(profile.samples(), samples);
    return profile;
  }

  static std::uint64_t samples_of(const Profile& profile, const std::vector<std::string>& stack) {
    std::uint64_t samples = 0;
    for (const Profile::Stack& found : profile.stacks) {
      if (found.functions == stack) samples += found.samples;
    }
    return samples;
  }

  Engine profiling_ = engine_with([](Config& config) {
    config.profile = Engine(Config{}, GetParam().backend).supports(backend::Capability::Profile);
  });
  Store profiled_ = store_of(profiling_);
  int waits_ = 0;
  Instance instance_ = make(profiled_, "profile", {or_throw(Func::wrap(profiled_, [this] {
                              ++waits_;
                              std::this_thread::sleep_for(std::chrono::milliseconds(30));
                            }))});
};
WEFT_ON_EVERY_BACKEND(ProfileLayer);

TEST_P(ProfileLayer, IsOnlyToBeHadIfItWasAskedFor) {
  const Engine engine = engine_with([](Config& config) { config.profile = false; });
  EXPECT_EQ(Store(engine).profile().error().code(), Errc::usage);
  EXPECT_EQ(StoreRef().profile().error().code(), Errc::usage);
  const Profile profile = or_throw(Store(profiling_).profile());
  EXPECT_THAT(profile.handlers, IsEmpty());
  EXPECT_THAT(profile.stacks, IsEmpty());
}

TEST_P(ProfileLayer, CountsDispatchesExactly) {
  const auto spin = func<void(std::int32_t)>(profiled_, instance_, "spin");
  or_throw(spin(profiled_, 1));
  const std::uint64_t once = or_throw(profiled_.profile()).dispatches();
  or_throw(spin(profiled_, 1001));
  const std::uint64_t more = or_throw(profiled_.profile()).dispatches() - once;
  or_throw(spin(profiled_, 2001));
  const Profile profile = or_throw(profiled_.profile());
  const std::uint64_t most = profile.dispatches() - more - once;
  // Every round costs the same.
  EXPECT_EQ(most - more, more - once);
  EXPECT_GE(more - once, 1000u);
  EXPECT_TRUE(
      std::ranges::is_sorted(profile.handlers, std::greater(), &Profile::Handler::dispatches));
  EXPECT_TRUE(std::ranges::is_sorted(profile.pairs, std::greater(), &Profile::Pair::dispatches));
  EXPECT_GE(profile.pairs.at(0).dispatches, 3000u);
}

TEST_P(ProfileLayer, FindsWhichFunctionTakesTheTime) {
  const auto spin = func<void(std::int32_t)>(profiled_, instance_, "spin");
  const Profile profile = profile_of(profiled_, 20, [&] { or_throw(spin(profiled_, 1'000'000)); });
  EXPECT_GE(samples_of(profile, {"func[3]", "middle", "spin"}), profile.samples() * 3 / 4);
  const std::vector<Profile::Function> functions = profile.functions();
  EXPECT_EQ(functions.at(0).name, "spin");
  EXPECT_EQ(functions.at(0).total, functions.at(0).self);
  const auto middle = std::ranges::find(functions, "middle", &Profile::Function::name);
  ASSERT_NE(middle, functions.end());
  EXPECT_GE(middle->total, functions.at(0).self);
  EXPECT_LT(middle->self, middle->total);
}

TEST_P(ProfileLayer, GivesTheTimeOfAHostFunctionToIt) {
  const auto wait = func<void()>(profiled_, instance_, "wait");
  const Profile profile = profile_of(profiled_, 30, [&] { or_throw(wait(profiled_)); });
  EXPECT_GE(waits_, 1);
  EXPECT_GE(samples_of(profile, {"func[5]", "waiter", "host.wait"}), profile.samples() * 3 / 4);
}

TEST_P(ProfileLayer, CountsNoTimeInWhichNoGuestRuns) {
  const auto spin = func<void(std::int32_t)>(profiled_, instance_, "spin");
  // The best of a few, since the guest may have to wait for the processor.
  std::uint64_t before = 0;
  std::uint64_t least = UINT64_MAX;
  for (int i = 0; i < 10 && least > 25; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    or_throw(spin(profiled_, 1));
    const std::uint64_t samples = or_throw(profiled_.profile()).samples();
    least = std::min(least, samples - before);
    before = samples;
  }
  EXPECT_LE(least, 25u);
}

TEST_P(ProfileLayer, CutsTheOutermostFunctionsOfDeepStacks) {
  const auto dive = func<void(std::int32_t, std::int32_t)>(profiled_, instance_, "dive");
  Profile profile;
  const auto in_spin = [](const Profile::Stack& stack) { return stack.functions.back() == "spin"; };
  // Other programs may have the processor while the guest dives.
  for (int i = 0; i < 20 && std::ranges::none_of(profile.stacks, in_spin); ++i) {
    profile = profile_of(profiled_, profile.samples() + 20,
                         [&] { or_throw(dive(profiled_, 5'000, 1'000'000)); });
  }
  const auto deepest = std::ranges::find_if(profile.stacks, in_spin);
  ASSERT_NE(deepest, profile.stacks.end());
  EXPECT_EQ(deepest->functions.front(), "dive");
  EXPECT_LT(deepest->functions.size(), 1'000u);
  // Recursion is counted once.
  for (const Profile::Function& function : profile.functions()) {
    EXPECT_LE(function.total, profile.samples()) << function.name;
  }
}

TEST_P(ProfileLayer, InterruptsStopAProfiledGuest) {
  WEFT_NEEDS(engine_, Interrupt);
  const auto spin = func<void(std::int32_t)>(profiled_, instance_, "spin");
  const std::jthread watchdog([handle = profiled_.interrupt_handle()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    handle.interrupt();
  });
  const auto begin = Clock::now();
  Errc code{};
  while (code != Errc::interrupted && Clock::now() - begin < std::chrono::seconds(30)) {
    if (const auto done = spin(profiled_, -1); !done) code = done.error().code();
  }
  EXPECT_EQ(code, Errc::interrupted);
  EXPECT_FALSE(profiled_.interrupt_pending());
  profile_of(profiled_, 10, [&] { or_throw(spin(profiled_, 1'000'000)); });
}

TEST_P(ProfileLayer, LastsBeyondATrap) {
  EXPECT_EQ(run(profiled_, instance_, "trap").error().code(), Errc::trap);
  EXPECT_GE(or_throw(profiled_.profile()).dispatches(), 1u);
}

TEST(Profiles, FoldStacksIntoLines) {
  const Profile profile{.stacks = {{{"main", "sort", "compare"}, 12}, {{"main", "a;b\n"}, 3}}};
  EXPECT_EQ(profile.folded_stacks(), "main;sort;compare 12\nmain;a:b? 3\n");
}

TEST(Profiles, SumUpFunctions) {
  const Profile profile{
      .stacks = {{{"main", "walk", "walk"}, 5}, {{"main", "walk"}, 2}, {{"main"}, 4}}};
  EXPECT_EQ(profile.samples(), 11u);
  EXPECT_THAT(
      profile.functions(),
      ElementsAre(AllOf(Field(&Profile::Function::name, "walk"), Field(&Profile::Function::self, 7),
                        Field(&Profile::Function::total, 7)),
                  AllOf(Field(&Profile::Function::name, "main"), Field(&Profile::Function::self, 4),
                        Field(&Profile::Function::total, 11))));
}

}  // namespace
}  // namespace weft::layer
