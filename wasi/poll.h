// poll_oneoff for guests of either snapshot, whose subscriptions are laid out differently.
#pragma once

#include "wasi/state.h"

namespace weft::wasi {

struct SubscriptionLayout {
  std::size_t size;
  /// False for what isn't in the memory.
  bool (*load)(const GuestMemory& memory, std::uint64_t address, Subscription& to);
};

[[nodiscard]] Outcome poll_events(Call& call, Address subscriptions, Address events, Size count,
                                  Address nevents, const SubscriptionLayout& layout);

}  // namespace weft::wasi
