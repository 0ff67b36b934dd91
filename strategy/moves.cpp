#include "strategy/moves.hpp"

#include <algorithm>
#include <cmath>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

struct Values {
    double high;
    double low;
    double close;
};

Values values_of(const Bar& bar) {
    return {bar.high.to_double(), bar.low.to_double(), bar.close.to_double()};
}

}  // namespace

void DayForecasts::add(const Forecast& forecast) {
    if (!forecast.refusal.empty()) return;
    for (std::size_t row = 0; row < forecast.rows.size(); ++row) {
        PointForecast point;
        for (std::size_t series = 0; series < kSeriesCount; ++series) {
            point.move[series] = point_value(forecast.at(row, 0, static_cast<Series>(series)));
        }
        point.close_band = band(forecast.at(row, 0, Series::close));
        set(forecast.rows[row].end_index, point);
    }
}

const PointForecast* DayForecasts::find(std::uint32_t day) const {
    const auto found = days_.find(day);
    return found == days_.end() ? nullptr : &found->second;
}

AlignedDay align_day(const BarSeries& series, std::uint32_t day, const PointForecast& forecast,
                     Alignment alignment) {
    ensure(day >= 1 && day < series.bars.size(), "an aligned day has a bar and a base bar");
    const Values before = values_of(series.bars[day - 1]);
    const Values now = values_of(series.bars[day]);
    const double base = before.close;

    AlignedDay result;
    result.day = day;
    result.base = base;
    result.predicted_close = forecast.of(Series::close);
    result.close_band = forecast.close_band;
    result.own_high = now.high / before.high - 1;
    result.own_low = now.low / before.low - 1;
    result.predicted_own_high = forecast.of(Series::high);
    result.predicted_own_low = forecast.of(Series::low);
    const double close = now.close / base - 1;
    if (alignment == Alignment::exact) {
        result.realised = {close, now.high / base - 1, now.low / base - 1};
        result.predicted = {before.high * (1 + result.predicted_own_high) / base - 1,
                            before.low * (1 + result.predicted_own_low) / base - 1};
        result.directional_return = close;
        result.limit_predicted = result.predicted;
        result.limit_bar = result.realised;
        return result;
    }
    ensure(day + 1 < series.bars.size(), "a legacy day has a bar after it");
    const double close_to_high = std::abs(1 - before.high / base);
    const double close_to_low = std::abs(1 - before.low / base);
    result.realised = {close, result.own_high + close_to_high, result.own_low - close_to_low};
    result.predicted = {result.predicted_own_high + close_to_high,
                        result.predicted_own_low - close_to_low};
    result.directional_return = series.bars[day + 1].close.to_double() / now.close - 1;
    result.limit_predicted = {result.predicted_own_high, result.predicted_own_low};
    result.limit_bar = {0, before.high / base - 1, before.low / base - 1};
    return result;
}

DayRange evaluated_days(std::uint32_t end, std::uint32_t window, Alignment alignment) {
    const std::uint32_t last = alignment == Alignment::exact ? end : std::max(end, 1U) - 1;
    const std::uint32_t first = end > window ? end - window : 0;
    return {std::min(first, last), last};
}

bool LiveForecast::repair() {
    const Bracket before = moves;
    if (moves.high < moves.low) moves = {close_move, close_move};
    moves.high = std::max(moves.high, close_move);
    moves.low = std::min(moves.low, close_move);
    return !(moves == before);
}

LiveForecast live_forecast(const BarSeries& series, std::uint32_t end,
                           const PointForecast& forecast) {
    ensure(end >= 1 && end <= series.bars.size(), "a live forecast has a base bar");
    const Values last = values_of(series.bars[end - 1]);
    LiveForecast result;
    result.base = last.close;
    result.close_move = forecast.of(Series::close);
    result.own_high_move = forecast.of(Series::high);
    result.own_low_move = forecast.of(Series::low);
    result.moves = {last.high * (1 + result.own_high_move) / last.close - 1,
                    last.low * (1 + result.own_low_move) / last.close - 1};
    return result;
}

}  // namespace tradewind::strategy
