#include "orders/execution_prices.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tradewind::orders {
namespace {

// A share of time as an exact decimal, within [0, 1].
Fraction share_of_time(double part, double whole) {
    if (whole <= 0) return Fraction::whole(1);
    const double share = std::clamp(part / whole, 0.0, 1.0);
    return Fraction::from_units(std::llrint(share * static_cast<double>(Fraction::kOne)));
}

std::int64_t scaled(std::int64_t units, Fraction share) {
    return decimal::narrow<std::int64_t>(
        decimal::divide_half_even(static_cast<int128>(units) * share.units(), Fraction::kOne));
}

Fraction between(Fraction from, Fraction to, Fraction share) {
    return Fraction::from_units(from.units() + scaled(to.units() - from.units(), share));
}

Price between(Price from, Price to, Fraction share) {
    return Price::from_units(from.units() + scaled(to.units() - from.units(), share));
}

Price on_tick(Side side, Price price, Price tick) {
    return side == Side::buy ? floor_to_tick(price, tick) : ceil_to_tick(price, tick);
}

// |a - b| <= b x share, exact.
bool within(int128 a, int128 b, Fraction share) {
    const int128 distance = a > b ? a - b : b - a;
    return decimal::multiply(distance, Fraction::kOne) <= decimal::multiply(b, share.units());
}

}  // namespace

Price passive_limit(Side side, Price limit, const Quote& quote, Price tick) {
    const Price price = side == Side::buy ? std::min(limit, quote.bid) : std::max(limit, quote.ask);
    return on_tick(side, price, tick);
}

bool keep_order(const Order& working, Quantity quantity, Price price, AssetClass asset_class) {
    Fraction tolerance = Fraction::of("0.0003");
    if (working.role == Role::exit) {
        tolerance = Fraction::of(asset_class == AssetClass::crypto ? "0.005" : "0.001");
    }
    if (!within(working.limit_price.units(), price.units(), tolerance)) return false;
    const Quantity open = working.open_quantity();
    if (within(open.units(), quantity.units(), Fraction::of("0.05"))) return true;
    return (price * (open - quantity)).abs() <= Money::whole(100);
}

std::optional<Price> ramp_price(const Instrument& instrument, Side side, const Quote& quote,
                                double elapsed_minutes) {
    const Fraction u = share_of_time(elapsed_minutes, static_cast<double>(kRampMinutes));
    if (side == Side::sell) {
        if (instrument.asset_class == AssetClass::crypto) return std::nullopt;
        return on_tick(side, between(quote.ask, quote.bid, u), instrument.tick);
    }
    const Price start = instrument.asset_class == AssetClass::crypto
                            ? moved(quote.bid, Fraction::of("-0.0004"))
                            : quote.bid;
    return on_tick(side, between(start, quote.ask, u), instrument.tick);
}

GradualExitStep gradual_exit(const GradualExitTerms& terms, const Instrument& instrument,
                             Side position_side, const Quote& quote, double elapsed_minutes,
                             std::optional<double> minutes_to_close) {
    const bool coin = instrument.asset_class == AssetClass::crypto;
    if (coin) minutes_to_close.reset();
    const double ramp = terms.ramp_min + terms.start_offset_min;
    const double market_after =
        coin ? std::numeric_limits<double>::infinity()
             : std::max(terms.market_after_min + terms.start_offset_min, ramp);

    Fraction end = terms.final_end;
    if (minutes_to_close && terms.close_buffer_min > 0 && *minutes_to_close > 0) {
        // Softer the farther the close is, beyond the buffer softest.
        end = between(terms.final_end, terms.soft_end,
                      share_of_time(*minutes_to_close, terms.close_buffer_min));
    }
    const bool due =
        !coin && (elapsed_minutes >= market_after ||
                  (minutes_to_close && *minutes_to_close <= terms.force_before_close_min));
    const Fraction u = due ? Fraction::whole(1) : share_of_time(elapsed_minutes, ramp);
    const Fraction offset = between(terms.start, end, u);

    GradualExitStep step;
    const bool is_long = position_side == Side::buy;
    step.price =
        on_tick(opposite(position_side),
                is_long ? moved(quote.bid, offset) : moved(quote.ask, -offset), instrument.tick);
    const int128 spread = static_cast<int128>(quote.ask.units()) - quote.bid.units();
    step.market = due && quote.valid() &&
                  decimal::multiply(spread, Fraction::kOne) <=
                      decimal::multiply(quote.mid().units(), terms.widest_spread.units());
    step.poll_seconds = terms.poll_seconds;
    if (minutes_to_close) {
        step.poll_seconds =
            std::min(terms.poll_seconds, std::max(5.0, std::ceil(6.0 * *minutes_to_close)));
    }
    return step;
}

}  // namespace tradewind::orders
