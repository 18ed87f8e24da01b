#include "wasi/unstable.h"

#include <algorithm>

#include "wasi/filestat.h"
#include "wasi/handlers.h"
#include "wasi/poll.h"

namespace weft::wasi {

namespace unstable {

namespace {

#define WASI_ABSENT(name)
#define WASI_FUNCTION(result, name, ...) Result<result> name(Call& call __VA_OPT__(, ) __VA_ARGS__);
#include "wasi/unstable.def"

/// With a count of links of 32 bits, so that the size comes earlier.
struct Filestat {
  std::uint64_t dev;
  std::uint64_t ino;
  FileType filetype;
  std::uint8_t pad[3];
  std::uint32_t nlink;
  FileSize size;
  Timestamp atim;
  Timestamp mtim;
  Timestamp ctim;
};
static_assert(GuestStruct<Filestat> && sizeof(Filestat) == 56);
static_assert(offsetof(Filestat, nlink) == 20 && offsetof(Filestat, size) == 24);
static_assert(offsetof(Filestat, atim) == 32 && offsetof(Filestat, ctim) == 48);

/// A clock has an identifier of the guest's, which nothing ever used, before its id; a descriptor's
/// number lies where the identifier does.
struct Subscription {
  std::uint64_t userdata;
  EventType type;
  std::uint8_t pad0[7];
  std::uint64_t identifier_or_fd;
  ClockId clock;
  std::uint32_t pad1;
  Timestamp timeout;
  Timestamp precision;
  std::uint16_t clock_flags;
  std::uint8_t pad2[6];
};
static_assert(GuestStruct<Subscription> && sizeof(Subscription) == 56);
static_assert(offsetof(Subscription, identifier_or_fd) == 16 &&
              offsetof(Subscription, clock) == 24);
static_assert(offsetof(Subscription, timeout) == 32 && offsetof(Subscription, clock_flags) == 48);

Outcome store(Call& call, Address result, const ErrnoOr<wasi::Filestat>& filestat) {
  if (!filestat) return filestat.error();
  constexpr std::uint64_t kMaxLinks = ~std::uint32_t{0};
  const Filestat narrow{filestat->dev,
                        filestat->ino,
                        filestat->filetype,
                        {},
                        static_cast<std::uint32_t>(std::min(filestat->nlink, kMaxLinks)),
                        filestat->size,
                        filestat->atim,
                        filestat->mtim,
                        filestat->ctim};
  return call.memory.store(result, narrow) ? Errno::Success : Errno::Fault;
}

bool load_subscription(const GuestMemory& memory, std::uint64_t address, wasi::Subscription& to) {
  Subscription from;
  if (!memory.load(address, from)) return false;
  to = {.userdata = from.userdata,
        .type = from.type,
        .clock_or_fd = from.type == EventType::Clock
                           ? static_cast<std::uint32_t>(from.clock)
                           : static_cast<std::uint32_t>(from.identifier_or_fd),
        .timeout = from.timeout,
        .precision = from.precision,
        .clock_flags = from.clock_flags};
  return true;
}

Outcome fd_filestat_get(Call& call, Fd fd, Address result) {
  return store(call, result, filestat_of(call, fd));
}

Outcome path_filestat_get(Call& call, Fd fd, Flags lookup, Address path, Size length,
                          Address result) {
  return store(call, result, filestat_at(call, fd, lookup, path, length));
}

Outcome fd_seek(Call& call, Fd fd, FileDelta offset, Flags whence, Address result) {
  constexpr std::array kWhence{Whence::Cur, Whence::End, Whence::Set};
  if (whence < kWhence.size()) whence = static_cast<Flags>(kWhence[whence]);
  return wasi::fd_seek(call, fd, offset, whence, result);
}

Outcome poll_oneoff(Call& call, Address subscriptions, Address events, Size count,
                    Address nevents) {
  return poll_events(call, subscriptions, events, count, nevents,
                     {sizeof(Subscription), load_subscription});
}

constexpr auto kOwn = std::to_array<Row>({
#define WASI_ABSENT(name)
#define WASI_FUNCTION(result, name, ...) \
  row<result __VA_OPT__(, ) __VA_ARGS__>(#name, &Bound<&unstable::name>::invoke),
#include "wasi/unstable.def"
});

constexpr auto kAbsent = std::to_array<std::string_view>({
#define WASI_ABSENT(name) #name,
#define WASI_FUNCTION(...)
#include "wasi/unstable.def"
});

static_assert(std::ranges::all_of(kAbsent, [](std::string_view name) {
  return std::ranges::find(kPreview1, name, &Row::name) != kPreview1.end();
}));
// Only what the arguments mean differs.
static_assert(std::ranges::all_of(kOwn, [](const Row& own) {
  const auto* row = std::ranges::find(kPreview1, own.name, &Row::name);
  return row != kPreview1.end() && same_type(own, *row);
}));

}  // namespace

}  // namespace unstable

const Row* unstable_row(const Row& row) noexcept {
  if (std::ranges::find(unstable::kAbsent, row.name) != unstable::kAbsent.end()) return nullptr;
  const auto* own = std::ranges::find(unstable::kOwn, row.name, &Row::name);
  return own == unstable::kOwn.end() ? &row : own;
}

}  // namespace weft::wasi
