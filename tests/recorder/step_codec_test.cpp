// The step codec: exact round trip, canonical text, and refusal with a place of what is malformed.
#include "actors/recorder/step_codec.hpp"

#include <algorithm>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/recorder/random_step.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

using namespace tradewind;
using namespace tradewind::actors;

namespace {

std::string refusal(std::string_view text) {
    try {
        static_cast<void>(decode_step(text, "s.db step 7"));
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        return error.what();
    }
    return "accepted";
}

void fuzz(const std::string& text) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

TEST_CASE("a step comes back in every field") {
    test::law("decode(encode(x)) == x", [](std::uint64_t seed) {
        const auto inputs = test::RandomStep(seed).inputs();
        RC_ASSERT(test::equal(decode_step(encode_step(inputs), "law"), inputs));
    });
    test::law("equal inputs, equal text, and no other line end", [](std::uint64_t seed) {
        const auto text = encode_step(test::RandomStep(seed).inputs());
        RC_ASSERT(text == encode_step(test::RandomStep(seed).inputs()));
        RC_ASSERT(text == encode_step(decode_step(text, "law")));
        RC_ASSERT(text.find('\n') == std::string::npos);
    });
}

TEST_CASE("two different steps never share a text") {
    test::law("one changed field changes the text", [](std::uint64_t seed) {
        test::RandomStep random(seed);
        auto inputs = random.inputs();
        const auto text = encode_step(inputs);
        switch (random.below(5)) {
            case 0:
                inputs.equity_row = !inputs.equity_row;
                break;
            case 1:
                ++inputs.step.number;
                break;
            case 2:
                inputs.closes.emplace_back();
                break;
            case 3:
                inputs.resumes.push_back({"again"});
                break;
            default:
                inputs.daily.emplace_back();
        }
        RC_ASSERT(encode_step(inputs) != text);
    });
}

TEST_CASE("the text of a step is canonical JSON with exact numbers") {
    StepInputs inputs;
    inputs.step = {9'007'199'254'740'993U, {1'707'143'400'000'000'001}};
    SlotBar close;
    close.slot = 2;
    close.bar.open = Price::of("0.000000001");
    close.bar.volume = 0.1;
    inputs.closes.push_back(close);
    CHECK(encode_step(inputs) ==
          R"({"closes":[{"bar":{"open":"0.000000001","volume":"0.1"},"slot":2,"tradable":true}],)"
          R"("step":{"number":9007199254740993,"time":1707143400000000001}})");
    inputs.closes.clear();
    inputs.resumes.push_back({"\xff"});
    CHECK(encode_step(inputs).find(R"("resumes":[{"reason":{"hex":"ff"}}])") != std::string::npos);
}

TEST_CASE("what is malformed is refused with its place") {
    CHECK(refusal("").find("s.db step 7") != std::string::npos);
    CHECK(refusal("").find("byte 1") != std::string::npos);
    CHECK(refusal("[]").find("not an object") != std::string::npos);
    CHECK(refusal(R"({"step":{},"colour":1})").find("step 7 colour): unknown field") !=
          std::string::npos);
    CHECK(refusal(R"({"step":{"number":-1}})").find("step 7 step.number): out of range") !=
          std::string::npos);
    CHECK(refusal(R"({"step":{"number":1.5}})").find("not a whole number") != std::string::npos);
    CHECK(refusal(R"({"step":{},"closes":[{"bar":{}},{"bar":{"open":"1e3"}}]})")
              .find("step 7 closes[1].bar.open): not a decimal") != std::string::npos);
    CHECK(refusal(R"({"step":{},"closes":[{"slot":4294967296,"bar":{}}]})")
              .find("closes[0].slot): out of range") != std::string::npos);
    CHECK(refusal(R"({"step":{},"broker_events":[{"kind":"lost"}]})")
              .find("broker_events[0].kind): unknown word") != std::string::npos);
    CHECK(refusal(R"({"step":{},"quotes":[{"quote":{"symbol":"A B"}}]})")
              .find("quotes[0].quote.symbol): not a symbol") != std::string::npos);
    CHECK(refusal(R"({"step":{},"halts":7})").find("halts): not a list") != std::string::npos);
    CHECK(refusal(R"({"step":{},"resumes":[{"reason":{"hex":"0"}}]})")
              .find("resumes[0].reason): not a text") != std::string::npos);
    CHECK(refusal(R"({"step":{},"equity_row":1})").find("not true or false") != std::string::npos);
    CHECK(refusal(R"({"step":{"number":1e999}})").find("no double can hold") != std::string::npos);
    CHECK(refusal(R"({"step":{}})") == "accepted");
}

TEST_CASE("any text is refused or understood") {
    test::law("mutated steps", [](std::uint64_t seed) {
        test::RandomStep random(seed);
        auto text = encode_step(random.inputs());
        fuzz(text);
        for (int change = 0; change < 8; ++change) {
            const auto at = random.below(text.size());
            switch (random.below(4)) {
                case 0:
                    text[at] = static_cast<char>(random.below(256));
                    break;
                case 1:
                    text.erase(at, 1 + random.below(9));
                    break;
                case 2:
                    text.insert(at, text.substr(random.below(text.size()), random.below(20)));
                    break;
                default:
                    text.insert(at, 1, "{}[]\",:0-e"[random.below(10)]);
            }
            if (text.empty()) text = "{}";
            fuzz(text);
        }
    });
    fuzz(std::string(100'000, '['));
}
