// The numeric frame around the Toto 1.0 network, in double and without LibTorch: left padding,
// causal statistics, scaled token values, and the patches that decoding appends. One series serves
// one call of run(); replicated() opens sample paths that share its context.
// Source: forecast-models spec 1.3, 1.4, 1.6, 1.7, 1.9.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/causal_patch_scaler.hpp"
#include "model/network.hpp"
#include "model/toto1_config.hpp"

namespace tradewind::model {

class Toto1Series {
  public:
    // One path per batch row. Checks shapes and values; throws Error (usage, data).
    Toto1Series(const NetworkInput& input, const NetworkOptions& options,
                const Toto1Config& config);

    // The same contexts with nothing appended, `paths` times: row = path x batch + batch row.
    [[nodiscard]] Toto1Series replicated(std::int64_t paths) const;

    [[nodiscard]] std::int64_t batch() const { return context_->batch; }
    [[nodiscard]] std::int64_t rows() const { return context_->batch * paths_; }
    [[nodiscard]] std::int64_t variates() const { return context_->variates; }
    [[nodiscard]] std::int64_t exogenous() const { return context_->exogenous; }
    [[nodiscard]] std::int64_t patches() const { return context_->patches + done_; }
    [[nodiscard]] std::int64_t horizon_patches() const { return context_->horizon_patches; }

    // Group of every variate: [rows, V].
    [[nodiscard]] std::vector<std::int64_t> groups() const;
    // Scaled values of patches [first, first + count): [rows, V, count, patch size].
    [[nodiscard]] std::vector<float> tokens(std::int64_t first, std::int64_t count) const;
    // Statistics of all patches by now: [rows, V, patches].
    [[nodiscard]] std::vector<float> locations() const;
    [[nodiscard]] std::vector<float> scales() const;
    // Statistics of the newest patch: those of the next one's forecast. `row_variate` is
    // row x V + variate.
    [[nodiscard]] double location(std::int64_t row_variate) const;
    [[nodiscard]] double scale(std::int64_t row_variate) const;

    // Appends one patch [rows, V, patch size] as observed; values that are not finite or absurdly
    // large become 0, those of exogenous variates their known future.
    void append(const std::vector<double>& patch);
    // The value appended for a point of the horizon.
    [[nodiscard]] double appended(std::int64_t row_variate, std::int64_t point) const;

  private:
    struct Context {
        std::int64_t batch = 0;
        std::int64_t variates = 0;
        std::int64_t exogenous = 0;
        std::int64_t patches = 0;
        std::int64_t patch_size = 0;
        std::int64_t horizon_patches = 0;
        std::vector<double> values;     // [B, V, patches x patch size], 0 where not observed
        std::vector<std::int64_t> ids;  // [B, V]
        std::vector<double> location;   // [B, V, patches]
        std::vector<double> scale;
        std::vector<ScaleBounds> bounds;      // [B, V]
        std::vector<RunningMoments> moments;  // [B, V], at the end of the context
        std::vector<double> future;  // [B, X, horizon patches x patch size]; empty: not known
    };
    static void load(Context& context, const NetworkInput& input);
    static void measure(Context& context, const std::vector<std::uint8_t>& mask,
                        const Toto1Config& config);
    static void load_future(Context& context, const NetworkInput& input, std::int64_t horizon);
    [[nodiscard]] std::vector<float> statistics(const std::vector<double>& of_context,
                                                const std::vector<double>& of_path) const;
    // The context's row of a path's.
    [[nodiscard]] std::int64_t source(std::int64_t row_variate) const {
        return row_variate % (context_->batch * context_->variates);
    }

    explicit Toto1Series(std::shared_ptr<const Context> context, std::int64_t paths);

    std::shared_ptr<const Context> context_;
    std::int64_t paths_ = 1;
    std::int64_t done_ = 0;                // patches appended
    std::vector<RunningMoments> moments_;  // [rows, V]
    std::vector<double> appended_;         // [rows, V, horizon patches x patch size]
    std::vector<double> location_;         // [rows, V, horizon patches]
    std::vector<double> scale_;
};

}  // namespace tradewind::model
