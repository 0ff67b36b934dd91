#include "actors/portfolio/forecast_stage.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "market/calendar.hpp"
#include "messages/error.hpp"
#include "model/request_queue.hpp"
#include "strategy/held_position.hpp"
#include "strategy/hourly.hpp"

namespace tradewind::actors {
namespace {

using strategy::kind_named;

// The session of this calendar that opens at the step; empty: none does.
std::optional<Date> opened_session(const StepInputs& inputs, bool utc_days) {
    for (const auto& session : inputs.sessions) {
        if (session.phase == SessionPhase::opened && session.crypto == utc_days) {
            return session.date;
        }
    }
    return std::nullopt;
}

bool nyse_is_open(Timestamp now) {
    return market::session_at(market::TradingCalendar::nyse, now).has_value();
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
    for (const auto& info : symbols_) {
        if (!hourly()) break;
        auto& series = settings_.series[info.slot];
        hours_.emplace_back(*series, info.utc_days ? market::TradingCalendar::utc_days
                                                   : market::TradingCalendar::nyse);
        series = hours_.back().take(Timestamp{INT64_MIN});
    }
    for (const auto& series : settings_.series) fetched_.push_back(series->bars.size());
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
    task.appended_from = fetched_[slot];
    task.now = now;
    task.day = day;
    task.quote = quote_of(slot, now);
    task.context.now = now;
    task.context.quote = task.quote;
    task.context.last_loss = endings_[slot].last_loss;
    task.context.last_trades = endings_[slot].last_trades;
    const auto symbol = symbols_[slot].instrument.symbol;
    if (const auto found = cycle_.suspended.find(symbol); found != cycle_.suspended.end()) {
        task.context.suspended = found->second;
    }
    task.context.probing =
        std::any_of(cycle_.probes.begin(), cycle_.probes.end(),
                    [&](const auto& probe) { return std::get<0>(probe.first) == symbol; });
    return task;
}

std::string portfolio_plan(const char* name, bool hourly) {
    return hourly ? std::string(name) + '_' + strategy::kHourlyStateSuffix : name;
}

// Daily bars that a running market completed (hourly: minutes), and its newest quotes.
void ForecastStage::take_market(const StepInputs& inputs) {
    for (const auto& quote : inputs.quotes) quotes_[quote.slot] = quote.quote;
    if (hourly()) {
        for (const auto& minute : inputs.closes) hours_[minute.slot].add(minute.bar);
        return;
    }
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
    const auto& inputs = *request.inputs;
    take_market(inputs);
    note_days(inputs, request.equity);
    if (request.now < settings_.from) return tasks;
    auto pass = pass_of(inputs);
    if (!pass) return tasks;
    if (request.account) suspend(*request.account);
    for (SlotId slot = 0; slot < symbols_.size(); ++slot) {
        if (!pass->decides[slot] &&
            !(pass->due.kind == PassKind::evening && !settings_.skip_closed_equity)) {
            continue;
        }
        const auto calendar = symbols_[slot].utc_days ? market::TradingCalendar::utc_days
                                                      : market::TradingCalendar::nyse;
        if (hourly()) settings_.series[slot] = hours_[slot].take(request.now);
        const auto day = settings_.scheduled ? market::exchange_date(calendar, request.now)
                                             : *opened_session(inputs, symbols_[slot].utc_days);
        tasks.push_back(task_of(slot, request.now, day));
    }
    if (tasks.empty()) return tasks;
    if (settings_.scheduled) {
        cycle_.passes[pass->due.kind] = {pass->due.at, false};
        cycle_changed_ = true;
    }
    begun_[inputs.step.number] = std::move(*pass);
    return tasks;
}

// The pass that begins at this step.
std::optional<ForecastStage::Begun> ForecastStage::pass_of(const StepInputs& inputs) const {
    Begun pass;
    pass.decides.assign(symbols_.size(), false);
    if (!settings_.scheduled) {
        pass.due.at = inputs.step.time;
        bool any = false;
        for (SlotId slot = 0; slot < symbols_.size(); ++slot) {
            pass.decides[slot] = opened_session(inputs, symbols_[slot].utc_days).has_value();
            any = any || pass.decides[slot];
        }
        return any ? std::optional(std::move(pass)) : std::nullopt;
    }
    for (const auto& due : inputs.due) {
        if (due.missed) continue;
        pass.due = due;
        const bool open = nyse_is_open(inputs.step.time);
        for (SlotId slot = 0; slot < symbols_.size(); ++slot) {
            pass.decides[slot] = takes_part(slot, due.kind, open);
        }
        return pass;
    }
    return std::nullopt;
}

bool ForecastStage::takes_part(SlotId slot, PassKind kind, bool exchange_open) const {
    if (symbols_[slot].utc_days) return true;
    return exchange_open && kind != PassKind::evening && kind != PassKind::crypto_roll;
}

// The account's days: those of the exchange, or of coins where nothing else is traded.
void ForecastStage::note_days(const StepInputs& inputs, Money equity) {
    if (!cycle_.day_equity) {
        cycle_.day_equity = equity;
        cycle_changed_ = true;
    }
    const bool coins_only = std::all_of(symbols_.begin(), symbols_.end(),
                                        [](const auto& info) { return info.utc_days; });
    for (const auto& session : inputs.sessions) {
        if (session.phase != SessionPhase::closed || session.crypto != coins_only) continue;
        cycle_.end_day(session.date, equity);
        cycle_changed_ = true;
    }
}

void ForecastStage::suspend(const AccountSnapshot& account) {
    const double drawdown = strategy::drawdown_of(account);
    const auto& portfolio = settings_.analysis.portfolio;
    for (const auto& info : symbols_) {
        const auto symbol = info.instrument.symbol;
        const auto found = cycle_.suspended.find(symbol);
        const auto before =
            found == cycle_.suspended.end() ? std::set<StrategyKind>{} : found->second;
        auto now = strategy::suspended_strategies(symbol, drawdown, before, portfolio.suspension,
                                                  portfolio.selection.overrides);
        if (now == before) continue;
        cycle_.set_suspended(symbol, std::move(now));
        cycle_changed_ = true;
    }
}

DecideReply ForecastStage::finish(DecideRequest&& request, std::vector<AnalysisReply> replies) {
    DecideReply reply;
    reply.events = std::move(request.events);
    note_fills(reply.events, request.now);
    note_endings(request.round_trips);
    if (request.inputs && !request.inputs->due.empty()) tell_missed(*request.inputs, reply);
    if (!replies.empty()) {
        ensure(request.account && request.headroom, "a pass has a fresh account snapshot");
        std::sort(replies.begin(), replies.end(),
                  [](const auto& a, const auto& b) { return a.slot < b.slot; });
        for (auto& one : replies) {
            rows_[one.slot] = std::move(one.row);
            if (settings_.scheduled) keep_forecasts(one.forecasts, reply);
            std::move(one.forecasts.begin(), one.forecasts.end(),
                      std::back_inserter(reply.forecasts));
        }
        const auto pass = ended_pass(request);
        ensure(pass.has_value(), "rows belong to a pass that began");
        decide(request, *pass, reply);
    }
    if (std::exchange(cycle_changed_, false)) {
        ledger::PlanRecord kept;
        kept.plan_id = portfolio_plan(kCyclePlan, hourly());
        kept.kind = kCyclePlan;
        kept.content = cycle_.text();
        reply.plans.push_back(std::move(kept));
    }
    return reply;
}

// The newest of the passes whose rows the step brought.
std::optional<ForecastStage::Begun> ForecastStage::ended_pass(const DecideRequest& request) {
    std::vector<std::uint64_t> steps;
    if (settings_.timing == PassTiming::same_step) {
        steps.push_back(request.inputs->step.number);
    } else {
        for (const auto& ended : passes_of(request)) steps.push_back(ended.begun);
    }
    std::optional<Begun> newest;
    for (const auto step : steps) {
        auto found = begun_.extract(step);
        if (found.empty()) continue;
        if (settings_.scheduled) {
            auto& entry = cycle_.passes[found.mapped().due.kind];
            if (entry.at == found.mapped().due.at) entry.decided = true;
            cycle_changed_ = true;
        }
        newest = std::move(found.mapped());
    }
    return newest;
}

strategy::PassInput ForecastStage::input_of(const DecideRequest& request, const Begun& pass) {
    const auto& portfolio = settings_.analysis.portfolio;
    strategy::PassInput input;
    input.time = request.now;
    input.account = *request.account;
    input.headroom = *request.headroom;
    input.previous = picks_;
    input.holders = request.holdings;
    input.at_work = request.at_work;
    for (const auto& [slot, row] : rows_) {
        strategy::PassSymbol symbol;
        symbol.instrument = symbols_[slot].instrument;
        symbol.row = row;
        symbol.decides = pass.decides[slot];
        symbol.quote = quote_of(slot, request.now);
        input.symbols.push_back(std::move(symbol));
    }
    const auto kind = pass.due.kind;
    if (kind == PassKind::open_plus_hour) {
        // The core alone enters; what the full caps hold stays (H3).
        input.caps = portfolio.portfolio;
        input.caps->max_picks = std::max<std::uint32_t>(1, portfolio.portfolio.min_core);
        input.caps->expanded.reset();
    }
    input.closing = kind == PassKind::market_close;
    input.only_pass = !settings_.scheduled;
    input.known_only = kind == PassKind::crypto_roll;
    // A replay of daily bars has one pass a day, in an open market.
    input.exchange_open = !settings_.scheduled || nyse_is_open(request.now);
    const auto today = market::new_york_date(request.now);
    input.probe_only = portfolio.probe_after_loss && strategy::is_probe_only(cycle_.days, today);
    input.entries_today = cycle_.entries_on(today);
    input.leverage_threshold =
        strategy::leverage_threshold(cycle_.days, portfolio.sizing.leverage_threshold);
    input.probing = refresh_probes(input);
    return input;
}

void ForecastStage::decide(const DecideRequest& request, const Begun& pass, DecideReply& reply) {
    const auto input = input_of(request, pass);
    auto plan = strategy::plan_daily_pass(input, settings_.analysis.portfolio);
    for (const auto& intent : plan.intents) {
        if (intent.role != Role::entry || intent.leg == kOtherLeg) continue;
        cycle_.count_entry(intent.symbol, market::new_york_date(request.now));
        cycle_changed_ = true;
    }
    for (const auto& work : plan.works) {
        if (work.intent.role != Role::entry || work.intent.leg == kOtherLeg) continue;
        cycle_.count_entry(work.intent.symbol, market::new_york_date(request.now));
        cycle_changed_ = true;
    }
    if (picks_ != plan.picks) {
        picks_ = std::move(plan.picks);
        ledger::PlanRecord kept;
        kept.plan_id = portfolio_plan(kPicksPlan, hourly());
        kept.kind = kPicksPlan;
        kept.content = picks_text();
        reply.plans.push_back(std::move(kept));
    }
    if (settings_.scheduled) note_rejections(plan.rejections, request.now, reply);
    reply.wanted.cancels = std::move(plan.cancels);
    reply.wanted.intents = std::move(plan.intents);
    reply.wanted.works = std::move(plan.works);
    reply.wanted.decisions = std::move(plan.decisions);
}

// The newest day's forecasts of a symbol, so that what it was decided upon can be told later.
void ForecastStage::keep_forecasts(const std::vector<ledger::ForecastRecord>& forecasts,
                                   DecideReply& reply) {
    if (forecasts.empty()) return;
    Timestamp newest = forecasts.front().time;
    for (const auto& forecast : forecasts) newest = std::max(newest, forecast.time);
    ledger::PlanRecord record;
    record.symbol = forecasts.front().symbol;
    record.plan_id = std::string(kForecastPlan) + '.' + record.symbol.to_string();
    record.kind = kForecastPlan;
    record.status = "recorded";
    record.closed = true;
    for (const auto& forecast : forecasts) {
        if (forecast.time != newest) continue;
        record.content += format_time(forecast.time) + ',' + forecast.symbol.to_string() + ',' +
                          std::string(name_of(forecast.series)) + ',' + forecast.model;
        for (const auto quantile : forecast.quantiles) {
            std::array<char, 32> digits;
            const auto end =
                std::to_chars(digits.begin(), digits.end(), static_cast<double>(quantile)).ptr;
            record.content += ',' + std::string(digits.begin(), end);
        }
        record.content += ',' + forecast.input_hash + '\n';
    }
    reply.plans.push_back(std::move(record));
}

// A pass that does not run any more is an entry of its own in the books (H6).
void ForecastStage::tell_missed(const StepInputs& inputs, DecideReply& reply) {
    for (const auto& due : inputs.due) {
        if (!due.missed) continue;
        if (auto& entry = cycle_.passes[due.kind]; entry.at <= due.at) {
            entry = {due.at, true};  // settled
            cycle_changed_ = true;
        }
        ledger::PlanRecord record;
        record.plan_id = "pass." + std::string(to_text(due.kind)) + '.' + format_time(due.at);
        record.kind = kMissedPassKind;
        record.status = "missed";
        record.closed = true;
        record.content = std::string(to_text(due.kind)) + " of " + format_date(due.date) +
                         ", due " + format_time(due.at) + ", did not run by " +
                         format_time(inputs.step.time);
        reply.plans.push_back(std::move(record));
    }
}

// No trade is a valid outcome; a long run of nothing else is told once (I-30).
void ForecastStage::note_rejections(const strategy::RejectionCounts& counts, Timestamp now,
                                    DecideReply& reply) {
    const auto before = std::exchange(cycle_.rejections, cycle_.rejections.after(counts));
    if (before.passes == cycle_.rejections.passes) return;
    cycle_changed_ = true;
    if (!cycle_.rejections.alarms(kRejectionAlarmPasses)) return;
    ledger::PlanRecord record;
    record.plan_id = "rejections." + format_time(now);
    record.kind = kRejectionAlarmKind;
    record.status = "alarm";
    record.closed = true;
    record.content = std::to_string(cycle_.rejections.passes) +
                     " passes in a row picked nothing; the last one: " + counts.text();
    reply.plans.push_back(std::move(record));
}

// -- probes
// ----------------------------------------------------------------------------------------

void ForecastStage::note_fills(const std::vector<AppliedEvent>& events, Timestamp now) {
    const auto& probes = settings_.analysis.portfolio.probes;
    if (!probes.enabled) return;
    for (const auto& applied : events) {
        if (!applied.event.fill || applied.role != Role::entry) continue;
        const auto kind = kind_named(applied.strategy);
        if (!kind) continue;
        const auto& fill = *applied.event.fill;
        const strategy::CycleState::ProbeKey key{fill.symbol, fill.side, *kind};
        const auto before = cycle_.probe(key);
        cycle_.set_probe(key,
                         strategy::probe_entered(before, now, fill.price * fill.quantity, probes));
        cycle_changed_ = true;
    }
}

void ForecastStage::close_probe(const orders::RoundTrip& trip, Symbol symbol, StrategyKind kind) {
    if (!settings_.analysis.portfolio.probes.enabled) return;
    const strategy::CycleState::ProbeKey key{symbol, trip.side, kind};
    const auto day = market::new_york_date(trip.exit_time);
    cycle_.set_probe(key, strategy::probe_closed(cycle_.probe(key), trip.pnl, day));
    cycle_changed_ = true;
}

// Before entries are planned: which ideas are only to be probed (spec 1.3 (3), 4.6).
std::set<Symbol> ForecastStage::refresh_probes(const strategy::PassInput& input) {
    std::set<Symbol> probing;
    const auto& portfolio = settings_.analysis.portfolio;
    if (!portfolio.probes.enabled) return probing;
    const auto day = market::new_york_date(input.time);
    for (const auto& symbol : input.symbols) {
        const auto& row = symbol.row;
        if (!symbol.decides || row.refused || !row.selected) continue;
        const auto& ending = endings_[static_cast<std::size_t>(
            std::find_if(symbols_.begin(), symbols_.end(),
                         [&](const auto& info) { return info.instrument.symbol == row.symbol; }) -
            symbols_.begin())];
        const std::pair<Side, StrategyKind> idea{row.side, row.chosen};
        const strategy::CycleState::ProbeKey key{row.symbol, row.side, row.chosen};
        strategy::ProbeTriggers triggers;
        if (const auto last = ending.last_trades.find(idea); last != ending.last_trades.end()) {
            triggers.last_trade_lost = last->second.pnl < 0;
        }
        triggers.loss_day = input.probe_only;
        if (const auto known = ending.returns.find(idea);
            portfolio.probes.recent_trades && known != ending.returns.end()) {
            double sum = 0;
            for (const double each : known->second) sum += each;
            triggers.recent_trades_pct = sum;
        }
        const auto& result = row.result(row.chosen);
        triggers.promised_return = row.evidence(row.chosen).forecast_pnl +
                                   (result.has_recent_return_sum ? result.recent_return_sum : 0.0);
        triggers.forced =
            strategy::value_for(portfolio.selection.overrides.force_probe, row.symbol, row.chosen)
                .value_or(0) != 0;
        auto record = strategy::refresh_probe(cycle_.probe(key), triggers, day, portfolio.probes);
        const auto held = input.account.positions.find(row.symbol);
        if (held != input.account.positions.end()) {
            record = strategy::mark_position(
                record, held->second.market_value() - held->second.cost, portfolio.probes);
        }
        cycle_.set_probe(key, record);
        cycle_changed_ = true;
        if (record.state != strategy::ProbeState::idle) probing.insert(row.symbol);
    }
    return probing;
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
            auto& returns = ending.returns[{trip.side, *kind}];
            returns.push_back(trip.profit_fraction.to_double());
            if (returns.size() > 2) returns.erase(returns.begin());
            close_probe(trip, trip.symbol, *kind);
        }
    }
}

// One line a pick: symbol, strategy, side, entry, target, when it was opened, whether as a probe,
// entry and target of the other side's leg.
std::string ForecastStage::picks_text() const {
    std::string text;
    for (const auto& [symbol, pick] : picks_) {
        text += symbol.to_string() + ' ' + name_of(pick.strategy) + ' ' +
                std::string(to_text(pick.side)) + ' ' + pick.entry.to_string() + ' ' +
                pick.target.to_string() + ' ' + std::to_string(pick.opened.ns) + ' ' +
                (pick.probe ? '1' : '0') + ' ' + pick.other_entry.to_string() + ' ' +
                pick.other_target.to_string() + '\n';
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
        std::string other_entry = "0";
        std::string other_target = "0";
        if (in && !(in >> std::ws).eof()) in >> other_entry >> other_target;
        const auto strategy = kind_named(kind);
        const auto direction = side_of(side);
        const auto entry_price = Price::parse(entry);
        const auto target_price = Price::parse(target);
        const auto leg_entry = Price::parse(other_entry);
        const auto leg_target = Price::parse(other_target);
        if (in.fail() || !leg_entry || !leg_target || !Symbol::valid(symbol) || !strategy ||
            !direction || !entry_price || !target_price) {
            throw Error(ErrorKind::corrupt, "unreadable plan", kPicksPlan, "not a list of picks",
                        "run `tradewind verify` on the state folder");
        }
        picks_[Symbol(symbol)] = {*strategy,         *direction, *entry_price, *target_price,
                                  Timestamp{opened}, probe,      *leg_entry,   *leg_target};
    }
}

void ForecastStage::restore_cycle(const std::string& content) {
    cycle_ = strategy::CycleState::parse(content);
    cycle_changed_ = false;
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
