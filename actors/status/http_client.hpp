// The commands' side of the status interface: one request to a daemon on this machine.
//
// Blocking with a time-out, one connection a request; any thread, nothing is kept. Only loopback
// addresses are ever connected. Errors: Error (unavailable) when nobody answers at the address, or
// not in time, or what answers is no daemon of this state folder. Source: contract 2.5 and 8.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "actors/status/access_token.hpp"

namespace tradewind::status {

struct HttpAnswer {
    unsigned status = 0;
    std::string body;
};

constexpr std::chrono::milliseconds kClientTimeout{20'000};

[[nodiscard]] HttpAnswer http_get(const Endpoint& endpoint, const std::string& target,
                                  std::chrono::milliseconds timeout = kClientTimeout);
// With the endpoint's token and a JSON body.
[[nodiscard]] HttpAnswer http_post(const Endpoint& endpoint, const std::string& target,
                                   const std::string& body,
                                   std::chrono::milliseconds timeout = kClientTimeout);

// Waits until the daemon has removed its endpoint file and nobody answers at the address. False:
// not in time.
[[nodiscard]] bool wait_until_ended(const std::filesystem::path& endpoint_file,
                                    const Endpoint& endpoint, std::chrono::milliseconds timeout);

}  // namespace tradewind::status
