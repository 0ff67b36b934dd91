#include "model/classical_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "messages/error.hpp"
#include "model/ewma.hpp"
#include "model/pinball.hpp"
#include "model/variance_recursion.hpp"

namespace tradewind::model {

namespace {

constexpr auto kClose = static_cast<std::size_t>(Series::close);
constexpr double kYardstickLambda = 0.94;

// The usable moves of one channel of one series, in time order.
struct Moves {
    std::vector<double> own;       // x[t+1] / x[t] - 1
    std::vector<double> anchored;  // x[t+1] / close[t] - 1
    std::vector<double> weights;   // close[t] / x[t]: of an anchored error in own moves
    double yardstick = 0;          // summed loss of baseline (i) over the scored moves
};

struct Candidate {
    double score = std::numeric_limits<double>::infinity();
    DecileShape deciles{};
};

Moves moves_of(const BarSeries& series, std::uint32_t bars, std::size_t channel,
               std::uint32_t warm_up) {
    Moves moves;
    EwmaState state;
    for (std::uint32_t i = 1; i < bars; ++i) {
        if (series.bars[i].suspect || series.bars[i - 1].suspect) continue;
        const ChannelPrices last = channel_prices(series.bars[i - 1]);
        const double now = channel_prices(series.bars[i])[channel];
        if (!(last[channel] > 0) || !(last[kClose] > 0)) continue;
        const double move = now / last[channel] - 1;
        if (moves.own.size() >= warm_up) {
            std::array<double, kDeciles> deciles{};
            for (std::size_t q = 0; q < kDeciles; ++q) {
                deciles[q] = kNormalQuantiles[q] * state.sigma();
            }
            moves.yardstick += pinball_loss(deciles, move);
        }
        state.add(move, kYardstickLambda);
        moves.own.push_back(move);
        moves.anchored.push_back(now / last[kClose] - 1);
        moves.weights.push_back(last[kClose] / last[channel]);
    }
    return moves;
}

class ChannelFit {
  public:
    ChannelFit(std::vector<Moves> moves, std::uint32_t warm_up)
        : moves_(std::move(moves)), warm_up_(warm_up) {}

    [[nodiscard]] std::uint64_t observations() const {
        std::uint64_t count = 0;
        for (const Moves& moves : moves_) {
            count += moves.own.size() - std::min<std::size_t>(moves.own.size(), warm_up_);
        }
        return count;
    }

    // Best memory of the ewma family on own or anchored moves.
    [[nodiscard]] std::pair<EwmaShape, double> ewma(bool anchored) const {
        EwmaShape best;
        double score = std::numeric_limits<double>::infinity();
        for (int hundredths = 80; hundredths <= 99; ++hundredths) {
            const double lambda = hundredths / 100.0;
            const Candidate candidate =
                evaluate(anchored, EwmaVariance{},
                         [lambda](auto& state, double move) { state.add(move, lambda); });
            if (candidate.score < score) {
                score = candidate.score;
                best = {lambda, candidate.deciles};
            }
        }
        return {best, score};
    }

    [[nodiscard]] std::pair<GarchShape, double> garch() const {
        GarchShape best;
        double score = std::numeric_limits<double>::infinity();
        for (const double alpha : {0.03, 0.05, 0.08, 0.12, 0.16}) {
            for (const double persistence : {0.93, 0.96, 0.98, 0.99, 0.995}) {
                const Candidate candidate = evaluate(
                    false, GarchVariance{},
                    [=](auto& state, double move) { state.add(move, alpha, persistence); });
                if (candidate.score < score) {
                    score = candidate.score;
                    best = {alpha, persistence, candidate.deciles};
                }
            }
        }
        return {best, score};
    }

  private:
    template <class State, class Add>
    [[nodiscard]] Candidate evaluate(bool anchored, const State& start, const Add& add) const {
        std::vector<std::vector<double>> sigmas;
        std::vector<double> standardised;
        for (const Moves& moves : moves_) {
            const std::vector<double>& outcomes = anchored ? moves.anchored : moves.own;
            State state = start;
            auto& sigma = sigmas.emplace_back();
            for (std::size_t i = 0; i < outcomes.size(); ++i) {
                sigma.push_back(i == 0 ? 0 : state.sigma());
                if (i >= warm_up_ && sigma[i] > 0) standardised.push_back(outcomes[i] / sigma[i]);
                add(state, outcomes[i]);
            }
        }
        Candidate candidate;
        candidate.deciles = empirical_deciles(standardised);
        candidate.score = score(anchored, sigmas, candidate.deciles);
        return candidate;
    }

    [[nodiscard]] double score(bool anchored, const std::vector<std::vector<double>>& sigmas,
                               const DecileShape& shape) const {
        double ratios = 0;
        double counted = 0;
        for (std::size_t m = 0; m < moves_.size(); ++m) {
            const Moves& moves = moves_[m];
            if (!(moves.yardstick > 0)) continue;
            double loss = 0;
            for (std::size_t i = warm_up_; i < moves.own.size(); ++i) {
                DecileShape deciles = shape;
                for (double& decile : deciles) decile *= sigmas[m][i];
                loss += anchored ? pinball_loss(deciles, moves.anchored[i]) * moves.weights[i]
                                 : pinball_loss(deciles, moves.own[i]);
            }
            ratios += loss / moves.yardstick;
            counted += 1;
        }
        return counted > 0 ? ratios / counted : 1;
    }

    std::vector<Moves> moves_;
    std::uint32_t warm_up_;
};

FittedSeries record_of(const FitSeries& entry, std::uint32_t bars) {
    const BarSeries& series = *entry.series;
    return {series.symbol.to_string(),
            market_class_of(series),
            bars,
            format_time(series.bars.front().start),
            format_time(series.bars[bars - 1].start),
            entry.sha256};
}

void fit_class(std::span<const FitSeries> all, MarketClass market_class, const FitOptions& options,
               FitResult& result) {
    const auto place = static_cast<std::size_t>(market_class);
    std::vector<FittedSeries> records;
    ClassParameters fitted;
    for (std::size_t s = 0; s < kSeriesCount; ++s) {
        std::vector<Moves> moves;
        for (const FitSeries& entry : all) {
            if (market_class_of(*entry.series) != market_class) continue;
            const std::uint32_t bars = training_bars(*entry.series, options.split);
            Moves of_series = moves_of(*entry.series, bars, s, options.warm_up_moves);
            const std::string name = entry.series->symbol.to_string();
            if (of_series.own.size() <= options.warm_up_moves) {
                if (s == kClose) {
                    result.left_out.push_back(name + ": " + std::to_string(of_series.own.size()) +
                                              " training moves");
                }
                continue;
            }
            if (s == kClose) records.push_back(record_of(entry, bars));
            moves.push_back(std::move(of_series));
        }
        const ChannelFit fit(std::move(moves), options.warm_up_moves);
        if (s == kClose) {
            fitted.observations = fit.observations();
            if (fitted.observations < kFewestFitObservations) {
                if (fitted.observations > 0) {
                    result.left_out.push_back(std::string(name_of(market_class)) + ": only " +
                                              std::to_string(fitted.observations) +
                                              " observations");
                }
                return;
            }
        }
        auto& scores = result.scores[place][s];
        std::tie(fitted.channels[s].ewma_empirical, scores[0]) = fit.ewma(false);
        std::tie(fitted.channels[s].garch, scores[1]) = fit.garch();
        std::tie(fitted.channels[s].anchored, scores[2]) = fit.ewma(true);
    }
    result.parameters.classes[place] = fitted;
    result.parameters.series.insert(result.parameters.series.end(), records.begin(), records.end());
}

}  // namespace

DecileShape empirical_deciles(std::vector<double>& sample) {
    DecileShape deciles{};
    if (sample.empty()) return deciles;
    std::sort(sample.begin(), sample.end());
    for (std::size_t q = 0; q < kDeciles; ++q) {
        const double position =
            static_cast<double>(q + 1) / 10 * static_cast<double>(sample.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const std::size_t above = std::min(below + 1, sample.size() - 1);
        deciles[q] = sample[below] +
                     (position - static_cast<double>(below)) * (sample[above] - sample[below]);
    }
    return deciles;
}

FitResult fit_classical(std::span<const FitSeries> series, const FitOptions& options) {
    FitResult result;
    result.parameters.daily_end = format_date(options.split.daily_training_end);
    result.parameters.intraday_share = options.split.intraday_training_share;
    result.parameters.warm_up_moves = options.warm_up_moves;
    for (std::size_t i = 0; i < kMarketClasses; ++i) {
        fit_class(series, static_cast<MarketClass>(i), options, result);
    }
    if (result.parameters.series.empty()) {
        throw Error(ErrorKind::data, "nothing to fit", "training part",
                    "no market class has " + std::to_string(kFewestFitObservations) +
                        " moves after the warm-up",
                    "give longer series");
    }
    return result;
}

}  // namespace tradewind::model
