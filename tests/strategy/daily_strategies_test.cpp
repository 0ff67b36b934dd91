// Golden values of the strategies on one window. Source: strategies spec 10.2 to 10.6.
#include <algorithm>
#include <cmath>

#include "strategy/directional.hpp"
#include "strategy/maxdiff.hpp"
#include "strategy/pctdiff.hpp"
#include "tests/strategy/golden_fixture.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

TradingCosts costs_of(bool crypto) {
    return {crypto ? 0.001 : 0.0005, 1.0002, crypto ? 365.0 : 252.0, crypto};
}
BracketOptions bracket_of(bool crypto, Intrabar intrabar, int fee_sides) {
    BracketOptions options;
    options.fee = crypto ? 0.001 : 0.0005;
    options.fee_sides = fee_sides;
    options.intrabar = intrabar;
    options.periods_per_year = crypto ? 365 : 252;
    options.long_only = crypto;
    return options;
}
PctDiffOptions pctdiff_of(bool crypto) {
    PctDiffOptions options;
    options.fee = crypto ? 0.001 : 0.0005;
    options.fee_sides = 1;
    options.intrabar = Intrabar::optimistic;
    options.periods_per_year = crypto ? 365 : 252;
    options.long_only = crypto;
    return options;
}

template <class Get>
std::vector<double> column(const std::vector<AlignedDay>& days, Get&& get) {
    std::vector<double> values;
    for (const AlignedDay& day : days) values.push_back(get(day));
    return values;
}

void check_metrics(const ReturnMetrics& actual, const ReturnMetrics& expected) {
    check_close(actual.total, expected.total, kSum);
    check_close(actual.average, expected.average, kSum);
    check_close(actual.annual, expected.annual, kAnnual);
    check_close(actual.sharpe, expected.sharpe, kAnnual);
}

std::vector<double> kernel_series(const std::vector<AlignedDay>& days, bool crypto, bool eod,
                                  const OffsetFit& fit = {}) {
    std::vector<double> returns;
    for (const AlignedDay& day : days) {
        returns.push_back(
            maxdiff_day(day, {fit, eod}, bracket_of(crypto, Intrabar::optimistic, 1)));
    }
    return returns;
}

}  // namespace

TEST_CASE("legacy inputs", "[strategy][golden]") {
    const auto days = legacy_window();
    check_all(column(days, [](const auto& d) { return d.realised.close; }),
              {0.04059013, -0.00352645, -0.00093890, -0.00715680, 0.01696520, 0.05620391}, kPerDay);
    check_all(column(days, [](const auto& d) { return d.realised.high; }),
              {0.04928115, 0.02511638, 0.03036331, 0.00424872, 0.07158156, 0.06099727}, kPerDay);
    check_all(column(days, [](const auto& d) { return d.realised.low; }),
              {0.01360854, -0.03632018, -0.02368557, -0.03608433, 0.00910317, 0.02637122}, kPerDay);
    check_all(column(days, [](const auto& d) { return d.predicted.high; }),
              {-0.01322309, 0.02296778, 0.03698536, 0.03211130, -0.00293222, 0.08481789}, kPerDay);
    check_all(column(days, [](const auto& d) { return d.predicted.low; }),
              {-0.03300419, -0.01287389, -0.03767068, -0.01858118, -0.03534532, 0.01016189},
              kPerDay);
    check_all(column(days, [](const auto& d) { return d.predicted_close; }),
              {-0.02245905, 0.02029506, -0.00176322, -0.00046945, -0.00357840, 0.00848260},
              kPerDay);
    check_all(column(days, [](const auto& d) { return d.predicted_own_low; }),
              {-0.01982363, 0.01339455, -0.00502587, 0.00447962, -0.00651177, 0.01896836}, kPerDay);
    check_all(column(days, [](const auto& d) { return d.predicted_own_high; }),
              {-0.03441682, 0.01404371, 0.00809615, 0.00073705, -0.01356277, 0.03047550}, kPerDay);
    const BarSeries series = golden_series();
    const auto forecasts = stub_forecasts<float>(series);
    const double opens[] = {-0.03495587, 0.00407709, 0.02180147, -0.00746847,
                            -0.00947715, 0.02442403, 0.00517865};
    double open_error = 0;
    for (std::uint32_t i = 0; i < 7; ++i) {
        const double predicted = forecasts.find(13 + i)->of(Series::open);
        check_close(predicted, opens[i], kPerDay);
        const double realised =
            series.bars[13 + i].open.to_double() / series.bars[12 + i].open.to_double() - 1;
        if (i < 6) open_error += std::abs(realised - predicted) / 6;
    }
    check_close(open_error, 0.03387535, kSum);
    const double last_open = series.bars[19].open.to_double();
    check_close(last_open * (1 + forecasts.find(19)->of(Series::open)), 146.725927, kSum);
    const PointForecast& newest = *forecasts.find(19);
    check_close(newest.of(Series::close), 0.02810195, kPerDay);
    check_close(newest.of(Series::low), 0.01758885, kPerDay);
    check_close(newest.of(Series::high), 0.00332745, kPerDay);
    const auto returns = column(days, [](const auto& d) { return d.directional_return; });
    check_all(returns, {-0.00352645, -0.00093890, -0.00715680, 0.01696520, 0.05620391, 0.01870933},
              kPerDay);
    for (const bool crypto : {false, true}) {
        const double down = crypto ? 0 : -1;
        check_all(column(days, [crypto](const auto& d) { return bracket_position(d, crypto); }),
                  {down, 1, down, 1, down, 1}, 0);
    }
    const auto predicted = column(days, [](const auto& d) { return d.predicted_close; });
    const Line line = least_squares(predicted, returns);
    check_close(line.slope, 0.01552773, kPerDay);
    check_close(line.intercept, 0.01337473, kPerDay);
    check_close(line.slope * 0.02810195 + line.intercept, 0.01381109, kPerDay);
    check_close(100 * sample_deviation(returns), 2.3612545, kSum);
}

TEST_CASE("legacy live prices and forecast errors", "[strategy][golden]") {
    const BarSeries series = golden_series();
    const auto forecasts = stub_forecasts<float>(series);
    const LiveForecast live =
        live_forecast(series, 20, *forecasts.find(live_day(20, Alignment::legacy)));
    check_close(live.close(), 154.503162, kSum);
    check_close(live.low(), 147.784428, kSum);
    check_close(live.high(), 152.776671, kSum);
    const auto days = legacy_window();
    double close_error = 0;
    double high_error = 0;
    double low_error = 0;
    for (const AlignedDay& day : days) {
        close_error += std::abs(day.realised.close - day.predicted_close) / 6;
        high_error += std::abs(day.own_high - day.predicted_own_high) / 6;
        low_error += std::abs(day.own_low - day.predicted_own_low) / 6;
    }
    check_close(close_error, 0.02710788, kSum);
    check_close(low_error, 0.02703418, kSum);
    check_close(high_error, 0.03291198, kSum);
}

TEST_CASE("legacy kernel baselines", "[strategy][golden]") {
    const auto days = legacy_window();
    check_all(kernel_series(days, false, false),
              {-0.04109013, 0.03534167, 0, 0.01092438, -0.01746519, 0}, kPerDay);
    check_all(kernel_series(days, false, true),
              {-0.04109013, 0.00884744, 0, 0.01092438, -0.01746519, 0}, kPerDay);
    check_all(kernel_series(days, true, false), {0, 0.03484168, 0, 0.01042438, 0, 0}, kPerDay);
    check_all(kernel_series(days, true, true), {0, 0.00834744, 0, 0.01042438, 0, 0}, kPerDay);
    check_metrics(summed_metrics(kernel_series(days, false, false), 252),
                  {-0.01228927, -0.00204821, -0.5161495, -1.3787845});
    check_metrics(summed_metrics(kernel_series(days, true, false), 365),
                  {0.0452661, 0.00754434, 2.7536850, 11.2715897});
}

TEST_CASE("legacy reports at the recorded grid offsets", "[strategy][golden]") {
    const auto days = legacy_window();
    struct Report {
        bool crypto;
        OffsetFit fit;
        ReturnMetrics optimised, reported;
        double high_price, low_price;
    };
    const Report reports[] = {
        {false,
         {-0.0075, -0.016875, 0, 0},
         {0.0438850, 0.00731417, 1.8431697, 3.8918665},
         {0.00087622, 0.00014604, 0.0368014, -0.2112245},
         151.630846,
         145.290566},
        {true,
         {0.001875, -0.016875, 0, 0},
         {0.0808911, 0.0134818, 4.9208725, 12.5513094},
         {0.0695334, 0.0115889, 4.2299467, 15.0369825},
         153.063127,
         145.290566},
    };
    const BarSeries series = golden_series();
    const LiveForecast live =
        live_forecast(series, 20, stub_forecast<float>(series, live_day(20, Alignment::legacy)));
    for (const Report& report : reports) {
        INFO((report.crypto ? "crypto" : "stock"));
        const double year = report.crypto ? 365 : 252;
        const auto base = summed_metrics(kernel_series(days, report.crypto, false), year);
        const auto optimised =
            summed_metrics(kernel_series(days, report.crypto, false, report.fit), year);
        check_metrics(optimised, report.optimised);
        check_metrics({base.total + 0.3 * optimised.total, base.average + 0.3 * optimised.average,
                       base.annual + 0.3 * optimised.annual, base.sharpe + 0.3 * optimised.sharpe},
                      report.reported);
        check_close(live.high() * (1 + report.fit.offset_high), report.high_price, kSum);
        check_close(live.low() * (1 + report.fit.offset_low), report.low_price, kSum);
    }
    // Always on at the same offsets: both legs of the stock, the long one of the coin.
    const OffsetFit fit{-0.0075, -0.016875, 0, 0};
    const auto options = bracket_of(false, Intrabar::optimistic, 1);
    std::vector<double> base;
    std::vector<double> optimised;
    double buys = 0;
    for (const AlignedDay& day : days) {
        base.push_back(always_on_day(day, {{}, false}, options));
        optimised.push_back(always_on_day(day, {fit, false}, options));
        buys +=
            day_profit(day.realised,
                       {day.predicted.high + fit.offset_high, day.predicted.low + fit.offset_low},
                       1, options.kernel(false));
    }
    check_metrics(summed_metrics(base, 252), {0.0230524, 0.00384207, 0.9682008, 1.7830425});
    check_metrics(summed_metrics(optimised, 252), {0.0886017, 0.0147669, 3.7212699, 5.6436727});
    check_close(buys, 0.0725161, kSum);
    check_close(mean(optimised) * 6 - buys, 0.0160857, kSum);
}

TEST_CASE("maxdiff and always on report base plus 0.3 of the exact optimum", "[strategy][golden]") {
    const auto days = legacy_window();
    const auto stock = maxdiff_strategy(days, bracket_of(false, Intrabar::optimistic, 1));
    CHECK_FALSE(stock.choice.close_at_end_of_day);
    check_close(stock.optimised.total, 0.0468932, 5e-6);
    check_close(stock.reported.total, -0.01228927 + 0.3 * 0.0468932, 5e-6);
    CHECK(stock.neutral);
    CHECK(stock.bias == 0);
    CHECK(stock.turnover == Approx(mean_absolute(stock.returns)));
    const auto crypto = maxdiff_strategy(days, bracket_of(true, Intrabar::optimistic, 1));
    check_close(crypto.optimised.total, 0.0824190, 5e-6);
    CHECK_FALSE(crypto.neutral);
    CHECK(crypto.primary_side == Side::buy);
    CHECK(crypto.bias == 1);
    const auto both = always_on_strategy(days, bracket_of(false, Intrabar::optimistic, 1));
    CHECK_FALSE(both.choice.close_at_end_of_day);
    check_close(both.base.total, 0.0230524, kSum);
    check_close(both.buy_profit + both.sell_profit, 0.0931139, 5e-6);
    CHECK(both.filled_buys > 0);
    const auto nothing = maxdiff_strategy({}, bracket_of(false, Intrabar::optimistic, 1));
    CHECK(nothing.neutral);
    CHECK(nothing.reported.total == 0);
}

TEST_CASE("exact alignment inputs", "[strategy][golden]") {
    const auto days = exact_window();
    check_all(
        column(days, [](const auto& d) { return d.realised.close; }),
        {-0.00352645, -0.00093890, -0.00715680, 0.01696520, 0.05620391, 0.01870933, -0.06467927},
        kPerDay);
    check_all(column(days, [](const auto& d) { return d.realised.high; }),
              {0.02526089, 0.03040589, 0.00339767, 0.07222950, 0.06135892, 0.03219902, -0.02342294},
              kPerDay);
    check_all(
        column(days, [](const auto& d) { return d.realised.low; }),
        {-0.03605614, -0.02397804, -0.03578399, 0.00800932, 0.02606143, -0.01552332, -0.06607666},
        kPerDay);
    check_all(column(days, [](const auto& d) { return d.predicted.high; }),
              {0.02309311, 0.03721926, 0.03213442, -0.00307640, 0.08647399, 0.00822438, 0.02701477},
              kPerDay);
    check_all(
        column(days, [](const auto& d) { return d.predicted.low; }),
        {-0.01322574, -0.03750661, -0.01868448, -0.03515756, 0.00999484, -0.01145162, -0.02713028},
        kPerDay);
    check_all(
        column(days, [](const auto& d) { return d.predicted_close; }),
        {0.02029506, -0.00176322, -0.00046945, -0.00357840, 0.00848260, 0.02810195, 0.00935466},
        kPerDay);
    check_all(column(days, [](const auto& d) { return d.base; }),
              {138.95, 138.46, 138.33, 137.34, 139.67, 147.52, 150.28}, 1e-12);
    check_all(column(days, [](const auto& d) { return bracket_position(d, false); }),
              {1, -1, 1, -1, 1, -1, -1}, 0);
    check_all(column(days, [](const auto& d) { return bracket_position(d, true); }),
              {1, 0, 1, 0, 1, 0, 0}, 0);
    // H14: a directional signal earns the return of the day it was forecast for.
    for (const AlignedDay& day : days) CHECK(day.directional_return == day.realised.close);
}

TEST_CASE("exact alignment live forecast and its repair", "[strategy][golden]") {
    const BarSeries series = golden_series();
    LiveForecast live = live_forecast(series, 21, stub_forecast(series, 21));
    CHECK(live.base == 140.56);
    check_close(live.close_move, -0.03233963, kPerDay);
    check_close(live.moves.high, 0.02521835, kPerDay);
    check_close(live.moves.low, -0.01826986, kPerDay);
    check_close(live.close(), 136.014341, kSum);
    check_close(live.high(), 144.104692, kSum);
    check_close(live.low(), 137.991989, kSum);
    CHECK(live.repair());
    check_close(live.low(), 136.014341, kSum);
    check_close(live.high(), 144.104692, kSum);
    CHECK_FALSE(live.repair());
    LiveForecast inverted{100, 0.01, {-0.02, 0.03}, 0, 0};
    CHECK(inverted.repair());
    CHECK(inverted.moves == Bracket{0.01, 0.01});
}

TEST_CASE("exact alignment: maxdiff by intrabar order and fee sides", "[strategy][golden]") {
    struct Case {
        bool crypto;
        Intrabar intrabar;
        int fee_sides;
        std::vector<double> base;
        ReturnMetrics metrics;
        double optimum, offset_high, offset_low, sharpe;
        bool high_is_flat = false;
    };
    using enum Intrabar;
    const Case cases[] = {
        {false,
         optimistic,
         1,
         {0.03581885, 0, 0.01102768, -0.0174652, 0, 0.019176, 0},
         {0.0485573, 0.0069368, 1.7480642, 6.9833926},
         0.0790238,
         0.0239736,
         -0.0040717,
         11.3224189},
        {false,
         optimistic,
         2,
         {0.03531885, 0, 0.01052768, -0.0179652, 0, 0.018676, 0},
         {0.0465573, 0.0066510, 1.6760642, 6.7353095},
         0.0770238,
         0.0239736,
         -0.0040717,
         11.1426079},
        {false,
         conservative,
         1,
         {0.0091993, 0, 0.01102768, -0.0174652, 0, -0.01098495, 0},
         {-0.0082232, -0.0011747, -0.2960338, -1.9778690},
         0.0708448,
         0.0239736,
         -0.0170985,
         13.8191039},
        {false,
         conservative,
         2,
         {0.0086993, 0, 0.01052768, -0.0179652, 0, -0.01148495, 0},
         {-0.0102232, -0.0014605, -0.3680338, -2.4511446},
         0.0688448,
         0.0239736,
         -0.0170985,
         13.6465856},
        {true,
         optimistic,
         1,
         {0.03531885, 0, 0.01052768, 0, 0, 0, 0},
         {0.0458465, 0.0065495, 2.3905694, 10.1780583},
         0.0822113,
         0.0021678,
         -0.0170985,
         11.2648226},
        {true,
         optimistic,
         2,
         {0.03431885, 0, 0.00952768, 0, 0, 0, 0},
         {0.0438465, 0.0062638, 2.2862837, 10.0428762},
         0.0802113,
         0.0021678,
         -0.0170985,
         11.2277954},
        {true,
         conservative,
         1,
         {0.0086993, 0, 0.01052768, 0, 0, 0, 0},
         {0.0192270, 0.0027467, 1.0025497, 12.0072775},
         0.0534240,
         0,
         -0.0170985,
         12.0731512,
         true},
        {true,
         conservative,
         2,
         {0.0076993, 0, 0.00952768, 0, 0, 0, 0},
         {0.0172270, 0.0024610, 0.8982640, 11.9888803},
         0.0514240,
         0,
         -0.0170985,
         12.0723677,
         true},
    };
    const auto days = exact_window();
    for (const Case& expected : cases) {
        INFO((expected.crypto ? "crypto" : "stock")
             << (expected.intrabar == optimistic ? " optimistic " : " conservative ")
             << expected.fee_sides);
        const auto options = bracket_of(expected.crypto, expected.intrabar, expected.fee_sides);
        std::vector<double> base;
        for (const AlignedDay& day : days) base.push_back(maxdiff_day(day, {}, options));
        check_all(base, expected.base, kPerDay);
        check_metrics(summed_metrics(base, options.periods_per_year), expected.metrics);
        const auto legs = maxdiff_legs(days, expected.crypto);
        const OffsetFit fit = maximise_offsets(legs, options.kernel(false), options.box);
        check_close(fit.value, expected.optimum, 5e-6);
        check_close(fit.offset_low, expected.offset_low, 5e-6);
        if (!expected.high_is_flat) check_close(fit.offset_high, expected.offset_high, 5e-6);
        std::vector<double> optimised;
        for (const AlignedDay& day : days) {
            optimised.push_back(maxdiff_day(day, {fit, false}, options));
        }
        check_close(summed_metrics(optimised, options.periods_per_year).sharpe, expected.sharpe,
                    kAnnual);
    }
}

TEST_CASE("pctdiff", "[strategy][golden]") {
    const auto days = legacy_window();
    const PctDiffParameters plain{0, 0, 0.01, 0.01};
    const auto stock = evaluate_pctdiff(days, plain, pctdiff_of(false));
    check_all(stock.returns, {-0.03614356, -0.01371751, 0.0095, 0.0095, 0.0095, 0.0095}, kPerDay);
    CHECK(stock.entries == 6);
    CHECK(stock.targets == 4);
    check_metrics(stock.metrics, {-0.0118611, -0.0019768, -0.4981650, -1.7958762});
    const auto crypto = evaluate_pctdiff(days, plain, pctdiff_of(true));
    check_all(crypto.returns, {0, -0.01421751, 0, 0.009, 0, 0.009}, kPerDay);
    CHECK(crypto.entries == 3);
    CHECK(crypto.targets == 2);
    check_metrics(crypto.metrics, {0.0037825, 0.0006304, 0.2301016, 1.5511102});

    const auto best = pctdiff_strategy(days, pctdiff_of(false));
    check_close(best.long_profit, 0.1240269, kSum);
    check_close(best.short_profit, 0.0545402, kSum);
    check_close(best.metrics.total, 0.1785671, kSum);
    check_close(best.parameters.low_factor, -0.0272578, kSum);
    check_close(best.parameters.long_target, 0.0555466, kSum);
    check_close(best.parameters.high_factor, 0.0206261, kSum);
    check_close(best.parameters.short_target, 0.0353771, kSum);
    const auto coin = pctdiff_strategy(days, pctdiff_of(true));
    check_close(coin.long_profit, 0.1225269, kSum);
    CHECK(coin.short_profit == 0);
    // The recorded searches are never better.
    const PctDiffParameters searched[] = {
        {-0.02, 0.02, 0.0416667, 0.032},
        {-0.027032465, 0.020368846, 0.051331123, 0.057771148},
    };
    const double found[] = {0.1359174, 0.1631498};
    for (int i = 0; i < 2; ++i) {
        const auto other = evaluate_pctdiff(days, searched[i], pctdiff_of(false));
        check_close(other.metrics.total, found[i], kSum);
        CHECK(best.metrics.total > other.metrics.total);
    }
}

TEST_CASE("directional family", "[strategy][golden]") {
    const auto days = legacy_window();
    struct Case {
        const char* name;
        DirectionalResult result;
        std::vector<double> signals, returns;
        double total, sharpe, final_day;
    };
    const TradingCosts stock = costs_of(false);
    const TradingCosts crypto = costs_of(true);
    const Case cases[] = {
        {"stock simple",
         simple_strategy(days, stock),
         {-1, 1, -1, -1, -1, 1},
         {0.00292645, -0.0021389, 0.0059568, -0.0169652, -0.05620391, 0.01750933},
         -0.0496054,
         -4.960688,
         0.0177091},
        {"stock all signals",
         all_signals_strategy(days, stock),
         {-1, 1, 0, 0, -1, 1},
         {0.00316495, -0.0016619, -0.0003615, 0, -0.05656541, 0.01798633},
         -0.0385057,
         -3.8540906,
         0.0177091},
        {"stock hold",
         buy_and_hold_signals(days, stock),
         {0, 1, 0, 0, 0, 1},
         {0, -0.0015389, -0.0006, 0, 0, 0.01810933},
         0.0159326,
         5.5658124,
         0.0177091},
        {"stock unprofit",
         unprofit_shutdown_strategy(days, stock),
         {1, 1, 0, -1, 0, 1},
         {-0.00388795, -0.0009389, -0.0003615, -0.0173267, -0.0003615, 0.01834783},
         -0.0048433,
         -1.0511225,
         0.0177091},
        {"stock take-profit",
         take_profit_strategy(days, stock),
         {-1, 1, -1, -1, -1, 1},
         {-0.04109013, 0.01304371, -0.0000611, -0.00447962, -0.0169652, 0.05520391},
         0.0056516,
         0.5074983,
         0.0009419},
        {"stock high-low",
         high_low_strategy(days, stock),
         {-1, 1, -1, -1, -1, 1},
         {-0.07550695, -0.017921, -0.001, 0, -0.03052796, -0.001},
         -0.1259559,
         -12.430547,
         -0.1259559 / 6},
        {"crypto simple",
         simple_strategy(days, crypto),
         {0, 1, 0, 0, 0, 1},
         {0, -0.0020389, -0.0011, 0, 0, 0.01760933},
         0.0144174,
         6.1510788,
         0.0167089},
        {"crypto all signals",
         all_signals_strategy(days, crypto),
         {0, 1, 0, 0, 0, 1},
         {0, -0.0020389, -0.0011, 0, 0, 0.01760933},
         0.0144174,
         6.1510788,
         0.0167089},
        {"crypto unprofit",
         unprofit_shutdown_strategy(days, crypto),
         {1, 1, 0, 0, 0, 1},
         {-0.00462645, -0.0009389, -0.0011, 0, 0, 0.01760933},
         0.0108373,
         4.3999939,
         0.0167089},
        {"crypto take-profit",
         take_profit_strategy(days, crypto, true),
         {-1, 1, -1, -1, -1, 1},
         {-0.04159013, 0.01204371, -0.0010611, -0.00447962, -0.0169652, 0.05420391},
         0.0021516,
         0.2345015,
         0.0021516 / 6},
        {"crypto high-low",
         high_low_strategy(days, crypto),
         {0, 1, 0, 0, 0, 1},
         {0, -0.017921, 0, 0, 0, -0.001},
         -0.018921,
         -9.1086599,
         -0.018921 / 6},
    };
    for (const Case& expected : cases) {
        INFO(expected.name);
        check_all(expected.result.signals, expected.signals, 0);
        check_all(expected.result.returns, expected.returns, kPerDay);
        check_close(expected.result.metrics.total, expected.total, kSum);
        check_close(expected.result.metrics.sharpe, expected.sharpe, kAnnual);
        check_close(expected.result.final_day_return, expected.final_day, kSum);
    }
    // The benchmark that the reference reported as buy and hold (H21).
    check_close(held_return(days, stock.fee), 0.0810401, kSum);
    check_close(held_return(days, crypto.fee), 0.0805401, kSum);
    check_close(days.back().directional_return - stock.fee, 0.0182093, kSum);
    check_close(days.back().directional_return - crypto.fee, 0.0177093, kSum);
    // H22: coins are never shorted.
    for (const double signal : take_profit_strategy(days, crypto).signals) CHECK(signal >= 0);
}

TEST_CASE("the uncertainty guard trades only outside its band", "[strategy]") {
    auto days = legacy_window();
    for (AlignedDay& day : days) day.close_band = 0.01;
    check_all(ci_guard_strategy(days, costs_of(false)).signals, {-1, 1, 0, 0, 0, 0}, 0);
    check_all(ci_guard_strategy(days, costs_of(false), 0.5).signals, {-1, 1, 0, 0, 0, 1}, 0);
    check_all(ci_guard_strategy(days, costs_of(true), 0.5).signals, {0, 1, 0, 0, 0, 1}, 0);
}

TEST_CASE("metrics", "[strategy][law]") {
    const std::vector<double> flat(7, 0.01);
    CHECK(summed_metrics(flat, 252).sharpe == 0);
    CHECK(summed_metrics({}, 252).total == 0);
    CHECK(compounded_metrics(std::vector<double>{0.1}, 252).sharpe == 0);
    check_close(max_drawdown(std::vector<double>{0.02, -0.01, -0.03, 0.05, -0.01}), -0.04, 1e-15);
    CHECK(max_drawdown(std::vector<double>{0.02, 0.01}) == 0);
    const Line line = least_squares(std::vector<double>{1, 1}, std::vector<double>{1, 2});
    CHECK(line.slope == 1);
    CHECK(line.intercept == 0);
    law("metrics ignore the order of days; sharpe scales with the root of the year", [] {
        auto values = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-500, 500));
        std::vector<double> returns(values.begin(), values.end());
        for (double& value : returns) value *= 1e-4;
        const auto before = summed_metrics(returns, 252);
        const auto daily = summed_metrics(returns, 1);
        RC_ASSERT(std::abs(before.sharpe - daily.sharpe * std::sqrt(252.0)) < 1e-9);
        std::sort(returns.begin(), returns.end());
        const auto after = summed_metrics(returns, 252);
        RC_ASSERT(std::abs(before.total - after.total) < 1e-12);
        RC_ASSERT(std::abs(before.sharpe - after.sharpe) < 1e-7);
    });
}
