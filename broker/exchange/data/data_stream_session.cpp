#include "broker/exchange/data/data_stream_session.hpp"

#include <algorithm>
#include <utility>

namespace tradewind::broker {
namespace {

constexpr std::size_t kFrameBytes = 64 * 1024;
constexpr std::uint16_t kPolicyViolation = 1008;

enum ErrorCode : int {
    kInvalidSyntax = 400,
    kNotAuthenticated = 401,
    kAuthFailed = 402,
    kAlreadyAuthenticated = 403,
    kAuthTimeout = 404,
    kSymbolLimit = 405,
    kConnectionLimit = 406,
    kSlowClient = 407,
    kInsufficientSubscription = 409,
    kInvalidSubscribeAction = 410,
};

bool ends_connection(int code) {
    return code == kAuthFailed || code == kAuthTimeout || code == kConnectionLimit ||
           code == kSlowClient || code == kInsufficientSubscription;
}

std::string text_of(const nlohmann::json& message, const char* name) {
    const auto found = message.find(name);
    return found != message.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

DataStreamSession::DataStreamSession(DataStreams& streams, StreamPeer& peer,
                                     StreamEndpoint endpoint, StreamCodec codec,
                                     std::string account, bool refused_headers)
    : streams_(streams),
      peer_(peer),
      endpoint_(std::move(endpoint)),
      codec_(codec),
      header_account_(std::move(account)),
      refused_headers_(refused_headers),
      subscription_(endpoint_.kind),
      frame_(codec),
      self_(std::make_shared<DataStreamSession*>(this)) {
    streams_.sessions_.push_back(this);
}

DataStreamSession::~DataStreamSession() {
    *self_ = nullptr;
    std::erase(streams_.sessions_, this);
    if (account_.empty()) return;
    const auto counted = streams_.connections_.find({account_, endpoint_.name});
    if (counted != streams_.connections_.end() && --counted->second == 0) {
        streams_.connections_.erase(counted);
    }
}

void DataStreamSession::on_open() {
    control({{"T", "success"}, {"msg", "connected"}});
    if (refused_headers_) return fail(kAuthFailed, "auth failed");
    if (!header_account_.empty()) return become(header_account_);
    if (!streams_.services_.schedule) return;
    streams_.services_.schedule(streams_.limits_.authentication, [self = self_] {
        auto* session = *self;
        if (session == nullptr || session->authenticated_ || session->closed_) return;
        session->fail(kAuthTimeout, "auth timeout");
    });
}

void DataStreamSession::on_message(std::string_view message, FrameKind) {
    if (closed_) return;
    const auto read = decoded(message, codec_);
    if (!read || !read->is_object()) return fail(kInvalidSyntax, "invalid syntax");
    const auto action = text_of(*read, "action");
    if (action == "auth") return authenticate(*read);
    if (action != "subscribe" && action != "unsubscribe") {
        return fail(kInvalidSyntax, "invalid syntax");
    }
    if (!authenticated_) return fail(kNotAuthenticated, "not authenticated");
    change(*read, action == "subscribe" ? StreamSubscription::Change::add
                                        : StreamSubscription::Change::remove);
}

void DataStreamSession::authenticate(const nlohmann::json& message) {
    if (authenticated_) return fail(kAlreadyAuthenticated, "already authenticated");
    const auto key = text_of(message, "key");
    const auto secret = text_of(message, "secret");
    // A token stands for key and secret.
    const auto account = key == "oauth" ? streams_.services_.authenticate(secret, secret)
                                        : streams_.services_.authenticate(key, secret);
    if (account.empty()) return fail(kAuthFailed, "auth failed");
    become(account);
}

void DataStreamSession::become(const std::string& account) {
    if (!endpoint_.permitted) {
        return fail(kInsufficientSubscription, "insufficient subscription");
    }
    auto& count = streams_.connections_[{account, endpoint_.name}];
    if (streams_.limits_.connections > 0 && count >= streams_.limits_.connections) {
        return fail(kConnectionLimit, "connection limit exceeded");
    }
    ++count;
    account_ = account;
    authenticated_ = true;
    control({{"T", "success"}, {"msg", "authenticated"}});
}

void DataStreamSession::change(const nlohmann::json& message,
                               StreamSubscription::Change direction) {
    using Outcome = StreamSubscription::Outcome;
    switch (subscription_.apply(message, direction, streams_.limits_.symbols)) {
        case Outcome::malformed:
            return fail(kInvalidSyntax, "invalid syntax");
        case Outcome::wrong_channel:
            return fail(kInvalidSubscribeAction, "invalid subscribe action for this feed");
        case Outcome::too_many_symbols:
            return fail(kSymbolLimit, "symbol limit exceeded");
        case Outcome::changed:
            break;
    }
    std::erase_if(whole_books_, [this](const Symbol& symbol) {
        return !subscription_.wants(StreamChannel::order_books, symbol);
    });
    control(subscription_.acknowledgement());
}

void DataStreamSession::control(const DataJson& message) {
    flush();
    if (closed_) return;
    FrameJoiner frame(codec_);
    frame.add(encoded(message, codec_));
    peer_.send(frame.take(), codec_ == StreamCodec::json ? FrameKind::text : FrameKind::binary);
}

void DataStreamSession::fail(int code, const char* message) {
    control({{"T", "error"}, {"code", code}, {"msg", message}});
    if (!ends_connection(code)) return;
    closed_ = true;
    peer_.close(kPolicyViolation, message);
}

void DataStreamSession::expire() {
    fail(kNotAuthenticated, "not authenticated");
    closed_ = true;
    peer_.close(kPolicyViolation, "session expired");
}

void DataStreamSession::add(std::string_view message) {
    frame_.add(message);
    if (frame_.bytes() >= kFrameBytes) flush();
}

void DataStreamSession::flush() {
    if (closed_ || frame_.empty()) return;
    auto frame = frame_.take();
    if (peer_.queued_bytes() > streams_.limits_.queued_bytes) {
        return fail(kSlowClient, "slow client");
    }
    peer_.send(std::move(frame), codec_ == StreamCodec::json ? FrameKind::text : FrameKind::binary);
}

}  // namespace tradewind::broker
