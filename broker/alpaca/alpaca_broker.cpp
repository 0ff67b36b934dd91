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
constexpr std::int64_t kSoon = 2 * kSecond;        // the next audit after a difference
constexpr std::int64_t kClockPeriod = kMinute;
// Reads are made so often that the newest one is never older than the audit period.
constexpr std::int64_t kShareOfPeriod = 70;  // percent

// A coin is bought less its fee, which is taken in the coin: at most 0.4 %.
constexpr std::int64_t kCoinFeePerMille = 4;

const Money kHalfCent = Money::from_units(Money::kOne / 200);

Purpose purpose_of(const Work& work) {
    switch (work.kind) {
        case WorkKind::post:
            return Purpose::order;
        case WorkKind::cancel:
            return Purpose::cancel;
        default:
            return work.urgent ? Purpose::cancel : Purpose::reconciliation;
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
      tracker_(terms_.tracker),
      posts_(settings, budget_),
      cancels_(settings, budget_),
      reads_(settings, budget_) {
    begin(start);
    TradeStreamSink sink;
    sink.update = [this](TradeUpdate update) {
        push([this, update = std::move(update)](Moment at) {
            if (!tracker_.knows(update.order)) adopt(update.order, at);
            tracker_.updated(update, at);
        });
    };
    sink.listening = [this] {
        push([this](Moment at) {
            listening_ = true;
            listening_since_ns_ = at.steady_ns;
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
    audits_ = std::thread([this] { run_audits(); });
    owner_ = std::thread([this] { run(); });
}

AlpacaBroker::~AlpacaBroker() {
    stop_ = true;
    audit_client_.interrupt();
    wake_.notify_all();
    audit_wake_.notify_all();
    owner_.join();
    audits_.join();
    stream_.reset();
}

void AlpacaBroker::begin(const BrokerStart& start) {
    const auto at = now();
    closed_before_ = start.closed_orders;
    positions_ = start.positions;
    cash_ = start.cash;
    for (const auto& held : start.open_orders) {
        tracker_.restore(held.order, class_of(held.order.symbol), held.executed, at);
    }
    for (const auto& order : start.unsent_exits) {
        tracker_.submit(order, class_of(order.symbol), at);
    }
    for (const auto& exits : start.exits) {
        std::vector<Order> legs;
        for (const auto& leg : exits.legs) {
            executed_[leg.order.order_id] = leg.executed;
            legs.push_back(leg.order);
        }
        legs_.restore(exits.entry, legs);
    }
    publish(at);
}

AssetClass AlpacaBroker::class_of(const Symbol& symbol) const {
    const auto found = terms_.symbols.find(symbol);
    return found == terms_.symbols.end() ? AssetClass::us_equity : found->second;
}

void AlpacaBroker::ask_for_legs(Moment at) {
    auto requests = legs_.take_requests();
    for (auto& [order, may_be_there] : requests.send) {
        if (may_be_there) {
            tracker_.restore(order, class_of(order.symbol), executed_[order.order_id], at);
        } else {
            tracker_.submit(order, class_of(order.symbol), at);
        }
    }
    for (const auto& id : requests.cancel) tracker_.cancel(id, at);
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
            cancels_.start([this, work](TradingClient& client) {
                const auto reply = client.cancel(work.broker_id);
                finished(work.kind, client, [this, work, reply](Moment at) {
                    tracker_.canceled(work.client_order_id, reply, at);
                });
            });
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

void AlpacaBroker::post(const Work& work) {
    posts_.start([this, work](TradingClient& client) {
        const bool halted = terms_.kill_switch && terms_.kill_switch->load();
        PostReply reply;
        if (halted && work.order.role == Role::entry) {
            reply.kind = PostReply::Kind::refused;
            reply.reason = "trading is halted";
        } else {
            reply = client.post(work.order, work.asset_class);
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
    reads_.start([this, work](TradingClient& client) {
        if (work.kind == WorkKind::look_up) {
            const auto reply = client.look_up(work.client_order_id);
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
    tracker_.allow_sending(condition.known);
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
    idle_ = jobs_.empty() && !tracker_.sending_or_canceling();
    if (idle_) idle_wake_.notify_all();
}

// -- the audit -------------------------------------------------------------------------------

void AlpacaBroker::run_audits() {
    const auto period = std::max<std::int64_t>(settings_.audit_ms, 2'000) * kMillisecond;
    std::int64_t clock_due = steady_now_ns() + kClockPeriod;
    while (!stop_) {
        {
            const std::lock_guard lock(mutex_);
            audit_asked_ = false;
        }
        if (steady_now_ns() >= clock_due && wait_for_budget()) {
            clock_due = steady_now_ns() + kClockPeriod;
            const auto answer = audit_client_.clock();
            if (answer.value) {
                clock_->set(answer.value->clock.time, answer.value->steady_ns, answer.value->speed);
            }
        }
        auto audit = std::make_shared<Audit>(read_all());
        if (stop_) return;
        push([this, audit](Moment at) { audited(*audit, at); });
        std::unique_lock lock(mutex_);
        audit_wake_.wait_for(lock, std::chrono::nanoseconds(period / 100 * kShareOfPeriod),
                             [this] { return stop_ || audit_asked_; });
    }
}

bool AlpacaBroker::wait_for_budget() {
    while (!stop_) {
        const auto wait = budget_->wait_ns(Purpose::reconciliation, steady_now_ns());
        if (wait == 0) return true;
        std::unique_lock lock(mutex_);
        audit_wake_.wait_for(lock, std::chrono::nanoseconds(std::min(wait, kSecond)));
    }
    return false;
}

// Positions before orders: what fills in between shows as an order that moved, not as a position
// from nowhere.
AlpacaBroker::Audit AlpacaBroker::read_all() {
    Audit audit;
    audit.asked = now();
    const auto take = [&](auto answer, auto& into) {
        if (answer.value) {
            into = std::move(answer.value);
        } else if (audit.fault.empty()) {
            audit.fault = answer.keys_refused ? "the broker refuses the keys: " + answer.reason
                                              : answer.reason;
        }
    };
    if (!wait_for_budget()) return audit;
    audit.asked = now();
    take(audit_client_.account(), audit.account);
    if (!wait_for_budget()) return audit;
    take(audit_client_.positions(), audit.positions);
    if (!wait_for_budget()) return audit;
    take(audit_client_.open_orders(), audit.orders);
    for (const auto& line : audit_client_.take_remarks()) terms_.log(line);
    return audit;
}

void AlpacaBroker::audited(const Audit& audit, Moment at) {
    audit_fault_ = audit.fault;
    if (audit.orders) {
        tracker_.listed(*audit.orders, audit.asked, at);
        for (const auto& wire : tracker_.foreign()) adopt(wire, at);
    }
    publish(at);
    const bool agree = audit.positions && check_positions(audit, at);
    if (audit.account) {
        blocked_ = audit.account->trading_blocked;
        // An execution that is not known yet has moved both: its cash is not of unknown origin.
        if (agree) check_cash(audit);
    }
    if (audit.fault.empty()) good_audit_ns_ = audit.asked.steady_ns;
    const std::lock_guard lock(mutex_);
    if (audit.account) newest_.account = audit.account;
    if (audit.positions) newest_.positions = audit.positions;
    newest_.fault = audit.fault;
    newest_.asked = audit.asked;
    newest_ns_ = audit.fault.empty() ? audit.asked.steady_ns : newest_ns_;
}

// An order by hand, or of another program: known from here on, never sent. One of the books that
// ended is not taken for new.
void AlpacaBroker::adopt(const WireOrder& wire, Moment at) {
    const auto traded = terms_.symbols.find(wire.symbol);
    auto order = order_of(wire);
    if (traded == terms_.symbols.end() || closed_before_.contains(order.order_id)) return;
    order.strategy = kAdopted;
    order.reason = kAdopted;
    order.status = OrderStatus::new_order;
    order.filled_quantity = {};
    order.filled_notional = {};
    order.closed_time = {};
    const auto held = positions_.find(wire.symbol);
    const bool leaves =
        held != positions_.end() &&
        signed_quantity(order.side, order.quantity).sign() == -held->second.sign() &&
        !held->second.is_zero();
    order.role = leaves ? Role::exit : Role::entry;
    tracker_.restore(order, traded->second, {}, at);
    terms_.log("adopted: order " + order.order_id + " that this program did not send");
    const std::lock_guard lock(mutex_);
    adopted_.push_back(std::move(order));
}

bool AlpacaBroker::moved_since(const Symbol& symbol, const Audit& audit) const {
    const auto moved = moved_ns_.find(symbol);
    return moved != moved_ns_.end() && moved->second >= audit.asked.steady_ns;
}

bool AlpacaBroker::check_positions(const Audit& audit, Moment at) {
    std::map<Symbol, const WirePosition*> theirs;
    for (const auto& position : *audit.positions) theirs[position.symbol] = &position;
    std::set<Symbol> all;
    for (const auto& [symbol, position] : theirs) all.insert(symbol);
    for (const auto& [symbol, quantity] : positions_) all.insert(symbol);
    bool agree = true;
    bool differs = false;
    for (const auto& symbol : all) {
        const auto found = theirs.find(symbol);
        const auto* position = found == theirs.end() ? nullptr : found->second;
        agree = agree && positions_[symbol] == (position ? position->quantity : Quantity());
        check_position(symbol, position, audit, at);
        differs = differs || differences_.contains(symbol);
    }
    // Looked at again soon, and the executions that may explain it are asked for.
    if (differs) tracker_.doubt_all(at);
    return agree;
}

void AlpacaBroker::check_position(const Symbol& symbol, const WirePosition* theirs,
                                  const Audit& audit, Moment at) {
    const auto held = theirs ? theirs->quantity : Quantity();
    auto& ours = positions_[symbol];
    if (held == ours) {
        if (differences_.erase(symbol) > 0) {
            terms_.log("the position of " + symbol.to_string() + " agrees again");
        }
        bought_.erase(symbol);
        return;
    }
    if (moved_since(symbol, audit)) return;  // read before the newest fill
    const auto correct = [&](const std::string& cause) {
        AccountCorrection correction;
        correction.symbol = symbol;
        correction.quantity = held;
        if (theirs) correction.average = theirs->average_entry;
        correction.cause = cause;
        terms_.log("adopted: position of " + symbol.to_string() + " is " + held.to_string() +
                   ", was " + ours.to_string() + " in the books: " + cause);
        ours = held;
        differences_.erase(symbol);
        const std::lock_guard lock(mutex_);
        corrections_.push_back(std::move(correction));
    };
    const auto asset = terms_.symbols.find(symbol);
    const bool coin = asset != terms_.symbols.end() && asset->second == AssetClass::crypto;
    const auto most = Quantity::from_units(bought_[symbol].units() / 1000 * kCoinFeePerMille);
    if (coin && held < ours && ours - held <= most) {
        bought_.erase(symbol);
        correct("fee taken in the coin");
        return;
    }
    auto& difference = differences_[symbol];
    if (difference.seen == 0) {
        difference.since_ns = at.steady_ns;
        terms_.log("alarm: position of " + symbol.to_string() + " is " + held.to_string() +
                   " at the broker, " + ours.to_string() + " in the books");
    }
    // An order that works may have filled while the positions were read; not for long, though.
    const bool lasting = at.steady_ns - difference.since_ns >= settings_.audit_ms * kMillisecond;
    if (difference.seen > 0 || lasting || !tracker_.in_motion(symbol)) ++difference.seen;
    if (at.steady_ns - difference.since_ns >= terms_.adopt_after_ns) {
        correct("nothing explained the difference for ten minutes");
    }
}

void AlpacaBroker::check_cash(const Audit& audit) {
    if (cash_moved_ns_ >= audit.asked.steady_ns || tracker_.unsettled()) return;
    const auto change = audit.account->cash - cash_;
    if (change.abs() <= kHalfCent) {
        cash_differs_ = 0;
        return;
    }
    // Twice the same: not the moment between a fill and its message.
    if (++cash_differs_ < 2) return;
    cash_differs_ = 0;
    cash_ = audit.account->cash;
    AccountCorrection correction;
    correction.cash = change;
    correction.cause = "the broker's cash: fees, interest, dividends, transfers";
    terms_.log("adopted: cash changed by " + change.to_string());
    const std::lock_guard lock(mutex_);
    corrections_.push_back(std::move(correction));
}

// -- the owner's side ------------------------------------------------------------------------

void AlpacaBroker::submit(const Order& order, Timestamp) {
    push([this, order](Moment at) {
        auto refusal = ExitLegs::refusal(order.exit_plan);
        if (terms_.read_only) refusal = "observing: nothing is sent";
        if (order.order_id.size() > kMaximumClientOrderId) refusal = "the order's id is too long";
        if (refusal.empty()) {
            legs_.add(order);
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
