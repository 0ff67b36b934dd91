#include "broker/exchange/data/data_rest.hpp"

#include <algorithm>
#include <array>

#include "broker/exchange/data/data_json.hpp"

namespace tradewind::broker {
namespace {

constexpr int kNotFound = 40410000;

[[noreturn]] void no_such_route() {
    throw DataRefused(404, kNotFound, "endpoint not found.");
}

bool is_under(const std::vector<std::string>& segments, std::string_view version,
              std::string_view folder) {
    return segments.size() > 1 && segments[0] == version && segments[1] == folder;
}

std::optional<HistoryKind> kind_named(std::string_view name) {
    if (name == "bars") return HistoryKind::bars;
    if (name == "quotes") return HistoryKind::quotes;
    if (name == "trades") return HistoryKind::trades;
    return std::nullopt;
}

bool is_location(std::string_view name) {
    constexpr std::array<std::string_view, 6> kLocations = {"us",   "us-1", "us-2",
                                                            "eu-1", "bs-1", "global"};
    return std::find(kLocations.begin(), kLocations.end(), name) != kLocations.end();
}

std::string error_body(const DataRefused& refused) {
    DataJson body = DataJson::object();
    if (refused.code()) body["code"] = *refused.code();
    body["message"] = refused.what();
    return body.dump(-1, ' ', false, DataJson::error_handler_t::replace);
}

DataJson snapshot_json(DataMarket market, const MarketSnapshot& shot,
                       const ExchangeMarket& prices) {
    DataJson json = DataJson::object();
    const auto put = [&json](const char* name, DataJson value) { json[name] = std::move(value); };
    if (shot.latest_trade) {
        const auto& trade = *shot.latest_trade;
        put("latestTrade", to_json(market, trade, prices.quote_at(trade.symbol, trade.time)));
    } else {
        put("latestTrade", nullptr);
    }
    put("latestQuote", shot.latest_quote ? to_json(market, *shot.latest_quote) : DataJson());
    put("minuteBar", shot.minute_bar ? to_json(market, *shot.minute_bar) : DataJson());
    put("dailyBar", shot.daily_bar ? to_json(market, *shot.daily_bar) : DataJson());
    put("prevDailyBar",
        shot.previous_daily_bar ? to_json(market, *shot.previous_daily_bar) : DataJson());
    return json;
}

// Synthetic companies pay, split and report nothing, and recorded bars are taken as they stand: the
// lists are truly empty.
std::string news(const QueryParameters& query) {
    const auto* sort = parameter(query, "sort");
    if (sort != nullptr && !sort->empty() && *sort != "asc" && *sort != "desc" && *sort != "ASC" &&
        *sort != "DESC") {
        throw DataRefused(400, 40010001, "invalid sort: " + sort->substr(0, 64));
    }
    return R"({"news":[],"next_page_token":null})";
}

std::string corporate_actions() {
    return R"({"corporate_actions":{},"next_page_token":null})";
}

}  // namespace

DataReply DataRest::answer(const std::vector<std::string>& segments, const QueryParameters& query,
                           Timestamp now) {
    try {
        if (is_under(segments, "v2", "stocks")) return {200, stocks(segments, query, now)};
        if (is_under(segments, "v1beta3", "crypto")) return {200, crypto(segments, query, now)};
        if (segments.size() == 2) {
            if (is_under(segments, "v1beta1", "news")) return {200, news(query)};
            if (is_under(segments, "v1", "corporate-actions") ||
                is_under(segments, "v1beta1", "corporate-actions")) {
                return {200, corporate_actions()};
            }
        }
        no_such_route();
    } catch (const DataRefused& refused) {
        return {refused.http_status(), error_body(refused)};
    }
}

std::string DataRest::stocks(const Parts& parts, const QueryParameters& query, Timestamp now) {
    constexpr auto kMarket = DataMarket::stocks;
    if (parts.size() < 3) no_such_route();
    const auto& first = parts[2];
    if (parts.size() == 3) {
        if (first == "snapshots") return snapshots(kMarket, nullptr, query, now);
        if (const auto kind = kind_named(first)) {
            return history(*kind, kMarket, nullptr, query, now);
        }
    } else if (parts.size() == 4) {
        const auto& second = parts[3];
        if (second == "latest" && kind_named(first)) {
            return latest(first, kMarket, nullptr, query, now);
        }
        if (second == "snapshot") return snapshots(kMarket, &first, query, now);
        if (const auto kind = kind_named(second)) {
            return history(*kind, kMarket, &first, query, now);
        }
    } else if (parts.size() == 5 && parts[4] == "latest" && kind_named(parts[3])) {
        return latest(parts[3], kMarket, &first, query, now);
    }
    no_such_route();
}

std::string DataRest::crypto(const Parts& parts, const QueryParameters& query, Timestamp now) {
    constexpr auto kMarket = DataMarket::crypto;
    if (parts.size() < 4 || !is_location(parts[2])) no_such_route();
    if (parts.size() == 4) {
        if (parts[3] == "snapshots") return snapshots(kMarket, nullptr, query, now);
        if (const auto kind = kind_named(parts[3])) {
            return history(*kind, kMarket, nullptr, query, now);
        }
    } else if (parts.size() == 5 && parts[3] == "latest" &&
               (kind_named(parts[4]) || parts[4] == "orderbooks")) {
        return latest(parts[4], kMarket, nullptr, query, now);
    }
    no_such_route();
}

bool DataRest::lists(DataMarket market, const Symbol& symbol) const {
    const auto& known = history_.market().symbols();
    return std::binary_search(known.begin(), known.end(), symbol) &&
           history_.market().calendar(symbol) == calendar_of(market);
}

std::string DataRest::history(HistoryKind kind, DataMarket market, const std::string* single,
                              const QueryParameters& query, Timestamp now) {
    const auto asked = read_history_query(kind, market, single, query, now);
    DataJson items = DataJson::object();
    std::size_t count = 0;
    std::optional<PageMark> last;
    bool more = false;
    for (const auto& symbol : asked.symbols) {
        if (more) break;
        if (!lists(market, symbol) || (asked.after && symbol < asked.after->symbol)) continue;
        HistoryRange range{asked.start, asked.end, asked.descending};
        if (asked.after && symbol == asked.after->symbol) {
            auto& edge = asked.descending ? range.to : range.from;
            edge = asked.after->time + (asked.descending ? -1 : 1);
        }
        DataJson list = DataJson::array();
        const auto take = [&](Timestamp time, auto&& json) {
            if (count == asked.limit) {
                more = true;
                return false;
            }
            list.push_back(json());
            last = PageMark{symbol, time};
            ++count;
            return true;
        };
        switch (kind) {
            case HistoryKind::bars:
                history_.bars(symbol, asked.timeframe, range, now, [&](const Bar& bar) {
                    return take(bar.start, [&] { return to_json(market, bar); });
                });
                break;
            case HistoryKind::quotes:
                history_.quotes(symbol, range, now, [&](const Quote& quote) {
                    return take(quote.time, [&] { return to_json(market, quote); });
                });
                break;
            case HistoryKind::trades:
                history_.trades(symbol, range, now, [&](const Trade& trade) {
                    return take(trade.time, [&] {
                        return to_json(market, trade,
                                       history_.market().quote_at(symbol, trade.time));
                    });
                });
                break;
        }
        if (!list.empty()) items[wire_symbol(symbol)] = std::move(list);
    }
    constexpr std::array<const char*, 3> kNames = {"bars", "quotes", "trades"};
    const char* name = kNames[static_cast<std::size_t>(kind)];
    DataJson body = DataJson::object();
    if (single != nullptr) {
        body["symbol"] = *single;
        body[name] = items.empty() ? DataJson::array() : std::move(items.front());
    } else {
        body[name] = std::move(items);
    }
    if (asked.currency) body["currency"] = *asked.currency;
    body["next_page_token"] = more && last ? DataJson(page_token(asked, *last)) : DataJson();
    return body.dump();
}

std::string DataRest::latest(std::string_view kind, DataMarket market, const std::string* single,
                             const QueryParameters& query, Timestamp now) {
    DataJson items = DataJson::object();
    for (const auto& symbol : read_latest_query(market, single, query)) {
        if (!lists(market, symbol)) continue;
        DataJson item;
        if (kind == "bars") {
            if (const auto bar = history_.latest_bar(symbol, now)) item = to_json(market, *bar);
        } else if (kind == "trades") {
            if (const auto trade = history_.latest_trade(symbol, now)) {
                item = to_json(market, *trade, history_.market().quote_at(symbol, trade->time));
            }
        } else if (const auto quote = history_.latest_quote(symbol, now)) {
            if (kind == "quotes") {
                item = to_json(market, *quote);
            } else {
                const auto book = order_book_of(*quote);
                item = {{"t", time_json(book.time)},
                        {"b", levels_json(book.bids)},
                        {"a", levels_json(book.asks)}};
            }
        }
        if (!item.is_null()) items[wire_symbol(symbol)] = std::move(item);
    }
    DataJson body = DataJson::object();
    if (single == nullptr) {
        body[std::string(kind)] = std::move(items);
        return body.dump();
    }
    if (items.empty()) throw DataRefused(404, kNotFound, "symbol not found: " + *single);
    body["symbol"] = *single;
    body[std::string(kind.substr(0, kind.size() - 1))] = std::move(items.front());
    return body.dump();
}

std::string DataRest::snapshots(DataMarket market, const std::string* single,
                                const QueryParameters& query, Timestamp now) {
    DataJson items = DataJson::object();
    for (const auto& symbol : read_latest_query(market, single, query)) {
        if (!lists(market, symbol)) continue;
        auto shot = snapshot_json(market, history_.snapshot(symbol, now), history_.market());
        if (single != nullptr) {
            DataJson body = {{"symbol", *single}};
            body.update(shot);
            return body.dump();
        }
        items[wire_symbol(symbol)] = std::move(shot);
    }
    if (single != nullptr) {
        throw DataRefused(404, kNotFound, "symbol not found: " + *single);
    }
    if (market == DataMarket::stocks) return items.dump();
    return DataJson{{"snapshots", std::move(items)}}.dump();
}

}  // namespace tradewind::broker
