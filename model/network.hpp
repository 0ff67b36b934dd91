// A neural network behind plain types: what the loadable module `libtradewind_networks.so`
// implements on LibTorch, and the rest of the program uses without seeing a torch header.
//
// Arrays are row-major. B batch rows, V variates of one row, T points, H horizon, Q quantiles.
// A Network is owned by one thread at a time unless its traits say more; run() may be called again
// and again. Equal input in an equal shape gives equal bytes at every batch position. Source:
// forecast-models spec 2, 3, 9.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/safetensors.hpp"

namespace tradewind::model {

struct NetworkInput {
    std::int64_t batch = 0;           // B
    std::int64_t variates = 0;        // V
    std::int64_t points = 0;          // T, any length > 0: left-padded to whole patches inside
    std::vector<double> series;       // [B, V, T]; a value under a false mask is ignored
    std::vector<std::uint8_t> mask;   // [B, V, T], 1 = observed; empty: all observed
    std::vector<std::int64_t> group;  // [B, V], equal id = same group; empty: one group per row

    // Covariates known over context and horizon; not forecast. K = known_variates.
    std::int64_t known_variates = 0;
    std::vector<double> known;              // [B, K, T + H]
    std::vector<std::uint8_t> known_mask;   // [B, K, T + H]; empty: all observed
    std::vector<std::int64_t> known_group;  // [B, K]; empty: the group 0

    // Toto 1.0: the last X of the V variates are exogenous; their future, where given, is decoded
    // upon in place of their own forecast.
    std::int64_t exogenous_variates = 0;   // X
    std::vector<double> future_exogenous;  // [B, X, H]; empty: not known

    // Toto 1.0 sampling: a row's draws are a function of its seed alone, not of its place. Empty:
    // of NetworkOptions::seed and the place in the batch.
    std::vector<std::uint64_t> row_seed;  // [B]
};

struct NetworkOptions {
    std::int64_t horizon = 1;            // H
    std::int64_t decode_block_size = 0;  // 0: single pass; else a multiple of the patch size
    bool has_missing_values = true;      // false is refused when a context patch is empty
    std::int64_t scaler_fallback_min_obs = 0;
    double quantile_real_cap_k = 0;  // 0: no cap

    // Toto 1.0 only.
    bool kv_cache = true;      // cached and uncached decoding differ from the second patch on
    std::int64_t samples = 0;  // sample paths; 0: mean path and the mixture's own quantiles
    std::int64_t samples_per_pass = 0;  // paths of a row in one forward; 0: the network's choice
    std::uint64_t seed = 0;

    bool stages = false;  // also return the named intermediate tensors
    // Not 0: plain tensor operations, unfolded and unpruned, on so many LibTorch threads: the
    // yardstick of `model bench`.
    std::int64_t plain_threads = 0;
};

// What a caller may rely on beyond run().
struct NetworkTraits {
    bool concurrent = false;        // several threads may be inside run() at once
    bool rows_stand_alone = false;  // a single pass gives a row the same bits in any batch size
};

// What production forwards did since the network was opened; steady once every shape has been met.
struct NetworkWork {
    std::uint64_t products = 0;     // matrix products started
    std::uint64_t allocations = 0;  // times that a working buffer had to grow
};

// The seed of one row of a request whose seed is `seed`.
[[nodiscard]] std::uint64_t row_seed_of(std::uint64_t seed, std::uint64_t row);

struct NamedTensor {
    std::string name;
    Shape shape;
    std::vector<float> values;
};

struct NetworkOutput {
    std::vector<double> levels;    // [Q], 0.1 ... 0.9
    std::vector<float> quantiles;  // [Q, B, V, H]; finite unless the network itself broke down
    std::vector<float> mean;       // [B, V, H]; Toto 1.0, else empty
    std::vector<float> samples;    // [B, V, H, samples]; when sampled, else empty
    std::vector<NamedTensor> stages;
};

class Network {
  public:
    Network() = default;
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;
    virtual ~Network() = default;

    // Throws Error: usage for options or shapes that do not fit together, data for values that are
    // not finite, failed when the library underneath failed.
    [[nodiscard]] virtual NetworkOutput run(const NetworkInput& input,
                                            const NetworkOptions& options) = 0;

    [[nodiscard]] virtual NetworkTraits traits() const { return {}; }
    [[nodiscard]] virtual NetworkWork work() const { return {}; }

    // For `doctor` and metadata: library, version, threads, instruction path.
    [[nodiscard]] virtual std::string description() const = 0;
};

// Of weights and matrix products inside the layers. Whatever is chosen, float32 keeps: statistics
// of norms, softmax, rotary tables, residual stream, head; double keeps scaler and price levels.
enum class Precision : std::uint8_t { f32, bf16, f16 };
[[nodiscard]] const char* name_of(Precision precision);  // "f32", ...
// Throws Error (usage) for another name.
[[nodiscard]] Precision parse_precision(const std::string& name);
// What a device computes in where nothing else is asked for: f32 on the CPU, bf16 on CUDA.
[[nodiscard]] Precision standard_precision(const std::string& device);

struct NetworkPlacement {
    std::string device = "cpu";
    unsigned threads = 0;  // of LibTorch inside one product, once per process; 0: one
    Precision precision = Precision::f32;
};

class Checkpoint;

// Builds the network of a checkpoint, opening the module at the first call in the process. Throws
// Error: unavailable when the module or the device cannot be opened, data when the weights do not
// fit the configuration.
[[nodiscard]] std::unique_ptr<Network> open_network(const Checkpoint& checkpoint,
                                                    const NetworkPlacement& placement = {});

// The measured rate of the library's matrix product [tokens, in] x [in, out], in GFLOP/s, on the
// calling thread. Opens the module like open_network().
[[nodiscard]] double measure_products(std::int64_t tokens, std::int64_t in, std::int64_t out,
                                      int repeats);

// The module's entries: C++ behind C names, so that dlsym finds them.
extern "C" {
using OpenNetworkFunction = Network* (*)(const Checkpoint&, const NetworkPlacement&);
using MeasureProductsFunction = double (*)(std::int64_t, std::int64_t, std::int64_t, int);
}
constexpr const char* kOpenNetworkSymbol = "tradewind_open_network";
constexpr const char* kMeasureProductsSymbol = "tradewind_measure_products";

}  // namespace tradewind::model
