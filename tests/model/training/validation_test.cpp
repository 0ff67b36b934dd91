// The quick score: the baseline by hand, and a forecaster that knows nothing.
#include "model/training/validation.hpp"

#include <cmath>

#include "tests/catch.hpp"
#include "tests/model/training/random_market.hpp"

namespace tradewind::model::test {

namespace {

// Answers every target with the same raw deciles.
class ConstantTrainer final : public NetworkTrainer {
  public:
    explicit ConstantTrainer(std::array<float, 9> deciles) : deciles_(deciles) {}
    BatchLoss accumulate(std::size_t, const TrainingBatch&) override { return {}; }
    void update(const UpdateRates&) override {}
    std::vector<float> head_outputs(const TrainingBatch& batch, bool average) override {
        CHECK(average);
        CHECK(batch.variates == 4);
        CHECK(batch.tokens == 17);
        std::vector<float> head;
        for (std::size_t i = 0; i < batch.targets.size(); ++i) {
            head.insert(head.end(), deciles_.begin(), deciles_.end());
        }
        return head;
    }
    std::vector<float> gradient(std::size_t) const override { return {}; }
    TrainerState state() const override { return {}; }
    void restore(const TrainerState&) override {}

  private:
    std::array<float, 9> deciles_;
};

std::vector<ValidationSeries> plain_market(std::size_t bars) {
    SyntheticMarket market;
    market.scale = 0.01;
    Draws draws(1, DrawPurpose::validation, 0, 0);
    TrainingSeries series;
    series.name = "A";
    series.bars = synthetic_bars(market, bars, draws);
    return {{series, bars - 400, bars}};
}

}  // namespace

TEST_CASE("a constant normal forecast is a little better than EWMA where volatility is constant") {
    std::array<float, 9> normal{};
    const double quantiles[] = {-1.2816, -0.8416, -0.5244, -0.2533, 0,
                                0.2533,  0.5244,  0.8416,  1.2816};
    for (std::size_t q = 0; q < 9; ++q) normal[q] = static_cast<float>(std::asinh(quantiles[q]));
    ConstantTrainer trainer(normal);
    const auto score = validate(trainer, plain_market(2000), 1000);
    REQUIRE(score.has_value());
    CHECK(score->forecasts == 400);
    CHECK(score->close_ratio < 1.0);
    CHECK(score->close_ratio > 0.97);
    CHECK(*score->class_ratio[0] == score->close_ratio);
    CHECK_FALSE(score->class_ratio[1].has_value());
    for (std::size_t q = 0; q < 9; ++q) {
        CHECK(score->coverage[q] == Approx(0.1 * static_cast<double>(q + 1)).margin(0.08));
    }
    ConstantTrainer ignorant(std::array<float, 9>{});  // the running mean, without any width
    CHECK(validate(ignorant, plain_market(2000), 1000)->close_ratio > 1.15);
}

TEST_CASE("forecasts are spread evenly when there are too many, none when there is nothing") {
    ConstantTrainer trainer(std::array<float, 9>{});
    CHECK(validate(trainer, plain_market(2000), 50)->forecasts == 50);
    CHECK_FALSE(validate(trainer, {}, 50).has_value());
}

}  // namespace tradewind::model::test
