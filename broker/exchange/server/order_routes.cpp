#include "broker/exchange/server/order_routes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "broker/exchange/server/account_configuration.hpp"
#include "broker/exchange/server/api_text.hpp"
#include "broker/exchange/server/order_admission.hpp"
#include "broker/exchange/server/order_faults.hpp"
#include "broker/exchange/server/order_json.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

HttpAnswer ok(const Json& body, unsigned status = 200) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = body.dump();
    return answer;
}

const ExchangeOrder& order_of(const ExchangeHost& host, const HttpRequest& request,
                              const std::string& id) {
    if (!is_uuid(id)) throw ApiError(422, 40010001, "order_id is missing");
    if (const auto* entry = host.exchange().book().find_id(request.account, id)) return *entry;
    // Orders that came in this process have derived ids.
    for (const auto& entry : host.exchange().book().orders()) {
        if (entry.account == request.account && order_id_of(entry) == id) return entry;
    }
    throw ApiError(404, 40410000, "order not found for " + id);
}

enum class StatusFilter : std::uint8_t { open, closed, all };

// What GET /v2/orders asks for.
struct OrderFilter {
    StatusFilter status = StatusFilter::open;
    std::size_t limit = 50;
    std::optional<Timestamp> after;
    std::optional<Timestamp> until;
    const ExchangeOrder* after_order = nullptr;
    const ExchangeOrder* before_order = nullptr;
    bool ascending = false;
    bool nested = false;
    std::set<Symbol> symbols;
    bool any_symbol = true;
    std::optional<Side> side;
    std::optional<AssetClass> asset_class;
};

std::optional<Timestamp> time_parameter(const HttpRequest& request, const char* name) {
    const auto text = request.parameter_or(name, "");
    if (text.empty()) return std::nullopt;
    const auto time = parse_api_time(text);
    if (!time) throw ApiError(422, 40010001, std::string("invalid ") + name + ": " + text);
    return time;
}

OrderFilter filter_of(const ExchangeHost& host, const HttpRequest& request) {
    OrderFilter filter;
    const auto status = request.parameter_or("status", "open");
    if (status == "closed") {
        filter.status = StatusFilter::closed;
    } else if (status == "all") {
        filter.status = StatusFilter::all;
    } else if (status != "open") {
        throw ApiError(422, 40010001, "invalid status: " + status);
    }
    filter.limit = static_cast<std::size_t>(request.number("limit", 50, 1, 500));
    filter.after = time_parameter(request, "after");
    filter.until = time_parameter(request, "until");
    const auto direction = request.parameter_or("direction", "desc");
    if (direction != "asc" && direction != "desc") {
        throw ApiError(422, 40010001, "invalid direction: " + direction);
    }
    filter.ascending = direction == "asc";
    filter.nested = request.flag("nested");
    const auto before = request.parameter_or("before_order_id", "");
    const auto after = request.parameter_or("after_order_id", "");
    if (!before.empty() && !after.empty()) {
        throw ApiError(422, 40010001, "before_order_id and after_order_id are exclusive");
    }
    if ((!before.empty() || !after.empty()) && (filter.after || filter.until)) {
        throw ApiError(422, 40010001, "order ids are not accepted together with after and until");
    }
    if (!before.empty()) filter.before_order = &order_of(host, request, before);
    if (!after.empty()) filter.after_order = &order_of(host, request, after);
    for (const auto& text : request.list("symbols")) {
        filter.any_symbol = false;
        if (const auto symbol = symbol_of(text)) filter.symbols.insert(*symbol);
    }
    const auto side = request.parameter_or("side", "");
    if (!side.empty()) {
        filter.side = side_of(side);
        if (!filter.side) throw ApiError(422, 40010001, "invalid side: " + side);
    }
    const auto asset_class = request.parameter_or("asset_class", "");
    if (asset_class == "crypto") filter.asset_class = AssetClass::crypto;
    if (asset_class == "us_equity") filter.asset_class = AssetClass::us_equity;
    return filter;
}

bool passes(const EmbeddedExchange& exchange, const OrderFilter& filter,
            const ExchangeOrder& entry) {
    const Order& order = entry.order;
    const bool closed = is_closed(order.status);
    if (filter.status == StatusFilter::open && closed) return false;
    if (filter.status == StatusFilter::closed && !closed) return false;
    if (filter.after && order.time <= *filter.after) return false;
    if (filter.until && order.time >= *filter.until) return false;
    if (!filter.any_symbol && !filter.symbols.contains(order.symbol)) return false;
    if (filter.side && order.side != *filter.side) return false;
    return !filter.asset_class ||
           exchange.market().instrument(order.symbol).asset_class == *filter.asset_class;
}

HttpAnswer list_orders(const ExchangeHost& host, const HttpRequest& request) {
    const auto filter = filter_of(host, request);
    const auto& exchange = host.exchange();
    std::vector<const ExchangeOrder*> found;
    // The book is in order of submission: a cursor cuts it there.
    bool begun = filter.after_order == nullptr;
    for (const auto& entry : exchange.book().orders()) {
        if (&entry == filter.before_order) break;
        const bool cursor = &entry == filter.after_order;
        if (begun && entry.account == request.account && passes(exchange, filter, entry)) {
            const bool rolled_up = filter.nested && !entry.order.parent_order_id.empty();
            if (!rolled_up) found.push_back(&entry);
        }
        begun = begun || cursor;
    }
    if (!filter.ascending) std::reverse(found.begin(), found.end());
    if (found.size() > filter.limit) found.resize(filter.limit);
    Json body = Json::array();
    for (const auto* entry : found) {
        body.push_back(order_json(exchange, *entry, filter.nested ? Legs::nested : Legs::omitted));
    }
    return ok(body);
}

HttpAnswer get_order(const ExchangeHost& host, const HttpRequest& request,
                     const ExchangeOrder& entry) {
    const auto legs = request.flag("nested") ? Legs::nested : Legs::omitted;
    return ok(order_json(host.exchange(), entry, legs));
}

HttpAnswer by_client_order_id(const ExchangeHost& host, const HttpRequest& request) {
    const auto id = request.parameter_or("client_order_id", "");
    const auto* entry = host.exchange().book().find(request.account, id);
    if (id.empty() || entry == nullptr) {
        throw ApiError(404, 40410000, "order not found for " + id);
    }
    return get_order(host, request, *entry);
}

HttpAnswer replace_order(ExchangeHost& host, const HttpRequest& request) {
    host.advance();
    const auto& old = order_of(host, request, request.captures[0]);
    const auto successor =
        admit_replacement(host.exchange(), old, parse_replace_request(request.body));
    host.exchange().replace(old.order.order_id, successor);
    const auto* entry = host.exchange().book().find(request.account, successor.order.order_id);
    return ok(new_order_json(host.exchange(), *entry));
}

HttpAnswer cancel_all(ExchangeHost& host, const HttpRequest& request) {
    host.advance();
    std::vector<const ExchangeOrder*> open;
    for (const auto* entry : host.exchange().book().open_orders()) {
        if (entry->account == request.account) open.push_back(entry);
    }
    Json body = Json::array();
    for (const auto* entry : open) {
        Json item{{"id", order_id_of(*entry)}, {"status", 200}};
        // A leg may have gone with its head.
        if (!is_closed(entry->order.status)) {
            try {
                cancel_order(host, request.account, *entry);
            } catch (const ApiError& error) {
                item["status"] = 500;
                item["body"] = Json::parse(error.body());
            }
        }
        body.push_back(std::move(item));
    }
    return ok(body, 207);
}

}  // namespace

const ExchangeOrder& place_order(ExchangeHost& host, const std::string& account,
                                 const OrderRequest& request) {
    host.advance();
    if (configuration_of(host.exchange(), account).suspend_trade) {
        throw ApiError(403, 40310000, "trading is blocked: new orders are suspended by the user");
    }
    auto group = admit(host.exchange(), account, request);
    auto& head = group.front();
    const auto id = head.order.order_id;
    head.fate = scripted_fate(host, account, head.order.symbol);
    host.exchange().submit_group(std::move(group));
    return *host.exchange().book().find(account, id);
}

void cancel_order(ExchangeHost& host, const std::string& account, const ExchangeOrder& entry) {
    const auto id = entry.order.order_id;
    if (api_status(entry) == "replaced") {
        throw ApiError(422, 42210000, "order is already in \"replaced\" state");
    }
    const auto refused = host.exchange().cancel(account, id, host.exchange().time());
    if (!refused) return;
    throw ApiError(static_cast<unsigned>(refused->http_status), refused->code, refused->message);
}

void add_order_routes(RouteTable& routes, ExchangeHost& host) {
    routes.add("POST", "/v2/orders", RouteKind::trading, [&host](const HttpRequest& request) {
        const auto& entry = place_order(host, request.account, parse_order_request(request.body));
        return ok(new_order_json(host.exchange(), entry));
    });
    routes.add("GET", "/v2/orders", RouteKind::trading,
               [&host](const HttpRequest& request) { return list_orders(host, request); });
    routes.add("DELETE", "/v2/orders", RouteKind::trading,
               [&host](const HttpRequest& request) { return cancel_all(host, request); });
    routes.add("GET", "/v2/orders:by_client_order_id", RouteKind::trading,
               [&host](const HttpRequest& request) { return by_client_order_id(host, request); });
    routes.add("GET", "/v2/orders/{id}", RouteKind::trading, [&host](const HttpRequest& request) {
        return get_order(host, request, order_of(host, request, request.captures[0]));
    });
    routes.add("PATCH", "/v2/orders/{id}", RouteKind::trading,
               [&host](const HttpRequest& request) { return replace_order(host, request); });
    routes.add("DELETE", "/v2/orders/{id}", RouteKind::trading,
               [&host](const HttpRequest& request) {
                   host.advance();
                   const auto& entry = order_of(host, request, request.captures[0]);
                   if (auto scripted = scripted_cancel(host, entry)) return *scripted;
                   cancel_order(host, request.account, entry);
                   HttpAnswer answer;
                   answer.status = 204;
                   return answer;
               });
}

}  // namespace tradewind::broker
