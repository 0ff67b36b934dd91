#include "broker/exchange/continued_market.hpp"

#include <cmath>

#include "broker/exchange/embedded_exchange.hpp"
#include "broker/exchange/market_tick.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/exchange/wave_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using market::TradingCalendar;

namespace {

constexpr std::uint64_t kSeed = 11;
const Date kLast = date_of(2024, 3, 28);

// Daily closes that move `move` up and down from day to day, up to a last session.
BarSeriesPtr history(const std::string& name, const std::string& close, double move, Date last) {
    auto series = std::make_shared<BarSeries>();
    series->symbol = Symbol(name);
    series->daily = true;
    series->interval_ns = kDay;
    const auto calendar = market::calendar_of(market::asset_class_of(series->symbol));
    std::vector<market::Session> sessions;
    for (Date date = last - 120; date <= last; date = date + 1) {
        if (const auto session = market::session_on(calendar, date)) sessions.push_back(*session);
    }
    const auto price = Price::of(close);
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        Bar bar;
        bar.start = sessions[i].open;
        bar.end = sessions[i].close;
        const bool up = (sessions.size() - i) % 2 == 0;
        bar.open = bar.high = bar.low = bar.close =
            up ? nearest_tick(moved(price, move), Price::of("0.01")) : price;
        bar.volume = 1;
        series->bars.push_back(bar);
    }
    return series;
}

ContinuedMarket make(const std::vector<BarSeriesPtr>& histories,
                     const std::vector<Symbol>& symbols = {}) {
    return {ContinuedMarket::fit(kSeed, symbols, histories, kLast + 400), histories, {}};
}

double deviation(const std::vector<double>& closes) {
    double sum = 0;
    double squares = 0;
    const auto count = static_cast<double>(closes.size() - 1);
    for (std::size_t i = 1; i < closes.size(); ++i) {
        const double change = std::log(closes[i] / closes[i - 1]);
        sum += change;
        squares += change * change;
    }
    return std::sqrt((squares - sum * sum / count) / (count - 1));
}

}  // namespace

TEST_CASE("the continuation starts at the last close and moves as much as the record did") {
    const auto calm = history("AAPL", "150", 0.01, kLast);
    const auto wild = history("SOUN", "12.5", 0.08, kLast);
    const auto market = make({calm, wild});
    const auto end = calm->bars.back().end;
    CHECK(market.price_at(Symbol("AAPL"), end) == Price::whole(150));
    CHECK(market.price_at(Symbol("SOUN"), end) == Price::of("12.5"));
    std::vector<double> calm_closes;
    std::vector<double> wild_closes;
    for (Date date = kLast + 1; date < kLast + 390; date = date + 1) {
        const auto bar = market.daily_bar(Symbol("AAPL"), date);
        if (!bar) continue;
        calm_closes.push_back(bar->close.to_double());
        wild_closes.push_back(market.daily_bar(Symbol("SOUN"), date)->close.to_double());
    }
    REQUIRE(calm_closes.size() > 250);
    // The record's moves: 1 % and 8 % a day. Volatility clusters, so a year may differ somewhat.
    CHECK(deviation(calm_closes) == Approx(0.01).epsilon(0.6));
    CHECK(deviation(wild_closes) == Approx(0.08).epsilon(0.6));
    CHECK(deviation(wild_closes) > 3 * deviation(calm_closes));
}

TEST_CASE("recorded days come before generated ones, and the bars join without a gap") {
    const auto recorded = history("AAPL", "150", 0.01, kLast);
    const auto market = make({recorded});
    CHECK(market.daily_bar(Symbol("AAPL"), kLast)->close == Price::whole(150));
    const auto next = market.daily_bar(Symbol("AAPL"), kLast + 4);  // Monday after Good Friday
    REQUIRE(next);
    CHECK(std::fabs(next->open.to_double() / 150 - 1) < 0.1);
    CHECK_FALSE(market.daily_bar(Symbol("AAPL"), kLast + 1));
    CHECK(default_exchange_start({recorded}) == market::new_york_time(kLast + 4, 9, 25));
}

TEST_CASE("bending keeps quotes, trades and bars together") {
    const auto market =
        make({history("AAPL", "150", 0.012, kLast), history("BTCUSD", "42123.45", 0.03, kLast)},
             {Symbol("NVDA")});
    CHECK(market.symbols().size() == 3);
    for (const auto& symbol : market.symbols()) {
        INFO(symbol.view());
        const auto open = market::session_on(TradingCalendar::nyse, kLast + 4)->open + 30 * kMinute;
        for (int minute = 0; minute < 20; ++minute) {
            const auto start = open + minute * kMinute;
            const auto bar = market.minute_bar(symbol, start);
            REQUIRE(bar);
            Price high;
            Price low = Price::whole(1'000'000);
            Price first;
            Price last;
            Quantity volume;
            for (auto t = start; t < bar->end; t = t + kMarketTick) {
                const auto quote = market.quote_at(symbol, t);
                REQUIRE(quote.valid());
                const auto trade = market.trade_at(symbol, t);
                REQUIRE(trade);
                REQUIRE(trade->time >= t);
                REQUIRE(trade->time < t + kMarketTick);
                REQUIRE(quote.time == t);
                volume += trade->size;
                REQUIRE((trade->price == quote.bid || trade->price == quote.ask));
                if (first.is_zero()) first = trade->price;
                last = trade->price;
                high = std::max(high, trade->price);
                low = std::min(low, trade->price);
            }
            CHECK(bar->volume == volume.to_double());
            CHECK(bar->trade_count == 600);
            CHECK(bar->open == first);
            CHECK(bar->high == high);
            CHECK(bar->low == low);
            CHECK(bar->close == last);
        }
        const auto price = market.price_at(symbol, open);
        CHECK(price.units() % Price::of("0.01").units() == 0);
    }
}

TEST_CASE("minutes and quotes within the record stay in the range of their day") {
    auto recorded = std::make_shared<BarSeries>(*history("AAPL", "150", 0.03, kLast));
    for (auto& bar : recorded->bars) {
        bar.high = bar.close + Price::of("1.5");
        bar.low = bar.close - Price::of("2.5");
    }
    const auto market = make({recorded});
    const auto& day = recorded->bars[recorded->bars.size() - 30];
    Price high;
    Price low = Price::whole(1'000'000);
    for (auto start = day.start; start < day.end; start = start + kMinute) {
        const auto bar = market.minute_bar(Symbol("AAPL"), start);
        REQUIRE(bar);
        high = std::max(high, bar->high);
        low = std::min(low, bar->low);
        CHECK(market.price_at(Symbol("AAPL"), start) == bar->open);
    }
    CHECK(high == day.high);
    CHECK(low == day.low);
    // Over night the day's last price stands.
    CHECK(market.price_at(Symbol("AAPL"), day.end + 3 * kHour) ==
          market.minute_bar(Symbol("AAPL"), day.end - kMinute)->close);
}

TEST_CASE("recorded minutes are shown as they are, and make the recorded days") {
    auto minutes = std::make_shared<BarSeries>();
    minutes->symbol = Symbol("AAPL");
    minutes->interval_ns = kMinute;
    const auto session = *market::session_on(TradingCalendar::nyse, kLast);
    for (int i = 0; i < 390; i += 2) {  // every other minute traded
        Bar bar;
        bar.start = session.open + i * kMinute;
        bar.end = bar.start + kMinute;
        bar.open = bar.low = Price::whole(100);
        bar.high = bar.close = Price::whole(101 + i % 7);
        bar.volume = 10;
        minutes->bars.push_back(bar);
    }
    const auto market = make({minutes});
    CHECK(market.minute_bar(Symbol("AAPL"), session.open) == minutes->bars.front());
    CHECK_FALSE(market.minute_bar(Symbol("AAPL"), session.open + kMinute));
    const auto day = market.daily_bar(Symbol("AAPL"), kLast);
    REQUIRE(day);
    CHECK(day->high == Price::whole(107));
    CHECK(day->volume == 1950);
    CHECK(market.minute_bar(Symbol("AAPL"), session.open - 7 * kDay));
}

TEST_CASE("the terms are all that the prices depend on") {
    const std::vector<BarSeriesPtr> histories{history("AAPL", "150", 0.012, kLast)};
    const auto market = make(histories);
    const ContinuedMarket again(ContinuedMarket::parse(market.terms()), {}, {});
    CHECK(again.terms() == market.terms());
    for (int i = 0; i < 500; ++i) {
        const auto time = utc_midnight(kLast + 1) + i * 1111 * kSecond;
        CHECK(again.quote_at(Symbol("AAPL"), time) == market.quote_at(Symbol("AAPL"), time));
    }
    CHECK_THROWS_AS(ContinuedMarket::parse("{}"), Error);
    CHECK_THROWS_AS(market.price_at(Symbol("NONE"), {}), Error);
    auto empty = std::make_shared<BarSeries>();
    empty->symbol = Symbol("AAPL");
    CHECK_THROWS_AS(make({empty}), Error);
}

TEST_CASE("an exchange is opened on recorded bars, and goes on after they changed") {
    const test::Folder folder;
    const std::vector<BarSeriesPtr> histories{history("AAPL", "150", 0.012, kLast)};
    std::vector<ExchangeEvent> events;
    std::string state;
    {
        const auto exchange = open_embedded_exchange(folder.path, {}, {}, histories, {});
        CHECK(exchange->time() == market::new_york_time(kLast + 4, 9, 25));
        exchange->advance_to(exchange->time() + 10 * kMinute, events);
        CHECK(events.size() > 2 * 5 * 5);
        const auto days = exchange->daily_bars(Symbol("AAPL"), {}, exchange->time());
        CHECK(days.size() == histories[0]->bars.size());
        state = exchange->state();
    }
    const auto later = history("AAPL", "99", 0.05, kLast - 30);
    CHECK(open_embedded_exchange(folder.path, {}, {}, {later}, {})->state() == state);
}
