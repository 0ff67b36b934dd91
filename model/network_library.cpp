#include <mutex>

#include "messages/counter_random.hpp"
#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/loadable_module.hpp"
#include "model/network.hpp"

namespace tradewind::model {

const char* name_of(Precision precision) {
    switch (precision) {
        case Precision::f32:
            return "f32";
        case Precision::bf16:
            return "bf16";
        case Precision::f16:
            return "f16";
    }
    return "?";
}

Precision parse_precision(const std::string& name) {
    for (const Precision precision : {Precision::f32, Precision::bf16, Precision::f16}) {
        if (name == name_of(precision)) return precision;
    }
    throw Error(ErrorKind::usage, "option precision", name, "is not known", "use f32, bf16 or f16");
}

Precision standard_precision(const std::string& device) {
    return device == "cuda" ? Precision::bf16 : Precision::f32;
}

std::uint64_t row_seed_of(std::uint64_t seed, std::uint64_t row) {
    const PhiloxBlock block =
        philox({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(row >> 32), 0, 0},
               {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    return static_cast<std::uint64_t>(block[1]) << 32 | block[0];
}

double measure_products(std::int64_t tokens, std::int64_t in, std::int64_t out, int repeats) {
    const auto measure = reinterpret_cast<MeasureProductsFunction>(
        module_symbol("libtradewind_networks.so", kMeasureProductsSymbol,
                      "run tools/setup and build the target tradewind_networks"));
    return measure(tokens, in, out, repeats);
}

std::unique_ptr<Network> open_network(const Checkpoint& checkpoint,
                                      const NetworkPlacement& placement) {
    static std::mutex mutex;
    static OpenNetworkFunction open = nullptr;
    const std::lock_guard lock(mutex);
    if (open == nullptr) {
        open = reinterpret_cast<OpenNetworkFunction>(
            module_symbol("libtradewind_networks.so", kOpenNetworkSymbol,
                          "run tools/setup and build the target tradewind_networks"));
    }
    return std::unique_ptr<Network>(open(checkpoint, placement));
}

}  // namespace tradewind::model
