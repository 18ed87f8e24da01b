// poll_oneoff: what it waits for, and what it takes of the host.
#include <stdlib.h>

#include "rules.h"

typedef __wasi_subscription_t Subscription;
typedef __wasi_event_t Event;

static Subscription after(uint64_t nanoseconds, uint64_t userdata) {
  Subscription result;
  memset(&result, 0, sizeof result);
  result.userdata = userdata;
  result.u.tag = __WASI_EVENTTYPE_CLOCK;
  result.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  result.u.u.clock.timeout = nanoseconds;
  return result;
}
static Subscription when_ready(int32_t fd, int type, uint64_t userdata) {
  Subscription result;
  memset(&result, 0, sizeof result);
  result.userdata = userdata;
  result.u.tag = (uint8_t)type;
  result.u.u.fd_read.file_descriptor = fd;
  return result;
}
enum { kReads = __WASI_EVENTTYPE_FD_READ, kWrites = __WASI_EVENTTYPE_FD_WRITE };

static uint32_t poll(const Subscription* subscriptions, Event* events, int32_t count) {
  uint32_t fired = 0;
  expect_errno(raw_poll_oneoff(subscriptions, events, count, &fired), 0, "poll_oneoff");
  expect(fired > 0 && fired <= (uint32_t)count, "number of events", (int)fired);
  return fired;
}
// That there is one event, and what it says.
static void polls_to(Subscription subscription, int error) {
  Event event;
  expect(poll(&subscription, &event, 1) == 1, "one event", 0);
  expect(event.userdata == subscription.userdata, "userdata", (int)event.userdata);
  expect(event.type == subscription.u.tag, "type", event.type);
  expect_errno(event.error, error, "error");
}

static void there_must_be_something_to_wait_for(void) {
  Event event;
  uint32_t fired;
  expect_errno(raw_poll_oneoff(&event, &event, 0, &fired), __WASI_ERRNO_INVAL, "none");
}

static void counts_are_checked_and_bounded(void) {
  // 2^28 subscriptions are 12 GiB; 0x05555556 and 0x08000001 wrap when multiplied in 32 bits.
  static const uint32_t kCounts[] = {0x10000000u, 0x05555556u, 0x08000001u, 0x20000001u,
                                     0x7fffffffu, 0x80000000u, 0xffffffffu};
  static char buffer[96];
  uint32_t fired;
  for (EACH(i, kCounts)) {
    refused(raw_poll_oneoff(buffer, buffer, (int32_t)kCounts[i], &fired), "count");
  }
  // As many as fit into the memory: done or refused, but nothing goes wrong.
  enum { kMany = 200000 };
  Subscription* subscriptions = malloc(kMany * sizeof *subscriptions);
  Event* events = malloc(kMany * sizeof *events);
  for (int i = 0; i < kMany; ++i) subscriptions[i] = after(0, (uint64_t)i);
  const int got = raw_poll_oneoff(subscriptions, events, kMany, &fired);
  expect(got == __WASI_ERRNO_INVAL || (got == 0 && fired == kMany), "200,000", got);
  expect(poll(subscriptions, events, 1000) == 1000, "1,000", 0);
  for (int i = 0; i < 1000; ++i) expect(events[i].userdata == (uint64_t)i, "userdata", i);
  for (int i = 0; i < 1000; ++i) subscriptions[i] = when_ready(i % 5, 1 + i % 2, (uint64_t)i);
  poll(subscriptions, events, 1000);
  free(subscriptions);
  free(events);
}

static void a_bad_descriptor_is_an_event(void) {
  static const int32_t kNone[] = {50, 1024, INT32_MAX, INT32_MIN, -1};
  for (EACH(i, kNone)) {
    polls_to(when_ready(kNone[i], kReads, 7), __WASI_ERRNO_BADF);
    polls_to(when_ready(kNone[i], kWrites, 8), __WASI_ERRNO_BADF);
  }
}

static void other_bad_subscriptions_are_events(void) {
  Subscription subscription = after(1, 1);
  subscription.u.tag = 3;
  polls_to(subscription, __WASI_ERRNO_INVAL);
  subscription.u.tag = 255;
  polls_to(subscription, __WASI_ERRNO_INVAL);
  static const uint32_t kClocks[] = {2, 3, 4, 0x80000000u, 0xffffffffu};
  for (EACH(i, kClocks)) {
    subscription = after(1, 1);
    subscription.u.u.clock.id = kClocks[i];
    Event event;
    expect(poll(&subscription, &event, 1) == 1 && event.error != 0, "clock", (int)kClocks[i]);
  }
  subscription = after(1, 1);
  subscription.u.u.clock.flags = 2;
  polls_to(subscription, __WASI_ERRNO_INVAL);
}

static void files_are_ready(void) {
  const int32_t fd = must_open(kBox, "in.txt", 0, kRead | kWrite);
  polls_to(when_ready(fd, kReads, 1), 0);
  polls_to(when_ready(fd, kWrites, 2), 0);
  const Subscription both[] = {when_ready(fd, kReads, 1), when_ready(fd, kWrites, 2),
                               after(UINT64_MAX, 3)};
  Event events[3];
  expect(poll(both, events, 3) == 2, "both, and no timeout", 0);
  must_close(fd);
}

static void output_is_ready(void) {
  polls_to(when_ready(1, kWrites, 1), 0);
  polls_to(when_ready(2, kWrites, 2), 0);
}

static void a_silent_pipe_delays_no_timeout(void) {
  const int32_t pipe = must_open(kBox, "pipe", 0, kRead | kWrite);
  const Subscription subscriptions[] = {when_ready(pipe, kReads, 1), after(1000000, 2)};
  Event events[2];
  expect(poll(subscriptions, events, 2) == 1 && events[0].userdata == 2, "the clock", 0);
  expect_errno(write_text(pipe, "x"), 0, "write");
  expect(poll(subscriptions, events, 2) == 1 && events[0].userdata == 1, "the pipe", 0);
  must_close(pipe);
}

static void what_is_over_is_over(void) {
  Subscription subscription = after(0, 1);
  polls_to(subscription, 0);
  subscription.u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
  subscription.u.u.clock.timeout = 1;
  polls_to(subscription, 0);
  subscription.u.u.clock.id = __WASI_CLOCKID_REALTIME;
  polls_to(subscription, 0);
}

static void the_longest_wait_is_not_a_short_one(void) {
  const Subscription subscriptions[] = {after(UINT64_MAX, 1), after(UINT64_MAX - 1, 2),
                                        after(1ull << 63, 3), after(1000000, 4)};
  Event events[4];
  expect(poll(subscriptions, events, 4) == 1 && events[0].userdata == 4, "which", 0);
}

static void sleeps_may_be_many_and_short(void) {
  for (int i = 0; i < 1000; ++i) polls_to(after((uint64_t)i % 1000, (uint64_t)i), 0);
}

static void lists_may_overlap(void) {
  union {
    Subscription in[4];
    Event out[4];
  } lists;
  for (uint64_t i = 0; i < 4; ++i) lists.in[i] = after(0, i);
  expect(poll(lists.in, lists.out, 4) == 4, "all", 0);
  for (uint64_t i = 0; i < 4; ++i) expect(lists.out[i].userdata == i, "userdata", (int)i);
}

static const struct rule kRules[] = {
    {"there must be something to wait for", ABI, there_must_be_something_to_wait_for},
    {"counts are checked and bounded", "wasmtime GHSA-j366-h8gg-77pm, GHSA-852m-cvvp-9p4w",
     counts_are_checked_and_bounded},
    {"a bad descriptor is an event", ABI, a_bad_descriptor_is_an_event},
    {"other bad subscriptions are events", ABI, other_bad_subscriptions_are_events},
    {"files are ready", "wasmtime p1_poll_oneoff_files", files_are_ready},
    {"output is ready", ABI, output_is_ready},
    {"a silent pipe delays no timeout", ABI, a_silent_pipe_delays_no_timeout},
    {"what is over is over", ABI, what_is_over_is_over},
    {"the longest wait is not a short one", ABI, the_longest_wait_is_not_a_short_one},
    {"sleeps may be many and short", "wasmtime p1_sleep_quickly_but_lots",
     sleeps_may_be_many_and_short},
    {"the lists may overlap", ABI, lists_may_overlap},
};
CHECK_RULES(kRules)
