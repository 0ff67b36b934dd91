#include "model/verification_scores.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "messages/counter_random.hpp"

namespace tradewind::model {

namespace {

constexpr auto kModel = static_cast<std::size_t>(Scored::model);
constexpr auto kEwma = static_cast<std::size_t>(Scored::ewma);
enum Purpose : std::uint32_t { kDrawBlocks = 1, kDrawSeries = 2 };

template <class Array, class Other>
void add_up(Array& sums, const Other& more) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
        if constexpr (requires { sums[i].size(); }) {
            add_up(sums[i], more[i]);
        } else {
            sums[i] += more[i];
        }
    }
}

// The cells of one series on one hold-out, by place of their block.
struct SeriesBlocks {
    std::vector<std::pair<std::size_t, const LossCell*>> cells;
    LossCell total;
};

struct Group {
    std::vector<SeriesBlocks> series;
    std::size_t blocks = 0;
    bool series_drawn = false;  // hourly and minute classes hold too few
};

bool belongs(const SeriesCells& series, bool recent, HoldOut hold_out) {
    switch (hold_out) {
        case HoldOut::left_out:
            return !series.trained;
        case HoldOut::left_out_recent:
            return !series.trained && recent;
        case HoldOut::trained_recent:
            return series.trained && recent;
        case HoldOut::unseen:
            return !series.trained || recent;
    }
    return false;
}

Group group_of(std::span<const SeriesCells> all, HoldOut hold_out, MarketClass market_class) {
    std::map<std::int64_t, std::size_t> places;
    for (const SeriesCells& series : all) {
        if (series.market_class != market_class) continue;
        for (const auto& [key, cell] : series.cells) {
            if (belongs(series, key.first, hold_out)) places.emplace(key.second, 0);
        }
    }
    Group group;
    for (auto& [block, place] : places) place = group.blocks++;
    for (const SeriesCells& series : all) {
        if (series.market_class != market_class) continue;
        SeriesBlocks blocks;
        for (const auto& [key, cell] : series.cells) {
            if (!belongs(series, key.first, hold_out)) continue;
            blocks.cells.emplace_back(places.at(key.second), &cell);
            blocks.total.add(cell);
        }
        if (!blocks.cells.empty()) group.series.push_back(std::move(blocks));
    }
    group.series_drawn =
        market_class == MarketClass::daily_stocks || market_class == MarketClass::daily_crypto;
    return group;
}

// Weighted sums of one series in one draw.
struct DrawnLosses {
    std::array<std::array<std::array<double, kScored>, 2>, kSeriesCount> loss{};
    std::array<double, kSeriesCount> hits{};
    std::array<double, kSeriesCount> signs{};
};

using Losses = std::array<double, kScored>;

// Mean over series of loss a / loss b.
class RatioMean {
  public:
    void add(double above, double below) {
        if (!(below > 0)) return;
        sum_ += above / below;
        ++count_;
    }
    [[nodiscard]] double value(double none) const { return count_ > 0 ? sum_ / count_ : none; }
    [[nodiscard]] std::uint64_t count() const { return static_cast<std::uint64_t>(count_); }

  private:
    double sum_ = 0;
    double count_ = 0;
};

// All that is drawn: per channel, step set and opponent the model's ratio, and the hit rate.
struct DrawnScores {
    std::array<std::array<std::array<double, kScored>, 2>, kSeriesCount> ratios{};
    std::array<double, kSeriesCount> hit_rates{};
};

DrawnScores scores_of(std::span<const DrawnLosses* const> drawn) {
    DrawnScores scores;
    for (std::size_t c = 0; c < kSeriesCount; ++c) {
        for (std::size_t set = 0; set < 2; ++set) {
            for (std::size_t opponent = 0; opponent < kScored; ++opponent) {
                RatioMean mean;
                for (const DrawnLosses* losses : drawn) {
                    mean.add(losses->loss[c][set][kModel], losses->loss[c][set][opponent]);
                }
                scores.ratios[c][set][opponent] = mean.value(1);
            }
        }
        RatioMean mean;
        for (const DrawnLosses* losses : drawn) mean.add(losses->hits[c], losses->signs[c]);
        scores.hit_rates[c] = mean.value(0.5);
    }
    return scores;
}

DrawnLosses weighted_losses(const SeriesBlocks& series, std::span<const double> weights) {
    DrawnLosses sums;
    for (const auto& [place, cell] : series.cells) {
        const double weight = weights[place];
        if (weight == 0) continue;
        for (std::size_t c = 0; c < kSeriesCount; ++c) {
            for (std::size_t set = 0; set < 2; ++set) {
                for (std::size_t s = 0; s < kScored; ++s) {
                    sums.loss[c][set][s] += weight * cell->loss[c][set][s];
                }
            }
            sums.hits[c] += weight * cell->hits[c];
            sums.signs[c] += weight * cell->signs[c];
        }
    }
    return sums;
}

std::size_t drawn_place(const CounterRandom& random, Purpose purpose, std::uint32_t draw,
                        std::size_t pick, std::size_t count) {
    const auto block = random.block(purpose, Date{static_cast<std::int32_t>(draw)}, pick / 4);
    return static_cast<std::size_t>(static_cast<std::uint64_t>(block[pick % 4]) * count >> 32U);
}

std::vector<DrawnScores> draw_scores(const Group& group, MarketClass market_class,
                                     const VerificationOptions& options) {
    const CounterRandom random(options.seed, name_of(market_class));
    std::vector<DrawnScores> draws;
    for (std::uint32_t draw = 0; draw < options.draws; ++draw) {
        std::vector<double> weights(group.blocks, 0.0);
        for (std::size_t pick = 0; pick < group.blocks; ++pick) {
            weights[drawn_place(random, kDrawBlocks, draw, pick, group.blocks)] += 1;
        }
        std::vector<DrawnLosses> losses;
        for (const SeriesBlocks& series : group.series) {
            losses.push_back(weighted_losses(series, weights));
        }
        std::vector<const DrawnLosses*> drawn;
        for (std::size_t pick = 0; pick < losses.size(); ++pick) {
            const std::size_t place =
                group.series_drawn ? drawn_place(random, kDrawSeries, draw, pick, losses.size())
                                   : pick;
            drawn.push_back(&losses[place]);
        }
        draws.push_back(scores_of(drawn));
    }
    return draws;
}

// 95 % percentile interval around `value`.
template <class Get>
Interval interval_of(double value, const std::vector<DrawnScores>& draws, const Get& get) {
    Interval interval{value, value, value};
    if (draws.empty()) return interval;
    std::vector<double> sorted;
    for (const DrawnScores& draw : draws) sorted.push_back(get(draw));
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&sorted](double share) {
        const double position = share * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const std::size_t above = std::min(below + 1, sorted.size() - 1);
        return sorted[below] +
               (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
    };
    interval.low = at(0.025);
    interval.high = at(0.975);
    return interval;
}

void score_channel(const Group& group, std::size_t c, const DrawnScores& whole,
                   const std::vector<DrawnScores>& draws, ChannelScore& score) {
    RatioMean ups;
    std::array<RatioMean, kScored> against_ewma;
    std::array<std::array<RatioMean, kDeciles>, kScored> coverage;
    for (const SeriesBlocks& series : group.series) {
        const LossCell& total = series.total;
        score.times += total.times[c];
        ups.add(total.ups[c], total.moves[c]);
        for (std::size_t s = 0; s < kScored; ++s) {
            against_ewma[s].add(total.loss[c][0][s], total.loss[c][0][kEwma]);
            for (std::size_t q = 0; q < kDeciles; ++q) {
                coverage[s][q].add(total.below[c][s][q], total.times[c]);
            }
        }
    }
    score.series = against_ewma[kEwma].count();
    score.up_share = ups.value(0.5);
    for (std::size_t s = 0; s < kScored; ++s) {
        score.against_ewma[s] = against_ewma[s].value(1);
        for (std::size_t q = 0; q < kDeciles; ++q) {
            score.coverage[s][q] = coverage[s][q].value(0);
        }
        score.model_against[s] = interval_of(
            whole.ratios[c][0][s], draws, [=](const auto& draw) { return draw.ratios[c][0][s]; });
        score.model_against_steps[s] = interval_of(
            whole.ratios[c][1][s], draws, [=](const auto& draw) { return draw.ratios[c][1][s]; });
    }
    score.hit_rate =
        interval_of(whole.hit_rates[c], draws, [=](const auto& draw) { return draw.hit_rates[c]; });
}

}  // namespace

void LossCell::add(const LossCell& other) {
    add_up(loss, other.loss);
    add_up(times, other.times);
    add_up(hits, other.hits);
    add_up(signs, other.signs);
    add_up(ups, other.ups);
    add_up(moves, other.moves);
    add_up(below, other.below);
}

std::int64_t block_ns(MarketClass market_class) {
    switch (market_class) {
        case MarketClass::hourly:
            return 7 * kDay;
        case MarketClass::minute:
            return 3 * kHour;
        default:
            return 28 * kDay;
    }
}

ClassScore score_class(std::span<const SeriesCells> series, HoldOut hold_out,
                       MarketClass market_class, const VerificationOptions& options) {
    ClassScore score;
    score.hold_out = hold_out;
    score.market_class = market_class;
    const Group group = group_of(series, hold_out, market_class);
    if (group.series.empty()) return score;
    score.series = group.series.size();
    const std::vector<double> once(group.blocks, 1.0);
    std::vector<DrawnLosses> losses;
    for (const SeriesBlocks& blocks : group.series) losses.push_back(weighted_losses(blocks, once));
    std::vector<const DrawnLosses*> all;
    for (const DrawnLosses& each : losses) all.push_back(&each);
    const DrawnScores whole = scores_of(all);
    const std::vector<DrawnScores> draws = draw_scores(group, market_class, options);
    for (std::size_t c = 0; c < kSeriesCount; ++c) {
        score_channel(group, c, whole, draws, score.channels[c]);
        score.times = std::max(score.times, score.channels[c].times);
    }
    return score;
}

}  // namespace tradewind::model
