#include "market/fill_rules.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

Bar bar_of(const char* open, const char* high, const char* low, const char* close) {
    return {.start = {100},
            .end = {200},
            .open = Price::of(open),
            .high = Price::of(high),
            .low = Price::of(low),
            .close = Price::of(close)};
}

// One row of the table: an order, a bar, and what must come out.
struct Row {
    const char* why;
    Side side;
    OrderType type;
    const char* limit;
    const char* stop;
    const char* bar[4];
    const char* buffer;
    FillModel model;
    const char* price;  // nullptr: no fill
    FillPoint point;
};

constexpr auto kConservative = FillModel::intrabar_conservative;
constexpr auto kOptimistic = FillModel::intrabar_optimistic;

RestingOrder order_of(const Row& row) {
    RestingOrder order;
    order.side = row.side;
    order.type = row.type;
    order.limit = Price::of(row.limit);
    order.stop = Price::of(row.stop);
    return order;
}

void check(const Row& row, const BarOutcome& outcome) {
    INFO(row.why);
    CHECK(outcome.filled == (row.price != nullptr));
    if (row.price != nullptr && outcome.filled) {
        CHECK(outcome.price == Price::of(row.price));
        CHECK(outcome.point == row.point);
    }
}

// The profit of one day's bracket trade by the fill rules, in the units of the kernel's truth
// table: base close 1, entry at 1 + l (long) or 1 + h (short), target on the other side, rest at
// close.
struct Moves {
    const char *close, *high, *predicted_high, *low, *predicted_low;
};
Price level(const char* move, bool upwards) {
    const Fraction value = Fraction::of(move);
    const bool clamped = upwards ? value.sign() < 0 : value.sign() > 0;
    return Price::from_units(Price::kOne + (clamped ? 0 : value.units()));
}
Money day_profit(const Moves& m, std::int64_t position, bool leave_at_close, FillModel model) {
    if (position == 0) return {};
    const auto at = [](const char* move) {
        return Price::from_units(Price::kOne + Fraction::of(move).units());
    };
    Bar bar{.start = {1},
            .end = {2},
            .open = Price::whole(1),
            .high = at(m.high),
            .low = at(m.low),
            .close = at(m.close)};
    const FillRules rules{model, {}};
    RestingOrder entry;
    entry.side = position > 0 ? Side::buy : Side::sell;
    entry.type = OrderType::limit;
    entry.limit = position > 0 ? level(m.predicted_low, false) : level(m.predicted_high, true);
    const auto entered = fill_on_bar(entry, bar, rules);
    if (!entered.filled) return {};
    RestingOrder exit;
    exit.side = opposite(entry.side);
    exit.type = leave_at_close ? OrderType::market : OrderType::limit;
    exit.limit = position > 0 ? level(m.predicted_high, true) : level(m.predicted_low, false);
    auto left = fill_after_activation(exit, bar, rules);
    if (!left.filled) {
        exit.type = OrderType::market;
        left = fill_in_auction(exit, bar.close, FillPoint::at_close);
    }
    const Quantity held = Quantity::whole(position);
    const Money fee =
        share_of(Money::whole(position < 0 ? -position : position), Fraction::of("0.001"));
    return left.price * held - entered.price * held - fee;
}

}  // namespace

TEST_CASE("orders that rest before the open fill as the bar proves") {
    constexpr auto kBuy = Side::buy;
    constexpr auto kSell = Side::sell;
    constexpr auto kOpen = FillPoint::at_open;
    constexpr auto kInside = FillPoint::inside;
    using enum OrderType;
    const Row rows[] = {
        {"market at the open",
         kBuy,
         market,
         "0",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         FillModel::next_open,
         "10",
         kOpen},
        {"limit traded through",
         kBuy,
         limit,
         "9.5",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "9.5",
         kInside},
        {"limit only touched",
         kBuy,
         limit,
         "9",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         nullptr,
         kInside},
        {"gap below a buy limit fills at the better open",
         kBuy,
         limit,
         "10.5",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10",
         kOpen},
        {"open at the limit is no gap, low through it fills",
         kBuy,
         limit,
         "10",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10",
         kInside},
        {"open at the limit and never through it",
         kBuy,
         limit,
         "10",
         "0",
         {"10", "11", "10", "10.5"},
         "0",
         kConservative,
         nullptr,
         kInside},
        {"sell limit traded through",
         kSell,
         limit,
         "10.8",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10.8",
         kInside},
        {"sell limit only touched",
         kSell,
         limit,
         "11",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         kOptimistic,
         nullptr,
         kInside},
        {"gap above a sell limit",
         kSell,
         limit,
         "9.9",
         "0",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10",
         kOpen},
        {"buffer not reached",
         kBuy,
         limit,
         "100",
         "0",
         {"101", "102", "99.95", "100"},
         "0.0005",
         kConservative,
         nullptr,
         kInside},
        {"buffer passed",
         kBuy,
         limit,
         "100",
         "0",
         {"101", "102", "99.949999999", "100"},
         "0.0005",
         kConservative,
         "100",
         kInside},
        {"sell buffer passed",
         kSell,
         limit,
         "100",
         "0",
         {"99", "100.050000001", "98", "99"},
         "0.0005",
         kConservative,
         "100",
         kInside},
        {"stop touched fills at the stop",
         kSell,
         stop,
         "0",
         "9",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "9",
         kInside},
        {"stop gaps to the open",
         kSell,
         stop,
         "0",
         "10.2",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10",
         kOpen},
        {"buy stop gaps to the open",
         kBuy,
         stop,
         "0",
         "9.9",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10",
         kOpen},
        {"buy stop touched",
         kBuy,
         stop,
         "0",
         "11",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "11",
         kInside},
        {"stop not reached",
         kSell,
         stop,
         "0",
         "8.99",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         nullptr,
         kInside},
        {"stop-limit triggers and is marketable",
         kBuy,
         stop_limit,
         "10.9",
         "10.8",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10.8",
         kInside},
        {"stop-limit gap beyond its limit waits for the way back",
         kBuy,
         stop_limit,
         "9.5",
         "9.4",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "9.5",
         kInside},
        {"stop-limit gap within its limit",
         kBuy,
         stop_limit,
         "10.5",
         "9.4",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         "10",
         kOpen},
        {"limit below the trigger: the close proves nothing",
         kBuy,
         stop_limit,
         "10",
         "10.8",
         {"10", "11", "9", "10.5"},
         "0",
         kConservative,
         nullptr,
         kInside},
        {"limit below the trigger, favourable order",
         kBuy,
         stop_limit,
         "10",
         "10.8",
         {"10", "11", "9", "10.5"},
         "0",
         kOptimistic,
         "10",
         kInside},
    };
    for (const auto& row : rows) {
        const auto bar = bar_of(row.bar[0], row.bar[1], row.bar[2], row.bar[3]);
        check(row, fill_on_bar(order_of(row), bar, {row.model, Fraction::of(row.buffer)}));
    }
    const auto bar = bar_of("10", "11", "9", "10.5");
    CHECK(fill_time(bar, FillPoint::at_open) == bar.start);
    CHECK(fill_time(bar, FillPoint::inside) == bar.end);
    CHECK(fill_time(bar, FillPoint::at_close) == bar.end);
}

TEST_CASE("a triggered stop-limit is remembered") {
    RestingOrder order{.side = Side::buy,
                       .type = OrderType::stop_limit,
                       .limit = Price::of("10"),
                       .stop = Price::of("10.8")};
    const auto first = fill_on_bar(order, bar_of("10", "11", "9", "10.5"), {kConservative, {}});
    CHECK_FALSE(first.filled);
    REQUIRE(first.triggered);
    order.triggered = true;
    const auto next =
        fill_on_bar(order, bar_of("10.4", "10.5", "9.9", "10.2"), {kConservative, {}});
    CHECK(next.filled);
    CHECK(next.price == Price::of("10"));
    CHECK_FALSE(next.taker);
}

TEST_CASE("a trailing stop follows the best price and never back") {
    RestingOrder order{
        .side = Side::sell, .type = OrderType::trailing_stop, .trail = Price::of("1")};
    const auto first = fill_on_bar(order, bar_of("10", "12", "9.5", "11.5"), {kConservative, {}});
    CHECK_FALSE(first.filled);
    CHECK(first.mark == Price::of("12"));
    order.mark = first.mark;
    SECTION("a gap fills at the open") {
        const auto next = fill_on_bar(order, bar_of("10.5", "12", "10", "11"), {kConservative, {}});
        CHECK(next.price == Price::of("10.5"));
        CHECK(next.point == FillPoint::at_open);
    }
    SECTION("conservative keeps the old stop, optimistic raises it first") {
        const auto bar = bar_of("11.5", "13", "10.5", "12.5");
        CHECK(fill_on_bar(order, bar, {kConservative, {}}).price == Price::of("11"));
        CHECK(fill_on_bar(order, bar, {kOptimistic, {}}).price == Price::of("12"));
    }
    SECTION("a close beyond the raised stop is certain") {
        const auto next =
            fill_on_bar(order, bar_of("11.5", "14", "11.2", "12.5"), {kConservative, {}});
        CHECK(next.price == Price::of("13"));
    }
}

TEST_CASE("the kernel's truth table comes out of the fill rules") {
    struct TruthRow {
        int number;
        std::int64_t position;
        Moves moves;
        const char *not_eod, *eod, *conservative;
    };
    const TruthRow rows[] = {
        {1, 1, {"0.01", "0.02", "0.015", "-0.02", "-0.01"}, "0.024", "0.019", "0.019"},
        {2, 1, {"0.01", "0.02", "0.03", "-0.02", "-0.01"}, "0.019", "0.019", "0.019"},
        {3, 1, {"0.01", "0.02", "0.015", "-0.005", "-0.01"}, "0", "0", "0"},
        {4, 1, {"0.01", "0.02", "0.02", "-0.01", "-0.01"}, "0", "0", "0"},
        {5, -1, {"0.01", "0.02", "0.015", "-0.02", "-0.01"}, "0.024", "0.004", "0.004"},
        {6, -1, {"0.01", "0.02", "0.015", "-0.005", "-0.01"}, "0.004", "0.004", "0.004"},
        {7, -1, {"0.01", "0.02", "0.02", "-0.02", "-0.01"}, "0", "0", "0"},
        {8, 1, {"0.018", "0.02", "0.015", "-0.02", "-0.01"}, "0.024", "0.027", "0.024"},
        {9, 1, {"0.01", "0.02", "0.015", "-0.02", "0.01"}, "0.014", "0.009", "0.009"},
        {10, 1, {"0.01", "0.02", "-0.01", "-0.02", "-0.01"}, "0.009", "0.019", "0.009"},
        {11, -2, {"0.01", "0.02", "0.015", "-0.02", "-0.01"}, "0.048", "0.008", "0.008"},
        {12, 0, {"0.01", "0.02", "0.015", "-0.02", "-0.01"}, "0", "0", "0"},
    };
    for (const auto& row : rows) {
        INFO("row " << row.number);
        CHECK(day_profit(row.moves, row.position, false, kOptimistic) == Money::of(row.not_eod));
        CHECK(day_profit(row.moves, row.position, true, kOptimistic) == Money::of(row.eod));
        CHECK(day_profit(row.moves, row.position, false, kConservative) ==
              Money::of(row.conservative));
    }
}

TEST_CASE("fills never lie outside the bar, nor beyond the limit") {
    test::law("price within [low, high], limit kept, both models", [] {
        const auto price = rc::gen::inRange<std::int64_t>(9'000, 11'000);
        std::array<std::int64_t, 4> p{};
        for (auto& value : p) value = *price;
        Bar bar;
        bar.open = Price::from_units(p[0]);
        bar.close = Price::from_units(p[1]);
        bar.high = Price::from_units(*std::max_element(p.begin(), p.end()));
        bar.low = Price::from_units(*std::min_element(p.begin(), p.end()));
        RestingOrder order;
        order.side = *rc::gen::element(Side::buy, Side::sell);
        order.type = *rc::gen::element(OrderType::market, OrderType::limit, OrderType::stop,
                                       OrderType::stop_limit, OrderType::trailing_stop);
        order.limit = Price::from_units(*price);
        order.stop = Price::from_units(*price);
        order.trail = Price::from_units(*rc::gen::inRange<std::int64_t>(1, 800));
        const FillRules rules{*rc::gen::element(kConservative, kOptimistic), {}};
        const auto outcome = fill_on_bar(order, bar, rules);
        if (!outcome.filled) return;
        RC_ASSERT(outcome.price >= bar.low);
        RC_ASSERT(outcome.price <= bar.high);
        if (order.type == OrderType::limit || order.type == OrderType::stop_limit) {
            const bool kept = order.side == Side::buy ? outcome.price <= order.limit
                                                      : outcome.price >= order.limit;
            RC_ASSERT(kept);
        }
    });
}

TEST_CASE("quotes fill at the touch") {
    const Price bid = Price::of("9.99");
    const Price ask = Price::of("10.01");
    RestingOrder order{.side = Side::buy, .type = OrderType::market};
    CHECK(fill_on_quote(order, bid, ask).price == ask);
    CHECK_FALSE(fill_on_quote(order, bid, Price{}).filled);
    order.type = OrderType::limit;
    order.limit = Price::of("10");
    CHECK_FALSE(fill_on_quote(order, bid, ask).filled);
    CHECK(fill_on_quote(order, bid, Price::of("10")).price == Price::of("10"));
    order.type = OrderType::stop;
    order.stop = Price::of("10.02");
    CHECK_FALSE(fill_on_quote(order, bid, ask).filled);
    CHECK(fill_on_quote(order, bid, Price::of("10.05")).price == Price::of("10.05"));
    order.side = Side::sell;
    order.type = OrderType::trailing_stop;
    order.trail = Price::of("0.5");
    const auto followed = fill_on_quote(order, bid, ask);
    CHECK_FALSE(followed.filled);
    CHECK(followed.mark == bid);
    order.mark = followed.mark;
    CHECK(fill_on_quote(order, Price::of("9.49"), ask).price == Price::of("9.49"));
}
