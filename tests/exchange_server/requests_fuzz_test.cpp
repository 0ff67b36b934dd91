// The fuzz target of request bodies and of the script of faults over good texts and mutations of
// them; a broken demand aborts.
#include <cstdint>
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
    const std::vector<std::string> orders = {
        R"({"symbol":"AAPL","qty":1.5e-06,"side":"buy","type":"market","time_in_force":"day"})",
        R"({"symbol":"BTC/USD","notional":"25","side":"sell","type":"limit","limit_price":"1e3",)"
        R"("time_in_force":"gtc","client_order_id":null,"stop_price":""})",
        R"({"symbol":"SPY","qty":"2","side":"buy","type":"stop_limit","stop_price":3,)"
        R"("limit_price":4,"order_class":"bracket","take_profit":{"limit_price":9},)"
        R"("stop_loss":{"stop_price":"2","limit_price":1.99},"extended_hours":"True"})",
        R"({"symbol":"SPY","qty":2,"side":"sell","type":"trailing_stop","trail_percent":"0.5",)"
        R"("position_intent":"sell_to_close","time_in_force":"gtc"})"};
    for (const auto& order : orders) {
        inputs.push_back('\0' + order);
        inputs.push_back('\2' + order);
    }
    inputs.push_back(
        "\1"
        R"({"qty":"3","limit_price":10.25,"trail":null,"client_order_id":"x"})");
    inputs.push_back(
        "\2"
        R"({"name":"list","symbols":["A","B"],"deep":[[[{"x":[1,-2.5e10]}]]]})");
    for (const char* script :
         {R"({"faults":[{"fault":"status","status":429,"path":"/v2","retry_after_s":3}]})",
          R"([{"fault":"partial_fill","fraction":0.25,"symbol":"BTC/USD","delay_ms":10}])",
          R"([{"fault":"bad_body","body":{"a":[1,null]},"skip":1,"count":0},{"fault":"drop"}])",
          R"([{"fault":"silence","path":"/v2/iex","after_ms":1,"until_ms":9,"comment":"x"}])"}) {
        inputs.push_back(std::string("\3") + script);
    }
    return inputs;
}

}  // namespace

TEST_CASE("whatever a client posts or a script holds gives a value or its error") {
    const tradewind::CounterRandom random(5, "exchange request fuzz");
    const auto inputs = corpus();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        REQUIRE(run(inputs[i]) == 0);
        for (std::uint64_t round = 0; round < 200; ++round) {
            auto mutated = inputs[i];
            for (std::uint64_t cut = 0; cut <= round % 3; ++cut) {
                const auto drawn = random.block(1, {static_cast<std::int32_t>(i)}, round * 4 + cut);
                const auto at = 1 + drawn[0] % mutated.size();
                switch (drawn[1] % 4) {
                    case 0:
                        mutated.resize(std::min<std::size_t>(at, mutated.size()));
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
    for (const char kind : {'\0', '\1', '\2', '\3'}) {
        REQUIRE(run(kind + std::string(100'000, '[')) == 0);
        REQUIRE(run(kind + std::string(100'000, '{')) == 0);
    }
}
