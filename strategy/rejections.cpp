#include "strategy/rejections.hpp"

namespace tradewind::strategy {

RejectionCounts count_rejections(std::span<const AnalysisRow> rows,
                                 const PortfolioPicks& portfolio) {
    RejectionCounts counts;
    counts.symbols = static_cast<std::uint32_t>(rows.size());
    counts.picked = static_cast<std::uint32_t>(portfolio.picks.size());
    for (const AnalysisRow& row : rows) {
        if (row.repaired) ++counts.repaired_by_model[row.producer];
        const auto found = portfolio.reasons.find(row.symbol);
        if (found == portfolio.reasons.end()) continue;
        const std::string text =
            row.refused ? "refused" : found->second.substr(0, found->second.find(':'));
        ++counts.by_class[text];
    }
    return counts;
}

std::string RejectionCounts::text() const {
    std::string text = std::to_string(symbols) + " symbols, " + std::to_string(picked) + " picked";
    const char* separator = ": ";
    for (const auto& [reason, count] : by_class) {
        text += separator + reason + ' ' + std::to_string(count);
        separator = ", ";
    }
    return text;
}

}  // namespace tradewind::strategy
