// The TLS listener of the simulated exchange: takes the encryption off and passes the bytes on to
// the plain listener, so that both serve the same routes by the same code.
//
// Runs on the given I/O context's thread; lives as long as it. Construction binds and reads the
// certificate; throws Error (usage) naming the file. TLS 1.2 and later. Source: contract 2.4,
// broker protocol 8.1.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace tradewind::broker {

class TlsRelay {
  public:
    TlsRelay(boost::asio::io_context& io, const std::string& listen,
             const std::string& certificate_file, const std::string& key_file,
             const boost::asio::ip::tcp::endpoint& plain);
    ~TlsRelay();

    void start();
    // On the I/O thread: no further connections; open ones end with the plain side.
    void stop();
    [[nodiscard]] std::uint16_t port() const;

  private:
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace tradewind::broker
