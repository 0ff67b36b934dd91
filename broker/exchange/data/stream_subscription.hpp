// What one connection of a market data stream wants: symbols by channel, `*` for all of them.
//
// A value; any thread. Symbols are kept as clients spell them (coins as pairs), ascending. Source:
// broker protocol 4.2, 4.4.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "broker/exchange/data/data_json.hpp"

namespace tradewind::broker {

enum class StreamChannel : std::uint8_t {
    trades,
    quotes,
    bars,
    updated_bars,
    daily_bars,
    statuses,
    lulds,
    corrections,
    cancel_errors,
    order_books,
    news,
};
inline constexpr std::size_t kStreamChannels = 11;
[[nodiscard]] const char* to_text(StreamChannel channel);

enum class StreamKind : std::uint8_t { stocks, crypto, news };
// The channels of a stream, in the order of an acknowledgement.
[[nodiscard]] const std::vector<StreamChannel>& channels_of(StreamKind kind);

class StreamSubscription {
  public:
    explicit StreamSubscription(StreamKind kind) : kind_(kind) {}

    enum class Outcome : std::uint8_t { changed, malformed, wrong_channel, too_many_symbols };
    // Adds or removes what `message` lists (members of no channel are ignored). Anything but
    // `changed`: nothing changed. `most_symbols` limits the symbols of trades and quotes together,
    // 0: no limit.
    enum class Change : std::uint8_t { add, remove };
    [[nodiscard]] Outcome apply(const nlohmann::json& message, Change change,
                                std::size_t most_symbols);

    [[nodiscard]] bool wants(StreamChannel channel, const Symbol& symbol) const {
        const auto& wish = wishes_[static_cast<std::size_t>(channel)];
        return wish.all || wish.symbols.contains(symbol);
    }
    [[nodiscard]] bool wants_nothing() const;
    // {"T":"subscription","trades":[...],...} with every channel of the stream.
    [[nodiscard]] DataJson acknowledgement() const;

  private:
    struct Wish {
        std::set<std::string> names;
        std::unordered_set<Symbol> symbols;
        bool all = false;
    };
    using Wishes = std::array<Wish, kStreamChannels>;
    [[nodiscard]] static std::size_t counted_symbols(const Wishes& wishes);

    StreamKind kind_;
    Wishes wishes_;
};

}  // namespace tradewind::broker
