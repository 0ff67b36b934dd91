// The broker's reading of account, positions and open orders, and what it makes of differences.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "broker/alpaca/alpaca_broker.hpp"
#include "broker/alpaca/explaining_orders.hpp"
#include "messages/adoption.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::int64_t kClockPeriod = kMinute;
constexpr std::int64_t kSoon = 2 * kSecond;  // the next audit after something differs
constexpr int kSoonAudits = 3;               // so often: then it is no moment's difference
// Reads are made so often that the newest one is never older than the audit period.
constexpr std::int64_t kShareOfPeriod = 70;  // percent

// A coin is bought less its fee, which is taken in the coin: at most 0.4 %.
const Fraction kCoinFee = Fraction::of("0.004");
// How far the broker's clock and ours may be apart where executions are asked for by time.
constexpr std::int64_t kClockMargin = 15 * kMinute;
constexpr std::size_t kMostUnknown = 20;  // orders looked up in one audit

const Money kHalfCent = Money::from_units(Money::kOne / 200);

}  // namespace

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
        const auto pause = period / 100 * kShareOfPeriod;
        audit_wake_.wait_for(lock, std::chrono::nanoseconds(pause),
                             [this] { return stop_ || audit_asked_ || audit_soon_; });
        if (!std::exchange(audit_soon_, false)) continue;
        audit_wake_.wait_for(lock, std::chrono::nanoseconds(std::min(kSoon, pause)),
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
    std::optional<Search> search;
    {
        const std::lock_guard lock(mutex_);
        search = search_;
    }
    if (search && audit.fault.empty()) audit.unknown = read_unknown(*search);
    for (const auto& line : audit_client_.take_remarks()) terms_.log(line);
    return audit;
}

std::vector<WireOrder> AlpacaBroker::read_unknown(const Search& search) {
    std::vector<WireOrder> orders;
    if (!wait_for_budget()) return orders;
    const auto executions = audit_client_.executions(search.since);
    if (!executions.value) return orders;
    auto seen = search.known;
    for (auto each = executions.value->rbegin(); each != executions.value->rend(); ++each) {
        if (orders.size() >= kMostUnknown) break;
        const bool news =
            search.symbols.contains(each->symbol) && seen.insert(each->order_id).second;
        if (!news || !wait_for_budget()) continue;
        auto reply = audit_client_.look_up_broker_id(each->order_id);
        if (reply.order) orders.push_back(std::move(*reply.order));
    }
    return orders;
}

void AlpacaBroker::audited(const Audit& audit, Moment at) {
    audit_fault_ = audit.fault;
    if (audit.orders) {
        tracker_.listed(*audit.orders, audit.asked, at);
        const auto foreign = tracker_.foreign();
        for (const auto& wire : foreign) {
            if (closed_unfilled_.erase(wire.client_order_id) > 0) {
                tracker_.reclaim(wire, class_of(wire.symbol), at);
            } else {
                adopt(wire, at);
            }
        }
    }
    publish(at);
    const bool agree = audit.positions && check_positions(audit, at);
    if (audit.positions && !agree) explain(audit, at);
    if (audit.account) {
        blocked_ = audit.account->trading_blocked;
        // An execution that is not known yet has moved both: its cash is not of unknown origin.
        if (agree) check_cash(audit);
        // What was adopted now and its cash are one step: an equity between the two never was.
        const bool still = cash_moved_ns_ < audit.asked.steady_ns && !tracker_.unsettled();
        if (!corrected_.empty() && differences_.empty() && still) {
            adopt_cash(audit.account->cash, corrected_.front().cause);
        }
    }
    if (audit.fault.empty()) good_audit_ns_ = audit.asked.steady_ns;
    const std::lock_guard lock(mutex_);
    std::move(corrected_.begin(), corrected_.end(), std::back_inserter(corrections_));
    corrected_.clear();
    if (audit.account) newest_.account = audit.account;
    if (audit.positions) newest_.positions = audit.positions;
    newest_.fault = audit.fault;
    newest_.asked = audit.asked;
    newest_ns_ = audit.fault.empty() ? audit.asked.steady_ns : newest_ns_;
}

void AlpacaBroker::heard(const TradeUpdate& update, Moment at) {
    const bool ours = tracker_.knows(update.order) || tracker_.may_be_stop(update.order);
    if (!ours) adopt(update.order, at);
    // In dollars, and not at its end.
    if (!ours && !update.order.quantity && !tracker_.knows(update.order)) return;
    tracker_.updated(update, at);
}

// An order by hand, or of another program: known from here on, never sent. One of the books that
// ended is not taken for new; one in dollars has a quantity only at its end.
void AlpacaBroker::adopt(const WireOrder& wire, Moment at) {
    const auto traded = terms_.symbols.find(wire.symbol);
    auto order = order_of(wire);
    if (traded == terms_.symbols.end() || closed_before_.contains(order.order_id)) return;
    const bool ended = is_terminal(wire.status) && wire.filled_quantity.sign() > 0;
    if (!wire.quantity && !ended) return;
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
    bool soon = false;
    for (const auto& symbol : all) {
        const auto found = theirs.find(symbol);
        const auto* position = found == theirs.end() ? nullptr : found->second;
        agree = agree && positions_[symbol] == (position ? position->quantity : Quantity());
        check_position(symbol, position, audit, at);
        const auto difference = differences_.find(symbol);
        if (difference == differences_.end()) continue;
        differs = true;
        soon = soon || ++difference->second.audits <= kSoonAudits;
    }
    // Looked at again soon, and the executions that may explain it are asked for.
    if (differs) tracker_.doubt_all(at);
    if (agree) agreed_ = audit.asked.exchange;
    const std::lock_guard lock(mutex_);
    const bool searched = search_.has_value();
    search_.reset();
    if (!differs) return agree;
    // The clocks may differ; orders that are known or explain nothing do no harm.
    search_ = Search{agreed_ - kClockMargin, {}, tracker_.broker_ids()};
    for (const auto& [symbol, difference] : differences_) search_->symbols.insert(symbol);
    audit_asked_ = audit_asked_ || !searched;
    audit_soon_ = soon;
    if (audit_asked_ || audit_soon_) audit_wake_.notify_one();
    return agree;
}

void AlpacaBroker::explain(const Audit& audit, Moment at) {
    std::map<Symbol, std::vector<WireOrder>> unknown;
    for (const auto& order : audit.unknown) {
        const bool new_here = !tracker_.knows(order) && !tracker_.may_be_stop(order) &&
                              !closed_before_.contains(order.client_order_id);
        if (new_here) unknown[order.symbol].push_back(order);
    }
    for (auto& [symbol, orders] : unknown) {
        if (!differences_.contains(symbol) || moved_since(symbol, audit)) continue;
        auto difference = -positions_[symbol];
        for (const auto& position : *audit.positions) {
            if (position.symbol == symbol) difference += position.quantity;
        }
        const auto fee = class_of(symbol) == AssetClass::crypto ? kCoinFee : Fraction();
        for (const auto& order : explaining_orders(std::move(orders), difference, fee)) {
            adopt(order, at);
        }
    }
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
        corrected_.push_back(std::move(correction));
    };
    const auto asset = terms_.symbols.find(symbol);
    const bool coin = asset != terms_.symbols.end() && asset->second == AssetClass::crypto;
    const auto most = Quantity::from_units(decimal::narrow<std::int64_t>(decimal::divide_half_even(
        decimal::multiply(bought_[symbol].units(), kCoinFee.units()), Fraction::kOne)));
    if (coin && held < ours && ours - held <= most) {
        bought_.erase(symbol);
        correct("fee taken in the coin");
        return;
    }
    const auto [place, found] = differences_.try_emplace(symbol);
    auto& difference = place->second;
    if (found) {
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
    adopt_cash(audit.account->cash, "the broker's cash: fees, interest, dividends, transfers");
}

void AlpacaBroker::adopt_cash(Money cash, const std::string& cause) {
    AccountCorrection correction;
    correction.cash = cash - cash_;
    correction.cause = cause;
    cash_ = cash;
    cash_differs_ = 0;
    if (correction.cash.abs() <= kHalfCent) return;
    terms_.log("adopted: cash changed by " + correction.cash.to_string());
    corrected_.push_back(std::move(correction));
}

}  // namespace tradewind::broker::alpaca
