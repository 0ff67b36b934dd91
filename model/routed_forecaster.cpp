#include "model/routed_forecaster.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/classical_forecaster.hpp"
#include "model/ewma.hpp"
#include "model/network_forecaster.hpp"

namespace tradewind::model {

namespace {

bool names_network(const ForecasterChoice& choice) {
    for (const auto& channels : choice.classes) {
        if (!channels) continue;
        for (const ChannelChoice& channel : *channels) {
            if (channel.server == Server::network) return true;
        }
    }
    return false;
}

[[noreturn]] void refuse_parts(const std::string& why) {
    throw Error(ErrorKind::data, "forecaster auto", "choice.json", why,
                "choose again with `tradewind model verify --choose`");
}

// A request for some rows of another one.
ForecastRequest part_of(const ForecastRequest& request, std::span<const std::uint32_t> rows) {
    ForecastRequest part;
    part.id = request.id;
    part.symbol = request.symbol;
    part.series = request.series;
    part.horizon = request.horizon;
    for (const std::uint32_t row : rows) part.rows.push_back(request.rows[row]);
    return part;
}

std::span<Deciles> values_of(Forecast& forecast, std::size_t row) {
    const std::size_t width = forecast.horizon * kSeriesCount;
    return std::span(forecast.values).subspan(row * width, width);
}

}  // namespace

RoutedForecaster::RoutedForecaster(ForecasterChoice choice, const ClassicalParameters& parameters,
                                   std::unique_ptr<Forecaster> network)
    : choice_(std::move(choice)), network_(std::move(network)) {
    if (choice_.parameters != content_id(classical_parameters_json(parameters))) {
        refuse_parts("was made with other classical parameters");
    }
    if (names_network(choice_) && !network_) refuse_parts("needs a network and has none");
    if (network_) network_batches_ = network_->batched();
    const auto place = [this](Server server) -> std::unique_ptr<Forecaster>& {
        return classical_[static_cast<std::size_t>(server)];
    };
    place(Server::ewma) = std::make_unique<EwmaForecaster>(EwmaOptions{0.94, true});
    place(Server::ewma_empirical) =
        make_classical_forecaster(ClassicalKind::ewma_empirical, parameters);
    place(Server::garch) = make_classical_forecaster(ClassicalKind::garch, parameters);
    place(Server::anchored) = make_classical_forecaster(ClassicalKind::anchored, parameters);
    id_ = "auto-" + content_id(forecaster_choice_json(choice_) + (network_ ? network_->id() : ""));
}

std::size_t RoutedForecaster::minimum_points() const {
    return classical_[static_cast<std::size_t>(Server::ewma)]->minimum_points();
}

bool RoutedForecaster::network_serves(const ClassChoice& choice, const ForecastRow& row) const {
    if (!network_ || row.end_index < network_->minimum_points() + 1) return false;
    return std::any_of(choice.begin(), choice.end(), [](const ChannelChoice& channel) {
        return channel.server == Server::network;
    });
}

std::string RoutedForecaster::answer_classically(const ForecastRequest& request,
                                                 std::span<const std::uint32_t> rows,
                                                 std::span<const std::span<Deciles>> values) {
    const ClassChoice choice = choice_.of(*request.series);
    for (std::size_t server = 0; server < kServers; ++server) {
        if (!classical_[server]) continue;
        std::vector<std::size_t> places;  // into rows
        const auto serves = [&](std::size_t channel, const ForecastRow& row) {
            const bool by_network =
                choice[channel].server == Server::network && network_serves(choice, row);
            const Server serving = choice[channel].server == Server::network
                                       ? choice[channel].fallback
                                       : choice[channel].server;
            return !by_network && static_cast<std::size_t>(serving) == server;
        };
        std::vector<std::uint32_t> wanted;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (std::size_t c = 0; c < kSeriesCount; ++c) {
                if (!serves(c, request.rows[rows[i]])) continue;
                places.push_back(i);
                wanted.push_back(rows[i]);
                break;
            }
        }
        if (wanted.empty()) continue;
        const ForecastRequest part = part_of(request, wanted);
        const Forecast answer = classical_[server]->forecast(std::span(&part, 1)).front();
        if (!answer.refusal.empty()) return answer.refusal;
        for (std::size_t i = 0; i < places.size(); ++i) {
            for (std::size_t c = 0; c < kSeriesCount; ++c) {
                if (!serves(c, request.rows[wanted[i]])) continue;
                for (std::size_t step = 0; step < request.horizon; ++step) {
                    values[places[i]][step * kSeriesCount + c] =
                        answer.at(i, step, static_cast<Series>(c));
                }
            }
        }
    }
    return {};
}

std::vector<Forecast> RoutedForecaster::forecast(std::span<const ForecastRequest> requests) {
    std::vector<Forecast> forecasts(requests.size());
    std::vector<ForecastRequest> for_network;
    std::vector<std::pair<std::size_t, std::vector<std::uint32_t>>> network_rows;
    for (std::size_t r = 0; r < requests.size(); ++r) {
        const ForecastRequest& request = requests[r];
        Forecast& forecast = forecasts[r];
        forecast.id = request.id;
        forecast.symbol = request.symbol;
        forecast.horizon = request.horizon;
        forecast.rows = request.rows;
        forecast.producer = id_;
        forecast.refusal = refusal_of(request, minimum_points());
        if (!forecast.refusal.empty()) continue;
        forecast.values.resize(request.rows.size() * request.horizon * kSeriesCount);
        const ClassChoice choice = choice_.of(*request.series);
        std::vector<std::uint32_t> rows;
        for (std::uint32_t row = 0; row < request.rows.size(); ++row) {
            if (network_serves(choice, request.rows[row])) rows.push_back(row);
        }
        if (rows.empty()) continue;
        for_network.push_back(part_of(request, rows));
        network_rows.emplace_back(r, std::move(rows));
    }
    if (!for_network.empty()) {
        std::vector<Forecast> answers = network_->forecast(for_network);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            auto& [r, rows] = network_rows[i];
            forecasts[r].refusal = answers[i].refusal;
            if (!answers[i].refusal.empty()) continue;
            for (std::size_t row = 0; row < rows.size(); ++row) {
                const auto from = values_of(answers[i], row);
                std::copy(from.begin(), from.end(), values_of(forecasts[r], rows[row]).begin());
            }
        }
    }
    for (std::size_t r = 0; r < requests.size(); ++r) {
        Forecast& forecast = forecasts[r];
        if (forecast.refusal.empty()) {
            std::vector<std::uint32_t> rows(requests[r].rows.size());
            std::vector<std::span<Deciles>> values;
            for (std::uint32_t row = 0; row < rows.size(); ++row) {
                rows[row] = row;
                values.push_back(values_of(forecast, row));
            }
            forecast.refusal = answer_classically(requests[r], rows, values);
        }
        if (!forecast.refusal.empty()) forecast.values.clear();
    }
    return forecasts;
}

void RoutedForecaster::warm_up() {
    if (network_) network_->warm_up();
}

BatchedForecaster* RoutedForecaster::batched() {
    return network_batches_ == nullptr ? nullptr : this;
}

const std::array<std::size_t, kContextBuckets.size()>& RoutedForecaster::rows_per_batch() const {
    return network_batches_->rows_per_batch();
}

std::size_t RoutedForecaster::batches_at_once() const {
    return network_batches_->batches_at_once();
}

std::string RoutedForecaster::examine(const ForecastRequest& request,
                                      std::vector<std::size_t>& points) const {
    std::string refusal = refusal_of(request, minimum_points());
    if (!refusal.empty()) return refusal;
    points.assign(request.rows.size(), 1);
    const ClassChoice choice = choice_.of(*request.series);
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < request.rows.size(); ++row) {
        if (network_serves(choice, request.rows[row])) rows.push_back(row);
    }
    if (rows.empty()) return {};
    std::vector<std::size_t> network_points;
    refusal = network_batches_->examine(part_of(request, rows), network_points);
    if (!refusal.empty()) return refusal;
    for (std::size_t i = 0; i < rows.size(); ++i) points[rows[i]] = network_points[i];
    return {};
}

void RoutedForecaster::run(std::span<RowsOfBatch> batches) {
    std::vector<RowsOfBatch> inner(batches.size());
    std::vector<std::size_t> places;
    for (std::size_t b = 0; b < batches.size(); ++b) {
        inner[b].bucket = batches[b].bucket;
        for (BatchedRow& row : batches[b].rows) {
            row.finite = true;
            const ForecastRow& asked = row.request->rows[row.row];
            if (network_serves(choice_.of(*row.request->series), asked)) {
                inner[b].rows.push_back(row);
            }
        }
        if (!inner[b].rows.empty()) places.push_back(b);
    }
    std::vector<RowsOfBatch> occupied;
    for (const std::size_t b : places) occupied.push_back(std::move(inner[b]));
    if (!occupied.empty()) network_batches_->run(occupied);
    for (std::size_t i = 0; i < places.size(); ++i) {
        RowsOfBatch& batch = batches[places[i]];
        batch.failure = occupied[i].failure;
        std::size_t next = 0;
        for (BatchedRow& row : batch.rows) {
            if (next == occupied[i].rows.size()) break;
            if (occupied[i].rows[next].request != row.request ||
                occupied[i].rows[next].row != row.row) {
                continue;
            }
            row.finite = occupied[i].rows[next++].finite;
        }
    }
    for (RowsOfBatch& batch : batches) {
        if (batch.failure) continue;
        // Rows of one request that stand together are asked for together.
        for (std::size_t first = 0; first < batch.rows.size();) {
            const ForecastRequest* const request = batch.rows[first].request;
            std::vector<std::uint32_t> rows;
            std::vector<std::span<Deciles>> values;
            std::size_t end = first;
            for (; end < batch.rows.size() && batch.rows[end].request == request; ++end) {
                rows.push_back(batch.rows[end].row);
                values.push_back(batch.rows[end].values);
            }
            try {
                if (!answer_classically(*request, rows, values).empty()) {
                    for (std::size_t i = first; i < end; ++i) batch.rows[i].finite = false;
                }
            } catch (...) {
                batch.failure = std::current_exception();
                break;
            }
            first = end;
        }
    }
}

std::unique_ptr<Forecaster> open_routed_forecaster(const std::string& folder,
                                                   const ForecasterOptions& options) {
    const ForecasterChoice choice = read_forecaster_choice(folder + "/choice.json");
    const ClassicalParameters parameters = read_classical_parameters(folder + "/classical.json");
    std::unique_ptr<Forecaster> network;
    if (names_network(choice)) {
        const std::string id = Checkpoint::open(folder).id();
        if (id != choice.network) {
            refuse_parts("was made with the network " + choice.network + ", the folder holds " +
                         id);
        }
        ForecasterOptions of_network = options;
        of_network.model = folder;
        of_network.parameters.clear();
        network = open_network_forecaster(of_network);
    }
    return std::make_unique<RoutedForecaster>(choice, parameters, std::move(network));
}

}  // namespace tradewind::model
