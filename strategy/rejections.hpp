// Counts of why symbols did not trade, and the alarm of a portfolio that rejects everything.
//
// Pure; any thread. A reason's class is what stands before its first colon (`blocked`, `refused`,
// `outranked`, ...). "No trade" is a valid outcome; only a long run of nothing else is worth an
// alarm. Source: strategies spec 4.2 (repairs), 4.5, I-30.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "messages/analysis_row.hpp"
#include "strategy/portfolio.hpp"

namespace tradewind::strategy {

struct RejectionCounts {
    std::uint32_t symbols = 0;
    std::uint32_t picked = 0;
    std::map<std::string, std::uint32_t> by_class;           // of the rejected ones
    std::map<std::string, std::uint32_t> repaired_by_model;  // forecasts that broke low <= close
                                                             // <= high

    [[nodiscard]] bool all_rejected() const { return symbols > 0 && picked == 0; }
    // `12 symbols, 0 picked: blocked 10, refused 2`
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] RejectionCounts count_rejections(std::span<const AnalysisRow> rows,
                                               const PortfolioPicks& portfolio);

// How many passes in a row rejected everything.
struct RejectionStreak {
    std::uint32_t passes = 0;

    // A pass without a symbol says nothing.
    [[nodiscard]] RejectionStreak after(const RejectionCounts& counts) const {
        if (counts.symbols == 0) return *this;
        return {counts.all_rejected() ? passes + 1 : 0};
    }
    // True once per streak: at its `limit`-th pass.
    [[nodiscard]] bool alarms(std::uint32_t limit) const { return limit > 0 && passes == limit; }
};

}  // namespace tradewind::strategy
