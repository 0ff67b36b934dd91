#include "market/cost_model.hpp"

#include <algorithm>
#include <numeric>

#include "market/instruments.hpp"

namespace tradewind::market {
namespace {

constexpr auto kCrypto = static_cast<std::size_t>(AssetClass::crypto);

CostModel uniform(std::string name, const ClassCosts& costs) {
    CostModel model;
    model.name = std::move(name);
    model.by_class = {costs, costs, costs};
    model.by_class[kCrypto].days_per_year = 365;
    return model;
}

// The published results of late 2025: resting limits at no spread, the fee once per round trip.
CostModel era(std::string name, const char* equity_fee, const char* crypto_maker,
              const char* crypto_taker) {
    ClassCosts costs;
    costs.maker_fee = Fraction::of(equity_fee);
    costs.taker_fee = Fraction::of(equity_fee);
    costs.financing_per_year = Fraction::of("0.065");
    CostModel model = uniform(std::move(name), costs);
    model.by_class[kCrypto].maker_fee = Fraction::of(crypto_maker);
    model.by_class[kCrypto].taker_fee = Fraction::of(crypto_taker);
    model.fee_sides = 1;
    model.conservative_intrabar = false;
    return model;
}

CostModel realistic() {
    ClassCosts costs;
    costs.maker_fee = Fraction::of("0.001");
    costs.taker_fee = Fraction::of("0.001");
    // Own choice, the trading spec names none: 4 bp for liquid stocks, 10 bp for coins.
    costs.spread = Fraction::of("0.0004");
    costs.fill_buffer = Fraction::of("0.0005");
    costs.financing_per_year = Fraction::of("0.0625");
    CostModel model = uniform("realistic", costs);
    model.by_class[kCrypto].spread = Fraction::of("0.001");
    model.decision_lag = 2;
    return model;
}

// The hosted paper account: stocks free, coins at the first tier.
CostModel alpaca() {
    CostModel model = uniform("alpaca", ClassCosts{});
    model.by_class[kCrypto].maker_fee = Fraction::of("0.0015");
    model.by_class[kCrypto].taker_fee = Fraction::of("0.0025");
    return model;
}

}  // namespace

std::optional<CostModel> cost_preset(std::string_view name) {
    if (name == "era-2025-11") return era("era-2025-11", "0.0005", "0.001", "0.0025");
    if (name == "era-2025-12") return era("era-2025-12", "0.0000278", "0.008", "0.008");
    if (name == "realistic") return realistic();
    if (name == "alpaca") return alpaca();
    if (name == "free") {
        CostModel model = flat_fee(Fraction{});
        model.name = "free";
        return model;
    }
    return std::nullopt;
}

std::string cost_preset_names() {
    return "era-2025-11, era-2025-12, realistic, alpaca, free";
}

CostModel flat_fee(Fraction fee) {
    ClassCosts costs;
    costs.maker_fee = fee;
    costs.taker_fee = fee;
    return uniform("flat", costs);
}

Money accrued(Money amount, Fraction per_year, int days_per_year, std::int64_t duration_ns) {
    if (amount.sign() <= 0 || duration_ns <= 0) return {};
    const int128 yearly = share_of(amount, per_year).units();
    const std::int64_t year = days_per_year * kDay;
    const std::int64_t common = std::gcd(duration_ns, year);
    const std::int64_t parts = duration_ns / common;
    const std::int64_t whole = year / common;
    const int128 rest = yearly % whole;
    return Money::from_units(decimal::add(decimal::multiply(yearly / whole, parts),
                                          decimal::divide_half_even(rest * parts, whole)));
}

Quote modelled_quote(const Instrument& instrument, const CostModel& costs, Price close,
                     Timestamp time) {
    const int128 spread = costs.of(instrument.asset_class).spread.units();
    constexpr std::int64_t kTwo = 2 * Fraction::kOne;
    // Outwards, so that a modelled quote is never better than its preset.
    const auto below = decimal::divide_floor(close.units() * (kTwo - spread), kTwo);
    const auto above = -decimal::divide_floor(-(close.units() * (kTwo + spread)), kTwo);
    const auto bid = Price::from_units(decimal::narrow<std::int64_t>(below));
    const auto ask = Price::from_units(decimal::narrow<std::int64_t>(above));
    Quote quote;
    quote.symbol = instrument.symbol;
    quote.time = time;
    quote.bid = floor_to_tick(bid, tick_at(instrument, bid));
    quote.ask = ceil_to_tick(ask, tick_at(instrument, ask));
    // A price below one tick still has a bid.
    if (quote.bid.sign() <= 0) quote.bid = std::min(tick_at(instrument, bid), quote.ask);
    quote.modelled = true;
    return quote;
}

}  // namespace tradewind::market
