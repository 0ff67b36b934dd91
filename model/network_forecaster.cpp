#include "model/network_forecaster.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "messages/error.hpp"
#include "model/input_preparation.hpp"

namespace tradewind::model {

namespace {

// Below this many moves the volatility of a context is a guess.
constexpr std::size_t kFewestPoints = 20;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
    return (value + unit - 1) / unit * unit;
}

}  // namespace

NetworkForecaster::NetworkForecaster(Checkpoint checkpoint, std::unique_ptr<Network> network,
                                     const std::string& id, const BatchPlannerOptions& shapes)
    : checkpoint_(std::move(checkpoint)), network_(std::move(network)), id_(id), shapes_(shapes) {
    const BatchPlanner validated(shapes);
    const Toto2Config& config = checkpoint_.toto2();
    const auto patch = static_cast<std::size_t>(config.patch_size);
    // Buckets are whole patches, and a code patch has room for the last code position.
    if (kContextBuckets.front() % patch != 0 ||
        (checkpoint_.convention().channel_code && patch < 32)) {
        throw Error(ErrorKind::data, "patch_size " + std::to_string(patch), checkpoint_.directory(),
                    "does not fit the context buckets or channel code",
                    "use a model with patches of 32 points");
    }
}

std::size_t NetworkForecaster::minimum_points() const {
    return std::max(kFewestPoints, static_cast<std::size_t>(checkpoint_.toto2().patch_size));
}

std::size_t NetworkForecaster::maximum_points() const {
    return std::min(checkpoint_.convention().context_points, kContextBuckets.back());
}

void NetworkForecaster::run_batch(std::span<const ForecastRequest> requests,
                                  std::vector<Forecast>& forecasts, std::size_t bucket,
                                  std::int64_t horizon, std::span<const Place> places) {
    const auto patch = static_cast<std::size_t>(checkpoint_.toto2().patch_size);
    const InputConvention& convention = checkpoint_.convention();
    const std::size_t context = std::min(kContextBuckets[bucket], maximum_points());
    const std::size_t points = prepared_points(kContextBuckets[bucket], patch, convention);
    const std::size_t row_values = kSeriesCount * points;
    const std::size_t rows = shapes_.rows_per_batch[bucket];

    NetworkInput input;
    input.batch = static_cast<std::int64_t>(rows);
    input.variates = kSeriesCount;
    input.points = static_cast<std::int64_t>(points);
    input.series.assign(rows * row_values, 0.0);  // padding rows: observed zeros, inert
    input.mask.assign(rows * row_values, 1);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const ForecastRequest& request = requests[places[i].request];
        const bool usable = prepare_channels(
            *request.series, request.rows[places[i].row].end_index, kContextBuckets[bucket], patch,
            convention, std::span(input.series).subspan(i * row_values, row_values),
            std::span(input.mask).subspan(i * row_values, row_values));
        ensure(usable, "rows are prepared once before they enter a batch");
        // A context shorter than its bucket: older moves than the model's context stay hidden.
        for (std::size_t s = 0; s < kSeriesCount && context < kContextBuckets[bucket]; ++s) {
            const auto start =
                input.mask.begin() + static_cast<std::ptrdiff_t>(i * row_values + (s + 1) * points -
                                                                 kContextBuckets[bucket]);
            std::fill(start, start + static_cast<std::ptrdiff_t>(kContextBuckets[bucket] - context),
                      std::uint8_t{0});
        }
    }
    NetworkOptions options;
    options.horizon = horizon;
    const NetworkOutput output = network_->run(input, options);

    for (std::size_t i = 0; i < places.size(); ++i) {
        const ForecastRequest& request = requests[places[i].request];
        Forecast& forecast = forecasts[places[i].request];
        std::vector<float> moves(kDeciles * kSeriesCount * request.horizon);
        for (std::size_t q = 0; q < kDeciles; ++q) {
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                const auto from = output.quantiles.begin() +
                                  static_cast<std::ptrdiff_t>(((q * rows + i) * kSeriesCount + s) *
                                                              static_cast<std::size_t>(horizon));
                std::copy(from, from + request.horizon,
                          moves.begin() + static_cast<std::ptrdiff_t>((q * kSeriesCount + s) *
                                                                      request.horizon));
            }
        }
        const std::size_t width = kSeriesCount * request.horizon;
        const std::uint32_t end_index = request.rows[places[i].row].end_index;
        if (!to_cumulative_deciles(
                *request.series, end_index, convention, moves, request.horizon,
                std::span(forecast.values).subspan(places[i].row * width, width))) {
            forecast.refusal =
                "the forecast of bar " + std::to_string(end_index) + " is not finite";
        }
    }
}

std::vector<Forecast> NetworkForecaster::forecast(std::span<const ForecastRequest> requests) {
    const auto patch = static_cast<std::size_t>(checkpoint_.toto2().patch_size);
    std::vector<Forecast> forecasts(requests.size());
    std::map<std::pair<std::size_t, std::int64_t>, std::vector<Place>> batches;
    for (std::size_t r = 0; r < requests.size(); ++r) {
        const ForecastRequest& request = requests[r];
        Forecast& forecast = forecasts[r];
        forecast.id = request.id;
        forecast.symbol = request.symbol;
        forecast.horizon = request.horizon;
        forecast.rows = request.rows;
        forecast.producer = id_;
        forecast.refusal = refusal_of(request, minimum_points());
        std::vector<std::pair<std::size_t, Place>> places;
        for (std::size_t i = 0; i < request.rows.size() && forecast.refusal.empty(); ++i) {
            const std::uint32_t end_index = request.rows[i].end_index;
            const std::size_t moves = std::min<std::size_t>(end_index - 1, maximum_points());
            const std::size_t bucket = bucket_of(moves);
            const std::size_t points =
                prepared_points(kContextBuckets[bucket], patch, checkpoint_.convention());
            std::vector<double> values(kSeriesCount * points);
            std::vector<std::uint8_t> mask(values.size());
            if (!prepare_channels(*request.series, end_index, kContextBuckets[bucket], patch,
                                  checkpoint_.convention(), values, mask)) {
                forecast.refusal = "a price before bar " + std::to_string(end_index) +
                                   " is not positive or a move is absurd";
            }
            places.emplace_back(bucket, Place{r, i});
        }
        if (!forecast.refusal.empty()) continue;
        forecast.values.resize(request.rows.size() * request.horizon * kSeriesCount);
        const std::int64_t horizon = round_up(request.horizon, static_cast<std::int64_t>(patch));
        for (const auto& [bucket, place] : places) batches[{bucket, horizon}].push_back(place);
    }
    for (const auto& [shape, places] : batches) {
        const auto& [bucket, horizon] = shape;
        for (std::size_t first = 0; first < places.size();
             first += shapes_.rows_per_batch[bucket]) {
            const std::size_t count =
                std::min(shapes_.rows_per_batch[bucket], places.size() - first);
            run_batch(requests, forecasts, bucket, horizon,
                      std::span(places).subspan(first, count));
        }
    }
    for (Forecast& forecast : forecasts) {
        if (!forecast.refusal.empty()) forecast.values.clear();
    }
    return forecasts;
}

void NetworkForecaster::warm_up() {
    const auto patch = static_cast<std::size_t>(checkpoint_.toto2().patch_size);
    for (std::size_t bucket = 0; bucket <= bucket_of(maximum_points()); ++bucket) {
        NetworkInput input;
        input.batch = static_cast<std::int64_t>(shapes_.rows_per_batch[bucket]);
        input.variates = kSeriesCount;
        const std::size_t points =
            prepared_points(kContextBuckets[bucket], patch, checkpoint_.convention());
        input.points = static_cast<std::int64_t>(points);
        input.series.assign(shapes_.rows_per_batch[bucket] * kSeriesCount * points, 0.0);
        input.mask.assign(input.series.size(), 1);
        NetworkOptions options;
        options.horizon = static_cast<std::int64_t>(patch);
        const NetworkOutput output = network_->run(input, options);
        ensure(!output.quantiles.empty(), "a warm-up forward answers");
    }
}

std::unique_ptr<Forecaster> open_network_forecaster(const ForecasterOptions& options) {
    if (!options.parameters.empty()) {
        throw Error(ErrorKind::usage, "parameter " + options.parameters.begin()->first,
                    options.model, "is not known for a network", "leave it out");
    }
    Checkpoint checkpoint = Checkpoint::open(options.model);
    NetworkPlacement placement;
    placement.device = options.device;
    placement.threads = options.threads;
    std::unique_ptr<Network> network = open_network(checkpoint, placement);
    const std::string id = checkpoint.id() + "-" + options.device + "-f32";
    return std::make_unique<NetworkForecaster>(std::move(checkpoint), std::move(network), id);
}

}  // namespace tradewind::model
