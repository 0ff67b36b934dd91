#include "orders/order_worker.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "market/calendar.hpp"
#include "market/instruments.hpp"
#include "messages/error.hpp"
#include "orders/order_work_orders.hpp"

namespace tradewind::orders {
namespace {

constexpr std::int64_t kSettling = 5 * kMinute;  // after the open no share is entered
constexpr std::int64_t kCoinPlanLife = kDay;     // a coin's entry is not priced anew before
constexpr std::int64_t kFailurePause = kMinute;
constexpr std::uint32_t kLongestPause = 4;  // doublings of it: 16 minutes

bool is_entry(const OrderWork& work) {
    return work.intent.role == Role::entry;
}
bool same_price(Price a, Price b) {
    const auto distance = a.units() > b.units() ? a.units() - b.units() : b.units() - a.units();
    return distance <= 1000;  // 1e-6
}

Intent exit_of(const Intent& entry) {
    Intent exit = entry;
    exit.side = opposite(entry.side);
    exit.role = Role::exit;
    exit.limit_price = entry.exit_plan.target;
    exit.exit_plan = {};
    exit.leg = entry.leg == kOtherLeg ? "target_other" : "target";
    exit.reason = "target";
    return exit;
}

}  // namespace

OrderWorker::OrderWorker(std::vector<Instrument> instruments, WorkTerms terms)
    : terms_(std::move(terms)) {
    for (auto& each : instruments) instruments_.emplace(each.symbol, std::move(each));
}

OrderWorker::Key OrderWorker::key_of(const OrderWork& work) {
    return {work.intent.symbol, work.intent.side, work.intent.role};
}

void OrderWorker::begin(OrderWork asked, Timestamp now) {
    const Key key = key_of(asked);
    if (is_entry(asked) && asked.expiry.ns == 0) {
        asked.expiry = entry_expiry(instrument(asked.intent.symbol).asset_class, now);
    }
    if (is_entry(asked) && asked.intent.exit_plan.leave_at_close) {
        asked.expiry = std::min(asked.expiry, last_entry_time(asked.intent.symbol, now));
    }
    const auto found = works_.find(key);
    const auto start = [&](OrderWork&& work) {
        Work fresh;
        fresh.asked = std::move(work);
        fresh.started = now;
        works_[key] = std::move(fresh);
    };
    if (found == works_.end()) return start(std::move(asked));
    Work& present = found->second;
    const OrderWork& old = present.asked;
    if (!is_entry(asked)) {
        // Whoever leaves goes on leaving; a target gives way to an exit at once, as the exit takes
        // every order of the strategy down itself.
        if (old.kind == WorkKind::gradual_exit) {
            if (asked.kind == WorkKind::gradual_exit) join_exit(present, std::move(asked), now);
        } else if (asked.kind == WorkKind::gradual_exit ||
                   old.intent.strategy != asked.intent.strategy) {
            auto later = exits_after(present, asked, now);
            start(std::move(asked));
            works_[key].next_exits = std::move(later);
        } else if (!same_price(old.intent.limit_price, asked.intent.limit_price)) {
            if (asked.expiry.ns == 0) asked.expiry = old.expiry;  // when it leaves all the same
            present.asked = std::move(asked);
            present.changed = true;
        }
        return;
    }
    const bool same_idea = old.kind == asked.kind && old.intent.strategy == asked.intent.strategy;
    const bool coin = instrument(asked.intent.symbol).asset_class == AssetClass::crypto;
    const bool same_terms = same_price(old.intent.limit_price, asked.intent.limit_price) ||
                            now - present.started < terms_.debounce_ns ||
                            (coin && now - present.started < kCoinPlanLife);
    if (same_idea && same_terms && !present.withdrawn) return;
    present.withdrawn = true;
    present.successor = std::move(asked);
    present.entered_before.reset();
}

void OrderWorker::withdraw(const CancelIntent& wanted) {
    for (auto& [key, work] : works_) {
        const auto& [symbol, side, role] = key;
        if (symbol != wanted.symbol || work.asked.intent.strategy != wanted.strategy) continue;
        if (wanted.role && role != *wanted.role) continue;
        if (wanted.side && side != *wanted.side) continue;
        if (work.asked.kind == WorkKind::gradual_exit) continue;
        work.withdrawn = true;
        work.successor.reset();
        work.changed = true;
    }
}

void OrderWorker::withdraw_entries() {
    for (auto& [key, work] : works_) {
        if (!is_entry(work.asked)) continue;
        work.withdrawn = true;
        work.successor.reset();
        work.changed = true;
    }
}

std::string OrderWorker::give_way(const StolenOrder& order) {
    for (auto& [key, work] : works_) {
        if (work.order_id != order.order_id) continue;
        work.not_before = std::max(work.not_before, order.until);
        return name_of(key);
    }
    return {};
}

void OrderWorker::on_quote(const Quote& quote) {
    if (quote.valid()) quotes_[quote.symbol] = quote;
}

void OrderWorker::on_refusal(const std::string& order_id, const std::string& reason) {
    for (auto& [key, work] : works_) {
        if (work.order_id == order_id) work.refusal = reason.empty() ? "no reason" : reason;
    }
}

WorkActions OrderWorker::step(const WorkFacts& facts) {
    WorkActions actions;
    begin_targets(facts);
    for (auto found = works_.begin(); found != works_.end();) {
        Work& work = found->second;
        if (!work.done) step_work(work, facts, actions);
        if (work.done && lacks_target(found->first, work, facts)) work.done = false;
        if (work.done && work.progress.state == WatcherState::error_limit_exceeded) {
            actions.endings[name_of(found->first)] = standing(work);
        }
        if (work.done && !work.next_exits.empty()) {
            Work next;
            next.asked = std::move(work.next_exits.front());
            next.started = facts.now;
            next.next_exits.assign(std::next(work.next_exits.begin()), work.next_exits.end());
            work = std::move(next);
        }
        if (work.changed || work.done) actions.changed.push_back(name_of(found->first));
        work.changed = false;
        found = work.done ? works_.erase(found) : std::next(found);
    }
    for (const auto& [key, work] : works_) {
        if (!is_entry(work.asked) || work.withdrawn) continue;
        const Order* own = working_order(work.order_id, facts);
        const Quote* market = quote(work.asked.intent.symbol);
        if (own == nullptr || market == nullptr || own->limit_price.is_zero()) continue;
        const Price reference = work.asked.intent.side == Side::buy ? market->ask : market->bid;
        actions.working.push_back(
            {own->symbol, own->side, own->order_id, own->limit_price * own->open_quantity(),
             std::abs(reference.to_double() / own->limit_price.to_double() - 1),
             work.asked.forecast_pnl});
    }
    return actions;
}

// Every position that an entry made has its exit from the step on that learns of the fill (I-8).
void OrderWorker::begin_targets(const WorkFacts& facts) {
    std::vector<OrderWork> targets;
    for (auto& [key, work] : works_) {
        const Symbol symbol = std::get<0>(key);
        const Side out = opposite(std::get<1>(key));
        if (!lacks_target(key, work, facts) || works_.contains({symbol, out, Role::exit})) continue;
        OrderWork target;
        target.kind = WorkKind::watch_exit;
        target.intent = exit_of(work.asked.intent);
        // Where a part was entered and left before, the next exit has a name of its own.
        if (++work.exits > 1) target.intent.leg += std::to_string(work.exits);
        work.changed = true;
        if (work.asked.intent.exit_plan.leave_at_close) {
            target.expiry = leaving_time(symbol, facts.now);
        }
        targets.push_back(std::move(target));
    }
    for (auto& target : targets) begin(std::move(target), facts.now);
}

// An entry made a position whose target nobody works.
bool OrderWorker::lacks_target(const Key& key, const Work& work, const WorkFacts& facts) const {
    const Intent& entry = work.asked.intent;
    if (!is_entry(work.asked) || entry.exit_plan.target.is_zero()) return false;
    const Quantity position = to_leave(exit_of(entry), facts);
    if (position.is_zero() || !may_be_sent(entry.symbol, position, entry.exit_plan.target)) {
        return false;
    }
    const auto exit = works_.find({std::get<0>(key), opposite(std::get<1>(key)), Role::exit});
    return exit == works_.end() || exit->second.asked.intent.strategy != entry.strategy;
}

// Where an idea ends with its day, the way out begins before the close: coins' day ends with UTC's.
Timestamp OrderWorker::leaving_time(Symbol symbol, Timestamp now) const {
    const auto before =
        static_cast<std::int64_t>(terms_.gradual.close_buffer_min * static_cast<double>(kMinute));
    const auto calendar = instrument(symbol).asset_class == AssetClass::crypto
                              ? market::TradingCalendar::utc_days
                              : market::TradingCalendar::nyse;
    const auto session = market::session_at(calendar, now);
    return (session ? session->close : now) + -before;
}

// No entry of such an idea after this: the way out of its day, the running or the next one.
Timestamp OrderWorker::last_entry_time(Symbol symbol, Timestamp now) const {
    const auto calendar = market::TradingCalendar::nyse;
    const bool coin = instrument(symbol).asset_class == AssetClass::crypto;
    if (coin || market::session_at(calendar, now)) return leaving_time(symbol, now);
    const auto today = market::session_on(calendar, market::exchange_date(calendar, now));
    if (today && now < today->open) return leaving_time(symbol, today->open);
    const auto date = market::exchange_date(calendar, now);
    return leaving_time(symbol, market::next_session(calendar, date).open);
}

void OrderWorker::leave_in_time(Work& work, Timestamp now) {
    if (work.asked.kind != WorkKind::watch_exit || work.asked.expiry.ns == 0) return;
    if (now < work.asked.expiry) return;
    work.asked.kind = WorkKind::gradual_exit;
    work.asked.intent.leg += ".close";
    work.asked.intent.reason = "close_policy: the day ends";
    work.asked.intent.limit_price = {};
    work.asked.expiry = {};
    work.started = now;
    work.order_id.clear();
    work.counted = true;
    work.attempts = 0;
    work.next = now;
    work.changed = true;
    // Nothing is entered against the way out.
    const Intent& exit = work.asked.intent;
    for (const Side side : {Side::buy, Side::sell}) {
        const auto entry = works_.find({exit.symbol, side, Role::entry});
        if (entry == works_.end() || entry->second.asked.intent.strategy != exit.strategy) continue;
        entry->second.withdrawn = true;
        entry->second.successor.reset();
        entry->second.changed = true;
    }
}

void OrderWorker::step_work(Work& work, const WorkFacts& facts, WorkActions& actions) {
    take_outcome(work, facts);
    leave_in_time(work, facts.now);
    if (is_entry(work.asked) && facts.now >= work.asked.expiry && !work.withdrawn) {
        work.withdrawn = true;
        work.changed = true;
    }
    if (work.successor && !work.entered_before) {
        const Order* own = working_order(work.order_id, facts);
        work.entered_before = work.entered + (own != nullptr ? own->filled_quantity : Quantity{});
        work.changed = true;
    }
    if (work.withdrawn) {
        if (const Order* own = working_order(work.order_id, facts)) {
            work.state = "cancelling";
            return cancel(*own, actions);
        }
        work.changed = true;
        if (!work.successor) {
            work.state = "cancelled";
            work.done = true;
            return;
        }
        // Another's idea follows: what this one filled has its target first.
        const Intent& next = work.successor->intent;
        const bool other = next.strategy != work.asked.intent.strategy;
        if ((other || next.exit_plan.target.is_zero()) &&
            lacks_target(key_of(work.asked), work, facts)) {
            return;
        }
        Work fresh;
        fresh.asked = std::move(*work.successor);
        fresh.started = facts.now;
        fresh.entered = work.entered - *work.entered_before;  // since it was asked for
        work = std::move(fresh);
    }
    switch (work.asked.kind) {
        case WorkKind::watch_entry:
            return step_entry(work, facts, actions);
        case WorkKind::ramp_entry:
            return step_ramp(work, facts, actions);
        case WorkKind::watch_exit:
            return step_target(work, facts, actions);
        case WorkKind::gradual_exit:
            return step_gradual(work, facts, actions);
    }
}

EntryPlan OrderWorker::entry_plan(const Work& work, Timestamp now) const {
    const Intent& intent = work.asked.intent;
    const Instrument& terms = instrument(intent.symbol);
    EntryPlan plan;
    plan.symbol = intent.symbol;
    plan.asset_class = terms.asset_class;
    plan.side = intent.side;
    plan.limit = intent.limit_price;
    plan.target = intent.quantity;
    plan.lot = market::sizing_lot(terms);
    const bool night = terms.asset_class == AssetClass::crypto &&
                       !market::session_at(market::TradingCalendar::nyse, now);
    plan.tolerance = night ? terms_.crypto_night_tolerance : terms_.entry_tolerance;
    plan.forced = work.asked.forced;
    plan.expiry = work.asked.expiry;
    return plan;
}

// What became of the newest order: its reservation ends with the broker's word on it, and what it
// filled counts once (H34).
void OrderWorker::take_outcome(Work& work, const WorkFacts& facts) const {
    if (work.order_id.empty()) return;
    const Order* order = facts.blotter->find(work.order_id);
    if (order == nullptr) return;
    const bool failed =
        order->status == OrderStatus::rejected || order->status == OrderStatus::refused;
    if (work.progress.pending.sign() > 0 && order->status != OrderStatus::pending_new) {
        work.progress = failed ? submitted_failed(entry_plan(work, facts.now), work.progress,
                                                  work.progress.pending, facts.now)
                               : submitted_acknowledged(work.progress, work.progress.pending);
        if (!failed) work.refusal.clear();
    }
    if (failed && !work.counted) {
        const auto doublings =
            is_entry(work.asked) ? 0 : std::min(work.progress.errors, kLongestPause);
        work.not_before = facts.now + (kFailurePause << doublings);
    }
    if (is_closed(order->status) && !work.counted) {
        work.entered += order->filled_quantity;
        work.counted = true;
        work.changed = true;
    }
}

void OrderWorker::step_entry(Work& work, const WorkFacts& facts, WorkActions& actions) {
    const Intent& intent = work.asked.intent;
    const EntryPlan plan = entry_plan(work, facts.now);
    const Order* own = working_order(work.order_id, facts);
    EntryView view;
    view.now = facts.now;
    if (const Quote* market = quote(intent.symbol)) view.quote = *market;
    // What it entered itself: a position that its target has left is not entered again.
    const Quantity filled = work.entered + (own != nullptr ? own->filled_quantity : Quantity{});
    view.position = signed_quantity(intent.side, filled);
    if (own != nullptr) {
        view.open_quantity = own->open_quantity();
        view.oldest_open = own->time;
    }
    view.spendable = facts.spendable;
    if (own == nullptr && waits_for_sibling(work, facts)) {
        work.state = "waits_for_sibling";
        return;
    }
    if (own == nullptr && (facts.now < work.next || facts.now < work.not_before)) return;
    if (own != nullptr && gives_way(work, facts)) {
        work.state = "gives_way";
        return cancel(*own, actions);
    }
    if (own == nullptr && (!facts.entries_allowed || !entries_open(intent.symbol, facts.now))) {
        work.state = to_text(WatcherState::awaiting_price);
        return;
    }
    const EntryTick asked = tick(plan, work.progress, view);
    work.progress = asked.progress;
    work.state = to_text(asked.progress.state);
    work.next = facts.now + terms_.entry_poll_ns;
    switch (asked.action) {
        case WatcherAction::cancel_own:
            return cancel(*own, actions);
        case WatcherAction::submit: {
            const auto limit = passive_limit(intent.side, asked.limit, *view.quote,
                                             instrument(intent.symbol).tick);
            submit(work, asked.quantity, limit, facts.now, actions);
            return;
        }
        case WatcherAction::steal:
            actions.short_of_money.push_back(
                {intent.symbol,
                 intent.side,
                 {},
                 plan.limit * asked.quantity,
                 std::abs(view.quote->ask.to_double() / plan.limit.to_double() - 1),
                 work.asked.forecast_pnl});
            return;
        case WatcherAction::end:
            work.done = true;
            return;
        case WatcherAction::none:
            work.done = asked.progress.state == WatcherState::position_open && own == nullptr;
            return;
    }
}

void OrderWorker::step_ramp(Work& work, const WorkFacts& facts, WorkActions& actions) {
    const Intent& intent = work.asked.intent;
    const Instrument& terms = instrument(intent.symbol);
    const Order* own = working_order(work.order_id, facts);
    const Quote* market = quote(intent.symbol);
    const bool coin = terms.asset_class == AssetClass::crypto;
    const Quantity missing =
        floor_to_lot(intent.quantity - work.entered, market::sizing_lot(terms));
    if (own == nullptr && missing.sign() <= 0) {
        work.done = true;
        return;
    }
    if (facts.now < work.next || facts.now < work.not_before || market == nullptr) return;
    if (!entries_open(intent.symbol, facts.now)) return;
    const auto price = ramp_price(terms, intent.side, *market, minutes(facts.now - work.started));
    if (!price) {  // no opening sale of coins
        work.done = true;
        return;
    }
    const std::int64_t interval = coin ? terms_.crypto_ramp_ns : terms_.stock_ramp_ns;
    if (own != nullptr) {
        // All of it anew at the next price, once the cancel is confirmed.
        if (own->limit_price == *price) {
            work.next = facts.now + interval;
        } else {
            cancel(*own, actions);
        }
        work.state = to_text(WatcherState::awaiting_fill);
        return;
    }
    if (!facts.entries_allowed) return;
    work.next = facts.now + interval;
    if (intent.side == Side::buy && *price * missing > facts.spendable) {
        work.state = to_text(WatcherState::blocked_no_cash);
        actions.short_of_money.push_back(
            {intent.symbol, intent.side, {}, *price * missing, 0, work.asked.forecast_pnl});
        return;
    }
    submit(work, missing, *price, facts.now, actions);
    work.state = to_text(WatcherState::order_submitted);
}

Order& OrderWorker::submit(Work& work, Quantity quantity, Price limit, Timestamp now,
                           WorkActions& actions) const {
    const Intent& intent = work.asked.intent;
    const Instrument& terms = instrument(intent.symbol);
    ++work.attempts;
    Order order;
    order.order_id = intent.decision_id + '.' + intent.leg;
    if (work.attempts > 1) order.order_id += '.' + std::to_string(work.attempts);
    order.decision_id = intent.decision_id;
    order.strategy = intent.strategy;
    order.symbol = intent.symbol;
    order.time = now;
    order.side = intent.side;
    order.role = intent.role;
    order.type = OrderType::limit;
    const bool rests = work.asked.kind == WorkKind::watch_exit;
    const auto wanted = rests ? TimeInForce::gtc : TimeInForce::day;
    order.time_in_force = terms.allows(wanted)             ? wanted
                          : terms.allows(TimeInForce::gtc) ? TimeInForce::gtc
                                                           : TimeInForce::day;
    order.quantity = quantity;
    order.limit_price = limit;
    order.reason = intent.reason;
    work.order_id = order.order_id;
    work.progress.pending = quantity;
    work.counted = false;
    work.changed = true;
    actions.submit.push_back(std::move(order));
    return actions.submit.back();
}

bool OrderWorker::owns(Symbol symbol) const {
    const auto found = works_.lower_bound({symbol, Side::buy, Role::entry});
    return found != works_.end() && std::get<0>(found->first) == symbol;
}

const Instrument& OrderWorker::instrument(Symbol symbol) const {
    const auto found = instruments_.find(symbol);
    ensure(found != instruments_.end(), "a work is of a symbol of its shard");
    return found->second;
}

const Quote* OrderWorker::quote(Symbol symbol) const {
    const auto found = quotes_.find(symbol);
    return found == quotes_.end() ? nullptr : &found->second;
}

bool OrderWorker::market_open(Symbol symbol, Timestamp now) const {
    if (instrument(symbol).asset_class != AssetClass::us_equity) return true;
    const auto session = market::session_at(market::TradingCalendar::nyse, now);
    return session.has_value();
}

bool OrderWorker::entries_open(Symbol symbol, Timestamp now) const {
    if (instrument(symbol).asset_class != AssetClass::us_equity) return true;
    const auto session = market::session_at(market::TradingCalendar::nyse, now);
    return session && now >= session->open + kSettling;
}

}  // namespace tradewind::orders
