#include "actors/execution/execution_stage.hpp"

#include <map>

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

std::vector<strategy::SymbolInfo> two_symbols() {
    std::vector<strategy::SymbolInfo> symbols(2);
    symbols[0].instrument.symbol = Symbol("AAA");
    symbols[1].slot = 1;
    symbols[1].instrument.symbol = Symbol("BBB");
    return symbols;
}

Intent intent_of(const char* symbol, const char* decision, Role role, int quantity) {
    Intent intent;
    intent.decision_id = decision;
    intent.strategy = "s";
    intent.symbol = Symbol(symbol);
    intent.role = role;
    intent.side = role == Role::entry ? Side::buy : Side::sell;
    intent.quantity = Quantity::whole(quantity);
    intent.leg = role == Role::entry ? "open" : "close";
    return intent;
}

OrderEvent event_of(const std::string& id, OrderEventKind kind, int filled = 0) {
    OrderEvent event;
    event.kind = kind;
    event.order_id = id;
    event.symbol = Symbol(id.find("BBB") != std::string::npos ? "BBB" : "AAA");
    if (filled > 0) {
        Fill fill;
        fill.fill_id = id + "#1";
        fill.order_id = id;
        fill.symbol = event.symbol;
        fill.quantity = Quantity::whole(filled);
        fill.price = Price::whole(1);
        event.fill = fill;
    }
    return event;
}

PlanRequest plan_of(std::vector<Intent> intents, std::vector<CancelIntent> cancels = {}) {
    PlanRequest request;
    request.intents = std::move(intents);
    request.cancels = std::move(cancels);
    return request;
}

}  // namespace

TEST_CASE("a decision names its orders, and is formed once however often it comes") {
    ExecutionStage stage(two_symbols());
    const auto plan = plan_of({intent_of("AAA", "s.AAA.1", Role::entry, 3)});
    const auto first = stage.plan(plan);
    REQUIRE(first.orders.size() == 1);
    CHECK(first.orders[0].order_id == "s.AAA.1.open");
    CHECK(stage.plan(plan).orders.empty());
}

TEST_CASE("a market order is good till canceled where there are no days") {
    auto symbols = two_symbols();
    symbols[1].instrument.times_in_force = 1U << static_cast<unsigned>(TimeInForce::gtc) |
                                           1U << static_cast<unsigned>(TimeInForce::ioc);
    ExecutionStage stage(symbols);
    const auto reply = stage.plan(plan_of({intent_of("AAA", "s.AAA.1", Role::entry, 1),
                                           intent_of("BBB", "s.BBB.1", Role::entry, 1)}));
    REQUIRE(reply.orders.size() == 2);
    CHECK(reply.orders[0].time_in_force == TimeInForce::day);
    CHECK(reply.orders[1].time_in_force == TimeInForce::gtc);
}

TEST_CASE("orders leave by symbol, whatever the order of the intents") {
    ExecutionStage stage(two_symbols());
    const auto reply = stage.plan(plan_of({intent_of("BBB", "s.BBB.1", Role::entry, 1),
                                           intent_of("AAA", "s.AAA.1", Role::entry, 1)}));
    REQUIRE(reply.orders.size() == 2);
    CHECK(reply.orders[0].symbol == Symbol("AAA"));
}

TEST_CASE("a turn waits for the cancel of a working entry and closes what was filled") {
    ExecutionStage stage(two_symbols());
    (void)stage.plan(plan_of({intent_of("AAA", "s.AAA.1", Role::entry, 10)}));
    (void)stage.apply({event_of("s.AAA.1.open", OrderEventKind::accepted),
                       event_of("s.AAA.1.open", OrderEventKind::filled, 4)});

    auto close = intent_of("AAA", "s.AAA.2", Role::exit, 0);
    const auto waiting = stage.plan(plan_of({close, intent_of("AAA", "s.AAA.2", Role::entry, 10)},
                                            {{"s", Symbol("AAA"), Role::entry, "turn"}}));
    CHECK(waiting.cancel_ids == std::vector<std::string>{"s.AAA.1.open"});
    CHECK(waiting.orders.empty());

    const auto applied = stage.apply({event_of("s.AAA.1.open", OrderEventKind::canceled)});
    CHECK(applied.ready);
    const auto formed = stage.plan(plan_of({}));
    REQUIRE(formed.orders.size() == 2);
    CHECK(formed.orders[0].order_id == "s.AAA.2.close");
    CHECK(formed.orders[0].quantity == Quantity::whole(4));
    CHECK(formed.orders[0].side == Side::sell);
    CHECK(formed.orders[1].order_id == "s.AAA.2.open");
}

TEST_CASE("a second delivery of an execution changes nothing") {
    ExecutionStage stage(two_symbols());
    (void)stage.plan(plan_of({intent_of("AAA", "s.AAA.1", Role::entry, 10)}));
    const auto fill = event_of("s.AAA.1.open", OrderEventKind::filled, 10);
    CHECK(stage.apply({fill}).events.size() == 1);
    CHECK(stage.apply({fill}).events.empty());
    CHECK(stage.held("s", 0) == Quantity::whole(10));
    CHECK(stage.apply({event_of("unknown.order", OrderEventKind::accepted)}).events.empty());
}

TEST_CASE("a halt cancels entries, keeps exits, and flattens only when told to") {
    for (const bool flatten : {false, true}) {
        ExecutionStage stage(two_symbols());
        (void)stage.plan(plan_of({intent_of("AAA", "s.AAA.1", Role::entry, 10)}));
        (void)stage.apply({event_of("s.AAA.1.open", OrderEventKind::filled, 10)});
        (void)stage.plan(plan_of({intent_of("AAA", "s.AAA.2", Role::exit, 10),
                                  intent_of("BBB", "s.BBB.2", Role::entry, 5)}));
        HaltTrading halt;
        halt.flatten = flatten;
        auto request = plan_of({});
        request.halts.push_back(halt);
        const auto reply = stage.plan(request);
        using Ids = std::vector<std::string>;
        CHECK(reply.cancel_ids ==
              (flatten ? Ids{"s.AAA.2.close", "s.BBB.2.open"} : Ids{"s.BBB.2.open"}));
        CHECK(reply.orders.empty());  // the flattening exit waits for the cancel
        if (!flatten) continue;
        (void)stage.apply({event_of("s.AAA.2.close", OrderEventKind::canceled)});
        const auto flat = stage.plan(plan_of({}));
        REQUIRE(flat.orders.size() == 1);
        CHECK(flat.orders[0].quantity == Quantity::whole(10));
        CHECK(flat.orders[0].role == Role::exit);
    }
}

TEST_CASE("a rejected bracket entry takes its exits with it") {
    ExecutionStage stage(two_symbols());
    auto entry = intent_of("AAA", "s.AAA.1", Role::entry, 10);
    entry.exit_plan.target = Price::whole(2);
    (void)stage.plan(plan_of({entry}));
    const auto applied = stage.apply({event_of("s.AAA.1.open", OrderEventKind::rejected)});
    REQUIRE(applied.events.size() == 2);
    CHECK(applied.events[1].event.order_id == "s.AAA.1.open.target");
    CHECK(applied.events[1].closed);
}

TEST_CASE("what fills while a flatten cancels it is left as well") {
    ExecutionStage stage(two_symbols());
    (void)stage.plan(plan_of({intent_of("AAA", "s.AAA.1", Role::entry, 10)}));
    auto request = plan_of({});
    request.halts.push_back({});
    request.halts.back().flatten = true;
    CHECK(stage.plan(request).cancel_ids == std::vector<std::string>{"s.AAA.1.open"});
    (void)stage.apply({event_of("s.AAA.1.open", OrderEventKind::filled, 7),
                       event_of("s.AAA.1.open", OrderEventKind::canceled)});
    const auto flat = stage.plan(plan_of({}));
    REQUIRE(flat.orders.size() == 1);
    CHECK(flat.orders[0].quantity == Quantity::whole(7));
    CHECK(flat.orders[0].type == OrderType::market);  // nobody says a price here
}

TEST_CASE("a flatten leaves every strategy's position in a symbol") {
    ExecutionStage stage(two_symbols());
    stage.restore_position("first", 0, Quantity::whole(5));
    stage.restore_position("second", 0, Quantity::whole(3));
    auto request = plan_of({});
    request.halts.push_back({});
    request.halts.back().flatten = true;
    std::map<std::string, Quantity> left;
    auto reply = stage.plan(request);
    for (int i = 0; i < 5; ++i) {
        for (const auto& order : reply.orders) {
            left[order.strategy] += order.quantity;
            auto filled = event_of(order.order_id, OrderEventKind::filled, 1);
            filled.fill->side = order.side;
            filled.fill->quantity = order.quantity;
            (void)stage.apply({filled});
        }
        reply = stage.plan(plan_of({}));
    }
    CHECK(left == std::map<std::string, Quantity>{{"first", Quantity::whole(5)},
                                                  {"second", Quantity::whole(3)}});
    CHECK_FALSE(stage.leaves_urgently());
}

TEST_CASE("works under way are those that the records say have not ended") {
    const auto record = [](const char* symbol, const char* name, const char* status) {
        ledger::PlanRecord plan;
        plan.plan_id = std::string(kOrderWorkPlan) + '.' + symbol + '.' + name;
        plan.kind = kOrderWorkPlan;
        plan.symbol = Symbol(symbol);
        plan.status = status;
        plan.closed = plan.status == "ended";
        return plan;
    };
    WorkKeys works;
    ledger::PlanRecord other;
    other.plan_id = other.kind = "loss_marks";
    note_works(
        {record("BRK.B", "buy.entry", "initializing"), other,
         record("AAA", "sell.exit", "initializing"), record("AAA", "sell.entry", "awaiting_price")},
        works);
    CHECK(works == WorkKeys{{Symbol("BRK.B"), Side::buy, Role::entry},
                            {Symbol("AAA"), Side::sell, Role::exit},
                            {Symbol("AAA"), Side::sell, Role::entry}});
    note_works({record("BRK.B", "buy.entry", "ended"), record("AAA", "sell.entry", "cancelling")},
               works);
    CHECK(works == WorkKeys{{Symbol("AAA"), Side::sell, Role::exit}});
}
