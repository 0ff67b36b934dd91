#include "model/symbol_choice.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/ewma.hpp"
#include "model/record_reader.hpp"
#include "tests/catch.hpp"
#include "tests/model/random_bars.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

// Forecasts the true next close, off by a constant.
class OffsetForecaster final : public Forecaster {
  public:
    OffsetForecaster(std::string id, double offset) : id_(std::move(id)), offset_(offset) {}
    const std::string& id() const override { return id_; }
    std::size_t minimum_points() const override { return 20; }
    std::size_t maximum_points() const override { return 0; }
    std::vector<Forecast> forecast(std::span<const ForecastRequest> requests) override {
        Forecast forecast;
        forecast.rows = requests.front().rows;
        forecast.refusal = refusal_of(requests.front(), minimum_points());
        for (const ForecastRow& row : forecast.rows) {
            const auto& bars = requests.front().series->bars;
            const double move =
                bars[row.end_index].close.to_double() / bars[row.end_index - 1].close.to_double() -
                1;
            // The validation bars are those before bar 80.
            const double offset = row.end_index < 80 ? offset_ : 2 * offset_;
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                forecast.values.emplace_back().fill(static_cast<float>(move + offset));
            }
        }
        return {forecast};
    }

  private:
    std::string id_;
    double offset_;
};

}  // namespace

TEST_CASE("the smallest error on the newest 40 bars wins") {
    const auto series = random_bars("AAA", 120, 3);
    OffsetForecaster bad("bad-1", -0.03);
    OffsetForecaster good("good-1", 0.01);
    OffsetForecaster same("same-1", -0.01);
    EwmaForecaster ewma;
    const NamedForecaster candidates[] = {
        {"bad", &bad}, {"good", &good}, {"same", &same}, {"ewma", &ewma}};
    const auto choice = choose_for_symbol(series, 100, candidates);
    REQUIRE(choice);
    CHECK(choice->symbol == Symbol("AAA"));
    CHECK(choice->last_bar == series->bars[99].start);
    REQUIRE(choice->candidates.size() == 4);
    std::vector<std::string> names;
    for (const auto& candidate : choice->candidates) names.push_back(candidate.name);
    const CandidateError& best = choice->best();
    CHECK((best.name == "ewma" || best.name == "good" || best.name == "same"));
    const auto found = [&](const std::string& name) {
        const auto at = std::find_if(choice->candidates.begin(), choice->candidates.end(),
                                     [&](const auto& each) { return each.name == name; });
        REQUIRE(at != choice->candidates.end());
        return *at;
    };
    CHECK(found("good").validation_mae == Approx(0.01).epsilon(1e-4));
    CHECK(found("good").test_mae == Approx(0.02).epsilon(1e-4));
    CHECK(found("good").mae == Approx(0.015).epsilon(1e-4));
    CHECK(found("bad").mae == Approx(0.045).epsilon(1e-4));
    // The error of ewma written out.
    double sum = 0;
    for (std::uint32_t end = 60; end < 100; ++end) {
        ForecastRequest request;
        request.symbol = series->symbol;
        request.series = series;
        request.rows = {{end}};
        const auto forecast = EwmaForecaster().forecast(std::span(&request, 1)).front();
        sum += std::abs(
            point_value(forecast.at(0, 0, Series::close)) -
            (series->bars[end].close.to_double() / series->bars[end - 1].close.to_double() - 1));
    }
    CHECK(found("ewma").mae == Approx(sum / 40));
    CHECK(std::is_sorted(choice->candidates.begin(), choice->candidates.end(),
                         [](const auto& a, const auto& b) { return a.mae < b.mae; }));
    CHECK_FALSE(choice->is_fallback(best.producer));
    CHECK(choice->is_fallback("bad-1"));
}

TEST_CASE("later bars, and bars that contradict themselves, do not decide") {
    const auto series = random_bars("AAA", 120, 3);
    EwmaForecaster ewma;
    const NamedForecaster candidates[] = {{"ewma", &ewma}};
    const auto before = choose_for_symbol(series, 100, candidates);
    auto later = std::make_shared<BarSeries>(*series);
    for (std::size_t i = 100; i < 120; ++i) later->bars[i].close = price_of(1);
    EwmaForecaster fresh;
    const NamedForecaster others[] = {{"ewma", &fresh}};
    CHECK(choose_for_symbol(later, 100, others) == before);

    later->bars[99].suspect = true;
    later->bars[99].close = price_of(1000);
    const auto without = choose_for_symbol(later, 100, others);
    REQUIRE(without);
    CHECK(without->last_bar == later->bars[98].start);
    CHECK(without->best().mae < 0.05);

    CHECK_FALSE(choose_for_symbol(series, 40, candidates));
    CHECK_FALSE(choose_for_symbol(series, 60, candidates));  // rows of 20 bars are refused
    CHECK(choose_for_symbol(series, 61, candidates));
    CHECK_FALSE(choose_for_symbol(series, 100, {}));
    CHECK_FALSE(choose_for_symbol(series, 100, candidates, {0, 0}));
}

TEST_CASE("a symbol's choice is stored, read and refused when broken") {
    const auto series = random_bars("BTC/USD", 120, 3);
    EwmaForecaster mean;
    EwmaForecaster zero({0.9, true});
    const NamedForecaster candidates[] = {{"mean", &mean}, {"zero", &zero}};
    const auto choice = choose_for_symbol(series, 120, candidates);
    REQUIRE(choice);
    const ScratchFolder folder;
    CHECK_FALSE(read_symbol_choice(folder.path(), series->symbol));
    store_symbol_choice(folder.path(), *choice);
    CHECK(read_symbol_choice(folder.path(), series->symbol) == choice);

    using Json = nlohmann::json;
    const std::string text = symbol_choice_json(*choice);
    CHECK(symbol_choice_json(parse_symbol_choice(text, "text")) == text);
    const std::pair<const char*, Json> changes[] = {
        {"/version", 2},
        {"/symbol", ""},
        {"/last_bar", "yesterday"},
        {"/test_bars", -1},
        {"/test_bars", 1'000'000'000},
        {"/candidates", Json::array()},
        {"/candidates/0/mae", 0.9},
        {"/candidates/0/test_mae", "low"},
        {"/candidates/0/extra", 1},
    };
    for (const auto& [pointer, value] : changes) {
        INFO(pointer);
        Json json = Json::parse(text);
        json[Json::json_pointer(pointer)] = value;
        CHECK_THROWS_AS(parse_symbol_choice(json.dump(), "text"), Error);
    }
    Json other = Json::parse(text);
    other["symbol"] = "ETHUSD";
    write_record_text(folder.file("BTC-USD.json"), other.dump());
    CHECK_THROWS_AS(read_symbol_choice(folder.path(), series->symbol), Error);
    CHECK_THROWS_AS(store_symbol_choice(folder.file("absent"), *choice), Error);
}

}  // namespace tradewind::model::test
