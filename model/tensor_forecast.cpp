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

// What `--set` says, by the family's own names.
struct FamilyOptions {
    NetworkOptions network;
    std::int64_t exogenous_variates = -1;  // Toto 1.0; -1: as many as the input knows the future of
};

bool set_toto1(FamilyOptions& family, const std::string& key, const std::string& value) {
    NetworkOptions& network = family.network;
    if (key == "kv_cache") {
        network.kv_cache = flag_option(key, value);
    } else if (key == "samples") {
        network.samples = number_option<std::int64_t>(key, value);
    } else if (key == "samples_per_batch") {
        network.samples_per_pass = number_option<std::int64_t>(key, value);
    } else if (key == "seed") {
        network.seed = number_option<std::uint64_t>(key, value);
    } else if (key == "num_exogenous") {
        family.exogenous_variates = number_option<std::int64_t>(key, value);
        if (family.exogenous_variates < 0) refuse_option(key, value, "is negative");
    } else {
        return false;
    }
    return true;
}

bool set_toto2(FamilyOptions& family, const std::string& key, const std::string& value) {
    NetworkOptions& network = family.network;
    if (key == "decode_block_size") {
        network.decode_block_size = number_option<std::int64_t>(key, value);
    } else if (key == "has_missing_values") {
        network.has_missing_values = flag_option(key, value);
    } else if (key == "scaler_fallback_min_obs") {
        network.scaler_fallback_min_obs = number_option<std::int64_t>(key, value);
    } else if (key == "quantile_real_cap_k") {
        network.quantile_real_cap_k = number_option<double>(key, value);
    } else {
        return false;
    }
    return true;
}

FamilyOptions family_options(const TensorForecastOptions& options, ModelFamily family) {
    FamilyOptions result;
    result.network.horizon = options.horizon;
    result.network.stages = options.stages;
    const bool toto1 = family == ModelFamily::toto1;
    for (const auto& [key, value] : options.set) {
        if (toto1 ? set_toto1(result, key, value) : set_toto2(result, key, value)) continue;
        throw Error(ErrorKind::usage, "option " + key, options.model, "is not known for this model",
                    toto1 ? "use kv_cache, samples, samples_per_batch, seed or num_exogenous"
                          : "use decode_block_size, has_missing_values, scaler_fallback_min_obs "
                            "or quantile_real_cap_k");
    }
    return result;
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

void refuse_foreign_tensors(const SafeTensors& file, ModelFamily family) {
    const std::set<std::string, std::less<>> known_names =
        family == ModelFamily::toto1
            ? std::set<std::string, std::less<>>{"series", "mask", "group", "future_exogenous"}
            : std::set<std::string, std::less<>>{"series", "mask",       "group",
                                                 "known",  "known_mask", "known_group"};
    for (const auto& [name, view] : file.tensors()) {
        if (known_names.contains(name)) continue;
        std::string names;
        for (const std::string& known : known_names) names += (names.empty() ? "" : ", ") + known;
        throw Error(ErrorKind::data, "tensor " + name, file.where(),
                    "is not an input of this model", "give " + names);
    }
}

void read_exogenous(const SafeTensors& file, const FamilyOptions& family, std::int64_t horizon,
                    NetworkInput& input) {
    input.exogenous_variates = std::max<std::int64_t>(family.exogenous_variates, 0);
    const TensorView* future =
        tensor_of(file, "future_exogenous", {input.batch, -1, horizon}, true);
    if (future == nullptr) return;
    const std::int64_t count = future->shape[1];
    if (count > input.variates ||
        (family.exogenous_variates >= 0 && family.exogenous_variates != count)) {
        throw Error(
            ErrorKind::data, "tensor future_exogenous", file.where(),
            "holds " + std::to_string(count) + " variates of " + std::to_string(input.variates),
            "give the futures of the last variates of `series`");
    }
    input.exogenous_variates = count;
    input.future_exogenous =
        read_tensor(file, "future_exogenous", [&] { return future->to_double(); });
}

NetworkInput read_input(const TensorForecastOptions& options, ModelFamily model,
                        const FamilyOptions& family) {
    const SafeTensors file = SafeTensors::open(options.input);
    refuse_foreign_tensors(file, model);
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
    if (model == ModelFamily::toto1) {
        read_exogenous(file, family, options.horizon, input);
        return input;
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
NetworkInput to_shape(const NetworkInput& input, const NetworkOptions& options, std::int64_t first,
                      std::int64_t count, std::int64_t rows, std::int64_t points) {
    const std::int64_t horizon = options.horizon;
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
    batch.exogenous_variates = input.exogenous_variates;
    if (!input.future_exogenous.empty()) {
        batch.future_exogenous = reshape(input.future_exogenous, input.exogenous_variates, horizon,
                                         first, count, rows, horizon, 0.0, 0.0);
    }
    for (std::int64_t row = 0; options.samples > 0 && row < rows; ++row) {
        batch.row_seed.push_back(
            row_seed_of(options.seed, static_cast<std::uint64_t>(first + row)));
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
                    const NetworkOptions& network, const Checkpoint& checkpoint) {
    const std::int64_t patch = checkpoint.patch_size();
    BatchShape shape;
    if (options.exact_shape || options.stages) {
        shape.points = input.points;
        shape.rows = options.batch > 0 ? std::min(options.batch, input.batch) : input.batch;
        shape.name = "exact";
        return shape;
    }
    const std::size_t bucket = bucket_of(static_cast<std::size_t>(input.points));
    const auto bucket_rows =
        static_cast<std::int64_t>(BatchPlannerOptions{}.rows_per_batch[bucket]);
    if (checkpoint.family() == ModelFamily::toto1) {
        // Empty patches in front would change the forecast: the context keeps its length.
        shape.points = input.points;
        shape.rows = options.batch > 0 ? options.batch : bucket_rows;
        shape.name = std::to_string((input.points + patch - 1) / patch * patch) + "x" +
                     std::to_string(shape.rows);
        return shape;
    }
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
    shape.rows = options.batch > 0 ? options.batch : bucket_rows;
    shape.name = std::to_string(shape.points) + "x" + std::to_string(shape.rows);
    return shape;
}

// Puts the answers of rows [first, first + count) of one forward into those of the whole input:
// arrays [outer, B, inner].
void gather(const std::vector<float>& from, std::int64_t from_rows, std::vector<float>& to,
            std::int64_t to_rows, std::int64_t first, std::int64_t count, std::int64_t outer) {
    if (from.empty()) return;
    const std::int64_t inner = static_cast<std::int64_t>(from.size()) / outer / from_rows;
    to.resize(static_cast<std::size_t>(outer * to_rows * inner));
    for (std::int64_t i = 0; i < outer; ++i) {
        const auto source = from.begin() + i * from_rows * inner;
        std::copy(source, source + count * inner, to.begin() + (i * to_rows + first) * inner);
    }
}

// The stages of the reference keep their names, the parts of the mixture theirs.
void write_stages(const NetworkOutput& output, SafeTensorsWriter& writer) {
    for (const NamedTensor& stage : output.stages) {
        const bool part = stage.name.starts_with("dist.");
        writer.add(part ? stage.name : "stage." + stage.name, stage.shape,
                   std::span<const float>(stage.values));
    }
}

}  // namespace

std::map<std::string, std::string> forecast_tensors(const TensorForecastOptions& options) {
    if (options.horizon < 1 || options.horizon > kMaximumHorizon) {
        refuse_option("horizon", std::to_string(options.horizon),
                      "is outside 1 to " + std::to_string(kMaximumHorizon));
    }
    if (options.batch < 0) refuse_option("batch", std::to_string(options.batch), "is negative");
    NetworkPlacement placement;
    placement.device = options.device;
    placement.threads = options.threads;
    placement.precision = options.precision.empty() ? standard_precision(options.device)
                                                    : parse_precision(options.precision);
    const Checkpoint checkpoint = Checkpoint::open(options.model);
    const FamilyOptions family = family_options(options, checkpoint.family());
    const NetworkOptions& network_set = family.network;
    const NetworkInput input = read_input(options, checkpoint.family(), family);
    const BatchShape shape = shape_of(input, options, network_set, checkpoint);
    if (options.stages && shape.rows != input.batch) {
        throw Error(ErrorKind::usage, "option stages", "", "needs the whole batch in one forward",
                    "leave --batch out");
    }
    const std::unique_ptr<Network> network = open_network(checkpoint, placement);

    SafeTensorsWriter writer;
    NetworkOutput whole;
    for (std::int64_t first = 0; first < input.batch; first += shape.rows) {
        const std::int64_t count = std::min(shape.rows, input.batch - first);
        const std::int64_t rows = shape.name == "exact" ? count : shape.rows;
        const NetworkOutput output = network->run(
            to_shape(input, network_set, first, count, rows, shape.points), network_set);
        whole.levels = output.levels;
        gather(output.quantiles, rows, whole.quantiles, input.batch, first, count,
               static_cast<std::int64_t>(output.levels.size()));
        gather(output.mean, rows, whole.mean, input.batch, first, count, 1);
        gather(output.samples, rows, whole.samples, input.batch, first, count, 1);
        write_stages(output, writer);
    }
    const auto level_count = static_cast<std::int64_t>(whole.levels.size());
    const Shape points = {input.batch, input.variates, options.horizon};
    writer.add("levels", {level_count}, std::span<const double>(whole.levels));
    writer.add("quantiles", {level_count, points[0], points[1], points[2]},
               std::span<const float>(whole.quantiles));
    if (!whole.mean.empty()) writer.add("mean", points, std::span<const float>(whole.mean));
    if (!whole.samples.empty()) {
        writer.add("samples", {points[0], points[1], points[2], network_set.samples},
                   std::span<const float>(whole.samples));
    }
    const std::map<std::string, std::string> metadata = {
        {"model", checkpoint.id()},   {"bucket", shape.name},
        {"device", options.device},   {"precision", name_of(placement.precision)},
        {"version", options.version}, {"weights_sha256", checkpoint.weights_sha256()},
    };
    for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
    writer.write(options.output);
    return metadata;
}

}  // namespace tradewind::model
