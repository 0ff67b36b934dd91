// What warm-up promises: no later request meets a shape that it did not run, and the first one
// costs what all others cost, as counted by matrix products and by growing buffers.
#include <atomic>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "messages/error.hpp"
#include "model/network_forecaster.hpp"
#include "model/random_checkpoint.hpp"
#include "model/worker_threads.hpp"
#include "tests/catch.hpp"
#include "tests/model/random_bars.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

NetworkWork minus(const NetworkWork& after, const NetworkWork& before) {
    return {after.products - before.products, after.allocations - before.allocations};
}

std::unique_ptr<NetworkForecaster> open_embedded_shape(unsigned threads) {
    const ScratchFolder folder;
    write_random_toto2(folder.path(), embedded_shape_config(), 2);
    const Checkpoint checkpoint = Checkpoint::open(folder.path());
    return std::make_unique<NetworkForecaster>(checkpoint, open_network(checkpoint), "test",
                                               BatchPlannerOptions{}, threads);
}

}  // namespace

TEST_CASE("H40 after warm-up no request meets a new shape, and the first one costs as all others") {
    for (const unsigned threads : {1U, 3U}) {
        const auto forecaster = open_embedded_shape(threads);
        forecaster->warm_up();
        const NetworkWork warm = forecaster->network().work();
        CHECK(warm.products > 0);
        const auto series = random_bars("AAA", 700, 1);
        for (const std::uint32_t history : {40U, 129U, 200U, 257U, 600U}) {
            for (const std::size_t rows : {1U, 3U, 16U, 70U}) {
                ForecastRequest request;
                request.series = series;
                request.symbol = series->symbol;
                request.rows.assign(rows, {history});
                NetworkWork first;
                for (int time = 0; time < 2; ++time) {
                    const NetworkWork before = forecaster->network().work();
                    REQUIRE(forecaster->forecast(std::span(&request, 1))[0].refusal.empty());
                    const NetworkWork did = minus(forecaster->network().work(), before);
                    INFO(rows << " rows of " << history << " bars, time " << time);
                    CHECK(did.allocations == 0);
                    CHECK(did.products > 0);
                    if (time == 0) first = did;
                    CHECK(did.products == first.products);
                }
            }
        }
    }
}

TEST_CASE("the number of threads changes no byte") {
    const auto series = random_bars("AAA", 700, 2);
    ForecastRequest request;
    request.series = series;
    request.symbol = series->symbol;
    for (std::uint32_t end = 100; end <= 700; end += 6) request.rows.push_back({end});
    const auto one = open_embedded_shape(1)->forecast(std::span(&request, 1));
    const auto many = open_embedded_shape(4)->forecast(std::span(&request, 1));
    REQUIRE(one[0].refusal.empty());
    CHECK(one[0].values == many[0].values);
}

TEST_CASE("H40 a network that answers no numbers fails its warm-up") {
    struct SilentNetwork final : Network {
        NetworkOutput run(const NetworkInput& input, const NetworkOptions& options) override {
            NetworkOutput output;
            output.quantiles.assign(
                static_cast<std::size_t>(9 * input.batch * input.variates * options.horizon),
                std::numeric_limits<float>::quiet_NaN());
            return output;
        }
        std::string description() const override { return "silent"; }
    };
    const ScratchFolder folder;
    write_random_toto2(folder.path(), embedded_shape_config(), 3);
    NetworkForecaster forecaster(Checkpoint::open(folder.path()), std::make_unique<SilentNetwork>(),
                                 "silent");
    CHECK_THROWS_AS(forecaster.warm_up(), Error);
}

TEST_CASE("worker threads run every task once, and one task each when asked") {
    for (const unsigned count : {1U, 2U, 5U}) {
        WorkerThreads workers(count);
        CHECK(workers.count() == count);
        for (int round = 0; round < 50; ++round) {
            std::vector<std::atomic<int>> runs(17);
            workers.run(runs.size(), [&](std::size_t i) { ++runs[i]; });
            for (const auto& run : runs) REQUIRE(run == 1);
            std::mutex mutex;
            std::set<std::thread::id> seen;
            workers.on_every_worker([&] {
                const std::lock_guard lock(mutex);
                REQUIRE(seen.insert(std::this_thread::get_id()).second);
            });
            REQUIRE(seen.size() == count);
        }
    }
}

}  // namespace tradewind::model::test
