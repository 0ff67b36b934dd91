// The fuzz target of market data over a corpus and mutations of it; a broken demand aborts.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "messages/counter_random.hpp"
#include "tests/catch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

int run(const std::string& text) {
    return LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::vector<std::string> corpus() {
    std::vector<std::string> inputs;
    const std::vector<std::string> messages = {
        R"({"action":"auth","key":"K","secret":"S"})",
        R"({"action":"subscribe","trades":["AAPL"],"quotes":["*"],"bars":null})",
        R"({"action":"subscribe","quotes":["BTC/USD"],"orderbooks":["BTC/USD"]})",
        R"({"action":"unsubscribe","trades":["AAPL"],"news":["*"]})"};
    for (const auto& message : messages) {
        for (const char kind : {'\0', '\1'}) inputs.push_back(kind + message);
        for (const char kind : {'\2', '\3'}) {
            std::string bytes;
            nlohmann::json::to_msgpack(nlohmann::json::parse(message), bytes);
            inputs.push_back(kind + bytes);
        }
    }
    for (const char* target :
         {"/v2/stocks/bars?symbols=AAPL,SPY&timeframe=5Min&limit=9&start=2026-03-27",
          "/v2/stocks/AAPL/trades?limit=5&sort=desc&start=2026-03-30T15:00:00-04:00",
          "/v2/stocks/snapshots?symbols=AAPL", "/v2/stocks/AAPL/quotes/latest?feed=iex",
          "/v1beta3/crypto/us/latest/orderbooks?symbols=BTC%2FUSD",
          "/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=1Day&limit=3&page_token="
          "b1da~BTCUSD~1774828800000000000",
          "/v1beta1/news?sort=desc", "/v1/corporate-actions?types=cash_dividend"}) {
        inputs.push_back(std::string("\x04") + target);
    }
    return inputs;
}

}  // namespace

TEST_CASE("whatever clients of market data send is answered") {
    const tradewind::CounterRandom random(5, "market data fuzz");
    const auto inputs = corpus();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        REQUIRE(run(inputs[i]) == 0);
        for (std::uint64_t round = 0; round < 150; ++round) {
            auto mutated = inputs[i];
            for (std::uint64_t cut = 0; cut <= round % 3; ++cut) {
                const auto drawn = random.block(1, {static_cast<std::int32_t>(i)}, round * 4 + cut);
                const auto at = 1 + drawn[0] % mutated.size();
                switch (drawn[1] % 4) {
                    case 0:
                        mutated.resize(at);
                        break;
                    case 1:
                        mutated.insert(at, mutated.substr(at / 2, drawn[2] % 9));
                        break;
                    case 2:
                        mutated.erase(at, drawn[2] % 5);
                        break;
                    default:
                        if (at < mutated.size()) mutated[at] = static_cast<char>(drawn[2]);
                }
            }
            REQUIRE(run(mutated) == 0);
        }
    }
}
