// Scores a forecaster as the training recipe does: what `tradewind model verify` shows, what the
// model card holds and what the choice of the default is made from.
//
// The forecaster under test and the baselines (i) ewma 0.94 about zero, (ii) ewma_empirical, (iii)
// garch and (v) anchored answer the same requests through the Forecaster interface; (iv) is the
// zero move. The score of a series is the sum of its pinball losses relative to those of another
// forecaster at the same times, a class score the mean over its series. Intervals: 95 %, percentile
// bootstrap of time blocks (28 days, 7 days, 3 hours; common to all series) and, for daily classes,
// of series at once. Steps 1 ... horizon are scored together on cumulative moves, as the interface
// gives them. Forecasts that touch a bar which contradicts itself do not count.
//
// A function of series, forecasters and options. Blocking; the thread of the forecaster's owner.
// Errors: Error (data) when a request is refused or nothing can be scored. Source: training recipe
// 1, 2 and 5.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/classical_parameters.hpp"
#include "model/data_split.hpp"
#include "model/forecaster.hpp"

namespace tradewind::model {

struct VerificationSeries {
    BarSeriesPtr series;
    bool trained = false;  // a part of it was learned from: only its last part in time counts
};

struct VerificationOptions {
    DataSplit split;
    std::uint32_t horizon = 8;         // 1: step 1 alone
    std::uint32_t minimum_moves = 96;  // before the first forecast of a series
    std::uint32_t stride = 1;          // every so many bars
    std::uint32_t long_stride = 3;  // of daily series with more than kLongSeries bars, before the
                                    // last part in time
    std::uint32_t draws = 600;
    std::uint64_t seed = 1;
    std::function<void(std::size_t done, std::size_t of)> progress;  // after each series
};
constexpr std::size_t kLongSeries = 2500;

// Which forecasts a table judges.
enum class HoldOut : std::uint8_t {
    left_out,         // series that nothing learned from, all dates
    left_out_recent,  // the same, last part in time
    trained_recent,   // trained series, last part in time
    unseen,           // left_out and trained_recent together: what the choice is made from
};
constexpr std::size_t kHoldOuts = 4;
[[nodiscard]] const char* name_of(HoldOut hold_out);

// Who is scored, in this order everywhere below.
enum class Scored : std::uint8_t { model, ewma, ewma_empirical, garch, anchored, zero_move };
constexpr std::size_t kScored = 6;
[[nodiscard]] const char* name_of(Scored scored);

struct Interval {
    double value = 1;
    double low = 1;
    double high = 1;
};

struct ChannelScore {
    std::uint64_t series = 0;  // with a loss that is not zero
    std::uint64_t times = 0;
    std::array<double, kScored> against_ewma{};           // step 1, class score of each
    std::array<Interval, kScored> model_against{};        // step 1, the model relative to each
    std::array<Interval, kScored> model_against_steps{};  // steps 1 ... horizon
    // Share of outcomes at or below each decile, mean over series; not of the zero move.
    std::array<std::array<double, kDeciles>, kScored> coverage{};
    Interval hit_rate;  // of the median's sign, where neither it nor the outcome is zero
    double up_share = 0;

    // Largest distance of the coverage from its level.
    [[nodiscard]] double coverage_deviation(Scored scored) const;
};

struct ClassScore {
    HoldOut hold_out = HoldOut::left_out;
    MarketClass market_class = MarketClass::daily_stocks;
    std::uint64_t series = 0;
    std::uint64_t times = 0;  // most of any channel
    std::array<ChannelScore, kSeriesCount> channels;
};

struct Verification {
    std::string model;       // id of the forecaster
    std::string parameters;  // id of the classical parameters
    std::uint64_t forecasts = 0;
    std::vector<std::string> left_out;  // "class/symbol"
    std::vector<std::string> trained;
    std::vector<ClassScore> classes;  // by hold-out, then class; those without forecasts are absent
};

[[nodiscard]] Verification verify_forecaster(Forecaster& forecaster,
                                             const ClassicalParameters& parameters,
                                             std::span<const VerificationSeries> series,
                                             const VerificationOptions& options = {});

// `class/symbol` of a series.
[[nodiscard]] std::string series_name(const BarSeries& series);

// The series that a model learned from: those of the classical parameters, and with a checkpoint
// folder those that its metadata `trained` names as [[symbol, class, bars], ...].
[[nodiscard]] std::set<std::string> trained_series(const std::string& model,
                                                   const ClassicalParameters& parameters);

}  // namespace tradewind::model
