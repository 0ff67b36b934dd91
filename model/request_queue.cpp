#include "model/request_queue.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

// A forecaster without batches answers a request as a whole: one planned row, up to so many
// requests in one call.
constexpr std::size_t kRequestsAtOnce = 64;

BatchPlannerOptions planner_options(const BatchedForecaster* batched,
                                    const RequestQueueOptions& options) {
    BatchPlannerOptions planner;
    if (batched != nullptr) {
        planner.rows_per_batch = batched->rows_per_batch();
    } else {
        planner.rows_per_batch.fill(kRequestsAtOnce);
    }
    planner.maximum_wait_ns = options.maximum_wait_ns;
    planner.batch_time_ns = options.batch_time_ns;
    planner.maximum_queued_rows = options.maximum_rows;
    return planner;
}

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "unknown failure";
    }
}

}  // namespace

RequestQueue::RequestQueue(Forecaster& forecaster, const RequestQueueOptions& options,
                           ForecastCache* cache)
    : forecaster_(forecaster),
      batched_(forecaster.batched()),
      options_(options),
      cache_(batched_ != nullptr ? cache : nullptr),
      planner_(planner_options(batched_, options)) {}

std::size_t RequestQueue::at_once() const {
    return batched_ == nullptr ? 1 : batched_->batches_at_once();
}

Admission RequestQueue::add(std::uint64_t ticket, std::shared_ptr<const ForecastRequest> request,
                            std::int64_t now_ns) {
    if (entries_.contains(ticket)) return Admission::duplicate;
    if (request->deadline_ns != 0 && request->deadline_ns <= now_ns) {
        ++counts_.expired;
        return Admission::already_expired;
    }
    if (entries_.size() >= options_.maximum_requests) {
        ++counts_.refused_full;
        return Admission::queue_full;
    }
    ++counts_.requests;
    Entry entry;
    entry.request = std::move(request);
    const ForecastRequest& asked = *entry.request;
    Forecast& forecast = entry.forecast;
    forecast.id = asked.id;
    forecast.symbol = asked.symbol;
    forecast.horizon = asked.horizon;
    forecast.rows = asked.rows;
    forecast.producer = forecaster_.id();
    PlannedRequest planned;
    planned.ticket = ticket;
    planned.priority = asked.priority;
    planned.deadline_ns = asked.deadline_ns;
    std::vector<std::size_t> points;
    if (batched_ == nullptr) {
        planned.points = {1};
        entry.planned = {0};
    } else {
        forecast.refusal = batched_->examine(asked, points);
    }
    if (batched_ != nullptr && forecast.refusal.empty()) {
        const std::size_t width = asked.horizon * kSeriesCount;
        forecast.values.resize(asked.rows.size() * width);
        if (cache_ != nullptr) {
            entry.keys = context_keys(asked, forecaster_.id(), forecaster_.maximum_points());
        }
        for (std::uint32_t row = 0; row < asked.rows.size(); ++row) {
            if (cache_ != nullptr) {
                const auto values = std::span(forecast.values).subspan(row * width, width);
                const bool found = cache_->find(entry.keys[row], values);
                ++(found ? counts_.cache_hits : counts_.cache_misses);
                if (found) continue;
            }
            planned.points.push_back(points[row]);
            entry.planned.push_back(row);
        }
    }
    entry.missing = entry.planned.size();
    if (entry.missing > 0) {
        const Admission admission = planner_.add(planned, now_ns);
        if (admission != Admission::accepted) {
            if (admission == Admission::queue_full) ++counts_.refused_full;
            return admission;
        }
    }
    const auto placed = entries_.emplace(ticket, std::move(entry)).first;
    if (placed->second.missing == 0) finish(placed, Outcome::answered);
    return Admission::accepted;
}

bool RequestQueue::cancel(std::uint64_t ticket) {
    const auto found = entries_.find(ticket);
    if (found == entries_.end()) return false;
    planner_.cancel(ticket);
    entries_.erase(found);
    ++counts_.cancelled;
    return true;
}

void RequestQueue::expire(std::int64_t now_ns) {
    for (const std::uint64_t ticket : planner_.take_expired(now_ns)) {
        const auto found = entries_.find(ticket);
        ensure(found != entries_.end(), "a planned request has an entry");
        ++counts_.expired;
        finish(found, Outcome::expired);
    }
}

bool RequestQueue::run_due(std::int64_t now_ns) {
    expire(now_ns);
    std::vector<Batch> plans;
    while (plans.size() < at_once()) {
        auto plan = planner_.next_batch(now_ns);
        if (!plan) break;
        plans.push_back(std::move(*plan));
    }
    run(plans);
    return !plans.empty();
}

bool RequestQueue::run_now() {
    std::vector<Batch> plans;
    while (plans.size() < at_once()) {
        auto plan = planner_.next_batch_now();
        if (!plan) break;
        plans.push_back(std::move(*plan));
    }
    run(plans);
    return !plans.empty();
}

void RequestQueue::run(const std::vector<Batch>& plans) {
    if (batched_ == nullptr) {
        for (const Batch& plan : plans) run_whole(plan);
        return;
    }
    std::vector<RowsOfBatch> batches;
    std::vector<std::shared_ptr<const ForecastRequest>> held;  // rows point into them
    for (const Batch& plan : plans) {
        RowsOfBatch& batch = batches.emplace_back();
        batch.bucket = plan.bucket;
        ++counts_.batches;
        counts_.rows += plan.rows.size();
        counts_.padding_rows += plan.shape_rows - plan.rows.size();
        for (const BatchRow& place : plan.rows) {
            Entry& entry = entries_.at(place.ticket);
            const std::uint32_t row = entry.planned[place.row];
            const std::size_t width = entry.request->horizon * kSeriesCount;
            if (held.empty() || held.back() != entry.request) held.push_back(entry.request);
            batch.rows.push_back({entry.request.get(), row,
                                  std::span(entry.forecast.values).subspan(row * width, width),
                                  false});
        }
    }
    batched_->run(batches);
    for (std::size_t i = 0; i < plans.size(); ++i) {
        if (batches[i].failure) isolate(batches[i]);
    }
    for (std::size_t i = 0; i < plans.size(); ++i) {
        for (std::size_t j = 0; j < plans[i].rows.size(); ++j) {
            const BatchRow& place = plans[i].rows[j];
            const auto found = entries_.find(place.ticket);
            if (found == entries_.end()) continue;  // another of its rows ended it
            settle(place.ticket, found->second.planned[place.row], batches[i].rows[j].finite);
        }
    }
}

// A batch failed: its requests run apart, so that only those that fail by themselves are refused.
void RequestQueue::isolate(RowsOfBatch& batch) {
    std::vector<const ForecastRequest*> requests;
    for (const BatchedRow& row : batch.rows) {
        if (std::find(requests.begin(), requests.end(), row.request) == requests.end()) {
            requests.push_back(row.request);
        }
    }
    std::size_t answered = 0;
    for (const ForecastRequest* request : requests) {
        const auto entry = std::find_if(
            entries_.begin(), entries_.end(),
            [request](const auto& candidate) { return candidate.second.request.get() == request; });
        if (entry == entries_.end()) continue;  // it ended with an earlier batch
        std::array<RowsOfBatch, 1> apart;
        apart[0].bucket = batch.bucket;
        for (const BatchedRow& row : batch.rows) {
            if (row.request == request) apart[0].rows.push_back(row);
        }
        batched_->run(apart);
        if (apart[0].failure) {
            ++counts_.poisoned;
            refuse(entry->first, "the forecaster failed: " + text_of(apart[0].failure));
            continue;
        }
        ++answered;
        auto result = apart[0].rows.begin();
        for (BatchedRow& row : batch.rows) {
            if (row.request == request) row.finite = (result++)->finite;
        }
    }
    if (answered == 0) probe(batch);
}

// Nobody was answered: without any request the forecaster must still run, else it is to blame.
void RequestQueue::probe(const RowsOfBatch& batch) {
    std::array<RowsOfBatch, 1> inert;
    inert[0].bucket = batch.bucket;
    batched_->run(inert);
    if (inert[0].failure) std::rethrow_exception(inert[0].failure);
}

void RequestQueue::run_whole(const Batch& plan) {
    std::vector<ForecastRequest> requests;
    for (const BatchRow& place : plan.rows) {
        requests.push_back(*entries_.at(place.ticket).request);
    }
    ++counts_.batches;
    auto forecasts = forecaster_.forecast(requests);
    ensure(forecasts.size() == requests.size(), "one answer per request");
    for (std::size_t i = 0; i < plan.rows.size(); ++i) {
        const auto found = entries_.find(plan.rows[i].ticket);
        counts_.rows += requests[i].rows.size();
        found->second.forecast = std::move(forecasts[i]);
        finish(found, Outcome::answered);
    }
}

void RequestQueue::settle(std::uint64_t ticket, std::uint32_t row, bool finite) {
    const auto found = entries_.find(ticket);
    Entry& entry = found->second;
    const ForecastRequest& request = *entry.request;
    if (!finite) {
        refuse(ticket, "the forecast of bar " + std::to_string(request.rows[row].end_index) +
                           " is not finite");
        return;
    }
    if (cache_ != nullptr) {
        const std::size_t width = request.horizon * kSeriesCount;
        cache_->put(entry.keys[row], std::span(entry.forecast.values).subspan(row * width, width));
    }
    if (--entry.missing == 0) finish(found, Outcome::answered);
}

void RequestQueue::refuse(std::uint64_t ticket, const std::string& why) {
    const auto found = entries_.find(ticket);
    planner_.cancel(ticket);
    found->second.forecast.refusal = why;
    finish(found, Outcome::answered);
}

void RequestQueue::finish(Entries::iterator entry, Outcome outcome) {
    Answer answer;
    answer.ticket = entry->first;
    answer.outcome = outcome;
    answer.forecast = std::move(entry->second.forecast);
    if (!answer.forecast.refusal.empty() || outcome == Outcome::expired) {
        answer.forecast.values.clear();
    }
    answers_.push_back(std::move(answer));
    entries_.erase(entry);
}

std::vector<RequestQueue::Answer> RequestQueue::take_answers() {
    if (cache_ != nullptr && !answers_.empty() && entries_.empty()) cache_->commit();
    return std::exchange(answers_, {});
}

std::vector<Forecast> answer_all(Forecaster& forecaster, std::span<const ForecastRequest> requests,
                                 ForecastCache* cache) {
    RequestQueueOptions options;
    options.maximum_requests = requests.size();
    options.maximum_rows = SIZE_MAX;
    RequestQueue queue(forecaster, options, cache);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        // Not owned: the queue ends before the requests do. Their deadlines are the caller's.
        auto request = std::make_shared<ForecastRequest>(requests[i]);
        request->deadline_ns = 0;
        const Admission admission = queue.add(i, std::move(request), 0);
        ensure(admission == Admission::accepted, "a queue of its own takes every request");
    }
    while (queue.run_now()) {
    }
    std::vector<Forecast> forecasts(requests.size());
    for (auto& answer : queue.take_answers()) {
        forecasts[answer.ticket] = std::move(answer.forecast);
    }
    return forecasts;
}

}  // namespace tradewind::model
