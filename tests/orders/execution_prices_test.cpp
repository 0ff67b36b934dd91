#include "orders/execution_prices.hpp"

#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;
using namespace tradewind::orders;

namespace {

Instrument instrument_of(AssetClass asset_class, const char* tick = "0.01") {
    Instrument instrument;
    instrument.symbol = Symbol("AAA");
    instrument.asset_class = asset_class;
    instrument.tick = Price::of(tick);
    return instrument;
}

Quote quote_of(const char* bid, const char* ask) {
    Quote quote;
    quote.bid = Price::of(bid);
    quote.ask = Price::of(ask);
    return quote;
}

constexpr auto kShare = AssetClass::us_equity;
constexpr auto kCoin = AssetClass::crypto;

}  // namespace

TEST_CASE("opening limits are passive and on the tick") {
    const Quote quote = quote_of("99.95", "100.05");
    const Price tick = Price::of("0.01");
    CHECK(passive_limit(Side::buy, Price::of("101"), quote, tick) == Price::of("99.95"));
    CHECK(passive_limit(Side::buy, Price::of("98.019"), quote, tick) == Price::of("98.01"));
    CHECK(passive_limit(Side::sell, Price::of("99"), quote, tick) == Price::of("100.05"));
    CHECK(passive_limit(Side::sell, Price::of("101.011"), quote, tick) == Price::of("101.02"));
}

TEST_CASE("a working order that is close enough is kept") {
    struct Case {
        Role role;
        AssetClass asset_class;
        const char *price, *wanted_price, *quantity, *wanted_quantity;
        bool keep;
    };
    const Case cases[] = {
        {Role::entry, kShare, "100.03", "100", "100", "100", true},
        {Role::entry, kShare, "100.04", "100", "100", "100", false},
        {Role::exit, kShare, "100.1", "100", "100", "100", true},
        {Role::exit, kShare, "100.11", "100", "100", "100", false},
        {Role::exit, kCoin, "100.5", "100", "100", "100", true},
        {Role::exit, kCoin, "99.49", "100", "100", "100", false},
        {Role::entry, kCoin, "100.04", "100", "100", "100", false},
        {Role::entry, kShare, "100", "100", "95", "100", true},
        {Role::entry, kShare, "100", "100", "94", "100", false},
        {Role::entry, kShare, "100", "100", "4", "5", true},  // $100 apart
        {Role::entry, kShare, "100", "100", "3", "5", false},
    };
    for (const Case& each : cases) {
        INFO(each.price << " x " << each.quantity);
        const Order order = make_limit("a", Side::buy, each.quantity, each.price, each.role);
        CHECK(keep_order(order, Quantity::of(each.wanted_quantity), Price::of(each.wanted_price),
                         each.asset_class) == each.keep);
    }
}

TEST_CASE("the ramp crosses the spread within an hour") {
    struct Case {
        AssetClass asset_class;
        Side side;
        double minutes;
        const char* price;  // empty: not allowed
    };
    const Case cases[] = {
        {kShare, Side::buy, 0, "100"},    {kShare, Side::buy, 30, "100.5"},
        {kShare, Side::buy, 60, "101"},   {kShare, Side::buy, 1500, "101"},
        {kShare, Side::sell, 0, "101"},   {kShare, Side::sell, 15, "100.75"},
        {kShare, Side::sell, 90, "100"},  {kCoin, Side::buy, 0, "99.96"},
        {kCoin, Side::buy, 30, "100.48"}, {kCoin, Side::buy, 61, "101"},
        {kCoin, Side::sell, 30, ""},
    };
    for (const Case& each : cases) {
        INFO(each.minutes);
        const auto price = ramp_price(instrument_of(each.asset_class), each.side,
                                      quote_of("100", "101"), each.minutes);
        CHECK((price ? price->to_string() : "") == each.price);
    }
}

TEST_CASE("the gradual exit follows the specification's examples") {
    struct Case {
        const char* what;
        AssetClass asset_class;
        Side position;
        double elapsed;
        std::optional<double> to_close;
        const char *bid, *ask;
        bool market;
        const char* price;
        double poll;
    };
    const Case cases[] = {
        {"far from the close, begin", kShare, Side::buy, 0, 180, "100", "100.1", false, "100.3",
         45},
        {"half", kShare, Side::buy, 30, 180, "100", "100.1", false, "99.95", 45},
        {"end", kShare, Side::buy, 60, 180, "100", "100.1", false, "99.6", 45},
        {"15 min to the close", kShare, Side::buy, 30, 15, "100", "100.1", false, "99.55", 45},
        {"coin, half", kCoin, Side::buy, 30, 15, "100", "100.1", false, "99.15", 45},
        {"coin, end", kCoin, Side::buy, 60, {}, "100", "100.1", false, "98", 45},
        {"coin, never a market order", kCoin, Side::buy, 600, {}, "100", "100.1", false, "98", 45},
        {"short mirrors", kShare, Side::sell, 0, 180, "99.9", "100", false, "99.7", 45},
        {"short, half", kShare, Side::sell, 30, 180, "99.9", "100", false, "100.05", 45},
        {"short, end", kShare, Side::sell, 60, 180, "99.9", "100", false, "100.4", 45},
        {"market after 80 min", kShare, Side::buy, 80, 180, "100", "100.1", true, "99.6", 45},
        {"not before", kShare, Side::buy, 79.9, 180, "100", "100.1", false, "99.6", 45},
        {"wide spread", kShare, Side::buy, 80, 180, "100", "101.1", false, "99.6", 45},
        {"3 min to the close", kShare, Side::buy, 5, 3, "100", "100.1", true, "98.16", 18},
        {"3 min, wide spread", kShare, Side::buy, 5, 3, "100", "101.1", false, "98.16", 18},
        {"4 min to the close", kShare, Side::buy, 60, 4, "100", "100.1", false, "98.22", 24},
        {"close unknown", kShare, Side::buy, 60, {}, "100", "100.1", false, "98", 45},
        {"after the close", kShare, Side::buy, 60, -1, "100", "100.1", true, "98", 5},
    };
    for (const Case& each : cases) {
        INFO(each.what);
        const auto step = gradual_exit({}, instrument_of(each.asset_class), each.position,
                                       quote_of(each.bid, each.ask), each.elapsed, each.to_close);
        CHECK(step.market == each.market);
        CHECK(step.price.to_string() == each.price);
        CHECK(step.poll_seconds == each.poll);
    }
}

TEST_CASE("laws of worked prices") {
    law("the gradual exit gives way with time and never beyond its end", [] {
        const double first = *rc::gen::inRange(0, 120);
        const double second = first + *rc::gen::inRange(0, 60);
        const Quote quote = quote_of("100", "100.1");
        const auto instrument = instrument_of(kShare, "0.000000001");
        const auto early = gradual_exit({}, instrument, Side::buy, quote, first, 200.0);
        const auto late = gradual_exit({}, instrument, Side::buy, quote, second, 200.0);
        RC_ASSERT(late.price <= early.price);
        RC_ASSERT(late.price >= Price::of("99.6"));
        RC_ASSERT(early.price <= Price::of("100.3"));
    });
    law("the ramp stays within the spread", [] {
        const auto bid =
            Price::from_units(*rc::gen::inRange<std::int64_t>(10'000'000, 1'000'000'000));
        Quote quote;
        quote.bid = nearest_tick(bid, Price::of("0.01"));
        quote.ask = quote.bid + Price::from_units(*rc::gen::inRange(0, 50) * 10'000'000);
        const double minutes = *rc::gen::inRange(0, 100);
        for (const Side side : {Side::buy, Side::sell}) {
            const auto price = *ramp_price(instrument_of(kShare), side, quote, minutes);
            RC_ASSERT(price >= quote.bid);
            RC_ASSERT(price <= quote.ask);
        }
    });
}
