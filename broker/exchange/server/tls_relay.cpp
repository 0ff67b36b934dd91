#include "broker/exchange/server/tls_relay.hpp"

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "broker/exchange/server/listen_address.hpp"
#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

constexpr std::chrono::seconds kHandshakeTime{15};

// One connection: two directions, each with one buffer under way.
class Relay : public std::enable_shared_from_this<Relay> {
  public:
    Relay(tcp::socket socket, asio::ssl::context& context)
        : outside_(std::move(socket), context),
          inside_(outside_.get_executor()),
          deadline_(outside_.get_executor(), kHandshakeTime) {}

    void start(const tcp::endpoint& plain) {
        deadline_.async_wait([self = shared_from_this()](Code code) {
            if (!code) self->close();
        });
        outside_.async_handshake(asio::ssl::stream_base::server,
                                 [self = shared_from_this(), plain](Code code) {
                                     if (code) return self->close();
                                     self->connect(plain);
                                 });
    }

  private:
    using Buffer = std::array<char, 16 * 1024>;

    void connect(const tcp::endpoint& plain) {
        inside_.async_connect(plain, [self = shared_from_this()](Code code) {
            if (code) return self->close();
            self->deadline_.cancel();
            Code ignored;
            self->inside_.set_option(tcp::no_delay(true), ignored);
            self->outside_.lowest_layer().set_option(tcp::no_delay(true), ignored);
            self->inwards();
            self->outwards();
        });
    }

    void inwards() {
        outside_.async_read_some(
            asio::buffer(in_), [self = shared_from_this()](Code code, std::size_t count) {
                if (code) return self->close();
                asio::async_write(self->inside_, asio::buffer(self->in_.data(), count),
                                  [self](Code fault, std::size_t) {
                                      if (fault) return self->close();
                                      self->inwards();
                                  });
            });
    }

    void outwards() {
        inside_.async_read_some(
            asio::buffer(out_), [self = shared_from_this()](Code code, std::size_t count) {
                if (code) return self->shut();
                asio::async_write(self->outside_, asio::buffer(self->out_.data(), count),
                                  [self](Code fault, std::size_t) {
                                      if (fault) return self->close();
                                      self->outwards();
                                  });
            });
    }

    // The plain side has ended: say so properly, a client may wait for it.
    void shut() {
        deadline_.expires_after(kHandshakeTime);
        deadline_.async_wait([self = shared_from_this()](Code code) {
            if (!code) self->close();
        });
        outside_.async_shutdown([self = shared_from_this()](Code) { self->close(); });
    }

    void close() {
        Code ignored;
        deadline_.cancel();
        outside_.lowest_layer().close(ignored);
        inside_.close(ignored);
    }

    asio::ssl::stream<tcp::socket> outside_;
    tcp::socket inside_;
    asio::steady_timer deadline_;
    Buffer in_{};
    Buffer out_{};
};

}  // namespace

class TlsRelay::Implementation : public std::enable_shared_from_this<Implementation> {
  public:
    Implementation(asio::io_context& io, const std::string& listen,
                   const std::string& certificate_file, const std::string& key_file,
                   tcp::endpoint plain)
        : context_(asio::ssl::context::tls_server), acceptor_(io), plain_(std::move(plain)) {
        context_.set_options(asio::ssl::context::default_workarounds |
                             asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        Code code;
        context_.use_certificate_chain_file(certificate_file, code);
        if (code) refuse("--cert", certificate_file, code);
        context_.use_private_key_file(key_file, asio::ssl::context::pem, code);
        if (code) refuse("--key", key_file, code);
        endpoint_ = open_listener(acceptor_, listen, "--tls-listen");
    }

    void accept() {
        acceptor_.async_accept([self = shared_from_this()](Code code, tcp::socket socket) {
            if (code == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
            if (!code) {
                std::make_shared<Relay>(std::move(socket), self->context_)->start(self->plain_);
            }
            self->accept();
        });
    }

    void stop() {
        Code ignored;
        acceptor_.close(ignored);
    }

    [[nodiscard]] std::uint16_t port() const { return endpoint_.port(); }

  private:
    [[noreturn]] static void refuse(const char* option, const std::string& file, const Code& code) {
        throw Error(ErrorKind::usage, std::string("cannot use ") + option, file, code.message(),
                    "give a readable PEM file");
    }

    asio::ssl::context context_;
    tcp::acceptor acceptor_;
    tcp::endpoint plain_;
    tcp::endpoint endpoint_;
};

TlsRelay::TlsRelay(asio::io_context& io, const std::string& listen,
                   const std::string& certificate_file, const std::string& key_file,
                   const tcp::endpoint& plain)
    : implementation_(
          std::make_shared<Implementation>(io, listen, certificate_file, key_file, plain)) {}
TlsRelay::~TlsRelay() = default;

void TlsRelay::start() {
    implementation_->accept();
}
void TlsRelay::stop() {
    implementation_->stop();
}
std::uint16_t TlsRelay::port() const {
    return implementation_->port();
}

}  // namespace tradewind::broker
