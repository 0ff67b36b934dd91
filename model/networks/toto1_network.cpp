#include "model/networks/toto1_network.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "messages/error.hpp"
#include "model/networks/toto1_series.hpp"
#include "model/networks/toto1_transformer.hpp"
#include "model/sample_aggregation.hpp"
#include "model/student_mixture.hpp"

namespace tradewind::model {

namespace {

constexpr std::int64_t kLevels = 9;
// Rows of a forward over sample paths: enough for the products, little enough for the caches.
constexpr std::int64_t kPathRows = 512;
constexpr std::int64_t kMostPathsPerPass = 32;

// Head outputs of the next `steps` points: [R, V, steps, K] each.
struct HeadOutput {
    at::Tensor freedom;
    at::Tensor location;
    at::Tensor scale;
    at::Tensor weight;
};

class Toto1Network final : public Network {
  public:
    Toto1Network(const Checkpoint& checkpoint, const NetworkPlacement& placement);

    NetworkOutput run(const NetworkInput& input, const NetworkOptions& options) override;
    [[nodiscard]] NetworkTraits traits() const override {
        return {/*concurrent=*/true, /*rows_stand_alone=*/false};
    }
    [[nodiscard]] std::string description() const override { return description_; }

  private:
    struct Call {
        const NetworkInput& input;
        const NetworkOptions& options;
        NetworkOutput& output;
    };
    // The distributions [R, V, steps] of the points after the newest patch. Without a cache all
    // patches run; with one, those that are not in it.
    std::vector<StudentMixture> forecast(const Toto1Series& series, std::int64_t steps,
                                         Toto1Cache* cache, NetworkOutput* stages) const;
    [[nodiscard]] HeadOutput read_out(const at::Tensor& hidden, std::int64_t steps,
                                      NetworkOutput* stages) const;
    // Points of the next patch that are computed.
    [[nodiscard]] std::int64_t steps_of(const NetworkOptions& options) const;
    [[nodiscard]] static std::int64_t paths_per_pass(const Toto1Series& series,
                                                     const NetworkOptions& options);

    void mean_path(Toto1Series& series, const Call& call) const;
    void sample_paths(const Toto1Series& series, const Call& call) const;
    void decode_paths(Toto1Series& paths, const std::vector<StudentMixture>& first,
                      std::int64_t first_path, Toto1Cache* cache, const Call& call) const;

    Toto1Config config_;
    Toto1Transformer transformer_;
    at::Tensor unembed_weight_;
    at::Tensor unembed_bias_;
    struct Projection {
        at::Tensor weight;
        at::Tensor bias;
    };
    std::array<Projection, 4> head_;  // degrees of freedom, location, scale, weight
    std::string description_;
};

Toto1Network::Toto1Network(const Checkpoint& checkpoint, const NetworkPlacement& placement)
    : config_(checkpoint.toto1()), transformer_(checkpoint, placement) {
    unembed_weight_ = float_weight(checkpoint, "model.unembed.weight");
    unembed_bias_ = float_weight(checkpoint, "model.unembed.bias");
    const char* const parts[] = {"df", "loc_proj", "scale_proj", "mixture_weights"};
    for (std::size_t i = 0; i < head_.size(); ++i) {
        const std::string name = std::string("model.output_distribution.") + parts[i];
        head_[i] = {float_weight(checkpoint, name + ".weight"),
                    float_weight(checkpoint, name + ".bias")};
    }
    description_ = "toto1 on " + placement.device + ", " + name_of(placement.precision) + ", " +
                   std::to_string(at::get_num_threads()) + " thread(s)";
}

HeadOutput Toto1Network::read_out(const at::Tensor& hidden, std::int64_t steps,
                                  NetworkOutput* stages) const {
    const std::int64_t features = steps * config_.embed_dim;
    const at::Tensor flat = at::linear(hidden, unembed_weight_.slice(0, 0, features),
                                       unembed_bias_.slice(0, 0, features));
    if (stages != nullptr) record(&stages->stages, "unembed_last_token", flat);
    const at::Tensor points = flat.unflatten(-1, {steps, config_.embed_dim});
    const auto project = [&points](const Projection& part) {
        return at::linear(points, part.weight, part.bias).contiguous();
    };
    return {project(head_[0]), project(head_[1]), project(head_[2]), project(head_[3])};
}

void record_mixtures(const std::vector<StudentMixture>& mixtures, const Toto1Series& series,
                     std::int64_t steps, NetworkOutput& output) {
    const auto components = static_cast<std::int64_t>(mixtures.front().components().size());
    const Shape shape = {series.rows(), series.variates(), steps, components};
    const auto add = [&](const char* name, double StudentComponent::*field) {
        NamedTensor tensor{name, shape, {}};
        for (const StudentMixture& mixture : mixtures) {
            for (const StudentComponent& component : mixture.components()) {
                tensor.values.push_back(static_cast<float>(component.*field));
            }
        }
        output.stages.push_back(std::move(tensor));
    };
    add("dist.df", &StudentComponent::freedom);
    add("dist.loc", &StudentComponent::location);
    add("dist.scale", &StudentComponent::scale);
    add("dist.weights", &StudentComponent::weight);
    NamedTensor location{"dist.mu", {series.rows(), series.variates()}, {}};
    NamedTensor scale{"dist.s", location.shape, {}};
    for (std::int64_t row = 0; row < series.rows() * series.variates(); ++row) {
        location.values.push_back(static_cast<float>(series.location(row)));
        scale.values.push_back(static_cast<float>(series.scale(row)));
    }
    output.stages.push_back(std::move(location));
    output.stages.push_back(std::move(scale));
}

std::vector<StudentMixture> Toto1Network::forecast(const Toto1Series& series, std::int64_t steps,
                                                   Toto1Cache* cache, NetworkOutput* stages) const {
    const bool whole = cache == nullptr || cache->empty();
    const std::int64_t first = whole ? 0 : series.patches() - 1;
    const std::int64_t count = series.patches() - first;
    std::vector<float> values = series.tokens(first, count);
    std::vector<std::int64_t> groups = series.groups();
    const at::Tensor tokens = at::from_blob(
        values.data(), {series.rows(), series.variates(), count, config_.patch_size}, at::kFloat);
    const at::Tensor ids =
        at::from_blob(groups.data(), {series.rows(), series.variates()}, at::kLong);
    if (stages != nullptr) {
        record(&stages->stages, "scaled", tokens.flatten(2));
        const Shape shape = {series.rows(), series.variates(), count};
        stages->stages.push_back({"scaler.loc", shape, series.locations()});
        stages->stages.push_back({"scaler.scale", shape, series.scales()});
    }
    const at::Tensor hidden = transformer_.newest(tokens, ids, series.exogenous(), cache,
                                                  stages == nullptr ? nullptr : &stages->stages);
    const HeadOutput head = read_out(hidden, steps, stages);
    const auto components = static_cast<std::size_t>(config_.k_components);
    std::vector<StudentMixture> mixtures;
    const auto points = static_cast<std::size_t>(series.rows() * series.variates() * steps);
    mixtures.reserve(points);
    const auto part = [components](const at::Tensor& tensor, std::size_t point) {
        return std::span(tensor.const_data_ptr<float>() + point * components, components);
    };
    for (std::size_t i = 0; i < points; ++i) {
        mixtures.emplace_back(part(head.freedom, i), part(head.location, i), part(head.scale, i),
                              part(head.weight, i));
    }
    if (stages != nullptr) record_mixtures(mixtures, series, steps, *stages);
    return mixtures;
}

// A forecast of one point alone, the commonest one, or whole patches: two shapes.
std::int64_t Toto1Network::steps_of(const NetworkOptions& options) const {
    return !options.stages && options.horizon == 1 ? 1 : config_.patch_size;
}

void Toto1Network::mean_path(Toto1Series& series, const Call& call) const {
    const std::int64_t horizon = call.options.horizon;
    const std::int64_t rows = series.rows() * series.variates();
    NetworkOutput& output = call.output;
    output.quantiles.resize(static_cast<std::size_t>(kLevels * rows * horizon));
    output.mean.resize(static_cast<std::size_t>(rows * horizon));
    Toto1Cache cache;
    for (std::int64_t done = 0; done < series.horizon_patches(); ++done) {
        const std::int64_t steps = steps_of(call.options);
        const bool with_stages = call.options.stages && done == 0;
        const std::vector<StudentMixture> mixtures =
            forecast(series, steps, call.options.kv_cache ? &cache : nullptr,
                     with_stages ? &output : nullptr);
        std::vector<double> patch(static_cast<std::size_t>(rows * config_.patch_size), 0.0);
        std::array<double, kLevels> values{};
        for (std::int64_t row = 0; row < rows; ++row) {
            const double location = series.location(row);
            const double scale = series.scale(row);
            for (std::int64_t p = 0; p < steps; ++p) {
                const StudentMixture& mixture = mixtures[row * steps + p];
                patch[row * config_.patch_size + p] = mixture.mean() * scale + location;
                const std::int64_t point = done * config_.patch_size + p;
                if (point >= horizon) continue;
                mixture.quantiles(output.levels, values);
                for (std::int64_t q = 0; q < kLevels; ++q) {
                    output.quantiles[(q * rows + row) * horizon + point] =
                        static_cast<float>(values[q] * scale + location);
                }
            }
        }
        series.append(patch);
    }
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t point = 0; point < horizon; ++point) {
            output.mean[row * horizon + point] = static_cast<float>(series.appended(row, point));
        }
    }
}

std::int64_t Toto1Network::paths_per_pass(const Toto1Series& series,
                                          const NetworkOptions& options) {
    if (options.samples_per_pass > 0) return options.samples_per_pass;
    const std::int64_t fitting = std::clamp<std::int64_t>(
        kPathRows / (series.batch() * series.variates()), 1, kMostPathsPerPass);
    return std::min(fitting, options.samples);
}

void Toto1Network::decode_paths(Toto1Series& paths, const std::vector<StudentMixture>& first,
                                std::int64_t first_path, Toto1Cache* cache,
                                const Call& call) const {
    const std::int64_t variates = paths.variates();
    std::vector<StudentMixture> later;
    for (std::int64_t done = 0; done < paths.horizon_patches(); ++done) {
        const std::int64_t steps = steps_of(call.options);
        if (done > 0) later = forecast(paths, steps, cache, nullptr);
        std::vector<double> patch(
            static_cast<std::size_t>(paths.rows() * variates * config_.patch_size), 0.0);
        for (std::int64_t row = 0; row < paths.rows() * variates; ++row) {
            const std::int64_t source = row % (paths.batch() * variates);
            const std::int64_t path_row = row / variates;
            DrawKey key;
            const auto batch_row = static_cast<std::uint64_t>(path_row % paths.batch());
            key.row_seed = call.input.row_seed.empty() ? row_seed_of(call.options.seed, batch_row)
                                                       : call.input.row_seed[batch_row];
            key.variate = static_cast<std::uint32_t>(row % variates);
            key.sample = static_cast<std::uint32_t>(first_path + path_row / paths.batch());
            const std::int64_t read =
                std::min(steps, call.options.horizon - done * config_.patch_size);
            for (std::int64_t p = 0; p < read; ++p) {
                key.step = static_cast<std::uint32_t>(done * config_.patch_size + p);
                const StudentMixture& mixture =
                    done == 0 ? first[source * steps + p] : later[row * steps + p];
                patch[row * config_.patch_size + p] =
                    mixture.draw(key) * paths.scale(row) + paths.location(row);
            }
        }
        paths.append(patch);
    }
}

// Draws of the first patch come from one forward over the contexts; what follows runs path by path
// on copies of their cache.
void Toto1Network::sample_paths(const Toto1Series& series, const Call& call) const {
    const NetworkOptions& options = call.options;
    const std::int64_t rows = series.rows() * series.variates();
    const std::int64_t horizon = options.horizon;
    NetworkOutput& output = call.output;
    Toto1Cache prefill;
    const std::vector<StudentMixture> first =
        forecast(series, steps_of(options), options.kv_cache ? &prefill : nullptr, nullptr);
    output.samples.resize(static_cast<std::size_t>(rows * horizon * options.samples));
    const std::int64_t together = paths_per_pass(series, options);
    const bool further = series.horizon_patches() > 1;
    for (std::int64_t path = 0; path < options.samples; path += together) {
        // The last pass is filled up, so that every pass has one shape.
        Toto1Series paths = series.replicated(together);
        Toto1Cache cache;
        if (further && options.kv_cache) cache = prefill.replicated(together);
        decode_paths(paths, first, path, options.kv_cache ? &cache : nullptr, call);
        for (std::int64_t row = 0; row < rows * std::min(together, options.samples - path); ++row) {
            const std::int64_t number = path + row / rows;
            for (std::int64_t point = 0; point < horizon; ++point) {
                output.samples[((row % rows) * horizon + point) * options.samples + number] =
                    static_cast<float>(paths.appended(row, point));
            }
        }
    }
    const auto points = static_cast<std::size_t>(rows * horizon);
    const auto count = static_cast<std::size_t>(options.samples);
    output.quantiles.resize(kLevels * points);
    output.mean.resize(points);
    std::vector<double> sorted(count);
    for (std::size_t point = 0; point < points; ++point) {
        std::copy_n(output.samples.begin() + static_cast<std::ptrdiff_t>(point * count), count,
                    sorted.begin());
        std::sort(sorted.begin(), sorted.end());
        double sum = 0;
        for (const double value : sorted) sum += value;
        output.mean[point] = static_cast<float>(sum / static_cast<double>(count));
        for (std::size_t q = 0; q < kLevels; ++q) {
            output.quantiles[q * points + point] =
                static_cast<float>(interpolated_quantile(sorted, output.levels[q]));
        }
    }
}

NetworkOutput Toto1Network::run(const NetworkInput& input, const NetworkOptions& options) {
    const c10::InferenceMode guard;
    at::init_num_threads();  // a thread that runs a network for the first time
    try {
        Toto1Series series(input, options, config_);
        NetworkOutput output;
        for (std::int64_t q = 1; q <= kLevels; ++q) {
            output.levels.push_back(static_cast<double>(q) / 10);
        }
        const Call call{input, options, output};
        if (options.samples > 0) {
            if (options.stages) {
                throw Error(ErrorKind::usage, "stages", "", "are defined without samples only",
                            "leave samples at 0");
            }
            sample_paths(series, call);
        } else {
            mean_path(series, call);
        }
        return output;
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::failed, "network", "LibTorch", error.what_without_backtrace());
    }
}

}  // namespace

std::unique_ptr<Network> make_toto1_network(const Checkpoint& checkpoint,
                                            const NetworkPlacement& placement) {
    const c10::InferenceMode guard;
    try {
        return std::make_unique<Toto1Network>(checkpoint, placement);
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::failed, "network", "LibTorch", error.what_without_backtrace());
    }
}

}  // namespace tradewind::model
