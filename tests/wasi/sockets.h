// Sockets that a test hands to a guest.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <weft/wasi.hpp>

#include "wasi/unique_fd.h"

namespace weft::wasi {

/// Two connected sockets.
struct Pair {
  explicit Pair(int type) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    guests = std::make_shared<HostFile>(ends[0], true);
    host = UniqueFd(ends[1]);
  }
  std::shared_ptr<HostFile> guests{};
  UniqueFd host{};
};

/// On a port of 127.0.0.1.
struct Listener {
  Listener() {
    socket = std::make_shared<HostFile>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), true);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket->fd(), generic, size), 0);
    EXPECT_EQ(::listen(socket->fd(), 16), 0);
    EXPECT_EQ(::getsockname(socket->fd(), generic, &size), 0);
  }
  [[nodiscard]] UniqueFd connect() const {
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    return client;
  }
  std::shared_ptr<HostFile> socket{};
  sockaddr_in address{};
};

}  // namespace weft::wasi
