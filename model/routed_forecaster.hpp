// The forecaster `auto`: for every market class and channel the forecaster that verification showed
// to be best (model/forecaster_choice.hpp). The network answers a row once for all the channels it
// serves; classical forecasters answer the rest, and rows with too little history for the network.
//
// Rows keep the network's batches where it has them. An answer is a function of the request alone,
// the same through forecast() and through batches. One owner. Source: training recipe 6.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "model/batched_forecaster.hpp"
#include "model/classical_parameters.hpp"
#include "model/forecaster.hpp"
#include "model/forecaster_choice.hpp"

namespace tradewind::model {

class RoutedForecaster final : public Forecaster, public BatchedForecaster {
  public:
    // `network` may be null where the choice names none. Throws Error (data) when the choice was
    // made for other classical parameters or needs a network and there is none.
    RoutedForecaster(ForecasterChoice choice, const ClassicalParameters& parameters,
                     std::unique_ptr<Forecaster> network);

    [[nodiscard]] const std::string& id() const override { return id_; }
    [[nodiscard]] std::size_t minimum_points() const override;
    [[nodiscard]] std::size_t maximum_points() const override { return 0; }
    [[nodiscard]] std::vector<Forecast> forecast(
        std::span<const ForecastRequest> requests) override;
    void warm_up() override;
    // Null without a network that has batches.
    [[nodiscard]] BatchedForecaster* batched() override;

    [[nodiscard]] const std::array<std::size_t, kContextBuckets.size()>& rows_per_batch()
        const override;
    [[nodiscard]] std::size_t batches_at_once() const override;
    [[nodiscard]] std::string examine(const ForecastRequest& request,
                                      std::vector<std::size_t>& points) const override;
    void run(std::span<RowsOfBatch> batches) override;

    [[nodiscard]] const ForecasterChoice& choice() const { return choice_; }

  private:
    [[nodiscard]] bool network_serves(const ClassChoice& choice, const ForecastRow& row) const;
    // Fills the channels that classical forecasters serve; empty, or why a row has no answer.
    std::string answer_classically(const ForecastRequest& request,
                                   std::span<const std::uint32_t> rows,
                                   std::span<const std::span<Deciles>> values);

    ForecasterChoice choice_;
    std::unique_ptr<Forecaster> network_;
    BatchedForecaster* network_batches_ = nullptr;
    std::array<std::unique_ptr<Forecaster>, kServers> classical_;  // by Server; network: null
    std::string id_;
};

// `auto` from a folder with choice.json, classical.json and, where the choice names one, the
// network: see model/shipped_models.hpp. The other options are those of the network. Throws Error
// (data) when a part is missing or belongs to another one.
[[nodiscard]] std::unique_ptr<Forecaster> open_routed_forecaster(const std::string& folder,
                                                                 const ForecasterOptions& options);

}  // namespace tradewind::model
