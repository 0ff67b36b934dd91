// Runs the fuzz entry of the safetensors reader over a corpus: the fixture files, small valid and
// invalid headers, and random mutations of all of them.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include "model/safetensors.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tradewind::model::test {

namespace {

std::vector<std::string> corpus() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(fixture_path("cases"))) {
        std::ifstream stream(entry.path(), std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(stream)), {});
        if (bytes.size() < 20000) files.push_back(std::move(bytes));
    }
    SafeTensorsWriter writer;
    const std::vector<double> doubles = {1, 2, 3};
    const std::vector<std::uint8_t> bits = {1, 0};
    writer.add("d", {3, 1}, std::span<const double>(doubles));
    writer.add("empty", {0, 7}, std::span<const double>());
    writer.add("mask", {2}, std::span<const std::uint8_t>(bits));
    writer.add("half", Dtype::f16, {1}, std::as_bytes(std::span(bits)));
    writer.set_metadata("k", "v");
    files.push_back(writer.to_bytes());
    return files;
}

int run(const std::string& bytes) {
    // A copy of exact size, so that a sanitizer sees any read past the end.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    return LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

TEST_CASE("the fuzz entry holds over the corpus and its mutations") {
    const std::vector<std::string> files = corpus();
    REQUIRE(files.size() >= 6);
    for (const std::string& bytes : files) CHECK(run(bytes) == 0);
    tradewind::test::law("mutations", [&files] {
        std::string bytes = files[*rc::gen::inRange<std::size_t>(0, files.size())];
        const int changes = *rc::gen::inRange(1, 6);
        for (int i = 0; i < changes; ++i) {
            // Mostly the length field and the header, where the parser's decisions are.
            const std::size_t reach = std::min<std::size_t>(bytes.size(), 1200);
            const auto place = *rc::gen::inRange<std::size_t>(0, reach);
            switch (*rc::gen::inRange(0, 4)) {
                case 0:
                    bytes[place] = *rc::gen::arbitrary<char>();
                    break;
                case 1:
                    bytes.erase(place, *rc::gen::inRange<std::size_t>(1, 20));
                    break;
                case 2:
                    bytes.insert(place, *rc::gen::element<std::string>(
                                            "9", "-", "[", "]", "{", "}", "\"", ",", ":", "null",
                                            "18446744073709551615", "1e9", "\\u0000"));
                    break;
                default:
                    bytes.resize(place);
                    break;
            }
            if (bytes.empty()) break;
        }
        RC_ASSERT(run(bytes) == 0);
    });
}

}  // namespace tradewind::model::test
