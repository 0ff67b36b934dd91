#include "model/verification.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/classical_forecaster.hpp"
#include "model/ewma.hpp"
#include "model/pinball.hpp"
#include "model/verification_scores.hpp"

namespace tradewind::model {

namespace {

constexpr std::array<const char*, kHoldOuts> kHoldOutNames = {"left_out", "left_out_recent",
                                                              "trained_recent", "unseen"};
constexpr std::array<const char*, kScored> kScoredNames = {"model", "ewma",     "ewma_empirical",
                                                           "garch", "anchored", "zero_move"};
constexpr std::size_t kZeroMove = static_cast<std::size_t>(Scored::zero_move);
constexpr std::size_t kRowsPerRequest = 256;
constexpr std::size_t kRequestsPerCall = 8;
constexpr std::size_t kMedian = kDeciles / 2;

// The bars to forecast of one series: ascending.
std::vector<ForecastRow> rows_of(const VerificationSeries& entry,
                                 const VerificationOptions& options, std::size_t minimum) {
    const BarSeries& series = *entry.series;
    const std::uint32_t recent = test_begin(series, options.split);
    const bool is_long = is_daily(series) && series.bars.size() > kLongSeries;
    std::vector<ForecastRow> rows;
    for (std::uint32_t i = static_cast<std::uint32_t>(minimum) + 1; i < series.bars.size(); ++i) {
        const bool late = i >= recent;
        if (entry.trained && !late) continue;
        const std::uint32_t stride =
            is_long && !late ? options.stride * options.long_stride : options.stride;
        if (i % stride == 0) rows.push_back({i});
    }
    return rows;
}

class Scorer {
  public:
    Scorer(Forecaster& model, const ClassicalParameters& parameters,
           const VerificationOptions& options)
        : options_(options) {
        baselines_.push_back(std::make_unique<EwmaForecaster>(EwmaOptions{0.94, true}));
        for (const ClassicalKind kind :
             {ClassicalKind::ewma_empirical, ClassicalKind::garch, ClassicalKind::anchored}) {
            baselines_.push_back(make_classical_forecaster(kind, parameters));
        }
        scored_.push_back(&model);
        for (const auto& baseline : baselines_) scored_.push_back(baseline.get());
        for (const Forecaster* each : scored_) {
            minimum_ = std::max(minimum_, each->minimum_points());
        }
        minimum_ = std::max<std::size_t>(minimum_, options.minimum_moves);
    }

    [[nodiscard]] std::uint64_t forecasts() const { return forecasts_; }

    SeriesCells score(const VerificationSeries& entry) {
        SeriesCells result;
        result.market_class = market_class_of(*entry.series);
        result.trained = entry.trained;
        const std::vector<ForecastRow> rows = rows_of(entry, options_, minimum_);
        const std::size_t at_once = kRowsPerRequest * kRequestsPerCall;
        for (std::size_t first = 0; first < rows.size(); first += at_once) {
            const std::size_t count = std::min(at_once, rows.size() - first);
            score_rows(*entry.series,
                       requests_of(entry.series, std::span(rows).subspan(first, count)), result);
        }
        forecasts_ += rows.size();
        return result;
    }

  private:
    [[nodiscard]] std::vector<ForecastRequest> requests_of(
        const BarSeriesPtr& series, std::span<const ForecastRow> rows) const {
        std::vector<ForecastRequest> requests;
        for (std::size_t first = 0; first < rows.size(); first += kRowsPerRequest) {
            const auto part = rows.subspan(first, std::min(kRowsPerRequest, rows.size() - first));
            ForecastRequest& request = requests.emplace_back();
            request.symbol = series->symbol;
            request.series = series;
            request.rows.assign(part.begin(), part.end());
            request.horizon = options_.horizon;
        }
        return requests;
    }

    void score_rows(const BarSeries& series, const std::vector<ForecastRequest>& requests,
                    SeriesCells& result) {
        std::vector<std::vector<Forecast>> answers;
        for (Forecaster* forecaster : scored_) {
            answers.push_back(forecaster->forecast(requests));
            for (const Forecast& forecast : answers.back()) {
                if (forecast.refusal.empty()) continue;
                throw Error(ErrorKind::data, "forecast of " + series_name(series), forecaster->id(),
                            forecast.refusal, "leave that series out");
            }
        }
        const std::uint32_t recent = test_begin(series, options_.split);
        for (std::size_t r = 0; r < requests.size(); ++r) {
            for (std::size_t row = 0; row < requests[r].rows.size(); ++row) {
                const std::uint32_t i = requests[r].rows[row].end_index;
                std::array<const Forecast*, kScored - 1> forecasts{};
                for (std::size_t s = 0; s < forecasts.size(); ++s) forecasts[s] = &answers[s][r];
                const std::int64_t block = series.bars[i].start.ns / block_ns(result.market_class);
                score_row(series, i, row, forecasts, result.cells[{i >= recent, block}]);
            }
        }
    }

    void score_row(const BarSeries& series, std::uint32_t i, std::size_t row,
                   const std::array<const Forecast*, kScored - 1>& forecasts,
                   LossCell& cell) const {
        const auto last_bar = std::min<std::size_t>(i + options_.horizon, series.bars.size());
        std::uint32_t steps = 0;  // that can be scored
        if (series.bars[i - 1].suspect) return;
        while (i + steps < last_bar && !series.bars[i + steps].suspect) ++steps;
        if (steps == 0) return;
        const ChannelPrices last = channel_prices(series.bars[i - 1]);
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            const auto channel = static_cast<Series>(c);
            for (std::uint32_t step = 0; step < steps; ++step) {
                const double outcome = channel_prices(series.bars[i + step])[c] / last[c] - 1;
                if (step == 0) score_first(outcome, row, channel, forecasts, cell);
                if (steps < options_.horizon) continue;
                auto& loss = cell.loss[c][1];
                for (std::size_t s = 0; s < forecasts.size(); ++s) {
                    loss[s] += pinball_loss(forecasts[s]->at(row, step, channel), outcome);
                }
                loss[kZeroMove] += zero_move_loss(outcome);
            }
        }
    }

    static void score_first(double outcome, std::size_t row, Series channel,
                            const std::array<const Forecast*, kScored - 1>& forecasts,
                            LossCell& cell) {
        const auto c = static_cast<std::size_t>(channel);
        ++cell.times[c];
        for (std::size_t s = 0; s < forecasts.size(); ++s) {
            const Deciles& deciles = forecasts[s]->at(row, 0, channel);
            cell.loss[c][0][s] += pinball_loss(deciles, outcome);
            for (std::size_t q = 0; q < kDeciles; ++q) {
                if (outcome <= static_cast<double>(deciles[q])) ++cell.below[c][s][q];
            }
        }
        cell.loss[c][0][kZeroMove] += zero_move_loss(outcome);
        if (outcome == 0) return;
        ++cell.moves[c];
        if (outcome > 0) ++cell.ups[c];
        const float median = forecasts.front()->at(row, 0, channel)[kMedian];
        if (median == 0) return;
        ++cell.signs[c];
        if ((median > 0) == (outcome > 0)) ++cell.hits[c];
    }

    VerificationOptions options_;
    std::vector<std::unique_ptr<Forecaster>> baselines_;
    std::vector<Forecaster*> scored_;
    std::size_t minimum_ = 0;
    std::uint64_t forecasts_ = 0;
};

}  // namespace

const char* name_of(HoldOut hold_out) {
    return kHoldOutNames[static_cast<std::size_t>(hold_out)];
}

const char* name_of(Scored scored) {
    return kScoredNames[static_cast<std::size_t>(scored)];
}

double ChannelScore::coverage_deviation(Scored scored) const {
    double deviation = 0;
    for (std::size_t q = 0; q < kDeciles; ++q) {
        const double level = static_cast<double>(q + 1) / 10;
        deviation =
            std::max(deviation, std::abs(coverage[static_cast<std::size_t>(scored)][q] - level));
    }
    return deviation;
}

std::string series_name(const BarSeries& series) {
    return std::string(name_of(market_class_of(series))) + "/" + series.symbol.to_string();
}

std::set<std::string> trained_series(const std::string& model,
                                     const ClassicalParameters& parameters) {
    std::set<std::string> names;
    for (const FittedSeries& series : parameters.series) {
        names.insert(std::string(name_of(series.market_class)) + "/" + series.symbol);
    }
    if (model.empty()) return names;
    const Checkpoint checkpoint = Checkpoint::open(model);
    const auto& metadata = checkpoint.tensors().metadata();
    const auto found = metadata.find("trained");
    if (found == metadata.end()) return names;
    try {
        for (const auto& entry : nlohmann::json::parse(found->second)) {
            names.insert(entry.at(1).get<std::string>() + "/" + entry.at(0).get<std::string>());
        }
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::data, "metadata trained", checkpoint.tensors().where(), error.what(),
                    "name the trained series with --trained");
    }
    return names;
}

Verification verify_forecaster(Forecaster& forecaster, const ClassicalParameters& parameters,
                               std::span<const VerificationSeries> series,
                               const VerificationOptions& options) {
    if (options.horizon < 1 || options.horizon > kMaximumHorizon || options.stride < 1 ||
        options.long_stride < 1) {
        throw Error(ErrorKind::usage, "verification", "horizon or stride", "is zero or too large",
                    "use at least 1");
    }
    Verification verification;
    verification.model = forecaster.id();
    verification.parameters = content_id(classical_parameters_json(parameters));
    Scorer scorer(forecaster, parameters, options);
    std::vector<SeriesCells> cells;
    for (const VerificationSeries& entry : series) {
        cells.push_back(scorer.score(entry));
        (entry.trained ? verification.trained : verification.left_out)
            .push_back(series_name(*entry.series));
        if (options.progress) options.progress(cells.size(), series.size());
    }
    verification.forecasts = scorer.forecasts();
    for (std::size_t h = 0; h < kHoldOuts; ++h) {
        for (std::size_t c = 0; c < kMarketClasses; ++c) {
            ClassScore score =
                score_class(cells, static_cast<HoldOut>(h), static_cast<MarketClass>(c), options);
            if (score.times > 0) verification.classes.push_back(std::move(score));
        }
    }
    if (verification.classes.empty()) {
        throw Error(ErrorKind::data, "nothing to score", "hold-out",
                    "no series has a bar to forecast outside its training part",
                    "give longer or other series");
    }
    return verification;
}

}  // namespace tradewind::model
