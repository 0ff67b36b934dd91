// The check finds a forecaster that reads the bar it forecasts, and passes what is honest.
#include "tools/lookahead.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "messages/error.hpp"
#include "model/forecaster.hpp"
#include "tests/catch.hpp"
#include "tests/test_data.hpp"
#include "tools/replay_plan.hpp"

using namespace tradewind;
using namespace tradewind::tools;

namespace {

// The move of the bar itself, or half of the last one.
class MoveForecaster final : public model::Forecaster {
  public:
    explicit MoveForecaster(bool peeks) : peeks_(peeks) {}
    [[nodiscard]] const std::string& id() const override { return id_; }
    [[nodiscard]] std::size_t minimum_points() const override { return 2; }
    [[nodiscard]] std::size_t maximum_points() const override { return 0; }
    void warm_up() override {}
    [[nodiscard]] std::vector<Forecast> forecast(
        std::span<const ForecastRequest> requests) override {
        std::vector<Forecast> answers;
        for (const auto& request : requests) {
            Forecast answer;
            answer.id = request.id;
            answer.symbol = request.symbol;
            answer.horizon = request.horizon;
            answer.rows = request.rows;
            answer.producer = id_;
            for (const auto& row : request.rows) add_row(request.series->bars, row, answer);
            answers.push_back(std::move(answer));
        }
        return answers;
    }

  private:
    void add_row(const std::vector<Bar>& bars, const ForecastRow& row, Forecast& answer) const {
        const std::size_t next = row.end_index;
        const bool seen = peeks_ && next < bars.size();
        const auto& newest = bars[seen ? next : next - 1];
        const auto& before = bars[seen ? next - 1 : next - 2];
        const double base = before.close.to_double();
        const double share = seen ? 1 : 0.5;
        for (const Price price : {newest.close, newest.high, newest.low, newest.open}) {
            Deciles deciles{};
            deciles.fill(static_cast<float>(share * (price.to_double() / base - 1)));
            answer.values.push_back(deciles);
        }
    }

    bool peeks_;
    std::string id_ = "move";
};

ReplayPlan plan_of(const std::string& strategy) {
    ReplayPlan plan;
    plan.data = {test::test_data("../data/sample")};
    plan.symbols = {"MSFT", "NVDA", "TSLA"};
    plan.from = "2025-06-01";
    plan.to = "2025-09-01";
    plan.strategy = strategy;
    plan.decision_lag = 1;  // with a lag of 2 the bar being forecast has ended when it decides
    return plan;
}

LookaheadReport checked(const ReplayPlan& plan, const bool* peeks) {
    config::Settings settings;
    const auto data = read_replay_data(plan, settings);
    const auto range = replay_options(plan, settings).range;
    return check_lookahead(data.catalog.series, range,
                           [&](std::vector<BarSeriesPtr> series) {
                               auto changed = data;
                               changed.catalog.series = std::move(series);
                               auto options = replay_options(plan, settings);
                               add_replay_data(plan, settings, changed, nullptr, options);
                               if (peeks != nullptr) {
                                   options.forecast->forecaster =
                                       std::make_unique<MoveForecaster>(*peeks);
                                   options.forecast->sequential = true;
                               }
                               return options;
                           },
                           {3, 1});
}

}  // namespace

TEST_CASE("I-27 a bar strategy decides without later bars", "[lookahead]") {
    auto plan = plan_of("sma_cross");
    plan.set = {"fast=3", "slow=8"};
    const auto report = checked(plan, nullptr);
    CHECK(report.cuts.size() == 3);
    CHECK(report.decisions > 10);
    CHECK(report.orders > 10);
    CHECK_FALSE(report.difference);
}

TEST_CASE("I-27 the forecast portfolio decides without later bars", "[lookahead]") {
    auto plan = plan_of(kForecastPortfolio);
    plan.model = "ewma";
    const bool peeks = false;
    for (const bool* forecaster : {static_cast<const bool*>(nullptr), &peeks}) {
        const auto report = checked(plan, forecaster);
        CHECK(report.decisions > 30);
        CHECK_FALSE(report.difference);
    }
}

TEST_CASE("I-27 a forecaster that reads the bar it forecasts is found", "[lookahead]") {
    auto plan = plan_of(kForecastPortfolio);
    plan.model = "ewma";
    const bool peeks = true;
    const auto report = checked(plan, &peeks);
    REQUIRE(report.difference);
    CHECK(report.difference->whole != report.difference->other);
}

TEST_CASE("a range without bars cannot be cut", "[lookahead]") {
    auto plan = plan_of("sma_cross");
    plan.from = "2031-01-01";
    plan.to = "2031-02-01";
    CHECK_THROWS_WITH(checked(plan, nullptr), Catch::Contains("nothing to cut"));
}
