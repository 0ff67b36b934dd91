// Laws of the network that no fixture shows: batched equals single, padding is inert, scale and
// shift carry through, known covariates matter, bad input is refused.
#include "model/network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"

namespace tradewind::model::test {

namespace {

const Checkpoint& checkpoint() {
    static const Checkpoint opened = Checkpoint::open(fixture_path(""));
    return opened;
}

Network& network() {
    static const std::unique_ptr<Network> opened = open_network(checkpoint());
    return *opened;
}

double noise(std::uint64_t& state) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(static_cast<std::int64_t>(state)) * 0x1p-63;
}

NetworkInput random_input(std::int64_t batch, std::int64_t variates, std::int64_t points,
                          std::uint64_t seed) {
    NetworkInput input;
    input.batch = batch;
    input.variates = variates;
    input.points = points;
    std::uint64_t state = seed * 2 + 1;
    double level = 100;
    for (std::int64_t i = 0; i < batch * variates * points; ++i) {
        if (i % points == 0) level = 100 * (1 + noise(state));
        level += noise(state);
        input.series.push_back(level);
    }
    return input;
}

// Row `row` of quantiles [9, B, V, H].
std::vector<float> row_of(const NetworkOutput& output, std::int64_t batch, std::int64_t row) {
    const std::size_t width = output.quantiles.size() / 9 / static_cast<std::size_t>(batch);
    std::vector<float> values;
    for (std::size_t q = 0; q < 9; ++q) {
        const auto from =
            output.quantiles.begin() + static_cast<std::ptrdiff_t>((q * batch + row) * width);
        values.insert(values.end(), from, from + static_cast<std::ptrdiff_t>(width));
    }
    return values;
}

}  // namespace

TEST_CASE("a row has the same bits at every place of a batch and beside any neighbours") {
    struct Shape {
        std::int64_t batch, variates, points, horizon;
    };
    for (const auto& [batch, variates, points, horizon] :
         {Shape{64, 4, 128, 1}, Shape{16, 4, 544, 1}, Shape{7, 1, 96, 70}, Shape{4, 4, 2048, 1}}) {
        INFO(batch << "x" << variates << "x" << points << " h" << horizon);
        const NetworkInput one = random_input(1, variates, points, 11);
        NetworkOptions options;
        options.horizon = horizon;
        std::vector<float> first;
        for (const std::int64_t place : {std::int64_t{0}, batch / 2, batch - 2, batch - 1}) {
            NetworkInput input =
                random_input(batch, variates, points, static_cast<std::uint64_t>(place));
            if (place == 0) std::fill(input.series.begin(), input.series.end(), 0.0);
            std::copy(one.series.begin(), one.series.end(),
                      input.series.begin() + place * variates * points);
            const auto row = row_of(network().run(input, options), batch, place);
            if (first.empty()) first = row;
            CHECK(row == first);
        }
    }
}

TEST_CASE("empty patches in front change nothing but rounding") {
    const NetworkInput input = random_input(1, 2, 100, 21);
    NetworkInput padded = input;
    padded.points = 256;
    padded.series.assign(2 * 256, std::numeric_limits<double>::quiet_NaN());
    padded.mask.assign(2 * 256, 0);
    for (std::int64_t v = 0; v < 2; ++v) {
        for (std::int64_t t = 0; t < 100; ++t) {
            padded.series[v * 256 + 156 + t] = input.series[v * 100 + t];
            padded.mask[v * 256 + 156 + t] = 1;
        }
    }
    NetworkOptions options;
    options.horizon = 40;
    const auto plain = network().run(input, options).quantiles;
    const auto with_padding = network().run(padded, options).quantiles;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        CHECK(with_padding[i] == Approx(plain[i]).epsilon(1e-5).margin(1e-3));
    }
}

TEST_CASE("quantiles ascend and follow scale and shift") {
    const NetworkInput input = random_input(3, 1, 160, 31);
    NetworkOptions options;
    options.horizon = 33;
    const auto plain = network().run(input, options).quantiles;
    NetworkInput moved = input;
    for (double& value : moved.series) value = 4 * value - 1000;
    const auto answer = network().run(moved, options).quantiles;
    const std::size_t step = plain.size() / 9;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        CHECK(answer[i] == Approx(4 * plain[i] - 1000).epsilon(1e-4).margin(0.02));
        if (i >= step) CHECK(plain[i] >= plain[i - step]);
    }
}

TEST_CASE("groups decide who informs whom") {
    NetworkInput input = random_input(1, 2, 96, 41);
    NetworkInput changed = input;
    for (std::int64_t t = 96; t < 192; ++t) changed.series[t] *= 1.0 + 0.01 * (t % 7);
    NetworkOptions options;
    options.horizon = 5;
    const auto first_row = [&](NetworkInput which, std::vector<std::int64_t> group) {
        which.group = std::move(group);
        const auto quantiles = network().run(which, options).quantiles;
        return std::vector<float>(quantiles.begin(), quantiles.begin() + 5);
    };
    CHECK(first_row(input, {0, 0}) != first_row(changed, {0, 0}));
    CHECK(first_row(input, {0, 1}) == first_row(changed, {0, 1}));
}

TEST_CASE("a known covariate informs the targets of its group and is not returned") {
    NetworkInput input = random_input(2, 1, 96, 51);
    NetworkOptions options;
    options.horizon = 40;
    const auto without = network().run(input, options).quantiles;
    input.known_variates = 1;
    std::uint64_t state = 99;
    for (int i = 0; i < 2 * (96 + 40); ++i) input.known.push_back(noise(state));
    const auto with = network().run(input, options).quantiles;
    CHECK(with.size() == without.size());
    CHECK(with != without);
    NetworkInput future = input;
    for (int i = 100; i < 136; ++i) future.known[i] += 3;
    CHECK(network().run(future, options).quantiles != with);
    // In a group of its own it changes nothing for the targets but rounding.
    input.known_group = {1, 1};
    const auto apart = network().run(input, options).quantiles;
    for (std::size_t i = 0; i < apart.size(); ++i) {
        CHECK(apart[i] == Approx(without[i]).epsilon(1e-5).margin(1e-3));
    }
}

TEST_CASE("block decoding with one block of the whole horizon is the single pass") {
    const NetworkInput input = random_input(2, 2, 128, 61);
    NetworkOptions options;
    options.horizon = 60;
    const auto single = network().run(input, options).quantiles;
    options.decode_block_size = 64;
    CHECK(network().run(input, options).quantiles == single);
    options.horizon = 96;
    const auto blocks = network().run(input, options).quantiles;
    for (std::size_t row = 0; row < 9 * 4; ++row) {
        for (std::size_t h = 0; h < 32; ++h) {
            CHECK(blocks[row * 96 + h] == Approx(single[row * 60 + h]).epsilon(1e-5).margin(1e-3));
        }
    }
}

TEST_CASE("bad input is refused with the kind of its fault") {
    const auto refusal = [](const auto& change) {
        NetworkInput input = random_input(1, 1, 64, 71);
        NetworkOptions options;
        change(input, options);
        try {
            (void)network().run(input, options);
        } catch (const Error& error) {
            return std::pair{error.kind(), std::string(error.what())};
        }
        return std::pair{ErrorKind::failed, std::string("accepted")};
    };
    using In = NetworkInput&;
    using Opt = NetworkOptions&;
    const auto usage = ErrorKind::usage;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(refusal([](In, Opt o) { o.horizon = 0; }).first == usage);
    CHECK(refusal([](In, Opt o) { o.decode_block_size = 33; }).first == usage);
    CHECK(refusal([](In, Opt o) { o.scaler_fallback_min_obs = -1; }).first == usage);
    CHECK(refusal([nan](In, Opt o) { o.quantile_real_cap_k = nan; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.batch = 2; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.points = std::int64_t{1} << 40; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.mask = {1}; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.group = {-1}; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.known_variates = 1; }).first == usage);
    CHECK(refusal([nan](In i, Opt) { i.series[3] = nan; }).first == ErrorKind::data);
    CHECK(refusal([infinity](In i, Opt) { i.series[3] = infinity; }).first == ErrorKind::data);
    CHECK(refusal([](In i, Opt o) {
              i.mask.assign(64, 1);
              std::fill(i.mask.begin(), i.mask.begin() + 32, std::uint8_t{0});
              o.has_missing_values = false;
          }).first == usage);
    CHECK(refusal([nan](In i, Opt) {
              i.mask.assign(64, 1);
              i.series[3] = nan;
              i.mask[3] = 0;
          }).second == "accepted");
    CHECK(refusal([](In i, Opt) { i.mask.assign(64, 0); }).second == "accepted");
}

TEST_CASE("a device that this build lacks is unavailable") {
    try {
        (void)open_network(checkpoint(), {"tpu", 0});
        FAIL("opened a device that does not exist");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
    }
}

}  // namespace tradewind::model::test
