// Which rows of which waiting requests form the next forward pass: a pure function of what was
// added and of the times it was told, owned by the inference owner's thread.
//
// A row goes into the smallest context bucket that holds its points (the largest for longer ones:
// the newest points count). Every forward of a bucket has the same number of rows, partial batches
// are padded, so a row's answer does not depend on its neighbours. Times are steady nanoseconds
// given by the caller; no clock is read. Source: architecture 5, forecast-models spec 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "messages/time.hpp"

namespace tradewind::model {

// Context lengths in points (bars' moves), ascending.
constexpr std::array<std::size_t, 5> kContextBuckets = {128, 256, 512, 1024, 2048};

// The bucket (index into kContextBuckets) of a context of `points`.
[[nodiscard]] std::size_t bucket_of(std::size_t points);

struct BatchPlannerOptions {
    // Rows of one forward, per context bucket.
    std::array<std::size_t, kContextBuckets.size()> rows_per_batch = {64, 32, 16, 8, 4};
    std::int64_t maximum_wait_ns = 2 * kMillisecond;  // a partial batch leaves after this
    std::int64_t batch_time_ns = 20 * kMillisecond;   // how early a deadline pulls a batch forward
    std::size_t maximum_queued_rows = 1 << 16;        // beyond: refused
};

struct PlannedRequest {
    std::uint64_t ticket = 0;         // unique among waiting requests
    std::vector<std::size_t> points;  // context points of each row
    std::int32_t priority = 0;        // higher first
    std::int64_t deadline_ns = 0;     // 0: none
};

struct BatchRow {
    std::uint64_t ticket = 0;
    std::uint32_t row = 0;  // index into PlannedRequest::points

    friend bool operator==(const BatchRow&, const BatchRow&) = default;
};

struct Batch {
    std::size_t bucket = 0;      // index into kContextBuckets
    std::size_t shape_rows = 0;  // rows of the forward; rows.size() of them are real
    std::vector<BatchRow> rows;
};

enum class Admission : std::uint8_t { accepted, queue_full, already_expired, duplicate, empty };
[[nodiscard]] const char* name_of(Admission admission);

class BatchPlanner {
  public:
    explicit BatchPlanner(const BatchPlannerOptions& options = {});  // throws Error (usage)

    Admission add(const PlannedRequest& request, std::int64_t now_ns);

    // Forgets a request's waiting rows; false when none wait. Rows in a batch already given out
    // are not recalled.
    bool cancel(std::uint64_t ticket);

    // Requests whose deadline has come while rows of them wait; they are forgotten. Ascending
    // deadline, then ticket. To be asked before next_batch().
    [[nodiscard]] std::vector<std::uint64_t> take_expired(std::int64_t now_ns);

    // The batch to run now, if one is due: a bucket is due when it is full, when its oldest row
    // has waited maximum_wait_ns, or when a deadline is nearer than batch_time_ns. Of several due
    // buckets the one with the most urgent row goes first; rows leave in order of urgency:
    // priority, then deadline (none is last), then arrival.
    [[nodiscard]] std::optional<Batch> next_batch(std::int64_t now_ns);

    // The same, but due or not: for a caller with nothing else to do (replay, shutdown).
    [[nodiscard]] std::optional<Batch> next_batch_now();

    // When to ask again if nothing new arrives; empty: nothing waits.
    [[nodiscard]] std::optional<std::int64_t> wake_at_ns() const;

    [[nodiscard]] std::size_t queued_rows() const { return queued_rows_; }

  private:
    struct Urgency {
        std::int64_t negative_priority;
        std::int64_t deadline_ns;
        std::uint64_t arrival;
        std::uint32_t row;
        std::uint64_t ticket;
        friend auto operator<=>(const Urgency&, const Urgency&) = default;
    };
    struct Entry {
        std::int64_t arrived_ns = 0;
        std::int64_t deadline_ns = 0;
        std::map<std::uint32_t, std::pair<std::size_t, Urgency>> rows;  // waiting: bucket, key
    };
    struct Bucket {
        std::set<Urgency> rows;
        std::multiset<std::int64_t> arrivals;   // ns, of each waiting row
        std::multiset<std::int64_t> deadlines;  // ns, of each waiting row that has one
    };
    [[nodiscard]] std::int64_t due_at_ns(std::size_t bucket) const;
    Batch take(std::size_t bucket);
    void remove(std::size_t bucket, const Urgency& key, const Entry& entry);

    BatchPlannerOptions options_;
    std::array<Bucket, kContextBuckets.size()> buckets_;
    std::map<std::uint64_t, Entry> entries_;
    std::uint64_t arrivals_ = 0;
    std::size_t queued_rows_ = 0;
};

}  // namespace tradewind::model
