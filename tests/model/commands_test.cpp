#include "model/commands.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "messages/error.hpp"
#include "model/safetensors.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/random_bars.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

// The inputs of a fixture case under the names of the command's contract.
void write_input(const FixtureCase& fixture, const std::string& path) {
    SafeTensorsWriter writer;
    const auto series = fixture.file.at("target").to_float();
    const Shape& shape = fixture.file.at("target").shape;
    writer.add("series", shape, std::span<const float>(series));
    writer.add("mask", shape, std::span<const std::uint8_t>(fixture.input.mask));
    writer.add("group", {shape[0], shape[1]}, std::span<const std::int64_t>(fixture.input.group));
    writer.write(path);
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

ErrorKind kind_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.kind();
    }
    return ErrorKind::failed;
}

}  // namespace

TEST_CASE("the tensor form reproduces the fixtures, exact and in buckets") {
    const ScratchFolder folder;
    for (const std::string name :
         {"multi_variate", "long_horizon_blocks", "gaps_wrapper_options"}) {
        for (const bool exact_shape : {true, false}) {
            INFO(name << (exact_shape ? " exact" : " bucket"));
            const FixtureCase fixture = open_case(name);
            write_input(fixture, folder.file("in.safetensors"));
            TensorForecastOptions options;
            options.model = fixture_path("");
            options.input = folder.file("in.safetensors");
            options.output = folder.file("out.safetensors");
            options.horizon = fixture.options.horizon;
            options.exact_shape = exact_shape;
            options.version = "test";
            options.set = fixture.file.metadata();
            options.set.erase("horizon");
            const auto metadata = forecast_tensors(options);
            CHECK(metadata.at("bucket") == (exact_shape ? "exact" : "256x32"));
            const SafeTensors out = SafeTensors::open(options.output);
            CHECK(out.metadata() == metadata);
            CHECK(out.at("levels").to_double().size() == 9);
            const auto wanted = fixture.file.at("quantiles_f64").to_double();
            const auto unit = fixture.file.at("unit").to_double();
            const auto got = out.at("quantiles").to_float();
            CHECK(out.at("quantiles").shape == fixture.file.at("quantiles_f64").shape);
            const auto horizon = static_cast<std::size_t>(options.horizon);
            double worst = 0;
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                const double allowed =
                    2e-5 * unit[i / horizon % unit.size()] + std::ldexp(std::abs(wanted[i]), -22);
                worst = std::max(worst, std::abs(got[i] - wanted[i]) / allowed);
            }
            CHECK(worst <= 1.0);
        }
    }
}

TEST_CASE("the tensor form reproduces the toto1 fixtures, cached, uncached and padded to rows") {
    const ScratchFolder folder;
    for (const std::string name : {"multi_variate", "long_horizon"}) {
        for (const std::string cache : {"on", "off"}) {
            INFO(name << " cache " << cache);
            const FixtureCase fixture = open_toto1_case(name);
            SafeTensorsWriter writer;
            const Shape& shape = fixture.file.at("series").shape;
            writer.add("series", shape, std::span<const double>(fixture.input.series));
            writer.add("mask", shape, std::span<const std::uint8_t>(fixture.input.mask));
            writer.add("group", {shape[0], shape[1]},
                       std::span<const std::int64_t>(fixture.input.group));
            writer.write(folder.file("in"));
            TensorForecastOptions options;
            options.model = toto1_path("");
            options.input = folder.file("in");
            options.output = folder.file("out");
            options.horizon = fixture.options.horizon;
            options.set = {{"kv_cache", cache}};
            const auto metadata = forecast_tensors(options);
            CHECK(metadata.at("bucket") == "512x16");
            CHECK(metadata.at("precision") == "f32");
            const SafeTensors out = SafeTensors::open(options.output);
            const std::string key = cache == "on" ? "mean_cached_f64" : "mean_uncached_f64";
            CHECK(out.at("mean").shape == fixture.file.at(key).shape);
            CHECK(worst_distance(out.at("mean").to_float(), fixture.file.at(key).to_double(),
                                 fixture.file.at("dist.s_f64").to_double(),
                                 static_cast<std::size_t>(options.horizon), 2e-5) <= 1.0);
            CHECK(out.at("quantiles").shape == Shape{9, shape[0], shape[1], options.horizon});
        }
    }
}

TEST_CASE("the tensor form samples toto1 by seed, whatever the batch") {
    const ScratchFolder folder;
    SafeTensorsWriter writer;
    std::vector<double> values;
    for (int i = 0; i < 5 * 2 * 100; ++i) values.push_back(50 + std::sin(i * 0.7) + i % 13);
    writer.add("series", {5, 2, 100}, std::span<const double>(values));
    const std::vector<double> future(5 * 3, 4.0);
    writer.add("future_exogenous", {5, 1, 3}, std::span<const double>(future));
    writer.write(folder.file("in"));
    TensorForecastOptions options;
    options.model = toto1_path("");
    options.input = folder.file("in");
    options.output = folder.file("out");
    options.horizon = 3;
    const auto samples = [&](const char* seed, std::int64_t batch) {
        options.batch = batch;
        options.set = {{"samples", "20"}, {"seed", seed}};
        forecast_tensors(options);
        const SafeTensors out = SafeTensors::open(options.output);
        CHECK(out.at("samples").shape == Shape{5, 2, 3, 20});
        CHECK(out.at("mean").shape == Shape{5, 2, 3});
        return out.at("samples").to_float();
    };
    const auto first = samples("7", 2);
    CHECK(samples("7", 2) == first);
    CHECK(samples("8", 2) != first);
    // Another batch size is another shape: equal to rounding.
    const auto other = samples("7", 5);
    for (std::size_t i = 0; i < first.size(); ++i) {
        CHECK(other[i] == Approx(first[i]).epsilon(1e-5).margin(1e-4));
    }
    CHECK(first[60] == 4.0F);  // the exogenous variate's known future
    const auto kind = [&options](std::map<std::string, std::string> set) {
        options.set = std::move(set);
        return kind_of([&options] { forecast_tensors(options); });
    };
    CHECK(kind({{"decode_block_size", "64"}}) == ErrorKind::usage);
    CHECK(kind({{"samples", "many"}}) == ErrorKind::usage);
    CHECK(kind({{"num_exogenous", "2"}}) == ErrorKind::data);
    options.precision = "f8";
    CHECK(kind({}) == ErrorKind::usage);
}

TEST_CASE("toto1 stages come out under the names of the fixtures") {
    const ScratchFolder folder;
    const FixtureCase fixture = open_toto1_case("plain");
    SafeTensorsWriter writer;
    writer.add("series", fixture.file.at("series").shape,
               std::span<const double>(fixture.input.series));
    writer.write(folder.file("in"));
    TensorForecastOptions options;
    options.model = toto1_path("");
    options.input = folder.file("in");
    options.output = folder.file("out");
    options.horizon = 64;
    options.stages = true;
    forecast_tensors(options);
    const SafeTensors out = SafeTensors::open(options.output);
    for (const auto& [name, view] : fixture.file.tensors()) {
        if (!name.starts_with("stage.") && !name.starts_with("dist.")) continue;
        if (name.ends_with("_f64")) continue;
        INFO(name);
        REQUIRE(out.find(name) != nullptr);
        CHECK(out.at(name).shape == view.shape);
    }
}

TEST_CASE("stages come out under their names") {
    const ScratchFolder folder;
    const FixtureCase fixture = open_case("plain");
    write_input(fixture, folder.file("in"));
    TensorForecastOptions options;
    options.model = fixture_path("");
    options.input = folder.file("in");
    options.output = folder.file("out");
    options.horizon = fixture.options.horizon;
    options.stages = true;
    forecast_tensors(options);
    const SafeTensors out = SafeTensors::open(options.output);
    for (const auto& [name, view] : fixture.file.tensors()) {
        if (!name.starts_with("stage.") || name.ends_with("_f64")) continue;
        INFO(name);
        REQUIRE(out.find(name) != nullptr);
        CHECK(out.at(name).shape == view.shape);
    }
}

TEST_CASE("more rows than a bucket holds are cut into equal batches") {
    const ScratchFolder folder;
    std::vector<double> values;
    for (int i = 0; i < 70 * 40; ++i) values.push_back(std::sin(i * 0.7) + i % 13);
    SafeTensorsWriter writer;
    writer.add("series", {70, 1, 40}, std::span<const double>(values));
    writer.write(folder.file("in"));
    TensorForecastOptions options;
    options.model = fixture_path("");
    options.input = folder.file("in");
    options.output = folder.file("whole");
    options.horizon = 3;
    forecast_tensors(options);
    const auto whole = SafeTensors::open(folder.file("whole")).at("quantiles").to_float();

    std::vector<double> last(values.end() - 40, values.end());
    SafeTensorsWriter single;
    single.add("series", {1, 1, 40}, std::span<const double>(last));
    single.write(folder.file("in"));
    options.output = folder.file("single");
    forecast_tensors(options);
    const auto alone = SafeTensors::open(folder.file("single")).at("quantiles").to_float();
    for (std::size_t q = 0; q < 9; ++q) {
        for (std::size_t h = 0; h < 3; ++h) {
            CHECK(alone[q * 3 + h] == whole[(q * 70 + 69) * 3 + h]);
        }
    }
}

TEST_CASE("the tensor form refuses what it cannot do") {
    const ScratchFolder folder;
    write_input(open_case("constant"), folder.file("in"));
    TensorForecastOptions good;
    good.model = fixture_path("");
    good.input = folder.file("in");
    good.output = folder.file("out");
    const auto kind = [&good](const auto& change) {
        TensorForecastOptions options = good;
        change(options);
        return kind_of([&options] { forecast_tensors(options); });
    };
    using Options = TensorForecastOptions&;
    CHECK(kind([](Options o) { o.horizon = 0; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.horizon = 100000; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.batch = -1; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.precision = "f8"; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.device = "tpu"; }) == ErrorKind::unavailable);
    CHECK(kind([](Options o) { o.set["samples"] = "5"; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.set["decode_block_size"] = "x"; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.set["decode_block_size"] = "7"; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.set["has_missing_values"] = "maybe"; }) == ErrorKind::usage);
    CHECK(kind([](Options o) { o.input += "absent"; }) == ErrorKind::data);
    CHECK(kind([](Options o) { o.model += "absent"; }) == ErrorKind::data);
    CHECK(kind([](Options o) { o.output = "/no/such/folder/out"; }) == ErrorKind::usage);
    CHECK_FALSE(std::filesystem::exists(good.output));

    const std::vector<float> values(6, 1.0F);
    const auto with_tensor = [&](const std::string& name, const Shape& shape) {
        SafeTensorsWriter writer;
        writer.add("series", {1, 2, 3}, std::span<const float>(values));
        if (name != "series") writer.add(name, shape, std::span<const float>(values));
        writer.write(folder.file("odd"));
        return kind([&folder](Options o) { o.input = folder.file("odd"); });
    };
    CHECK(with_tensor("mask", {1, 2, 3}) == ErrorKind::data);  // F32 is no mask
    CHECK(with_tensor("mask", {6}) == ErrorKind::data);
    CHECK(with_tensor("group", {1, 6}) == ErrorKind::data);
    CHECK(with_tensor("future_exogenous", {1, 2, 3}) == ErrorKind::data);
    CHECK(with_tensor("known", {1, 1, 6}) == ErrorKind::data);  // T + H is 4
}

TEST_CASE("the bar form writes one line per bar, series and step") {
    const ScratchFolder folder;
    BarForecastOptions options;
    options.series = {random_bars("BBB", 40, 1), random_bars("AAA", 30, 2)};
    options.from = Timestamp{10 * kDay};
    options.to = Timestamp{35 * kDay};
    options.horizon = 2;
    options.output = folder.file("out.csv");
    const BarForecastSummary summary = forecast_bars(options);
    CHECK(summary.producer == "ewma-lambda0.94-mean");
    CHECK(summary.forecasts == (36 - 21) + (30 - 21));
    CHECK(summary.skipped == 22);
    std::istringstream csv(text_of(options.output));
    std::string line;
    std::getline(csv, line);
    CHECK(line == "time,symbol,series,step,q10,q20,q30,q40,q50,q60,q70,q80,q90");
    std::getline(csv, line);
    CHECK_THAT(line, Catch::StartsWith("1970-01-22T00:00:00Z,AAA,close,1,-0.0"));
    CHECK(std::count(line.begin(), line.end(), ',') == 12);
    std::size_t lines = 1;
    std::string previous = line.substr(0, 25);
    while (std::getline(csv, line)) {
        ++lines;
        CHECK(line.substr(0, 25) >= previous);
        CHECK(line.find('e', 38) == std::string::npos);
        previous = line.substr(0, 25);
    }
    CHECK(lines == summary.forecasts * 4 * 2);

    options.from = Timestamp{50 * kDay};
    options.to.reset();
    CHECK(kind_of([&options] { forecast_bars(options); }) == ErrorKind::data);
    options.from.reset();
    options.output = "/no/such/folder/out.csv";
    CHECK(kind_of([&options] { forecast_bars(options); }) == ErrorKind::usage);
    options.horizon = 0;
    CHECK(kind_of([&options] { forecast_bars(options); }) == ErrorKind::usage);
}

TEST_CASE("the bar form runs a network checkpoint") {
    const ScratchFolder folder;
    BarForecastOptions options;
    options.forecaster.model = fixture_path("");
    options.series = {random_bars("BBB", 60, 1)};
    options.output = folder.file("out.csv");
    const BarForecastSummary summary = forecast_bars(options);
    CHECK(summary.forecasts == 60 - 33);
    CHECK(text_of(options.output).size() > 60 * 4 * 50);
}

TEST_CASE("model info names what is in a folder") {
    const auto info = nlohmann::json::parse(model_info_json(fixture_path("")));
    CHECK(info.at("parameter_count") == 348424);
    CHECK(info.at("family") == "toto2");
    CHECK(info.at("config").at("d_model") == 64);
    CHECK(info.at("tensors").size() == 48);
    CHECK(info.at("dtypes").at("F32") == 348424);
    CHECK(info.at("weights_sha256").get<std::string>().size() == 64);
    CHECK_THAT(model_info_text(fixture_path("")),
               Catch::Contains("parameter_count: 348424") && Catch::Contains("tensors: 48"));
    CHECK(nlohmann::json::parse(model_info_json("ewma")).at("family") == "ewma");
    const auto toto1 = nlohmann::json::parse(model_info_json(toto1_path("")));
    CHECK(toto1.at("family") == "toto1");
    CHECK(toto1.at("mixture_components") == 5);
    CHECK(toto1.at("patch_size") == 64);
    CHECK(toto1.at("warnings").empty());
    CHECK_THROWS_AS(model_info_json("/no/such/folder"), Error);
}

}  // namespace tradewind::model::test
