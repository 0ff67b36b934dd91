#include "strategy/sizing.hpp"

#include <algorithm>
#include <cmath>

#include "market/instruments.hpp"
#include "messages/error.hpp"
#include "strategy/probe.hpp"
#include "strategy/risk_rules.hpp"

namespace tradewind::strategy {
namespace {

constexpr double kTradingDays = 252;

bool is_crypto(const Instrument& instrument) {
    return instrument.asset_class == AssetClass::crypto;
}

Money not_negative(Money value) {
    return value.sign() > 0 ? value : Money{};
}

bool is_usable(const std::optional<SymbolStatistics>& statistics) {
    return !statistics || (std::isfinite(statistics->annual_volatility) &&
                           statistics->annual_volatility > 0 && std::isfinite(statistics->sharpe));
}

Fraction fraction_of(double value) {
    return Fraction::from_units(std::llround(value * static_cast<double>(Fraction::kOne)));
}

// Half of the full Kelly fraction, at most all of the equity; leverage only for stocks.
Money kelly_money(const Instrument& instrument, Money equity, const SizingSettings& settings,
                  const std::optional<SymbolStatistics>& statistics) {
    const double typical = is_crypto(instrument) ? settings.crypto_annual_volatility
                                                 : settings.stock_annual_volatility;
    const double volatility =
        (statistics ? statistics->annual_volatility : typical) / std::sqrt(kTradingDays);
    const double expected =
        statistics ? statistics->sharpe * volatility : settings.expected_daily_return;
    const double full = std::abs(expected) / (volatility * volatility);
    const Money money = share_of(equity, fraction_of(std::clamp(0.5 * full, 0.0, 1.0)));
    return is_crypto(instrument) ? money : share_of(money, settings.max_intraday_leverage);
}

Money simple_money(const Instrument& instrument, const Headroom& headroom,
                   const SizingSettings& settings) {
    const Fraction half = Fraction::of("0.5");
    if (is_crypto(instrument)) return share_of(headroom.equity, half);
    return share_of(share_of(headroom.buying_power, settings.portfolio_threshold), half);
}

// Half of the buying power, leveraged for stocks, within the symbol's room.
Money fallback_money(const Instrument& instrument, Money room, const Headroom& headroom,
                     const SizingSettings& settings) {
    const Fraction one = Fraction::whole(1);
    const Fraction risk = is_crypto(instrument) ? one : std::max(settings.portfolio_threshold, one);
    const Money half = share_of(not_negative(headroom.buying_power), Fraction::of("0.5"));
    return std::min(share_of(half, risk), share_of(room, risk));
}

// Lowers a size to limits one by one and remembers which one bound.
class LimitedSize {
  public:
    LimitedSize(SizedEntry start, Price price, Quantity lot)
        : size_(std::move(start)), price_(price), lot_(lot) {}
    void cut(Quantity quantity, const char* limit) {
        if (quantity >= size_.quantity) return;
        size_.quantity = quantity;
        size_.limit = limit;
    }
    void cut_money(Money money, const char* limit) {
        cut(affordable(not_negative(money), price_, lot_), limit);
    }
    [[nodiscard]] const SizedEntry& size() const { return size_; }

  private:
    SizedEntry size_;
    Price price_;
    Quantity lot_;
};

// What the rule alone would buy.
SizedEntry wanted_size(const Instrument& instrument, Price price, const Headroom& headroom,
                       const EntryFacts& facts, const SizingSettings& settings) {
    const Quantity lot = market::sizing_lot(instrument);
    if (facts.probe) return {probe_quantity(instrument), "probe"};
    const Quantity capped = kelly_quantity(instrument, price, headroom, settings, facts.statistics);
    if (settings.kelly && facts.kelly_branch) {
        const double scale = drawdown_scale(facts.drawdown, settings.kelly_drawdown_cap,
                                            settings.kelly_drawdown_min_scale) *
                             std::max(facts.kelly_scale, 0.0) * std::max(facts.kelly_fraction, 0.0);
        const Money money = share_of(price * capped, fraction_of(std::min(scale, 1.0)));
        return {affordable(money, price, lot), "kelly rule"};
    }
    SizedEntry simple{
        std::max(affordable(not_negative(simple_money(instrument, headroom, settings)), price, lot),
                 lot),
        "simple rule"};
    if (capped < simple.quantity) simple = {capped, "symbol cap"};
    return simple;
}

}  // namespace

Quantity kelly_quantity(const Instrument& instrument, Price price, const Headroom& headroom,
                        const SizingSettings& settings,
                        const std::optional<SymbolStatistics>& statistics) {
    ensure(price.sign() > 0, "a size needs a price");
    const Money equity = not_negative(headroom.equity);
    const Money held = headroom.exposure_of(instrument.symbol);
    const Money room = not_negative(share_of(equity, settings.symbol_cap) - held);
    const Quantity lot = market::sizing_lot(instrument);
    if (!is_usable(statistics)) {
        return affordable(fallback_money(instrument, room, headroom, settings), price, lot);
    }
    Money money = kelly_money(instrument, equity, settings, statistics);
    if (is_crypto(instrument)) {
        money = std::min(money, room);
    } else {
        money = std::min({money, share_of(room, settings.max_intraday_leverage),
                          not_negative(headroom.buying_power)});
    }
    return affordable(money, price, lot);
}

SizedEntry simple_size(const Instrument& instrument, Price price, const Headroom& headroom,
                       Money entered, const SizingSettings& settings) {
    return size_entry(instrument, price, headroom, entered, {}, settings);
}

SizedEntry size_entry(const Instrument& instrument, Price price, const Headroom& headroom,
                      Money entered, const EntryFacts& facts, const SizingSettings& settings) {
    ensure(price.sign() > 0, "a size needs a price");
    const Money equity = not_negative(headroom.equity);
    LimitedSize size(wanted_size(instrument, price, headroom, facts, settings), price,
                     market::sizing_lot(instrument));
    if (facts.probe) {
        // A probe is the minimum or nothing: a part of it proves nothing.
        const Money room = not_negative(share_of(equity, settings.symbol_cap) -
                                        headroom.exposure_of(instrument.symbol));
        if (price * size.size().quantity > room) size.cut({}, "symbol cap");
    }
    const Money spendable = not_negative(headroom.buying_power);
    size.cut_money(spendable - share_of(spendable, settings.entry_cost), "buying power");
    size.cut_money(headroom.gross_room, "gross limit");
    size.cut_money(share_of(equity, settings.new_entry_cap) - entered, "new-entry cap");
    if (facts.group_exposure && settings.group_cap.sign() > 0) {
        size.cut_money(share_of(equity, settings.group_cap) - *facts.group_exposure,
                       "correlated group");
    }
    if (facts.limit_entry && facts.watchers >= settings.max_watchers) {
        const Money room =
            not_negative(share_of(equity, settings.leverage_threshold) - headroom.gross_exposure);
        if (price * size.size().quantity > room) {
            size.cut_money(share_of(room, Fraction::of("0.99")), "further watchers");
        }
    }
    SizedEntry result = size.size();
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
