#include "actors/inference/inference_probe.hpp"

#include <memory>

#include "actors/status/metrics.hpp"

namespace tradewind::actors {

InferenceProbe metrics_probe(status::Metrics& metrics) {
    struct Handles {
        explicit Handles(status::Metrics& to)
            : waiting(to.gauge("tradewind_inference_waiting_rows", "Rows that wait for a batch")),
              requests(to.counter("tradewind_inference_requests_total", "Requests accepted")),
              refused(to.counter("tradewind_inference_refused_total",
                                 "Requests refused because the queue was full")),
              expired(to.counter("tradewind_inference_expired_total", "Deadlines missed")),
              poisoned(
                  to.counter("tradewind_inference_poisoned_total", "Requests that failed a batch")),
              batches(to.counter("tradewind_inference_batches_total", "Forward passes")),
              rows(to.counter("tradewind_inference_rows_total", "Rows forecast")),
              padding(to.counter("tradewind_inference_padding_rows_total",
                                 "Rows of batches that stayed empty")),
              hits(to.counter("tradewind_inference_cache_hits_total", "Rows from the cache")),
              misses(to.counter("tradewind_inference_cache_misses_total",
                                "Rows that the cache did not know")) {}
        status::Gauge waiting;
        status::Counter requests, refused, expired, poisoned, batches, rows, padding, hits, misses;
        model::RequestQueueCounts last;
    };
    auto handles = std::make_shared<Handles>(metrics);
    return [handles](const model::RequestQueueCounts& now, std::size_t waiting_rows) {
        const auto add = [](status::Counter& counter, std::uint64_t before, std::uint64_t after) {
            if (after != before) counter.add(static_cast<double>(after - before));
        };
        const auto& last = handles->last;
        handles->waiting.set(static_cast<double>(waiting_rows));
        add(handles->requests, last.requests, now.requests);
        add(handles->refused, last.refused_full, now.refused_full);
        add(handles->expired, last.expired, now.expired);
        add(handles->poisoned, last.poisoned, now.poisoned);
        add(handles->batches, last.batches, now.batches);
        add(handles->rows, last.rows, now.rows);
        add(handles->padding, last.padding_rows, now.padding_rows);
        add(handles->hits, last.cache_hits, now.cache_hits);
        add(handles->misses, last.cache_misses, now.cache_misses);
        handles->last = now;
    };
}

}  // namespace tradewind::actors
