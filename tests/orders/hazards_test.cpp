// One test per hazard of the reference whose rule lives in this room: each fails when the fault is
// put back. Source: strategies spec 11.
#include "market/instruments.hpp"
#include "orders/account_book.hpp"
#include "orders/entry_watcher.hpp"
#include "orders/execution_prices.hpp"
#include "orders/gateway.hpp"
#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;
using namespace tradewind::orders;

namespace {

constexpr Timestamp kNow{100 * kDay};

Quote quote_of(const char* bid, const char* ask) {
    Quote quote;
    quote.symbol = Symbol("AAA");
    quote.time = kNow;
    quote.bid = Price::of(bid);
    quote.ask = Price::of(ask);
    return quote;
}
Instrument stock() {
    return market::default_instrument(Symbol("AAA"), AssetClass::us_equity);
}
Instrument coin() {
    return market::default_instrument(Symbol("AAA"), AssetClass::crypto);
}
EntryPlan plan_of(Side side, const char* target) {
    EntryPlan plan;
    plan.symbol = Symbol("AAA");
    plan.side = side;
    plan.limit = Price::of("100");
    plan.target = Quantity::of(target);
    plan.lot = Quantity::of("1");
    plan.expiry = kNow + kDay;
    return plan;
}
EntryView view_of() {
    EntryView view;
    view.now = kNow;
    view.quote = quote_of("99.9", "100.1");
    view.spendable = Money::of("1000000");
    return view;
}
AccountView account_of(const char* equity, const char* buying_power) {
    AccountView view;
    view.equity = view.cash = Money::of(equity);
    view.buying_power = Money::of(buying_power);
    return view;
}
MarketView market_of(const char* bid, const char* ask) {
    MarketView market;
    market.quote = quote_of(bid, ask);
    market.last_price = Price::of(bid);
    return market;
}

}  // namespace

TEST_CASE("H8, I-39 a trip's outcome comes from its fills, with fees and financing", "[hazard]") {
    AccountBook book(Money::of("100000"));
    const Order entry = make_order("e", Side::buy, "100");
    const Order exit = make_order("x", Side::sell, "100", Role::exit);
    book.apply(*make_fill(entry, "f1", "100", "100", "10").fill);
    // What the position seemed to earn when the decision to leave was made.
    book.mark(book.slot(Symbol("AAA")), Price::of("105"));
    CHECK(book.totals().unrealised == Money::of("500"));
    CHECK(book.take_round_trips().empty());
    book.charge_financing(book.slot(Symbol("AAA")), Money::of("3.5"));
    // What it really left at.
    book.apply(*make_fill(exit, "f2", "40", "103", "4", 2).fill, "direction_change");
    CHECK(book.take_round_trips().empty());
    book.apply(*make_fill(exit, "f3", "60", "101", "6", 3).fill, "direction_change");
    const auto trips = book.take_round_trips();
    REQUIRE(trips.size() == 1);
    CHECK(trips[0].pnl == Money::of("156.5"));  // 120 + 60 - 20 fees - 3.5 financing
    CHECK(trips[0].exit_reason == "direction_change");
}

TEST_CASE("H32 orders rest on their instrument's tick, away from crossing", "[hazard]") {
    const Price tick = Price::of("0.0001");
    const Quote quote = quote_of("0.5432", "0.5440");
    CHECK(passive_limit(Side::buy, Price::of("0.54319"), quote, tick) == Price::of("0.5431"));
    CHECK(passive_limit(Side::sell, Price::of("0.54401"), quote, tick) == Price::of("0.5441"));
    for (double minute = 0; minute <= 60; minute += 7) {
        const auto price = ramp_price(coin(), Side::buy, quote, minute);
        REQUIRE(price);
        CHECK(*price < Price::of("0.545"));
        CHECK(*price > Price::of("0.542"));  // two decimals would have made it 0.54 or 0.55
    }
}

TEST_CASE("H34 a reservation lives until the broker answers", "[hazard]") {
    const EntryPlan plan = plan_of(Side::buy, "100");
    EntryTick first = tick(plan, {}, view_of());
    REQUIRE(first.action == WatcherAction::submit);
    // The listing stays empty for hours: no second order.
    EntryView later = view_of();
    for (int hour = 1; hour < 20; ++hour) {
        later.now = kNow + hour * kHour;
        const EntryTick again = tick(plan, first.progress, later);
        CHECK(again.action == WatcherAction::none);
        CHECK(again.progress.pending == Quantity::of("100"));
    }
    Gateway gateway(RiskLimits::standard(Fraction::of("1")));
    const Order order = make_limit("a", Side::buy, "400", "100");
    CHECK(gateway
              .assess(order, stock(), account_of("100000", "100000"), market_of("99.95", "100.05"),
                      kNow)
              .accepted());
    gateway.on_event(make_event(OrderEventKind::accepted, order));
    CHECK(gateway.reserved() == Money::of("40000"));
    gateway.on_event(make_event(OrderEventKind::rejected, order));
    CHECK(gateway.reserved().is_zero());
}

TEST_CASE("H35 the ramp counts minutes without end, and sizes without sign", "[hazard]") {
    const Quote quote = quote_of("100", "101");
    for (const double minutes : {60.0, 61.0, 1439.0, 1440.0, 1441.0, 10000.0}) {
        INFO(minutes);
        CHECK(ramp_price(stock(), Side::buy, quote, minutes) == Price::of("101"));
        CHECK(ramp_price(stock(), Side::sell, quote, minutes) == Price::of("100"));
        CHECK(ramp_price(coin(), Side::buy, quote, minutes) == Price::of("101"));
        const auto exit =
            gradual_exit({}, stock(), Side::buy, quote, minutes, std::optional<double>(180));
        CHECK((exit.market || exit.price == Price::of("99.6")));
    }
    // An existing short counts towards a short target by its size.
    const EntryPlan plan = plan_of(Side::sell, "100");
    EntryView view = view_of();
    view.position = Quantity::of("-60");
    const EntryTick step = tick(plan, {}, view);
    REQUIRE(step.action == WatcherAction::submit);
    CHECK(step.quantity == Quantity::of("40"));
}

TEST_CASE("H38 a short does not depend on how much could be bought", "[hazard]") {
    const Order order = make_limit("a", Side::sell, "100", "100.05");
    const auto verdict = [&order](const Instrument& instrument, const char* buying_power) {
        Gateway gateway(RiskLimits::standard(Fraction::of("1")));
        return gateway
            .assess(order, instrument, account_of("100000", buying_power),
                    market_of("99.95", "100.05"), kNow)
            .refusal;
    };
    // On a margin account buying power is a multiple of equity.
    for (const char* buying_power : {"100000", "106000", "200000", "400000"}) {
        CHECK(verdict(stock(), buying_power) == Refusal::none);
    }
    Instrument unborrowable = stock();
    unborrowable.shortable = false;
    CHECK(verdict(unborrowable, "200000") != Refusal::none);
    CHECK(verdict(coin(), "200000") != Refusal::none);
    // The gross limit stays.
    Gateway gateway(RiskLimits::standard(Fraction::of("1")));
    AccountView full = account_of("100000", "400000");
    full.gross_exposure = Money::of("95000");
    CHECK(gateway.assess(order, stock(), full, market_of("99.95", "100.05"), kNow).refusal ==
          Refusal::gross_exposure);
}

TEST_CASE("H44 the last gate limits every strategy's orders alike", "[hazard]") {
    for (const char* strategy : {"maxdiff", "maxdiffalwayson", "pctdiff", "simple", "sma_cross"}) {
        INFO(strategy);
        Gateway gateway(RiskLimits::standard(Fraction::of("1")));
        const auto account = account_of("100000", "400000");
        const auto market = market_of("99.95", "100.05");
        Order large = make_limit("a", Side::buy, "601", "100");
        large.strategy = strategy;
        CHECK(gateway.assess(large, stock(), account, market, kNow).refusal ==
              Refusal::symbol_exposure);
        for (int i = 0; i < 3; ++i) {
            Order part = make_limit("p" + std::to_string(i), Side::buy, "400", "100");
            part.strategy = strategy;
            part.symbol = Symbol("S" + std::to_string(i));
            Instrument instrument = stock();
            instrument.symbol = part.symbol;
            const auto verdict = gateway.assess(part, instrument, account, market, kNow);
            CHECK(verdict.refusal == (i < 2 ? Refusal::none : Refusal::gross_exposure));
        }
    }
}
