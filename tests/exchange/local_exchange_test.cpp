// An own account matched against another market's quotes.
#include "broker/exchange/local_exchange.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/exchange/exchange_store.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/exchange/wave_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using test::Folder;
using test::law;
using test::make_order;

namespace {

LocalTerms terms() {
    LocalTerms terms;
    terms.start = test::wave_start();
    return terms;
}

std::vector<Instrument> instruments() {
    const test::WaveMarket market;
    std::vector<Instrument> all;
    for (const auto& symbol : market.symbols()) all.push_back(market.instrument(symbol));
    return all;
}

std::unique_ptr<LocalExchange> open(const std::filesystem::path& folder) {
    return std::make_unique<LocalExchange>(folder, terms(), instruments());
}

Quote quote_of(const std::string& symbol, const std::string& bid, const std::string& ask,
               Timestamp time = {}) {
    Quote quote;
    quote.symbol = Symbol(symbol);
    quote.bid = Price::of(bid);
    quote.ask = Price::of(ask);
    quote.time = time;
    return quote;
}

std::string told(LocalExchange& exchange) {
    std::vector<OrderEvent> events;
    exchange.take_events(events);
    std::string text;
    for (const auto& event : events) {
        text += text.empty() ? "" : " ";
        text += event.order_id + ":" + std::string(to_text(event.kind));
        if (event.fill) text += "@" + event.fill->price.to_string();
    }
    return text;
}

constexpr std::int64_t kToOpen = 5 * kMinute;

}  // namespace

TEST_CASE("orders fill when a quote reaches them, market orders at the touch") {
    const Folder folder;
    auto exchange = open(folder.path);
    exchange->advance_to(exchange->time() + kToOpen);
    CHECK(exchange->submit(make_order("early", "AAPL", Side::buy, "1"))->message ==
          "no price of AAPL yet");
    exchange->on_quote(quote_of("AAPL", "199", "200"));
    CHECK_FALSE(exchange->submit(make_order("m", "AAPL", Side::buy, "10")));
    CHECK_FALSE(exchange->submit(
        make_order("l", "AAPL", Side::buy, "10", OrderType::limit, "190", TimeInForce::gtc)));
    CHECK(told(*exchange) == "m:accepted m:filled@200 l:accepted");
    exchange->on_quote(quote_of("AAPL", "190", "191"));
    CHECK(told(*exchange).empty());
    exchange->on_quote(quote_of("AAPL", "188", "189"));
    CHECK(told(*exchange) == "l:filled@190");
    CHECK(exchange->positions().front().quantity == Quantity::whole(20));
    Money cash = terms().cash;
    for (const auto& fill : exchange->fills()) {
        cash -= fill.price * fill.quantity + fill.fee;
    }
    CHECK(exchange->account().cash == cash);
    CHECK(exchange->submit(make_order("m", "AAPL", Side::buy, "10"))->message ==
          "client_order_id must be unique");
    CHECK(exchange->submit(make_order("much", "AAPL", Side::buy, "10000"))->http_status == 403);
}

TEST_CASE("an order waits for the next quote where the newest one is old or only a reference") {
    const Folder folder;
    auto exchange = open(folder.path);
    exchange->advance_to(exchange->time() + kToOpen);
    const auto market = make_order("m", "AAPL", Side::buy, "10");
    const auto at_once =
        make_order("ioc", "AAPL", Side::buy, "1", OrderType::market, "0", TimeInForce::ioc);
    SECTION("a reference price fills nothing") {
        exchange->set_reference(Symbol("AAPL"), Price::of("150"));
        CHECK(exchange->account().equity == terms().cash);
    }
    SECTION("nor does a quote from before") {
        exchange->on_quote(quote_of("AAPL", "149", "150"));
        exchange->advance_to(exchange->time() + terms().quote_age_ns + 1);
    }
    SECTION("nor one from before a restart, whose age is not known") {
        exchange->on_quote(quote_of("AAPL", "149", "150"));
        CHECK_FALSE(exchange->submit(
            make_order("l", "AAPL", Side::buy, "10", OrderType::limit, "1", TimeInForce::gtc)));
        CHECK(told(*exchange) == "l:accepted");
        exchange.reset();
        exchange = open(folder.path);
        exchange->advance_to(exchange->time() + terms().quote_age_ns + 1);
    }
    CHECK_FALSE(exchange->submit(market));
    CHECK_FALSE(exchange->submit(at_once));
    CHECK(told(*exchange) == "m:accepted ioc:accepted ioc:canceled");
    const auto before = exchange->state();
    exchange.reset();
    exchange = open(folder.path);
    CHECK(exchange->state() == before);
    exchange->on_quote(quote_of("AAPL", "199", "200"));
    CHECK(told(*exchange) == "m:filled@200");
    // A quote that is just young enough.
    exchange->advance_to(exchange->time() + terms().quote_age_ns);
    CHECK_FALSE(exchange->submit(make_order("n", "AAPL", Side::buy, "10")));
    CHECK(told(*exchange) == "n:accepted n:filled@200");
}

TEST_CASE("an order for the close needs a quote of its session") {
    const Folder folder;
    auto exchange = open(folder.path);
    const auto closing = [&](const char* id) {
        return make_order(id, "AAPL", Side::buy, "1", OrderType::market, "0", TimeInForce::cls);
    };
    exchange->on_quote(quote_of("AAPL", "99", "100"));  // before the open
    CHECK_FALSE(exchange->submit(closing("none")));
    exchange->advance_to(exchange->time() + kToOpen + 7 * kHour);
    CHECK(told(*exchange) == "none:accepted none:canceled");
    exchange->advance_to(exchange->time() + 17 * kHour);  // 09:25 and 7 hours and 17, next day
    REQUIRE_FALSE(exchange->submit(closing("some")));
    exchange->advance_to(exchange->time() + kHour);
    exchange->on_quote(quote_of("AAPL", "199", "201"));
    SECTION("") {}
    SECTION("and a restart forgets none") {
        exchange.reset();
        exchange = open(folder.path);
    }
    exchange->advance_to(exchange->time() + 12 * kHour);
    CHECK(told(*exchange).ends_with("some:filled@200"));
}

TEST_CASE("a session's end closes what was for the day, whenever it is noticed") {
    const Folder folder;
    auto exchange = open(folder.path);
    exchange->on_quote(quote_of("AAPL", "199", "200"));
    const auto limit = make_order("day", "AAPL", Side::buy, "1", OrderType::limit, "100");
    const auto kept =
        make_order("gtc", "AAPL", Side::buy, "1", OrderType::limit, "100", TimeInForce::gtc);
    CHECK_FALSE(exchange->submit(limit));  // before the open
    CHECK_FALSE(exchange->submit(kept));
    SECTION("at once") {
        exchange->advance_to(exchange->time() + kToOpen + 7 * kHour);
    }
    SECTION("days later, after a restart") {
        exchange.reset();
        exchange = open(folder.path);
        exchange->advance_to(exchange->time() + 4 * kDay);
    }
    const auto events = told(*exchange);
    CHECK(events.ends_with("day:expired"));
    CHECK(exchange->orders()[0].status == OrderStatus::expired);
    CHECK(exchange->orders()[0].closed_time.ns ==
          (test::wave_start() + kToOpen + 6 * kHour + 30 * kMinute).ns);
    CHECK(exchange->orders()[1].status == OrderStatus::new_order);
}

TEST_CASE("the first quote of a session is the auction of what waited for its open") {
    const Folder folder;
    auto exchange = open(folder.path);
    exchange->on_quote(quote_of("AAPL", "199", "200"));
    auto order =
        make_order("opg", "AAPL", Side::buy, "1", OrderType::market, "0", TimeInForce::opg);
    order.time = exchange->time();
    CHECK_FALSE(exchange->submit(order));
    exchange->advance_to(exchange->time() + kToOpen);
    exchange->on_quote(quote_of("AAPL", "204", "206"));
    CHECK(told(*exchange) == "opg:accepted opg:filled@205");
}

TEST_CASE("a long history is not written again for every few quotes") {
    const Folder folder;
    (void)open(folder.path);
    constexpr std::size_t kHistoryBytes = 6 << 20U;
    {
        // As long as a history of years.
        ExchangeStore store(folder.path);
        auto json = nlohmann::ordered_json::parse(store.open().value().snapshot);
        json["account"]["documents"]["history"] = std::string(kHistoryBytes, 'x');
        store.replace(json.dump());
    }
    auto exchange = open(folder.path);
    exchange->on_quote(quote_of("AAPL", "199", "200"));
    CHECK_FALSE(exchange->submit(
        make_order("l", "AAPL", Side::buy, "10", OrderType::limit, "1", TimeInForce::gtc)));
    // The journal's name changes with each snapshot.
    const auto journal = [&] {
        for (const auto& file : std::filesystem::directory_iterator(folder.path)) {
            if (file.path().filename().string().starts_with("journal.")) return file.path();
        }
        return std::filesystem::path();
    };
    const auto first = journal();
    REQUIRE(std::filesystem::exists(first));
    std::uint64_t largest = 0;
    while (std::filesystem::exists(first)) {
        largest = std::filesystem::file_size(first);
        for (int i = 0; i < 1000; ++i) exchange->on_quote(quote_of("AAPL", "199", "200"));
    }
    CHECK(largest > kHistoryBytes - (1U << 20U));
    const auto state = exchange->state();
    exchange.reset();
    exchange = open(folder.path);
    CHECK(exchange->state() == state);
}

TEST_CASE("a symbol with orders cannot be left out") {
    const Folder folder;
    {
        auto exchange = open(folder.path);
        exchange->on_quote(quote_of("AAPL", "199", "200"));
        CHECK_FALSE(exchange->submit(make_order("a", "AAPL", Side::buy, "1")));
    }
    auto others = instruments();
    std::erase_if(others, [](const auto& each) { return each.symbol == Symbol("AAPL"); });
    CHECK_THROWS_AS(LocalExchange(folder.path, terms(), others), Error);
}

TEST_CASE("killed after every step, it gives the same as one never killed") {
    law("restart at every step", [] {
        const Folder kept;
        const Folder killed;
        auto a = open(kept.path);
        auto b = open(killed.path);
        const test::WaveMarket market;
        const int steps = *rc::gen::inRange(1, 25);
        for (int i = 0; i < steps; ++i) {
            const auto now = a->time() + *rc::gen::inRange<std::int64_t>(0, 90) * kMinute;
            const auto side = *rc::gen::element(Side::buy, Side::sell);
            auto order = make_order("o" + std::to_string(i), *rc::gen::element("AAPL", "TSLA"),
                                    side, std::to_string(*rc::gen::inRange(1, 80)));
            order.time = now;
            const int kind = *rc::gen::inRange(0, 6);
            if (kind == 1) {
                order.type = OrderType::limit;
                const int base = order.symbol == Symbol("AAPL") ? 200 : 300;
                order.limit_price = Price::whole(base + *rc::gen::inRange(-3, 4));
            } else if (kind == 2) {
                order.type = OrderType::trailing_stop;
                order.stop_price = Price::of("0.8");
                order.time_in_force = TimeInForce::gtc;
            } else if (kind == 3) {
                order.time_in_force = *rc::gen::element(TimeInForce::cls, TimeInForce::opg);
            }
            const auto canceled = "o" + std::to_string(*rc::gen::inRange(0, i + 1));
            const auto step = [&](LocalExchange& exchange) {
                exchange.advance_to(now);
                for (const auto& symbol : market.symbols()) {
                    exchange.on_quote(market.quote_at(symbol, now));
                }
                std::string answer;
                if (kind == 0) {
                    const auto refused = exchange.cancel(canceled);
                    answer = refused ? refused->message : "canceled";
                } else {
                    const auto refused = exchange.submit(order);
                    answer = refused ? refused->message : "accepted";
                }
                return answer + " " + told(exchange);
            };
            RC_ASSERT(step(*a) == step(*b));
            RC_ASSERT(a->state() == b->state());
            b.reset();
            b = open(killed.path);
            b->advance_to(a->time());  // nothing may follow from it
            RC_ASSERT(told(*b).empty());
            RC_ASSERT(a->state() == b->state());
        }
        Money cash = terms().cash;
        for (const auto& fill : a->fills()) {
            cash -= fill.price * signed_quantity(fill.side, fill.quantity) + fill.fee;
        }
        RC_ASSERT(a->account().cash == cash);
    });
}
