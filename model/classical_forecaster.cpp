#include "model/classical_forecaster.hpp"

#include <array>
#include <cmath>

#include "messages/error.hpp"
#include "model/recursive_forecaster.hpp"
#include "model/variance_recursion.hpp"

namespace tradewind::model {

namespace {

constexpr std::array<const char*, 3> kNames = {"ewma_empirical", "garch", "anchored"};
constexpr auto kClose = static_cast<std::size_t>(Series::close);
constexpr std::size_t kMedian = kDeciles / 2;

// Calls `add(channel, own move, move from the close before)` for each usable move of bars
// [begin, end). A price that is not positive makes the moves infinite or worse, and so the answer.
template <class Add>
void each_move(const BarSeries& series, std::uint32_t begin, std::uint32_t end, const Add& add) {
    ChannelPrices last = channel_prices(series.bars[begin - 1]);
    for (std::uint32_t i = begin; i < end; ++i) {
        const ChannelPrices now = channel_prices(series.bars[i]);
        if (!series.bars[i].suspect && !series.bars[i - 1].suspect) {
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                add(s, now[s] / last[s] - 1, now[s] / last[kClose] - 1);
            }
        }
        last = now;
    }
}

// Medians add up over `step` bars, distances from them in quadrature.
Deciles own_deciles(const DecileShape& shape, double sigma, double cumulative_sigma,
                    std::uint32_t step) {
    const double centre = shape[kMedian] * sigma * step;
    Deciles deciles{};
    for (std::size_t q = 0; q < kDeciles; ++q) {
        deciles[q] = static_cast<float>(centre + (shape[q] - shape[kMedian]) * cumulative_sigma);
    }
    return deciles;
}

double root(std::uint32_t step) {
    return std::sqrt(static_cast<double>(step));
}

struct EwmaEmpirical {
    using State = std::array<EwmaVariance, kSeriesCount>;
    ClassicalParameters parameters;

    void advance(State& states, const BarSeries& series, std::uint32_t begin,
                 std::uint32_t end) const {
        const ClassParameters& fitted = *parameters.of(series);
        each_move(series, begin, end, [&](std::size_t s, double move, double /*anchored*/) {
            states[s].add(move, fitted.channels[s].ewma_empirical.lambda);
        });
    }
    void deciles(const State& states, const BarSeries& series, std::uint32_t /*end_index*/,
                 std::span<Deciles> out) const {
        const ClassParameters& fitted = *parameters.of(series);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::size_t s = i % kSeriesCount;
            const auto step = static_cast<std::uint32_t>(i / kSeriesCount + 1);
            const double sigma = states[s].sigma();
            out[i] = own_deciles(fitted.channels[s].ewma_empirical.deciles, sigma,
                                 sigma * root(step), step);
        }
    }
};

struct Garch {
    using State = std::array<GarchVariance, kSeriesCount>;
    ClassicalParameters parameters;

    void advance(State& states, const BarSeries& series, std::uint32_t begin,
                 std::uint32_t end) const {
        const ClassParameters& fitted = *parameters.of(series);
        each_move(series, begin, end, [&](std::size_t s, double move, double /*anchored*/) {
            const GarchShape& shape = fitted.channels[s].garch;
            states[s].add(move, shape.alpha, shape.persistence);
        });
    }
    void deciles(const State& states, const BarSeries& series, std::uint32_t /*end_index*/,
                 std::span<Deciles> out) const {
        const ClassParameters& fitted = *parameters.of(series);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::size_t s = i % kSeriesCount;
            const auto step = static_cast<std::uint32_t>(i / kSeriesCount + 1);
            const GarchShape& shape = fitted.channels[s].garch;
            const double sigma = states[s].sigma();
            const double cumulative =
                step == 1 ? sigma : states[s].cumulative_sigma(step, shape.persistence);
            out[i] = own_deciles(shape.deciles, sigma, cumulative, step);
        }
    }
};

struct Anchored {
    using State = std::array<EwmaVariance, kSeriesCount>;
    ClassicalParameters parameters;

    [[nodiscard]] static const EwmaShape& shape_of(const ClassParameters& fitted, std::size_t s) {
        return s == kClose ? fitted.channels[s].ewma_empirical : fitted.channels[s].anchored;
    }

    void advance(State& states, const BarSeries& series, std::uint32_t begin,
                 std::uint32_t end) const {
        const ClassParameters& fitted = *parameters.of(series);
        each_move(series, begin, end, [&](std::size_t s, double /*move*/, double anchored) {
            states[s].add(anchored, shape_of(fitted, s).lambda);
        });
    }
    void deciles(const State& states, const BarSeries& series, std::uint32_t end_index,
                 std::span<Deciles> out) const {
        const ClassParameters& fitted = *parameters.of(series);
        const ChannelPrices last = channel_prices(series.bars[end_index - 1]);
        const DecileShape& close = shape_of(fitted, kClose).deciles;
        const double close_sigma = states[kClose].sigma();
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::size_t s = i % kSeriesCount;
            const auto step = static_cast<std::uint32_t>(i / kSeriesCount + 1);
            if (s == kClose) {
                out[i] = own_deciles(close, close_sigma, close_sigma * root(step), step);
                continue;
            }
            const DecileShape& shape = shape_of(fitted, s).deciles;
            const double sigma = states[s].sigma();
            const double centre =
                close[kMedian] * close_sigma * (step - 1) + shape[kMedian] * sigma;
            for (std::size_t q = 0; q < kDeciles; ++q) {
                const double before = (close[q] - close[kMedian]) * close_sigma * root(step - 1);
                const double own = (shape[q] - shape[kMedian]) * sigma;
                const double distance =
                    step == 1 ? own
                              : std::copysign(std::hypot(before, own), q < kMedian ? -1.0 : 1.0);
                out[i][q] =
                    static_cast<float>((1 + centre + distance) * last[kClose] / last[s] - 1);
            }
        }
    }
};

}  // namespace

const char* name_of(ClassicalKind kind) {
    return kNames[static_cast<std::size_t>(kind)];
}

std::optional<ClassicalKind> classical_kind_named(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (name == kNames[i]) return static_cast<ClassicalKind>(i);
    }
    return std::nullopt;
}

std::unique_ptr<Forecaster> make_classical_forecaster(ClassicalKind kind,
                                                      const ClassicalParameters& parameters) {
    bool fitted = false;
    for (const auto& each : parameters.classes) fitted = fitted || each.has_value();
    if (!fitted) {
        throw Error(ErrorKind::data, name_of(kind), "parameters", "no market class was fitted",
                    "run `tradewind model fit`");
    }
    const std::string id =
        std::string(name_of(kind)) + "-" + content_id(classical_parameters_json(parameters));
    switch (kind) {
        case ClassicalKind::ewma_empirical:
            return std::make_unique<RecursiveForecaster<EwmaEmpirical>>(EwmaEmpirical{parameters},
                                                                        id);
        case ClassicalKind::garch:
            return std::make_unique<RecursiveForecaster<Garch>>(Garch{parameters}, id);
        case ClassicalKind::anchored:
            return std::make_unique<RecursiveForecaster<Anchored>>(Anchored{parameters}, id);
    }
    throw InvariantBroken("a classical forecaster has a kind");
}

}  // namespace tradewind::model
