#include "model/batch_planner.hpp"

#include <set>

#include "messages/error.hpp"
#include "tests/catch.hpp"

namespace tradewind::model::test {

namespace {

BatchPlannerOptions small_options() {
    BatchPlannerOptions options;
    options.rows_per_batch = {4, 4, 4, 2, 2};
    options.maximum_wait_ns = 100;
    options.batch_time_ns = 10;
    options.maximum_queued_rows = 12;
    return options;
}

PlannedRequest request_of(std::uint64_t ticket, std::vector<std::size_t> points,
                          std::int32_t priority = 0, std::int64_t deadline_ns = 0) {
    return {ticket, std::move(points), priority, deadline_ns};
}

std::vector<BatchRow> rows_of(const std::optional<Batch>& batch) {
    return batch ? batch->rows : std::vector<BatchRow>{};
}

}  // namespace

TEST_CASE("a context goes into the smallest bucket that holds it") {
    const std::pair<std::size_t, std::size_t> rows[] = {{1, 0},    {128, 0},  {129, 1},   {256, 1},
                                                        {257, 2},  {512, 2},  {513, 3},   {1024, 3},
                                                        {1025, 4}, {2048, 4}, {100000, 4}};
    for (const auto& [points, bucket] : rows) CHECK(bucket_of(points) == bucket);
}

TEST_CASE("a full bucket leaves at once, a partial one after the longest wait") {
    BatchPlanner planner(small_options());
    CHECK_FALSE(planner.wake_at_ns());
    CHECK(planner.add(request_of(1, {100, 100, 100}), 1000) == Admission::accepted);
    CHECK_FALSE(planner.next_batch(1099));
    CHECK(planner.wake_at_ns() == 1100);
    CHECK(planner.add(request_of(2, {100, 300}), 1050) == Admission::accepted);
    const auto full = planner.next_batch(1050);
    REQUIRE(full);
    CHECK(full->bucket == 0);
    CHECK(full->shape_rows == 4);
    CHECK(full->rows == std::vector<BatchRow>{{1, 0}, {1, 1}, {1, 2}, {2, 0}});
    CHECK_FALSE(planner.next_batch(1149));
    CHECK(planner.wake_at_ns() == 1150);
    const auto late = planner.next_batch(1150);
    REQUIRE(late);
    CHECK(late->bucket == 2);
    CHECK(late->rows == std::vector<BatchRow>{{2, 1}});
    CHECK(planner.queued_rows() == 0);
    CHECK_FALSE(planner.next_batch_now());
}

TEST_CASE("urgency is priority, then deadline, then arrival") {
    BatchPlanner planner(small_options());
    planner.add(request_of(1, {100}), 0);
    planner.add(request_of(2, {100}, 0, 5000), 1);
    planner.add(request_of(3, {100}, 7), 2);
    planner.add(request_of(4, {100}, 0, 4000), 3);
    planner.add(request_of(5, {100}, 7, 9000), 4);
    CHECK(rows_of(planner.next_batch(5)) == std::vector<BatchRow>{{5, 0}, {3, 0}, {4, 0}, {2, 0}});
    CHECK(rows_of(planner.next_batch_now()) == std::vector<BatchRow>{{1, 0}});
}

TEST_CASE("of several due buckets the most urgent goes first") {
    BatchPlanner planner(small_options());
    planner.add(request_of(1, {100}), 0);
    planner.add(request_of(2, {2000}, 1), 0);
    const auto first = planner.next_batch(200);
    REQUIRE(first);
    CHECK(first->bucket == 4);
    CHECK(rows_of(planner.next_batch(200)) == std::vector<BatchRow>{{1, 0}});
}

TEST_CASE("a near deadline pulls a partial batch forward") {
    BatchPlanner planner(small_options());
    planner.add(request_of(1, {100}, 0, 60), 0);
    CHECK(planner.wake_at_ns() == 50);
    CHECK_FALSE(planner.next_batch(49));
    CHECK(rows_of(planner.next_batch(50)) == std::vector<BatchRow>{{1, 0}});
}

TEST_CASE("expiry, cancellation and refusals") {
    BatchPlanner planner(small_options());
    CHECK(planner.add(request_of(1, {}), 0) == Admission::empty);
    CHECK(planner.add(request_of(1, {100}, 0, 50), 50) == Admission::already_expired);
    CHECK(planner.add(request_of(1, {100, 100}, 0, 80), 0) == Admission::accepted);
    CHECK(planner.add(request_of(1, {100}), 0) == Admission::duplicate);
    CHECK(planner.add(request_of(2, {100}, 0, 60), 0) == Admission::accepted);
    CHECK(planner.add(request_of(3, std::vector<std::size_t>(10, 100)), 0) ==
          Admission::queue_full);
    CHECK(planner.add(request_of(4, std::vector<std::size_t>(9, 600)), 0) == Admission::accepted);
    CHECK(planner.queued_rows() == 12);
    CHECK(planner.take_expired(59).empty());
    CHECK(planner.take_expired(80) == std::vector<std::uint64_t>{2, 1});
    CHECK(planner.take_expired(80).empty());
    CHECK(planner.queued_rows() == 9);
    CHECK(rows_of(planner.next_batch(80)) == std::vector<BatchRow>{{4, 0}, {4, 1}});
    CHECK(planner.cancel(4));
    CHECK_FALSE(planner.cancel(4));
    CHECK(planner.queued_rows() == 0);
    CHECK_FALSE(planner.wake_at_ns());
    CHECK(planner.add(request_of(4, {100}), 90) == Admission::accepted);
}

TEST_CASE("impossible options are refused") {
    BatchPlannerOptions options;
    options.rows_per_batch[3] = 0;
    CHECK_THROWS_AS(BatchPlanner(options), Error);
    options = {};
    options.maximum_wait_ns = -1;
    CHECK_THROWS_AS(BatchPlanner(options), Error);
}

TEST_CASE("under any traffic rows are given out once, in their bucket, never late for no reason") {
    tradewind::test::law("planner accounting", [] {
        BatchPlanner planner(small_options());
        std::map<std::uint64_t, PlannedRequest> waiting;
        std::map<std::uint64_t, std::set<std::uint32_t>> open_rows;
        std::int64_t now_ns = 0;
        std::uint64_t next_ticket = 1;
        const int steps = *rc::gen::inRange(1, 60);
        for (int i = 0; i < steps; ++i) {
            now_ns += *rc::gen::inRange(0, 60);
            const int action = *rc::gen::inRange(0, 5);
            if (action <= 1) {
                PlannedRequest request;
                request.ticket = next_ticket++;
                request.points = *rc::gen::container<std::vector<std::size_t>>(
                    rc::gen::inRange<std::size_t>(1, 3000));
                request.priority = *rc::gen::inRange(-1, 2);
                request.deadline_ns = *rc::gen::element<std::int64_t>(0, now_ns + 30);
                if (planner.add(request, now_ns) == Admission::accepted) {
                    waiting[request.ticket] = request;
                    for (std::uint32_t row = 0; row < request.points.size(); ++row) {
                        open_rows[request.ticket].insert(row);
                    }
                }
            } else if (action == 2 && !open_rows.empty()) {
                const std::uint64_t ticket = open_rows.begin()->first;
                RC_ASSERT(planner.cancel(ticket));
                open_rows.erase(ticket);
            }
            for (const std::uint64_t ticket : planner.take_expired(now_ns)) {
                RC_ASSERT(waiting.at(ticket).deadline_ns <= now_ns);
                RC_ASSERT(open_rows.erase(ticket) == 1U);
            }
            while (const auto batch = planner.next_batch(now_ns)) {
                RC_ASSERT(!batch->rows.empty());
                RC_ASSERT(batch->rows.size() <= batch->shape_rows);
                for (const BatchRow& row : batch->rows) {
                    const PlannedRequest& request = waiting.at(row.ticket);
                    RC_ASSERT(bucket_of(request.points.at(row.row)) == batch->bucket);
                    RC_ASSERT(open_rows.at(row.ticket).erase(row.row) == 1U);
                    if (open_rows.at(row.ticket).empty()) open_rows.erase(row.ticket);
                }
            }
            std::size_t left = 0;
            for (const auto& [ticket, rows] : open_rows) left += rows.size();
            RC_ASSERT(planner.queued_rows() == left);
            RC_ASSERT(planner.wake_at_ns().has_value() == (left > 0));
            if (left > 0) RC_ASSERT(*planner.wake_at_ns() > now_ns);
        }
    });
}

}  // namespace tradewind::model::test
