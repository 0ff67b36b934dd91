#include "broker/exchange/data/stream_subscription.hpp"

#include <algorithm>

namespace tradewind::broker {
namespace {

constexpr std::array<const char*, kStreamChannels> kNames = {
    "trades", "quotes",      "bars",         "updatedBars", "dailyBars", "statuses",
    "lulds",  "corrections", "cancelErrors", "orderbooks",  "news"};

std::optional<Symbol> symbol_named(StreamKind kind, const std::string& name) {
    if (kind == StreamKind::crypto) return symbol_of_pair(name);
    if (kind == StreamKind::news && name.find('/') != std::string::npos) {
        return symbol_of_pair(name);
    }
    return symbol_of_stock(name);
}

}  // namespace

const char* to_text(StreamChannel channel) {
    return kNames[static_cast<std::size_t>(channel)];
}

const std::vector<StreamChannel>& channels_of(StreamKind kind) {
    using enum StreamChannel;
    static const std::vector<StreamChannel> stocks = {trades,       quotes,      bars,
                                                      updated_bars, daily_bars,  statuses,
                                                      lulds,        corrections, cancel_errors};
    static const std::vector<StreamChannel> crypto = {trades,       quotes,     bars,
                                                      updated_bars, daily_bars, order_books};
    static const std::vector<StreamChannel> news_only = {news};
    return kind == StreamKind::stocks ? stocks : kind == StreamKind::crypto ? crypto : news_only;
}

StreamSubscription::Outcome StreamSubscription::apply(const nlohmann::json& message, Change change,
                                                      std::size_t most_symbols) {
    const auto& offered = channels_of(kind_);
    Wishes next = wishes_;
    for (std::size_t i = 0; i < kStreamChannels; ++i) {
        const auto found = message.find(kNames[i]);
        if (found == message.end() || found->is_null()) continue;
        if (!found->is_array()) return Outcome::malformed;
        if (found->empty()) continue;
        const auto channel = static_cast<StreamChannel>(i);
        if (std::find(offered.begin(), offered.end(), channel) == offered.end()) {
            return Outcome::wrong_channel;
        }
        auto& wish = next[i];
        for (const auto& item : *found) {
            if (!item.is_string()) return Outcome::malformed;
            const auto& name = item.get_ref<const std::string&>();
            if (name == "*") {
                wish.all = change == Change::add;
            } else if (const auto symbol = symbol_named(kind_, name)) {
                if (change == Change::add) {
                    wish.symbols.insert(*symbol);
                } else {
                    wish.symbols.erase(*symbol);
                }
            } else {
                return Outcome::malformed;
            }
            if (change == Change::add) {
                wish.names.insert(name);
            } else {
                wish.names.erase(name);
            }
        }
    }
    // Whoever sees the trades sees their corrections.
    const auto& trades = next[static_cast<std::size_t>(StreamChannel::trades)];
    if (kind_ == StreamKind::stocks) {
        next[static_cast<std::size_t>(StreamChannel::corrections)] = trades;
        next[static_cast<std::size_t>(StreamChannel::cancel_errors)] = trades;
    }
    if (change == Change::add && most_symbols > 0 && counted_symbols(next) > most_symbols) {
        return Outcome::too_many_symbols;
    }
    wishes_ = std::move(next);
    return Outcome::changed;
}

std::size_t StreamSubscription::counted_symbols(const Wishes& wishes) {
    std::set<std::string> names = wishes[static_cast<std::size_t>(StreamChannel::trades)].names;
    const auto& quotes = wishes[static_cast<std::size_t>(StreamChannel::quotes)];
    names.insert(quotes.names.begin(), quotes.names.end());
    // All symbols are more than any limit.
    return names.contains("*") ? SIZE_MAX : names.size();
}

bool StreamSubscription::wants_nothing() const {
    return std::all_of(wishes_.begin(), wishes_.end(),
                       [](const Wish& wish) { return wish.names.empty(); });
}

DataJson StreamSubscription::acknowledgement() const {
    DataJson json = {{"T", "subscription"}};
    for (const auto channel : channels_of(kind_)) {
        json[to_text(channel)] = wishes_[static_cast<std::size_t>(channel)].names;
    }
    return json;
}

}  // namespace tradewind::broker
