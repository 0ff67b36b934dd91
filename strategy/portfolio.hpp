// Which symbols the portfolio holds: core, fallback, expansion, probes; or the simplified ranking.
//
// Pure. The result does not depend on the order of the rows. An empty portfolio is a valid result
// (I-30), and every symbol that is not picked has a reason. Source: strategies spec 4.5 (H29).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "messages/analysis_row.hpp"

namespace tradewind::strategy {

struct PortfolioSettings {
    std::uint32_t min_core = 4;
    std::uint32_t max_picks = 10;
    std::optional<std::uint32_t> expanded = 8;
    // Rank by average return and take what is positive, not blocked, and on the side of its move.
    bool simplified = false;
};

struct PortfolioPicks {
    std::vector<std::size_t> picks;         // indices into the rows, in order of rank
    std::map<Symbol, std::string> reasons;  // of the symbols not picked
};

// Rows are completed by select_strategy, one per symbol. `probing` names the symbols in probe mode.
[[nodiscard]] PortfolioPicks build_portfolio(std::span<const AnalysisRow> rows,
                                             const PortfolioSettings& settings,
                                             const std::set<Symbol>& probing = {});

}  // namespace tradewind::strategy
