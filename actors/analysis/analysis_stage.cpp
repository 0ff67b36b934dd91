#include "actors/analysis/analysis_stage.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "market/calendar.hpp"
#include "messages/error.hpp"
#include "model/ewma.hpp"
#include "strategy/hourly.hpp"

namespace tradewind::actors {
namespace {

// FNV-1a over 64-bit words: an identity of the inputs, not a proof.
std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
    for (int byte = 0; byte < 8; ++byte) {
        hash = (hash ^ (word >> (8 * byte) & 0xff)) * 0x100000001b3ULL;
    }
    return hash;
}

std::string hex(std::uint64_t value) {
    std::array<char, 16> text;
    text.fill('0');
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
    std::copy(digits.begin(), end, text.end() - (end - digits.begin()));
    return {text.begin(), text.end()};
}

}  // namespace

std::vector<std::optional<double>> exponential_pnl_forecasts(
    std::span<const strategy::ReturnHistory> histories) {
    const model::EwmaOptions options;
    std::vector<std::optional<double>> answers;
    for (const auto& history : histories) {
        if (history.returns.size() < model::kEwmaMinimumPoints) {
            answers.emplace_back();
            continue;
        }
        model::EwmaState state;
        for (const double value : history.returns) state.add(value, options.lambda);
        answers.emplace_back(state.mean());
    }
    return answers;
}

AnalysisStage::AnalysisStage(AnalysisSettings settings, std::vector<strategy::SymbolInfo> symbols)
    : settings_(std::move(settings)), symbols_(std::move(symbols)), states_(symbols_.size()) {
    settings_.accepted_moves.resize(symbols_.size());
}

Snapshot AnalysisStage::snapshot_of(const AnalysisTask& task) const {
    Snapshot snapshot;
    snapshot.symbol = symbols_[task.slot].instrument.symbol;
    snapshot.as_of = task.now;
    snapshot.series = task.series;
    snapshot.visible = task.visible;
    if (task.quote) {
        snapshot.quote = *task.quote;
        snapshot.has_quote = true;
    }
    return snapshot;
}

std::optional<ForecastRequest> AnalysisStage::needed(const AnalysisTask& task) {
    auto& state = states_[task.slot];
    if (state.series != task.series) {
        // A series that only grew keeps what was computed; a revised one starts anew.
        const bool grew = state.series && task.series->bars.size() >= state.series->bars.size() &&
                          std::equal(state.series->bars.begin(), state.series->bars.end(),
                                     task.series->bars.begin());
        if (!grew) state = Symbolic{};
        state.series = task.series;
    }
    const auto& instrument = symbols_[task.slot].instrument;
    const auto snapshot = snapshot_of(task);
    market::SnapshotRules rules;
    if (settings_.portfolio.hourly) {
        rules = strategy::hourly_snapshot_rules(instrument.asset_class);
    }
    rules.asset_class = instrument.asset_class;
    // About four years are looked at: a split before them moves nothing any more.
    rules.history_bars = instrument.asset_class == AssetClass::crypto ? 4 * 365 : 4 * 252;
    rules.sessions_behind = settings_.decision_lag - 1;
    rules.check_freshness = settings_.check_freshness;
    rules.accepted_moves = settings_.accepted_moves[task.slot];
    rules.appended_from = task.appended_from;
    state.refusal =
        strategy::refusal_reason(static_cast<std::uint32_t>(task.visible), settings_.portfolio);
    if (state.refusal.empty()) state.refusal = market::snapshot_refusal(snapshot, rules);
    if (!state.refusal.empty()) return std::nullopt;
    ForecastRequest request;
    request.symbol = instrument.symbol;
    request.series = task.series;
    const auto options = settings_.portfolio.walk_forward(instrument.asset_class);
    for (const auto day :
         strategy::required_days(static_cast<std::uint32_t>(task.visible), options)) {
        if (!state.forecasts.find(day)) request.rows.push_back({day});
    }
    if (request.rows.empty()) return std::nullopt;
    return request;
}

AnalysisReply AnalysisStage::analyse(const AnalysisTask& task, const Forecast* fresh) {
    auto& state = states_[task.slot];
    const auto& instrument = symbols_[task.slot].instrument;
    AnalysisReply reply;
    reply.slot = task.slot;
    strategy::AnalysisInput input;
    input.snapshot = snapshot_of(task);
    input.asset_class = instrument.asset_class;
    input.day = task.day;
    if (state.refusal.empty() && fresh && !fresh->refusal.empty()) state.refusal = fresh->refusal;
    if (!state.refusal.empty()) {
        reply.row =
            strategy::refusal(input.snapshot, instrument.asset_class, task.day, state.refusal);
        return reply;
    }
    hash_inputs(state, task.visible + 1);
    if (fresh) {
        state.forecasts.add(*fresh);
        input.producer = fresh->producer;
        record(task, *fresh, reply);
    }
    input.input_hash = hex(state.input_hashes[task.visible]);
    const auto live = static_cast<std::uint32_t>(task.visible);
    const auto* forecast = state.forecasts.find(live);
    input.has_live = forecast != nullptr;
    if (forecast) input.live = *forecast;
    reply.row = strategy::analyse_symbol(input, state.forecasts, state.rows, task.context,
                                         settings_.portfolio, exponential_pnl_forecasts,
                                         &reply.solved_rows);
    return reply;
}

// What the forecast of day i saw: the bars before i, chained, so that a day costs one bar.
void AnalysisStage::hash_inputs(Symbolic& state, std::size_t up_to) {
    auto& hashes = state.input_hashes;
    if (hashes.empty()) hashes.push_back(0xcbf29ce484222325ULL);
    const auto& bars = state.series->bars;
    while (hashes.size() <= up_to && hashes.size() <= bars.size()) {
        const auto& bar = bars[hashes.size() - 1];
        auto hash = hashes.back();
        for (const auto price : {bar.open, bar.high, bar.low, bar.close}) {
            hash = mix(hash, static_cast<std::uint64_t>(price.units()));
        }
        hashes.push_back(mix(hash, static_cast<std::uint64_t>(bar.start.ns)));
    }
}

void AnalysisStage::record(const AnalysisTask& task, const Forecast& fresh, AnalysisReply& reply) {
    const auto& state = states_[task.slot];
    const auto& bars = task.series->bars;
    for (std::size_t row = 0; row < fresh.rows.size(); ++row) {
        const auto day = fresh.rows[row].end_index;
        // The live day's bar is known by its date alone.
        const auto time = day < task.visible ? bars[day].start : task.now;
        for (std::size_t series = 0; series < kSeriesCount; ++series) {
            ledger::ForecastRecord forecast;
            forecast.time = time;
            forecast.symbol = fresh.symbol;
            forecast.series = static_cast<Series>(series);
            forecast.model = fresh.producer;
            forecast.quantiles = fresh.at(row, 0, forecast.series);
            forecast.input_hash = hex(state.input_hashes[day]);
            reply.forecasts.push_back(std::move(forecast));
        }
    }
}

}  // namespace tradewind::actors
