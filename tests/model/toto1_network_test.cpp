// Laws of Toto 1.0 that no fixture shows: batched equals single, sample paths depend on their seed
// alone, exogenous futures steer, labels count, reduced precision stays near.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

Network& network() {
    static const std::unique_ptr<Network> opened = open_network(Checkpoint::open(toto1_path("")));
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

// Part `row` of `batch` of an array [outer, B, inner].
std::vector<float> part_of(const std::vector<float>& values, std::size_t outer, std::size_t batch,
                           std::size_t row) {
    const std::size_t inner = values.size() / outer / batch;
    std::vector<float> part;
    for (std::size_t o = 0; o < outer; ++o) {
        const auto from = values.begin() + static_cast<std::ptrdiff_t>((o * batch + row) * inner);
        part.insert(part.end(), from, from + static_cast<std::ptrdiff_t>(inner));
    }
    return part;
}

NetworkInput with_row(NetworkInput input, const NetworkInput& one, std::int64_t place) {
    std::copy(one.series.begin(), one.series.end(),
              input.series.begin() + place * one.variates * one.points);
    return input;
}

}  // namespace

TEST_CASE("a toto1 row has the same bits at every place of a batch and beside any neighbours") {
    for (const Precision precision : {Precision::f32, Precision::bf16, Precision::f16}) {
        NetworkPlacement placement;
        placement.precision = precision;
        const auto opened = open_network(Checkpoint::open(toto1_path("")), placement);
        for (const auto& [batch, variates, points, horizon] :
             {std::array<std::int64_t, 4>{16, 4, 128, 1}, {5, 2, 200, 70}, {8, 1, 512, 3}}) {
            INFO(name_of(precision) << " " << batch << "x" << variates << "x" << points);
            const NetworkInput one = random_input(1, variates, points, 11);
            NetworkOptions options;
            options.horizon = horizon;
            std::vector<float> first;
            for (const std::int64_t place : {std::int64_t{0}, batch / 2, batch - 1}) {
                NetworkInput crowd =
                    random_input(batch, variates, points, static_cast<std::uint64_t>(place) + 50);
                if (place == 0) std::fill(crowd.series.begin(), crowd.series.end(), 0.0);
                const auto output = opened->run(with_row(crowd, one, place), options);
                auto row = part_of(output.quantiles, 9, static_cast<std::size_t>(batch),
                                   static_cast<std::size_t>(place));
                const auto mean = part_of(output.mean, 1, static_cast<std::size_t>(batch),
                                          static_cast<std::size_t>(place));
                row.insert(row.end(), mean.begin(), mean.end());
                if (first.empty()) first = row;
                CHECK(row == first);
            }
        }
    }
}

TEST_CASE("sample paths depend on their seed, not on batch, place or paths per pass") {
    const NetworkInput one = random_input(1, 2, 100, 21);
    NetworkOptions options;
    options.horizon = 70;
    options.samples = 12;
    const auto sampled = [&](std::int64_t batch, std::int64_t place, std::uint64_t seed) {
        NetworkInput crowd = with_row(random_input(batch, 2, 100, 77 + place), one, place);
        for (std::int64_t row = 0; row < batch; ++row) {
            crowd.row_seed.push_back(row_seed_of(seed, row == place ? 0 : 100 + row));
        }
        const NetworkOutput output = network().run(crowd, options);
        REQUIRE(output.samples.size() == static_cast<std::size_t>(batch * 2 * 70 * 12));
        return part_of(output.samples, 1, static_cast<std::size_t>(batch),
                       static_cast<std::size_t>(place));
    };
    const auto alone = sampled(4, 0, 5);
    CHECK(sampled(4, 3, 5) == alone);
    CHECK(sampled(4, 1, 6) != alone);
    for (const std::int64_t per_pass : {1, 3, 12}) {
        options.samples_per_pass = per_pass;
        const auto other = sampled(4, 2, 5);
        // The first patch is drawn from one mixture; later ones agree to rounding of the forward.
        for (std::size_t i = 0; i < alone.size(); ++i) {
            CHECK(other[i] == Approx(alone[i]).epsilon(1e-4).margin(1e-3));
            if (i / 12 % 70 < 64) CHECK(other[i] == alone[i]);
        }
    }
    options.samples_per_pass = 5;
    CHECK_THROWS_AS(sampled(4, 0, 5), Error);
}

TEST_CASE("samples of the first patch follow the mixture, cached and uncached ones start alike") {
    const NetworkInput input = random_input(1, 1, 128, 31);
    NetworkOptions options;
    options.horizon = 65;
    const NetworkOutput exact = network().run(input, options);
    options.samples = 2000;
    options.samples_per_pass = 500;
    const NetworkOutput sampled = network().run(input, options);
    for (std::size_t h = 0; h < 64; h += 9) {
        const double spread = exact.quantiles[8 * 65 + h] - exact.quantiles[h];
        for (const std::size_t q : {1, 4, 7}) {
            CHECK(sampled.quantiles[q * 65 + h] ==
                  Approx(exact.quantiles[q * 65 + h]).margin(0.15 * spread));
        }
        CHECK(sampled.mean[h] == Approx(exact.mean[h]).margin(0.15 * spread));
    }
    options.kv_cache = false;
    options.samples = 4;
    options.samples_per_pass = 0;
    const NetworkOutput uncached = network().run(input, options);
    options.kv_cache = true;
    const NetworkOutput cached = network().run(input, options);
    CHECK(uncached.samples[3] == cached.samples[3]);
    CHECK(uncached.samples[64 * 4 + 3] == Approx(cached.samples[64 * 4 + 3]).epsilon(0.05));
}

TEST_CASE("a known future of exogenous variates replaces their forecast") {
    NetworkInput input = random_input(2, 3, 128, 41);
    NetworkOptions options;
    options.horizon = 100;
    const NetworkOutput free = network().run(input, options);
    input.exogenous_variates = 1;
    for (int i = 0; i < 2 * 100; ++i) input.future_exogenous.push_back(100 + i % 7);
    const NetworkOutput steered = network().run(input, options);
    for (std::size_t row = 0; row < 6; ++row) {
        const bool exogenous = row % 3 == 2;
        for (std::size_t h = 0; h < 100; ++h) {
            const std::size_t at = row * 100 + h;
            if (exogenous) {
                CHECK(steered.mean[at] == Approx(100 + ((row / 3) * 100 + h) % 7));
            } else if (h < 64) {
                CHECK(steered.mean[at] == free.mean[at]);
            }
        }
        if (!exogenous) CHECK(steered.mean[row * 100 + 70] != free.mean[row * 100 + 70]);
    }
    input.group = {0, 0, 1, 0, 0, 1};
    const NetworkOutput apart = network().run(input, options);
    NetworkInput unknown = input;
    unknown.future_exogenous.clear();
    const NetworkOutput unsteered = network().run(unknown, options);
    CHECK(apart.mean[70] == unsteered.mean[70]);
}

TEST_CASE("variate labels take part where a checkpoint has them") {
    const ScratchFolder folder;
    std::filesystem::copy(toto1_path("config.json"), folder.file("config.json"));
    std::vector<float> target(64);
    std::vector<float> exogenous(64);
    std::uint64_t state = 3;
    for (std::size_t i = 0; i < 64; ++i) {
        target[i] = static_cast<float>(noise(state));
        exogenous[i] = static_cast<float>(noise(state));
    }
    const auto write = [&] {
        SafeTensorsWriter writer;
        const SafeTensors file = SafeTensors::open(toto1_path("model.safetensors"));
        for (const auto& [name, view] : file.tensors()) {
            writer.add(name, view.dtype, view.shape, view.bytes);
        }
        writer.add(kToto1TargetLabel, {64}, std::span<const float>(target));
        writer.add(kToto1ExogenousLabel, {64}, std::span<const float>(exogenous));
        writer.write(folder.file("model.safetensors"));
    };
    write();
    const auto labelled = open_network(Checkpoint::open(folder.path()));
    NetworkInput input = random_input(1, 2, 128, 51);
    NetworkOptions options;
    options.horizon = 130;
    const NetworkOutput plain = network().run(input, options);
    const NetworkOutput with_labels = labelled->run(input, options);
    CHECK(with_labels.mean != plain.mean);
    input.exogenous_variates = 1;
    const NetworkOutput as_exogenous = labelled->run(input, options);
    CHECK(as_exogenous.mean != with_labels.mean);
    // Labels have the length one, whatever is stored.
    for (float& value : target) value *= 8;
    write();
    const auto longer = open_network(Checkpoint::open(folder.path()));
    CHECK(longer->run(input, options).mean == as_exogenous.mean);
    options.kv_cache = false;
    const NetworkOutput uncached = labelled->run(input, options);
    for (std::size_t h = 0; h < 64; ++h) {
        CHECK(uncached.mean[h] == Approx(as_exogenous.mean[h]).epsilon(1e-6));
    }
}

TEST_CASE("the first patch does not depend on the horizon, nor on the stages") {
    const NetworkInput input = random_input(1, 3, 300, 61);
    NetworkOptions options;
    options.horizon = 64;
    const NetworkOutput plain = network().run(input, options);
    for (const std::int64_t horizon : {1, 2, 65}) {
        options.horizon = horizon;
        const NetworkOutput other = network().run(input, options);
        for (std::size_t row = 0; row < 27; ++row) {
            CHECK(other.quantiles[row * static_cast<std::size_t>(horizon)] ==
                  Approx(plain.quantiles[row * 64]).epsilon(1e-5).margin(2e-4));
        }
    }
    options.horizon = 64;
    options.stages = true;
    const NetworkOutput unpruned = network().run(input, options);
    for (std::size_t i = 0; i < plain.quantiles.size(); ++i) {
        CHECK(unpruned.quantiles[i] == Approx(plain.quantiles[i]).epsilon(1e-5).margin(2e-4));
    }
}

TEST_CASE("toto1 refuses what does not fit with the kind of its fault") {
    const auto refusal = [](const auto& change) {
        NetworkInput input = random_input(1, 2, 64, 71);
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
    CHECK(refusal([](In, Opt) {}).second == "accepted");
    CHECK(refusal([](In, Opt o) { o.horizon = 0; }).first == usage);
    CHECK(refusal([](In, Opt o) { o.decode_block_size = 64; }).first == usage);
    CHECK(refusal([](In, Opt o) { o.quantile_real_cap_k = 2; }).first == usage);
    CHECK(refusal([](In, Opt o) { o.samples = -1; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.known_variates = 1; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.exogenous_variates = 3; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.future_exogenous = {1}; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.row_seed = {1, 2}; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.batch = 2; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.points = std::int64_t{1} << 40; }).first == usage);
    CHECK(refusal([](In i, Opt) { i.mask = {1}; }).first == usage);
    CHECK(refusal([nan](In i, Opt) { i.series[3] = nan; }).first == ErrorKind::data);
    CHECK(refusal([nan](In i, Opt) {
              i.mask.assign(128, 1);
              i.series[3] = nan;
              i.mask[3] = 0;
          }).second == "accepted");
    CHECK(refusal([](In i, Opt) { i.mask.assign(128, 0); }).second == "accepted");
}

}  // namespace tradewind::model::test
