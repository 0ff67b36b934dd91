// Toto 2.0 for production: constants folded into the weights, tokens that no output depends on left
// out, matrix products of fixed shapes. The same mathematics as toto2_network.cpp; results agree to
// rounding.
//
// Rows go through in blocks whose shape follows from variates and tokens of a row alone, so a row
// has the same bits whatever the batch is and wherever it stands in it. Immutable after
// construction; any number of threads may call forward(). Source: forecast-models spec 2.3, 2.9, 3.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "model/networks/toto2_series.hpp"

namespace tradewind::model {

class Toto2Folded {
  public:
    // False: the configuration has a part that cannot be folded (normalised queries and keys).
    [[nodiscard]] static bool supports(const Toto2Config& config) { return !config.qk_norm; }

    explicit Toto2Folded(const Checkpoint& checkpoint);
    Toto2Folded(const Toto2Folded&) = delete;
    Toto2Folded& operator=(const Toto2Folded&) = delete;
    ~Toto2Folded();

    // Head outputs [B, rows, predicted, patch, 9] of a single pass over the context and all
    // predicted patches but the last, which nothing reads. Statistics of `series` are up to date.
    [[nodiscard]] std::vector<float> forward(const Toto2Series& series,
                                             bool has_missing_values) const;

    [[nodiscard]] NetworkWork work() const;

  private:
    struct Linear {
        std::int64_t in = 0;
        std::int64_t out = 0;
        std::vector<float> weight;  // [out, in]
        std::vector<float> bias;    // empty: none
    };
    // lin2(silu(lin1 x)) + skip x as two products: `second` takes [silu(first x), x].
    struct ResidualMlp {
        Linear first;
        Linear second;
    };
    struct Layer {
        bool across_variates = false;
        Linear query;
        Linear key_value;
        Linear query_key_value;
        Linear out;
        Linear wide;
        Linear narrow;
        float attention_trunk = 1;  // of the residual stream beside the branch
        float mlp_trunk = 1;
    };
    struct Shape;
    struct Workspace;
    [[nodiscard]] Workspace& workspace_of_thread() const;

    Linear fold(const SafeTensors& tensors, const std::string& name, double factor,
                const std::vector<float>& gain) const;
    ResidualMlp fold_mlp(const SafeTensors& tensors, const std::string& name, bool readout,
                         const std::vector<float>& gain) const;
    Layer fold_layer(const SafeTensors& tensors, std::int64_t n) const;
    void fold_queries(Linear& projection, const SafeTensors& tensors, const std::string& name,
                      bool rotated) const;

    void product(const Linear& linear, const float* x, std::int64_t x_stride, float* y,
                 std::int64_t tokens, float keep) const;
    void embed(const ResidualMlp& mlp, const float* x, float* y, std::int64_t tokens,
               Workspace& work) const;
    void feed_forward(const Layer& layer, float* hidden, std::int64_t tokens,
                      Workspace& work) const;
    void full_layer(const Layer& layer, const Shape& shape, Workspace& work) const;
    void output_queries(const Layer& layer, const Shape& shape, Workspace& work,
                        std::int64_t chunk) const;
    void main_block(const Toto2Series& series, const Shape& shape, Workspace& work,
                    std::int64_t first_row, std::int64_t chunk) const;
    void tail_block(const Shape& shape, Workspace& work) const;
    static void take_groups(const std::vector<std::int64_t>& groups, const Shape& shape,
                            std::int64_t row, std::int64_t rows, std::int64_t first,
                            std::vector<std::int64_t>& to);
    void variate_layer(const Layer& layer, const Shape& shape, Workspace& work) const;
    void attend_time(const Shape& shape, Workspace& work, const float* query,
                     std::int64_t query_stride, const float* key_value, std::int64_t stride,
                     float* out, std::int64_t first_query) const;
    void attend_variates(const Shape& shape, Workspace& work, std::int64_t rows, std::int64_t steps,
                         const std::int64_t* group, const float* projected, float* out) const;

    Toto2Config config_;
    ResidualMlp embedding_;
    ResidualMlp head_;
    std::vector<Layer> layers_;
    std::int64_t last_time_layer_ = -1;

    mutable std::mutex workspaces_mutex_;
    mutable std::map<std::thread::id, std::unique_ptr<Workspace>> workspaces_;
    mutable std::atomic<std::uint64_t> products_{0};
    mutable std::atomic<std::uint64_t> allocations_{0};
};

}  // namespace tradewind::model
