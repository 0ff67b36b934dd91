// One cost model for evaluation, optimiser, simulator and profit recording alike: fees, spread,
// fill buffer, financing and borrow, per asset class and side. Immutable value; pure; any thread.
// Rates are fractions (0.001 = 10 bp). Source: strategies spec 0.4, hazard H1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "messages/instrument.hpp"
#include "messages/money.hpp"
#include "messages/quote.hpp"
#include "messages/time.hpp"

namespace tradewind::market {

// Maker: a resting limit that was reached. Taker: everything that crosses the spread.
enum class Liquidity : std::uint8_t { maker, taker };

struct ClassCosts {
    Fraction maker_fee;
    Fraction taker_fee;
    Fraction spread;              // (ask - bid) / mid of a modelled quote
    Fraction fill_buffer;         // a limit fills when price trades through it by this much
    Fraction financing_per_year;  // on the borrowed part of a leveraged long
    Fraction borrow_per_year;     // on the value of a short position
    int days_per_year = 252;      // day count of both yearly rates

    friend bool operator==(const ClassCosts&, const ClassCosts&) = default;
};

struct CostModel {
    std::string name;
    std::array<ClassCosts, 3> by_class;  // indexed by AssetClass
    int fee_sides = 2;                   // sides charged per round trip in the profit kernel
    int decision_lag = 1;                // bars between the newest bar seen and the bar traded
    bool binary_fills = true;            // an order fills whole or not at all
    bool conservative_intrabar = true;   // order of events inside one bar (spec 3.1)

    [[nodiscard]] const ClassCosts& of(AssetClass asset_class) const {
        return by_class[static_cast<std::size_t>(asset_class)];
    }
    [[nodiscard]] Fraction fee_rate(AssetClass asset_class, Liquidity liquidity) const {
        const auto& costs = of(asset_class);
        return liquidity == Liquidity::maker ? costs.maker_fee : costs.taker_fee;
    }
    // One fill's fee, rounded half-even to 1e-8; never negative for positive rates.
    [[nodiscard]] Money fee(AssetClass asset_class, Liquidity liquidity, Money notional) const {
        return fee_of(notional, fee_rate(asset_class, liquidity));
    }
    friend bool operator==(const CostModel&, const CostModel&) = default;
};

// `era-2025-11`, `era-2025-12`, `realistic`, `alpaca` (the hosted paper account: stocks free, coins
// 15 and 25 bp), `free`. Empty: no such preset.
[[nodiscard]] std::optional<CostModel> cost_preset(std::string_view name);
// The presets' names in one line, for messages.
[[nodiscard]] std::string cost_preset_names();
// Every fill of every class pays `fee`; no spread, buffer, financing or borrow (`--fee`).
[[nodiscard]] CostModel flat_fee(Fraction fee);

// Cost of `amount` at a yearly rate for a time, half-even at 1e-18: amount x rate / days_per_year
// x duration / 24 h. amount < 0 counts as 0.
[[nodiscard]] Money accrued(Money amount, Fraction per_year, int days_per_year,
                            std::int64_t duration_ns);

// The quote that stands for a missing one in replay: around `close` with the class's spread,
// rounded outwards to the instrument's tick, marked `modelled`. Sizes are zero.
[[nodiscard]] Quote modelled_quote(const Instrument& instrument, const CostModel& costs,
                                   Price close, Timestamp time);

}  // namespace tradewind::market
