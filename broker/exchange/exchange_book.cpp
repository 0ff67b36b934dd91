#include "broker/exchange/exchange_book.hpp"

#include <algorithm>
#include <utility>

#include "market/fill_rules.hpp"
#include "messages/error.hpp"
#include "orders/bracket.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::broker {
namespace {

bool works(OrderStatus status) {
    return status == OrderStatus::new_order || status == OrderStatus::partially_filled;
}

bool is_limit(const ExchangeOrder& entry) {
    return entry.order.type == OrderType::limit ||
           (entry.order.type == OrderType::stop_limit && entry.triggered);
}

// The trail in currency. In percent it follows the best price, the one at `touch` included.
Price trail_of(const ExchangeOrder& entry, Price touch) {
    if (entry.remote.trail_percent.is_zero()) return entry.order.stop_price;
    const bool buys = entry.order.side == Side::buy;
    auto mark = entry.mark;
    if (mark.is_zero() || (buys ? touch < mark : touch > mark)) mark = touch;
    const auto part = share_of(mark * Quantity::whole(1), entry.remote.trail_percent);
    return average_price(round_half_even(part, 4), Quantity::whole(100));
}

market::RestingOrder resting(const ExchangeOrder& entry, Price touch = {}) {
    const Order& order = entry.order;
    const bool trails = order.type == OrderType::trailing_stop;
    // A stop that has begun to fill goes on as the market order it became.
    const bool fired = entry.executions > 0 && (trails || order.type == OrderType::stop);
    return {order.side,
            fired ? OrderType::market : order.type,
            order.limit_price,
            trails ? Price() : order.stop_price,
            trails ? trail_of(entry, touch) : Price(),
            entry.mark,
            entry.triggered};
}

// A uniform number in [0, 1) that depends on its keys alone (splitmix64 over FNV-1a).
double draw(std::uint64_t seed, std::string_view text, std::uint64_t ordinal) {
    std::uint64_t x = 0xcbf29ce484222325ULL ^ seed;
    for (const char c : text) x = (x ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    x += (ordinal + 1) * 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    x ^= x >> 31U;
    return static_cast<double>(x >> 11U) * 0x1.0p-53;
}

// The broker's word for an event of a remote order.
std::string_view news_word(const ExchangeOrder& entry, const OrderEvent& event) {
    if (!entry.remote.replaced_by.empty()) return "replaced";
    switch (event.kind) {
        case OrderEventKind::accepted:
            return entry.remote.routed ? "new" : "accepted";
        case OrderEventKind::activated:
            return "new";
        case OrderEventKind::filled:
            return entry.order.status == OrderStatus::filled ? "fill" : "partial_fill";
        case OrderEventKind::canceled:
            return "canceled";
        case OrderEventKind::expired:
            return "expired";
        case OrderEventKind::replaced:
            return "replaced";
        case OrderEventKind::rejected:
        case OrderEventKind::refused:
            break;
    }
    return "rejected";
}

}  // namespace

ExchangeBook::ExchangeBook(BookTerms terms, Accounts& accounts)
    : terms_(std::move(terms)), accounts_(accounts) {}

std::string ExchangeBook::key(const std::string& account, std::string_view order_id) {
    std::string text = account;
    text += '\n';
    text += order_id;
    return text;
}

ExchangeOrder* ExchangeBook::record(const std::string& account, std::string_view order_id) {
    const auto found = by_key_.find(key(account, order_id));
    return found == by_key_.end() ? nullptr : found->second;
}

const ExchangeOrder* ExchangeBook::find(const std::string& account,
                                        std::string_view order_id) const {
    const auto found = by_key_.find(key(account, order_id));
    return found == by_key_.end() ? nullptr : found->second;
}

void ExchangeBook::restore(ExchangeOrder order) {
    auto& entry = orders_.emplace_back(std::move(order));
    by_key_.emplace(key(entry.account, entry.order.order_id), &entry);
    if (entry.is_remote()) by_id_.emplace(key(entry.account, entry.remote.id), &entry);
    if (is_closed(entry.order.status)) return;
    open_[entry.order.symbol].push_back(&entry);
    in_order_.push_back(&entry);
    if (entry.remote.extended_hours) ++extended_;
}

std::vector<const ExchangeOrder*> ExchangeBook::open_orders(const Symbol& symbol) const {
    const auto found = open_.find(symbol);
    if (found == open_.end()) return {};
    return {found->second.begin(), found->second.end()};
}

bool ExchangeBook::has_open_orders(const Symbol& symbol) const {
    const auto found = open_.find(symbol);
    return found != open_.end() && !found->second.empty();
}

// A copy: matching may close orders, which changes the list.
std::vector<ExchangeOrder*> ExchangeBook::working(const Symbol& symbol) {
    std::vector<ExchangeOrder*> result;
    const auto found = open_.find(symbol);
    if (found == open_.end()) return result;
    for (auto* entry : found->second) {
        if (works(entry->order.status)) result.push_back(entry);
    }
    return result;
}

std::vector<ExchangeOrder*> ExchangeBook::held_oco_stops(const Symbol& symbol) {
    std::vector<ExchangeOrder*> result;
    const auto found = open_.find(symbol);
    if (found == open_.end()) return result;
    for (auto* entry : found->second) {
        if (entry->order.status == OrderStatus::held &&
            entry->remote.order_class == OrderClass::oco) {
            result.push_back(entry);
        }
    }
    return result;
}

std::vector<ExchangeOrder*> ExchangeBook::children(const ExchangeOrder& parent) {
    std::vector<ExchangeOrder*> result;
    for (const auto& leg : parent.remote.legs) {
        if (auto* entry = record(parent.account, leg)) result.push_back(entry);
    }
    for (const auto& child : orders::bracket_children(parent.order)) {
        if (auto* entry = record(parent.account, child.order_id)) result.push_back(entry);
    }
    return result;
}

ExchangeOrder* ExchangeBook::parent_of(const ExchangeOrder& child) {
    if (child.order.parent_order_id.empty()) return nullptr;
    return record(child.account, child.order.parent_order_id);
}

Quantity ExchangeBook::executable(const ExchangeOrder& entry) {
    const auto* parent = parent_of(entry);
    if (parent == nullptr) return entry.order.open_quantity();
    if (parent->remote.order_class == OrderClass::oco) {
        return std::min(entry.order.open_quantity(),
                        parent->order.open_quantity() - parent->group_filled);
    }
    return std::min(entry.order.open_quantity(),
                    parent->order.filled_quantity - parent->group_filled);
}

void ExchangeBook::emit(ExchangeOrder& entry, OrderEvent event,
                        std::vector<AccountOrderEvent>& out) {
    event.order_id = entry.order.order_id;
    event.symbol = entry.order.symbol;
    const auto transition = orders::apply(entry.order, event);
    ensure(transition.applied(), "the exchange makes only events that its own book can take");
    if (is_closed(entry.order.status)) {
        auto& list = open_[entry.order.symbol];
        list.erase(std::find(list.begin(), list.end(), &entry));
        in_order_.erase(std::find(in_order_.begin(), in_order_.end(), &entry));
        if (entry.remote.extended_hours) --extended_;
    }
    if (entry.is_remote()) {
        tell(entry, news_word(entry, event), event.time, event.fill ? &*event.fill : nullptr);
    }
    out.push_back({entry.account, std::move(event)});
}

void ExchangeBook::close(ExchangeOrder& entry, OrderEventKind kind, std::string_view reason,
                         Timestamp now, std::vector<AccountOrderEvent>& out) {
    OrderEvent event;
    event.kind = kind;
    event.time = now;
    event.reason = reason;
    emit(entry, std::move(event), out);
    after_close(entry, kind, now, out);
}

void ExchangeBook::after_close(ExchangeOrder& entry, OrderEventKind kind, Timestamp now,
                               std::vector<AccountOrderEvent>& out) {
    if (auto* parent = parent_of(entry)) {
        if (entry.is_remote()) return after_leg_close(entry, *parent, kind, now, out);
        const bool nothing_left = is_closed(parent->order.status) &&
                                  parent->group_filled == parent->order.filled_quantity;
        if (!nothing_left) return;
        for (auto* sibling : children(*parent)) {
            if (is_closed(sibling->order.status)) continue;
            close(*sibling, OrderEventKind::canceled, "the position of the bracket is closed", now,
                  out);
        }
        return;
    }
    if (entry.is_remote()) {
        const bool partly = entry.order.filled_quantity.sign() > 0;
        if (entry.remote.order_class == OrderClass::oco || (!partly) ||
            kind == OrderEventKind::canceled) {
            close_group(entry, "the order of its group has ended", now, out);
        } else {
            resize_children(entry);
            activate_children(entry, now, out);
        }
        return;
    }
    const bool never_filled = entry.order.filled_quantity.is_zero();
    resize_children(entry);
    const bool exited = entry.group_filled == entry.order.filled_quantity;
    for (auto* child : children(entry)) {
        if (!exited || is_closed(child->order.status)) continue;
        close(*child, OrderEventKind::canceled,
              never_filled ? "the parent order did not fill"
                           : "the position of the bracket is closed",
              now, out);
    }
}

void ExchangeBook::resize_children(ExchangeOrder& parent) {
    for (auto* child : children(parent)) {
        if (is_closed(child->order.status)) continue;
        if (parent.remote.order_class == OrderClass::oco) {
            const auto left = parent.order.open_quantity() - parent.group_filled;
            if (left.sign() > 0) child->order.quantity = child->order.filled_quantity + left;
            continue;
        }
        child->order.quantity = orders::child_quantity(
            child->order, orders::bracket_size(parent.order), parent.group_filled);
    }
}

void ExchangeBook::enter(const std::string& account, const Order& order,
                         const Instrument& instrument, const Quote* quote, Timestamp now,
                         std::vector<AccountOrderEvent>& out) {
    ExchangeOrder entry;
    entry.account = account;
    entry.order = order;
    entry.order.time = now;
    entry.order.status = OrderStatus::pending_new;
    entry.order.filled_quantity = {};
    entry.order.filled_notional = {};
    entry.order.closed_time = {};
    const auto bracket = orders::bracket_children(entry.order);
    restore(std::move(entry));
    auto& parent = orders_.back();
    for (const auto& child : bracket) {
        ExchangeOrder held;
        held.account = account;
        held.order = child;
        restore(std::move(held));
    }
    OrderEvent accepted;
    accepted.kind = OrderEventKind::accepted;
    accepted.time = now;
    emit(parent, std::move(accepted), out);
    if (order.time_in_force == TimeInForce::opg || order.time_in_force == TimeInForce::cls) return;
    if (quote != nullptr) try_quote(parent, *quote, instrument, Arrival::on_entry, now, out);
    const bool at_once =
        order.time_in_force == TimeInForce::ioc || order.time_in_force == TimeInForce::fok;
    if (at_once && !is_closed(parent.order.status)) {
        close(parent, OrderEventKind::canceled,
              quote != nullptr ? "not marketable" : "the market is closed or shows no quote", now,
              out);
    }
}

bool ExchangeBook::cancel(const std::string& account, std::string_view order_id, Timestamp now,
                          std::string_view reason, std::vector<AccountOrderEvent>& out) {
    auto* entry = record(account, order_id);
    if (entry == nullptr || is_closed(entry->order.status)) return false;
    close(*entry, OrderEventKind::canceled, reason, now, out);
    return true;
}

void ExchangeBook::match(const Quote& quote, const Instrument& instrument, Timestamp now,
                         std::vector<AccountOrderEvent>& out) {
    for (auto* entry : working(quote.symbol)) {
        const auto tif = entry->order.time_in_force;
        if (tif == TimeInForce::opg || tif == TimeInForce::cls) continue;
        if (works(entry->order.status) && !ended_by_fate(*entry, now, out)) {
            try_quote(*entry, quote, instrument, Arrival::resting, now, out);
        }
    }
    for (auto* leg : held_oco_stops(quote.symbol)) {
        if (leg->order.status == OrderStatus::held) try_oco_stop(*leg, quote, instrument, now, out);
    }
}

void ExchangeBook::try_quote(ExchangeOrder& entry, const Quote& quote, const Instrument& instrument,
                             Arrival arrival, Timestamp now, std::vector<AccountOrderEvent>& out) {
    if (!quote.valid()) return;
    const auto touch = entry.order.side == Side::buy ? quote.ask : quote.bid;
    const auto outcome = market::fill_on_quote(resting(entry, touch), quote.bid, quote.ask);
    entry.triggered = outcome.triggered;
    entry.mark = outcome.mark;
    if (!outcome.filled) {
        entry.rested = entry.rested || is_limit(entry);
        return;
    }
    const Quantity open = allowed_by_fate(entry, executable(entry), instrument, now);
    if (open.sign() <= 0) return;
    Quantity quantity = open;
    if (entry.order.time_in_force != TimeInForce::fok) {
        quantity = drawn_quantity(entry, open, instrument);
    }
    const bool maker = arrival == Arrival::resting && entry.rested && is_limit(entry);
    const Execution execution{maker ? entry.order.limit_price : outcome.price,
                              maker ? market::Liquidity::maker : market::Liquidity::taker};
    execute(entry, quantity, execution, instrument, now, out);
}

Quantity ExchangeBook::drawn_quantity(const ExchangeOrder& entry, Quantity open,
                                      const Instrument& instrument) const {
    const auto& id = entry.order.order_id;
    const std::uint64_t ordinal = 2 * std::uint64_t{entry.executions};
    if (terms_.partial_fill_probability <= 0 || open <= instrument.lot ||
        draw(terms_.seed, id, ordinal) >= terms_.partial_fill_probability) {
        return open;
    }
    const auto thousandths = static_cast<int>(1000 * draw(terms_.seed, id, ordinal + 1));
    const auto part = Quantity::from_units(open.units() / 1000 * thousandths);
    return std::max(floor_to_lot(part, instrument.lot), instrument.lot);
}

bool ExchangeBook::try_auction(ExchangeOrder& entry, const Instrument& instrument, Price price,
                               bool at_open, Timestamp now, std::vector<AccountOrderEvent>& out) {
    const auto point = at_open ? market::FillPoint::at_open : market::FillPoint::at_close;
    const auto outcome = market::fill_in_auction(resting(entry), price, point);
    const Quantity open = allowed_by_fate(entry, executable(entry), instrument, now);
    if (!outcome.filled || open.sign() <= 0) return false;
    execute(entry, open, {outcome.price, market::Liquidity::taker}, instrument, now, out);
    return true;
}

void ExchangeBook::open_auction(const Instrument& instrument, Price price, Timestamp now,
                                std::vector<AccountOrderEvent>& out) {
    for (auto* entry : working(instrument.symbol)) {
        if (entry->order.time_in_force != TimeInForce::opg || !works(entry->order.status)) continue;
        try_auction(*entry, instrument, price, true, now, out);
        if (!is_closed(entry->order.status)) {
            close(*entry, OrderEventKind::canceled, "not filled in the opening auction", now, out);
        }
    }
}

void ExchangeBook::close_session(const Instrument& instrument, Price price, Timestamp now,
                                 std::vector<AccountOrderEvent>& out) {
    for (auto* entry : working(instrument.symbol)) {
        if (entry->order.time_in_force != TimeInForce::cls || !works(entry->order.status)) continue;
        if (price.sign() > 0) try_auction(*entry, instrument, price, false, now, out);
        // A bracket's closing exit waits for the next close while its parent still works.
        const auto* parent = parent_of(*entry);
        const bool waits = parent != nullptr && !is_closed(parent->order.status);
        if (!is_closed(entry->order.status) && !waits) {
            close(*entry, OrderEventKind::canceled, "not filled in the closing auction", now, out);
        }
    }
    for (auto* entry : working(instrument.symbol)) {
        if (!works(entry->order.status)) continue;
        const auto tif = entry->order.time_in_force;
        if (tif == TimeInForce::day && entry->remote.extended_hours) continue;
        if (tif == TimeInForce::day) {
            close(*entry, OrderEventKind::expired, "the session has ended", now, out);
        } else if (tif == TimeInForce::gtc && now - entry->order.time >= kGoodTillCanceledLife) {
            close(*entry, OrderEventKind::expired, "90 days have passed", now, out);
        }
    }
}

void ExchangeBook::execute(ExchangeOrder& entry, Quantity quantity, Execution execution,
                           const Instrument& instrument, Timestamp now,
                           std::vector<AccountOrderEvent>& out) {
    ++entry.executions;
    Fill fill;
    fill.fill_id = entry.order.order_id + "#" + std::to_string(entry.executions);
    fill.order_id = entry.order.order_id;
    fill.symbol = entry.order.symbol;
    fill.time = now;
    fill.side = entry.order.side;
    fill.quantity = quantity;
    fill.price = execution.price;
    fill.fee =
        terms_.costs.fee(instrument.asset_class, execution.liquidity, execution.price * quantity);
    fill.strategy = entry.order.strategy;
    Quantity coin_fee;
    const bool in_kind = terms_.coin_fees_in_kind && instrument.asset_class == AssetClass::crypto &&
                         fill.side == Side::buy;
    if (in_kind) {
        const auto rate = terms_.costs.fee_rate(instrument.asset_class, execution.liquidity);
        coin_fee = Quantity::from_units(decimal::divide_half_even(
            decimal::multiply(quantity.units(), rate.units()), Fraction::kOne));
        fill.fee = {};
    }
    accounts_.at(entry.account).apply(fill, coin_fee);
    OrderEvent event;
    event.kind = OrderEventKind::filled;
    event.time = now;
    event.fill = std::move(fill);
    emit(entry, std::move(event), out);
    after_execution(entry, quantity, now, out);
}

void ExchangeBook::after_execution(ExchangeOrder& entry, Quantity quantity, Timestamp now,
                                   std::vector<AccountOrderEvent>& out) {
    if (auto* parent = parent_of(entry)) {
        parent->group_filled += quantity;
        resize_children(*parent);
    } else if (entry.remote.order_class == OrderClass::oco) {
        resize_children(entry);
    } else if (!entry.is_remote() || is_closed(entry.order.status)) {
        activate_children(entry, now, out);
    }
    if (is_closed(entry.order.status) &&
        (!entry.is_remote() || !entry.order.parent_order_id.empty() ||
         entry.remote.order_class == OrderClass::oco)) {
        after_close(entry, OrderEventKind::filled, now, out);
    }
}

}  // namespace tradewind::broker
