#include "broker/alpaca/trading_client.hpp"

#include <algorithm>
#include <utility>

#include "broker/alpaca/stream_thread.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::size_t kOrderPage = 500;
constexpr std::size_t kActivityPage = 100;
constexpr std::size_t kMostPages = 200;
// How long the broker's count of what remains is believed.
constexpr std::int64_t kCountHolds = 10 * kSecond;
constexpr std::int64_t kRefusedPause = 5 * kSecond;

bool keys_refused(const HttpReply& reply) {
    if (reply.status == 401) return true;
    // 403 is also the answer to an order that the account cannot carry: that has a code.
    return reply.status == 403 && parse_error(reply.body).code == 0;
}

std::string reason_of(const HttpReply& reply) {
    if (!reply.answered()) return reply.fault;
    const auto error = parse_error(reply.body);
    auto text = error.message.empty() ? "HTTP " + std::to_string(reply.status) : error.message;
    if (error.code != 0) text += " (" + std::to_string(error.code) + ')';
    return text;
}

std::int64_t pause_of(const HttpReply& reply) {
    return reply.retry_after_s ? std::clamp<std::int64_t>(*reply.retry_after_s, 1, 60) * kSecond
                               : kRefusedPause;
}

}  // namespace

void SharedBudget::learn(const HttpReply& reply, std::int64_t now_ns) {
    if (!reply.answered()) return;
    const std::lock_guard lock(mutex_);
    if (reply.status == 429) budget_.refused(pause_of(reply), now_ns);
    if (reply.rate_remaining) {
        budget_.learn(static_cast<std::size_t>(*reply.rate_remaining), kCountHolds, now_ns);
    }
}

TradingClient::TradingClient(const AlpacaSettings& settings, SharedBudgetPtr budget)
    : budget_(std::move(budget)), connection_(settings.trading, settings.keys, settings) {}

std::int64_t TradingClient::wait_ns(Purpose purpose) const {
    return budget_->wait_ns(purpose, steady_now_ns());
}

HttpReply TradingClient::send(Method method, const std::string& target, const std::string& body) {
    budget_->spend(steady_now_ns());
    auto reply = connection_.exchange(method, target, body);
    budget_->learn(reply, steady_now_ns());
    return reply;
}

PostReply TradingClient::post(const Order& order, AssetClass asset_class,
                              const std::optional<Order>& stop) {
    using Kind = PostReply::Kind;
    const auto reply =
        send(Method::post, "/v2/orders",
             stop ? one_cancels_other_body(order, *stop) : order_body(order, asset_class));
    PostReply result;
    result.reason = reason_of(reply);
    if (reply.outcome == HttpReply::Outcome::not_sent) {
        result.kind = Kind::not_sent;
    } else if (!reply.answered() || reply.status >= 500 || reply.status == 408) {
        result.kind = Kind::unknown;
    } else if (reply.status >= 200 && reply.status < 300) {
        result.order = parse_order(reply.body, remarks_);
        result.kind = result.order ? Kind::accepted : Kind::unknown;
    } else if (reply.status == 429) {
        result.kind = Kind::rate_limited;
        result.wait_ns = pause_of(reply);
    } else if (keys_refused(reply)) {
        result.kind = Kind::keys_refused;
        result.wait_ns = kRefusedPause;
    } else if (reply.status >= 400) {
        const bool taken =
            result.reason.find("client_order_id must be unique") != std::string::npos;
        result.kind = taken ? Kind::duplicate : Kind::refused;
    } else {
        result.kind = Kind::unknown;  // a redirect or the like: nobody knows
    }
    return result;
}

LookUpReply TradingClient::look_up(const std::string& client_order_id, bool with_legs) {
    auto reply =
        look_up_at("/v2/orders:by_client_order_id?client_order_id=" + encoded(client_order_id));
    if (!with_legs || !reply.order || reply.order->order_class.empty()) return reply;
    if (!reply.order->legs.empty()) return reply;
    auto nested = look_up_at("/v2/orders/" + encoded(reply.order->id) + "?nested=true");
    return nested.kind == LookUpReply::Kind::found ? nested : reply;
}

LookUpReply TradingClient::look_up_stop(const std::string& client_order_id, const std::string& head,
                                        const std::string& broker_id) {
    using Kind = LookUpReply::Kind;
    if (!broker_id.empty()) return look_up_broker_id(broker_id);
    auto alone = look_up(client_order_id);
    if (alone.kind != Kind::absent) return alone;
    auto group = look_up(head, true);
    if (group.kind != Kind::found) return group;
    LookUpReply result;
    if (group.order->legs.empty()) return result;
    result.kind = Kind::found;
    result.order = std::move(group.order->legs.front());
    return result;
}

LookUpReply TradingClient::look_up_broker_id(const std::string& broker_id) {
    return look_up_at("/v2/orders/" + encoded(broker_id));
}

LookUpReply TradingClient::look_up_at(const std::string& target) {
    const auto reply = send(Method::get, target);
    LookUpReply result;
    if (reply.answered() && reply.status == 200) {
        result.order = parse_order(reply.body, remarks_);
        if (result.order) result.kind = LookUpReply::Kind::found;
    } else if (reply.answered() && reply.status == 404) {
        result.kind = LookUpReply::Kind::absent;
    }
    return result;
}

CancelReply TradingClient::cancel(const std::string& broker_id) {
    const auto reply = send(Method::remove, "/v2/orders/" + encoded(broker_id));
    CancelReply result;
    if (!reply.answered()) return result;
    if (reply.status >= 200 && reply.status < 300) result.kind = CancelReply::Kind::requested;
    if (reply.status == 422) result.kind = CancelReply::Kind::too_late;
    if (reply.status == 404) result.kind = CancelReply::Kind::absent;
    return result;
}

template <class Value, class Parse>
Answer<Value> TradingClient::read(const std::string& target, Parse parse) {
    const auto reply = send(Method::get, target);
    Answer<Value> answer;
    if (reply.answered() && reply.status == 200) {
        answer.value = parse(reply);
        if (!answer.value) answer.reason = "an answer that is not what it should be";
    } else {
        answer.keys_refused = reply.answered() && (reply.status == 401 || reply.status == 403);
        answer.reason = reason_of(reply);
    }
    if (!answer.value) answer.reason = target.substr(0, target.find('?')) + ": " + answer.reason;
    return answer;
}

Answer<WireAccount> TradingClient::account() {
    return read<WireAccount>("/v2/account",
                             [](const HttpReply& reply) { return parse_account(reply.body); });
}

Answer<std::vector<WirePosition>> TradingClient::positions() {
    return read<std::vector<WirePosition>>("/v2/positions", [this](const HttpReply& reply) {
        return parse_positions(reply.body, remarks_);
    });
}

Answer<std::vector<WireOrder>> TradingClient::open_orders() {
    Answer<std::vector<WireOrder>> all;
    all.value.emplace();
    std::string cursor;
    for (std::size_t page = 0; page < kMostPages; ++page) {
        auto part = read<std::vector<WireOrder>>(
            "/v2/orders?status=open&limit=500&direction=asc&nested=false" + cursor,
            [this](const HttpReply& reply) { return parse_orders(reply.body, remarks_); });
        if (!part.value) return part;
        const auto size = part.value->size();
        for (auto& order : *part.value) all.value->push_back(std::move(order));
        if (size < kOrderPage) break;
        cursor = "&after_order_id=" + encoded(all.value->back().id);
    }
    return all;
}

Answer<ClockAnswer> TradingClient::clock() {
    const auto before = steady_now_ns();
    return read<
        ClockAnswer>("/v2/clock", [&](const HttpReply& reply) -> std::optional<ClockAnswer> {
        const auto clock = parse_clock(reply.body);
        if (!clock) return std::nullopt;
        const auto after = steady_now_ns();
        return ClockAnswer{*clock, reply.clock_speed.value_or(1), before + (after - before) / 2};
    });
}

Answer<std::vector<WireExecution>> TradingClient::executions(Timestamp since) {
    Answer<std::vector<WireExecution>> all;
    all.value.emplace();
    std::string cursor;
    for (std::size_t page = 0; page < kMostPages; ++page) {
        // A long list leaves room for what is more urgent: it is read from its start again later.
        if (page > 0 && wait_ns(Purpose::reconciliation) > 0) {
            return {std::nullopt, false, "the requests of this minute are used up"};
        }
        auto part = read<ExecutionPage>(
            "/v2/account/activities/FILL?direction=asc&page_size=100&after=" +
                encoded(format_time(since)) + cursor,
            [this](const HttpReply& reply) { return parse_executions(reply.body, remarks_); });
        if (!part.value) return {std::nullopt, part.keys_refused, part.reason};
        for (auto& execution : part.value->executions) all.value->push_back(std::move(execution));
        if (part.value->activities < kActivityPage || part.value->last_id.empty()) break;
        cursor = "&page_token=" + encoded(part.value->last_id);
    }
    return all;
}

Answer<WireAsset> TradingClient::asset(const Symbol& symbol) {
    return read<WireAsset>("/v2/assets/" + encoded(symbol.view()), [this](const HttpReply& reply) {
        return parse_asset(reply.body, remarks_);
    });
}

Remarks TradingClient::take_remarks() {
    return std::exchange(remarks_, {});
}

}  // namespace tradewind::broker::alpaca
