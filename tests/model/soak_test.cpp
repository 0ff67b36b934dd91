// A hundred thousand requests through queue, network and cache: resident memory stays where it was
// after the first ten thousand.
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "model/request_queue.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("resident memory is flat over a hundred thousand requests", "[.long]") {
    constexpr std::uint64_t kRequests = 100'000;
    constexpr std::uint64_t kSettled = 10'000;
    ForecasterOptions options;
    options.model = fixture_path("");
    const auto forecaster = open_forecaster(options);
    forecaster->warm_up();
    ForecastCache cache(5'000);
    RequestQueue queue(*forecaster, {}, &cache);
    std::vector<std::shared_ptr<BarSeries>> series;
    for (std::uint64_t i = 0; i < 40; ++i) series.push_back(random_bars("AAA", 500, i));
    std::uint64_t settled = 0;
    std::uint64_t answered = 0;
    for (std::uint64_t ticket = 1; ticket <= kRequests; ++ticket) {
        auto request = std::make_shared<ForecastRequest>();
        request->series = series[ticket % series.size()];
        request->symbol = Symbol("S" + std::to_string(ticket % 1'009));
        request->rows.push_back({static_cast<std::uint32_t>(40 + ticket % 80)});
        if (ticket % 997 == 0) request->rows.push_back({400});
        REQUIRE(queue.add(ticket, request, 0) == Admission::accepted);
        if (ticket % 101 == 0) (void)queue.cancel(ticket);
        if (ticket % 64 == 0) {
            while (queue.run_now()) {
            }
            for (const auto& answer : queue.take_answers()) {
                REQUIRE(answer.forecast.refusal.empty());
                ++answered;
            }
        }
        if (ticket == kSettled) settled = resident_bytes();
    }
    const std::uint64_t end = resident_bytes();
    CHECK(answered > kRequests * 9 / 10);
    INFO(settled << " bytes after " << kSettled << " requests, " << end << " at the end");
    CHECK(end < settled + 8'000'000);
}

}  // namespace tradewind::model::test
