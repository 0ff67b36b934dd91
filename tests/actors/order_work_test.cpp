// Works of orders through the stages of a step: the market moves, execution works, the gateway
// judges, what is durable comes before what is sent.
#include <algorithm>

#include "actors/execution/execution_stage.hpp"
#include "actors/gateway/gateway_stage.hpp"
#include "actors/step/step_machine.hpp"
#include "market/instruments.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

const Timestamp kTen = *parse_time("2024-06-12T14:00:00Z");  // Wednesday, 10:00 New York

std::vector<strategy::SymbolInfo> two_shares() {
    std::vector<strategy::SymbolInfo> symbols(2);
    for (std::size_t slot = 0; slot < 2; ++slot) {
        symbols[slot].slot = static_cast<SlotId>(slot);
        symbols[slot].instrument =
            market::default_instrument(Symbol(slot == 0 ? "AAA" : "BBB"), AssetClass::us_equity);
    }
    return symbols;
}

GatewaySettings books(const char* cash) {
    GatewaySettings settings;
    settings.initial_cash = Money::of(cash);
    settings.limits = orders::RiskLimits::standard(Fraction::whole(2));
    settings.leverage_cap = Fraction::whole(1);
    return settings;
}

// Fills what the touch reaches; answers at once.
struct Touch {
    std::vector<OrderEvent> market(const StepInputs& inputs) {
        std::vector<OrderEvent> events;
        for (const auto& quote : inputs.quotes) newest[quote.quote.symbol] = quote.quote;
        for (auto& [id, order] : open) {
            if (order.has_value()) match(id, order, inputs.step.time, events);
        }
        std::erase_if(open, [](const auto& each) { return !each.second.has_value(); });
        return events;
    }
    std::vector<OrderEvent> send(const SendRequest& request) {
        std::vector<OrderEvent> events;
        for (const auto& id : request.cancel_ids) {
            const auto found = open.find(id);
            if (found == open.end()) continue;
            events.push_back(event(*found->second, OrderEventKind::canceled, request.now));
            open.erase(found);
        }
        for (const auto& order : request.orders) {
            sent.push_back(order);
            open[order.order_id] = order;
            events.push_back(event(order, OrderEventKind::accepted, request.now));
        }
        return events;
    }

    std::map<std::string, std::optional<Order>> open;
    std::vector<Order> sent;
    std::map<Symbol, Quote> newest;

  private:
    static OrderEvent event(const Order& order, OrderEventKind kind, Timestamp now) {
        OrderEvent event;
        event.kind = kind;
        event.order_id = order.order_id;
        event.symbol = order.symbol;
        event.time = now;
        return event;
    }
    void match(const std::string& id, std::optional<Order>& order, Timestamp now,
               std::vector<OrderEvent>& events) {
        const auto& quote = newest[order->symbol];
        const bool buy = order->side == Side::buy;
        const Price touch = buy ? quote.ask : quote.bid;
        const bool reached = order->type == OrderType::market ||
                             (buy ? order->limit_price >= touch : order->limit_price <= touch);
        if (!reached) return;
        auto filled = event(*order, OrderEventKind::filled, now);
        Fill fill;
        fill.fill_id = id + "#1";
        fill.order_id = id;
        fill.symbol = order->symbol;
        fill.time = now;
        fill.side = order->side;
        fill.quantity = order->quantity;
        fill.price = touch;
        filled.fill = fill;
        events.push_back(std::move(filled));
        order.reset();
    }
};

struct Killed {};

// Runs the step machine over the stages, with what is decided given by the test.
struct Desk {
    explicit Desk(const char* cash = "100000") : Desk(two_shares(), books(cash)) {}
    Desk(std::vector<strategy::SymbolInfo> traded, const GatewaySettings& settings)
        : symbols(std::move(traded)), execution(symbols), gateway(settings, symbols) {}

    void step(std::int64_t seconds, const char* bid_a, const char* bid_b,
              strategy::Wanted wanted = {}, std::vector<HaltTrading> halts = {}) {
        auto inputs = std::make_shared<StepInputs>();
        now = now + seconds * kSecond;
        inputs->step = {++number, now};
        inputs->halts = std::move(halts);
        for (const auto& [slot, bid] : {std::pair(0U, bid_a), std::pair(1U, bid_b)}) {
            Quote quote;
            quote.symbol = symbols[slot].instrument.symbol;
            quote.time = now;
            quote.bid = Price::of(bid);
            quote.ask = quote.bid + spread;
            inputs->quotes.push_back({slot, quote});
        }
        machine.begin(inputs);
        next = std::move(wanted);
        while (!machine.done()) {
            std::visit([this](auto& asked) { ask(asked); }, machine.call());
        }
    }
    void ask(std::monostate) {}
    void ask(const MarketCall& call) { machine.answer_events(broker.market(*call.inputs)); }
    void ask(const OpenCall&) { machine.answer_events({}); }
    void ask(const EndCall&) { machine.answer_events({}); }
    void ask(ApplyCall& call) { machine.answer(execution.apply(std::move(call.events))); }
    void ask(const ValueCall& call) { machine.answer(gateway.value(*call.inputs)); }
    void ask(BookRequest& call) { machine.answer(gateway.book(std::move(call))); }
    void ask(DecideRequest& call) {
        DecideReply reply;
        reply.events = std::move(call.events);
        if (call.inputs) reply.wanted = std::exchange(next, {});
        machine.answer(std::move(reply));
    }
    void ask(PlanRequest& call) {
        ++planned;
        machine.answer(execution.plan(std::move(call)));
    }
    void ask(AssessRequest& call) {
        auto reply = gateway.assess(std::move(call));
        refused += reply.refusals.size();
        machine.answer(std::move(reply));
    }
    void ask(RecordRequest& call) {
        for (const auto& order : call.orders) durable.push_back(order.order_id);
        for (const auto& plan : call.plans) plans[plan.plan_id] = plan;
        if (dies_after_record) throw Killed{};
        machine.answer_recorded(std::move(call.orders));
    }
    void ask(SendRequest& call) {
        for (const auto& order : call.orders) {
            CHECK(std::find(durable.begin(), durable.end(), order.order_id) != durable.end());
        }
        machine.answer_events(broker.send(call));
    }

    std::vector<strategy::SymbolInfo> symbols;
    ExecutionStage execution;
    GatewayStage gateway;
    StepMachine machine;
    Price spread = Price::of("0.02");
    bool dies_after_record = false;
    Touch broker;
    strategy::Wanted next;
    std::vector<std::string> durable;
    std::map<std::string, ledger::PlanRecord> plans;
    Timestamp now = kTen;
    std::uint64_t number = 0;
    std::size_t refused = 0;
    int planned = 0;
};

strategy::Wanted wanted(WorkKind kind, const char* symbol, const char* limit, int quantity,
                        double forecast = 0.01) {
    OrderWork work;
    work.kind = kind;
    const bool entry = kind == WorkKind::watch_entry || kind == WorkKind::ramp_entry;
    work.intent.decision_id = std::string("maxdiff.") + symbol + (entry ? ".1" : ".2");
    work.intent.strategy = "maxdiff";
    work.intent.symbol = Symbol(symbol);
    work.intent.side = entry ? Side::buy : Side::sell;
    work.intent.role = entry ? Role::entry : Role::exit;
    work.intent.limit_price = Price::of(limit);
    work.intent.quantity = Quantity::whole(quantity);
    work.intent.leg = entry ? "open" : "close";
    work.intent.reason = "because";
    work.forecast_pnl = forecast;
    strategy::Wanted wanted;
    wanted.works.push_back(std::move(work));
    return wanted;
}

}  // namespace

TEST_CASE("execution works an entry into a position and an exit out of it, step by step") {
    Desk desk;
    desk.step(15, "102", "50");
    CHECK(desk.planned == 0);  // nothing is worked: no step plans
    desk.step(15, "102", "50", wanted(WorkKind::watch_entry, "AAA", "100", 100));
    for (int i = 0; i < 10; ++i) desk.step(15, "102", "50");
    CHECK(desk.broker.sent.empty());
    CHECK(desk.planned == 11);
    CHECK(desk.plans.at("order_work.AAA.buy.entry").kind == kOrderWorkPlan);
    desk.step(15, "100.2", "50");
    REQUIRE(desk.broker.sent.size() == 1);
    CHECK(desk.broker.sent[0].order_id == "maxdiff.AAA.1.open");
    desk.step(15, "99.9", "50");  // reached
    CHECK(desk.execution.held("maxdiff", 0) == Quantity::whole(100));
    desk.step(15, "99.9", "50");
    CHECK(desk.plans.at("order_work.AAA.buy.entry").closed);

    desk.step(15, "99.9", "50", wanted(WorkKind::gradual_exit, "AAA", "0", 100));
    int steps = 0;
    while (!desk.execution.held("maxdiff", 0).is_zero() && steps < 600) {
        desk.step(15, "99.9", "50");
        ++steps;
    }
    CHECK(desk.execution.held("maxdiff", 0).is_zero());
    CHECK(steps > 20);   // its first limits are better than the market
    CHECK(steps < 400);  // at market after 80 minutes at the latest
    CHECK(desk.refused == 0);
    desk.step(15, "99.9", "50");
    const auto before = desk.planned;
    desk.step(15, "99.9", "50");
    CHECK(desk.planned == before);
}

TEST_CASE("a halt withdraws the entries that are worked, an exit goes on") {
    Desk desk;
    desk.step(15, "100.1", "50", wanted(WorkKind::watch_entry, "AAA", "100", 100));
    desk.step(15, "99", "50");
    desk.step(15, "99", "50");
    desk.step(15, "99", "50", wanted(WorkKind::gradual_exit, "AAA", "0", 100));
    desk.step(15, "99", "50.1", wanted(WorkKind::watch_entry, "BBB", "50", 100));
    desk.step(15, "99", "50.1");
    REQUIRE(desk.broker.open.contains("maxdiff.BBB.1.open"));
    auto inputs = std::make_shared<StepInputs>();
    inputs->step = {++desk.number, desk.now};
    inputs->halts.push_back({});
    desk.machine.begin(inputs);
    while (!desk.machine.done()) {
        std::visit([&](auto& asked) { desk.ask(asked); }, desk.machine.call());
    }
    CHECK_FALSE(desk.broker.open.contains("maxdiff.BBB.1.open"));
    const auto sent = desk.broker.sent.size();
    for (int i = 0; i < 400; ++i) desk.step(15, "99", "50.1");
    CHECK(desk.execution.held("maxdiff", 0).is_zero());
    for (auto i = sent; i < desk.broker.sent.size(); ++i) {
        CHECK(desk.broker.sent[i].role == Role::exit);
    }
}

TEST_CASE("I-22 an entry that is short of money takes it from one that is farther away") {
    Desk desk("10100");
    desk.step(15, "100.5", "50.1", wanted(WorkKind::watch_entry, "AAA", "100", 55));
    desk.step(15, "100.5", "50.1");  // 0.52 % away: its order has 5500 reserved
    REQUIRE(desk.broker.open.contains("maxdiff.AAA.1.open"));
    desk.step(15, "100.5", "50.1", wanted(WorkKind::watch_entry, "BBB", "50", 100));
    desk.step(15, "100.5", "50.1");
    for (int i = 0; i < 2; ++i) desk.step(15, "100.5", "50.1");
    CHECK_FALSE(desk.broker.open.contains("maxdiff.AAA.1.open"));
    CHECK(desk.broker.open.contains("maxdiff.BBB.1.open"));
    CHECK(desk.refused == 0);
    // It does not come back at once: the other has the money.
    for (int i = 0; i < 5; ++i) desk.step(15, "100.5", "50.1");
    CHECK(desk.broker.open.size() == 1);
}

TEST_CASE("works are restored from their plans") {
    Desk desk;
    desk.step(15, "102", "50", wanted(WorkKind::watch_entry, "AAA", "100", 100));
    Desk again;
    again.machine = StepMachine({}, true);
    for (const auto& [id, plan] : desk.plans) again.execution.restore_work(plan.content);
    again.step(30, "100.2", "50");
    REQUIRE(again.broker.sent.size() == 1);
    CHECK(again.broker.sent[0].order_id == "maxdiff.AAA.1.open");
}

TEST_CASE("the first work of a day knows what it may spend") {
    Desk desk;
    desk.step(15, "100.1", "50", wanted(WorkKind::watch_entry, "AAA", "100", 100));
    CHECK(desk.broker.sent.size() == 1);
    Desk halted;
    halted.gateway.gateway().kill();
    halted.step(15, "100.1", "50", wanted(WorkKind::watch_entry, "AAA", "100", 100));
    CHECK(halted.broker.sent.empty());
    CHECK(halted.refused == 0);
}

TEST_CASE("an exit that is refused says so, how often and why") {
    auto settings = books("100000");
    settings.limits.death_spiral_rule = true;
    Desk desk(two_shares(), settings);
    desk.step(15, "100", "50", wanted(WorkKind::watch_entry, "AAA", "100", 100));
    desk.step(15, "99.9", "50");
    REQUIRE(desk.execution.held("maxdiff", 0) == Quantity::whole(100));
    desk.step(15, "95", "50", wanted(WorkKind::gradual_exit, "AAA", "0", 100));
    const auto& plan = desk.plans.at("order_work.AAA.sell.exit");
    CHECK(plan.status.starts_with("refused 1 times: closing at"));
    for (int i = 0; i < 100; ++i) desk.step(15, "95", "50");
    CHECK(plan.status.starts_with("refused " + std::to_string(desk.refused) + " times: closing"));
    CHECK(desk.refused > 3);
    CHECK_FALSE(plan.closed);
}

TEST_CASE(
    "I-40 a flatten leaves everything under the portfolio's limits, killed on the way or not") {
    const bool killed = GENERATE(false, true);
    const bool wide = GENERATE(false, true);  // no market order then
    INFO(killed << ' ' << wide);
    auto symbols = two_shares();
    symbols[1].utc_days = true;
    symbols[1].instrument = market::default_instrument(Symbol("BBBUSD"), AssetClass::crypto);
    Desk desk(symbols, books("100000"));
    REQUIRE(books("1").limits.death_spiral_rule);
    for (const auto& [symbol, limit] : {std::pair("AAA", "100"), std::pair("BBBUSD", "50")}) {
        auto entry = wanted(WorkKind::watch_entry, symbol, limit, 100);
        entry.works[0].intent.exit_plan.target = Price::of(limit) + Price::whole(2);
        desk.step(15, "100", "50", entry);
    }
    desk.step(15, "99.9", "49.9");
    desk.step(15, "99.9", "49.9");
    REQUIRE(desk.execution.held("maxdiff", 0) == Quantity::whole(100));
    REQUIRE(desk.execution.held("maxdiff", 1) == Quantity::whole(100));
    REQUIRE(desk.broker.open.size() == 2);  // their targets
    // Far below the last buys: only the operator's word lets these go.
    if (wide) desk.spread = Price::of("2");
    HaltTrading flatten;
    flatten.flatten = true;
    desk.dies_after_record = killed;
    Desk again(symbols, books("100000"));
    Desk* at = &desk;
    if (killed) {
        CHECK_THROWS_AS(desk.step(15, "94", "47", {}, {flatten}), Killed);
        at = &again;
        again.machine = StepMachine({}, true);
        again.now = desk.now;
        again.spread = desk.spread;
        again.broker = desk.broker;
        for (const auto& [id, plan] : desk.plans) {
            if (!plan.closed) again.execution.restore_work(plan.content);
        }
        for (SlotId slot = 0; slot < 2; ++slot) {
            const auto held = desk.execution.held("maxdiff", slot);
            again.execution.restore_position("maxdiff", slot, held);
            again.gateway.account().adopt_position(symbols[slot].instrument.symbol, "maxdiff", held,
                                                   Price::whole(50), again.now);
        }
        for (const auto& [id, order] : again.broker.open) {
            again.execution.restore(*order);
            again.gateway.gateway().adopt(*order, order->limit_price);
        }
        CHECK(again.execution.leaves_urgently());
        again.gateway.gateway().kill(again.execution.leaves_urgently());
    } else {
        desk.step(15, "94", "47", {}, {flatten});
    }
    for (int i = 0; i < 4; ++i) at->step(15, "94", "47");
    CHECK(at->execution.held("maxdiff", 0).is_zero());
    CHECK(at->execution.held("maxdiff", 1).is_zero());
    CHECK(at->broker.open.empty());
    CHECK(at->refused == 0);
    CHECK_FALSE(at->execution.leaves_urgently());
}
