#include "broker/exchange/data/data_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "messages/asset_class.hpp"

namespace tradewind::broker {
namespace {

constexpr int kMalformed = 40010001;
constexpr std::size_t kMaximumLimit = 10'000;

[[noreturn]] void refuse(const std::string& message) {
    throw DataRefused(400, kMalformed, message);
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_upper_or_digit(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// `+HH:MM`, `-HH:MM`; nanoseconds to take away from the local time.
std::optional<std::int64_t> offset_of(std::string_view text) {
    if (text.size() != 6 || text[3] != ':') return std::nullopt;
    const auto hours = whole_number<int>(text.substr(1, 2));
    const auto minutes = whole_number<int>(text.substr(4, 2));
    if (!hours || !minutes || *hours < 0 || *hours > 23 || *minutes < 0 || *minutes > 59) {
        return std::nullopt;
    }
    const auto size = *hours * kHour + *minutes * kMinute;
    return text[0] == '-' ? -size : size;
}

std::string_view kind_letter(const HistoryQuery& query) {
    switch (query.kind) {
        case HistoryKind::bars:
            return "b";
        case HistoryKind::quotes:
            return "q";
        case HistoryKind::trades:
            break;
    }
    return "t";
}

std::string page_scope(const HistoryQuery& query) {
    std::string scope(kind_letter(query));
    if (query.kind == HistoryKind::bars) {
        scope += std::to_string(query.timeframe.count) +
                 "mhdwM"[static_cast<std::size_t>(query.timeframe.unit)];
    }
    return scope + (query.descending ? "d" : "a");
}

std::optional<PageMark> parse_token(const HistoryQuery& query, std::string_view token) {
    const auto first = token.find('~');
    const auto second = token.rfind('~');
    if (first == std::string_view::npos || second == first) return std::nullopt;
    if (token.substr(0, first) != page_scope(query)) return std::nullopt;
    const auto name = token.substr(first + 1, second - first - 1);
    const auto time = whole_number<std::int64_t>(token.substr(second + 1));
    if (!Symbol::valid(name) || !time) return std::nullopt;
    return PageMark{Symbol(name), {*time}};
}

Symbol read_symbol(DataMarket market, std::string_view text) {
    const auto symbol = market == DataMarket::crypto ? symbol_of_pair(text) : symbol_of_stock(text);
    if (symbol) return *symbol;
    const std::string shown(text.substr(0, 64));
    if (market == DataMarket::crypto) {
        refuse("invalid symbol: " + shown + " does not match ^[A-Z0-9]+/[A-Z0-9]+$");
    }
    refuse("invalid symbol: " + shown);
}

std::vector<Symbol> read_symbols(DataMarket market, const std::string* single,
                                 const QueryParameters& query) {
    if (single != nullptr) return {read_symbol(market, *single)};
    const auto* list = parameter(query, "symbols");
    if (list == nullptr || list->empty()) refuse("symbols is required");
    std::vector<Symbol> symbols;
    std::string_view rest = *list;
    for (;;) {
        const auto comma = rest.find(',');
        symbols.push_back(read_symbol(market, rest.substr(0, comma)));
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    std::sort(symbols.begin(), symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    return symbols;
}

// Every feed shows the one market there is.
void check_feed(DataMarket market, const QueryParameters& query) {
    const auto* feed = parameter(query, "feed");
    if (feed == nullptr || feed->empty() || market == DataMarket::crypto) return;
    constexpr std::array<std::string_view, 6> kFeeds = {"sip",   "iex",       "otc",
                                                        "boats", "overnight", "delayed_sip"};
    if (std::find(kFeeds.begin(), kFeeds.end(), *feed) == kFeeds.end()) {
        refuse("invalid feed: " + feed->substr(0, 64));
    }
}

void check_adjustment(const QueryParameters& query) {
    const auto* list = parameter(query, "adjustment");
    if (list == nullptr || list->empty()) return;
    constexpr std::array<std::string_view, 5> kAdjustments = {"raw", "split", "dividend",
                                                              "spin-off", "all"};
    std::string_view rest = *list;
    for (;;) {
        const auto comma = rest.find(',');
        const auto name = rest.substr(0, comma);
        if (std::find(kAdjustments.begin(), kAdjustments.end(), name) == kAdjustments.end()) {
            refuse("invalid adjustment: " + std::string(name.substr(0, 64)));
        }
        if (comma == std::string_view::npos) return;
        rest.remove_prefix(comma + 1);
    }
}

void check_mapping_date(const QueryParameters& query) {
    const auto* date = parameter(query, "asof");
    if (date != nullptr && !date->empty() && *date != "-" && !parse_date(*date)) {
        refuse("invalid asof: " + date->substr(0, 64));
    }
}

std::optional<std::string> read_currency(const QueryParameters& query) {
    const auto* currency = parameter(query, "currency");
    if (currency == nullptr || currency->empty()) return std::nullopt;
    if (*currency != "USD") refuse("invalid currency: " + currency->substr(0, 64));
    return *currency;
}

Timestamp read_time(const QueryParameters& query, std::string_view name, DataMarket market,
                    Timestamp otherwise) {
    const auto* text = parameter(query, name);
    if (text == nullptr || text->empty()) return otherwise;
    const auto time = parse_query_time(*text, calendar_of(market));
    if (!time) refuse("invalid " + std::string(name) + ": " + text->substr(0, 64));
    return *time;
}

Timestamp midnight(DataMarket market, Timestamp time) {
    if (market == DataMarket::crypto) return utc_midnight(utc_date(time));
    return market::new_york_time(market::new_york_date(time), 0, 0);
}

}  // namespace

const std::string* parameter(const QueryParameters& query, std::string_view name) {
    for (const auto& [key, value] : query) {
        if (key == name) return &value;
    }
    return nullptr;
}

std::optional<Timeframe> timeframe_named(std::string_view text) {
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || digits > 2 || text[0] == '0') return std::nullopt;
    const int count = *whole_number<int>(text.substr(0, digits));
    const auto unit = text.substr(digits);
    if (unit == "Min" || unit == "T") {
        return count <= 59 ? std::optional(Timeframe{count, TimeframeUnit::minute}) : std::nullopt;
    }
    if (unit == "Hour" || unit == "H") {
        return count <= 23 ? std::optional(Timeframe{count, TimeframeUnit::hour}) : std::nullopt;
    }
    if (unit == "Month" || unit == "M") {
        return count <= 12 && 12 % count == 0
                   ? std::optional(Timeframe{count, TimeframeUnit::month})
                   : std::nullopt;
    }
    if (count != 1) return std::nullopt;
    if (unit == "Day" || unit == "D") return Timeframe{1, TimeframeUnit::day};
    if (unit == "Week" || unit == "W") return Timeframe{1, TimeframeUnit::week};
    return std::nullopt;
}

std::optional<Timestamp> parse_query_time(std::string_view text, market::TradingCalendar calendar) {
    constexpr std::size_t kDateLength = 10;
    constexpr std::size_t kSecondsLength = 19;  // YYYY-MM-DDTHH:MM:SS
    if (text.size() == kDateLength) {
        const auto date = parse_date(text);
        if (!date) return std::nullopt;
        return calendar == market::TradingCalendar::utc_days ? utc_midnight(*date)
                                                             : market::new_york_time(*date, 0, 0);
    }
    if (text.size() < kSecondsLength || text.size() > 40) return std::nullopt;
    std::string plain(text);
    std::int64_t offset = 0;
    if (plain.back() == 'Z' || plain.back() == 'z') {
        plain.pop_back();
    } else if (const auto sign = plain.find_first_of("+- ", kSecondsLength);
               sign != std::string::npos) {
        const auto parsed = offset_of(std::string_view(plain).substr(sign));
        if (!parsed) return std::nullopt;
        offset = *parsed;
        plain.resize(sign);
    }
    if (plain.size() > kDateLength && (plain[kDateLength] == ' ' || plain[kDateLength] == 't')) {
        plain[kDateLength] = 'T';
    }
    const auto time = parse_time(plain + "Z");
    return time ? std::optional(*time - offset) : std::nullopt;
}

std::string wire_symbol(const Symbol& symbol) {
    std::string text = symbol.to_string();
    if (asset_class_of(symbol) != AssetClass::crypto) return text;
    for (const std::string_view quote : {"USDT", "USDC", "USD"}) {
        if (text.size() > quote.size() && text.ends_with(quote)) {
            text.insert(text.size() - quote.size(), "/");
            break;
        }
    }
    return text;
}

std::optional<Symbol> symbol_of_stock(std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return is_upper_or_digit(c) || c == '.'; });
    if (!plain || !Symbol::valid(text)) return std::nullopt;
    return Symbol(text);
}

std::optional<Symbol> symbol_of_pair(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size()) {
        return std::nullopt;
    }
    std::string joined(text.substr(0, slash));
    joined += text.substr(slash + 1);
    if (!std::all_of(joined.begin(), joined.end(), is_upper_or_digit)) return std::nullopt;
    return Symbol::valid(joined) ? std::optional(Symbol(joined)) : std::nullopt;
}

HistoryQuery read_history_query(HistoryKind kind, DataMarket market, const std::string* single,
                                const QueryParameters& query, Timestamp now) {
    HistoryQuery read;
    read.kind = kind;
    read.symbols = read_symbols(market, single, query);
    check_feed(market, query);
    check_mapping_date(query);
    read.currency = read_currency(query);
    if (kind == HistoryKind::bars) {
        check_adjustment(query);
        const auto* text = parameter(query, "timeframe");
        if (text == nullptr || text->empty()) refuse("timeframe is required");
        const auto timeframe = timeframe_named(*text);
        if (!timeframe) refuse("invalid timeframe: " + text->substr(0, 64));
        read.timeframe = *timeframe;
    }
    read.end = read_time(query, "end", market, now);
    read.start = read_time(query, "start", market, midnight(market, now));
    const auto* start = parameter(query, "start");
    if (read.end < read.start) {
        if (start != nullptr && !start->empty()) refuse("end should not be before start");
        read.start = midnight(market, read.end);
    }
    if (const auto* text = parameter(query, "limit"); text != nullptr && !text->empty()) {
        const auto limit = whole_number<std::size_t>(*text);
        if (!limit || *limit == 0 || *limit > kMaximumLimit) {
            refuse("invalid limit: " + text->substr(0, 64) + " is not between 1 and 10000");
        }
        read.limit = *limit;
    }
    if (const auto* sort = parameter(query, "sort"); sort != nullptr && !sort->empty()) {
        if (*sort != "asc" && *sort != "desc") refuse("invalid sort: " + sort->substr(0, 64));
        read.descending = *sort == "desc";
    }
    if (const auto* token = parameter(query, "page_token"); token != nullptr && !token->empty()) {
        read.after = parse_token(read, *token);
        if (!read.after) refuse("invalid page_token: " + token->substr(0, 64));
    }
    return read;
}

std::vector<Symbol> read_latest_query(DataMarket market, const std::string* single,
                                      const QueryParameters& query) {
    auto symbols = read_symbols(market, single, query);
    check_feed(market, query);
    (void)read_currency(query);
    return symbols;
}

std::string page_token(const HistoryQuery& query, const PageMark& mark) {
    return page_scope(query) + "~" + mark.symbol.to_string() + "~" + std::to_string(mark.time.ns);
}

}  // namespace tradewind::broker
