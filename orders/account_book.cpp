#include "orders/account_book.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::orders {
namespace {

// amount x part / whole, rounded half-even at 1e-18, without a 256-bit intermediate: the whole
// quotient goes first. 0 < part <= whole.
Money share_by_quantity(Money amount, Quantity part, Quantity whole) {
    if (part == whole) return amount;
    const int128 quotient = amount.units() / whole.units();
    const int128 rest = amount.units() % whole.units();
    return Money::from_units(decimal::add(
        decimal::multiply(quotient, part.units()),
        decimal::divide_half_even(decimal::multiply(rest, part.units()), whole.units())));
}

// amount x part / whole for money weights: both are cut to 1e-9 first, which bounds the product.
Money share_by_value(Money amount, Money part, Money whole) {
    constexpr std::int64_t kCut = 1'000'000'000;
    const Quantity cut_whole = Quantity::from_units(whole.units() / kCut);
    const Quantity cut_part = Quantity::from_units(part.units() / kCut);
    if (cut_whole.is_zero() || cut_part.is_zero()) return {};
    return round_half_even(share_by_quantity(amount, cut_part, cut_whole), 8);
}

}  // namespace

AccountView view_of(const AccountSnapshot& account, Symbol symbol) {
    AccountView view;
    view.equity = account.equity;
    view.cash = account.cash;
    view.buying_power = account.buying_power;
    view.gross_exposure = account.gross_exposure;
    const auto found = account.positions.find(symbol);
    if (found != account.positions.end()) {
        view.symbol_value = found->second.market_value();
        view.position = view.strategy_position = found->second.quantity;
    }
    return view;
}

AccountBook::AccountBook(Money initial_cash, Fraction leverage_cap, FillMemory fill_memory)
    : leverage_cap_(leverage_cap),
      fill_memory_(fill_memory),
      cash_(initial_cash),
      peak_(initial_cash) {}

SlotId AccountBook::slot(Symbol symbol) {
    const auto found = by_symbol_.find(symbol);
    if (found != by_symbol_.end()) return found->second;
    if (slots_.size() >= std::numeric_limits<SlotId>::max() - 1) {
        throw std::length_error("too many symbols in one account");
    }
    const auto made = static_cast<SlotId>(slots_.size());
    slots_.emplace_back().symbol = symbol;
    by_symbol_.emplace(symbol, made);
    return made;
}

std::optional<SlotId> AccountBook::find(Symbol symbol) const {
    const auto found = by_symbol_.find(symbol);
    if (found == by_symbol_.end()) return std::nullopt;
    return found->second;
}

void AccountBook::revalue(Slot& slot, Price price) {
    const Money value = price * slot.quantity;
    market_value_ += value - slot.value;
    gross_ += value.abs() - slot.value.abs();
    slot.value = value;
    slot.last_price = price;
}

void AccountBook::set_quantity(Slot& slot, Quantity quantity) {
    slot.quantity = quantity;
    revalue(slot, slot.last_price);
}

AccountBook::Leg& AccountBook::leg(Slot& slot, const std::string& strategy) {
    for (Leg& each : slot.legs) {
        if (each.strategy == strategy) return each;
    }
    slot.legs.emplace_back().strategy = strategy;
    return slot.legs.back();
}

void AccountBook::open_part(Leg& leg, const Fill& fill, Quantity quantity, Money fee) {
    RoundTrip& trip = leg.trip;
    if (leg.quantity.is_zero()) {
        trip = RoundTrip{};
        trip.trade_id = fill.fill_id;
        trip.symbol = fill.symbol;
        trip.side = fill.side;
        trip.strategy = fill.strategy;
        trip.entry_time = fill.time;
        leg.exited = Quantity{};
    }
    const Money notional = fill.price * quantity;
    trip.quantity += quantity;
    trip.entry_notional += notional;
    trip.fees += fee;
    leg.quantity += signed_quantity(fill.side, quantity);
    leg.cost += fill.side == Side::buy ? notional : -notional;
}

void AccountBook::close_part(Leg& leg, const Fill& fill, Quantity quantity, Money fee,
                             std::string_view reason) {
    RoundTrip& trip = leg.trip;
    const Money notional = fill.price * quantity;
    const Money cost = share_by_quantity(leg.cost, quantity, leg.quantity.abs());
    // Long: proceeds - cost; short: cost is negative, its proceeds were taken at the entry.
    realised_ += (fill.side == Side::sell ? notional : -notional) - cost;
    trip.exit_notional += notional;
    trip.exit_time = fill.time;
    trip.exit_reason = reason;
    trip.fees += fee;
    leg.exited += quantity;
    leg.cost += -cost;
    leg.quantity += signed_quantity(fill.side, quantity);
    if (leg.quantity.is_zero()) finish(leg);
}

void AccountBook::finish(Leg& leg) {
    RoundTrip& trip = leg.trip;
    trip.entry_price = average_price(trip.entry_notional, trip.quantity);
    trip.exit_price = average_price(trip.exit_notional, leg.exited);
    const Money gain = trip.side == Side::buy ? trip.exit_notional - trip.entry_notional
                                              : trip.entry_notional - trip.exit_notional;
    trip.pnl = gain - trip.fees - trip.financing;
    if (!trip.entry_notional.is_zero()) {
        trip.profit_fraction = ratio(trip.pnl, trip.entry_notional);
    }
    finished_.push_back(std::move(trip));
    trip = RoundTrip{};
}

FillResult AccountBook::apply(const Fill& fill, std::string_view order_reason) {
    ensure(fill.quantity.sign() > 0 && fill.price.sign() > 0,
           "a fill has a positive quantity and price");
    Slot& entry = slots_[slot(fill.symbol)];
    Leg& own = leg(entry, fill.strategy);
    if (fill_memory_ == FillMemory::all && !fill_ids_.insert(fill.fill_id).second) {
        return {false, entry.quantity, own.quantity, cash_};
    }
    const Money notional = fill.price * fill.quantity;
    cash_ += fill.side == Side::buy ? -notional : notional;
    cash_ -= fill.fee;
    fees_ += fill.fee;
    traded_ += notional;

    const Quantity change = signed_quantity(fill.side, fill.quantity);
    const bool reduces = own.quantity.sign() * change.sign() < 0;
    const Quantity closing = reduces ? std::min(own.quantity.abs(), fill.quantity) : Quantity{};
    const Quantity opening = fill.quantity - closing;
    Money opening_fee = fill.fee;
    if (closing.sign() > 0) {
        opening_fee = opening.is_zero()
                          ? Money{}
                          : round_half_even(share_by_quantity(fill.fee, opening, fill.quantity), 8);
        close_part(own, fill, closing, fill.fee - opening_fee, order_reason);
    }
    if (opening.sign() > 0) open_part(own, fill, opening, opening_fee);

    if (entry.last_price.is_zero()) entry.last_price = fill.price;
    set_quantity(entry, entry.quantity + change);
    return {true, entry.quantity, own.quantity, cash_};
}

void AccountBook::bear(Slot& slot, Money amount) {
    Quantity whole;
    Leg* last = nullptr;
    for (Leg& each : slot.legs) {
        if (each.quantity.is_zero()) continue;
        whole += each.quantity.abs();
        last = &each;
    }
    Money rest = amount;
    for (Leg& each : slot.legs) {
        if (each.quantity.is_zero()) continue;
        const Money part =
            &each == last
                ? rest
                : round_half_even(share_by_quantity(amount, each.quantity.abs(), whole), 8);
        each.trip.financing += part;
        rest -= part;
    }
}

void AccountBook::charge_financing(SlotId slot, Money amount) {
    cash_ -= amount;
    financing_ += amount;
    bear(slots_[slot], amount);
}

void AccountBook::charge_financing(Money amount) {
    cash_ -= amount;
    financing_ += amount;
    Slot* last = nullptr;
    for (Slot& each : slots_) {
        if (!each.value.is_zero()) last = &each;
    }
    if (last == nullptr) return;
    Money rest = amount;
    for (Slot& each : slots_) {
        if (each.value.is_zero()) continue;
        const Money part = &each == last ? rest : share_by_value(amount, each.value.abs(), gross_);
        bear(each, part);
        rest -= part;
    }
}

void AccountBook::adopt_position(Symbol symbol, const std::string& strategy, Quantity quantity,
                                 Price average, Timestamp time) {
    Slot& entry = slots_[slot(symbol)];
    Leg& own = leg(entry, strategy);
    const Money cost = average * quantity;
    // What was held leaves at its cost, what is adopted comes at its average: no profit is made.
    adjustments_ += cost - own.cost;
    const Quantity net = entry.quantity - own.quantity + quantity;
    own.quantity = quantity;
    own.cost = cost;
    own.exited = Quantity{};
    own.trip = RoundTrip{};
    if (!quantity.is_zero()) {
        RoundTrip& trip = own.trip;
        trip.trade_id = strategy + "." + symbol.to_string() + "." + format_time(time) + ".adopted";
        trip.symbol = symbol;
        trip.side = quantity.sign() > 0 ? Side::buy : Side::sell;
        trip.strategy = strategy;
        trip.quantity = quantity.abs();
        trip.entry_time = time;
        trip.entry_notional = cost.abs();
    }
    if (entry.last_price.is_zero()) entry.last_price = average;
    set_quantity(entry, net);
}

void AccountBook::adjust_cash(Money delta) {
    cash_ += delta;
    adjustments_ += delta;
}

void AccountBook::observe(Timestamp) {
    peak_ = std::max(peak_, equity());
}

Money AccountBook::short_exposure() const {
    Money total;
    for (const Slot& each : slots_) {
        if (each.value.sign() < 0) total -= each.value;
    }
    return total;
}

Money AccountBook::buying_power() const {
    if (leverage_cap_.is_zero()) return kUnlimitedBuyingPower;
    return std::max(Money{}, share_of(equity(), leverage_cap_) - gross_);
}

Money AccountBook::cost(SlotId slot) const {
    Money total;
    for (const Leg& each : slots_[slot].legs) total += each.cost;
    return total;
}

BookTotals AccountBook::totals() const {
    BookTotals totals;
    totals.realised = realised_;
    totals.unrealised = market_value_;
    for (SlotId each = 0; each < slots_.size(); ++each) totals.unrealised -= cost(each);
    totals.fees = fees_;
    totals.financing = financing_;
    totals.adjustments = adjustments_;
    totals.traded_notional = traded_;
    return totals;
}

Quantity AccountBook::quantity(SlotId slot, std::string_view strategy) const {
    for (const Leg& each : slots_[slot].legs) {
        if (each.strategy == strategy) return each.quantity;
    }
    return {};
}

std::vector<StrategyPosition> AccountBook::strategy_positions(SlotId slot) const {
    std::vector<StrategyPosition> result;
    for (const Leg& each : slots_[slot].legs) {
        if (each.quantity.is_zero()) continue;
        result.push_back({each.strategy, each.quantity, each.cost, each.trip.entry_time});
    }
    return result;
}

AccountView AccountBook::view(SlotId slot, std::string_view strategy) const {
    AccountView view;
    view.equity = equity();
    view.cash = cash_;
    view.buying_power = buying_power();
    view.gross_exposure = gross_;
    view.symbol_value = slots_[slot].value;
    view.position = slots_[slot].quantity;
    view.strategy_position = quantity(slot, strategy);
    return view;
}

AccountSnapshot AccountBook::snapshot(Timestamp as_of) const {
    AccountSnapshot snapshot;
    snapshot.as_of = as_of;
    snapshot.cash = cash_;
    snapshot.equity = equity();
    snapshot.gross_exposure = gross_;
    snapshot.buying_power = buying_power();
    snapshot.peak_equity = std::max(peak_, snapshot.equity);
    for (SlotId each = 0; each < slots_.size(); ++each) {
        const Slot& entry = slots_[each];
        if (entry.quantity.is_zero()) continue;
        snapshot.positions.emplace(
            entry.symbol, Position{entry.symbol, entry.quantity, cost(each), entry.last_price});
    }
    return snapshot;
}

std::vector<RoundTrip> AccountBook::take_round_trips() {
    return std::exchange(finished_, {});
}

}  // namespace tradewind::orders
