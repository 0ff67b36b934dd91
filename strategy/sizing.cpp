#include "strategy/sizing.hpp"

#include <algorithm>
#include <cmath>

#include "market/instruments.hpp"
#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

constexpr double kTradingDays = 252;

bool is_crypto(const Instrument& instrument) {
    return instrument.asset_class == AssetClass::crypto;
}

Money not_negative(Money value) {
    return value.sign() > 0 ? value : Money{};
}

// Half of the full Kelly fraction, at most all of the equity; leverage only for stocks.
Money kelly_money(const Instrument& instrument, Money equity, const SizingSettings& settings) {
    const double annual = is_crypto(instrument) ? settings.crypto_annual_volatility
                                                : settings.stock_annual_volatility;
    const double volatility = annual / std::sqrt(kTradingDays);
    const double full = std::abs(settings.expected_daily_return) / (volatility * volatility);
    const double half = std::clamp(0.5 * full, 0.0, 1.0);
    const auto fraction =
        Fraction::from_units(std::llround(half * static_cast<double>(Fraction::kOne)));
    const Money money = share_of(equity, fraction);
    return is_crypto(instrument) ? money : share_of(money, settings.max_intraday_leverage);
}

Money simple_money(const Instrument& instrument, const Headroom& headroom,
                   const SizingSettings& settings) {
    const Fraction half = Fraction::of("0.5");
    if (is_crypto(instrument)) return share_of(headroom.equity, half);
    return share_of(share_of(headroom.buying_power, settings.portfolio_threshold), half);
}

}  // namespace

Quantity kelly_quantity(const Instrument& instrument, Price price, const Headroom& headroom,
                        const SizingSettings& settings) {
    ensure(price.sign() > 0, "a size needs a price");
    const Money equity = not_negative(headroom.equity);
    const Money held = headroom.exposure_of(instrument.symbol);
    const Money room = not_negative(share_of(equity, settings.symbol_cap) - held);
    Money money = std::min(kelly_money(instrument, equity, settings), room);
    if (!is_crypto(instrument)) {
        const Money levered = share_of(room, settings.max_intraday_leverage);
        money = std::min({kelly_money(instrument, equity, settings), levered,
                          not_negative(headroom.buying_power)});
    }
    return affordable(money, price, market::sizing_lot(instrument));
}

SizedEntry simple_size(const Instrument& instrument, Price price, const Headroom& headroom,
                       Money entered, const SizingSettings& settings) {
    ensure(price.sign() > 0, "a size needs a price");
    const Quantity lot = market::sizing_lot(instrument);
    const Money equity = not_negative(headroom.equity);
    SizedEntry result;
    result.limit = "simple rule";
    result.quantity = std::max(
        affordable(not_negative(simple_money(instrument, headroom, settings)), price, lot), lot);
    const auto cut = [&result](Quantity quantity, const char* limit) {
        if (quantity >= result.quantity) return;
        result.quantity = quantity;
        result.limit = limit;
    };
    const auto cut_money = [&](Money money, const char* limit) {
        cut(affordable(not_negative(money), price, lot), limit);
    };
    cut(kelly_quantity(instrument, price, headroom, settings), "symbol cap");
    const Money spendable = not_negative(headroom.buying_power);
    cut_money(spendable - share_of(spendable, settings.entry_cost), "buying power");
    cut_money(headroom.gross_room, "gross limit");
    cut_money(share_of(equity, settings.new_entry_cap) - entered, "new-entry cap");
    if (result.quantity.sign() > 0 && price * result.quantity < instrument.minimum_notional) {
        result.quantity = {};
        result.limit += ", below the minimum notional";
    }
    return result;
}

Headroom after_entry(Headroom headroom, Symbol symbol, Money notional,
                     const SizingSettings& settings) {
    headroom.buying_power =
        not_negative(headroom.buying_power - notional - share_of(notional, settings.entry_cost));
    headroom.gross_room = not_negative(headroom.gross_room - notional);
    headroom.gross_exposure = headroom.gross_exposure + notional;
    headroom.symbol_exposure[symbol] = headroom.exposure_of(symbol) + notional;
    return headroom;
}

}  // namespace tradewind::strategy
