// The one interface behind which every forecast model stands: the classical ones and the networks.
// The inference owner holds one and calls it from its own thread only.
//
// A request carries rows of one symbol; row `end_index` = i means: forecast bar i from the bars
// before it. Answers hold, per row, step and series (close, high, low, open), the deciles of the
// relative move from that series' value at bar i - 1 to bar i - 1 + step: cumulative over steps.
// An answer is a function of the request alone: the same alone, in a batch, and in any order.
//
// Errors: a request that cannot be answered (too few bars, a price that is not positive, an end
// beyond the series) comes back with `refusal` set and never fails its neighbours. Exceptions mean
// that the model or its device failed. Source: messages/forecast.hpp, strategies spec 2.2 and 5.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "messages/bar.hpp"
#include "messages/forecast.hpp"

namespace tradewind::model {

// The largest horizon any forecaster accepts; beyond it a request is refused.
constexpr std::uint32_t kMaximumHorizon = 4096;

class BatchedForecaster;

class Forecaster {
  public:
    Forecaster() = default;
    Forecaster(const Forecaster&) = delete;
    Forecaster& operator=(const Forecaster&) = delete;
    virtual ~Forecaster() = default;

    // Names model, weights and parameters: two forecasters with equal id give equal answers.
    [[nodiscard]] virtual const std::string& id() const = 0;

    // The fewest relative moves a row needs: a row with end_index - 1 < minimum_points() is
    // refused.
    [[nodiscard]] virtual std::size_t minimum_points() const = 0;

    // The newest moves that an answer depends on; 0: all of them from the first bar on.
    [[nodiscard]] virtual std::size_t maximum_points() const = 0;

    // One answer per request, in the same order.
    [[nodiscard]] virtual std::vector<Forecast> forecast(
        std::span<const ForecastRequest> requests) = 0;

    // Runs the production path on every batch shape that a request can meet. Throws on failure.
    virtual void warm_up() {}

    // Not null: rows run in batches of fixed shapes, and model/request_queue.hpp mixes the rows of
    // many requests in them.
    [[nodiscard]] virtual BatchedForecaster* batched() { return nullptr; }
};

// Why a row cannot be answered; empty: it can. Shared by all forecasters.
[[nodiscard]] std::string refusal_of(const ForecastRequest& request, std::size_t minimum_points);

// Names a forecaster and its parameters.
struct ForecasterOptions {
    // "ewma", "ewma_empirical", "garch", "anchored"; "auto": the best of them and the shipped
    // network per market class and channel; "embedded": that network alone; a checkpoint folder
    std::string model = "ewma";
    std::string device = "cpu";
    unsigned threads = 0;  // of a network on the CPU; 0: its default (networks README)
    // ewma: lambda, centre = mean|zero; the other classical ones: file (data/model/classical.json);
    // auto, embedded: folder (data/model)
    std::map<std::string, std::string> parameters;
    std::string precision;  // of a network: f32, bf16, f16; empty: the device's own
};

// Opens a forecaster by name or folder. Throws Error: usage for an unknown bare name, parameter or
// device, data for a checkpoint that is refused, unavailable where the device is absent.
[[nodiscard]] std::unique_ptr<Forecaster> open_forecaster(const ForecasterOptions& options);

}  // namespace tradewind::model
