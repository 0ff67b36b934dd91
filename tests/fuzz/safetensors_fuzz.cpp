// libFuzzer entry of the safetensors reader: any bytes are either refused with an Error or give
// tensors whose bytes lie inside the input. Build with clang++ -fsanitize=fuzzer,address; the test
// suite runs the same entry over a corpus and mutations of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "messages/error.hpp"
#include "model/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tradewind;
    const auto bytes = std::as_bytes(std::span(data, size));
    try {
        const auto file = model::SafeTensors::parse(bytes, "fuzz");
        for (const auto& [name, view] : file.tensors()) {
            const bool inside = view.bytes.empty() || (view.bytes.data() >= bytes.data() &&
                                                       view.bytes.data() + view.bytes.size() <=
                                                           bytes.data() + bytes.size());
            const bool fits = static_cast<std::size_t>(model::value_count(view.shape)) *
                                  model::size_of(view.dtype) ==
                              view.bytes.size();
            if (!inside || !fits) std::abort();
            if (model::is_floating(view.dtype) && view.to_double().size() != view.to_float().size())
                std::abort();
        }
    } catch (const Error&) {
    }
    return 0;
}
