// libFuzzer entry of the readers of a checkpoint's config.json: any bytes are either refused with
// an Error or give a configuration whose tensors have sane shapes. Build with clang++
// -fsanitize=fuzzer,address; the test suite runs the same entry over a corpus and mutations of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "messages/error.hpp"
#include "model/toto1_config.hpp"
#include "model/toto2_config.hpp"

namespace {

void check(const std::map<std::string, tradewind::model::Shape>& tensors) {
    for (const auto& [name, shape] : tensors) {
        if (tradewind::model::value_count(shape) < 1) std::abort();
    }
}

}  // namespace

// Returns how many families took the text.
int read_model_config(const std::string& text) {
    using namespace tradewind;
    // Shapes of thousands of layers are many tensors, not a fault: bounded to keep a run short.
    constexpr std::int64_t kMostLayers = 64;
    int accepted = 0;
    try {
        const auto config = model::parse_toto1_config(text, "fuzz");
        if (config.num_layers <= kMostLayers) check(model::toto1_tensors(config, true));
        ++accepted;
    } catch (const Error&) {
    }
    try {
        const auto config = model::parse_toto2_config(text, "fuzz");
        if (config.num_layers <= kMostLayers) check(model::toto2_tensors(config));
        ++accepted;
    } catch (const Error&) {
    }
    return accepted;
}

#ifndef TRADEWIND_FUZZ_IN_TESTS
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read_model_config(std::string(reinterpret_cast<const char*>(data), size));
    return 0;
}
#endif
