// The trading REST of one account: each call one request, its answer classified.
//
// One thread owns a client and its connection; clients of one account share a budget. wait_ns()
// says whether a purpose may send now; a call sends without asking again. interrupt() may come from
// any thread. Errors are results; no key is ever part of one. Source: broker protocol 2,
// contract 9.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "broker/alpaca/http_connection.hpp"
#include "broker/alpaca/order_json.hpp"
#include "broker/alpaca/order_tracker.hpp"
#include "broker/alpaca/rate_budget.hpp"
#include "broker/alpaca/wire_values.hpp"

namespace tradewind::broker::alpaca {

// The budget of an account, shared by its connections. Any thread.
class SharedBudget {
  public:
    explicit SharedBudget(std::size_t limit) : budget_(limit) {}
    [[nodiscard]] std::int64_t wait_ns(Purpose purpose, std::int64_t now_ns) {
        const std::lock_guard lock(mutex_);
        return budget_.wait_ns(purpose, now_ns);
    }
    void spend(std::int64_t now_ns) {
        const std::lock_guard lock(mutex_);
        budget_.spend(now_ns);
    }
    // What the broker's answer says of the budget.
    void learn(const HttpReply& reply, std::int64_t now_ns);

  private:
    std::mutex mutex_;
    RateBudget budget_;
};
using SharedBudgetPtr = std::shared_ptr<SharedBudget>;

// The result of a read.
template <class Value>
struct Answer {
    std::optional<Value> value;
    bool keys_refused = false;  // 401, or 403
    std::string reason;         // where there is no value
};

struct ClockAnswer {
    WireClock clock;
    double speed = 1;
    std::int64_t steady_ns = 0;  // at the middle of the request
};

class TradingClient {
  public:
    TradingClient(const AlpacaSettings& settings, SharedBudgetPtr budget);

    [[nodiscard]] std::int64_t wait_ns(Purpose purpose) const;

    // With `stop` both as orders of which one cancels the other.
    [[nodiscard]] PostReply post(const Order& order, AssetClass asset_class,
                                 const std::optional<Order>& stop = {});
    // `with_legs`: those of an order that has some are read too.
    [[nodiscard]] LookUpReply look_up(const std::string& client_order_id, bool with_legs = false);
    // A stop that went with the order `head`, or by itself: as `broker_id`, where that is known.
    [[nodiscard]] LookUpReply look_up_stop(const std::string& client_order_id,
                                           const std::string& head, const std::string& broker_id);
    [[nodiscard]] LookUpReply look_up_broker_id(const std::string& broker_id);
    [[nodiscard]] CancelReply cancel(const std::string& broker_id);

    [[nodiscard]] Answer<WireAccount> account();
    [[nodiscard]] Answer<std::vector<WirePosition>> positions();
    [[nodiscard]] Answer<std::vector<WireOrder>> open_orders();  // all pages
    [[nodiscard]] Answer<ClockAnswer> clock();
    // Executions after `since`, oldest first, all pages.
    [[nodiscard]] Answer<std::vector<WireExecution>> executions(Timestamp since);
    [[nodiscard]] Answer<WireAsset> asset(const Symbol& symbol);

    // Words of enumerations that were not understood, since the last call.
    [[nodiscard]] Remarks take_remarks();
    void interrupt() { connection_.interrupt(); }

  private:
    LookUpReply look_up_at(const std::string& target);
    HttpReply send(Method method, const std::string& target, const std::string& body = {});
    template <class Value, class Parse>
    Answer<Value> read(const std::string& target, Parse parse);

    SharedBudgetPtr budget_;
    HttpConnection connection_;
    Remarks remarks_;
};

}  // namespace tradewind::broker::alpaca
