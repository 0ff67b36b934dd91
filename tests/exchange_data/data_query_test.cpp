#include "broker/exchange/data/data_query.hpp"

#include "tests/catch.hpp"
#include "tests/exchange_data/small_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using market::TradingCalendar;

namespace {

struct Refused {
    int status = 0;
    std::string message;
};

Refused refusal_of(DataMarket market, const QueryParameters& query,
                   HistoryKind kind = HistoryKind::bars) {
    try {
        (void)read_history_query(kind, market, nullptr, query, test::small_market_now());
    } catch (const DataRefused& refused) {
        return {refused.http_status(), refused.what()};
    }
    return {};
}

}  // namespace

TEST_CASE("timeframes are the service's, and nothing else is") {
    struct Row {
        const char* text;
        std::optional<Timeframe> timeframe;
    };
    using enum TimeframeUnit;
    const Row rows[] = {{"1Min", Timeframe{1, minute}},
                        {"59T", Timeframe{59, minute}},
                        {"23Hour", Timeframe{23, hour}},
                        {"4H", Timeframe{4, hour}},
                        {"1Day", Timeframe{1, day}},
                        {"1D", Timeframe{1, day}},
                        {"1Week", Timeframe{1, week}},
                        {"1W", Timeframe{1, week}},
                        {"6Month", Timeframe{6, month}},
                        {"12M", Timeframe{12, month}},
                        {"60Min", {}},
                        {"0Min", {}},
                        {"24Hour", {}},
                        {"2Day", {}},
                        {"5Month", {}},
                        {"Min", {}},
                        {"1min", {}},
                        {"", {}},
                        {"1", {}},
                        {"-1Min", {}},
                        {"01Min", {}},
                        {"1Min ", {}},
                        {"9999999999Min", {}}};
    for (const auto& row : rows) {
        INFO(row.text);
        CHECK(timeframe_named(row.text) == row.timeframe);
    }
}

TEST_CASE("times come in every spelling of the clients") {
    const auto stocks = TradingCalendar::nyse;
    const auto wanted = *parse_time("2026-03-30T13:30:00Z");
    for (const char* text :
         {"2026-03-30T13:30:00Z", "2026-03-30T13:30:00+00:00", "2026-03-30T13:30:00 00:00",
          "2026-03-30T09:30:00-04:00", "2026-03-30 13:30:00", "2026-03-30T13:30:00.000000000Z",
          "2026-03-30T13:30:00", "2026-03-30T19:00:00+05:30"}) {
        INFO(text);
        CHECK(parse_query_time(text, stocks) == wanted);
    }
    // A date is its midnight at the exchange, in summer and in winter.
    CHECK(parse_query_time("2026-03-30", stocks) == *parse_time("2026-03-30T04:00:00Z"));
    CHECK(parse_query_time("2026-01-30", stocks) == *parse_time("2026-01-30T05:00:00Z"));
    CHECK(parse_query_time("2026-03-30", TradingCalendar::utc_days) ==
          *parse_time("2026-03-30T00:00:00Z"));
    for (const char* text :
         {"", "x", "2026-02-30", "2026-03-30T", "2026-03-30T13:30:00+0000",
          "2026-03-30T13:30:00+24:00", "2026-03-30T13:30:00Z+00:00", "1774877400"}) {
        INFO(text);
        CHECK_FALSE(parse_query_time(text, stocks));
    }
}

TEST_CASE("symbols are spelled as the service spells them") {
    CHECK(wire_symbol(Symbol("BTCUSD")) == "BTC/USD");
    CHECK(wire_symbol(Symbol("ETHUSDT")) == "ETH/USDT");
    CHECK(wire_symbol(Symbol("AAPL")) == "AAPL");
    CHECK(symbol_of_pair("BTC/USD") == Symbol("BTCUSD"));
    CHECK(symbol_of_stock("BRK.B") == Symbol("BRK.B"));
    for (const char* text : {"", "BTCUSD", "BTC/", "/USD", "BTC/USD/X", "btc/usd"}) {
        CHECK_FALSE(symbol_of_pair(text));
    }
    for (const char* text : {"", "aapl", "BTC/USD", "A B", "AAPL\n"}) {
        CHECK_FALSE(symbol_of_stock(text));
    }
}

TEST_CASE("a request that cannot be read says why, as the service does") {
    struct Row {
        QueryParameters query;
        const char* says;
    };
    const Row rows[] = {
        {{{"timeframe", "1Min"}}, "symbols is required"},
        {{{"symbols", ""}, {"timeframe", "1Min"}}, "symbols is required"},
        {{{"symbols", "AAPL,,SPY"}, {"timeframe", "1Min"}}, "invalid symbol"},
        {{{"symbols", "AAPL"}}, "timeframe is required"},
        {{{"symbols", "AAPL"}, {"timeframe", "90Min"}}, "invalid timeframe: 90Min"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"limit", "0"}}, "invalid limit"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"limit", "10001"}}, "invalid limit"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"limit", "1e3"}}, "invalid limit"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"start", "soon"}}, "invalid start"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"sort", "up"}}, "invalid sort"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"feed", "x"}}, "invalid feed"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"adjustment", "raw,half"}},
         "invalid adjustment: half"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"currency", "EUR"}}, "invalid currency"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"asof", "x"}}, "invalid asof"},
        {{{"symbols", "AAPL"}, {"timeframe", "1Min"}, {"page_token", "x"}}, "invalid page_token"},
        {{{"symbols", "AAPL"},
          {"timeframe", "1Min"},
          {"start", "2026-03-30"},
          {"end", "2026-03-29"}},
         "end should not be before start"}};
    for (const auto& row : rows) {
        INFO(row.says);
        const auto refused = refusal_of(DataMarket::stocks, row.query);
        CHECK(refused.status == 400);
        CHECK(refused.message.find(row.says) != std::string::npos);
    }
    const auto slashless =
        refusal_of(DataMarket::crypto, {{"symbols", "BTCUSD"}, {"timeframe", "1Min"}});
    CHECK(slashless.status == 400);
    CHECK(slashless.message.find("does not match") != std::string::npos);
}

TEST_CASE("a page token belongs to one kind of request, and to all its pages") {
    const QueryParameters base = {{"symbols", "SPY,AAPL,SPY"}, {"timeframe", "5Min"}};
    const auto now = test::small_market_now();
    const auto first =
        read_history_query(HistoryKind::bars, DataMarket::stocks, nullptr, base, now);
    CHECK(first.symbols == std::vector<Symbol>{Symbol("AAPL"), Symbol("SPY")});
    CHECK(first.start == market::new_york_time(date_of(2026, 3, 30), 0, 0));
    CHECK(first.end == now);
    const auto token = page_token(first, {Symbol("AAPL"), {12'345}});
    auto next = base;
    next.emplace_back("page_token", token);
    next.emplace_back("limit", "7");  // clients shorten the last page
    const auto second =
        read_history_query(HistoryKind::bars, DataMarket::stocks, nullptr, next, now);
    REQUIRE(second.after);
    CHECK(second.after->symbol == Symbol("AAPL"));
    CHECK(second.after->time.ns == 12'345);
    next.emplace_back("sort", "desc");
    CHECK(refusal_of(DataMarket::stocks, next).message.find("invalid page_token") == 0);
    CHECK(refusal_of(DataMarket::stocks, {{"symbols", "SPY"}, {"page_token", token}},
                     HistoryKind::trades)
              .status == 400);
}

TEST_CASE("any text is read or refused") {
    test::law("history queries", [](const std::string& symbols, const std::string& start,
                                    const std::string& token, const std::string& limit) {
        const QueryParameters query = {{"symbols", symbols},
                                       {"timeframe", "1Day"},
                                       {"start", start},
                                       {"page_token", token},
                                       {"limit", limit}};
        for (const auto market : {DataMarket::stocks, DataMarket::crypto}) {
            try {
                const auto read = read_history_query(HistoryKind::bars, market, nullptr, query,
                                                     test::small_market_now());
                RC_ASSERT(read.limit >= 1 && read.limit <= 10'000);
                RC_ASSERT(read.start <= read.end);
                RC_ASSERT(!read.symbols.empty());
            } catch (const DataRefused& refused) {
                RC_ASSERT(refused.http_status() == 400);
            }
        }
    });
}
