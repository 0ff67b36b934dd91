#include <set>

#include "broker/exchange/exchange_broker.hpp"
#include "broker/exchange/exchange_json.hpp"
#include "market/calendar.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/exchange/wave_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using test::Folder;
using test::kAccount;
using test::make_order;
using test::open_waves;

namespace {

Timestamp at(int hour, int minute) {
    return market::new_york_time(date_of(2026, 3, 30), hour, minute);
}

template <class Value>
std::size_t count(const std::vector<ExchangeEvent>& events, const Symbol& symbol) {
    std::size_t result = 0;
    for (const auto& event : events) {
        const auto* value = std::get_if<Value>(&event.payload);
        result += value != nullptr && value->symbol == symbol ? 1 : 0;
    }
    return result;
}

}  // namespace

TEST_CASE("a session gives quotes, trades, bars and its two ends in order of time") {
    const Folder folder;
    const auto exchange = open_waves(folder.path);
    CHECK(exchange->time() == at(9, 25));
    std::vector<ExchangeEvent> events;
    exchange->advance_to(at(9, 29), events);
    CHECK(count<Quote>(events, Symbol("AAPL")) == 0);
    CHECK(count<Quote>(events, Symbol("BTCUSD")) == 20);  // coins trade before the open
    exchange->advance_to(at(16, 30), events);
    CHECK(exchange->time() == at(16, 30));
    CHECK(count<Quote>(events, Symbol("AAPL")) == 390 * 5);
    CHECK(count<Trade>(events, Symbol("AAPL")) == 390 * 5);
    CHECK(count<BarClosed>(events, Symbol("AAPL")) == 390);
    CHECK(count<BarClosed>(events, Symbol("BTCUSD")) == 7 * 60 + 5);

    std::vector<std::string> sessions;
    Timestamp last;
    for (const auto& event : events) {
        CHECK(event.time >= last);
        last = event.time;
        if (std::holds_alternative<SessionEvent>(event.payload)) sessions.push_back(to_text(event));
        if (const auto* bar = std::get_if<BarClosed>(&event.payload)) {
            CHECK(bar->bar.end == event.time);
        }
    }
    CHECK(sessions == std::vector<std::string>{"2026-03-30T13:30:00Z session opened 2026-03-30",
                                               "2026-03-30T20:00:00Z session closed 2026-03-30"});
    std::vector<ExchangeEvent> none;
    exchange->advance_to(at(10, 0), none);  // a time that has passed
    CHECK(none.empty());
    CHECK(exchange->time() == at(16, 30));
}

TEST_CASE("days roll at midnight UTC for coins; nights and week-ends pass for stocks") {
    const Folder folder;
    const auto exchange = open_waves(folder.path);
    std::vector<ExchangeEvent> events;
    exchange->advance_to(at(9, 25) + 8 * kDay, events);
    std::multiset<std::string> sessions;
    for (const auto& event : events) {
        if (const auto* session = std::get_if<SessionEvent>(&event.payload)) {
            sessions.insert(std::string(session->crypto ? "coins" : "stocks") +
                            (session->phase == SessionPhase::opened ? " opened" : " closed"));
        }
    }
    CHECK(sessions.count("stocks opened") == 5);  // 30 March to 6 April less Good Friday, 3 April
    CHECK(sessions.count("stocks closed") == 5);
    CHECK(sessions.count("coins opened") == 8);
    CHECK(sessions.count("coins closed") == 8);
    CHECK_FALSE(exchange->is_open(Symbol("AAPL")));
    CHECK(exchange->is_open(Symbol("BTCUSD")));
}

TEST_CASE("only the steps of the owner's clock differ, not what happens") {
    const Folder one;
    const Folder many;
    const auto coarse = open_waves(one.path);
    const auto fine = open_waves(many.path);
    std::vector<ExchangeEvent> a;
    std::vector<ExchangeEvent> b;
    coarse->advance_to(at(10, 0), a);
    for (Timestamp t = at(9, 25); t <= at(10, 0); t = t + 777 * kMillisecond) {
        fine->advance_to(t, b);
    }
    fine->advance_to(at(10, 0), b);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(to_text(a[i]) == to_text(b[i]));
    CHECK(coarse->state() == fine->state());
}

TEST_CASE("bars that have ended can be read back, the present one not") {
    const Folder folder;
    const auto exchange = open_waves(folder.path);
    std::vector<ExchangeEvent> events;
    exchange->advance_to(at(9, 40) + 30 * kSecond, events);
    const auto minutes = exchange->minute_bars(Symbol("AAPL"), at(0, 0), at(23, 0));
    REQUIRE(minutes.size() == 10);  // from midnight New York: this session alone
    CHECK(minutes.front().start == at(9, 30));
    CHECK(minutes.back().end == at(9, 40));
    CHECK(exchange->minute_bars(Symbol("AAPL"), at(9, 33), at(9, 35)).size() == 2);
    const auto days = exchange->daily_bars(Symbol("AAPL"), at(0, 0) - 7 * kDay, at(23, 0));
    REQUIRE(days.size() == 5);  // the week before; this session has not ended
    CHECK(days.back().end == at(16, 0) - 3 * kDay);
}

TEST_CASE("settings that are not possible are usage errors") {
    const Folder folder;
    const auto kind = [&](ExchangeSettings settings) {
        try {
            (void)open_waves(folder.path, std::move(settings));
        } catch (const Error& error) {
            return error.kind();
        }
        return ErrorKind::failed;
    };
    auto settings = test::wave_settings();
    settings.quote_interval_ns = 7 * kSecond;
    CHECK(kind(settings) == ErrorKind::usage);
    settings = test::wave_settings();
    settings.quote_interval_ns = 50 * kMillisecond;
    CHECK(kind(settings) == ErrorKind::usage);
    settings = test::wave_settings();
    settings.cash = Money();
    CHECK(kind(settings) == ErrorKind::usage);
    settings = test::wave_settings();
    settings.costs = "none";
    CHECK(kind(settings) == ErrorKind::usage);
}

TEST_CASE("an account behind the broker interface: events, reads, refusals, second sendings") {
    const Folder folder;
    const auto exchange = open_waves(folder.path);
    ExchangeBroker broker(*exchange, kAccount);
    std::vector<ExchangeEvent> events;
    exchange->advance_to(at(9, 31), events);
    const auto order = make_order("a", "AAPL", Side::buy, "10");
    broker.submit(order, at(9, 31));
    broker.submit(order, at(9, 31));
    broker.submit(make_order("b", "NONE", Side::buy, "10"), at(9, 31));
    broker.cancel("unknown", at(9, 31));
    events.clear();
    exchange->advance_to(at(9, 32), events);
    for (const auto& event : events) {
        if (const auto* own = std::get_if<AccountOrderEvent>(&event.payload)) broker.offer(*own);
    }
    std::vector<OrderEvent> said;
    broker.take_events(said);
    REQUIRE(said.size() == 3);
    CHECK(said[0].kind == OrderEventKind::rejected);
    CHECK(said[0].reason == "asset \"NONE\" not found");
    CHECK(said[1].kind == OrderEventKind::accepted);
    CHECK(said[2].kind == OrderEventKind::filled);
    REQUIRE(broker.positions(at(9, 32)).ok());
    CHECK(broker.positions(at(9, 32)).value.at(0).quantity == Quantity::whole(10));
    CHECK(broker.open_orders(at(9, 32)).value.empty());
    CHECK(broker.find("a", at(9, 32)).value->status == OrderStatus::filled);
    CHECK_FALSE(broker.find("b", at(9, 32)).value);
    const auto account = broker.account(at(9, 32)).value;
    CHECK(account.cash ==
          Money::whole(100'000) - said[2].fill->price * Quantity::whole(10) - said[2].fill->fee);
}
