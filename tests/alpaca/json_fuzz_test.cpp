// The fuzz entry of the parsers over good texts and mutations of them, and market data as read.
#include <cstdint>
#include <string>
#include <vector>

#include "broker/alpaca/bar_history.hpp"
#include "broker/alpaca/market_json.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker::alpaca;
using tradewind::test::law;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void feed(const std::string& text) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

const std::vector<std::string> kTexts = {
    R"([{"T":"q","S":"AAPL","bp":99.98,"ap":100.02,"bs":100,"as":200,)"
    R"("t":"2026-10-01T14:31:05.5Z"},{"T":"b","S":"BTC/USD","o":1,"h":2,"l":0.5,"c":1.5,)"
    R"("v":10.25,"n":3,"vw":1.2,"t":"2026-10-01T14:31:00Z"}])",
    R"({"bars":{"AAPL":[{"t":"2026-10-01T04:00:00Z","o":1,"h":2,"l":0.5,"c":1.5,"v":10}]},)"
    R"("next_page_token":"abc"})",
    R"({"stream":"trade_updates","data":{"event":"fill","execution_id":"e","qty":"1",)"
    R"("price":"2","order":{"id":"i","symbol":"A","filled_qty":"1","status":"filled"}}})",
    R"([{"activity_type":"FILL","id":"1::e","order_id":"o","qty":"1","price":"2"}])",
    R"({"id":"a","account_number":"PA","cash":"1.5","equity":2})",
};

}  // namespace

TEST_CASE("mutated bodies and frames never break a parser") {
    for (const auto& text : kTexts) {
        for (std::size_t cut = 0; cut <= text.size(); ++cut) feed(text.substr(0, cut));
    }
    law("changed, cut and joined bytes",
        [](std::size_t which, const std::vector<std::pair<std::size_t, std::uint8_t>>& changes) {
            auto text = kTexts[which % kTexts.size()];
            for (const auto& [at, byte] : changes) text[at % text.size()] = static_cast<char>(byte);
            feed(text);
            feed(text + text);
        });
}

TEST_CASE("a frame of market data") {
    const auto frame = parse_data_frame(kTexts[0]);
    REQUIRE(frame);
    REQUIRE(frame->messages.size() == 2);
    CHECK(frame->messages[0].quote.bid == Price::of("99.98"));
    CHECK(frame->messages[0].quote.ask_size == Quantity::of("200"));
    CHECK(frame->messages[1].symbol == Symbol("BTCUSD"));
    const auto& bar = frame->messages[1].bar;
    CHECK(bar.end - bar.start == kMinute);
    CHECK(bar.volume == 10.25);
    // What came before an unreadable message is kept.
    const auto broken = parse_data_frame(
        R"([{"T":"success","msg":"authenticated"},{"T":"q","S":"AAPL","bp":"x"}])");
    REQUIRE(broken);
    CHECK(broken->unread == 1);
    REQUIRE(broken->messages.size() == 1);
    CHECK(broken->messages[0].kind == DataMessage::Kind::authenticated);
    CHECK_FALSE(parse_data_frame("{}"));
}

TEST_CASE("pages of bars, and the sessions that have none") {
    const auto page = parse_bar_page(kTexts[1]);
    REQUIRE(page);
    CHECK(page->next_page_token == "abc");
    auto bars = page->bars.at(Symbol("AAPL"));
    REQUIRE(bars.size() == 1);
    place_daily(bars[0], market::TradingCalendar::nyse);
    CHECK(format_time(bars[0].start) == "2026-10-01T13:30:00Z");
    CHECK(format_time(bars[0].end) == "2026-10-01T20:00:00Z");
    const auto missing = missing_sessions(bars, market::TradingCalendar::nyse,
                                          *parse_date("2026-09-30"), *parse_date("2026-10-05"));
    REQUIRE(missing.size() == 3);
    CHECK(format_date(missing[0]) == "2026-09-30");
    CHECK(format_date(missing[1]) == "2026-10-02");
    CHECK(format_date(missing[2]) == "2026-10-05");
    CHECK_FALSE(parse_bar_page(R"({"bars":{"AAPL":[{"t":"2026-10-01T04:00:00Z","o":-1}]}})"));
}
