// Where the Alpaca client connects, with which keys, and the limits it keeps to.
//
// Immutable values; any thread may read them. Errors: Error (usage) names the setting whose address
// cannot be used; plain http and ws are for loopback only. Source: broker protocol 1 and 9,
// contract 5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "messages/secret.hpp"

namespace tradewind::broker::alpaca {

struct Address {
    bool secure = true;
    std::string host;  // without brackets
    std::uint16_t port = 443;
    std::string path;  // prefix of every target, without a trailing slash; may be empty

    // `http://HOST[:PORT]`, for messages.
    [[nodiscard]] std::string origin() const;
    // The value of the Host header.
    [[nodiscard]] std::string authority() const;
    [[nodiscard]] bool loopback() const;
};

// `text` is http(s):// or ws(s)://; `where` names the setting or the variable.
[[nodiscard]] Address parse_address(std::string_view text, const std::string& where);

// 127.0.0.0/8, ::1 or localhost.
[[nodiscard]] bool is_loopback_host(std::string_view host);

struct Keys {
    Secret key_id;
    Secret secret_key;
};

struct AlpacaSettings {
    Address trading;      // REST; its origin also serves /stream
    Address data;         // market data REST
    Address data_stream;  // market data WebSocket; a path names one stream for all symbols
    Keys keys;
    std::string stock_feed = "iex";
    std::string crypto_location = "us";
    std::filesystem::path certificate_authorities;  // PEM; empty: the machine's

    // Steady time.
    std::int64_t connect_timeout_ms = 5'000;
    std::int64_t reply_timeout_ms = 8'000;
    std::int64_t audit_ms = 30'000;
    std::int64_t silence_ms = 30'000;
    std::int64_t ping_ms = 10'000;

    std::size_t requests_a_minute = 190;  // of the account; the broker's limit is 200
    std::size_t history_workers = 4;
    std::uint64_t seed = 1;  // of the jitter
};

constexpr std::size_t kMaximumBody = 16U << 20U;    // of a REST reply
constexpr std::size_t kMaximumFrame = 4U << 20U;    // of a WebSocket message
constexpr std::size_t kMaximumClientOrderId = 128;  // ASCII characters

}  // namespace tradewind::broker::alpaca
