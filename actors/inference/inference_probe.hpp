// What the inference owner reports of itself: queue, batches, padding, cache. The owner calls the
// probe after each round of batches; a probe that is empty costs nothing. Source: architecture 11.
#pragma once

#include <cstddef>
#include <functional>

#include "model/request_queue.hpp"

namespace tradewind::status {
class Metrics;
}

namespace tradewind::actors {

// Sums since the start, and the rows that wait now. Called on the inference owner's thread.
using InferenceProbe =
    std::function<void(const model::RequestQueueCounts& counts, std::size_t waiting_rows)>;

// A probe that feeds the process's metrics (`tradewind_inference_...`); `metrics` outlives it.
[[nodiscard]] InferenceProbe metrics_probe(status::Metrics& metrics);

}  // namespace tradewind::actors
