#include "broker/exchange/server/listen_address.hpp"

#include <charconv>

#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

[[noreturn]] void refuse(const std::string& listen, const std::string& why,
                         const std::string& remedy) {
    throw Error(ErrorKind::usage, "cannot listen", listen, why, remedy);
}

tcp::endpoint parse(const std::string& text) {
    const std::string form = "give ADDR:PORT, for example 127.0.0.1:8800";
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) refuse(text, "no ADDR:PORT", form);
    auto address = text.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    } else if (address.find(':') != std::string::npos) {
        refuse(text, "an IPv6 address stands in brackets", "give [::1]:8800");
    }
    if (address == "localhost") address = "127.0.0.1";
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data() + colon + 1, end, port);
    if (code != std::errc() || stop != end) refuse(text, "no port from 0 to 65535", form);
    boost::system::error_code fault;
    const auto parsed = asio::ip::make_address(address, fault);
    if (fault) refuse(text, "not an address", form);
    if (!parsed.is_loopback()) {
        refuse(text, "the address is not loopback", "listen on 127.0.0.1 and forward the port");
    }
    return {parsed, port};
}

}  // namespace

tcp::endpoint open_listener(tcp::acceptor& acceptor, const std::string& listen,
                            const std::string& option) {
    const auto wanted = parse(listen);
    boost::system::error_code code;
    acceptor.open(wanted.protocol(), code);
    if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor.bind(wanted, code);
    if (!code) acceptor.listen(asio::socket_base::max_listen_connections, code);
    const std::string remedy = "choose another one with " + option + " ADDR:PORT";
    if (code == asio::error::address_in_use) refuse(listen, "the port is taken", remedy);
    if (code) refuse(listen, code.message(), remedy);
    return acceptor.local_endpoint();
}

std::string http_address(const tcp::endpoint& endpoint) {
    const auto text = endpoint.address().to_string();
    return "http://" + (endpoint.address().is_v6() ? "[" + text + "]" : text) + ":" +
           std::to_string(endpoint.port());
}

}  // namespace tradewind::broker
