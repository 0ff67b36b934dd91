// This program's own client of the exchange, with books beside it as the daemon keeps them, and a
// restart of it that knows what the books know. Over real sockets; the exchange's clock is moved by
// the test, and the client is told.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/alpaca/alpaca_broker.hpp"
#include "orders/blotter.hpp"
#include "orders/bracket.hpp"
#include "tests/exchange_server/faulty_exchange.hpp"

namespace tradewind::broker::test {

class TradingDesk {
  public:
    explicit TradingDesk(LocalExchange& exchange, std::int64_t adopt_after_ns = 10 * kMinute)
        : exchange_(exchange), adopt_after_ns_(adopt_after_ns) {
        start();
    }

    // Drops the client, as a kill would, and makes another of the same books.
    void restart() {
        broker_.reset();
        start();
    }
    void stop() { broker_.reset(); }
    [[nodiscard]] alpaca::AlpacaBroker& broker() { return *broker_; }

    void submit(const Order& order) {
        REQUIRE(books.add(order));
        if (order.parent_order_id.empty()) entries_.push_back(order.order_id);
        broker_->submit(order, order.time);
    }
    // Moves both clocks on and books what happened.
    void move(std::int64_t duration_ns) {
        exchange_.move(duration_ns);
        tell_time();
        take();
    }
    // Moves by `step_ns` until it holds; false: it never did.
    template <class Condition>
    [[nodiscard]] bool until(Condition&& holds, std::int64_t step_ns = 0, int rounds = 600) {
        for (int round = 0; round < rounds; ++round) {
            take();
            if (holds()) return true;
            if (step_ns != 0) move(step_ns);
            (void)broker_->wait_until_idle(20);
            pause();
        }
        return false;
    }
    [[nodiscard]] OrderStatus status(const std::string& id) {
        take();
        return books.find(id)->status;
    }
    [[nodiscard]] bool closed(const std::string& id) { return is_closed(status(id)); }
    [[nodiscard]] Json orders(const std::string& query) {
        return exchange_.get("/v2/orders?limit=500&" + query).json();
    }
    // Signed; what the books hold.
    [[nodiscard]] Money cash() const;
    [[nodiscard]] Quantity held(const Symbol& symbol) const;
    [[nodiscard]] Quantity held_there(const std::string& symbol);

    orders::Blotter books;
    std::vector<Fill> fills;
    std::vector<Order> adopted;
    std::vector<alpaca::AccountCorrection> corrections;
    // From the next restart on: nothing is sent; exits that the books hold and never sent.
    bool observing = false;
    bool contradicted = false;  // the state is not known then
    std::vector<Order> unsent_exits;
    std::vector<std::string> log() const {
        const std::lock_guard lock(log_->mutex);
        return log_->lines;
    }

  private:
    struct Log {
        std::mutex mutex;
        std::vector<std::string> lines;
    };
    void start();
    void take();
    void tell_time();
    static void pause();
    [[nodiscard]] std::vector<Fill> executed(const std::string& id) const;

    LocalExchange& exchange_;
    std::int64_t adopt_after_ns_;
    std::shared_ptr<alpaca::ExchangeClock> clock_ = std::make_shared<alpaca::ExchangeClock>();
    std::shared_ptr<Log> log_ = std::make_shared<Log>();
    std::vector<std::string> entries_;
    std::unique_ptr<alpaca::AlpacaBroker> broker_;
};

}  // namespace tradewind::broker::test
