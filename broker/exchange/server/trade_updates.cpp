#include "broker/exchange/server/trade_updates.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/exchange/server/api_text.hpp"
#include "broker/exchange/server/json_body.hpp"
#include "broker/exchange/server/order_json.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::chrono::seconds kAuthorizationTime{30};
// What a listener that does not read may pile up before it is cut off.
constexpr std::size_t kMaxQueuedBytes = 64 * 1024 * 1024;

Json message(const char* stream, Json data) {
    return Json{{"stream", stream}, {"data", std::move(data)}};
}

// A ULID of the update's time and ordinal: 26 characters, ascending like them.
std::string event_id(Timestamp time, std::uint64_t ordinal) {
    constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string text(26, '0');
    auto milliseconds = static_cast<std::uint64_t>(time.ns / kMillisecond);
    for (std::size_t i = 10; i-- > 0; milliseconds >>= 5U) text[i] = kDigits[milliseconds & 31U];
    for (std::size_t i = 26; i-- > 10; ordinal >>= 5U) text[i] = kDigits[ordinal & 31U];
    return text;
}

}  // namespace

class TradeUpdates::Session final : public StreamSession {
  public:
    Session(std::shared_ptr<TradeUpdates> owner, StreamPeer& peer, std::string account)
        : owner_(std::move(owner)), peer_(peer), account_(std::move(account)) {
        owner_->sessions_.insert(this);
    }
    ~Session() override {
        owner_->sessions_.erase(this);
        *alive_ = false;
    }

    void on_open() override {
        owner_->host_.schedule(kAuthorizationTime, [this, alive = alive_] {
            if (*alive && account_.empty()) peer_.close(kPolicyViolation, "authorization timeout");
        });
    }

    void on_message(std::string_view text, FrameKind) override {
        JsonValue body;
        try {
            body = parse_json_body(text);
        } catch (const ApiError&) {
            fail("invalid syntax");
            return;
        }
        const auto action = body.text_of("action").value_or("");
        if (action == "authenticate" || action == "auth") {
            authorize(body);
        } else if (action == "listen") {
            listen(body);
        } else {
            fail("unknown action");
        }
    }

    [[nodiscard]] std::string_view account() const override { return account_; }
    void expire() override {
        say(message("authorization", {{"status", "unauthorized"}, {"action", "authenticate"}}));
        peer_.close(kPolicyViolation, "session expired");
    }
    [[nodiscard]] bool listening() const { return listening_; }
    void send(const FrameText& text) {
        if (peer_.queued_bytes() > kMaxQueuedBytes) {
            peer_.close(kPolicyViolation, "slow client");
        } else {
            peer_.send(text, FrameKind::binary);
        }
    }

  private:
    void say(const Json& json) { peer_.send(json.dump(), FrameKind::binary); }

    void fail(const char* text) {
        say(Json{{"action", "error"}, {"data", {{"error_message", text}}}});
        peer_.close(kPolicyViolation, text);
    }

    void authorize(const JsonValue& body) {
        const auto* data = body.object("data");
        const auto& from = data == nullptr ? body : *data;
        std::string account;
        if (const auto token = from.text_of("oauth_token")) {
            const auto colon = token->find(':');
            account =
                colon == std::string::npos
                    ? owner_->host_.account_of(*token, *token)
                    : owner_->host_.account_of(token->substr(0, colon), token->substr(colon + 1));
        } else {
            const auto key = data == nullptr ? from.text_of("key") : from.text_of("key_id");
            const auto secret =
                data == nullptr ? from.text_of("secret") : from.text_of("secret_key");
            account = owner_->host_.account_of(key.value_or(""), secret.value_or(""));
        }
        if (!account.empty()) account_ = account;
        say(message("authorization", {{"status", account.empty() ? "unauthorized" : "authorized"},
                                      {"action", "authenticate"}}));
        if (account.empty()) peer_.close(kPolicyViolation, "unauthorized");
    }

    void listen(const JsonValue& body) {
        if (account_.empty()) {
            say(message("authorization", {{"status", "unauthorized"}, {"action", "listen"}}));
            peer_.close(kPolicyViolation, "unauthorized");
            return;
        }
        listening_ = false;
        const auto* data = body.object("data");
        const auto* streams = data == nullptr ? nullptr : data->find("streams");
        if (streams != nullptr) {
            for (const auto& item : streams->items) {
                listening_ = listening_ || item.text == "trade_updates";
            }
        }
        Json known = Json::array();
        if (listening_) known.push_back("trade_updates");
        say(message("listening", Json{{"streams", known}}));
    }

    std::shared_ptr<TradeUpdates> owner_;
    StreamPeer& peer_;
    std::string account_;
    bool listening_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

void TradeUpdates::start(RouteTable& routes) {
    auto self = shared_from_this();
    host_.exchange().observe(
        [self](const ExchangeOrder& entry, const OrderNews& news) { self->on_news(entry, news); });
    host_.listen([self](const std::vector<ExchangeEvent>&) { self->flush(); });
    routes.add_stream("/stream", [self](StreamPeer& peer, const HttpRequest& upgrade) {
        return StreamOffer(std::make_unique<Session>(self, peer, upgrade.account));
    });
}

void TradeUpdates::on_news(const ExchangeOrder& entry, const OrderNews& news) {
    const auto& exchange = host_.exchange();
    ++ordinal_;
    Json data;
    data["event"] = news.event;
    if (news.fill != nullptr) {
        data["execution_id"] = stable_uuid("execution", entry.account + "\n" + news.fill->fill_id);
        data["price"] = news.fill->price.to_string();
        data["qty"] = news.fill->quantity.to_string();
        data["position_qty"] =
            exchange.books_of(entry.account).quantity(entry.order.symbol).to_string();
    } else {
        data["execution_id"] =
            stable_uuid("event", entry.account + "\n" + entry.order.order_id + "\n" +
                                     std::string(news.event) + "\n" + std::to_string(news.time.ns));
    }
    data["timestamp"] = api_time(news.time);
    data["at"] = api_time(news.time);
    data["event_id"] = event_id(news.time, ordinal_);
    data["order"] = order_json(exchange, entry);
    auto text = message("trade_updates", std::move(data)).dump();
    waiting_.push_back({entry.account, std::string(news.event), entry.order.order_id,
                        entry.order.symbol.to_string(),
                        std::make_shared<const std::string>(std::move(text))});
}

void TradeUpdates::flush() {
    auto updates = std::move(waiting_);
    waiting_.clear();
    for (const auto& update : updates) {
        if (outlet_) {
            outlet_(update);
        } else {
            deliver(update);
        }
    }
}

void TradeUpdates::deliver(const TradeUpdate& update) {
    const auto sessions = sessions_;
    for (auto* session : sessions) {
        if (!sessions_.contains(session)) continue;
        if (session->listening() && session->account() == update.account) {
            session->send(update.text);
        }
    }
}

}  // namespace tradewind::broker
