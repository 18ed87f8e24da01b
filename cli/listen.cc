#include "cli/listen.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "cli/options.h"
#include "weft/error.hpp"

namespace weft::cli {

namespace {

// A socket that listens at the address; null, and errno, if there can't be one.
std::shared_ptr<wasi::HostFile> listen_at_address(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  auto socket = std::make_shared<wasi::HostFile>(fd, true);
  // A server that is started again takes its port at once.
  const int yes = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) return nullptr;
  if (::bind(fd, address.ai_addr, address.ai_addrlen) != 0) return nullptr;
  return ::listen(fd, SOMAXCONN) == 0 ? socket : nullptr;
}

}  // namespace

Endpoint parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    throw UsageError("'" + std::string(text) + "' is not HOST:PORT");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view port = text.substr(colon + 1);
  if (const std::uint64_t number = parse_number(port); number == 0 || number > UINT16_MAX) {
    throw UsageError("a port is from 1 to 65535");
  }
  return {std::string(host), std::string(port)};
}

std::shared_ptr<wasi::HostFile> listen_at(const Endpoint& endpoint) {
  const std::string what = "listening at " + endpoint.host + ":" + endpoint.port;
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const char* host = endpoint.host.empty() ? nullptr : endpoint.host.c_str();
  if (const int error = ::getaddrinfo(host, endpoint.port.c_str(), &hints, &found); error != 0) {
    throw Exception(Error(Errc::io, what + ": " + ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (auto socket = listen_at_address(*address)) return socket;
    error = errno;
  }
  throw Exception(Error::from_errno(error, what));
}

}  // namespace weft::cli
