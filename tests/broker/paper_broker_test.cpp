#include "broker/paper_broker.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker;

namespace {

Order order_of(const std::string& id, Side side, const char* quantity) {
    Order order;
    order.order_id = id;
    order.strategy = "s";
    order.symbol = Symbol("AAA");
    order.side = side;
    order.quantity = Quantity::of(quantity);
    return order;
}

Bar bar_of(std::int64_t start, const char* open, const char* close) {
    Bar bar;
    bar.start = {start};
    bar.end = {start + 10};
    bar.open = Price::of(open);
    bar.close = Price::of(close);
    bar.high = std::max(bar.open, bar.close);
    bar.low = std::min(bar.open, bar.close);
    return bar;
}

void feed(PaperBroker& paper, SlotId slot, const Bar& bar) {
    paper.on_bar_opened(slot, bar.start, bar.open);
    paper.on_bar_closed(slot, bar);
}

MatchingSettings with_fee(const char* fee) {
    MatchingSettings settings;
    settings.costs = market::flat_fee(Fraction::of(fee));
    return settings;
}

}  // namespace

TEST_CASE("the paper broker keeps its own truth") {
    PaperBroker paper(with_fee("0.001"), {});
    const SlotId slot = paper.slot(Symbol("AAA"));
    paper.submit(order_of("a", Side::buy, "10"), {0});
    feed(paper, slot, bar_of(0, "100", "110"));
    CHECK(paper.account({10}).value.cash == Money::of("98999"));
    CHECK(paper.account({10}).value.equity == Money::of("100099"));
    const auto positions = paper.positions({10});
    REQUIRE(positions.ok());
    REQUIRE(positions.value.size() == 1);
    CHECK(positions.value[0].quantity == Quantity::of("10"));
    CHECK(positions.value[0].last_price == Price::of("110"));

    std::vector<OrderEvent> events;
    paper.take_events(events);
    REQUIRE(events.size() == 2);
    CHECK(events[1].fill->fill_id == "a.1");
    CHECK(events[1].fill->strategy == "s");
    events.clear();
    paper.take_events(events);
    CHECK(events.empty());
    const auto found = paper.find("a", {10});
    REQUIRE(found.ok());
    REQUIRE(found.value.has_value());
    CHECK(found.value->status == OrderStatus::filled);
    CHECK_FALSE(paper.find("b", {10}).value.has_value());
}

TEST_CASE("an id is sent once, even after its order closed") {
    PaperBroker paper(with_fee("0"), {});
    const SlotId slot = paper.slot(Symbol("AAA"));
    paper.submit(order_of("a", Side::buy, "10"), {0});
    paper.submit(order_of("a", Side::buy, "10"), {0});
    CHECK(paper.events().size() == 1);
    feed(paper, slot, bar_of(0, "100", "100"));
    paper.submit(order_of("a", Side::buy, "10"), {10});
    feed(paper, slot, bar_of(10, "100", "100"));
    CHECK(paper.positions({20}).value.at(0).quantity == Quantity::of("10"));
    CHECK(paper.open_orders({20}).value.empty());
}

TEST_CASE("buying power is checked where asked for") {
    PaperTerms terms;
    terms.cash = Money::of("1000");
    terms.check_buying_power = true;
    PaperBroker paper(with_fee("0"), terms);
    const SlotId slot = paper.slot(Symbol("AAA"));
    feed(paper, slot, bar_of(0, "100", "100"));
    Order first = order_of("a", Side::buy, "6");
    first.type = OrderType::limit;
    first.limit_price = Price::of("90");
    Order second = first;
    second.order_id = "b";
    paper.submit(first, {10});
    paper.submit(second, {10});  // 540 are committed, 460 are free
    REQUIRE(paper.events().size() == 2);
    CHECK(paper.events()[1].kind == OrderEventKind::rejected);
    CHECK(paper.events()[1].reason == "insufficient buying power");
    CHECK(paper.find("b", {10}).value->status == OrderStatus::rejected);
    paper.cancel("a", {11});
    second.order_id = "c";
    paper.submit(second, {12});
    CHECK(paper.events().back().kind == OrderEventKind::accepted);
}

TEST_CASE("a shown order list holds children, and financing reaches cash") {
    PaperTerms terms;
    terms.leverage_cap = Fraction::of("2");
    PaperBroker paper(with_fee("0"), terms);
    const SlotId slot = paper.slot(Symbol("AAA"));
    Order entry = order_of("a", Side::buy, "2000");
    entry.exit_plan.target = Price::of("120");
    entry.exit_plan.stop = Price::of("80");
    paper.submit(entry, {0});
    CHECK(paper.open_orders({0}).value.size() == 3);
    feed(paper, slot, bar_of(0, "100", "100"));
    const auto open = paper.open_orders({10}).value;
    REQUIRE(open.size() == 2);
    CHECK(open[0].order_id == "a.stop");
    CHECK(open[0].status == OrderStatus::new_order);
    CHECK(open[1].order_id == "a.target");
    market::ClassCosts costs;
    costs.financing_per_year = Fraction::of("0.065");
    CHECK(paper.accrue_financing(costs, {0}, {kDay}).to_string() == "25.79365079");
    CHECK(paper.account({kDay}).value.cash.to_string() == "-100025.79365079");
    paper.end_of_data({kDay});
    CHECK(paper.open_orders({kDay}).value.empty());
}

TEST_CASE("partial fills depend on seed and order alone") {
    const auto fills = [](std::uint64_t seed, bool other_first) {
        MatchingSettings settings;
        settings.partial_fill_probability = 0.5;
        settings.seed = seed;
        PaperBroker paper(settings, {});
        const SlotId slot = paper.slot(Symbol("AAA"));
        if (other_first) paper.submit(order_of("zzz", Side::sell, "77"), {0});
        paper.submit(order_of("a", Side::buy, "1000"), {0});
        for (int i = 0; i < 200; ++i) feed(paper, slot, bar_of(i * 10, "100", "100"));
        std::string text;
        Quantity total;
        for (const OrderEvent& event : paper.events()) {
            if (event.order_id != "a" || !event.fill) continue;
            text += event.fill->quantity.to_string() + " ";
            total += event.fill->quantity;
        }
        CHECK(total == Quantity::of("1000"));
        return text;
    };
    CHECK(fills(1, false) == fills(1, true));
    std::set<std::string> different;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) different.insert(fills(seed, false));
    CHECK(different.size() > 5);
}
