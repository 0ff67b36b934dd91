#include "model/routed_forecaster.hpp"

#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/classical_forecaster.hpp"
#include "model/ewma.hpp"
#include "model/record_reader.hpp"
#include "model/request_queue.hpp"
#include "tests/catch.hpp"
#include "tests/model/classical_parameters_fixture.hpp"
#include "tests/model/random_bars.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

// Stands for a network: needs 32 moves, has batches, marks its values.
class BatchedFake final : public Forecaster, public BatchedForecaster {
  public:
    BatchedFake() { rows_.fill(4); }
    const std::string& id() const override { return id_; }
    std::size_t minimum_points() const override { return 32; }
    std::size_t maximum_points() const override { return 512; }
    std::vector<Forecast> forecast(std::span<const ForecastRequest> requests) override {
        return answer_all(*this, requests);
    }
    BatchedForecaster* batched() override { return this; }
    const std::array<std::size_t, kContextBuckets.size()>& rows_per_batch() const override {
        return rows_;
    }
    std::size_t batches_at_once() const override { return 2; }
    std::string examine(const ForecastRequest& request,
                        std::vector<std::size_t>& points) const override {
        points.clear();
        for (const ForecastRow& row : request.rows) points.push_back(row.end_index - 1);
        return refusal_of(request, minimum_points());
    }
    void run(std::span<RowsOfBatch> batches) override {
        for (RowsOfBatch& batch : batches) {
            for (BatchedRow& row : batch.rows) {
                ++rows_run;
                const auto end = row.request->rows[row.row].end_index;
                for (std::size_t i = 0; i < row.values.size(); ++i) {
                    row.values[i].fill(static_cast<float>(end * 100 + i));
                }
                row.finite = end != 77;
            }
        }
    }
    std::size_t rows_run = 0;

  private:
    std::array<std::size_t, kContextBuckets.size()> rows_{};
    std::string id_ = "fake-network";
};

// Stocks: close and low from the network; coins: nothing from it.
ForecasterChoice some_choice() {
    ForecasterChoice choice;
    choice.network = "fake-network";
    choice.parameters = content_id(classical_parameters_json(some_classical_parameters()));
    ClassChoice& stocks = choice.classes[0].emplace();
    stocks[0] = {Server::network, Server::garch, 0.99, 0.995, 0.01, 0.994};
    stocks[1] = {Server::anchored, Server::anchored, 0.9, 0.95, 0.03, 0.85};
    stocks[2] = {Server::network, Server::anchored, 0.81, 0.83, 0.01, 0.83};
    stocks[3] = {Server::ewma, Server::ewma, 1.2, 1.3, 0.1, 1};
    ClassChoice& coins = choice.classes[1].emplace();
    coins[0].server = coins[0].fallback = Server::garch;
    for (std::size_t c = 1; c < kSeriesCount; ++c) {
        coins[c].server = coins[c].fallback = Server::anchored;
    }
    return choice;
}

std::unique_ptr<RoutedForecaster> some_forecaster() {
    return std::make_unique<RoutedForecaster>(some_choice(), some_classical_parameters(),
                                              std::make_unique<BatchedFake>());
}

ForecastRequest request_of(const std::string& symbol, const std::vector<std::uint32_t>& ends,
                           std::uint32_t horizon = 2) {
    ForecastRequest request;
    request.series = random_bars(symbol, 120, symbol.size());
    request.symbol = request.series->symbol;
    request.horizon = horizon;
    for (const std::uint32_t end : ends) request.rows.push_back({end});
    return request;
}

Forecast ask(Forecaster& forecaster, const ForecastRequest& request) {
    return forecaster.forecast(std::span(&request, 1)).front();
}

}  // namespace

TEST_CASE("each class and channel is served by the forecaster of the choice") {
    const auto parameters = some_classical_parameters();
    const auto garch = make_classical_forecaster(ClassicalKind::garch, parameters);
    const auto anchored = make_classical_forecaster(ClassicalKind::anchored, parameters);
    EwmaForecaster ewma({0.94, true});
    const auto forecaster = some_forecaster();
    CHECK(forecaster->minimum_points() == 20);
    CHECK(forecaster->maximum_points() == 0);

    const auto stock = request_of("AAA", {100, 25, 60});
    const Forecast forecast = ask(*forecaster, stock);
    REQUIRE(forecast.refusal.empty());
    CHECK(forecast.producer == forecaster->id());
    const Forecast by_garch = ask(*garch, stock);
    const Forecast by_anchored = ask(*anchored, stock);
    const Forecast by_ewma = ask(ewma, stock);
    for (std::size_t step = 0; step < 2; ++step) {
        for (std::size_t row = 0; row < 3; ++row) {
            CHECK(forecast.at(row, step, Series::high) == by_anchored.at(row, step, Series::high));
            CHECK(forecast.at(row, step, Series::open) == by_ewma.at(row, step, Series::open));
        }
        CHECK(forecast.at(0, step, Series::close)[0] == static_cast<float>(10000 + 4 * step));
        CHECK(forecast.at(2, step, Series::low)[8] == static_cast<float>(6000 + 4 * step + 2));
        // 24 moves are too few for the network: the best classical forecaster answers.
        CHECK(forecast.at(1, step, Series::close) == by_garch.at(1, step, Series::close));
        CHECK(forecast.at(1, step, Series::low) == by_anchored.at(1, step, Series::low));
    }
    const auto coin = request_of("BTCUSD", {50});
    const Forecast of_coin = ask(*forecaster, coin);
    CHECK(of_coin.at(0, 1, Series::close) == ask(*garch, coin).at(0, 1, Series::close));
    CHECK(of_coin.at(0, 0, Series::low) == ask(*anchored, coin).at(0, 0, Series::low));
}

TEST_CASE("batches and direct calls give the same bits") {
    tradewind::test::law("whatever the requests", [] {
        const auto forecaster = some_forecaster();
        std::vector<ForecastRequest> requests;
        const auto count = *rc::gen::inRange<std::size_t>(1, 5);
        for (std::size_t i = 0; i < count; ++i) {
            const char* const symbol = *rc::gen::element("AAA", "BB", "BTCUSD", "ETHUSDT");
            auto ends = *rc::gen::container<std::vector<std::uint32_t>>(
                rc::gen::inRange<std::uint32_t>(15, 122));
            if (ends.empty()) ends.push_back(40);
            requests.push_back(request_of(symbol, ends, *rc::gen::inRange<std::uint32_t>(1, 4)));
        }
        const auto direct = forecaster->forecast(requests);
        const auto queued = answer_all(*some_forecaster(), requests);
        for (std::size_t i = 0; i < count; ++i) {
            RC_ASSERT(direct[i].refusal.empty() == queued[i].refusal.empty());
            RC_ASSERT(direct[i].values == queued[i].values);
            const Forecast alone = ask(*some_forecaster(), requests[i]);
            RC_ASSERT(alone.values == direct[i].values);
        }
    });
}

TEST_CASE("the network runs for the rows that it serves and no others") {
    auto owned = std::make_unique<BatchedFake>();
    BatchedFake& network = *owned;
    RoutedForecaster forecaster(some_choice(), some_classical_parameters(), std::move(owned));
    REQUIRE(forecaster.batched() != nullptr);
    const std::vector<ForecastRequest> requests = {request_of("BTCUSD", {50, 60}),
                                                   request_of("AAA", {25, 50, 60})};
    (void)answer_all(forecaster, requests);
    CHECK(network.rows_run == 2);
    const auto refused = ask(forecaster, request_of("AAA", {50, 77}));
    CHECK_FALSE(refused.refusal.empty());
    CHECK(refused.values.empty());
}

TEST_CASE("a choice that belongs to other parts is refused") {
    auto choice = some_choice();
    CHECK_THROWS_AS(RoutedForecaster(choice, some_classical_parameters(), nullptr), Error);
    choice.parameters = "other";
    CHECK_THROWS_AS(
        RoutedForecaster(choice, some_classical_parameters(), std::make_unique<BatchedFake>()),
        Error);
    choice = some_choice();
    choice.classes[0].reset();
    const RoutedForecaster classical(choice, some_classical_parameters(), nullptr);
    CHECK(classical.id() != some_forecaster()->id());

    const ScratchFolder folder;
    ForecasterOptions options;
    options.model = "auto";
    options.parameters = {{"folder", folder.path()}};
    CHECK_THROWS_AS(open_forecaster(options), Error);
    write_record_text(folder.file("classical.json"),
                      classical_parameters_json(some_classical_parameters()));
    write_record_text(folder.file("choice.json"), forecaster_choice_json(choice));
    CHECK(open_forecaster(options)->id() == classical.id());
    write_record_text(folder.file("choice.json"), forecaster_choice_json(some_choice()));
    CHECK_THROWS_AS(open_forecaster(options), Error);  // names a network that is not there
    options.parameters = {{"lambda", "0.9"}};
    CHECK_THROWS_AS(open_forecaster(options), Error);
}

TEST_CASE("the shipped models belong together") {
    ForecasterOptions options;
    options.model = "auto";
    const auto routed = open_forecaster(options);
    options.model = "embedded";
    const auto network = open_forecaster(options);
    options.model = "anchored";
    const auto anchored = open_forecaster(options);
    const auto request = request_of("AAA", {30, 100, 120});
    const Forecast forecast = ask(*routed, request);
    REQUIRE(forecast.refusal.empty());
    const ClassChoice choice =
        dynamic_cast<const RoutedForecaster&>(*routed).choice().of(*request.series);
    const auto longer = request_of("AAA", {100, 120});
    for (std::size_t c = 0; c < kSeriesCount; ++c) {
        const auto channel = static_cast<Series>(c);
        INFO(name_of(channel) << " by " << name_of(choice[c].server));
        if (choice[c].server == Server::network) {
            CHECK(forecast.at(1, 1, channel) == ask(*network, longer).at(0, 1, channel));
        }
        if (choice[c].server == Server::anchored) {
            CHECK(forecast.at(0, 1, channel) == ask(*anchored, request).at(0, 1, channel));
        }
    }
}

TEST_CASE("the choice follows the rule") {
    Verification verification;
    verification.parameters = "abc";
    ClassScore& score = verification.classes.emplace_back();
    score.hold_out = HoldOut::unseen;
    for (ChannelScore& channel : score.channels) {
        channel.series = 3;
        channel.times = 100;
        channel.against_ewma = {0.99, 1, 0.995, 0.997, 0.996, 1.2};
        channel.model_against[1] = {0.99, 0.98, 0.999};
        for (std::size_t q = 0; q < kDeciles; ++q) {
            channel.coverage[0][q] = static_cast<double>(q + 1) / 10 + 0.019;
        }
    }
    score.channels[1].model_against[1].high = 1.001;  // not clear
    score.channels[2].coverage[0][8] = 0.87;          // 3 points off
    score.channels[3].against_ewma[4] = 0.5;          // anchored is better
    const auto choice = choose_forecasters(verification, "net");
    REQUIRE(choice.classes[0]);
    CHECK_FALSE(choice.classes[1]);
    const ClassChoice& chosen = *choice.classes[0];
    CHECK(chosen[0].server == Server::network);
    CHECK(chosen[0].fallback == Server::ewma_empirical);
    CHECK(chosen[1].server == Server::ewma_empirical);
    CHECK(chosen[2].server == Server::ewma_empirical);
    CHECK(chosen[3].server == Server::anchored);
    CHECK(choose_forecasters(verification, "").classes[0]->front().server ==
          Server::ewma_empirical);
    // The close is never anchored, and (i) itself may be the best.
    score.channels[0].against_ewma = {0.99, 1, 1.001, 1.002, 0.9, 1.2};
    CHECK(choose_forecasters(verification, "net").classes[0]->front().fallback == Server::ewma);

    const auto text = forecaster_choice_json(choice);
    CHECK(parse_forecaster_choice(text, "text") == choice);
    CHECK(forecaster_choice_json(parse_forecaster_choice(text, "text")) == text);
}

TEST_CASE("a broken choice is refused") {
    using Json = nlohmann::json;
    const auto text = forecaster_choice_json(some_choice());
    const std::string low = "/classes/daily_stocks/low";
    const std::pair<std::string, Json> changes[] = {
        {"/format", "tradewind-classical"},
        {"/version", 9},
        {"/network", ""},
        {"/network", 7},
        {"/classes/weekly", Json::object()},
        {low + "/forecaster", "oracle"},
        {low + "/fallback", "network"},
        {low + "/network_score", -1},
        {low + "/fallback_score", "best"},
        {low + "/extra", 1},
    };
    for (const auto& [pointer, value] : changes) {
        INFO(pointer);
        Json json = Json::parse(text);
        json[Json::json_pointer(pointer)] = value;
        CHECK_THROWS_AS(parse_forecaster_choice(json.dump(), "text"), Error);
    }
    Json json = Json::parse(text);
    json["classes"]["daily_stocks"].erase("open");
    CHECK_THROWS_AS(parse_forecaster_choice(json.dump(), "text"), Error);
    CHECK_THROWS_AS(parse_forecaster_choice("{", "text"), Error);
}

}  // namespace tradewind::model::test
