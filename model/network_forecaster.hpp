// A network checkpoint behind the Forecaster interface: the production path on bars.
//
// Rows become groups of four channels (model/input_preparation.hpp) in the context bucket that
// holds their moves; every forward of a bucket has the same number of rows, partial batches are
// padded with inert rows, so equal requests give equal bytes whatever stands beside them. Rows of
// all requests of one call share batches. Not thread-safe: one owner. Source: forecast-models
// spec 3 and 9, architecture 5.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/batch_planner.hpp"
#include "model/checkpoint.hpp"
#include "model/forecaster.hpp"
#include "model/network.hpp"

namespace tradewind::model {

class NetworkForecaster final : public Forecaster {
  public:
    // Throws Error (usage) when a batch size is zero.
    NetworkForecaster(Checkpoint checkpoint, std::unique_ptr<Network> network,
                      const std::string& id, const BatchPlannerOptions& shapes = {});

    [[nodiscard]] const std::string& id() const override { return id_; }
    [[nodiscard]] std::size_t minimum_points() const override;
    [[nodiscard]] std::size_t maximum_points() const override;
    [[nodiscard]] std::vector<Forecast> forecast(
        std::span<const ForecastRequest> requests) override;
    void warm_up() override;

  private:
    struct Place {
        std::size_t request = 0;
        std::size_t row = 0;
    };
    void run_batch(std::span<const ForecastRequest> requests, std::vector<Forecast>& forecasts,
                   std::size_t bucket, std::int64_t horizon, std::span<const Place> places);

    Checkpoint checkpoint_;
    std::unique_ptr<Network> network_;
    std::string id_;
    BatchPlannerOptions shapes_;
};

// The forecaster of a checkpoint folder; the network module is opened here.
[[nodiscard]] std::unique_ptr<Forecaster> open_network_forecaster(const ForecasterOptions& options);

}  // namespace tradewind::model
