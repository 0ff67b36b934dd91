#include "model/parameter_set.hpp"

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

nlohmann::json example() {
    return {{"version", 1},          {"symbol", "GOOGL"},
            {"model", "toto1"},      {"aggregation", "mean_quantile_mix_0.15_0.40"},
            {"samples", 1000},       {"samples_per_batch", 256},
            {"context_points", 512}, {"pct_return_mae", 0.0138}};
}

std::string refusal(const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json json = example();
    change(json);
    try {
        (void)parse_parameter_set(json.dump(), "GOOGL.json");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a parameter set survives its file and is named by what decides") {
    const ParameterSet set = parse_parameter_set(example().dump(), "x");
    CHECK(set.samples == 1024);  // whole batches
    CHECK(set.aggregation.kind() == AggregationKind::mean_quantile_mix);
    CHECK_THAT(set.id(), Catch::StartsWith("GOOGL-v1-"));
    const ScratchFolder folder;
    write_parameter_set(set, folder.file("googl.json"));
    const ParameterSet back = read_parameter_set(folder.file("googl.json"));
    CHECK(back.id() == set.id());
    CHECK(back.to_json() == set.to_json());
    ParameterSet other = set;
    other.note = "looked at twice";
    other.pct_return_mae = 0.5;
    CHECK(other.id() == set.id());
    other.samples = 2048;
    CHECK(other.id() != set.id());
    CHECK_THROWS_AS(write_parameter_set(set, "/no/such/folder/a.json"), Error);
}

TEST_CASE("what a parameter set may not say is refused by key") {
    using Json = nlohmann::json&;
    CHECK(refusal([](Json) {}) == "accepted");
    struct Row {
        const char* key;
        nlohmann::json value;
    };
    const Row rows[] = {{"version", 2},
                        {"version", "1"},
                        {"symbol", ""},
                        {"symbol", "TWO WORDS"},
                        {"model", ""},
                        {"aggregation", "average"},
                        {"aggregation", "trimmed_mean_60"},
                        {"aggregation", 10},
                        {"samples", 8},
                        {"samples", 5000},
                        {"samples", 100.5},
                        {"samples_per_batch", 1024},
                        {"samples_per_batch", 0},
                        {"context_points", 0},
                        {"context_points", 10000},
                        {"series", "volume"},
                        {"pct_return_mae", -1},
                        {"colour", "red"}};
    for (const Row& row : rows) {
        INFO(row.key << " = " << row.value.dump());
        CHECK_THAT(refusal([&](Json json) { json[row.key] = row.value; }),
                   Catch::Contains(row.key) && Catch::Contains("GOOGL.json"));
    }
    for (const char* key : {"version", "symbol", "model", "aggregation", "samples"}) {
        CHECK_THAT(refusal([key](Json json) { json.erase(key); }), Catch::Contains(key));
    }
    CHECK_THROWS_AS(parse_parameter_set("[]", "x"), Error);
    CHECK_THROWS_AS(read_parameter_set("/no/such/file.json"), Error);
}

TEST_CASE("a folder of parameter sets holds one for each symbol and series") {
    const ScratchFolder folder;
    ParameterSet set = parse_parameter_set(example().dump(), "x");
    write_parameter_set(set, folder.file("a.json"));
    set.series = "close";
    write_parameter_set(set, folder.file("b.json"));
    std::ofstream(folder.file("notes.txt")) << "not a set";
    const auto sets = read_parameter_sets(folder.path());
    REQUIRE(sets.size() == 2);
    CHECK(sets.at("GOOGL").series.empty());
    CHECK(sets.at("GOOGL/close").series == "close");
    write_parameter_set(set, folder.file("c.json"));
    CHECK_THROWS_WITH(read_parameter_sets(folder.path()), Catch::Contains("second one"));
    CHECK(read_parameter_sets("/no/such/folder").empty());
}

}  // namespace tradewind::model::test
