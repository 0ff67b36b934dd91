// The analysis shards: their number changes no row, and a new bar costs a forecast and a row of
// each symbol, not a walk-forward. Source: strategies spec 1.2, 2.2 (H7).
#include <algorithm>
#include <memory>

#include "actors/analysis/analysis_stage.hpp"
#include "actors/wiring/analyze.hpp"
#include "market/instruments.hpp"
#include "market/synthetic.hpp"
#include "model/ewma.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

const Date kLast = date_of(2024, 6, 12);

// Shares and a coin of the synthetic market.
struct Market {
    Market() {
        market::SyntheticOptions options;
        for (const char* name : {"AAA", "BBB", "CCCUSDT", "DDD", "EEE"}) {
            options.symbols.emplace_back(name);
        }
        options.last_day = kLast;
        const market::SyntheticMarket market(options);
        for (const auto& symbol : options.symbols) {
            strategy::SymbolInfo info;
            info.slot = static_cast<SlotId>(symbols.size());
            info.utc_days = symbol == Symbol("CCCUSDT");
            info.instrument = market::default_instrument(
                symbol, info.utc_days ? AssetClass::crypto : AssetClass::us_equity);
            symbols.push_back(info);
            series.push_back(market.daily_series(symbol, kLast - 500, kLast));
        }
    }
    [[nodiscard]] AnalysisSettings settings() const {
        AnalysisSettings settings;
        settings.check_freshness = false;
        settings.accepted_moves.resize(symbols.size());
        settings.portfolio.selection.disable_gates = true;
        return settings;
    }
    [[nodiscard]] AnalyzeOutcome analyzed(std::size_t workers) const {  // 0: direct calls
        AnalyzeOptions options;
        options.stage.analysis = settings();
        options.stage.series = series;
        options.symbols = symbols;
        options.forecaster = std::make_unique<model::EwmaForecaster>(model::EwmaOptions{});
        options.gateway.initial_cash = Money::whole(100'000);
        options.gateway.limits.gross_exposure = Fraction::whole(1);
        options.as_of = newest_end(series);
        options.sequential = workers == 0;
        options.workers = std::max<std::size_t>(workers, 1);
        return run_analyze(std::move(options));
    }

    std::vector<strategy::SymbolInfo> symbols;
    std::vector<BarSeriesPtr> series;
};

// Everything that ranks, prices and explains a row.
void check_equal(const AnalysisRow& a, const AnalysisRow& b) {
    CHECK(a.symbol == b.symbol);
    CHECK(a.refused == b.refused);
    CHECK(a.reason == b.reason);
    CHECK(a.input_hash == b.input_hash);
    CHECK(a.selected == b.selected);
    CHECK(a.chosen == b.chosen);
    CHECK(a.side == b.side);
    CHECK(a.composite_score == b.composite_score);
    CHECK(a.edge_strength == b.edge_strength);
    CHECK(a.kelly_fraction == b.kelly_fraction);
    CHECK(a.predicted_high == b.predicted_high);
    CHECK(a.blocks == b.blocks);
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        const StrategyResult& x = a.strategies[i];
        const StrategyResult& y = b.strategies[i];
        CHECK(x.samples == y.samples);
        CHECK(x.avg_return == y.avg_return);
        CHECK(x.forecast_pnl == y.forecast_pnl);
        CHECK(x.out_of_sample.avg_return == y.out_of_sample.avg_return);
        CHECK(x.entry_buy == y.entry_buy);
        CHECK(x.target_sell == y.target_sell);
    }
}

}  // namespace

TEST_CASE("H7 any number of analysis actors gives the rows of direct calls, ranked and sized alike",
          "[analysis][hazard]") {
    const Market market;
    const AnalyzeOutcome direct = market.analyzed(0);
    REQUIRE(direct.rows.size() == market.symbols.size());
    CHECK_FALSE(direct.intents.empty());
    for (const AnalysisRow& row : direct.rows) CHECK_FALSE(row.refused);
    for (const std::size_t workers : {1U, 2U, 8U, 32U}) {
        INFO(workers << " workers");
        const AnalyzeOutcome parallel = market.analyzed(workers);
        REQUIRE(parallel.rows.size() == direct.rows.size());
        for (std::size_t i = 0; i < direct.rows.size(); ++i) {
            check_equal(parallel.rows[i], direct.rows[i]);
        }
        REQUIRE(parallel.intents.size() == direct.intents.size());
        for (std::size_t i = 0; i < direct.intents.size(); ++i) {
            CHECK(parallel.intents[i].symbol == direct.intents[i].symbol);
            CHECK(parallel.intents[i].quantity == direct.intents[i].quantity);
            CHECK(parallel.intents[i].limit_price == direct.intents[i].limit_price);
        }
    }
}

TEST_CASE("a second pass after one new bar costs less than a tenth of the first", "[analysis]") {
    const Market market;
    AnalysisStage stage(market.settings(), market.symbols);
    model::EwmaForecaster forecaster{model::EwmaOptions{}};
    struct Cost {
        std::size_t forecasts = 0;
        std::size_t solved_rows = 0;  // of the walk-forward; each is as many calls of the solver
    };
    const auto pass = [&](std::size_t hidden) {
        Cost cost;
        for (const auto& symbol : market.symbols) {
            AnalysisTask task;
            task.slot = symbol.slot;
            task.series = market.series[symbol.slot];
            task.visible = task.series->bars.size() - hidden;
            task.now = task.series->bars[task.visible - 1].end;
            task.day = utc_date(task.now);
            const auto needed = stage.needed(task);
            REQUIRE(needed);
            cost.forecasts += needed->rows.size();
            const auto answers = forecaster.forecast(std::span(&*needed, 1));
            const AnalysisReply reply = stage.analyse(task, &answers.front());
            REQUIRE_FALSE(reply.row.refused);
            CHECK(reply.row.simulations == 70);
            cost.solved_rows += reply.solved_rows;
        }
        return cost;
    };
    const Cost first = pass(1);
    const Cost second = pass(0);
    CHECK(first.forecasts == 77 * market.symbols.size());
    CHECK(first.solved_rows == 70 * market.symbols.size());
    CHECK(second.forecasts == market.symbols.size());
    CHECK(second.solved_rows == market.symbols.size());
    CHECK(second.forecasts * 10 < first.forecasts);
    CHECK(second.solved_rows * 10 < first.solved_rows);
}
