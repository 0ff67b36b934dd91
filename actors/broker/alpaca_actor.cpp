#include "actors/broker/alpaca_actor.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <iterator>
#include <utility>

namespace tradewind::actors {
namespace {

namespace alpaca = broker::alpaca;

constexpr std::int64_t kIdlePatienceMs = 4'000;  // for the answers to the last commands

struct AlpacaState {
    static inline const char* name = "tradewind.alpaca";

    [[nodiscard]] Timestamp now() const { return parts.clock->at(alpaca::steady_now_ns()); }

    void send(const SendRequest& request) {
        for (const auto& id : request.cancel_ids) parts.account->cancel(id, now());
        for (const auto& order : request.orders) {
            const bool entry = order.role == Role::entry;
            if (entry && kill_switch && kill_switch->load()) {
                reject(order, "trading is halted");
            } else if (entry && !condition.known) {
                reject(order, condition.reasons.empty() ? "the broker's state is unknown"
                                                        : condition.reasons.front());
            } else {
                parts.account->submit(order, now());
            }
        }
    }

    void reject(const Order& order, const std::string& reason) {
        OrderEvent event;
        event.kind = OrderEventKind::rejected;
        event.order_id = order.order_id;
        event.symbol = order.symbol;
        event.time = now();
        event.reason = reason;
        refusals.push_back(std::move(event));
    }

    // The state of broker and market as one word; told when it changes.
    void judge(ExchangeTick& tick) {
        const auto account = parts.account->condition();
        VenueCondition current;
        current.trading_stream = account.listening;
        current.data_stream = parts.feed->complete();
        current.known = account.known && current.data_stream;
        current.reasons = account.reasons;
        if (!current.data_stream) current.reasons.push_back("market data: " + parts.feed->reason());
        if (!account.known && account.reasons.empty()) {
            current.reasons.insert(current.reasons.begin(), "the account has not been read yet");
        }
        const bool same = told && current.known == condition.known &&
                          current.trading_stream == condition.trading_stream &&
                          current.data_stream == condition.data_stream &&
                          current.reasons == condition.reasons;
        if (same) return;
        const bool moved = !told || current.known != condition.known;
        told = true;
        condition = current;
        if (moved) {
            BrokerState state;
            state.reachable = current.known;
            if (!current.known) state.reason = current.reasons.front();
            tick.states.push_back(std::move(state));
        }
        if (tell) tell(condition);
    }

    ExchangeTickPtr advance(Timestamp to) {
        // Asked for no new time: only what the last commands became.
        if (to.ns == 0) parts.account->wait_until_idle(kIdlePatienceMs);
        auto tick = std::make_shared<ExchangeTick>();
        tick->time = std::max(now(), last_tick);
        auto batch = parts.feed->take(tick->time);
        parts.account->see(batch, tick->time);
        for (std::size_t i = 0; i < batch.sessions.size(); ++i) {
            const auto time = std::clamp(batch.session_times[i], last_tick, tick->time);
            tick->events.push_back({time, batch.sessions[i]});
        }
        std::stable_sort(tick->events.begin(), tick->events.end(),
                         [](const auto& a, const auto& b) { return a.time < b.time; });
        for (auto& [symbol, bar] : batch.minutes) {
            tick->events.push_back({tick->time, BarClosed{symbol, bar}});
        }
        for (const auto& quote : batch.quotes) tick->events.push_back({tick->time, quote});
        auto events = std::exchange(early, {});
        parts.account->take(events, *tick);
        hold_back(tick->adopted_orders, events);
        for (auto& event : events) {
            tick->events.push_back(
                {tick->time, broker::AccountOrderEvent{std::string(), std::move(event)}});
        }
        tick->daily = std::move(batch.daily);
        tick->refusals = std::exchange(refusals, {});
        judge(*tick);
        last_tick = tick->time;
        return tick;
    }

    // What happened to an order that is adopted with this tick waits for the next one.
    void hold_back(const std::vector<Order>& adopted, std::vector<OrderEvent>& events) {
        if (adopted.empty()) return;
        const auto waits = [&](const OrderEvent& event) {
            return std::any_of(adopted.begin(), adopted.end(), [&](const Order& order) {
                return order.order_id == event.order_id;
            });
        };
        const auto first = std::stable_partition(
            events.begin(), events.end(), [&](const OrderEvent& event) { return !waits(event); });
        std::move(first, events.end(), std::back_inserter(early));
        events.erase(first, events.end());
    }

    AlpacaParts parts;
    std::shared_ptr<const std::atomic<bool>> kill_switch;
    std::function<void(const VenueCondition&)> tell;
    std::vector<OrderEvent> refusals;
    std::vector<OrderEvent> early;  // of orders adopted with the last tick
    VenueCondition condition{false, false, false, {}};
    bool told = false;
    Timestamp last_tick;
};

using PartsBox = std::shared_ptr<AlpacaParts>;

ExchangeActor::behavior_type alpaca_role(ExchangeActor::stateful_pointer<AlpacaState> self,
                                         const PartsBox& box, const VenueStart& start) {
    const auto failures = start.failures;
    prepare(self, failures);
    self->state.parts = std::move(*box);
    self->state.kill_switch = start.kill_switch;
    self->state.tell = start.condition;
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

ExchangeActor spawn_alpaca(caf::actor_system& system, AlpacaParts parts, const VenueStart& start) {
    auto box = std::make_shared<AlpacaParts>(std::move(parts));
    return system.spawn<caf::detached>(alpaca_role, box, start);
}

}  // namespace tradewind::actors
