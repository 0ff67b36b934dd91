#include "broker/exchange/server/exchange_host.hpp"

#include <algorithm>
#include <utility>

namespace tradewind::broker {

ExchangeHost::ExchangeHost(HostOptions options, std::unique_ptr<EmbeddedExchange> exchange)
    : options_(std::move(options)), exchange_(std::move(exchange)), origin_(exchange_->time()) {
    for (const auto& [key_id, secret] : options_.credentials) (void)account_of(key_id, secret);
}

void ExchangeHost::start() {
    origin_ = exchange_->time();
    origin_steady_ = std::chrono::steady_clock::now();
    running_ = true;
}

Timestamp ExchangeHost::now() const {
    if (!running_ || options_.speed <= 0) return std::max(origin_, exchange_->time());
    const std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - origin_steady_;
    const auto moved = static_cast<std::int64_t>(passed.count() * options_.speed);
    return std::max(origin_ + moved, exchange_->time());
}

void ExchangeHost::move_by(std::int64_t duration_ns) {
    origin_ = now() + duration_ns;
    origin_steady_ = std::chrono::steady_clock::now();
}

void ExchangeHost::advance() {
    if (advancing_) return;  // a listener's command: its events come with the next round
    advancing_ = true;
    std::vector<ExchangeEvent> events;
    try {
        exchange_->advance_to(now(), events);
        for (const auto& listener : listeners_) listener(events);
    } catch (...) {
        advancing_ = false;
        throw;
    }
    advancing_ = false;
}

std::string account_number_of(std::string_view key_id) {
    constexpr std::string_view kDigits = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : key_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    hash ^= hash >> 29U;
    std::string text = "PA";
    for (int i = 0; i < 10; ++i) {
        text += kDigits[hash % kDigits.size()];
        hash /= kDigits.size();
    }
    return text;
}

std::string ExchangeHost::account_of(std::string_view key_id, std::string_view secret) {
    if (key_id.empty() || secret.empty()) return {};
    const std::string key(key_id);
    if (!options_.credentials.empty()) {
        const auto found = options_.credentials.find(key);
        if (found == options_.credentials.end() || found->second != secret) return {};
    }
    const auto known = accounts_.find(key);
    if (known != accounts_.end()) return known->second;
    const auto number = account_number_of(key);
    if (!exchange_->has_account(number)) exchange_->open_account(number, options_.cash);
    accounts_.emplace(key, number);
    return number;
}

}  // namespace tradewind::broker
