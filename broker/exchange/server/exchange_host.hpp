// The owner of the simulated exchange behind the server: its clock, its accounts by key, and who is
// told what happens. Not thread-safe: everything runs on the server's I/O thread once it started.
//
// The clock is exchange time as a function of steady time: it stands at the exchange's own time
// until start(), then runs at `speed` exchange seconds per real second (0: it moves by move_by()
// alone, for tests). Listeners get the market's and the accounts' events in order, after they are
// durable, always from advance() (with none, too); never from inside a command. Source:
// contract 2.4, architecture 4.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/exchange/embedded_exchange.hpp"
#include "broker/exchange/server/fault_script.hpp"

namespace tradewind::broker {

struct HostOptions {
    double speed = 1;
    Money cash = Money::whole(100'000);  // of an account at its opening
    // KEYID -> SECRET; empty: any non-empty pair is valid. Each key id has an account of its own.
    std::map<std::string, std::string> credentials;
};

class ExchangeHost {
  public:
    using Listener = std::function<void(const std::vector<ExchangeEvent>&)>;
    using Delay = std::chrono::milliseconds;

    ExchangeHost(HostOptions options, std::unique_ptr<EmbeddedExchange> exchange);

    [[nodiscard]] EmbeddedExchange& exchange() { return *exchange_; }
    [[nodiscard]] const EmbeddedExchange& exchange() const { return *exchange_; }
    [[nodiscard]] const HostOptions& options() const { return options_; }

    // The clock runs from here on.
    void start();
    // Exchange time: at least exchange().time().
    [[nodiscard]] Timestamp now() const;
    [[nodiscard]] double speed() const { return options_.speed; }
    // A clock that stands still moves on by so much.
    void move_by(std::int64_t duration_ns);

    // Moves the exchange on to now() and tells the listeners. The server calls it by a timer and
    // after each request.
    void advance();
    void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

    // The account of a valid pair, opened at its first use; empty: not valid.
    [[nodiscard]] std::string account_of(std::string_view key_id, std::string_view secret);

    // Runs `task` on the I/O thread after `delay` of steady time. Set by the server.
    std::function<void(Delay delay, std::function<void()> task)> schedule;
    // The fault that the script has for this now (FaultScript::take); null: none. Set by the
    // server; empty: there is no script.
    std::function<const Fault*(std::initializer_list<std::string_view> kinds,
                               const FaultTarget& target)>
        fault;

  private:
    HostOptions options_;
    std::unique_ptr<EmbeddedExchange> exchange_;
    std::vector<Listener> listeners_;
    std::map<std::string, std::string> accounts_;  // by key id
    Timestamp origin_;
    std::chrono::steady_clock::time_point origin_steady_;
    bool running_ = false;
    bool advancing_ = false;
};

// The account number of a key id: `PA` and ten digits or letters, always the same.
[[nodiscard]] std::string account_number_of(std::string_view key_id);

}  // namespace tradewind::broker
