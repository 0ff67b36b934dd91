// The fuzz entry of model configurations, run over the fixtures' files and mutations of them.
#include <fstream>
#include <sstream>

#include "messages/counter_random.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"

int read_model_config(const std::string& text);

namespace tradewind::model::test {

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("damaged configurations are refused or sane") {
    const CounterRandom random(1, "model config");
    constexpr const char* kWords[] = {"null", "-1",  "1e999", "0",          "\"x\"",
                                      "[",    "}",   "true",  "4294967296", "1048576",
                                      "{}",   "0.5", "\xff",  "\\u0000"};
    for (const std::string& whole :
         {text_of(toto1_path("config.json")), text_of(fixture_path("config.json"))}) {
        CHECK(read_model_config(whole) == 1);
        int refused = 0;
        for (std::uint64_t run = 0; run < 4000; ++run) {
            std::string text = whole;
            const auto block = random.block(1, Date{0}, run);
            const std::size_t at = block[0] % text.size();
            if (block[1] % 3 == 0) {
                text[at] = static_cast<char>(block[2]);
            } else if (block[1] % 3 == 1) {
                text.replace(at, block[2] % 12, kWords[block[3] % std::size(kWords)]);
            } else {
                text.erase(at, block[2] % 40);
            }
            refused += read_model_config(text) == 0 ? 1 : 0;
        }
        CHECK(refused > 1000);
    }
}

}  // namespace tradewind::model::test
