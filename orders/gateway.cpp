#include "orders/gateway.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "messages/error.hpp"
#include "orders/account_book.hpp"
#include "orders/bracket.hpp"
#include "orders/order_validation.hpp"

namespace tradewind::orders {
namespace {

constexpr std::array<std::string_view, 19> kRefusals{"",
                                                     "duplicate_id",
                                                     "invalid_order",
                                                     "killed",
                                                     "entries_blocked",
                                                     "side_forbidden",
                                                     "not_reducing",
                                                     "held_for_orders",
                                                     "no_price",
                                                     "price_band",
                                                     "market_order_rule",
                                                     "crossed_sides",
                                                     "death_spiral",
                                                     "churn",
                                                     "order_notional",
                                                     "symbol_exposure",
                                                     "gross_exposure",
                                                     "buying_power",
                                                     "open_orders"};

constexpr std::int64_t kQuoteLife = 60 * kSecond;    // I-12
constexpr std::int64_t kChurnMemory = 45 * kMinute;  // I-10
constexpr std::int64_t kSpiralFresh = 8 * kHour;     // I-7
constexpr std::int64_t kSpiralMemory = 3 * kDay;
constexpr Fraction kSpiralFreshLoss = Fraction::from_units(5'000'000);  // 50 bp
constexpr Fraction kSpiralOldLoss = Fraction::from_units(50'000'000);   // 500 bp

Verdict refuse(Refusal refusal, std::string reason) {
    return {refusal, std::move(reason)};
}

std::size_t index_of(Side side) {
    return static_cast<std::size_t>(side);
}

bool is_stop(OrderType type) {
    return type == OrderType::stop || type == OrderType::stop_limit ||
           type == OrderType::trailing_stop;
}

// a >= b x share, exact.
bool at_least_share(int128 a, int128 b, Fraction share) {
    return decimal::multiply(a, Fraction::kOne) >= decimal::multiply(b, share.units());
}

// (sell - buy) / buy >= gap and sell > buy.
bool apart(Price buy, Price sell, Fraction gap) {
    const int128 difference = static_cast<int128>(sell.units()) - buy.units();
    return difference > 0 && at_least_share(difference, buy.units(), gap);
}

// The part of `price` by which it is away from `base`, against `share`.
bool beyond_share(Price base, int128 distance, Fraction share) {
    return decimal::multiply(distance, Fraction::kOne) >
           decimal::multiply(base.units(), share.units());
}

}  // namespace

std::string_view to_text(Refusal refusal) {
    return kRefusals[static_cast<std::size_t>(refusal)];
}

RiskLimits RiskLimits::standard(Fraction leverage_cap) {
    RiskLimits limits;
    limits.symbol_exposure = Fraction::of("0.6");
    limits.gross_exposure = leverage_cap;
    limits.price_band = Fraction::of("0.1");
    limits.open_orders = 500;
    limits.market_order_spread = Fraction::of("0.01");
    limits.opposite_gap = Fraction::of("0.0003");
    limits.death_spiral_rule = true;
    limits.churn_gap = Fraction::of("0.001");
    return limits;
}

RiskLimits RiskLimits::unlimited() {
    RiskLimits limits;
    limits.buying_power = false;
    return limits;
}

Gateway::Gateway(RiskLimits limits) : limits_(limits) {}

Gateway::SymbolState& Gateway::state_of(Symbol symbol) {
    SymbolState*& state = symbols_[symbol];
    if (state == nullptr) {
        state = &states_.emplace_back();
        state->symbol = symbol;
    }
    return *state;
}

Verdict Gateway::assess(const Order& order, const Instrument& instrument,
                        const AccountView& account, const MarketView& market, Timestamp now) {
    if (reservations_.contains(order.order_id)) {
        return refuse(Refusal::duplicate_id, "an order of this id is working");
    }
    Prices prices;
    prices.reference = prices.mid = market.last_price;
    if (market.quote && market.quote->valid()) {
        prices.reference = order.side == Side::buy ? market.quote->ask : market.quote->bid;
        prices.mid = market.quote->mid();
    }
    prices.reserve = order.limit_price;
    if (prices.reserve.is_zero() && order.type == OrderType::stop)
        prices.reserve = order.stop_price;
    // A short, and an order whose price the market decides, may cost what the market asks.
    if (prices.reserve.is_zero() || order.side == Side::sell || order.type == OrderType::stop) {
        prices.reserve = std::max(prices.reserve, prices.reference);
    }

    if (auto fault = fault_of(order, instrument, prices.reference)) {
        return refuse(Refusal::invalid_order, std::move(*fault));
    }
    SymbolState& state = state_of(order.symbol);
    if (Verdict verdict = price_rules(order, instrument, market, prices, now);
        !verdict.accepted()) {
        return verdict;
    }
    Verdict verdict = order.role == Role::entry ? entry_rules(order, state, account, prices.reserve)
                                                : exit_rules(order, state, account);
    if (!verdict.accepted()) return verdict;
    if (verdict = opposite_rules(order, state, prices); !verdict.accepted()) return verdict;
    if (verdict = memory_rules(order, state, prices, now); !verdict.accepted()) return verdict;
    if (order.role == Role::exit) state.spiral_override = false;
    reserve(order, state, prices.reserve);
    return {};
}

Verdict Gateway::price_rules(const Order& order, const Instrument& instrument,
                             const MarketView& market, const Prices& prices, Timestamp now) const {
    if (limits_.market_order_spread && order.type == OrderType::market) {
        if (instrument.asset_class == AssetClass::crypto) {
            return refuse(Refusal::market_order_rule, "market order for a coin");
        }
        if (instrument.asset_class == AssetClass::us_equity) {
            if (!market.session_open) {
                return refuse(Refusal::market_order_rule, "market order outside exchange hours");
            }
            if (!market.quote || !market.quote->valid() || now - market.quote->time > kQuoteLife) {
                return refuse(Refusal::market_order_rule,
                              "market order without a quote younger than 60 s");
            }
            const int128 spread =
                static_cast<int128>(market.quote->ask.units()) - market.quote->bid.units();
            if (beyond_share(prices.mid, spread, *limits_.market_order_spread)) {
                return refuse(Refusal::market_order_rule,
                              "market order into a spread above " +
                                  limits_.market_order_spread->to_string() + " of the mid");
            }
        }
    }
    if (!limits_.price_band || order.type == OrderType::trailing_stop) return {};
    for (const Price price : {order.limit_price, order.stop_price}) {
        if (price.is_zero() || prices.mid.is_zero()) continue;
        const int128 above = static_cast<int128>(price.units()) - prices.mid.units();
        const int128 aggressive = order.side == Side::buy ? above : -above;
        const int128 distance = order.role == Role::exit || above == 0
                                    ? aggressive
                                    : std::max(above, static_cast<int128>(-above));
        if (distance > 0 && beyond_share(prices.mid, distance, *limits_.price_band)) {
            return refuse(Refusal::price_band, "price " + price.to_string() +
                                                   " is too far from the mid " +
                                                   prices.mid.to_string());
        }
    }
    return {};
}

Verdict Gateway::entry_rules(const Order& order, const SymbolState& state,
                             const AccountView& account, Price price) const {
    if (killed_) return refuse(Refusal::killed, "trading is halted");
    if (!blocked_.empty()) return refuse(Refusal::entries_blocked, blocked_);
    if (state.forbidden[index_of(order.side)]) {
        return refuse(Refusal::side_forbidden, std::string(to_text(order.side)) + " entries in " +
                                                   order.symbol.to_string() + " are forbidden");
    }
    if (limits_.open_orders && reservations_.size() >= *limits_.open_orders) {
        return refuse(Refusal::open_orders, "too many working orders");
    }
    const bool priced = limits_.symbol_exposure || limits_.gross_exposure ||
                        limits_.order_notional || limits_.buying_power;
    if (!priced) return {};
    if (price.is_zero()) return refuse(Refusal::no_price, "no price to judge the entry by");
    const Money notional = price * order.quantity;
    if (is_covered(order, state, notional)) return {};
    const auto over = [&](Refusal refusal, Money used, Money limit) {
        return refuse(refusal, "needs " + round_half_even(notional, 2).to_string() + " beside " +
                                   round_half_even(used, 2).to_string() + ", the limit is " +
                                   round_half_even(limit, 2).to_string());
    };
    if (limits_.order_notional && notional > *limits_.order_notional) {
        return over(Refusal::order_notional, Money{}, *limits_.order_notional);
    }
    if (limits_.symbol_exposure) {
        const Money used = account.symbol_value.abs() + state.reserved;
        const Money limit = share_of(account.equity, *limits_.symbol_exposure);
        if (used + notional > limit) return over(Refusal::symbol_exposure, used, limit);
    }
    if (limits_.gross_exposure) {
        const Money used = account.gross_exposure + reserved_;
        const Money limit = share_of(account.equity, *limits_.gross_exposure);
        if (used + notional > limit) return over(Refusal::gross_exposure, used, limit);
    }
    if (limits_.buying_power && reserved_ + notional > account.buying_power) {
        return over(Refusal::buying_power, reserved_, account.buying_power);
    }
    return {};
}

// By the reservation of the decision's entry on the other side.
bool Gateway::is_covered(const Order& order, const SymbolState& state, Money notional) {
    if (order.exit_plan.target.is_zero() || order.decision_id.empty()) return false;
    return std::any_of(state.brackets.begin(), state.brackets.end(), [&](const Reservation* other) {
        return other->side != order.side && other->decision_id == order.decision_id &&
               other->price * other->open >= notional;
    });
}

// What an entry that ended leaves to its alternative.
void Gateway::take_over(const Reservation& ended) {
    for (Reservation* other : ended.state->brackets) {
        if (other->side == ended.side || other->decision_id != ended.decision_id) continue;
        if (other->own_price.is_zero()) continue;
        other->price = std::exchange(other->own_price, Price{});
        const Money amount = other->price * other->open;
        reserved_ += amount;
        other->state->reserved += amount;
    }
}

Verdict Gateway::exit_rules(const Order& order, const SymbolState& state,
                            const AccountView& account) const {
    const Quantity position = account.strategy_position;
    const bool reduces = order.side == Side::sell ? position.sign() > 0 : position.sign() < 0;
    if (!reduces || order.quantity > position.abs()) {
        return refuse(Refusal::not_reducing, "an exit of " + order.quantity.to_string() +
                                                 " against a position of " + position.to_string());
    }
    for (const HeldExits& held : state.held) {
        if (held.strategy != order.strategy) continue;
        const Quantity promised = order.side == Side::sell ? held.sells : held.buys;
        if (order.quantity + promised > position.abs()) {
            return refuse(Refusal::held_for_orders,
                          promised.to_string() + " of the position is held by working exits");
        }
    }
    return {};
}

Verdict Gateway::opposite_rules(const Order& order, const SymbolState& state,
                                const Prices& prices) const {
    if (!limits_.opposite_gap) return {};
    // A stop rests on the far side by nature, and a market exit asks for no level.
    Price level;
    if (order.type == OrderType::limit) {
        level = order.limit_price;
    } else if (order.type == OrderType::market && order.role == Role::entry) {
        level = prices.reference;
    }
    if (level.is_zero() && order.exit_plan.target.is_zero()) return {};
    // The best working limits of both sides, the new order's and its target's included.
    std::optional<Price> buy;
    std::optional<Price> sell;
    const auto& buys = state.levels[index_of(Side::buy)];
    const auto& sells = state.levels[index_of(Side::sell)];
    if (!buys.empty()) buy = *buys.rbegin();
    if (!sells.empty()) sell = *sells.begin();
    const auto join = [&](Side side, Price price) {
        if (price.is_zero()) return;
        if (side == Side::buy) {
            buy = buy ? std::max(*buy, price) : price;
        } else {
            sell = sell ? std::min(*sell, price) : price;
        }
    };
    join(order.side, level);
    join(opposite(order.side), order.exit_plan.target);
    if (buy && sell && !apart(*buy, *sell, *limits_.opposite_gap)) {
        return refuse(Refusal::crossed_sides, "buy at " + buy->to_string() + " and sell at " +
                                                  sell->to_string() + " lie too close");
    }
    return {};
}

Verdict Gateway::memory_rules(const Order& order, const SymbolState& state, const Prices& prices,
                              Timestamp now) const {
    const Price price = order.limit_price.is_zero() ? prices.reference : order.limit_price;
    if (price.is_zero() || is_stop(order.type)) return {};
    const std::size_t other = index_of(opposite(order.side));
    if (order.role == Role::exit) {
        const LastFill& entry = state.last_entry[other];
        const bool overridden = state.spiral_override || leaving_all_;
        if (!limits_.death_spiral_rule || overridden || !entry.known) return {};
        const std::int64_t age = now - entry.time;
        if (age > kSpiralMemory) return {};
        const int128 above = static_cast<int128>(price.units()) - entry.price.units();
        const int128 loss = order.side == Side::sell ? -above : above;
        const Fraction allowed = age <= kSpiralFresh ? kSpiralFreshLoss : kSpiralOldLoss;
        if (loss > 0 && beyond_share(entry.price, loss, allowed)) {
            return refuse(Refusal::death_spiral, "closing at " + price.to_string() +
                                                     " against the last entry at " +
                                                     entry.price.to_string());
        }
        return {};
    }
    const LastFill& last = state.last[other];
    if (!limits_.churn_gap || !last.known || now - last.time > kChurnMemory) return {};
    const bool better = order.side == Side::sell ? apart(last.price, price, *limits_.churn_gap)
                                                 : apart(price, last.price, *limits_.churn_gap);
    if (better) return {};
    return refuse(Refusal::churn, "price " + price.to_string() +
                                      " after a fill of the other side at " +
                                      last.price.to_string());
}

void Gateway::reserve(const Order& order, SymbolState& state, Price price) {
    Reservation reservation;
    reservation.state = &state;
    reservation.strategy = order.strategy;
    reservation.side = order.side;
    reservation.role = order.role;
    reservation.open = order.open_quantity();
    if (order.role == Role::entry) {
        reservation.price = price;
        if (is_covered(order, state, price * reservation.open)) {
            reservation.own_price = std::exchange(reservation.price, Price{});
        }
        const Money amount = reservation.price * reservation.open;
        reserved_ += amount;
        state.reserved += amount;
        reservation.target_level = order.exit_plan.target;
        reservation.children = child_count(order.exit_plan);
    } else {
        hold(reservation, order.side, reservation.open);
    }
    if (order.type == OrderType::limit) reservation.level = order.limit_price;
    if (!reservation.level.is_zero()) {
        state.levels[index_of(order.side)].insert(reservation.level);
    }
    if (!reservation.target_level.is_zero()) {
        state.levels[index_of(opposite(order.side))].insert(reservation.target_level);
    }
    const bool bracket = order.role == Role::entry && !reservation.target_level.is_zero();
    if (bracket) reservation.decision_id = order.decision_id;
    const auto made = reservations_.emplace(order.order_id, std::move(reservation));
    if (bracket) state.brackets.push_back(&made.first->second);
}

// Moves what exits of `side` hold of the reservation's strategy.
void Gateway::hold(Reservation& reservation, Side side, Quantity delta) {
    auto& all = reservation.state->held;
    auto held = std::find_if(all.begin(), all.end(), [&](const HeldExits& each) {
        return each.strategy == reservation.strategy;
    });
    if (held == all.end()) held = all.insert(held, HeldExits{reservation.strategy, {}, {}});
    (side == Side::sell ? held->sells : held->buys) += delta;
}

void Gateway::release(Reservation& reservation, Quantity quantity) {
    if (reservation.role == Role::entry) {
        const Money amount = reservation.price * quantity;
        reserved_ -= amount;
        reservation.state->reserved -= amount;
    } else {
        hold(reservation, reservation.side, -quantity);
    }
    reservation.open -= quantity;
}

void Gateway::on_fill(Reservation& reservation, const Fill& fill) {
    // More than was open can only be a late execution of an order that closed here already.
    release(reservation, std::min(fill.quantity, reservation.open));
    if (reservation.role == Role::entry && reservation.children > 0) {
        reservation.bracket_open += fill.quantity;
        hold(reservation, opposite(reservation.side), fill.quantity);
    }
}

void Gateway::recall(const Fill& fill, bool opening) {
    SymbolState& state = state_of(fill.symbol);
    const LastFill last{fill.price, fill.time, true};
    state.last[index_of(fill.side)] = last;
    if (opening) state.last_entry[index_of(fill.side)] = last;
}

void Gateway::on_event(const OrderEvent& event) {
    const auto found = reservations_.find(event.order_id);
    const bool fills = event.kind == OrderEventKind::filled && event.fill.has_value();
    if (found == reservations_.end() || found->second.closed) {
        on_child(event);
        return;
    }
    Reservation& reservation = found->second;
    if (fills) {
        const Fill& fill = *event.fill;
        LastFill last{fill.price, fill.time, true};
        reservation.state->last[index_of(fill.side)] = last;
        if (reservation.role == Role::entry) {
            reservation.state->last_entry[index_of(fill.side)] = last;
        }
        on_fill(reservation, fill);
        if (reservation.open.is_zero()) close_order(found);
        return;
    }
    switch (event.kind) {
        case OrderEventKind::canceled:
        case OrderEventKind::expired:
        case OrderEventKind::rejected:
        case OrderEventKind::refused:
        case OrderEventKind::replaced:
            close_order(found);
            break;
        default:
            break;
    }
}

// A child of a bracket: it frees what it exits, and the whole when the last child has closed.
void Gateway::on_child(const OrderEvent& event) {
    const auto found = reservations_.find(std::string(parent_id_of(event.order_id)));
    if (found == reservations_.end()) return;
    Reservation& parent = found->second;
    if (event.kind == OrderEventKind::filled && event.fill) {
        const Quantity exited = std::min(event.fill->quantity, parent.bracket_open);
        parent.bracket_open -= exited;
        hold(parent, opposite(parent.side), -exited);
        parent.state->last[index_of(event.fill->side)] = {event.fill->price, event.fill->time,
                                                          true};
    } else if (event.kind == OrderEventKind::canceled || event.kind == OrderEventKind::expired ||
               event.kind == OrderEventKind::rejected) {
        if (parent.children > 0) --parent.children;
        if (event.order_id.ends_with(".target") && !parent.target_level.is_zero()) {
            auto& levels = parent.state->levels[index_of(opposite(parent.side))];
            levels.erase(levels.find(parent.target_level));
            parent.target_level = Price{};
        }
    } else {
        return;
    }
    settle(found);
}

void Gateway::close_order(Map::iterator found) {
    Reservation& reservation = found->second;
    release(reservation, reservation.open);
    if (std::erase(reservation.state->brackets, &reservation) > 0) take_over(reservation);
    if (!reservation.level.is_zero()) {
        auto& levels = reservation.state->levels[index_of(reservation.side)];
        levels.erase(levels.find(reservation.level));
        reservation.level = Price{};
    }
    reservation.closed = true;
    settle(found);
}

// Forgets a closed order once its bracket holds nothing more.
void Gateway::settle(Map::iterator found) {
    Reservation& reservation = found->second;
    if (reservation.children == 0 && !reservation.bracket_open.is_zero()) {
        hold(reservation, opposite(reservation.side), -reservation.bracket_open);
        reservation.bracket_open = Quantity{};
    }
    if (!reservation.closed || !reservation.bracket_open.is_zero()) return;
    if (!reservation.target_level.is_zero()) {
        auto& levels = reservation.state->levels[index_of(opposite(reservation.side))];
        levels.erase(levels.find(reservation.target_level));
    }
    reservations_.erase(found);
}

void Gateway::abandon(const std::string& order_id) {
    const auto found = reservations_.find(order_id);
    if (found != reservations_.end() && !found->second.closed) close_order(found);
}

void Gateway::adopt(const Order& order, Price reference) {
    if (is_closed(order.status) || reservations_.contains(order.order_id)) return;
    SymbolState& state = state_of(order.symbol);
    if (order.parent_order_id.empty()) {
        Price price = order.limit_price.is_zero() ? order.stop_price : order.limit_price;
        if (price.is_zero() || order.type == OrderType::trailing_stop) price = reference;
        reserve(order, state, std::max(price, reference));
        Reservation& reservation = reservations_.find(order.order_id)->second;
        if (reservation.children > 0 && order.filled_quantity.sign() > 0) {
            reservation.bracket_open = order.filled_quantity;
            hold(reservation, opposite(order.side), order.filled_quantity);
        }
        return;
    }
    // A child without its parent: siblings share one hold, that of the largest open quantity.
    auto [found, made] = reservations_.try_emplace(order.parent_order_id);
    Reservation& parent = found->second;
    if (made) {
        parent.state = &state;
        parent.strategy = order.strategy;
        parent.side = opposite(order.side);
        parent.closed = true;
    } else if (!parent.closed) {
        return;
    }
    ++parent.children;
    if (order.status != OrderStatus::held && order.open_quantity() > parent.bracket_open) {
        hold(parent, order.side, order.open_quantity() - parent.bracket_open);
        parent.bracket_open = order.open_quantity();
    }
    if (order.type == OrderType::limit && parent.target_level.is_zero()) {
        parent.target_level = order.limit_price;
        state.levels[index_of(order.side)].insert(order.limit_price);
    }
}

void Gateway::forbid(Symbol symbol, Side side) {
    state_of(symbol).forbidden[index_of(side)] = true;
}
void Gateway::allow(Symbol symbol, Side side) {
    state_of(symbol).forbidden[index_of(side)] = false;
}
void Gateway::override_death_spiral(Symbol symbol) {
    state_of(symbol).spiral_override = true;
}

Money Gateway::reserved(Symbol symbol) const {
    const auto found = symbols_.find(symbol);
    return found == symbols_.end() ? Money{} : found->second->reserved;
}

Headroom Gateway::headroom(const AccountSnapshot& account) const {
    Headroom room;
    room.as_of = account.as_of;
    room.equity = account.equity;
    room.buying_power = limits_.buying_power ? std::max(Money{}, account.buying_power - reserved_)
                                             : kUnlimitedBuyingPower;
    room.gross_exposure = account.gross_exposure + reserved_;
    room.gross_room = limits_.gross_exposure
                          ? std::max(Money{}, share_of(account.equity, *limits_.gross_exposure) -
                                                  room.gross_exposure)
                          : kUnlimitedBuyingPower;
    for (const auto& [symbol, position] : account.positions) {
        room.symbol_exposure[symbol] = position.market_value().abs();
    }
    for (const SymbolState& state : states_) {
        if (state.reserved.is_zero()) continue;
        room.symbol_exposure[state.symbol] += state.reserved;
        room.reserved[state.symbol] = state.reserved;
    }
    room.entries_allowed = !killed_ && blocked_.empty();
    if (!room.entries_allowed) room.reason = killed_ ? "trading is halted" : blocked_;
    return room;
}

}  // namespace tradewind::orders
