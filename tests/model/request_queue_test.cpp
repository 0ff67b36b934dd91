// The queue of the inference owner on a fake clock: who runs when, who fails, who is forgotten.
#include "model/request_queue.hpp"

#include <map>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/model/counting_forecaster.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

std::shared_ptr<ForecastRequest> request_of(const std::string& symbol, std::uint32_t rows,
                                            std::uint32_t first = 101) {
    auto request = std::make_shared<ForecastRequest>();
    request->series = random_bars(symbol, 400, 7);
    request->symbol = Symbol(symbol);
    for (std::uint32_t i = 0; i < rows; ++i) request->rows.push_back({first + i});
    return request;
}

std::map<std::uint64_t, RequestQueue::Answer> drain(RequestQueue& queue) {
    while (queue.run_now()) {
    }
    std::map<std::uint64_t, RequestQueue::Answer> answers;
    for (auto& answer : queue.take_answers()) {
        const auto ticket = answer.ticket;
        REQUIRE(answers.emplace(ticket, std::move(answer)).second);
    }
    return answers;
}

void check_values(const RequestQueue::Answer& answer, const ForecastRequest& request) {
    REQUIRE(answer.outcome == RequestQueue::Outcome::answered);
    REQUIRE(answer.forecast.refusal.empty());
    REQUIRE(answer.forecast.values.size() == request.rows.size() * request.horizon * kSeriesCount);
    for (std::uint32_t row = 0; row < request.rows.size(); ++row) {
        CHECK(answer.forecast.at(row, 0, Series::close)[0] ==
              CountingForecaster::value(request, row, 0));
    }
}

}  // namespace

TEST_CASE("rows of many requests share batches, and each request is answered once") {
    for (const std::size_t at_once : {1U, 3U}) {
        CountingForecaster forecaster(at_once);
        RequestQueue queue(forecaster);
        const auto a = request_of("AAA", 3);
        const auto b = request_of("BBB", 6);
        CHECK(queue.add(1, a, 0) == Admission::accepted);
        CHECK(queue.add(2, b, 0) == Admission::accepted);
        CHECK(queue.add(2, b, 0) == Admission::duplicate);
        CHECK(queue.waiting_rows() == 9);
        const auto answers = drain(queue);
        check_values(answers.at(1), *a);
        check_values(answers.at(2), *b);
        CHECK(forecaster.sizes == std::vector<std::size_t>{4, 4, 1});
        CHECK(queue.counts().batches == 3);
        CHECK(queue.counts().rows == 9);
        CHECK(queue.counts().padding_rows == 3);
        CHECK(queue.waiting_requests() == 0);
    }
}

TEST_CASE("a partial batch waits as long as it may, a full one not at all") {
    CountingForecaster forecaster;
    RequestQueueOptions options;
    options.maximum_wait_ns = 100;
    RequestQueue queue(forecaster, options);
    (void)queue.add(1, request_of("AAA", 3), 1000);
    CHECK_FALSE(queue.run_due(1050));
    CHECK(queue.wake_at_ns() == 1100);
    (void)queue.add(2, request_of("BBB", 2), 1060);
    CHECK(queue.run_due(1060));  // four rows: full
    CHECK(queue.take_answers().size() == 1);
    CHECK_FALSE(queue.run_due(1159));
    CHECK(queue.run_due(1160));
    CHECK(queue.take_answers().size() == 1);
    CHECK_FALSE(queue.wake_at_ns().has_value());
}

TEST_CASE("exits go before entries, and a deadline is missed by at most one batch") {
    CountingForecaster forecaster;
    RequestQueue queue(forecaster);
    auto entry = request_of("ENTRY", 8);
    auto exit = request_of("EXIT", 2);
    exit->priority = 10;
    auto late = request_of("LATE", 4);
    late->deadline_ns = 500;
    (void)queue.add(1, entry, 0);
    (void)queue.add(2, late, 0);
    (void)queue.add(3, exit, 0);
    CHECK(queue.run_due(10));
    CHECK(forecaster.order == std::vector<std::string>{"EXIT", "EXIT", "LATE", "LATE"});
    // The batch took until after the deadline: the rest of LATE is not run any more.
    CHECK(queue.run_due(600));
    CHECK(forecaster.order.back() == "ENTRY");
    const auto answers = drain(queue);
    CHECK(answers.at(2).outcome == RequestQueue::Outcome::expired);
    CHECK(answers.at(2).forecast.values.empty());
    CHECK(answers.at(1).outcome == RequestQueue::Outcome::answered);
    CHECK(queue.counts().expired == 1);
    CHECK(queue.add(4, late, 700) == Admission::already_expired);
}

TEST_CASE("a cancelled request is forgotten, its neighbours are not") {
    CountingForecaster forecaster;
    RequestQueue queue(forecaster);
    const auto kept = request_of("KEPT", 5);
    (void)queue.add(1, request_of("GONE", 7), 0);
    (void)queue.add(2, kept, 0);
    (void)queue.run_now();  // four rows of GONE
    CHECK(queue.cancel(1));
    CHECK_FALSE(queue.cancel(1));
    const auto answers = drain(queue);
    REQUIRE(answers.size() == 1);
    check_values(answers.at(2), *kept);
    CHECK(forecaster.rows_run == 9);
}

TEST_CASE("a poisoned request is refused by itself wherever it stands") {
    for (const std::size_t at_once : {1U, 4U}) {
        CountingForecaster forecaster(at_once);
        RequestQueue queue(forecaster);
        const auto before = request_of("AAA", 2);
        const auto after = request_of("BBB", 3);
        (void)queue.add(1, before, 0);
        (void)queue.add(2, request_of("BAD", 6), 0);
        (void)queue.add(3, after, 0);
        (void)queue.add(4, request_of("NAN", 1), 0);
        const auto answers = drain(queue);
        REQUIRE(answers.size() == 4);
        check_values(answers.at(1), *before);
        check_values(answers.at(3), *after);
        CHECK_THAT(answers.at(2).forecast.refusal, Catch::Contains("bad row"));
        CHECK_THAT(answers.at(4).forecast.refusal, Catch::Contains("not finite"));
        CHECK(queue.counts().poisoned == 1);
    }
}

TEST_CASE("a forecaster that fails without any request to blame says so") {
    CountingForecaster forecaster;
    RequestQueue queue(forecaster);
    (void)queue.add(1, request_of("AAA", 2), 0);
    forecaster.broken = true;
    CHECK_THROWS_WITH(queue.run_now(), "device lost");
}

TEST_CASE("a full queue refuses, by requests and by rows") {
    CountingForecaster forecaster;
    RequestQueueOptions options;
    options.maximum_requests = 2;
    options.maximum_rows = 10;
    RequestQueue queue(forecaster, options);
    CHECK(queue.add(1, request_of("AAA", 8), 0) == Admission::accepted);
    CHECK(queue.add(2, request_of("BBB", 3), 0) == Admission::queue_full);
    CHECK(queue.add(3, request_of("BBB", 2), 0) == Admission::accepted);
    CHECK(queue.add(4, request_of("CCC", 1), 0) == Admission::queue_full);
    CHECK(queue.counts().refused_full == 2);
    CHECK(drain(queue).size() == 2);
    CHECK(queue.add(5, request_of("CCC", 1), 0) == Admission::accepted);
}

TEST_CASE("a request that cannot be answered is refused at once") {
    CountingForecaster forecaster;
    RequestQueue queue(forecaster);
    CHECK(queue.add(1, request_of("AAA", 1, 4000), 0) == Admission::accepted);
    const auto answers = queue.take_answers();
    REQUIRE(answers.size() == 1);
    CHECK_THAT(answers[0].forecast.refusal, Catch::Contains("4000"));
    CHECK(forecaster.sizes.empty());
}

TEST_CASE("any mix of requests, cancellations and times answers each of the rest once") {
    tradewind::test::law("queue", [](const std::vector<std::uint8_t>& script) {
        CountingForecaster forecaster(2);
        RequestQueueOptions options;
        options.maximum_wait_ns = 5;
        RequestQueue queue(forecaster, options);
        std::map<std::uint64_t, std::shared_ptr<ForecastRequest>> open;
        std::int64_t now_ns = 1;
        std::uint64_t ticket = 0;
        const auto take = [&] {
            for (auto& answer : queue.take_answers()) {
                const auto found = open.find(answer.ticket);
                RC_ASSERT(found != open.end());
                if (answer.outcome == RequestQueue::Outcome::answered) {
                    for (std::uint32_t row = 0; row < found->second->rows.size(); ++row) {
                        RC_ASSERT(answer.forecast.at(row, 0, Series::close)[3] ==
                                  CountingForecaster::value(*found->second, row, 0));
                    }
                } else {
                    RC_ASSERT(found->second->deadline_ns != 0);
                    RC_ASSERT(found->second->deadline_ns <= now_ns);
                }
                open.erase(found);
            }
        };
        for (const std::uint8_t step : script) {
            now_ns += step % 4;
            if (step < 140) {
                auto request = request_of("AAA", 1 + step % 6, 101 + (step % 3) * 120);
                if (step % 5 == 0) request->deadline_ns = now_ns + 1 + step % 7;
                request->priority = step % 3;
                RC_ASSERT(queue.add(++ticket, request, now_ns) == Admission::accepted);
                open[ticket] = request;
            } else if (step < 170 && !open.empty()) {
                RC_ASSERT(queue.cancel(open.begin()->first));
                open.erase(open.begin());
            } else {
                (void)queue.run_due(now_ns);
            }
            take();
        }
        while (queue.run_now()) {
        }
        take();
        RC_ASSERT(open.empty());
        RC_ASSERT(queue.waiting_requests() == 0U);
        RC_ASSERT(queue.waiting_rows() == 0U);
    });
}

}  // namespace tradewind::model::test
