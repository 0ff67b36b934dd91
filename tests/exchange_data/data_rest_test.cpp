#include "broker/exchange/data/data_rest.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/exchange_data/small_market.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using nlohmann::json;

namespace {

std::vector<std::string> segments_of(const std::string& path) {
    std::vector<std::string> parts;
    std::size_t from = 1;
    while (from <= path.size()) {
        const auto slash = std::min(path.find('/', from), path.size());
        parts.push_back(path.substr(from, slash - from));
        from = slash + 1;
    }
    return parts;
}

struct Answer {
    int status;
    json body;
};

Answer get(const std::string& path, const QueryParameters& query = {}) {
    DataRest rest(test::small_market());
    const auto reply = rest.answer(segments_of(path), query, test::small_market_now());
    return {reply.status, json::parse(reply.body)};
}

// All pages, merged by symbol; checks that no page is larger than asked.
std::map<std::string, std::vector<json>> pages(const std::string& path, const std::string& name,
                                               QueryParameters query, std::size_t limit,
                                               std::size_t& count) {
    std::map<std::string, std::vector<json>> merged;
    query.emplace_back("limit", std::to_string(limit));
    for (count = 1; count < 1'000; ++count) {
        const auto page = get(path, query);
        REQUIRE(page.status == 200);
        std::size_t items = 0;
        for (const auto& [symbol, list] : page.body.at(name).items()) {
            CHECK_FALSE(list.empty());
            items += list.size();
            for (const auto& item : list) merged[symbol].push_back(item);
        }
        CHECK(items <= limit);
        if (page.body.at("next_page_token").is_null()) return merged;
        CHECK(items == limit);
        if (query.back().first == "page_token") query.pop_back();
        query.emplace_back("page_token", page.body.at("next_page_token").get<std::string>());
    }
    return merged;
}

}  // namespace

TEST_CASE("each route has its envelope") {
    const QueryParameters two = {
        {"symbols", "AAPL,SPY,NONE"}, {"timeframe", "1Day"}, {"start", "2026-03-25"}};
    const auto bars = get("/v2/stocks/bars", two);
    REQUIRE(bars.status == 200);
    CHECK(bars.body.at("bars").size() == 2);  // a symbol without data is absent
    CHECK(bars.body.at("bars").at("AAPL").size() == 4);
    CHECK(bars.body.at("next_page_token").is_null());
    CHECK_FALSE(bars.body.contains("currency"));
    const auto single = get("/v2/stocks/AAPL/bars",
                            {{"timeframe", "1Day"}, {"start", "2026-03-25"}, {"currency", "USD"}});
    CHECK(single.body.at("symbol") == "AAPL");
    CHECK(single.body.at("bars") == bars.body.at("bars").at("AAPL"));
    CHECK(single.body.at("currency") == "USD");
    CHECK(get("/v2/stocks/NONE/bars", {{"timeframe", "1Day"}}).body.at("bars") == json::array());
    for (const std::string kind : {"bars", "trades", "quotes"}) {
        INFO(kind);
        const auto many = get("/v2/stocks/" + kind + "/latest", {{"symbols", "AAPL,SPY"}});
        CHECK(many.body.at(kind).size() == 2);
        const auto one = get("/v2/stocks/SPY/" + kind + "/latest");
        CHECK(one.body.at("symbol") == "SPY");
        CHECK(one.body.at(kind.substr(0, kind.size() - 1)) == many.body.at(kind).at("SPY"));
        const auto coins = get("/v1beta3/crypto/us/latest/" + kind, {{"symbols", "BTC/USD"}});
        CHECK(coins.body.at(kind).contains("BTC/USD"));
    }
    const auto shots = get("/v2/stocks/snapshots", {{"symbols", "AAPL,SPY"}});
    CHECK(shots.body.size() == 2);
    for (const char* part :
         {"latestTrade", "latestQuote", "minuteBar", "dailyBar", "prevDailyBar"}) {
        CHECK(shots.body.at("AAPL").at(part).is_object());
    }
    const auto shot = get("/v2/stocks/AAPL/snapshot");
    CHECK(shot.body.at("symbol") == "AAPL");
    CHECK(shot.body.at("dailyBar") == shots.body.at("AAPL").at("dailyBar"));
    CHECK(get("/v1beta3/crypto/us/snapshots", {{"symbols", "BTC/USD"}})
              .body.at("snapshots")
              .contains("BTC/USD"));
    const auto book = get("/v1beta3/crypto/us/latest/orderbooks", {{"symbols", "BTC/USD"}});
    const auto& levels = book.body.at("orderbooks").at("BTC/USD");
    CHECK(levels.at("b").size() > 5);
    CHECK(levels.at("b")[0].at("p") < levels.at("a")[0].at("p"));
    CHECK(get("/v1beta1/news").body.at("news") == json::array());
    CHECK(get("/v1/corporate-actions").body.at("corporate_actions") == json::object());
}

TEST_CASE("records have the service's members, whole numbers where it has them") {
    const auto start = QueryParameters{{"symbols", "AAPL"},
                                       {"start", "2026-03-30T15:00:00Z"},
                                       {"limit", "3"},
                                       {"timeframe", "1Min"}};
    const auto bar = get("/v2/stocks/bars", start).body["bars"]["AAPL"][0];
    CHECK(bar.at("t") == "2026-03-30T15:00:00Z");
    for (const char* name : {"v", "n"}) CHECK(bar.at(name).is_number_integer());
    for (const char* name : {"o", "h", "l", "c", "vw"}) CHECK(bar.at(name).is_number());
    const auto trade = get("/v2/stocks/trades", start).body["trades"]["AAPL"];
    CHECK(trade[0].size() == 7);
    CHECK(trade[0].at("s").is_number_integer());
    CHECK(trade[0].at("c").is_array());
    CHECK(trade[0].at("i").get<std::int64_t>() < trade[1].at("i").get<std::int64_t>());
    const auto quote = get("/v2/stocks/quotes", start).body["quotes"]["AAPL"][0];
    CHECK(quote.size() == 9);
    for (const char* name : {"as", "bs"}) CHECK(quote.at(name).is_number_integer());
    CHECK(quote.at("bp") < quote.at("ap"));
    const auto coins = QueryParameters{{"symbols", "BTC/USD"},
                                       {"start", "2026-03-30T15:00:00Z"},
                                       {"limit", "3"},
                                       {"timeframe", "1Min"}};
    CHECK(get("/v1beta3/crypto/us/bars", coins).body["bars"]["BTC/USD"][0].at("v").is_number());
    CHECK(get("/v1beta3/crypto/us/quotes", coins).body["quotes"]["BTC/USD"][0].size() == 5);
    const auto deal = get("/v1beta3/crypto/us/trades", coins).body["trades"]["BTC/USD"][0];
    CHECK((deal.at("tks") == "B" || deal.at("tks") == "S"));
}

TEST_CASE("pages of any size hold what one large page holds") {
    struct Row {
        const char* path;
        const char* name;
        QueryParameters query;
    };
    const Row rows[] = {
        {"/v2/stocks/bars",
         "bars",
         {{"symbols", "AAPL,SPY"}, {"timeframe", "1Min"}, {"start", "2026-03-30T19:10:00Z"}}},
        {"/v2/stocks/bars",
         "bars",
         {{"symbols", "AAPL,SPY"},
          {"timeframe", "1Day"},
          {"start", "2026-03-01"},
          {"sort", "desc"}}},
        {"/v2/stocks/trades",
         "trades",
         {{"symbols", "AAPL,SPY"}, {"start", "2026-03-30T19:30:02Z"}}},
        {"/v1beta3/crypto/us/quotes",
         "quotes",
         {{"symbols", "BTC/USD"}, {"start", "2026-03-30T19:30:02Z"}, {"sort", "desc"}}}};
    for (const auto& row : rows) {
        INFO(row.path);
        std::size_t count = 0;
        const auto whole = pages(row.path, row.name, row.query, 10'000, count);
        CHECK(count == 1);
        REQUIRE_FALSE(whole.empty());
        for (const std::size_t limit : {1, 7, 20}) {
            CHECK(pages(row.path, row.name, row.query, limit, count) == whole);
            CHECK(count > 1);
        }
    }
}

TEST_CASE("what is not there is refused in the service's form") {
    const auto lost = get("/v2/stocks/x/y/z");
    CHECK(lost.status == 404);
    CHECK(lost.body.at("code") == 40410000);
    CHECK(get("/v1beta3/crypto/mars/bars", {{"symbols", "BTC/USD"}}).status == 404);
    CHECK(get("/v2/stocks/NONE/quotes/latest").status == 404);
    CHECK(get("/v2/stocks/NONE/snapshot").status == 404);
    CHECK(get("/v2/stocks/quotes/latest").status == 400);
    CHECK(get("/v1beta3/crypto/us/latest/quotes", {{"symbols", "BTCUSD"}}).status == 400);
    const auto bad = get("/v2/stocks/bars", {{"symbols", "AAPL"}, {"timeframe", "\xFF\xFE"}});
    CHECK(bad.status == 400);
    CHECK(bad.body.at("code") == 40010001);
    // A coin is no stock.
    CHECK(get("/v2/stocks/bars", {{"symbols", "BTCUSD"}, {"timeframe", "1Day"}})
              .body.at("bars")
              .empty());
}
