#include "actors/exchange/exchange_actor.hpp"

#include <caf/all.hpp>
#include <utility>

namespace tradewind::actors {
namespace {

struct ExchangeState {
    static inline const char* name = "tradewind.exchange";

    void send(const SendRequest& request) {
        for (const auto& id : request.cancel_ids) {
            // A cancel that comes too late is answered by the order's own closing event.
            (void)exchange->cancel(account, id, exchange->time());
        }
        for (const auto& order : request.orders) {
            if (order.role == Role::entry && kill_switch && kill_switch->load()) {
                reject(order, "trading is halted");
                continue;
            }
            const auto refusal = exchange->submit(account, order, exchange->time());
            if (refusal) reject(order, refusal->message);
        }
    }

    void reject(const Order& order, const std::string& reason) {
        OrderEvent event;
        event.kind = OrderEventKind::rejected;
        event.order_id = order.order_id;
        event.symbol = order.symbol;
        event.time = exchange->time();
        event.reason = reason;
        refusals.push_back(std::move(event));
    }

    ExchangeTickPtr advance(Timestamp to) {
        auto tick = std::make_shared<ExchangeTick>();
        exchange->advance_to(to, tick->events);
        tick->time = exchange->time();
        tick->refusals = std::exchange(refusals, {});
        std::erase_if(tick->events, [this](const broker::ExchangeEvent& event) {
            const auto* order = std::get_if<broker::AccountOrderEvent>(&event.payload);
            return order && order->account != account;
        });
        for (const auto& event : tick->events) {
            const auto* session = std::get_if<SessionEvent>(&event.payload);
            if (session && session->phase == SessionPhase::closed) add_daily(*session, *tick);
        }
        return tick;
    }

    void add_daily(const SessionEvent& session, ExchangeTick& tick) const {
        const auto& market = exchange->market();
        for (const auto& symbol : market.symbols()) {
            const bool crypto = market.calendar(symbol) == market::TradingCalendar::utc_days;
            if (crypto != session.crypto) continue;
            if (auto bar = market.daily_bar(symbol, session.date)) {
                tick.daily.emplace_back(symbol, *bar);
            }
        }
    }

    std::unique_ptr<broker::EmbeddedExchange> exchange;
    std::string account;
    std::shared_ptr<const std::atomic<bool>> kill_switch;
    std::vector<OrderEvent> refusals;
};

using ExchangeBox = std::shared_ptr<std::unique_ptr<broker::EmbeddedExchange>>;

ExchangeActor::behavior_type exchange(ExchangeActor::stateful_pointer<ExchangeState> self,
                                      const ExchangeBox& box, const std::string& account,
                                      const std::shared_ptr<const std::atomic<bool>>& kill_switch,
                                      const FailureBoxPtr& failures) {
    prepare(self, failures);
    self->state.exchange = std::move(*box);
    self->state.account = account;
    self->state.kill_switch = kill_switch;
    return {
        [](const MarketCall&) { return OrderEvents{}; },
        [self, failures](const SendRequest& request) {
            return guarded<caf::result<OrderEvents>>(failures, [&] {
                self->state.send(request);
                return OrderEvents{};
            });
        },
        [](const OpenCall&) { return OrderEvents{}; },
        [](const EndCall&) { return OrderEvents{}; },
        [](const EndOfData&) { return OrderEvents{}; },
        [self, failures](const AdvanceExchange& advance) {
            return guarded<caf::result<ExchangeTickPtr>>(
                failures, [&] { return self->state.advance(advance.to); });
        },
    };
}

}  // namespace

ExchangeActor spawn_exchange(caf::actor_system& system,
                             std::unique_ptr<broker::EmbeddedExchange> owned, std::string account,
                             std::shared_ptr<const std::atomic<bool>> kill_switch,
                             FailureBoxPtr failures, bool own_thread) {
    auto box = std::make_shared<std::unique_ptr<broker::EmbeddedExchange>>(std::move(owned));
    if (own_thread) {
        return system.spawn<caf::detached>(exchange, box, std::move(account),
                                           std::move(kill_switch), std::move(failures));
    }
    return system.spawn(exchange, box, std::move(account), std::move(kill_switch),
                        std::move(failures));
}

}  // namespace tradewind::actors
