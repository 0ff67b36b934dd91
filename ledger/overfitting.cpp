#include "ledger/overfitting.hpp"

#include <algorithm>
#include <bit>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

constexpr double kEulerMascheroni = 0.57721566490153286;
constexpr double kE = 2.71828182845904524;

double quantile_of_normal(double probability) {
    return boost::math::quantile(boost::math::normal(), probability);
}
double normal_below(double value) {
    return boost::math::cdf(boost::math::normal(), value);
}

struct Moments {
    double mean = 0;
    double second = 0;  // central, over n
    double third = 0;
    double fourth = 0;
};

Moments moments_of(std::span<const double> values) {
    Moments moments;
    const auto count = static_cast<double>(values.size());
    moments.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    for (const double value : values) {
        const double distance = value - moments.mean;
        moments.second += distance * distance;
        moments.third += distance * distance * distance;
        moments.fourth += distance * distance * distance * distance;
    }
    moments.second /= count;
    moments.third /= count;
    moments.fourth /= count;
    return moments;
}

// Sums of a block of days: enough for mean and deviation of any set of blocks.
struct BlockSums {
    double count = 0;
    double sum = 0;
    double squares = 0;

    void add(const BlockSums& other) {
        count += other.count;
        sum += other.sum;
        squares += other.squares;
    }
    // A set without variance has no Sharpe ratio; as a rank it counts as 0.
    [[nodiscard]] double sharpe() const {
        const double mean = sum / count;
        const double variance = (squares - count * mean * mean) / (count - 1);
        return variance > 1e-18 ? mean / std::sqrt(variance) : 0;
    }
};

// sums[trial][block]
std::vector<std::vector<BlockSums>> block_sums(const std::vector<std::vector<double>>& trials,
                                               std::uint32_t blocks) {
    const std::size_t days = trials.front().size();
    std::vector<std::vector<BlockSums>> sums(trials.size(), std::vector<BlockSums>(blocks));
    for (std::size_t trial = 0; trial < trials.size(); ++trial) {
        for (std::size_t day = 0; day < days; ++day) {
            auto& block = sums[trial][day * blocks / days];
            const double value = trials[trial][day];
            block.add({1, value, value * value});
        }
    }
    return sums;
}

double slope_of(std::span<const double> x, std::span<const double> y) {
    const auto count = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
    const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
    double product = 0;
    double square = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        product += (x[i] - mean_x) * (y[i] - mean_y);
        square += (x[i] - mean_x) * (x[i] - mean_x);
    }
    return square > 0 ? product / square : 0;
}

}  // namespace

std::optional<double> sharpe_per_day(std::span<const double> returns) {
    if (returns.size() < 2) return std::nullopt;
    const auto moments = moments_of(returns);
    const auto count = static_cast<double>(returns.size());
    const double variance = moments.second * count / (count - 1);
    if (!(variance > 1e-18)) return std::nullopt;
    return moments.mean / std::sqrt(variance);
}

std::optional<double> probabilistic_sharpe(std::span<const double> returns, double benchmark) {
    if (returns.size() < 3) return std::nullopt;
    const auto sharpe = sharpe_per_day(returns);
    if (!sharpe) return std::nullopt;
    const auto moments = moments_of(returns);
    const double skewness = moments.third / std::pow(moments.second, 1.5);
    const double kurtosis = moments.fourth / (moments.second * moments.second);
    const double spread = 1 - skewness * *sharpe + (kurtosis - 1) / 4 * *sharpe * *sharpe;
    if (!(spread > 0)) return std::nullopt;
    const double count = static_cast<double>(returns.size()) - 1;
    return normal_below((*sharpe - benchmark) * std::sqrt(count / spread));
}

double expected_best_sharpe(std::size_t trials, double variance) {
    if (trials < 2) return 0;
    const auto count = static_cast<double>(trials);
    return std::sqrt(variance) * ((1 - kEulerMascheroni) * quantile_of_normal(1 - 1 / count) +
                                  kEulerMascheroni * quantile_of_normal(1 - 1 / (count * kE)));
}

std::optional<double> deflated_sharpe(std::span<const double> returns,
                                      std::span<const double> trial_sharpes) {
    double variance = 0;
    if (trial_sharpes.size() >= 2) {
        const auto count = static_cast<double>(trial_sharpes.size());
        variance = moments_of(trial_sharpes).second * count / (count - 1);
    }
    return probabilistic_sharpe(returns, expected_best_sharpe(trial_sharpes.size(), variance));
}

std::optional<OverfittingResult> probability_of_overfitting(
    const std::vector<std::vector<double>>& trials, std::uint32_t blocks) {
    if (blocks < 2 || blocks > 16 || blocks % 2 != 0) {
        throw Error(ErrorKind::usage, "blocks", std::to_string(blocks), "is not even, or not 2..16",
                    "use 10");
    }
    if (trials.size() < 2 || trials.front().size() < 2 * blocks) return std::nullopt;
    for (const auto& trial : trials) {
        if (trial.size() != trials.front().size()) {
            throw Error(ErrorKind::usage, "trials", "probability of overfitting",
                        "they have different days", "give every trial the same days");
        }
    }
    const auto sums = block_sums(trials, blocks);
    OverfittingResult result;
    std::vector<double> inside(trials.size());
    std::vector<double> outside(trials.size());
    std::vector<double> best_inside;
    std::vector<double> best_outside;
    for (std::uint32_t chosen = 0; chosen < 1U << blocks; ++chosen) {
        if (std::popcount(chosen) != static_cast<int>(blocks / 2)) continue;
        for (std::size_t trial = 0; trial < trials.size(); ++trial) {
            BlockSums in;
            BlockSums out;
            for (std::uint32_t block = 0; block < blocks; ++block) {
                ((chosen >> block & 1U) != 0 ? in : out).add(sums[trial][block]);
            }
            inside[trial] = in.sharpe();
            outside[trial] = out.sharpe();
        }
        const auto best = static_cast<std::size_t>(std::max_element(inside.begin(), inside.end()) -
                                                   inside.begin());
        // Equal results share their rank: a set of equal trials is neither good nor bad.
        double below = 0;
        for (const double other : outside) {
            below += other < outside[best] ? 1 : other == outside[best] ? 0.5 : 0;
        }
        ++result.splits;
        if (below < 0.5 * static_cast<double>(trials.size())) result.probability += 1;
        if (outside[best] < 0) result.probability_loss += 1;
        best_inside.push_back(inside[best]);
        best_outside.push_back(outside[best]);
    }
    result.probability /= result.splits;
    result.probability_loss /= result.splits;
    result.slope = slope_of(best_inside, best_outside);
    return result;
}

}  // namespace tradewind::ledger
