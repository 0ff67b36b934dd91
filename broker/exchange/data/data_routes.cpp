#include "broker/exchange/data/data_routes.hpp"

#include <string>
#include <utility>

#include "broker/exchange/data/data_rest.hpp"

namespace tradewind::broker {
namespace {

void add_rest(RouteTable& routes, ExchangeHost& host) {
    const auto rest = std::make_shared<DataRest>(host.exchange().market());
    const HttpHandler handler = [rest, &host](const HttpRequest& request) {
        auto reply = rest->answer(request.segments, request.query, host.now());
        HttpAnswer answer;
        answer.status = static_cast<unsigned>(reply.status);
        answer.body = std::move(reply.body);
        return answer;
    };
    for (const char* pattern :
         {"/v2/stocks/{a}", "/v2/stocks/{a}/{b}", "/v2/stocks/{a}/{b}/{c}", "/v1beta1/news",
          "/v1/corporate-actions", "/v1beta1/corporate-actions"}) {
        routes.add("GET", pattern, RouteKind::data, handler);
    }
    for (const char* pattern :
         {"/v1beta3/crypto/{location}/{a}", "/v1beta3/crypto/{location}/{a}/{b}"}) {
        routes.add("GET", pattern, RouteKind::open_data, handler);
    }
}

struct StreamPath {
    const char* path;
    StreamKind kind;
    bool permitted;
};

// Feeds that this exchange has nothing for are there, and refuse their subscribers.
constexpr StreamPath kStreams[] = {
    {"/v2/iex", StreamKind::stocks, true},
    {"/v2/sip", StreamKind::stocks, true},
    {"/v2/delayed_sip", StreamKind::stocks, false},
    {"/v1beta1/boats", StreamKind::stocks, false},
    {"/v1beta1/overnight", StreamKind::stocks, false},
    {"/v1beta1/indicative", StreamKind::stocks, false},
    {"/v1beta1/opra", StreamKind::stocks, false},
    {"/v1beta1/news", StreamKind::news, true},
    {"/v1beta3/crypto/us", StreamKind::crypto, true},
    {"/v1beta3/crypto/us-1", StreamKind::crypto, true},
    {"/v1beta3/crypto/us-2", StreamKind::crypto, true},
    {"/v1beta3/crypto/eu-1", StreamKind::crypto, true},
    {"/v1beta3/crypto/bs-1", StreamKind::crypto, true},
    {"/v1beta3/crypto/global", StreamKind::crypto, true},
};

bool has_credentials(const HttpRequest& request) {
    return !request.header("apca-api-key-id").empty() ||
           !request.header("apca-api-secret-key").empty() ||
           !request.header("authorization").empty();
}

}  // namespace

std::shared_ptr<DataStreams> add_data_routes(RouteTable& routes, ExchangeHost& host,
                                             StreamLimits limits) {
    add_rest(routes, host);
    StreamServices services;
    services.authenticate = [&host](std::string_view key, std::string_view secret) {
        return host.account_of(key, secret);
    };
    services.schedule = [&host](std::chrono::milliseconds delay, std::function<void()> task) {
        if (host.schedule) host.schedule(delay, std::move(task));
    };
    services.fault = [&host](std::string_view kind, const Symbol& symbol) {
        return host.fault &&
               host.fault({kind}, {"GET", "/v2/bars", {}, {}, symbol.view()}) != nullptr;
    };
    auto streams =
        std::make_shared<DataStreams>(host.exchange().market(), std::move(services), limits);
    host.listen([streams](const std::vector<ExchangeEvent>& events) { streams->publish(events); });
    for (const auto& [path, kind, permitted] : kStreams) {
        StreamEndpoint endpoint{path, kind, permitted};
        routes.add_stream(
            path, [streams, endpoint](StreamPeer& peer, const HttpRequest& upgrade) -> StreamOffer {
                return streams->open(peer, endpoint, codec_of(upgrade.header("content-type")),
                                     upgrade.account,
                                     upgrade.account.empty() && has_credentials(upgrade));
            });
    }
    return streams;
}

}  // namespace tradewind::broker
