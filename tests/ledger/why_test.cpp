#include "ledger/why.hpp"

#include <nlohmann/json.hpp>

#include "ledger/event_store.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/ledger/fake_run.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::TemporaryFolder;

TEST_CASE("every fill, order and decision of a run is explained down to its decision") {
    const TemporaryFolder folder;
    test::FakeRunOptions options;
    options.days = 12;
    options.report = false;
    test::play_fake_run(folder / "run", options);
    const auto state = read_store(folder / "run" / kStoreFile, true).state;
    REQUIRE(state.fills().size() > 3);
    const auto& fill = state.fills()[2].fill;
    const auto& order = state.find_order(fill.order_id)->order;

    const auto of_fill = nlohmann::json::parse(explain_json(folder / "run", fill.fill_id));
    REQUIRE(of_fill["fills"].size() == 1);
    CHECK(of_fill["fills"][0]["price"] == fill.price.to_string());
    REQUIRE(of_fill["orders"].size() == 1);
    CHECK(of_fill["orders"][0]["order_id"] == fill.order_id);
    CHECK(of_fill["decision"]["decision_id"] == order.decision_id);
    REQUIRE(of_fill["verdicts"].size() == 1);
    CHECK(of_fill["verdicts"][0]["said"] == "accepted");
    REQUIRE(of_fill["forecasts"].size() == 1);
    CHECK(of_fill["forecasts"][0]["time"] == of_fill["decision"]["time"]);

    const auto of_order = nlohmann::json::parse(explain_json(folder / "run", fill.order_id));
    CHECK(of_order["fills"].size() >= 1);
    const auto of_decision = nlohmann::json::parse(explain_json(folder / "run", order.decision_id));
    CHECK(of_decision["orders"] == of_order["orders"]);
    const auto text = explain_text(folder / "run", fill.fill_id);
    std::size_t at = 0;
    for (const auto* const part :
         {"fill\n", "<- order", "<- verdict", "<- decision", "<- forecast"}) {
        CAPTURE(part, text);
        at = text.find(part, at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("an unknown id is a matter of usage and near ones are named") {
    const TemporaryFolder folder;
    test::FakeRunOptions options;
    options.days = 5;
    options.report = false;
    test::play_fake_run(folder / "run", options);
    try {
        (void)explain_text(folder / "run", "fake.AAPL");
        FAIL("an unknown id was explained");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::usage);
        CHECK(std::string(error.what()).find("did you mean fake.AAPL.2024") != std::string::npos);
    }
    CHECK_THROWS_AS(explain_text(folder.path(), "x"), Error);
}
