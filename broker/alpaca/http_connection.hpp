// One kept-alive HTTP connection to one origin, with deadlines and size limits.
//
// Owned and used by one thread; interrupt() alone may come from any other. Each exchange() says
// whether the request can have arrived, because that decides whether an order may exist. A
// connection that the other side closed while it was idle is renewed before anything is written on
// it. TLS verifies the certificate and the host name. Redirects are not followed. Errors are
// results, not exceptions; Error (usage) only for a file of certificate authorities that cannot be
// read. Source: broker protocol 1, contract 8 and 9.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/alpaca/alpaca_settings.hpp"

namespace tradewind::broker::alpaca {

struct HttpReply {
    enum class Outcome : std::uint8_t {
        answered,  // `status` and what follows are set
        not_sent,  // nothing of the request left
        unknown,   // it may have arrived; no whole answer came
    };
    Outcome outcome = Outcome::not_sent;
    unsigned status = 0;
    std::string body;
    // Of the answer's headers; empty: not there, or not a number.
    std::optional<std::int64_t> rate_remaining;
    std::optional<std::int64_t> rate_reset_epoch_s;
    std::optional<std::int64_t> retry_after_s;
    std::optional<double> clock_speed;
    std::string request_id;
    std::string fault;  // of what was not answered; never holds a key

    [[nodiscard]] bool answered() const { return outcome == Outcome::answered; }
};

enum class Method : std::uint8_t { get, post, remove };

class HttpConnection {
  public:
    HttpConnection(Address address, Keys keys, const AlpacaSettings& limits);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    // `target` begins with '/'. A GET whose kept connection broke is asked once more on a new one.
    [[nodiscard]] HttpReply exchange(Method method, const std::string& target,
                                     const std::string& body = {});
    // Ends the exchange that is under way and every later one; any thread.
    void interrupt();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// Percent-encodes everything but unreserved characters.
[[nodiscard]] std::string encoded(std::string_view text);

}  // namespace tradewind::broker::alpaca
