// libFuzzer entry of the step codec: any text is either refused with an Error of the data kind, or
// gives inputs whose canonical text gives the same inputs and the same text again. Build with
// clang++ -fsanitize=fuzzer,address; the test suite runs the same entry over valid steps and
// mutations of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "actors/recorder/step_codec.hpp"
#include "messages/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tradewind;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const auto canonical = actors::encode_step(actors::decode_step(text, "fuzz"));
        if (actors::encode_step(actors::decode_step(canonical, "fuzz")) != canonical) std::abort();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::data) std::abort();
    }
    return 0;
}
