// Market data requests of the simulated exchange, read from the parameters of a URL.
//
// Reading is lenient where the official clients differ (times with an offset, with `Z` or without
// a zone, a `+` that arrived as a blank, plain dates) and strict where the service is (timeframes,
// limits, the slash of a pair). What cannot be read is a DataRefused with the status and code of
// the service. Pure values; any thread. Source: broker protocol 1.5 and 3.1.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "market/calendar.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind::broker {

// A request that is answered with an error; what() is the body's message.
class DataRefused : public std::runtime_error {
  public:
    DataRefused(int http_status, std::optional<int> code, const std::string& message)
        : std::runtime_error(message), http_status_(http_status), code_(code) {}
    [[nodiscard]] int http_status() const { return http_status_; }
    [[nodiscard]] std::optional<int> code() const { return code_; }

  private:
    int http_status_;
    std::optional<int> code_;
};

// Names and values, percent-decoded, in the order of the URL. The first of equal names counts.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] const std::string* parameter(const QueryParameters& query, std::string_view name);

enum class TimeframeUnit : std::uint8_t { minute, hour, day, week, month };
struct Timeframe {
    int count = 1;
    TimeframeUnit unit = TimeframeUnit::minute;
    friend bool operator==(const Timeframe&, const Timeframe&) = default;
};
// [1-59]Min|T, [1-23]Hour|H, 1Day|D, 1Week|W, [1,2,3,4,6,12]Month|M. Empty: none of them.
[[nodiscard]] std::optional<Timeframe> timeframe_named(std::string_view text);

// RFC 3339 with any offset (none counts as UTC), or a date, which is its midnight at the exchange
// of `calendar`. Empty: malformed.
[[nodiscard]] std::optional<Timestamp> parse_query_time(std::string_view text,
                                                        market::TradingCalendar calendar);

// The service's spelling of a symbol: coins as a pair (`BTC/USD`), stocks as they are.
[[nodiscard]] std::string wire_symbol(const Symbol& symbol);
// Back: pairs lose their slash. Empty: not a stock's symbol (A-Z, 0-9, `.`), or not a pair.
[[nodiscard]] std::optional<Symbol> symbol_of_stock(std::string_view text);
[[nodiscard]] std::optional<Symbol> symbol_of_pair(std::string_view text);

enum class DataMarket : std::uint8_t { stocks, crypto };
[[nodiscard]] constexpr market::TradingCalendar calendar_of(DataMarket market) {
    return market == DataMarket::crypto ? market::TradingCalendar::utc_days
                                        : market::TradingCalendar::nyse;
}
enum class HistoryKind : std::uint8_t { bars, quotes, trades };

// Where a page ended: the newest item already sent. Its text is opaque to clients and belongs to
// one kind, timeframe and direction.
struct PageMark {
    Symbol symbol;
    Timestamp time;
};

struct HistoryQuery {
    HistoryKind kind = HistoryKind::bars;
    std::vector<Symbol> symbols;  // ascending, each once
    Timeframe timeframe;          // of bars
    Timestamp start;              // inclusive, as is
    Timestamp end;
    std::size_t limit = 1000;  // items of all symbols on one page, at most 10000
    bool descending = false;
    std::optional<PageMark> after;
    std::optional<std::string> currency;  // asked for, to be repeated
};

// `single`: the symbol of the path; null: `symbols` names them. Throws DataRefused (400).
[[nodiscard]] HistoryQuery read_history_query(HistoryKind kind, DataMarket market,
                                              const std::string* single,
                                              const QueryParameters& query, Timestamp now);
// The symbols of a latest or snapshot request, and a check of its feed and currency.
[[nodiscard]] std::vector<Symbol> read_latest_query(DataMarket market, const std::string* single,
                                                    const QueryParameters& query);

[[nodiscard]] std::string page_token(const HistoryQuery& query, const PageMark& mark);

}  // namespace tradewind::broker
