// Listening sockets of the simulated exchange: ADDR:PORT to an acceptor. Loopback only. Throws
// Error (usage) naming `option`. Source: contract 2.4.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace tradewind::broker {

// Binds and listens; returns the endpoint with the port that was given.
boost::asio::ip::tcp::endpoint open_listener(boost::asio::ip::tcp::acceptor& acceptor,
                                             const std::string& listen, const std::string& option);
[[nodiscard]] std::string http_address(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace tradewind::broker
