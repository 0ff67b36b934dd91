// A network checkpoint behind the Forecaster interface: the production path on bars.
//
// Rows become groups of four channels (model/input_preparation.hpp) in the context bucket that
// holds their moves; every forward of a bucket has the same number of rows, partial batches are
// padded with inert rows (unless the network needs none of that), so equal requests give equal
// bytes whatever stands beside them. Rows of all requests of one call share batches; batches run
// on several threads where the network allows it, each on one thread alone. One owner. Source:
// forecast-models spec 3 and 9, architecture 5.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "model/batch_planner.hpp"
#include "model/batched_forecaster.hpp"
#include "model/checkpoint.hpp"
#include "model/forecaster.hpp"
#include "model/network.hpp"
#include "model/worker_threads.hpp"

namespace tradewind::model {

class NetworkForecaster final : public Forecaster, public BatchedForecaster {
  public:
    // `threads`: batches at once; 0: one per core, at most eight. No result depends on it. Throws
    // Error (usage) when a batch size is zero.
    NetworkForecaster(Checkpoint checkpoint, std::unique_ptr<Network> network,
                      const std::string& id, const BatchPlannerOptions& shapes = {},
                      unsigned threads = 1);

    [[nodiscard]] const std::string& id() const override { return id_; }
    [[nodiscard]] std::size_t minimum_points() const override;
    [[nodiscard]] std::size_t maximum_points() const override;
    [[nodiscard]] std::vector<Forecast> forecast(
        std::span<const ForecastRequest> requests) override;
    void warm_up() override;
    [[nodiscard]] BatchedForecaster* batched() override { return this; }

    [[nodiscard]] const std::array<std::size_t, kContextBuckets.size()>& rows_per_batch()
        const override {
        return shapes_.rows_per_batch;
    }
    [[nodiscard]] std::size_t batches_at_once() const override { return workers_.count(); }
    [[nodiscard]] std::string examine(const ForecastRequest& request,
                                      std::vector<std::size_t>& points) const override;
    void run(std::span<RowsOfBatch> batches) override;

    [[nodiscard]] const Network& network() const { return *network_; }

  private:
    void run_rows(std::size_t bucket, std::span<BatchedRow*> rows) const;
    void run_batch(RowsOfBatch& batch) const;
    void warm_up_shape(std::size_t bucket, const ForecastRequest& request);
    [[nodiscard]] std::int64_t horizon_of(const ForecastRequest& request) const;
    // Toto 1.0, whose moves are lifted to a scale that it sees.
    [[nodiscard]] bool lifted() const;
    // Moves of the context of a row.
    [[nodiscard]] std::size_t context_of(std::uint32_t end_index) const;

    Checkpoint checkpoint_;
    std::unique_ptr<Network> network_;
    std::string id_;
    BatchPlannerOptions shapes_;
    WorkerThreads workers_;
};

// The forecaster of a checkpoint folder; the network module is opened here.
[[nodiscard]] std::unique_ptr<Forecaster> open_network_forecaster(const ForecasterOptions& options);

}  // namespace tradewind::model
