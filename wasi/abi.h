// The binary interface of wasi_snapshot_preview1: what crosses between guest and host, with the
// layouts that guests compile in. Structures have no implicit padding: what is copied out to a
// guest must hold no bytes that nobody wrote.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace weft::wasi {

// Parameters, as the table of functions names them. Flags and enumerations narrower than 32 bits
// cross as 32 bits, and handlers check the whole word.
using Address = std::uint32_t;
using Size = std::uint32_t;
using Fd = std::uint32_t;
using FileSize = std::uint64_t;
using FileDelta = std::int64_t;
using Timestamp = std::uint64_t;
using Cookie = std::uint64_t;
using RightSet = std::uint64_t;
using Flags = std::uint32_t;
using ExitCode = std::uint32_t;

enum class Errno : std::uint16_t {
  Success,
  TooBig,
  Acces,
  AddrInUse,
  AddrNotAvail,
  AfNoSupport,
  Again,
  Already,
  Badf,
  BadMsg,
  Busy,
  Canceled,
  Child,
  ConnAborted,
  ConnRefused,
  ConnReset,
  Deadlk,
  DestAddrReq,
  Dom,
  Dquot,
  Exist,
  Fault,
  Fbig,
  HostUnreach,
  Idrm,
  Ilseq,
  InProgress,
  Intr,
  Inval,
  Io,
  IsConn,
  IsDir,
  Loop,
  Mfile,
  Mlink,
  MsgSize,
  MultiHop,
  NameTooLong,
  NetDown,
  NetReset,
  NetUnreach,
  Nfile,
  NoBufs,
  NoDev,
  NoEnt,
  NoExec,
  NoLck,
  NoLink,
  NoMem,
  NoMsg,
  NoProtoOpt,
  NoSpc,
  NoSys,
  NotConn,
  NotDir,
  NotEmpty,
  NotRecoverable,
  NotSock,
  NotSup,
  NoTty,
  Nxio,
  Overflow,
  OwnerDead,
  Perm,
  Pipe,
  Proto,
  ProtoNoSupport,
  Prototype,
  Range,
  Rofs,
  Spipe,
  Srch,
  Stale,
  TimedOut,
  TxtBsy,
  Xdev,
  NotCapable,
};
static_assert(static_cast<int>(Errno::NotCapable) == 76);
static_assert(static_cast<int>(Errno::Inval) == 28 && static_cast<int>(Errno::NoSys) == 52);

/// One bit per kind of operation on a descriptor.
namespace right {
inline constexpr RightSet kFdDatasync = 1u << 0;
inline constexpr RightSet kFdRead = 1u << 1;
inline constexpr RightSet kFdSeek = 1u << 2;
inline constexpr RightSet kFdFdstatSetFlags = 1u << 3;
inline constexpr RightSet kFdSync = 1u << 4;
inline constexpr RightSet kFdTell = 1u << 5;
inline constexpr RightSet kFdWrite = 1u << 6;
inline constexpr RightSet kFdAdvise = 1u << 7;
inline constexpr RightSet kFdAllocate = 1u << 8;
inline constexpr RightSet kPathCreateDirectory = 1u << 9;
inline constexpr RightSet kPathCreateFile = 1u << 10;
inline constexpr RightSet kPathLinkSource = 1u << 11;
inline constexpr RightSet kPathLinkTarget = 1u << 12;
inline constexpr RightSet kPathOpen = 1u << 13;
inline constexpr RightSet kFdReaddir = 1u << 14;
inline constexpr RightSet kPathReadlink = 1u << 15;
inline constexpr RightSet kPathRenameSource = 1u << 16;
inline constexpr RightSet kPathRenameTarget = 1u << 17;
inline constexpr RightSet kPathFilestatGet = 1u << 18;
inline constexpr RightSet kPathFilestatSetSize = 1u << 19;
inline constexpr RightSet kPathFilestatSetTimes = 1u << 20;
inline constexpr RightSet kFdFilestatGet = 1u << 21;
inline constexpr RightSet kFdFilestatSetSize = 1u << 22;
inline constexpr RightSet kFdFilestatSetTimes = 1u << 23;
inline constexpr RightSet kPathSymlink = 1u << 24;
inline constexpr RightSet kPathRemoveDirectory = 1u << 25;
inline constexpr RightSet kPathUnlinkFile = 1u << 26;
inline constexpr RightSet kPollFdReadwrite = 1u << 27;
inline constexpr RightSet kSockShutdown = 1u << 28;
inline constexpr RightSet kSockAccept = 1u << 29;
}  // namespace right

enum class FileType : std::uint8_t {
  Unknown,
  BlockDevice,
  CharacterDevice,
  Directory,
  RegularFile,
  SocketDgram,
  SocketStream,
  SymbolicLink,
};

namespace fdflag {
inline constexpr Flags kAppend = 1u << 0;
inline constexpr Flags kDsync = 1u << 1;
inline constexpr Flags kNonblock = 1u << 2;
inline constexpr Flags kRsync = 1u << 3;
inline constexpr Flags kSync = 1u << 4;
inline constexpr Flags kAll = (1u << 5) - 1;
}  // namespace fdflag

namespace oflag {
inline constexpr Flags kCreat = 1u << 0;
inline constexpr Flags kDirectory = 1u << 1;
inline constexpr Flags kExcl = 1u << 2;
inline constexpr Flags kTrunc = 1u << 3;
inline constexpr Flags kAll = (1u << 4) - 1;
}  // namespace oflag

namespace fstflag {
inline constexpr Flags kAtim = 1u << 0;
inline constexpr Flags kAtimNow = 1u << 1;
inline constexpr Flags kMtim = 1u << 2;
inline constexpr Flags kMtimNow = 1u << 3;
inline constexpr Flags kAll = (1u << 4) - 1;
}  // namespace fstflag

namespace riflag {
inline constexpr Flags kPeek = 1u << 0;
inline constexpr Flags kWaitall = 1u << 1;
inline constexpr Flags kAll = (1u << 2) - 1;
}  // namespace riflag

namespace sdflag {
inline constexpr Flags kRd = 1u << 0;
inline constexpr Flags kWr = 1u << 1;
inline constexpr Flags kAll = (1u << 2) - 1;
}  // namespace sdflag

inline constexpr Flags kDataTruncated = 1u << 0;  // the only flag of a received message
inline constexpr Flags kSymlinkFollow = 1u << 0;  // the only lookup flag
inline constexpr Flags kClockAbsolute = 1u << 0;  // the only flag of a clock subscription
inline constexpr Flags kHangup = 1u << 0;         // the only flag of an event on a descriptor

enum class Whence : std::uint8_t { Set, Cur, End };
enum class ClockId : std::uint32_t { Realtime, Monotonic, ProcessCputime, ThreadCputime };
enum class Advice : std::uint8_t { Normal, Sequential, Random, WillNeed, DontNeed, NoReuse };
enum class EventType : std::uint8_t { Clock, FdRead, FdWrite };

// No initialisers: lists of these are filled in by the number that is used.
struct GuestIovec {
  Address buf;
  Size buf_len;
};
static_assert(sizeof(GuestIovec) == 8);

struct Fdstat {
  FileType filetype = FileType::Unknown;
  std::uint8_t pad0 = 0;
  std::uint16_t flags = 0;
  std::uint32_t pad1 = 0;
  RightSet rights_base = 0;
  RightSet rights_inheriting = 0;
};
static_assert(sizeof(Fdstat) == 24 && offsetof(Fdstat, flags) == 2);
static_assert(offsetof(Fdstat, rights_base) == 8 && offsetof(Fdstat, rights_inheriting) == 16);

struct Filestat {
  std::uint64_t dev = 0;
  std::uint64_t ino = 0;
  FileType filetype = FileType::Unknown;
  std::uint8_t pad[7] = {};
  std::uint64_t nlink = 0;
  FileSize size = 0;
  Timestamp atim = 0;
  Timestamp mtim = 0;
  Timestamp ctim = 0;
};
static_assert(sizeof(Filestat) == 64 && offsetof(Filestat, filetype) == 16);
static_assert(offsetof(Filestat, nlink) == 24 && offsetof(Filestat, size) == 32);
static_assert(offsetof(Filestat, atim) == 40 && offsetof(Filestat, ctim) == 56);

/// Followed by the name, which has no NUL; the next entry begins right after it, at any alignment.
struct Dirent {
  Cookie next = 0;
  std::uint64_t ino = 0;
  std::uint32_t namlen = 0;
  FileType type = FileType::Unknown;
  std::uint8_t pad[3] = {};
};
static_assert(sizeof(Dirent) == 24 && offsetof(Dirent, namlen) == 16);
static_assert(offsetof(Dirent, type) == 20);

/// The only kind of preopened descriptor is a directory: tag 0.
struct Prestat {
  std::uint8_t tag = 0;
  std::uint8_t pad[3] = {};
  Size name_len = 0;
};
static_assert(sizeof(Prestat) == 8 && offsetof(Prestat, name_len) == 4);

/// A subscription's contents as a union, taken apart by `type`: a clock's fields are all here, a
/// descriptor's number lies where the clock's id does.
struct Subscription {
  std::uint64_t userdata = 0;
  EventType type = EventType::Clock;
  std::uint8_t pad0[7] = {};
  std::uint32_t clock_or_fd = 0;
  std::uint32_t pad1 = 0;
  Timestamp timeout = 0;
  Timestamp precision = 0;
  std::uint16_t clock_flags = 0;
  std::uint8_t pad2[6] = {};
};
static_assert(sizeof(Subscription) == 48 && offsetof(Subscription, type) == 8);
static_assert(offsetof(Subscription, clock_or_fd) == 16 && offsetof(Subscription, timeout) == 24);
static_assert(offsetof(Subscription, precision) == 32 && offsetof(Subscription, clock_flags) == 40);

struct Event {
  std::uint64_t userdata = 0;
  Errno error = Errno::Success;
  EventType type = EventType::Clock;
  std::uint8_t pad0[5] = {};
  FileSize nbytes = 0;
  std::uint16_t flags = 0;
  std::uint8_t pad1[6] = {};
};
static_assert(sizeof(Event) == 32 && offsetof(Event, error) == 8 && offsetof(Event, type) == 10);
static_assert(offsetof(Event, nbytes) == 16 && offsetof(Event, flags) == 24);

/// What may be copied to a guest: no padding that the compiler put in.
template <class T>
concept GuestStruct =
    std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;
static_assert(GuestStruct<GuestIovec> && GuestStruct<Fdstat> && GuestStruct<Filestat>);
static_assert(GuestStruct<Dirent> && GuestStruct<Prestat>);
static_assert(GuestStruct<Subscription> && GuestStruct<Event>);

}  // namespace weft::wasi
