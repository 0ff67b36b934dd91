// Requests on their way through a forecaster: admission, the planner's batches, gathered answers.
// What the inference owner does, as a plain object that is told the time.
//
// Owned by one thread. A request is answered exactly once: by a forecast (refusals included), or
// as expired; a cancelled one not at all. Answers are functions of the request alone: times decide
// only when a row runs and with whom. A request that fails a batch is refused by itself, its
// neighbours are answered; when the forecaster fails without any request to blame, run() throws.
// Source: architecture 3 and 5, forecast-models spec 3, strategies spec 5.3 and 5.7.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/batch_planner.hpp"
#include "model/batched_forecaster.hpp"
#include "model/forecast_cache.hpp"
#include "model/forecaster.hpp"

namespace tradewind::model {

struct RequestQueueOptions {
    std::size_t maximum_requests = 4096;  // waiting; beyond: refused
    std::size_t maximum_rows = 1 << 18;   // waiting; beyond: refused
    std::int64_t maximum_wait_ns = 0;     // of a partial batch; 0: it leaves when asked for
    std::int64_t batch_time_ns = 20 * kMillisecond;  // how early a deadline pulls a batch forward
};

// Sums since the queue was made.
struct RequestQueueCounts {
    std::uint64_t requests = 0;
    std::uint64_t refused_full = 0;
    std::uint64_t expired = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t poisoned = 0;  // requests that failed a batch
    std::uint64_t batches = 0;
    std::uint64_t rows = 0;  // run, without padding
    std::uint64_t padding_rows = 0;
    std::uint64_t cache_hits = 0;  // rows
    std::uint64_t cache_misses = 0;
};

class RequestQueue {
  public:
    enum class Outcome : std::uint8_t { answered, expired };
    struct Answer {
        std::uint64_t ticket = 0;
        Outcome outcome = Outcome::answered;
        Forecast forecast;
    };

    // `cache` may be null; both outlive the queue.
    explicit RequestQueue(Forecaster& forecaster, const RequestQueueOptions& options = {},
                          ForecastCache* cache = nullptr);

    // `ticket` is unique among waiting requests. Anything but `accepted` ends the matter. An
    // accepted request may be answered at once (refused, or all of it cached): take_answers().
    Admission add(std::uint64_t ticket, std::shared_ptr<const ForecastRequest> request,
                  std::int64_t now_ns);
    // False when no such request waits.
    bool cancel(std::uint64_t ticket);

    // Runs the batches that are due, as many as the forecaster takes at once; false: none was.
    bool run_due(std::int64_t now_ns);
    // The same, due or not; false: nothing waits.
    bool run_now();

    // Answers that are ready, in order of completion.
    [[nodiscard]] std::vector<Answer> take_answers();
    // When to call run_due() if nothing new arrives; empty: nothing waits.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ns() const { return planner_.wake_at_ns(); }

    [[nodiscard]] std::size_t waiting_requests() const { return entries_.size(); }
    [[nodiscard]] std::size_t waiting_rows() const { return planner_.queued_rows(); }
    [[nodiscard]] const RequestQueueCounts& counts() const { return counts_; }

  private:
    struct Entry {
        std::shared_ptr<const ForecastRequest> request;
        Forecast forecast;
        std::vector<ContextKey> keys;        // of each row, when there is a cache
        std::vector<std::uint32_t> planned;  // index of a planned row in the request
        std::size_t missing = 0;             // rows without an answer
        bool poisoned = false;
    };
    using Entries = std::map<std::uint64_t, Entry>;

    void expire(std::int64_t now_ns);
    void run(const std::vector<Batch>& plans);
    void run_whole(const Batch& plan);
    void isolate(RowsOfBatch& batch);
    void probe(const RowsOfBatch& batch);
    void settle(std::uint64_t ticket, std::uint32_t row, bool finite);
    void refuse(std::uint64_t ticket, const std::string& why);
    void finish(Entries::iterator entry, Outcome outcome);
    [[nodiscard]] std::size_t at_once() const;

    Forecaster& forecaster_;
    BatchedForecaster* batched_;
    RequestQueueOptions options_;
    ForecastCache* cache_;
    BatchPlanner planner_;
    Entries entries_;
    std::vector<Answer> answers_;
    RequestQueueCounts counts_;
};

// All requests through a queue of their own, answers in the same order. `cache` may be null.
[[nodiscard]] std::vector<Forecast> answer_all(Forecaster& forecaster,
                                               std::span<const ForecastRequest> requests,
                                               ForecastCache* cache = nullptr);

}  // namespace tradewind::model
