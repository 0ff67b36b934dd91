#include "model/forecast_cache.hpp"

#include <algorithm>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

// Two 64-bit hashes over words: multiply and mix (as splitmix64 does), with unlike constants. An
// identity of what a model saw, not a proof against an adversary.
class ContextHash {
  public:
    void add(std::uint64_t word) {
        first_ = mixed((first_ ^ word) * 0x9E3779B97F4A7C15ULL);
        second_ = mixed((second_ + word) * 0xBF58476D1CE4E5B9ULL + 0x94D049BB133111EBULL);
    }
    [[nodiscard]] std::array<std::uint64_t, 2> value() const { return {first_, second_}; }

  private:
    static std::uint64_t mixed(std::uint64_t x) { return x ^ (x >> 29U); }
    std::uint64_t first_ = 0x243F6A8885A308D3ULL;
    std::uint64_t second_ = 0x13198A2E03707344ULL;
};

void add_bar(ContextHash& hash, const Bar& bar) {
    hash.add(static_cast<std::uint64_t>(bar.start.ns) ^ (bar.suspect ? 1U : 0U));
    for (const Price price : {bar.close, bar.high, bar.low, bar.open}) {
        hash.add(static_cast<std::uint64_t>(price.units()));
    }
}

}  // namespace

std::vector<ContextKey> context_keys(const ForecastRequest& request, const std::string& producer,
                                     std::size_t maximum_points) {
    std::vector<ContextKey> keys;
    const auto& bars = request.series->bars;
    for (const ForecastRow& row : request.rows) {
        ensure(row.end_index >= 1 && row.end_index <= bars.size(), "a row ends inside its series");
        // `maximum_points` moves and the bar before the first; a move also asks whether the bar
        // before it was suspect, which that bar says.
        const std::size_t seen = maximum_points == 0
                                     ? row.end_index
                                     : std::min<std::size_t>(row.end_index, maximum_points + 1);
        ContextHash hash;
        for (std::size_t i = row.end_index - seen; i < row.end_index; ++i) add_bar(hash, bars[i]);
        ContextKey key;
        key.producer = producer;
        key.symbol = request.symbol;
        key.last_bar_ns = bars[row.end_index - 1].start.ns;
        key.horizon = request.horizon;
        key.context = hash.value();
        keys.push_back(std::move(key));
    }
    return keys;
}

ForecastCache::ForecastCache(std::size_t maximum_entries, std::unique_ptr<ForecastStore> store)
    : maximum_entries_(std::max<std::size_t>(1, maximum_entries)), store_(std::move(store)) {}

bool ForecastCache::find(const ContextKey& key, std::span<Deciles> values) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
        if (found->second.values.size() != values.size()) return false;
        uses_.splice(uses_.begin(), uses_, found->second.use);
        std::copy(found->second.values.begin(), found->second.values.end(), values.begin());
        return true;
    }
    if (!store_) return false;
    const auto stored = store_->find(key);
    if (!stored || stored->size() != values.size()) return false;
    std::copy(stored->begin(), stored->end(), values.begin());
    remember(key, values);
    return true;
}

void ForecastCache::put(const ContextKey& key, std::span<const Deciles> values) {
    if (entries_.contains(key)) return;
    remember(key, values);
    if (!store_) return;
    store_->put(key, values);
    uncommitted_ = true;
}

void ForecastCache::remember(const ContextKey& key, std::span<const Deciles> values) {
    const auto placed =
        entries_.emplace(key, Entry{{values.begin(), values.end()}, uses_.end()}).first;
    uses_.push_front(&placed->first);
    placed->second.use = uses_.begin();
    while (entries_.size() > maximum_entries_) {
        const ContextKey* const oldest = uses_.back();
        uses_.pop_back();
        entries_.erase(entries_.find(*oldest));
    }
}

void ForecastCache::commit() {
    if (store_ && uncommitted_) store_->commit();
    uncommitted_ = false;
}

}  // namespace tradewind::model
