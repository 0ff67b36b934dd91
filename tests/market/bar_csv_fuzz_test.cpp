#include <cstdint>
#include <string>
#include <vector>

#include "messages/counter_random.hpp"
#include "tests/catch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace tradewind;

int run(const std::string& text) {
    return LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

const std::vector<std::string>& corpus() {
    static const std::vector<std::string> texts = {
        "",
        "time,open,high,low,close,volume\n",
        "time,open,high,low,close,volume\n2024-02-02,1,2,0.5,1.5,7\n2024-02-05,1,2,0.5,3.5,7",
        "time,open,high,low,close,volume,trade_count,vwap,symbol\r\n"
        "2024-02-02T14:30:00Z,1,2,0.5,1.5,7.25,3,1.1,MSFT\r\n"
        "2024-02-02T14:31:00.5Z,1,2,0.5,1.123456789123,7.25,3,1.1,BTCUSD\r\n"
        "2024-02-02T14:32:00Z,99999999999,2,-0.5,1.5,1e9,3,1.1,MSFT\r\n",
        "volume,close,low,high,open,time\n\n,,,,,\n1,1,1,1,1,2261-12-31\n1,1,1,1,1,1678-01-01\n",
        "time,open,high,low,close,volume\n1678-01-01T00:00:00Z,1,2,0.5,1.5,7\n"
        "2261-12-31T00:00:00Z,1,2,0.5,1.5,7\n",
        std::string("\xef\xbb\xbftime,open,high,low,close,volume\n\0\0\n", 38),
    };
    return texts;
}

// One of a few changes at a drawn place: the kinds of damage that files suffer.
std::string mutated(std::string text, const std::uint32_t* draws) {
    static const std::string kBytes = "0123456789.,-+eTZ:\n\r\0\x80nai\"";
    const auto place = text.empty() ? 0 : draws[0] % text.size();
    const char byte = kBytes[draws[1] % kBytes.size()];
    switch (draws[2] % 5) {
        case 0:
            text.insert(place, 1, byte);
            break;
        case 1:
            if (!text.empty()) text[place] = byte;
            break;
        case 2:
            text.erase(place, 1 + draws[3] % 8);
            break;
        case 3:
            text.insert(place, text.substr(draws[3] % (text.size() + 1), 40));
            break;
        default:
            text.resize(place);
    }
    return text;
}

}  // namespace

TEST_CASE("no bytes break the CSV reader") {
    for (const auto& text : corpus()) CHECK(run(text) == 0);
    const CounterRandom random(1, "bar csv");
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        auto text = corpus()[i % corpus().size()];
        const auto rounds = 1 + random.block(0, Date{}, i)[0] % 6;
        for (std::uint32_t round = 0; round < rounds; ++round) {
            const auto draws = random.block(1 + round, Date{}, i);
            text = mutated(text, draws.data());
        }
        if (run(text) != 0) FAIL("input " << i);
    }
}
