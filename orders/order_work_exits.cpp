// The ways out of a position: targets and gradual exits.
#include <algorithm>
#include <vector>

#include "market/calendar.hpp"
#include "orders/order_work_orders.hpp"

namespace tradewind::orders {
namespace {

constexpr std::int64_t kTargetPause = kMinute;     // at least, between two targets
constexpr std::int64_t kQuoteLife = 60 * kSecond;  // no market order on an older one (I-12)

constexpr double kLongAgo = 1e6;  // minutes: an exit's last and most eager price

// |a / b - 1| <= tolerance, exact.
bool near(Price a, Price b, Fraction tolerance) {
    const int128 distance = static_cast<int128>(a.units()) - b.units();
    return decimal::multiply(distance < 0 ? -distance : distance, Fraction::kOne) <=
           decimal::multiply(b.units(), tolerance.units());
}

bool works(const Order& order) {
    return !is_closed(order.status) && order.status != OrderStatus::held;
}

}  // namespace

// What the exit of `intent` may leave: the strategy's position on the other side; zero: nothing, or
// so little that it is none (I-24).
Quantity OrderWorker::to_leave(const Intent& intent, const WorkFacts& facts) const {
    const Quantity held = facts.held(intent.strategy, intent.symbol);
    const Quantity size = std::max(Quantity{}, intent.side == Side::sell ? held : -held);
    const Quote* market = quote(intent.symbol);
    if (market != nullptr && market->mid() * size < Money::whole(1)) return {};
    return size;
}

// Whether an order of so much is worth enough for its market.
bool OrderWorker::may_be_sent(Symbol symbol, Quantity quantity, Price price) const {
    return price * quantity >= instrument(symbol).minimum_notional;
}

// What is left of a position is worth too little to be sent: nobody could end this work.
void OrderWorker::give_up(Work& work, WorkActions& actions) const {
    work.state = "below_minimum_notional";
    work.done = true;
    actions.endings[name_of(key_of(work.asked))] = work.state;
}

// The request for an exit that is under way: merged; another strategy's waits for its turn.
void OrderWorker::join_exit(Work& present, OrderWork&& asked, Timestamp now) {
    present.changed = true;
    if (present.asked.intent.strategy == asked.intent.strategy) {
        present.asked.intent.reason = asked.intent.reason;
        if (!asked.forced || present.asked.forced) return;
        present.asked.forced = true;
        present.next = present.not_before = now;
        return;
    }
    auto& waiting = present.next_exits;
    const auto same = std::find_if(waiting.begin(), waiting.end(), [&](const OrderWork& each) {
        return each.intent.strategy == asked.intent.strategy;
    });
    if (same == waiting.end()) {
        waiting.push_back(std::move(asked));
    } else {
        same->forced = same->forced || asked.forced;
    }
}

// What `asked` takes over from, to go on after it: another strategy's target, whose order rests on.
std::vector<OrderWork> OrderWorker::exits_after(const Work& present, const OrderWork& asked,
                                                Timestamp now) {
    auto later = present.next_exits;
    const auto& strategy = asked.intent.strategy;
    std::erase_if(later, [&](const auto& each) { return each.intent.strategy == strategy; });
    if (present.asked.intent.strategy == strategy) return later;
    later.push_back(present.asked);
    auto& leg = later.back().intent.leg;  // its later orders have names of their own
    leg = leg.substr(0, leg.find(".next")) + ".next" + std::to_string(now.ns / kSecond);
    return later;
}

bool OrderWorker::leaves_urgently() const {
    const auto urgent = [](const OrderWork& work) {
        return work.kind == WorkKind::gradual_exit && work.forced;
    };
    return std::any_of(works_.begin(), works_.end(), [&](const auto& each) {
        const auto& next = each.second.next_exits;
        return urgent(each.second.asked) || std::any_of(next.begin(), next.end(), urgent);
    });
}

void OrderWorker::step_target(Work& work, const WorkFacts& facts, WorkActions& actions) {
    const Intent& intent = work.asked.intent;
    const Quantity position = to_leave(intent, facts);
    const auto asset_class = instrument(intent.symbol).asset_class;
    std::vector<const Order*> exits;
    for (const Order* order : facts.blotter->open_orders(intent.symbol)) {
        const bool mine = order->strategy == intent.strategy && order->role == Role::exit &&
                          order->side == intent.side;
        if (mine && works(*order)) exits.push_back(order);
    }
    if (position.sign() <= 0) {  // flat by other ways than these, perhaps
        for (const Order* order : exits) cancel(*order, actions);
        work.done = exits.empty();
        return;
    }
    const bool there = std::any_of(exits.begin(), exits.end(), [&](const Order* order) {
        return order->type == OrderType::limit && order->side == intent.side &&
               order->status != OrderStatus::pending_cancel &&
               near(order->limit_price, intent.limit_price, terms_.exit_tolerance) &&
               keep_order(*order, position, intent.limit_price, asset_class);
    });
    if (there) {
        work.state = to_text(WatcherState::awaiting_fill);
        return;
    }
    if (facts.now < work.next || facts.now < work.not_before) return;
    if (!exits.empty()) {
        for (const Order* order : exits) cancel(*order, actions);
        work.state = "old_orders_cancelled";
        return;
    }
    if (!may_be_sent(intent.symbol, position, intent.limit_price)) return give_up(work, actions);
    submit(work, position, intent.limit_price, facts.now, actions);
    work.next = facts.now + std::max(3 * terms_.exit_poll_ns, kTargetPause);
    work.state = to_text(WatcherState::order_submitted);
}

void OrderWorker::step_gradual(Work& work, const WorkFacts& facts, WorkActions& actions) {
    const Intent& intent = work.asked.intent;
    const Instrument& terms = instrument(intent.symbol);
    // All other orders of the strategy first, each confirmed (H36).
    bool others = false;
    for (const Order* order : facts.blotter->open_orders(intent.symbol)) {
        if (order->strategy != intent.strategy || order->order_id == work.order_id) continue;
        if (!works(*order)) continue;
        others = true;
        cancel(*order, actions);
    }
    const Quantity position = to_leave(intent, facts);
    const Order* own = working_order(work.order_id, facts);
    if (others) {
        work.state = "old_orders_cancelled";
        return;
    }
    if (position.sign() <= 0) {
        if (own != nullptr) return cancel(*own, actions);
        work.done = true;
        return;
    }
    const Quote* market = quote(intent.symbol);
    const bool blind = work.asked.forced && market == nullptr;  // no prices here: at market
    if (!blind && (market == nullptr || !market_open(intent.symbol, facts.now))) {
        work.state = to_text(WatcherState::awaiting_price);
        return;
    }
    std::optional<double> to_close;
    if (terms.asset_class == AssetClass::us_equity) {
        const auto session = market::session_at(market::TradingCalendar::nyse, facts.now);
        if (session) to_close = minutes(session->close - facts.now);
    }
    GradualExitStep round;
    round.market = blind;
    round.poll_seconds = terms_.gradual.poll_seconds;
    if (!blind) {
        const double elapsed = work.asked.forced ? kLongAgo : minutes(facts.now - work.started);
        round =
            gradual_exit(terms_.gradual, terms, opposite(intent.side), *market, elapsed, to_close);
        if (facts.now - market->time > kQuoteLife) round.market = false;
    }
    if (own != nullptr) {
        const bool keeps = round.market
                               ? own->type == OrderType::market
                               : keep_order(*own, position, round.price, terms.asset_class);
        if (!keeps && (round.market || facts.now >= work.next)) cancel(*own, actions);
        work.state = to_text(WatcherState::awaiting_fill);
        return;
    }
    if (facts.now < work.not_before || (facts.now < work.next && !round.market)) return;
    if (!blind && !may_be_sent(intent.symbol, position, round.price)) return give_up(work, actions);
    Order& order = submit(work, position, round.price, facts.now, actions);
    if (round.market) {
        order.type = OrderType::market;
        order.limit_price = {};
        order.time_in_force = terms.allows(TimeInForce::day) ? TimeInForce::day : TimeInForce::gtc;
    }
    work.next = facts.now + static_cast<std::int64_t>(round.poll_seconds * 1e9);
    work.state = to_text(WatcherState::order_submitted);
}

}  // namespace tradewind::orders
