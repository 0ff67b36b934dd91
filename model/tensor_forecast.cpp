// `tradewind model forecast --input`: a tensor file through a network, in buckets or as it is.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "messages/error.hpp"
#include "model/batch_planner.hpp"
#include "model/checkpoint.hpp"
#include "model/commands.hpp"
#include "model/network.hpp"
#include "model/safetensors.hpp"

namespace tradewind::model {

namespace {

[[noreturn]] void refuse_option(const std::string& key, const std::string& value,
                                const std::string& why) {
    throw Error(ErrorKind::usage, "option " + key, value, why);
}

template <class Number>
Number number_option(const std::string& key, const std::string& value) {
    Number number{};
    const char* const end = value.data() + value.size();
    const auto [rest, fault] = std::from_chars(value.data(), end, number);
    if (value.empty() || fault != std::errc{} || rest != end) {
        refuse_option(key, value, "is not a number");
    }
    return number;
}

bool flag_option(const std::string& key, const std::string& value) {
    for (const char* yes : {"1", "true", "on"}) {
        if (value == yes) return true;
    }
    for (const char* no : {"0", "false", "off"}) {
        if (value == no) return false;
    }
    refuse_option(key, value, "is neither true nor false");
}

NetworkOptions network_options(const TensorForecastOptions& options) {
    NetworkOptions network;
    network.horizon = options.horizon;
    network.stages = options.stages;
    for (const auto& [key, value] : options.set) {
        if (key == "decode_block_size") {
            network.decode_block_size = number_option<std::int64_t>(key, value);
        } else if (key == "has_missing_values") {
            network.has_missing_values = flag_option(key, value);
        } else if (key == "scaler_fallback_min_obs") {
            network.scaler_fallback_min_obs = number_option<std::int64_t>(key, value);
        } else if (key == "quantile_real_cap_k") {
            network.quantile_real_cap_k = number_option<double>(key, value);
        } else {
            throw Error(ErrorKind::usage, "option " + key, options.model,
                        "is not known for this model",
                        "use decode_block_size, has_missing_values, scaler_fallback_min_obs or "
                        "quantile_real_cap_k");
        }
    }
    return network;
}

// A tensor of the input file with its shape checked; `wanted` -1 accepts any size.
const TensorView* tensor_of(const SafeTensors& file, const std::string& name, const Shape& wanted,
                            bool optional) {
    const TensorView* view = file.find(name);
    if (view == nullptr) {
        if (optional) return nullptr;
        throw Error(ErrorKind::data, "tensor " + name, file.where(), "is missing",
                    "give `series` [B, V, T]");
    }
    bool fits = view->shape.size() == wanted.size();
    for (std::size_t i = 0; fits && i < wanted.size(); ++i) {
        fits = wanted[i] == -1 ? view->shape[i] > 0 : view->shape[i] == wanted[i];
    }
    if (!fits) {
        std::string text = to_text(wanted);
        for (std::size_t at = text.find("-1"); at != std::string::npos; at = text.find("-1")) {
            text.replace(at, 2, "any");
        }
        throw Error(ErrorKind::data, "tensor " + name, file.where(),
                    "has shape " + to_text(view->shape) + ", wanted " + text);
    }
    return view;
}

template <class Read>
auto read_tensor(const SafeTensors& file, const std::string& name, Read read) {
    try {
        return read();
    } catch (const Error& error) {
        throw Error(ErrorKind::data, "tensor " + name, file.where(), error.what());
    }
}

NetworkInput read_input(const TensorForecastOptions& options) {
    const SafeTensors file = SafeTensors::open(options.input);
    const std::set<std::string, std::less<>> known_names = {"series", "mask",       "group",
                                                            "known",  "known_mask", "known_group"};
    for (const auto& [name, view] : file.tensors()) {
        if (!known_names.contains(name)) {
            throw Error(ErrorKind::data, "tensor " + name, file.where(),
                        "is not an input of this model",
                        "give series, mask, group, known, known_mask, known_group");
        }
    }
    NetworkInput input;
    const TensorView* series = tensor_of(file, "series", {-1, -1, -1}, false);
    input.batch = series->shape[0];
    input.variates = series->shape[1];
    input.points = series->shape[2];
    input.series = read_tensor(file, "series", [&] { return series->to_double(); });
    if (const auto* mask = tensor_of(file, "mask", series->shape, true)) {
        input.mask = read_tensor(file, "mask", [&] { return mask->to_mask(); });
    }
    if (const auto* group = tensor_of(file, "group", {input.batch, input.variates}, true)) {
        input.group = read_tensor(file, "group", [&] { return group->to_int64(); });
    }
    const std::int64_t points = input.points + options.horizon;
    if (const auto* known = tensor_of(file, "known", {input.batch, -1, points}, true)) {
        input.known_variates = known->shape[1];
        input.known = read_tensor(file, "known", [&] { return known->to_double(); });
    }
    const std::int64_t variates = input.known_variates;
    if (const auto* mask = tensor_of(file, "known_mask", {input.batch, variates, points}, true)) {
        input.known_mask = read_tensor(file, "known_mask", [&] { return mask->to_mask(); });
    }
    if (const auto* group = tensor_of(file, "known_group", {input.batch, variates}, true)) {
        input.known_group = read_tensor(file, "known_group", [&] { return group->to_int64(); });
    }
    return input;
}

// Copies the newest points of rows [first, first + count) of an array [B, V, T] into [rows, V, P],
// right-aligned; what is missing keeps the fill value.
template <class Value>
std::vector<Value> reshape(const std::vector<Value>& from, std::int64_t variates,
                           std::int64_t from_points, std::int64_t first, std::int64_t count,
                           std::int64_t rows, std::int64_t points, Value left, Value inert) {
    std::vector<Value> to(static_cast<std::size_t>(rows * variates * points), inert);
    const std::int64_t shared = std::min(points, from_points);
    for (std::int64_t row = 0; row < count * variates; ++row) {
        auto* const target = to.data() + row * points;
        std::fill(target, target + points - shared, left);
        const auto* const source =
            from.data() + (first * variates + row) * from_points + from_points - shared;
        std::copy(source, source + shared, target + points - shared);
    }
    return to;
}

// Rows [first, first + count) of the input as a forward of fixed shape: the context left-padded to
// `points`, the batch filled with inert rows.
NetworkInput to_shape(const NetworkInput& input, std::int64_t horizon, std::int64_t first,
                      std::int64_t count, std::int64_t rows, std::int64_t points) {
    NetworkInput batch;
    batch.batch = rows;
    batch.variates = input.variates;
    batch.points = points;
    const std::uint8_t hidden = 0;
    const std::uint8_t observed = 1;
    const auto all_observed = [](const std::vector<std::uint8_t>& mask, std::size_t size) {
        return mask.empty() ? std::vector<std::uint8_t>(size, 1) : mask;
    };
    const std::int64_t variates = input.variates;
    batch.series =
        reshape(input.series, variates, input.points, first, count, rows, points, 0.0, 0.0);
    batch.mask = reshape(all_observed(input.mask, input.series.size()), variates, input.points,
                         first, count, rows, points, hidden, observed);
    if (!input.group.empty()) {
        batch.group =
            reshape<std::int64_t>(input.group, 1, variates, first, count, rows, variates, 0, 0);
    }
    batch.known_variates = input.known_variates;
    if (input.known_variates > 0) {
        const std::int64_t known = input.known_variates;
        const std::int64_t length = input.points + horizon;
        batch.known =
            reshape(input.known, known, length, first, count, rows, points + horizon, 0.0, 0.0);
        batch.known_mask = reshape(all_observed(input.known_mask, input.known.size()), known,
                                   length, first, count, rows, points + horizon, hidden, observed);
        if (!input.known_group.empty()) {
            batch.known_group =
                reshape<std::int64_t>(input.known_group, 1, known, first, count, rows, known, 0, 0);
        }
    }
    return batch;
}

struct BatchShape {
    std::int64_t points = 0;
    std::int64_t rows = 0;
    std::string name;
};

BatchShape shape_of(const NetworkInput& input, const TensorForecastOptions& options,
                    const NetworkOptions& network, std::int64_t patch) {
    BatchShape shape;
    if (options.exact_shape || options.stages) {
        shape.points = input.points;
        shape.rows = options.batch > 0 ? std::min(options.batch, input.batch) : input.batch;
        shape.name = "exact";
        return shape;
    }
    const std::size_t bucket = bucket_of(static_cast<std::size_t>(input.points));
    shape.points = static_cast<std::int64_t>(kContextBuckets[bucket]);
    const std::int64_t padded =
        (shape.points + patch - 1) / patch - (input.points + patch - 1) / patch;
    if (padded > 0 && !network.has_missing_values) {
        throw Error(ErrorKind::usage, "option has_missing_values", "off",
                    "does not go with a context padded to " + std::to_string(shape.points),
                    "add --exact-shape");
    }
    // Block decoding is blind to an even number of padded patches only.
    if (network.decode_block_size > 0 && padded > 0 && padded % 2 != 0) shape.points += patch;
    shape.rows = options.batch > 0
                     ? options.batch
                     : static_cast<std::int64_t>(BatchPlannerOptions{}.rows_per_batch[bucket]);
    shape.name = std::to_string(shape.points) + "x" + std::to_string(shape.rows);
    return shape;
}

}  // namespace

std::map<std::string, std::string> forecast_tensors(const TensorForecastOptions& options) {
    if (options.horizon < 1 || options.horizon > kMaximumHorizon) {
        refuse_option("horizon", std::to_string(options.horizon),
                      "is outside 1 to " + std::to_string(kMaximumHorizon));
    }
    if (options.batch < 0) refuse_option("batch", std::to_string(options.batch), "is negative");
    if (options.precision != "f32") {
        throw Error(ErrorKind::usage, "option precision", options.precision,
                    "is not available on " + options.device, "use f32");
    }
    const NetworkOptions network_set = network_options(options);
    const Checkpoint checkpoint = Checkpoint::open(options.model);
    const NetworkInput input = read_input(options);
    const BatchShape shape = shape_of(input, options, network_set, checkpoint.toto2().patch_size);
    if (options.stages && shape.rows != input.batch) {
        throw Error(ErrorKind::usage, "option stages", "", "needs the whole batch in one forward",
                    "leave --batch out");
    }
    const std::unique_ptr<Network> network =
        open_network(checkpoint, {options.device, options.threads});

    SafeTensorsWriter writer;
    std::vector<double> levels;
    std::vector<float> quantiles;
    const std::int64_t row_values = input.variates * options.horizon;
    for (std::int64_t first = 0; first < input.batch; first += shape.rows) {
        const std::int64_t count = std::min(shape.rows, input.batch - first);
        const std::int64_t rows = shape.name == "exact" ? count : shape.rows;
        const NetworkOutput output = network->run(
            to_shape(input, options.horizon, first, count, rows, shape.points), network_set);
        levels = output.levels;
        quantiles.resize(levels.size() * static_cast<std::size_t>(input.batch * row_values));
        for (std::size_t q = 0; q < levels.size(); ++q) {
            const auto level = static_cast<std::int64_t>(q);
            const auto from = output.quantiles.begin() + level * rows * row_values;
            std::copy(from, from + count * row_values,
                      quantiles.begin() + (level * input.batch + first) * row_values);
        }
        for (const NamedTensor& stage : output.stages) {
            writer.add("stage." + stage.name, stage.shape, std::span<const float>(stage.values));
        }
    }
    const auto level_count = static_cast<std::int64_t>(levels.size());
    writer.add("levels", {level_count}, std::span<const double>(levels));
    writer.add("quantiles", {level_count, input.batch, input.variates, options.horizon},
               std::span<const float>(quantiles));
    const std::map<std::string, std::string> metadata = {
        {"model", checkpoint.id()},   {"bucket", shape.name},
        {"device", options.device},   {"precision", options.precision},
        {"version", options.version}, {"weights_sha256", checkpoint.weights_sha256()},
    };
    for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
    writer.write(options.output);
    return metadata;
}

}  // namespace tradewind::model
