// What a pass may size by: the account as it stands at the pass's own step.
#include "actors/gateway/gateway_stage.hpp"

#include "market/instruments.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

const Symbol kShare("AAA");
const Timestamp kStart = utc_midnight(*parse_date("2026-03-02")) + 15 * kHour;

struct Desk {
    Desk() : stage(settings(), symbols()) {}
    static GatewaySettings settings() {
        GatewaySettings result;
        result.initial_cash = Money::whole(1000);
        result.leverage_cap = Fraction::whole(1);
        result.limits.gross_exposure = Fraction::whole(1);
        result.snapshots = true;
        return result;
    }
    static std::vector<strategy::SymbolInfo> symbols() {
        std::vector<strategy::SymbolInfo> one(1);
        one[0].instrument = market::default_instrument(kShare, AssetClass::us_equity);
        return one;
    }
    // The step `number`, a second after the one before; a pass where the session opens.
    BookReply step(int number, bool opens, std::vector<AppliedEvent> events = {},
                   bool reachable = true) {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step = {static_cast<std::uint64_t>(number), kStart + number * kSecond};
        if (opens) inputs->sessions.push_back({SessionPhase::opened, utc_date(kStart), false});
        if (!reachable) inputs->broker_states.push_back({false, "the broker does not answer"});
        BookRequest request;
        request.inputs = inputs;
        request.events = std::move(events);
        return stage.book(std::move(request));
    }
    static AppliedEvent bought(const char* id, int quantity) {
        AppliedEvent applied;
        applied.event.kind = OrderEventKind::filled;
        applied.event.order_id = id;
        applied.event.symbol = kShare;
        Fill fill;
        fill.fill_id = id;
        fill.symbol = kShare;
        fill.quantity = Quantity::whole(quantity);
        fill.price = Price::whole(10);
        fill.fee = Money::whole(1);
        applied.event.fill = fill;
        return applied;
    }
    GatewayStage stage;
};

}  // namespace

TEST_CASE("I-19 a pass sizes by the account of its own step, after the last fill", "[gateway]") {
    Desk desk;
    const BookReply first = desk.step(1, true);
    REQUIRE(first.account);
    CHECK(first.account->as_of == kStart + kSecond);
    CHECK(first.headroom->as_of == first.account->as_of);
    CHECK(first.account->cash == Money::whole(1000));
    CHECK(first.headroom->buying_power == Money::whole(1000));
    // Between passes there is no account to size by.
    CHECK_FALSE(desk.step(2, false, {Desk::bought("a", 20)}).account);
    // Fills of earlier steps and of this one are in it.
    const BookReply second = desk.step(3, true, {Desk::bought("b", 30)});
    REQUIRE(second.account);
    CHECK(second.account->as_of == kStart + 3 * kSecond);
    CHECK(second.account->cash == Money::whole(498));
    CHECK(second.account->positions.at(kShare).quantity == Quantity::whole(50));
    CHECK(second.headroom->equity == Money::whole(998));
    CHECK(second.headroom->gross_exposure == Money::whole(500));
    CHECK(second.headroom->buying_power == Money::whole(498));
    // What is not known lets nothing in.
    const BookReply third = desk.step(4, true, {}, false);
    REQUIRE(third.headroom);
    CHECK_FALSE(third.headroom->entries_allowed);
    CHECK(third.headroom->reason == "the broker does not answer");
}

TEST_CASE("I-8 the account of a pass says which strategy holds what, adopted positions too",
          "[gateway]") {
    Desk desk;
    auto inputs = std::make_shared<StepInputs>();
    inputs->step = {1, kStart};
    inputs->due.emplace_back();
    auto& adopted = inputs->adjustments.emplace_back();
    adopted.symbol = kShare;
    adopted.strategy = "adopted";
    adopted.quantity = Quantity::whole(7);
    adopted.price = Price::whole(10);
    BookRequest request;
    request.inputs = inputs;
    auto bought = Desk::bought("a", 3);
    bought.event.fill->strategy = "maxdiff";
    request.events.push_back(std::move(bought));
    const auto holdings = desk.stage.book(std::move(request)).holdings;
    REQUIRE(holdings.size() == 1);
    std::map<std::string, Quantity> by_strategy;
    for (const auto& part : holdings.at(kShare)) by_strategy[part.strategy] = part.quantity;
    CHECK(by_strategy == std::map<std::string, Quantity>{{"adopted", Quantity::whole(7)},
                                                         {"maxdiff", Quantity::whole(3)}});
}
