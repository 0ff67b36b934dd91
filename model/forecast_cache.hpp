// Forecasts that were computed once: by model and parameters, symbol, last bar, horizon and the
// bars that the model saw, so that a revised bar finds nothing. Shared by all simulations of a
// process, and through a store by its next life.
//
// Owned by the inference owner's thread. What comes out is what went in, bit by bit; a store that
// answers wrongly in shape is treated as a miss. Memory is bounded: beyond it the entries used
// longest ago leave (the store keeps them). Source: strategies spec 5.7.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messages/bar.hpp"
#include "messages/forecast.hpp"

namespace tradewind::model {

// What one row's forecast depends on.
struct ContextKey {
    std::string producer;  // Forecaster::id(): model, weights, parameters, device, precision
    Symbol symbol;
    std::int64_t last_bar_ns = 0;  // start of the newest bar seen
    std::uint32_t horizon = 1;
    std::array<std::uint64_t, 2> context{};  // hash of the bars seen

    friend auto operator<=>(const ContextKey&, const ContextKey&) = default;
};

// The keys of a request's rows. `maximum_points`: moves that the model looks back, 0: all.
[[nodiscard]] std::vector<ContextKey> context_keys(const ForecastRequest& request,
                                                   const std::string& producer,
                                                   std::size_t maximum_points);

// Where forecasts outlive the process. Called from the cache's thread only.
class ForecastStore {
  public:
    ForecastStore() = default;
    ForecastStore(const ForecastStore&) = delete;
    ForecastStore& operator=(const ForecastStore&) = delete;
    virtual ~ForecastStore() = default;

    // Empty: not there, or of other bars.
    [[nodiscard]] virtual std::optional<std::vector<Deciles>> find(const ContextKey& key) = 0;
    // Takes the place of what is there of the same producer, symbol, last bar and horizon.
    virtual void put(const ContextKey& key, std::span<const Deciles> values) = 0;
    // What was put is durable after this.
    virtual void commit() = 0;
};

constexpr std::size_t kCachedForecasts = 1 << 17;  // about 50 MB

class ForecastCache {
  public:
    // `store` may be null: memory only.
    explicit ForecastCache(std::size_t maximum_entries = kCachedForecasts,
                           std::unique_ptr<ForecastStore> store = nullptr);

    // Fills `values` [horizon, 4]; false: not known.
    [[nodiscard]] bool find(const ContextKey& key, std::span<Deciles> values);
    void put(const ContextKey& key, std::span<const Deciles> values);
    void commit();

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::vector<Deciles> values;
        std::list<const ContextKey*>::iterator use;
    };
    void remember(const ContextKey& key, std::span<const Deciles> values);

    std::size_t maximum_entries_;
    std::unique_ptr<ForecastStore> store_;
    std::map<ContextKey, Entry> entries_;
    std::list<const ContextKey*> uses_;  // newest first
    bool uncommitted_ = false;
};

}  // namespace tradewind::model
