#include "broker/alpaca/alpaca_settings.hpp"

#include <algorithm>
#include <charconv>

#include "messages/error.hpp"

namespace tradewind::broker::alpaca {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why,
                         const std::string& remedy) {
    throw Error(ErrorKind::usage, "cannot use the broker's address", where, why, remedy);
}

bool plain_host(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == ':';
    });
}

bool plain_path(std::string_view path) {
    return std::all_of(path.begin(), path.end(), [](char c) {
        return c > ' ' && c < 127 && c != '?' && c != '#' && c != '@' && c != '\\';
    });
}

}  // namespace

bool is_loopback_host(std::string_view host) {
    if (host == "localhost" || host == "::1") return true;
    if (!host.starts_with("127.")) return false;
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

bool Address::loopback() const {
    return is_loopback_host(host);
}

std::string Address::authority() const {
    const auto name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    const bool usual = port == (secure ? 443 : 80);
    return usual ? name : name + ':' + std::to_string(port);
}

std::string Address::origin() const {
    return (secure ? "https://" : "http://") + authority();
}

Address parse_address(std::string_view text, const std::string& where) {
    Address address;
    const auto scheme = text.substr(0, text.find("://"));
    if (scheme.size() == text.size()) {
        refuse(where, "'" + std::string(text) + "' has no scheme", "write https://HOST");
    }
    if (scheme == "http" || scheme == "ws") {
        address.secure = false;
    } else if (scheme != "https" && scheme != "wss") {
        refuse(where, "'" + std::string(scheme) + "' is not http, https, ws or wss",
               "write https://HOST");
    }
    address.port = address.secure ? 443 : 80;
    auto rest = text.substr(scheme.size() + 3);
    const auto slash = rest.find('/');
    auto authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) address.path = rest.substr(slash);
    while (!address.path.empty() && address.path.back() == '/') address.path.pop_back();
    if (!plain_path(address.path)) refuse(where, "the path has no plain form", "leave it out");
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) refuse(where, "'[' without ']'", "write [::1]:PORT");
        address.host = authority.substr(1, end - 1);
        if (end + 1 < authority.size()) {
            if (authority[end + 1] != ':') refuse(where, "not a port", "write [::1]:PORT");
            port = authority.substr(end + 2);
        }
    } else {
        const auto colon = authority.find(':');
        address.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    }
    if (!plain_host(address.host)) {
        refuse(where, "no host name in it", "write https://HOST without user or query");
    }
    if (authority.find(':') != std::string_view::npos && port.empty() &&
        !authority.ends_with(']')) {
        refuse(where, "an empty port", "write https://HOST:PORT");
    }
    if (!port.empty()) {
        unsigned value = 0;
        const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), value);
        if (fault != std::errc{} || end != port.data() + port.size() || value == 0 ||
            value > 65'535) {
            refuse(where, "'" + std::string(port) + "' is not a port", "use 1 to 65535");
        }
        address.port = static_cast<std::uint16_t>(value);
    }
    if (!address.secure && !address.loopback()) {
        refuse(where, "plain text to " + address.host + " would show the keys",
               "use https:// or wss://; http:// and ws:// are for loopback");
    }
    return address;
}

}  // namespace tradewind::broker::alpaca
