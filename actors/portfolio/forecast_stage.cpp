#include "actors/portfolio/forecast_stage.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "market/calendar.hpp"
#include "messages/error.hpp"
#include "model/request_queue.hpp"

namespace tradewind::actors {
namespace {

std::optional<StrategyKind> kind_named(const std::string& text) {
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        const auto kind = static_cast<StrategyKind>(i);
        if (text == name_of(kind)) return kind;
    }
    return std::nullopt;
}

// The day of the pass for symbols of this calendar; empty: none is due.
std::optional<Date> pass_day(const StepInputs& inputs, bool utc_days) {
    for (const auto& session : inputs.sessions) {
        if (session.phase == SessionPhase::opened && session.crypto == utc_days) {
            return session.date;
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<PassEnded> passes_of(const DecideRequest& request) {
    if (!request.inputs || request.closing) return {};
    return request.inputs->passes;
}

ForecastStage::ForecastStage(ForecastStageSettings settings,
                             std::vector<strategy::SymbolInfo> symbols)
    : settings_(std::move(settings)),
      symbols_(std::move(symbols)),
      quotes_(symbols_.size()),
      ended_(symbols_.size(), 0),
      endings_(symbols_.size()) {
    strategy::check(settings_.analysis.portfolio);
}

AnalysisTask ForecastStage::task_of(SlotId slot, Timestamp now, Date day) {
    const auto& series = settings_.series[slot];
    auto& ended = ended_[slot];
    while (ended < series->bars.size() && series->bars[ended].end <= now) ++ended;
    AnalysisTask task;
    task.slot = slot;
    task.series = series;
    const auto lag = static_cast<std::size_t>(settings_.analysis.decision_lag - 1);
    task.visible = ended > lag ? ended - lag : 0;
    task.now = now;
    task.day = day;
    task.quote = quote_of(slot, now);
    task.context.now = now;
    task.context.quote = task.quote;
    task.context.last_loss = endings_[slot].last_loss;
    task.context.last_trades = endings_[slot].last_trades;
    return task;
}

// Daily bars that a running market completed, and its newest quotes.
void ForecastStage::take_market(const StepInputs& inputs) {
    for (const auto& quote : inputs.quotes) quotes_[quote.slot] = quote.quote;
    for (const auto& daily : inputs.daily) {
        auto& series = settings_.series[daily.slot];
        if (!series->bars.empty() && daily.bar.start <= series->bars.back().start) continue;
        auto grown = std::make_shared<BarSeries>(*series);
        grown->bars.push_back(daily.bar);
        series = std::move(grown);
    }
}

std::optional<Quote> ForecastStage::quote_of(SlotId slot, Timestamp now) const {
    if (quotes_[slot].valid()) return quotes_[slot];
    if (!settings_.modelled_quotes || ended_[slot] == 0) return std::nullopt;
    return market::modelled_quote(symbols_[slot].instrument, settings_.costs,
                                  settings_.series[slot]->bars[ended_[slot] - 1].close, now);
}

std::vector<AnalysisTask> ForecastStage::begin(const DecideRequest& request) {
    std::vector<AnalysisTask> tasks;
    if (!request.inputs || request.closing) return tasks;
    take_market(*request.inputs);
    if (request.now < settings_.from) return tasks;
    for (SlotId slot = 0; slot < symbols_.size(); ++slot) {
        if (const auto day = pass_day(*request.inputs, symbols_[slot].utc_days)) {
            tasks.push_back(task_of(slot, request.now, *day));
        }
    }
    return tasks;
}

DecideReply ForecastStage::finish(DecideRequest&& request, std::vector<AnalysisReply> replies) {
    DecideReply reply;
    reply.events = std::move(request.events);
    note_endings(request.round_trips);
    if (replies.empty()) return reply;
    ensure(request.account && request.headroom, "a pass has a fresh account snapshot");
    std::sort(replies.begin(), replies.end(),
              [](const auto& a, const auto& b) { return a.slot < b.slot; });
    std::vector<bool> decides(symbols_.size(), false);
    for (auto& one : replies) {
        decides[one.slot] = true;
        rows_[one.slot] = std::move(one.row);
        std::move(one.forecasts.begin(), one.forecasts.end(), std::back_inserter(reply.forecasts));
    }
    strategy::PassInput input;
    input.time = request.now;
    input.account = *request.account;
    input.headroom = *request.headroom;
    input.previous = picks_;
    for (const auto& [slot, row] : rows_) {
        strategy::PassSymbol symbol;
        symbol.instrument = symbols_[slot].instrument;
        symbol.row = row;
        symbol.decides = decides[slot];
        symbol.quote = quote_of(slot, request.now);
        input.symbols.push_back(std::move(symbol));
    }
    auto plan = strategy::plan_daily_pass(input, settings_.analysis.portfolio);
    if (picks_ != plan.picks) {
        picks_ = std::move(plan.picks);
        ledger::PlanRecord kept;
        kept.plan_id = kPicksPlan;
        kept.kind = kPicksPlan;
        kept.content = picks_text();
        reply.plans.push_back(std::move(kept));
    }
    reply.wanted.cancels = std::move(plan.cancels);
    reply.wanted.intents = std::move(plan.intents);
    reply.wanted.decisions = std::move(plan.decisions);
    return reply;
}

// How trades ended, from the fills that ended them (H8): the cooldown and loss gates read it.
void ForecastStage::note_endings(const std::vector<orders::RoundTrip>& trips) {
    for (const auto& trip : trips) {
        const auto found = std::find_if(symbols_.begin(), symbols_.end(), [&](const auto& info) {
            return info.instrument.symbol == trip.symbol;
        });
        if (found == symbols_.end()) continue;
        auto& ending = endings_[static_cast<std::size_t>(found - symbols_.begin())];
        if (trip.pnl.sign() < 0) ending.last_loss = trip.exit_time;
        if (const auto kind = kind_named(trip.strategy)) {
            auto& last = ending.last_trades[{trip.side, *kind}];
            const auto before = last.closed.ns != 0 ? std::optional(last.pnl) : std::nullopt;
            last = {trip.exit_time, trip.pnl.to_double(), before};
        }
    }
}

// One line a pick: symbol, strategy, side, entry, target, when it was opened, whether as a probe.
std::string ForecastStage::picks_text() const {
    std::string text;
    for (const auto& [symbol, pick] : picks_) {
        text += symbol.to_string() + ' ' + name_of(pick.strategy) + ' ' +
                std::string(to_text(pick.side)) + ' ' + pick.entry.to_string() + ' ' +
                pick.target.to_string() + ' ' + std::to_string(pick.opened.ns) + ' ' +
                (pick.probe ? '1' : '0') + '\n';
    }
    return text;
}

void ForecastStage::restore_picks(const std::string& content) {
    std::istringstream lines(content);
    std::string line;
    picks_.clear();
    while (std::getline(lines, line)) {
        std::istringstream in(line);
        std::string symbol;
        std::string kind;
        std::string side;
        std::string entry;
        std::string target;
        std::int64_t opened = 0;
        bool probe = false;
        in >> symbol >> kind >> side >> entry >> target;
        // Older stores end here.
        if (in && !(in >> std::ws).eof()) in >> opened >> probe;
        const auto strategy = kind_named(kind);
        const auto direction = side_of(side);
        const auto entry_price = Price::parse(entry);
        const auto target_price = Price::parse(target);
        if (in.fail() || !Symbol::valid(symbol) || !strategy || !direction || !entry_price ||
            !target_price) {
            throw Error(ErrorKind::corrupt, "unreadable plan", kPicksPlan, "not a list of picks",
                        "run `tradewind verify` on the state folder");
        }
        picks_[Symbol(symbol)] = {*strategy,     *direction,        *entry_price,
                                  *target_price, Timestamp{opened}, probe};
    }
}

SequentialForecastStage::SequentialForecastStage(ForecastStageSettings settings,
                                                 std::vector<strategy::SymbolInfo> symbols,
                                                 std::unique_ptr<model::Forecaster> forecaster,
                                                 std::shared_ptr<model::ForecastCache> cache)
    : stage_(settings, symbols),
      analysis_(settings.analysis, symbols),
      forecaster_(std::move(forecaster)),
      cache_(std::move(cache)) {}

std::vector<AnalysisReply> SequentialForecastStage::analysed(
    const std::vector<AnalysisTask>& tasks) {
    std::vector<ForecastRequest> requests;
    std::vector<bool> asks;
    for (const auto& task : tasks) {
        auto needed = analysis_.needed(task);
        asks.push_back(needed.has_value());
        if (needed) requests.push_back(std::move(*needed));
    }
    const auto answers = model::answer_all(*forecaster_, requests, cache_.get());
    std::vector<AnalysisReply> replies;
    auto answer = answers.begin();
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        replies.push_back(analysis_.analyse(tasks[i], asks[i] ? &*answer++ : nullptr));
    }
    return replies;
}

DecideReply SequentialForecastStage::decide(DecideRequest&& request) {
    auto tasks = stage_.begin(request);
    if (stage_.timing() == PassTiming::same_step) {
        return stage_.finish(std::move(request), analysed(tasks));
    }
    const bool begun = !tasks.empty();
    if (begun) begun_[request.inputs->step.number] = std::move(tasks);
    std::vector<AnalysisReply> replies;
    for (const auto& ended : passes_of(request)) {
        const auto pass = begun_.extract(ended.begun);
        ensure(!pass.empty(), "a pass ends once, after it began");
        auto rows = analysed(pass.mapped());
        std::move(rows.begin(), rows.end(), std::back_inserter(replies));
    }
    auto reply = stage_.finish(std::move(request), std::move(replies));
    reply.pass_begun = begun;
    return reply;
}

}  // namespace tradewind::actors
