#include "model/classical_fit.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/record_reader.hpp"
#include "tests/catch.hpp"
#include "tests/model/classical_parameters_fixture.hpp"
#include "tests/model/random_bars.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

std::vector<FitSeries> some_series(std::size_t bars = 700) {
    std::vector<FitSeries> series;
    const std::string hash(64, 'f');
    for (const char* symbol : {"AAA", "BBB", "BTCUSD"}) {
        series.push_back({random_bars(symbol, bars, series.size() + 40), hash});
    }
    auto minutes = std::make_shared<BarSeries>(*random_bars("AAA", bars, 50));
    minutes->daily = false;
    minutes->interval_ns = kMinute;
    series.push_back({minutes, {}});
    return series;
}

void check_refused(const std::string& text, const std::string& says) {
    INFO(says);
    try {
        (void)parse_classical_parameters(text, "file.json");
        FAIL("accepted: " << text);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        // `KEY: WHY`, with the file between them.
        const auto colon = says.find(": ");
        CHECK_THAT(error.what(), Catch::Contains(says.substr(0, colon)));
        if (colon != std::string::npos) {
            CHECK_THAT(error.what(), Catch::Contains(says.substr(colon + 2)));
        }
        CHECK_THAT(error.what(), Catch::Contains("file.json"));
    }
}

}  // namespace

TEST_CASE("a fit is a function of its input and reads back as it was written") {
    const auto series = some_series();
    const FitResult first = fit_classical(series);
    const FitResult second = fit_classical(series);
    const std::string text = classical_parameters_json(first.parameters);
    CHECK(classical_parameters_json(second.parameters) == text);
    CHECK(parse_classical_parameters(text, "text") == first.parameters);
    REQUIRE(first.parameters.classes[0]);
    REQUIRE(first.parameters.classes[1]);
    CHECK_FALSE(first.parameters.classes[2]);
    REQUIRE(first.parameters.classes[3]);
    CHECK(first.parameters.classes[0]->observations == 2 * (699 - 96));
    CHECK(first.parameters.series.size() == 4);
    // The training share of minute bars: 0.7 of 700, rounded down as the product is stored.
    CHECK(first.parameters.series.back().bars == 489);
    CHECK(first.parameters.classes[3]->observations == 488 - 96);

    const ScratchFolder folder;
    write_record_text(folder.file("classical.json"), text);
    CHECK(read_classical_parameters(folder.file("classical.json")) == first.parameters);
    CHECK_THROWS_AS(read_classical_parameters(folder.file("absent.json")), Error);
}

TEST_CASE("bars after the training part do not enter a fit") {
    const auto series = some_series();
    FitOptions options;
    options.split.daily_training_end = Date{500};
    const auto fitted = fit_classical(series, options).parameters;
    auto changed = series;
    for (FitSeries& entry : changed) {
        auto copy = std::make_shared<BarSeries>(*entry.series);
        for (std::size_t i = copy->daily ? 500 : 490; i < copy->bars.size(); ++i) {
            copy->bars[i].close = price_of(1);
        }
        entry.series = copy;
    }
    CHECK(fit_classical(changed, options).parameters == fitted);
    CHECK(fitted.series.front().bars == 500);
    auto earlier = series;
    auto copy = std::make_shared<BarSeries>(*earlier.front().series);
    copy->bars[499].close = price_of(1);
    earlier.front().series = copy;
    CHECK_FALSE(fit_classical(earlier, options).parameters == fitted);
}

TEST_CASE("fitted deciles are the deciles of the training moves") {
    // Moves of constant size and random sign: sigma is that size whatever the memory, and the
    // deciles of outcome / sigma are -1 and 1 alone.
    auto series = std::make_shared<BarSeries>();
    series->symbol = Symbol("AAA");
    series->daily = true;
    series->interval_ns = kDay;
    std::uint64_t state = 1;
    double close = 100;
    for (int i = 0; i < 2000; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        close *= (state >> 63U) != 0 ? 1.01 : 0.99;
        Bar bar;
        bar.start = Timestamp{i * kDay};
        bar.open = bar.high = bar.low = bar.close = price_of(close);
        series->bars.push_back(bar);
    }
    const FitSeries entry{series, {}};
    const auto result = fit_classical(std::span(&entry, 1));
    for (const auto& channel : result.parameters.classes[0]->channels) {
        for (const DecileShape* deciles :
             {&channel.ewma_empirical.deciles, &channel.garch.deciles, &channel.anchored.deciles}) {
            for (std::size_t q = 0; q < kDeciles; ++q) {
                if (q == 4) continue;  // the median may fall between the two values
                CHECK((*deciles)[q] == Approx(q < 4 ? -1 : 1).epsilon(1e-4));
            }
        }
    }
    // Normal deciles of the yardstick are wrong for such moves, empirical ones are not.
    CHECK(result.scores[0][0][0] < 0.99);
    CHECK(result.scores[0][0][1] < 0.99);
}

TEST_CASE("empirical deciles interpolate between order statistics") {
    std::vector<double> sample = {10, 0, 2, 4, 6, 8};
    CHECK(empirical_deciles(sample) == DecileShape{1, 2, 3, 4, 5, 6, 7, 8, 9});
    std::vector<double> one = {3};
    CHECK(empirical_deciles(one) == DecileShape{3, 3, 3, 3, 3, 3, 3, 3, 3});
    std::vector<double> none;
    CHECK(empirical_deciles(none) == DecileShape{});
}

TEST_CASE("too little data is left out by name, nothing at all is refused") {
    auto series = some_series();
    series.push_back({random_bars("CCC", 50, 3), {}});
    const auto result = fit_classical(series);
    REQUIRE(result.left_out.size() == 1);
    CHECK_THAT(result.left_out.front(), Catch::Contains("CCC"));
    const std::vector<FitSeries> few = {{random_bars("AAA", 250, 3), {}}};
    CHECK_THROWS_AS(fit_classical(few), Error);
    CHECK_THROWS_AS(fit_classical({}), Error);
}

TEST_CASE("a broken file of parameters is refused by its place") {
    const std::string text = classical_parameters_json(some_classical_parameters());
    REQUIRE(parse_classical_parameters(text, "text") == some_classical_parameters());
    check_refused("", "file.json");
    check_refused("[]", "is not a JSON object");
    check_refused(text.substr(0, text.size() / 2), "parse error");
    check_refused(R"({"format": "tradewind-classical", "version": 1, "version": 1})",
                  "version stands twice");
    using Json = nlohmann::json;
    const auto with = [&text](const char* pointer, const Json& value) {
        Json json = Json::parse(text);
        json[Json::json_pointer(pointer)] = value;
        return json.dump();
    };
    const std::string close = "/classes/hourly/channels/close";
    const auto at = [&close](const char* rest) { return close + rest; };
    const std::pair<std::string, std::string> changes[] = {
        {with("/format", "other"), "format"},
        {with("/version", 2), "version"},
        {with("/surprise", 1), "surprise: is not known"},
        {with("/training/daily_end", "soon"), "training.daily_end"},
        {with("/training/intraday_share", 1.5), "training.intraday_share"},
        {with("/classes/weekly", Json::object()), "classes.weekly: is not known"},
        {with("/classes", Json::object()), "classes: is empty"},
        {with("/classes/hourly/observations", -1), "hourly.observations"},
        {with(at("/garch/alpha").c_str(), 0.99), "hourly.channels.close.garch.alpha"},
        {with(at("/garch/persistence").c_str(), 1.0), "close.garch.persistence"},
        {with(at("/ewma_empirical/lambda").c_str(), 0), "close.ewma_empirical.lambda"},
        {with(at("/ewma_empirical/lambda").c_str(), "0.9"), "is not a number"},
        {with(at("/anchored/deciles/0").c_str(), 5), "close.anchored.deciles: descend"},
        {with(at("/anchored/deciles/8").c_str(), 5000), "beyond 1000 sigma"},
        {with(at("/anchored/deciles/8").c_str(), nullptr), "not a finite number"},
        {with(at("/anchored/deciles").c_str(), {1, 2}), "a list of 9 numbers"},
        {with("/series/0/symbol", ""), "series[0].symbol"},
        {with("/series/0/class", "weekly"), "series[0].class"},
        {with("/series/0/first", "2020-01-02"), "series[0].first"},
        {with("/series/0/sha256", "abc"), "series[0].sha256"},
    };
    for (const auto& [changed, says] : changes) check_refused(changed, says);
    Json json = Json::parse(text);
    json["classes"]["minute"]["channels"].erase("low");
    check_refused(json.dump(), "classes.minute.channels.low: is missing");
}

}  // namespace tradewind::model::test
