#include "strategy/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tradewind::strategy {

std::optional<double> correlation(std::span<const DatedReturn> a, std::span<const DatedReturn> b) {
    double sum_a = 0;
    double sum_b = 0;
    double square_a = 0;
    double square_b = 0;
    double product = 0;
    std::size_t days = 0;
    auto x = a.begin();
    auto y = b.begin();
    while (x != a.end() && y != b.end()) {
        if (x->day < y->day) {
            ++x;
        } else if (y->day < x->day) {
            ++y;
        } else {
            sum_a += x->value;
            sum_b += y->value;
            square_a += x->value * x->value;
            square_b += y->value * y->value;
            product += x->value * y->value;
            ++days;
            ++x;
            ++y;
        }
    }
    if (days < kMinCommonDays) return std::nullopt;
    const auto n = static_cast<double>(days);
    const double spread_a = square_a - sum_a * sum_a / n;
    const double spread_b = square_b - sum_b * sum_b / n;
    // What rounding leaves of a constant series is no variance.
    constexpr double kNone = 1e-15;
    if (!(spread_a > kNone) || !(spread_b > kNone)) return std::nullopt;
    return (product - sum_a * sum_b / n) / std::sqrt(spread_a * spread_b);
}

CorrelatedGroups correlated_groups(const std::map<Symbol, std::span<const DatedReturn>>& returns,
                                   double threshold) {
    std::vector<Symbol> symbols;
    for (const auto& [symbol, days] : returns) symbols.push_back(symbol);
    std::vector<std::size_t> leader(symbols.size());
    std::iota(leader.begin(), leader.end(), std::size_t{0});
    for (auto a = returns.begin(); a != returns.end(); ++a) {
        for (auto b = std::next(a); b != returns.end(); ++b) {
            const auto together = correlation(a->second, b->second);
            if (!together || !(*together > threshold)) continue;
            const auto from = leader[static_cast<std::size_t>(std::distance(returns.begin(), b))];
            const auto to = leader[static_cast<std::size_t>(std::distance(returns.begin(), a))];
            std::replace(leader.begin(), leader.end(), from, to);
        }
    }
    CorrelatedGroups groups;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        for (std::size_t j = 0; j < symbols.size(); ++j) {
            if (leader[i] == leader[j]) groups[symbols[i]].push_back(symbols[j]);
        }
    }
    return groups;
}

}  // namespace tradewind::strategy
