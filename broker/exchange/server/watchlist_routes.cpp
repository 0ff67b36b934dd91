#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/exchange/server/api_text.hpp"
#include "broker/exchange/server/history_routes.hpp"
#include "broker/exchange/server/json_body.hpp"
#include "broker/exchange/server/order_admission.hpp"
#include "broker/exchange/server/order_json.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDocument = "watchlists";
constexpr std::size_t kMaxWatchlists = 200;
constexpr std::size_t kMaxNameLength = 64;

HttpAnswer ok(const Json& body) {
    HttpAnswer answer;
    answer.body = body.dump();
    return answer;
}

// The stored form of all lists of an account: [{id, name, created_at, updated_at, symbols}].
Json lists_of(const ExchangeHost& host, const std::string& account) {
    const auto& documents = host.exchange().books_of(account).documents;
    const auto found = documents.find(kDocument);
    return found == documents.end() ? Json::array() : Json::parse(found->second);
}

void keep(ExchangeHost& host, const std::string& account, const Json& lists) {
    host.exchange().set_document(account, kDocument, lists.dump());
}

Json shown(const ExchangeHost& host, const std::string& account, const Json& list, bool assets) {
    Json json{{"id", list["id"]},
              {"account_id", account_uuid_of(account)},
              {"name", list["name"]},
              {"created_at", list["created_at"]},
              {"updated_at", list["updated_at"]}};
    if (!assets) return json;
    json["assets"] = Json::array();
    for (const auto& symbol : list["symbols"]) {
        const auto listed = symbol_of(symbol.get<std::string>());
        if (listed) json["assets"].push_back(asset_json(host.exchange().market(), *listed));
    }
    return json;
}

// The list that the request names, by the path or by `name`.
Json& chosen(Json& lists, const HttpRequest& request, bool by_name) {
    const auto wanted = by_name ? request.parameter_or("name", "") : request.captures[0];
    for (auto& list : lists) {
        if (list[by_name ? "name" : "id"] == wanted) return list;
    }
    throw ApiError(404, 40410000, "watchlist not found");
}

std::string known_symbol(const ExchangeHost& host, const std::string& text) {
    const auto symbol = listed_symbol(host.exchange().market(), text);
    if (!symbol) throw ApiError(422, 42210000, "asset \"" + text + "\" not found");
    return symbol->to_string();
}

void add_symbol(const ExchangeHost& host, Json& list, const std::string& text) {
    const auto symbol = known_symbol(host, text);
    auto& symbols = list["symbols"];
    if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end()) {
        symbols.push_back(symbol);
    }
}

void rename(const Json& lists, Json& list, const std::optional<std::string>& name) {
    if (!name) return;
    if (name->size() > kMaxNameLength) {
        throw ApiError(422, 40010001, "watchlist name must be no more than 64 characters");
    }
    for (const auto& other : lists) {
        if (other["name"] == *name && other["id"] != list["id"]) {
            throw ApiError(422, 40010001, "watchlist name must be unique");
        }
    }
    list["name"] = *name;
}

void set_symbols(const ExchangeHost& host, Json& list, const JsonValue& body) {
    const auto* symbols = body.find("symbols");
    if (symbols == nullptr || symbols->kind != JsonValue::Kind::array) return;
    list["symbols"] = Json::array();
    for (const auto& item : symbols->items) add_symbol(host, list, item.text);
}

HttpAnswer create(ExchangeHost& host, const HttpRequest& request) {
    host.advance();
    const auto body = parse_json_body(request.body);
    auto lists = lists_of(host, request.account);
    const auto name = body.text_of("name");
    if (!name) throw ApiError(422, 40010001, "watchlist name is required");
    if (lists.size() >= kMaxWatchlists) throw ApiError(422, 40010001, "too many watchlists");
    const auto now = api_time(host.exchange().time());
    Json list{{"id", ""},
              {"name", ""},
              {"created_at", now},
              {"updated_at", now},
              {"symbols", Json::array()}};
    rename(lists, list, name);
    // Only now: a list of that name made in this instant would have the same id.
    list["id"] = stable_uuid("watchlist", request.account + "\n" + *name + "\n" + now);
    set_symbols(host, list, body);
    lists.push_back(list);
    keep(host, request.account, lists);
    return ok(shown(host, request.account, list, true));
}

// One route for the id and one for the name; `change` gets the list and the request.
template <class Change>
void add_both(RouteTable& routes, ExchangeHost& host, const char* method, Change change) {
    for (const bool by_name : {false, true}) {
        const auto* pattern = by_name ? "/v2/watchlists:by_name" : "/v2/watchlists/{id}";
        routes.add(method, pattern, RouteKind::trading,
                   [&host, by_name, change](const HttpRequest& request) {
                       host.advance();
                       auto lists = lists_of(host, request.account);
                       auto& list = chosen(lists, request, by_name);
                       change(lists, list, request);
                       list["updated_at"] = api_time(host.exchange().time());
                       keep(host, request.account, lists);
                       return ok(shown(host, request.account, list, true));
                   });
    }
}

HttpAnswer remove(ExchangeHost& host, const HttpRequest& request, bool by_name) {
    host.advance();
    auto lists = lists_of(host, request.account);
    const auto id = chosen(lists, request, by_name)["id"];
    Json rest = Json::array();
    for (auto& list : lists) {
        if (list["id"] != id) rest.push_back(std::move(list));
    }
    keep(host, request.account, rest);
    HttpAnswer answer;
    answer.status = 204;
    return answer;
}

HttpAnswer remove_symbol(ExchangeHost& host, const HttpRequest& request) {
    host.advance();
    auto lists = lists_of(host, request.account);
    auto& list = chosen(lists, request, false);
    const auto symbol = known_symbol(host, request.captures[1]);
    Json rest = Json::array();
    for (const auto& each : list["symbols"]) {
        if (each != symbol) rest.push_back(each);
    }
    if (rest.size() == list["symbols"].size()) {
        throw ApiError(404, 40410000, "symbol not found in the watchlist");
    }
    list["symbols"] = std::move(rest);
    list["updated_at"] = api_time(host.exchange().time());
    keep(host, request.account, lists);
    return ok(shown(host, request.account, list, true));
}

}  // namespace

void add_watchlist_routes(RouteTable& routes, ExchangeHost& host) {
    routes.add("GET", "/v2/watchlists", RouteKind::trading, [&host](const HttpRequest& request) {
        Json body = Json::array();
        for (const auto& list : lists_of(host, request.account)) {
            body.push_back(shown(host, request.account, list, false));
        }
        return ok(body);
    });
    routes.add("POST", "/v2/watchlists", RouteKind::trading,
               [&host](const HttpRequest& request) { return create(host, request); });
    for (const bool by_name : {false, true}) {
        const auto* pattern = by_name ? "/v2/watchlists:by_name" : "/v2/watchlists/{id}";
        routes.add(
            "GET", pattern, RouteKind::trading, [&host, by_name](const HttpRequest& request) {
                auto lists = lists_of(host, request.account);
                return ok(shown(host, request.account, chosen(lists, request, by_name), true));
            });
        routes.add("DELETE", pattern, RouteKind::trading,
                   [&host, by_name](const HttpRequest& request) {
                       return remove(host, request, by_name);
                   });
    }
    add_both(routes, host, "PUT", [&host](Json& lists, Json& list, const HttpRequest& request) {
        const auto body = parse_json_body(request.body);
        rename(lists, list, body.text_of("name"));
        set_symbols(host, list, body);
    });
    add_both(routes, host, "POST", [&host](Json&, Json& list, const HttpRequest& request) {
        const auto symbol = parse_json_body(request.body).text_of("symbol");
        if (!symbol) throw ApiError(422, 40010001, "symbol is required");
        add_symbol(host, list, *symbol);
    });
    routes.add("DELETE", "/v2/watchlists/{id}/{symbol+}", RouteKind::trading,
               [&host](const HttpRequest& request) { return remove_symbol(host, request); });
}

}  // namespace tradewind::broker
