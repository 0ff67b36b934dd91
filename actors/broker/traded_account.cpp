#include "actors/broker/traded_account.hpp"

#include <utility>

namespace tradewind::actors {
namespace {

namespace alpaca = broker::alpaca;

class RemoteAccount final : public TradedAccount {
  public:
    RemoteAccount(std::unique_ptr<alpaca::AlpacaBroker> broker, std::set<Symbol> symbols)
        : broker_(std::move(broker)), symbols_(std::move(symbols)) {}

    void submit(const Order& order, Timestamp now) override { broker_->submit(order, now); }
    void cancel(const std::string& order_id, Timestamp now) override {
        broker_->cancel(order_id, now);
    }
    void see(const alpaca::FeedBatch&, Timestamp) override {}
    void take(std::vector<OrderEvent>& events, ExchangeTick& tick) override {
        broker_->take_events(events);
        broker_->take_adopted(tick.adopted_orders);
        std::vector<alpaca::AccountCorrection> corrections;
        broker_->take_corrections(corrections);
        for (auto& correction : corrections) {
            if (!correction.symbol.empty() && !symbols_.contains(correction.symbol)) continue;
            ledger::Adjustment adjustment;
            adjustment.kind = ledger::AdjustmentKind::adopted;
            adjustment.symbol = correction.symbol;
            adjustment.quantity = correction.quantity;
            adjustment.price = correction.average;
            adjustment.cash = correction.cash;
            adjustment.reason = std::move(correction.cause);
            tick.adjustments.push_back(std::move(adjustment));
        }
    }
    alpaca::BrokerCondition condition() const override { return broker_->condition(); }
    void wait_until_idle(std::int64_t most_ms) override { (void)broker_->wait_until_idle(most_ms); }

  private:
    std::unique_ptr<alpaca::AlpacaBroker> broker_;
    std::set<Symbol> symbols_;
};

class LocalAccount final : public TradedAccount {
  public:
    explicit LocalAccount(std::unique_ptr<broker::LocalExchange> exchange)
        : exchange_(std::move(exchange)) {}

    void submit(const Order& order, Timestamp now) override {
        exchange_->advance_to(now);
        const auto refusal = exchange_->submit(order);
        if (!refusal) return;
        OrderEvent event;
        event.kind = OrderEventKind::rejected;
        event.order_id = order.order_id;
        event.symbol = order.symbol;
        event.time = exchange_->time();
        event.reason = refusal->message;
        refusals_.push_back(std::move(event));
    }
    void cancel(const std::string& order_id, Timestamp now) override {
        exchange_->advance_to(now);
        // One that comes too late is answered by the order's own closing event.
        (void)exchange_->cancel(order_id);
    }
    void see(const alpaca::FeedBatch& batch, Timestamp now) override {
        exchange_->advance_to(now);
        for (const auto& quote : batch.quotes) exchange_->on_quote(quote);
    }
    void take(std::vector<OrderEvent>& events, ExchangeTick&) override {
        for (auto& refusal : refusals_) events.push_back(std::move(refusal));
        refusals_.clear();
        exchange_->take_events(events);
    }
    alpaca::BrokerCondition condition() const override { return {true, true, {}}; }
    void wait_until_idle(std::int64_t) override {}

  private:
    std::unique_ptr<broker::LocalExchange> exchange_;
    std::vector<OrderEvent> refusals_;
};

}  // namespace

std::unique_ptr<TradedAccount> make_remote_account(
    std::unique_ptr<broker::alpaca::AlpacaBroker> broker, std::set<Symbol> symbols) {
    return std::make_unique<RemoteAccount>(std::move(broker), std::move(symbols));
}

std::unique_ptr<TradedAccount> make_local_account(std::unique_ptr<broker::LocalExchange> exchange) {
    return std::make_unique<LocalAccount>(std::move(exchange));
}

}  // namespace tradewind::actors
