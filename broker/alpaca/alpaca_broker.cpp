#include "broker/alpaca/alpaca_broker.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "messages/adoption.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::int64_t kLook = 50 * kMillisecond;  // longest sleep of the owner's thread
constexpr std::size_t kCancelLanes = 6;            // one without an answer holds no other

Purpose purpose_of(const Work& work) {
    switch (work.kind) {
        case WorkKind::post:
            return work.order.role == Role::exit ? Purpose::exit : Purpose::entry;
        case WorkKind::cancel:
            return Purpose::cancel;
        default:
            return work.urgent ? Purpose::entry : Purpose::reconciliation;
    }
}

}  // namespace

AlpacaBroker::AlpacaBroker(const AlpacaSettings& settings, BrokerTerms terms,
                           SharedBudgetPtr budget, std::shared_ptr<ExchangeClock> clock,
                           const BrokerStart& start)
    : settings_(settings),
      terms_(std::move(terms)),
      budget_(std::move(budget)),
      clock_(std::move(clock)),
      audit_client_(settings, budget_),
      tracker_(terms_.tracker) {
    if (terms_.read_only) {
        free_.remove(WorkKind::post);
        free_.remove(WorkKind::cancel);
    }
    posts_ = make_lane();
    for (std::size_t i = 0; i < kCancelLanes; ++i) {
        cancels_.push_back(make_lane());
        free_cancels_.push_back(cancels_.back().get());
    }
    reads_ = make_lane();
    begin(start);
    TradeStreamSink sink;
    sink.update = [this](TradeUpdate update) {
        push([this, update = std::move(update)](Moment at) { heard(update, at); });
    };
    sink.listening = [this] {
        // The audit that is asked for begins after this moment, whenever the owner hears of it.
        push([this, since_ns = steady_now_ns()](Moment at) {
            listening_ = true;
            listening_since_ns_ = since_ns;
            tracker_.doubt_all(at);
        });
        audit_now();
    };
    sink.down = [this](const std::string& reason) {
        terms_.log(reason);
        push([this, reason](Moment) {
            listening_ = false;
            stream_reason_ = reason;
        });
    };
    sink.remark = terms_.log;
    stream_ = std::make_unique<TradeStream>(settings_, std::move(sink));
    audits_ = std::thread([this] { guard(&AlpacaBroker::run_audits); });
    owner_ = std::thread([this] { guard(&AlpacaBroker::run); });
}

AlpacaBroker::~AlpacaBroker() {
    {
        // Under the lock: a thread that has just looked at it is not yet asleep.
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    audit_client_.interrupt();
    wake_.notify_all();
    audit_wake_.notify_all();
    owner_.join();
    audits_.join();
    stream_.reset();
}

std::unique_ptr<RequestLane> AlpacaBroker::make_lane() {
    return std::make_unique<RequestLane>(
        settings_, budget_, [this](std::exception_ptr failure) { fail(std::move(failure)); });
}

void AlpacaBroker::guard(void (AlpacaBroker::*body)()) {
    try {
        (this->*body)();
    } catch (...) {
        fail(std::current_exception());
    }
}

void AlpacaBroker::fail(std::exception_ptr failure) {
    terms_.log("the broker's client failed");
    {
        const std::lock_guard lock(mutex_);
        condition_ = {false, false, {"the broker's client failed"}};
    }
    if (terms_.failed) terms_.failed(std::move(failure));
}

void AlpacaBroker::begin(const BrokerStart& start) {
    const auto at = now();
    closed_before_ = start.closed_orders;
    closed_unfilled_ = start.closed_unfilled;
    positions_ = start.positions;
    cash_ = start.cash;
    agreed_ = start.since.ns != 0 ? start.since : at.exchange - kDay;
    for (const auto& held : start.open_orders) {
        tracker_.restore(held.order, class_of(held.order.symbol), held.executed, at);
    }
    for (const auto& order : start.unsent_exits) {
        tracker_.submit(order, class_of(order.symbol), at);
    }
    for (const auto& exits : start.exits) {
        std::vector<Order> legs;
        std::set<std::string> there;
        for (const auto& leg : exits.legs) {
            executed_[leg.order.order_id] = leg.executed;
            legs.push_back(leg.order);
            if (leg.at_broker) there.insert(leg.order.order_id);
        }
        legs_.restore(exits.entry, legs, there, class_of(exits.entry.symbol));
    }
    publish(at);
}

AssetClass AlpacaBroker::class_of(const Symbol& symbol) const {
    const auto found = terms_.symbols.find(symbol);
    return found == terms_.symbols.end() ? AssetClass::us_equity : found->second;
}

void AlpacaBroker::ask_for_legs(Moment at) {
    auto requests = legs_.take_requests();
    for (const auto& asked : requests.send) send_leg(asked, at);
    for (const auto& id : requests.cancel) tracker_.cancel(id, at);
}

void AlpacaBroker::send_leg(const ExitLegs::Requests::Send& asked, Moment at) {
    const auto& order = asked.order;
    const auto asset_class = class_of(order.symbol);
    if (asked.again) return tracker_.renew(order, asset_class, at);
    if (!asked.may_be_there) {
        if (asked.stop) return tracker_.submit_pair(order, *asked.stop, asset_class, at);
        return tracker_.submit(order, asset_class, at);
    }
    if (!asked.head.empty()) {
        return tracker_.restore_stop(order, asked.head, asset_class, executed_[order.order_id], at);
    }
    tracker_.restore(order, asset_class, executed_[order.order_id], at);
    if (!asked.stop) return;
    const auto& stop = *asked.stop;
    tracker_.restore_stop(stop, order.order_id, asset_class, executed_[stop.order_id], at);
}

Moment AlpacaBroker::now() const {
    const auto steady = steady_now_ns();
    return {steady, clock_->at(steady)};
}

void AlpacaBroker::push(Job job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
        idle_ = false;
    }
    wake_.notify_one();
}

void AlpacaBroker::audit_now() {
    {
        const std::lock_guard lock(mutex_);
        audit_asked_ = true;
    }
    audit_wake_.notify_one();
}

// -- the owner's thread ------------------------------------------------------------------------

void AlpacaBroker::run() {
    while (!stop_) {
        std::vector<Job> jobs;
        {
            std::unique_lock lock(mutex_);
            const auto due = tracker_.next_due_ns(free_);
            const auto pause =
                std::clamp<std::int64_t>(due - std::min(due, steady_now_ns()), 0, kLook);
            if (jobs_.empty() && pause > 0) {
                wake_.wait_for(lock, std::chrono::nanoseconds(pause));
            }
            jobs.swap(jobs_);
        }
        for (const auto& job : jobs) job(now());
        judge(now());
        publish(now());
        while (const auto work = tracker_.next_work(now(), free_)) perform(*work);
    }
}

void AlpacaBroker::perform(const Work& work) {
    const auto wait = budget_->wait_ns(purpose_of(work), steady_now_ns());
    if (wait > 0) {
        tracker_.postpone(work, steady_now_ns() + std::max(wait, kLook));
        return;
    }
    free_.remove(work.kind);
    switch (work.kind) {
        case WorkKind::post:
            post(work);
            break;
        case WorkKind::cancel:
            cancel(work);
            break;
        case WorkKind::look_up:
        case WorkKind::executions:
            // One connection for both.
            free_.remove(WorkKind::look_up);
            free_.remove(WorkKind::executions);
            read(work);
            break;
    }
}

void AlpacaBroker::cancel(const Work& work) {
    auto* lane = free_cancels_.back();
    free_cancels_.pop_back();
    if (!free_cancels_.empty()) free_.add(work.kind);
    lane->start([this, work, lane](TradingClient& client) {
        const auto reply = client.cancel(work.broker_id);
        finished(work.kind, client, [this, work, lane, reply](Moment at) {
            free_cancels_.push_back(lane);
            tracker_.canceled(work.client_order_id, reply, at);
        });
    });
}

void AlpacaBroker::post(const Work& work) {
    posts_->start([this, work](TradingClient& client) {
        const bool halted = terms_.kill_switch && terms_.kill_switch->load();
        PostReply reply;
        if (halted && work.order.role == Role::entry) {
            reply.kind = PostReply::Kind::refused;
            reply.reason = "trading is halted";
        } else {
            reply = client.post(work.order, work.asset_class, work.stop);
            if (reply.kind != PostReply::Kind::accepted) {
                terms_.log("order " + work.client_order_id + ": " + reply.reason);
            }
        }
        finished(work.kind, client, [this, id = work.client_order_id, reply](Moment at) {
            tracker_.posted(id, reply, at);
        });
    });
}

void AlpacaBroker::read(const Work& work) {
    reads_->start([this, work](TradingClient& client) {
        if (work.kind == WorkKind::look_up) {
            const auto reply =
                work.head.empty()
                    ? client.look_up(work.client_order_id, work.with_legs)
                    : client.look_up_stop(work.client_order_id, work.head, work.broker_id);
            finished(work.kind, client, [this, id = work.client_order_id, reply](Moment at) {
                tracker_.looked_up(id, reply, at);
            });
            return;
        }
        auto answer = client.executions(work.since);
        finished(work.kind, client, [this, value = std::move(answer.value)](Moment at) {
            tracker_.read_executions(value, at);
        });
    });
}

void AlpacaBroker::finished(WorkKind kind, TradingClient& client, Job told) {
    for (const auto& line : client.take_remarks()) terms_.log(line);
    push([this, kind, told = std::move(told)](Moment at) {
        free_.add(kind);
        if (kind == WorkKind::look_up || kind == WorkKind::executions) {
            free_.add(WorkKind::look_up);
            free_.add(WorkKind::executions);
        }
        told(at);
    });
}

// Why no entry may leave; empty: the state is known.
std::vector<std::string> AlpacaBroker::doubts(Moment at) const {
    std::vector<std::string> reasons;
    if (!listening_) reasons.push_back(stream_reason_);
    if (!audit_fault_.empty()) {
        reasons.push_back(audit_fault_);
    } else if (listening_ && good_audit_ns_ < listening_since_ns_) {
        reasons.emplace_back("orders and positions are being read after a reconnect");
    } else if (at.steady_ns - good_audit_ns_ > settings_.audit_ms * kMillisecond) {
        reasons.emplace_back("the newest reading of orders and positions is too old");
    }
    if (blocked_) reasons.emplace_back("the broker has blocked the account");
    for (const auto& [symbol, difference] : differences_) {
        if (difference.seen == 0) continue;
        reasons.push_back("the position of " + symbol.to_string() +
                          " at the broker differs from the books");
    }
    return reasons;
}

void AlpacaBroker::judge(Moment at) {
    BrokerCondition condition;
    condition.reasons = doubts(at);
    condition.known = condition.reasons.empty();
    condition.listening = listening_;
    tracker_.allow_sending(condition.known && !terms_.read_only);
    if (!condition.known) {
        tracker_.refuse_waiting_entries("the broker's state is unknown: " + condition.reasons[0],
                                        at);
    }
    const bool changed = !told_ || condition.known != judged_.known ||
                         condition.reasons != judged_.reasons ||
                         condition.listening != judged_.listening;
    judged_ = condition;
    if (!changed) return;
    told_ = true;
    BrokerState state;
    state.reachable = condition.known;
    if (!condition.known) state.reason = condition.reasons[0];
    terms_.log(condition.known ? "broker: state known" : "broker: " + state.reason);
    const std::lock_guard lock(mutex_);
    states_.push_back(std::move(state));
    condition_ = std::move(condition);
}

void AlpacaBroker::book(const std::vector<OrderEvent>& events, std::int64_t now_ns) {
    for (const auto& event : events) {
        if (!event.fill) continue;
        const auto size = signed_quantity(event.fill->side, event.fill->quantity);
        positions_[event.symbol] += size;
        if (size.sign() > 0) bought_[event.symbol] += size;
        cash_ -= event.fill->price * size;
        moved_ns_[event.symbol] = now_ns;
        cash_moved_ns_ = now_ns;
    }
}

void AlpacaBroker::publish(Moment at) {
    std::vector<OrderEvent> events;
    tracker_.take_events(events);
    legs_.follow(events, at.exchange);
    legs_.pass(at.exchange, events);
    ask_for_legs(at);
    book(events, at.steady_ns);
    for (const auto& line : tracker_.take_alarms()) terms_.log("alarm: " + line);
    auto open = tracker_.open_orders();
    const std::lock_guard lock(mutex_);
    std::move(events.begin(), events.end(), std::back_inserter(events_));
    open_ = std::move(open);
    idle_ = jobs_.empty() && (terms_.read_only || !tracker_.sending_or_canceling());
    if (idle_) idle_wake_.notify_all();
}

// -- the owner's side ------------------------------------------------------------------------

void AlpacaBroker::submit(const Order& order, Timestamp) {
    push([this, order](Moment at) {
        if (tracker_.knows(order.order_id)) return;
        auto refusal = ExitLegs::refusal(order, class_of(order.symbol));
        if (terms_.read_only) refusal = "observing: nothing is sent";
        if (order.order_id.size() > kMaximumClientOrderId) refusal = "the order's id is too long";
        if (refusal.empty()) {
            legs_.add(order, class_of(order.symbol));
            tracker_.submit(order, class_of(order.symbol), at);
            return;
        }
        OrderEvent event;
        event.kind = OrderEventKind::rejected;
        event.order_id = order.order_id;
        event.symbol = order.symbol;
        event.time = at.exchange;
        event.reason = refusal;
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
    });
}

void AlpacaBroker::cancel(std::string_view order_id, Timestamp) {
    if (terms_.read_only) return;
    push([this, id = std::string(order_id)](Moment at) {
        std::vector<OrderEvent> ended;
        if (!legs_.cancel(id, at.exchange, ended)) tracker_.cancel(id, at);
        ask_for_legs(at);
        const std::lock_guard lock(mutex_);
        std::move(ended.begin(), ended.end(), std::back_inserter(events_));
    });
}

void AlpacaBroker::take_events(std::vector<OrderEvent>& out) {
    const std::lock_guard lock(mutex_);
    std::move(events_.begin(), events_.end(), std::back_inserter(out));
    events_.clear();
}

void AlpacaBroker::take_states(std::vector<BrokerState>& out) {
    const std::lock_guard lock(mutex_);
    std::move(states_.begin(), states_.end(), std::back_inserter(out));
    states_.clear();
}

void AlpacaBroker::take_corrections(std::vector<AccountCorrection>& out) {
    const std::lock_guard lock(mutex_);
    std::move(corrections_.begin(), corrections_.end(), std::back_inserter(out));
    corrections_.clear();
}

void AlpacaBroker::take_adopted(std::vector<Order>& out) {
    const std::lock_guard lock(mutex_);
    std::move(adopted_.begin(), adopted_.end(), std::back_inserter(out));
    adopted_.clear();
}

bool AlpacaBroker::wait_until_idle(std::int64_t most_ms) {
    std::unique_lock lock(mutex_);
    return idle_wake_.wait_for(lock, std::chrono::milliseconds(most_ms),
                               [this] { return idle_ && jobs_.empty(); });
}

BrokerCondition AlpacaBroker::condition() const {
    const std::lock_guard lock(mutex_);
    return condition_;
}

namespace {

template <class Value>
Read<Value> read_of(Value value, Timestamp as_of, const std::string& fault, bool fresh) {
    Read<Value> read;
    read.value = std::move(value);
    read.as_of = as_of;
    read.state = fault.empty() && fresh ? ReadState::ok : ReadState::stale;
    read.reason = !fault.empty() ? fault : fresh ? "" : "read too long ago";
    return read;
}

}  // namespace

Read<BrokerAccount> AlpacaBroker::account(Timestamp) {
    const std::lock_guard lock(mutex_);
    if (!newest_.account) return {ReadState::error, {}, {}, newest_.fault};
    BrokerAccount account;
    account.account_id = newest_.account->account_number;
    account.cash = newest_.account->cash;
    account.equity = newest_.account->equity;
    account.buying_power = newest_.account->buying_power;
    account.trading_blocked = newest_.account->trading_blocked;
    const bool fresh = steady_now_ns() - newest_ns_ <= settings_.audit_ms * kMillisecond;
    return read_of(std::move(account), newest_.asked.exchange, newest_.fault, fresh);
}

Read<std::vector<Position>> AlpacaBroker::positions(Timestamp) {
    const std::lock_guard lock(mutex_);
    if (!newest_.positions) return {ReadState::error, {}, {}, newest_.fault};
    std::vector<Position> all;
    for (const auto& each : *newest_.positions) {
        Position position;
        position.symbol = each.symbol;
        position.quantity = each.quantity;
        position.cost = each.average_entry * each.quantity;
        position.last_price = each.current;
        all.push_back(position);
    }
    const bool fresh = steady_now_ns() - newest_ns_ <= settings_.audit_ms * kMillisecond;
    return read_of(std::move(all), newest_.asked.exchange, newest_.fault, fresh);
}

Read<std::vector<Order>> AlpacaBroker::open_orders(Timestamp) {
    const std::lock_guard lock(mutex_);
    const bool fresh = steady_now_ns() - newest_ns_ <= settings_.audit_ms * kMillisecond;
    return read_of(open_, newest_.asked.exchange, newest_.fault, fresh);
}

Read<std::optional<Order>> AlpacaBroker::find(std::string_view order_id, Timestamp) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(open_.begin(), open_.end(),
                                    [&](const Order& order) { return order.order_id == order_id; });
    if (found != open_.end()) {
        return {ReadState::ok, *found, newest_.asked.exchange, {}};
    }
    // Not among the open ones: whether it exists is for a look-up to say.
    return {ReadState::error, {}, {}, "not among the open orders"};
}

}  // namespace tradewind::broker::alpaca
