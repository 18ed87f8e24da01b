// Sockets that a program accepts connections from.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weft/wasi.hpp"

namespace weft::cli {

struct Endpoint {
  std::string host;  // a name or a number; empty for all of this machine's
  std::string port;
};

// "localhost:8080", "[::1]:8080", ":8080". Throws UsageError.
Endpoint parse_endpoint(std::string_view text);

// Listens for TCP connections there. Throws Exception (Errc::io).
std::shared_ptr<wasi::HostFile> listen_at(const Endpoint& endpoint);

}  // namespace weft::cli
