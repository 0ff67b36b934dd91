// The golden fixture: 21 daily bars and a stub model whose forecast of a move is half the last one.
// Source: strategies spec 10.1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "strategy/moves.hpp"
#include "tests/catch.hpp"

namespace tradewind::test {

[[nodiscard]] inline BarSeries golden_series() {
    constexpr const char* kRows[21][5] = {
        {"127.63", "132.25", "123.62", "125.20", "17307700"},
        {"123.49", "130.04", "121.87", "129.45", "15457200"},
        {"130.51", "136.14", "129.41", "131.05", "17625400"},
        {"127.90", "130.38", "122.83", "123.71", "18858900"},
        {"121.71", "126.74", "118.40", "124.61", "15352700"},
        {"130.05", "137.86", "128.94", "135.65", "24152100"},
        {"133.70", "135.75", "128.64", "133.40", "18110800"},
        {"128.95", "131.12", "127.86", "129.50", "14027700"},
        {"129.14", "140.14", "128.94", "137.65", "25456100"},
        {"133.34", "136.46", "127.80", "132.68", "19405900"},
        {"143.83", "149.54", "142.19", "146.44", "37382600"},
        {"145.04", "146.44", "137.21", "139.81", "21286000"},
        {"134.90", "136.36", "131.77", "133.53", "19538800"},
        {"136.00", "140.19", "135.30", "138.95", "20433000"},
        {"141.93", "142.46", "133.94", "138.46", "18325000"},
        {"139.81", "142.67", "135.14", "138.33", "15637600"},
        {"137.16", "138.80", "133.38", "137.34", "15229400"},
        {"143.86", "147.26", "138.44", "139.67", "23685400"},
        {"145.35", "148.24", "143.31", "147.52", "22933200"},
        {"145.97", "152.27", "145.23", "150.28", "18448500"},
        {"144.92", "146.76", "140.35", "140.56", "21073277"},
    };
    BarSeries series;
    series.symbol = Symbol("MSTR");
    series.interval_ns = kDay;
    series.daily = true;
    Date date = date_of(2026, 2, 18);
    for (const auto& row : kRows) {
        Bar bar;
        bar.start = utc_midnight(date) + (14 * 60 + 30) * kMinute;
        bar.end = utc_midnight(date) + 21 * kHour;
        bar.open = Price::of(row[0]);
        bar.high = Price::of(row[1]);
        bar.low = Price::of(row[2]);
        bar.close = Price::of(row[3]);
        bar.volume = Quantity::of(row[4]).to_double();
        series.bars.push_back(bar);
        date = date + (weekday(date) == 5 ? 3 : 1);
    }
    return series;
}

[[nodiscard]] inline double value_of(const Bar& bar, Series series) {
    switch (series) {
        case Series::close:
            return bar.close.to_double();
        case Series::high:
            return bar.high.to_double();
        case Series::low:
            return bar.low.to_double();
        case Series::open:
            return bar.open.to_double();
    }
    return 0;
}

// Half the move into bar day - 1: a function of the bars before `day` alone.
template <class Real = double>
[[nodiscard]] strategy::PointForecast stub_forecast(const BarSeries& series, std::uint32_t day) {
    strategy::PointForecast forecast;
    for (std::size_t i = 0; i < kSeriesCount; ++i) {
        const double last = value_of(series.bars[day - 1], static_cast<Series>(i));
        const double before = value_of(series.bars[day - 2], static_cast<Series>(i));
        forecast.move[i] = Real(0.5) * static_cast<Real>(last / before - 1);
    }
    return forecast;
}

template <class Real = double>
[[nodiscard]] strategy::DayForecasts stub_forecasts(const BarSeries& series) {
    strategy::DayForecasts forecasts;
    for (std::uint32_t day = 2; day <= series.bars.size(); ++day) {
        forecasts.set(day, stub_forecast<Real>(series, day));
    }
    return forecasts;
}

[[nodiscard]] inline std::vector<strategy::AlignedDay> aligned_window(
    const BarSeries& series, std::uint32_t end, strategy::Alignment alignment,
    const strategy::DayForecasts& forecasts, std::uint32_t window = 7) {
    std::vector<strategy::AlignedDay> days;
    const auto range = strategy::evaluated_days(end, window, alignment);
    for (std::uint32_t day = range.first; day < range.last; ++day) {
        days.push_back(strategy::align_day(series, day, *forecasts.find(day), alignment));
    }
    return days;
}

// The six days of the first simulation under the reference's alignment (it sees 20 bars), and the
// seven of the exact one.
[[nodiscard]] inline std::vector<strategy::AlignedDay> legacy_window() {
    const BarSeries series = golden_series();
    return aligned_window(series, 20, strategy::Alignment::legacy, stub_forecasts<float>(series));
}
[[nodiscard]] inline std::vector<strategy::AlignedDay> exact_window() {
    const BarSeries series = golden_series();
    return aligned_window(series, 21, strategy::Alignment::exact, stub_forecasts<double>(series));
}

inline void check_close(double actual, double expected, double tolerance) {
    CHECK(actual == Approx(expected).margin(tolerance).epsilon(0));
}
inline void check_all(std::span<const double> actual, std::span<const double> expected,
                      double tolerance) {
    REQUIRE(actual.size() == expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        INFO("element " << i);
        check_close(actual[i], expected[i], tolerance);
    }
}
inline void check_all(const std::vector<double>& actual, std::initializer_list<double> expected,
                      double tolerance) {
    check_all(std::span(actual), std::span(expected.begin(), expected.size()), tolerance);
}

constexpr double kPerDay = 2e-7;
constexpr double kSum = 1e-6;
constexpr double kAnnual = 1e-4;

}  // namespace tradewind::test
