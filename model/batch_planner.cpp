#include "model/batch_planner.hpp"

#include <algorithm>
#include <limits>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
}

std::size_t bucket_of(std::size_t points) {
    const auto* found = std::lower_bound(kContextBuckets.begin(), kContextBuckets.end(), points);
    const auto index = static_cast<std::size_t>(found - kContextBuckets.begin());
    return std::min(index, kContextBuckets.size() - 1);
}

const char* name_of(Admission admission) {
    constexpr const char* kNames[] = {"accepted", "queue full", "deadline already passed",
                                      "a request with this ticket waits", "no rows"};
    return kNames[static_cast<std::size_t>(admission)];
}

BatchPlanner::BatchPlanner(const BatchPlannerOptions& options) : options_(options) {
    const auto rows = options.rows_per_batch;
    if (std::find(rows.begin(), rows.end(), std::size_t{0}) != rows.end() ||
        options.maximum_wait_ns < 0 || options.batch_time_ns < 0) {
        throw Error(ErrorKind::usage, "batch planner", "", "a batch size or time is not positive");
    }
}

Admission BatchPlanner::add(const PlannedRequest& request, std::int64_t now_ns) {
    if (request.points.empty()) return Admission::empty;
    if (entries_.contains(request.ticket)) return Admission::duplicate;
    if (request.deadline_ns != 0 && request.deadline_ns <= now_ns) {
        return Admission::already_expired;
    }
    if (request.points.size() > options_.maximum_queued_rows - queued_rows_) {
        return Admission::queue_full;
    }
    Entry entry;
    entry.arrived_ns = now_ns;
    entry.deadline_ns = request.deadline_ns;
    const std::uint64_t arrival = arrivals_++;
    for (std::size_t i = 0; i < request.points.size(); ++i) {
        const Urgency key{-static_cast<std::int64_t>(request.priority),
                          request.deadline_ns == 0 ? kNever : request.deadline_ns, arrival,
                          static_cast<std::uint32_t>(i), request.ticket};
        Bucket& bucket = buckets_[bucket_of(request.points[i])];
        bucket.rows.insert(key);
        bucket.arrivals.insert(now_ns);
        if (request.deadline_ns != 0) bucket.deadlines.insert(request.deadline_ns);
        entry.rows.emplace(key.row, std::pair{bucket_of(request.points[i]), key});
    }
    queued_rows_ += entry.rows.size();
    entries_.emplace(request.ticket, std::move(entry));
    return Admission::accepted;
}

void BatchPlanner::remove(std::size_t bucket, const Urgency& key, const Entry& entry) {
    Bucket& from = buckets_[bucket];
    from.rows.erase(key);
    from.arrivals.erase(from.arrivals.find(entry.arrived_ns));
    if (entry.deadline_ns != 0) from.deadlines.erase(from.deadlines.find(entry.deadline_ns));
    --queued_rows_;
}

bool BatchPlanner::cancel(std::uint64_t ticket) {
    const auto found = entries_.find(ticket);
    if (found == entries_.end()) return false;
    for (const auto& [row, place] : found->second.rows) {
        remove(place.first, place.second, found->second);
    }
    entries_.erase(found);
    return true;
}

std::vector<std::uint64_t> BatchPlanner::take_expired(std::int64_t now_ns) {
    std::vector<std::pair<std::int64_t, std::uint64_t>> expired;
    for (const auto& [ticket, entry] : entries_) {
        if (entry.deadline_ns != 0 && entry.deadline_ns <= now_ns) {
            expired.emplace_back(entry.deadline_ns, ticket);
        }
    }
    std::sort(expired.begin(), expired.end());
    std::vector<std::uint64_t> tickets;
    for (const auto& [deadline_ns, ticket] : expired) {
        cancel(ticket);
        tickets.push_back(ticket);
    }
    return tickets;
}

std::int64_t BatchPlanner::due_at_ns(std::size_t bucket) const {
    const Bucket& from = buckets_[bucket];
    if (from.rows.empty()) return kNever;
    if (from.rows.size() >= options_.rows_per_batch[bucket]) {
        return std::numeric_limits<std::int64_t>::min();
    }
    std::int64_t due_ns = *from.arrivals.begin() + options_.maximum_wait_ns;
    if (!from.deadlines.empty()) {
        due_ns = std::min(due_ns, *from.deadlines.begin() - options_.batch_time_ns);
    }
    return due_ns;
}

std::optional<Batch> BatchPlanner::next_batch(std::int64_t now_ns) {
    std::optional<std::size_t> chosen;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        if (buckets_[bucket].rows.empty() || due_at_ns(bucket) > now_ns) continue;
        if (!chosen || *buckets_[bucket].rows.begin() < *buckets_[*chosen].rows.begin()) {
            chosen = bucket;
        }
    }
    if (!chosen) return std::nullopt;
    return take(*chosen);
}

std::optional<Batch> BatchPlanner::next_batch_now() {
    std::optional<std::size_t> chosen;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        if (buckets_[bucket].rows.empty()) continue;
        if (!chosen || *buckets_[bucket].rows.begin() < *buckets_[*chosen].rows.begin()) {
            chosen = bucket;
        }
    }
    if (!chosen) return std::nullopt;
    return take(*chosen);
}

Batch BatchPlanner::take(std::size_t bucket) {
    Batch batch;
    batch.bucket = bucket;
    batch.shape_rows = options_.rows_per_batch[bucket];
    while (!buckets_[bucket].rows.empty() && batch.rows.size() < batch.shape_rows) {
        const Urgency key = *buckets_[bucket].rows.begin();
        const auto found = entries_.find(key.ticket);
        ensure(found != entries_.end(), "a waiting row belongs to a waiting request");
        Entry& entry = found->second;
        remove(bucket, key, entry);
        entry.rows.erase(key.row);
        batch.rows.push_back({key.ticket, key.row});
        if (entry.rows.empty()) entries_.erase(found);
    }
    return batch;
}

std::optional<std::int64_t> BatchPlanner::wake_at_ns() const {
    std::int64_t wake_ns = kNever;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        wake_ns = std::min(wake_ns, due_at_ns(bucket));
    }
    if (wake_ns == kNever) return std::nullopt;
    return wake_ns;
}

}  // namespace tradewind::model
