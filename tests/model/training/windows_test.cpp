// Laws of recorded windows: what mirroring keeps, how series are joined, how often each is drawn.
#include <algorithm>
#include <cmath>

#include "messages/error.hpp"
#include "model/training/real_windows.hpp"
#include "tests/catch.hpp"
#include "tests/model/training/random_market.hpp"

namespace tradewind::model::test {

namespace {

TrainingSeries series_with(const std::string& name, MarketClass kind, std::size_t bars,
                           std::uint32_t seed = 1) {
    TrainingSeries series;
    series.name = name;
    series.kind = kind;
    series.bars = random_window(bars, seed);
    return series;
}

bool same(const LogBar& a, const LogBar& b) {
    return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close;
}

}  // namespace

TEST_CASE("mirroring keeps sizes, ranges and order of prices, and only turns directions") {
    tradewind::test::law("mirror", [](std::uint32_t seed) {
        const BarWindow recorded = random_window(60, seed);
        const double before = recorded.front().open - 0.01;
        BarWindow window = recorded;
        Draws draws(seed, DrawPurpose::window, 1, 0);
        mirror_bars(window, before, draws);
        double recorded_close = before;
        double close = before;
        std::size_t turned = 0;
        for (std::size_t i = 0; i < window.size(); ++i) {
            const double move = recorded[i].close - recorded_close;
            const double new_move = window[i].close - close;
            RC_ASSERT(std::abs(std::abs(move) - std::abs(new_move)) < 1e-12);
            RC_ASSERT(std::abs((recorded[i].high - recorded[i].low) -
                               (window[i].high - window[i].low)) < 1e-12);
            RC_ASSERT(window[i].high >= std::max(window[i].open, window[i].close) - 1e-12);
            RC_ASSERT(window[i].low <= std::min(window[i].open, window[i].close) + 1e-12);
            const bool is_turned = std::abs(move + new_move) < std::abs(move - new_move);
            const double sign = is_turned ? -1 : 1;
            RC_ASSERT(std::abs((window[i].open - close) -
                               sign * (recorded[i].open - recorded_close)) < 1e-12);
            const double top =
                is_turned ? recorded_close - recorded[i].low : recorded[i].high - recorded_close;
            RC_ASSERT(std::abs((window[i].high - close) - top) < 1e-12);
            turned += is_turned ? 1 : 0;
            recorded_close = recorded[i].close;
            close = window[i].close;
        }
        RC_ASSERT(turned > 10 && turned < 50);  // of 60 fair coins
    });
}

TEST_CASE("joined bars span their parts, start at every third offset, and need 150 of them") {
    const TrainingSeries daily = series_with("A", MarketClass::daily_stocks, 903);
    const auto joined = joined_series(daily);
    std::vector<std::string> names;
    for (const TrainingSeries& one : joined) names.push_back(one.name);
    CHECK(names == std::vector<std::string>{"A/2+0", "A/2+1", "A/3+0", "A/3+1", "A/3+2", "A/5+0",
                                            "A/5+1", "A/5+3"});
    const TrainingSeries& fives = joined.back();
    REQUIRE(fives.bars.size() == 180);
    for (std::size_t i = 0; i < fives.bars.size(); ++i) {
        const LogBar* const parts = daily.bars.data() + 3 + 5 * i;
        CHECK(fives.bars[i].open == parts[0].open);
        CHECK(fives.bars[i].close == parts[4].close);
        double high = parts[0].high;
        double low = parts[0].low;
        for (std::size_t j = 1; j < 5; ++j) {
            high = std::max(high, parts[j].high);
            low = std::min(low, parts[j].low);
        }
        CHECK(fives.bars[i].high == high);
        CHECK(fives.bars[i].low == low);
    }
    CHECK(joined_series(series_with("B", MarketClass::daily_stocks, 299)).empty());
    CHECK(joined_series(series_with("C", MarketClass::minute, 301)).size() == 2);
    TrainingSeries flawed = daily;
    flawed.bars[7].usable = false;
    CHECK(joined_series(flawed).empty());
}

TEST_CASE("classes, lengths and joining decide how often a series is drawn") {
    std::vector<TrainingSeries> series = {
        series_with("long", MarketClass::daily_stocks, 900),
        series_with("short", MarketClass::daily_stocks, 225),
        series_with("coin", MarketClass::daily_crypto, 400),
    };
    series.push_back(joined_series(series[2]).front());
    const RealWindows windows(series);
    // Stocks and crypto share what 0.45 and 0.20 leave without hours and minutes.
    const double stocks = 0.45 / 0.65;
    CHECK(windows.share(0) == Approx(stocks * 30 / 45));
    CHECK(windows.share(1) == Approx(stocks * 15 / 45));
    const double joined = 0.35 * std::sqrt(200.0);
    CHECK(windows.share(2) == Approx((1 - stocks) * 20 / (20 + joined)));
    CHECK(windows.share(3) == Approx((1 - stocks) * joined / (20 + joined)));
}

TEST_CASE("a drawn window is a stretch of its series, or the whole of a short one") {
    const RealWindows windows({series_with("A", MarketClass::daily_stocks, 300)});
    const BarWindow& bars = windows.series().front().bars;
    std::size_t recorded = 0;
    std::size_t at_start = 0;
    for (std::uint32_t item = 0; item < 400; ++item) {
        Draws draws(3, DrawPurpose::window, 0, item);
        const BarWindow window = windows.draw(100, draws);
        REQUIRE(window.size() == 101);
        const auto place =
            std::search(bars.begin(), bars.end(), window.begin(), window.end(), same);
        if (place == bars.end()) continue;
        ++recorded;
        if (place == bars.begin()) ++at_start;
    }
    // 0.3 stay as they are; three standard deviations of the count.
    CHECK(recorded > 400 * 0.3 - 28);
    CHECK(recorded < 400 * 0.3 + 28);
    CHECK(at_start < 20);
    Draws draws(3, DrawPurpose::window, 1, 0);
    const BarWindow whole = windows.draw(1000, draws);
    REQUIRE(whole.size() == 300);  // nothing before it, so never mirrored
    CHECK(std::equal(whole.begin(), whole.end(), bars.begin(), same));
}

TEST_CASE("bars become logarithms; a suspect bar may not teach; a bad price is named") {
    BarWindow window = random_window(5, 9);
    window[2].usable = false;
    BarSeries series = series_of(window);
    const TrainingSeries training = training_series(series, MarketClass::daily_stocks, 1, 4);
    REQUIRE(training.bars.size() == 3);
    CHECK(training.bars[0].close == Approx(window[1].close + std::log(100.0)).margin(1e-9));
    CHECK(training.bars[0].usable);
    CHECK_FALSE(training.bars[1].usable);
    series.bars[3].low = Price{};
    CHECK_THROWS_AS(training_series(series, MarketClass::daily_stocks, 0, 5), Error);
    CHECK_THROWS_AS(RealWindows({}), Error);
}

}  // namespace tradewind::model::test
