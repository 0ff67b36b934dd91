#include "broker/exchange/exchange_json.hpp"
#include "market/calendar.hpp"
#include "tests/catch.hpp"
#include "tests/exchange/wave_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using test::Folder;
using test::kAccount;
using test::make_order;

namespace {

Timestamp at(int hour, int minute, int second = 0) {
    return market::new_york_time(date_of(2026, 3, 30), hour, minute) + second * kSecond;
}

// An exchange at 09:31 of an open session.
struct Desk {
    Folder folder;
    std::unique_ptr<EmbeddedExchange> exchange;
    std::vector<ExchangeEvent> events;

    explicit Desk(ExchangeSettings settings = test::wave_settings())
        : exchange(test::open_waves(folder.path, std::move(settings))) {
        advance(at(9, 31));
        events.clear();
    }
    void advance(Timestamp time) { exchange->advance_to(time, events); }
    std::string refusal(const Order& order) {
        const auto refused = exchange->submit(kAccount, order, exchange->time());
        return refused ? refused->message : "";
    }
    [[nodiscard]] Order order(const std::string& id) const {
        return exchange->find(kAccount, id).value();
    }
    [[nodiscard]] Quote quote(const char* symbol) const {
        return exchange->market().quote_at(Symbol(symbol), exchange->time());
    }
    [[nodiscard]] Quantity position(const char* symbol) const {
        for (const auto& each : exchange->positions(kAccount)) {
            if (each.symbol == Symbol(symbol)) return each.quantity;
        }
        return {};
    }
    // Kinds of the order's events since the last clear, in order.
    [[nodiscard]] std::string told(const std::string& id) const {
        std::string text;
        for (const auto& event : events) {
            const auto* own = std::get_if<AccountOrderEvent>(&event.payload);
            if (own == nullptr || own->event.order_id != id) continue;
            text += std::string(text.empty() ? "" : " ") + std::string(to_text(own->event.kind));
        }
        return text;
    }
};

}  // namespace

TEST_CASE("a market order takes the touch at once, its fee is the taker's") {
    Desk desk;
    const auto quote = desk.quote("AAPL");
    REQUIRE(desk.refusal(make_order("m", "AAPL", Side::buy, "10")).empty());
    CHECK(desk.order("m").status == OrderStatus::filled);
    const auto fill = desk.exchange->fills(kAccount).at(0);
    CHECK(fill.price == quote.ask);
    CHECK(fill.fill_id == "m#1");
    CHECK(fill.fee == market::cost_preset("realistic")
                          ->fee(AssetClass::us_equity, market::Liquidity::taker,
                                quote.ask * Quantity::whole(10)));
    CHECK(desk.position("AAPL") == Quantity::whole(10));
}

TEST_CASE("a limit rests until the other side reaches it and fills at its price") {
    Desk desk;
    const auto limit = desk.quote("AAPL").bid - Price::of("0.3");
    REQUIRE(desk.refusal(make_order("l", "AAPL", Side::buy, "10", OrderType::limit,
                                    limit.to_string(), TimeInForce::gtc))
                .empty());
    CHECK(desk.order("l").status == OrderStatus::new_order);
    Timestamp expected;
    for (auto t = at(9, 31, 12); t < at(16, 0) && expected.ns == 0; t = t + 12 * kSecond) {
        if (desk.exchange->market().quote_at(Symbol("AAPL"), t).ask <= limit) expected = t;
    }
    REQUIRE(expected.ns != 0);
    desk.advance(expected - 1);
    CHECK(desk.order("l").status == OrderStatus::new_order);
    desk.advance(expected);
    CHECK(desk.order("l").status == OrderStatus::filled);
    CHECK(desk.exchange->fills(kAccount).at(0).price == limit);
    CHECK(desk.exchange->fills(kAccount).at(0).time == expected);
    CHECK(desk.told("l") == "accepted filled");

    // Beyond the touch on arrival: the touch, not the limit.
    const auto ask = desk.quote("TSLA").ask;
    REQUIRE(desk.refusal(make_order("t", "TSLA", Side::buy, "1", OrderType::limit,
                                    (ask + Price::whole(1)).to_string()))
                .empty());
    CHECK(desk.exchange->fills(kAccount).at(1).price == ask);
}

TEST_CASE("stops wait for their price, stop-limits then for their limit") {
    Desk desk;
    REQUIRE(desk.refusal(make_order("m", "AAPL", Side::buy, "20")).empty());
    auto stop = make_order("s", "AAPL", Side::sell, "10", OrderType::stop, "0", TimeInForce::gtc);
    stop.role = Role::exit;
    stop.stop_price = desk.quote("AAPL").bid - Price::of("0.25");
    REQUIRE(desk.refusal(stop).empty());
    auto trail =
        make_order("t", "AAPL", Side::sell, "10", OrderType::trailing_stop, "0", TimeInForce::gtc);
    trail.role = Role::exit;
    trail.stop_price = Price::of("0.5");
    REQUIRE(desk.refusal(trail).empty());
    Price best;
    Timestamp stop_at;
    Timestamp trail_at;
    for (auto t = at(9, 31); t < at(16, 0); t = t + 12 * kSecond) {
        const auto bid = desk.exchange->market().quote_at(Symbol("AAPL"), t).bid;
        best = std::max(best, bid);
        if (stop_at.ns == 0 && bid <= stop.stop_price) stop_at = t;
        if (trail_at.ns == 0 && bid <= best - Price::of("0.5")) trail_at = t;
    }
    REQUIRE(stop_at.ns != 0);
    REQUIRE(trail_at.ns != 0);
    desk.advance(at(16, 0));
    CHECK(desk.order("s").closed_time == stop_at);
    CHECK(desk.order("t").closed_time == trail_at);
    for (const auto& fill : desk.exchange->fills(kAccount)) {
        if (fill.side == Side::sell) {
            CHECK(fill.price == desk.exchange->market().quote_at(fill.symbol, fill.time).bid);
        }
    }
}

TEST_CASE("times in force") {
    Desk desk;
    const auto far = (desk.quote("AAPL").bid - Price::whole(50)).to_string();
    REQUIRE(desk.refusal(make_order("ioc", "AAPL", Side::buy, "1", OrderType::limit, far,
                                    TimeInForce::ioc))
                .empty());
    CHECK(desk.order("ioc").status == OrderStatus::canceled);
    REQUIRE(desk.refusal(make_order("day", "AAPL", Side::buy, "1", OrderType::limit, far)).empty());
    REQUIRE(desk.refusal(make_order("gtc", "AAPL", Side::buy, "1", OrderType::limit, far,
                                    TimeInForce::gtc))
                .empty());
    REQUIRE(desk.refusal(make_order("cls", "AAPL", Side::buy, "2", OrderType::market, "0",
                                    TimeInForce::cls))
                .empty());
    desk.advance(at(15, 59));
    CHECK(desk.order("cls").status == OrderStatus::new_order);
    desk.advance(at(16, 1));
    CHECK(desk.order("day").status == OrderStatus::expired);
    CHECK(desk.order("day").closed_time == at(16, 0));
    CHECK(desk.order("gtc").status == OrderStatus::new_order);
    CHECK(desk.order("cls").status == OrderStatus::filled);
    CHECK(desk.exchange->fills(kAccount).at(0).price ==
          desk.exchange->market().price_at(Symbol("AAPL"), at(16, 0) - 1));

    // While the market is closed: market and opg wait for the open, ioc does not.
    REQUIRE(desk.refusal(make_order("late", "AAPL", Side::buy, "3")).empty());
    REQUIRE(desk.refusal(make_order("opg", "TSLA", Side::buy, "1", OrderType::market, "0",
                                    TimeInForce::opg))
                .empty());
    REQUIRE(desk.refusal(make_order("ioc2", "AAPL", Side::buy, "1", OrderType::market, "0",
                                    TimeInForce::ioc))
                .empty());
    CHECK(desk.order("ioc2").status == OrderStatus::canceled);
    CHECK(desk.order("ioc2").reason == "the market is closed or shows no quote");
    desk.advance(at(9, 29) + kDay);
    CHECK(desk.order("late").status == OrderStatus::new_order);
    desk.advance(at(9, 30) + kDay);
    CHECK(desk.order("late").status == OrderStatus::filled);
    CHECK(desk.order("opg").status == OrderStatus::filled);
    CHECK(desk.order("opg").closed_time == at(9, 30) + kDay);
}

TEST_CASE("a good-till-canceled order ends at the first close after 90 days") {
    ExchangeBook::Accounts accounts{{kAccount, ExchangeAccount{kAccount, {}, {}, {}, {}, {}, {}}}};
    ExchangeBook book({*market::cost_preset("free"), 1, 0}, accounts);
    const test::WaveMarket market;
    const auto& instrument = market.instrument(Symbol("AAPL"));
    std::vector<AccountOrderEvent> out;
    const auto order =
        make_order("gtc", "AAPL", Side::buy, "1", OrderType::limit, "1", TimeInForce::gtc);
    book.enter(kAccount, order, instrument, nullptr, at(9, 0), out);
    book.close_session(instrument, Price::whole(200), at(9, 0) + 90 * kDay - 1, out);
    CHECK(book.find(kAccount, "gtc")->order.status == OrderStatus::new_order);
    book.close_session(instrument, Price::whole(200), at(9, 0) + 90 * kDay, out);
    CHECK(book.find(kAccount, "gtc")->order.status == OrderStatus::expired);
    CHECK_FALSE(book.has_open_orders(Symbol("AAPL")));
}

TEST_CASE("orders that the exchange refuses change nothing") {
    Desk desk;
    REQUIRE(desk.refusal(make_order("a", "AAPL", Side::buy, "1")).empty());
    const auto before = desk.exchange->state();
    CHECK(desk.refusal(make_order("a", "AAPL", Side::buy, "1")) ==
          "client_order_id must be unique");
    CHECK(desk.refusal(make_order("b", "NONE", Side::buy, "1")) == "asset \"NONE\" not found");
    CHECK_FALSE(desk.refusal(make_order("c", "AAPL", Side::buy, "0")).empty());
    CHECK_FALSE(desk.refusal(make_order("d", "AAPL", Side::buy, "0.5")).empty());
    CHECK_FALSE(
        desk.refusal(make_order("e", "AAPL", Side::buy, "1", OrderType::limit, "200.001")).empty());
    CHECK_FALSE(desk.refusal(make_order("f", "BTCUSD", Side::buy, "0.1")).empty());  // day
    CHECK(desk.refusal(make_order("g", "AAPL", Side::buy, "2000")) == "insufficient buying power");
    CHECK(desk.refusal(make_order("h", "BTCUSD", Side::buy, "2", OrderType::market, "0",
                                  TimeInForce::gtc))
              .starts_with("insufficient balance for USD"));
    auto sale =
        make_order("i", "BTCUSD", Side::sell, "0.1", OrderType::market, "0", TimeInForce::gtc);
    sale.role = Role::exit;
    CHECK(desk.refusal(sale).starts_with("insufficient balance for BTCUSD"));
    CHECK(desk.exchange->state() == before);
    CHECK(desk.exchange->cancel(kAccount, "a", desk.exchange->time())->message ==
          "order is already in \"filled\" state");
    CHECK(desk.exchange->cancel(kAccount, "x", desk.exchange->time())->http_status == 404);
}

TEST_CASE("buying power counts what works already and what closes") {
    Desk desk;
    const auto limit = (desk.quote("AAPL").bid - Price::whole(50)).to_string();  // about 150
    REQUIRE(
        desk.refusal(make_order("a", "AAPL", Side::buy, "1200", OrderType::limit, limit)).empty());
    CHECK(desk.refusal(make_order("b", "AAPL", Side::buy, "200", OrderType::limit, limit)) ==
          "insufficient buying power");
    REQUIRE_FALSE(desk.exchange->cancel(kAccount, "a", desk.exchange->time()));
    REQUIRE(desk.refusal(make_order("c", "AAPL", Side::buy, "900")).empty());
    CHECK(desk.refusal(make_order("d", "TSLA", Side::buy, "200")) == "insufficient buying power");
    REQUIRE(desk.refusal(make_order("e", "AAPL", Side::sell, "900")).empty());
    CHECK(desk.position("AAPL").is_zero());
    REQUIRE(desk.refusal(make_order("f", "TSLA", Side::sell, "300")).empty());  // a short
    CHECK(desk.position("TSLA") == -Quantity::whole(300));
    CHECK(desk.refusal(make_order("g", "TSLA", Side::sell, "400")) == "insufficient buying power");
    REQUIRE(desk.refusal(make_order("h", "TSLA", Side::buy, "300")).empty());
}

TEST_CASE("a bracket: children held, one exit cancels the other") {
    Desk desk;
    const auto ask = desk.quote("AAPL").ask;
    auto parent = make_order("p", "AAPL", Side::buy, "10");
    parent.exit_plan.target = ask + Price::of("0.6");
    parent.exit_plan.stop = ask - Price::of("30");
    parent.exit_plan.leave_at_close = true;
    REQUIRE(desk.refusal(parent).empty());
    CHECK(desk.order("p").status == OrderStatus::filled);
    CHECK(desk.order("p.target").status == OrderStatus::new_order);
    CHECK(desk.order("p.stop").status == OrderStatus::new_order);
    CHECK(desk.refusal(make_order("p.target", "AAPL", Side::buy, "1")) ==
          "client_order_id must be unique");
    desk.advance(at(16, 1));
    CHECK(desk.position("AAPL").is_zero());
    CHECK(desk.order("p.target").status == OrderStatus::filled);
    CHECK(desk.order("p.stop").status == OrderStatus::canceled);
    CHECK(desk.order("p.close").status == OrderStatus::canceled);
    CHECK(desk.told("p.target") == "activated filled");
    CHECK(desk.told("p.stop") == "activated canceled");

    // Neither level is reached: the closing auction takes the position out.
    desk.advance(at(10, 0) + kDay);
    parent.order_id = "q";
    parent.exit_plan.target = desk.quote("AAPL").ask + Price::whole(40);
    parent.exit_plan.stop = desk.quote("AAPL").ask - Price::whole(40);
    REQUIRE(desk.refusal(parent).empty());
    desk.advance(at(16, 1) + kDay);
    CHECK(desk.position("AAPL").is_zero());
    CHECK(desk.order("q.close").status == OrderStatus::filled);
    CHECK(desk.order("q.target").status == OrderStatus::canceled);

    // The entry never fills: the children go with it.
    desk.advance(at(10, 0) + 2 * kDay);
    parent.order_id = "r";
    parent.type = OrderType::limit;
    parent.limit_price = desk.quote("AAPL").bid - Price::whole(20);
    REQUIRE(desk.refusal(parent).empty());
    CHECK(desk.order("r.stop").status == OrderStatus::held);
    REQUIRE_FALSE(desk.exchange->cancel(kAccount, "r", desk.exchange->time()));
    CHECK(desk.order("r.stop").status == OrderStatus::canceled);
    CHECK(desk.order("r.close").status == OrderStatus::canceled);
    CHECK(desk.exchange->open_orders(kAccount).empty());
}

TEST_CASE("the exchange's account balances to the last digit under random orders") {
    test::law("cash is what the fills say; positions too; nothing fills beyond its order", [] {
        auto settings = test::wave_settings();
        settings.partial_fill_probability = 0.5;
        settings.seed = *rc::gen::arbitrary<std::uint64_t>();
        Desk desk(settings);
        const int steps = *rc::gen::inRange(1, 30);
        for (int i = 0; i < steps; ++i) {
            const bool coin = *rc::gen::inRange(0, 4) == 0;
            const char* const symbol = coin ? "BTCUSD" : *rc::gen::element("AAPL", "TSLA");
            auto order = make_order("o" + std::to_string(i), symbol,
                                    *rc::gen::element(Side::buy, Side::sell),
                                    coin ? "0.137" : std::to_string(*rc::gen::inRange(1, 90)));
            if (coin) order.time_in_force = TimeInForce::gtc;
            if (*rc::gen::arbitrary<bool>()) {
                order.type = OrderType::limit;
                order.limit_price = desk.quote(symbol).mid();
                order.limit_price = floor_to_tick(order.limit_price, Price::of("0.01")) +
                                    Price::from_units(*rc::gen::inRange(-40, 40) * 10'000'000LL);
            }
            if (*rc::gen::inRange(0, 3) == 0) {
                const auto price = desk.quote(symbol).mid();
                const auto away = Price::whole(order.side == Side::buy ? 2 : -2);
                order.exit_plan.target = floor_to_tick(price + away, Price::of("0.01"));
                order.exit_plan.leave_at_close = *rc::gen::arbitrary<bool>();
            }
            (void)desk.refusal(order);
            desk.advance(desk.exchange->time() + *rc::gen::inRange(1, 2'000) * kSecond);
        }
        Money cash = Money::whole(100'000);
        std::map<Symbol, Quantity> held;
        std::map<std::string, Quantity> filled;
        for (const auto& fill : desk.exchange->fills(kAccount)) {
            const auto moved = signed_quantity(fill.side, fill.quantity);
            cash = cash - fill.price * moved - fill.fee;
            held[fill.symbol] += moved;
            filled[fill.order_id] += fill.quantity;
        }
        RC_ASSERT(desk.exchange->account(kAccount).cash == cash);
        for (const auto& position : desk.exchange->positions(kAccount)) {
            RC_ASSERT(held[position.symbol] == position.quantity);
            RC_ASSERT(position.cost.sign() == position.quantity.sign());
            held.erase(position.symbol);
        }
        for (const auto& [symbol, quantity] : held) RC_ASSERT(quantity.is_zero());
        for (const auto& order : desk.exchange->orders(kAccount)) {
            RC_ASSERT(order.filled_quantity == filled[order.order_id]);
            RC_ASSERT(order.filled_quantity <= order.quantity);
            if (order.parent_order_id.empty()) continue;
            // Exits together never sell more than their entry bought.
            Quantity exits;
            for (const char* const leg : {".stop", ".target", ".close"}) {
                exits += filled[order.parent_order_id + leg];
            }
            RC_ASSERT(exits <= filled[order.parent_order_id]);
        }
    });
}
