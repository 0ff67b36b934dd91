// How much of the best result of a search is luck: the deflated Sharpe ratio and the probability of
// backtest overfitting of a set of trials on the same days.
//
// Returns are per day, Sharpe ratios per day too (not annual). Pure functions; any thread. Sources:
// D. H. Bailey, M. Lopez de Prado, "The Deflated Sharpe Ratio" (2014): probabilistic Sharpe ratio
// with skewness and kurtosis, expected maximum of N trials; D. H. Bailey, J. Borwein, M. Lopez de
// Prado, Q. J. Zhu, "The Probability of Backtest Overfitting" (2015): combinatorially symmetric
// cross-validation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tradewind::ledger {

// Mean over standard deviation (n - 1). Empty: fewer than two days, or no variance.
[[nodiscard]] std::optional<double> sharpe_per_day(std::span<const double> returns);

// The probability that the true Sharpe ratio exceeds `benchmark`, given the returns seen. Empty:
// fewer than three days, or no variance.
[[nodiscard]] std::optional<double> probabilistic_sharpe(std::span<const double> returns,
                                                         double benchmark);

// The best Sharpe ratio that `trials` skilless trials are expected to show, where their Sharpe
// ratios have `variance`. 0 for fewer than two trials.
[[nodiscard]] double expected_best_sharpe(std::size_t trials, double variance);

// The probabilistic Sharpe ratio of the chosen returns against what luck gives over all trials.
// `trial_sharpes`: of every trial made, the chosen one included. Trials that resemble each other
// count as many all the same, so the figure errs on the careful side. Empty as above.
[[nodiscard]] std::optional<double> deflated_sharpe(std::span<const double> returns,
                                                    std::span<const double> trial_sharpes);

struct OverfittingResult {
    double probability = 0;  // that the best trial of one half is below the median of the other
    double probability_loss = 0;  // that it loses money in the other half
    double slope = 0;             // of its out-of-sample Sharpe ratio on its in-sample one
    std::uint32_t splits = 0;     // ways to halve the days
};

// `trials`: returns of each trial on the same days. The days are cut into `blocks` (even, 2..16)
// equal runs; every choice of half of them is in-sample once. Empty: fewer than two trials, or
// fewer than two days a block. Throws Error (usage) for unequal lengths or an odd block count.
[[nodiscard]] std::optional<OverfittingResult> probability_of_overfitting(
    const std::vector<std::vector<double>>& trials, std::uint32_t blocks = 10);

}  // namespace tradewind::ledger
