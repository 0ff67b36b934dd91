// The rows of a forecaster that has fixed batch shapes: what the request queue needs to mix rows of
// many requests, and nothing else. Implemented by the networks.
//
// One owner; run() may use threads of its own, whose number changes no result. A row's answer is a
// function of its request and row alone. Source: forecast-models spec 3, architecture 5.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "messages/forecast.hpp"
#include "model/batch_planner.hpp"

namespace tradewind::model {

// One row on its way through a batch.
struct BatchedRow {
    const ForecastRequest* request = nullptr;
    std::uint32_t row = 0;      // index into request->rows
    std::span<Deciles> values;  // out: [horizon, 4]
    bool finite = false;        // out: false when the network gave no finite answer
};

struct RowsOfBatch {
    std::size_t bucket = 0;  // index into kContextBuckets
    std::vector<BatchedRow> rows;
    std::exception_ptr failure;  // out: set when the whole batch failed
};

class BatchedForecaster {
  public:
    BatchedForecaster() = default;
    BatchedForecaster(const BatchedForecaster&) = delete;
    BatchedForecaster& operator=(const BatchedForecaster&) = delete;
    virtual ~BatchedForecaster() = default;

    // Rows of one forward, per context bucket.
    [[nodiscard]] virtual const std::array<std::size_t, kContextBuckets.size()>& rows_per_batch()
        const = 0;
    // Batches that run at once: how many are worth handing over together.
    [[nodiscard]] virtual std::size_t batches_at_once() const = 0;

    // Why a request cannot be answered; empty: it can, and `points` holds the context points of
    // each of its rows.
    [[nodiscard]] virtual std::string examine(const ForecastRequest& request,
                                              std::vector<std::size_t>& points) const = 0;

    // Runs batches, each of at most rows_per_batch() rows of its bucket. Never throws for one of
    // them: its `failure` says why.
    virtual void run(std::span<RowsOfBatch> batches) = 0;
};

}  // namespace tradewind::model
