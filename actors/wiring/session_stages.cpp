#include "actors/wiring/session_stages.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "actors/portfolio/strategy_stage.hpp"
#include "actors/step/step_machine.hpp"
#include "messages/error.hpp"
#include "strategy/registry.hpp"

namespace tradewind::actors {
namespace {

// Books as the account's fills made them; cash as the account has it (deposits, financing).
std::vector<orders::RoundTrip> restore_books(const RecordedSession& session,
                                             GatewayStage& gateway) {
    auto& book = gateway.account();
    auto adoption = session.adoptions.begin();
    const auto adopt_until = [&](std::uint64_t fills) {
        for (; adoption != session.adoptions.end() && adoption->after_fills <= fills; ++adoption) {
            const auto& taken = adoption->adjustment;
            book.adopt_position(taken.symbol, taken.strategy, taken.quantity, taken.price,
                                adoption->time);
        }
    };
    std::uint64_t applied = 0;
    for (const auto& earlier : session.fills) {
        adopt_until(applied++);
        gateway.restore_fill(earlier.fill, earlier.order_reason);
    }
    adopt_until(applied);
    book.adjust_cash(session.cash - book.cash());
    auto trips = book.take_round_trips();
    for (std::size_t slot = 0; slot < session.marks.size(); ++slot) {
        if (session.marks[slot].sign() > 0) {
            book.mark(static_cast<SlotId>(slot), session.marks[slot]);
        }
    }
    if (session.halted) gateway.gateway().kill();
    for (const auto& plan : session.plans) {
        if (plan.plan_id == kLossMarksPlan) gateway.restore_loss_marks(plan.content);
    }
    return trips;
}

void restore_orders(const RecordedSession& session, GatewayStage& gateway,
                    const std::vector<std::shared_ptr<ExecutionStage>>& execution) {
    auto& book = gateway.account();
    const auto shard = [&](const Symbol& symbol) -> ExecutionStage& {
        return *execution[book.slot(symbol) % execution.size()];
    };
    for (const auto& order : session.open_orders) {
        shard(order.symbol).restore(order);
        if (order.parent_order_id.empty()) {
            gateway.gateway().adopt(order, book.last_price(book.slot(order.symbol)));
        }
    }
    for (std::size_t slot = 0; slot < session.symbols.size(); ++slot) {
        const auto& symbol = session.symbols[slot].instrument.symbol;
        const auto id = book.slot(symbol);
        for (const auto& own : book.strategy_positions(id)) {
            if (own.quantity.is_zero()) continue;
            shard(symbol).restore_position(own.strategy, id, own.quantity);
        }
    }
    for (const auto& plan : session.plans) {
        if (plan.kind != kOrderWorkPlan) continue;
        const bool traded =
            std::any_of(session.symbols.begin(), session.symbols.end(),
                        [&](const auto& info) { return info.instrument.symbol == plan.symbol; });
        if (!traded) continue;
        shard(plan.symbol).restore_work(plan.content);
    }
    const bool leaving = std::any_of(execution.begin(), execution.end(),
                                     [](const auto& stage) { return stage->leaves_urgently(); });
    if (session.halted && leaving) gateway.gateway().kill(true);
}

ForecastStageSettings portfolio_settings(const RecordedSession& session,
                                         const std::vector<BarSeriesPtr>& history) {
    ForecastStageSettings settings;
    settings.analysis = session.analysis;
    settings.costs = session.costs;
    settings.series = history;
    settings.modelled_quotes = session.modelled_quotes;
    settings.timing = PassTiming::later_step;
    settings.scheduled = session.scheduled;
    settings.skip_closed_equity = session.skip_closed_equity;
    return settings;
}

void restore_portfolio(const RecordedSession& session, const std::vector<orders::RoundTrip>& trips,
                       ForecastStage& stage) {
    stage.note_endings(trips);
    for (const auto& plan : session.plans) {
        const bool hourly = session.analysis.portfolio.hourly;
        if (plan.plan_id == portfolio_plan(kPicksPlan, hourly)) stage.restore_picks(plan.content);
        if (plan.plan_id == portfolio_plan(kCyclePlan, hourly)) stage.restore_cycle(plan.content);
    }
}

std::shared_ptr<DecisionStage> user_strategy(const RecordedSession& session,
                                             const std::vector<BarSeriesPtr>& history,
                                             GatewayStage& gateway) {
    std::vector<strategy::StrategyInstance> instances;
    instances.push_back({session.strategy,
                         strategy::make_strategy(session.strategy, session.parameters),
                         Fraction::whole(1)});
    auto stage = std::make_shared<StrategyStage>(std::move(instances), session.symbols, true);
    auto& host = stage->host();
    strategy::Wanted ignored;
    for (const auto& info : session.symbols) {
        for (const auto& bar : history[info.slot]->bars) {
            host.on_bar({info.slot, bar, false}, ignored);
        }
    }
    for (const auto& plan : session.plans) {
        if (plan.plan_id == kStrategyStatePlan) host.load(plan.content);
    }
    auto& book = gateway.account();
    for (const auto& [fill, reason] : session.fills) {
        host.on_fill(book.slot(fill.symbol), fill, ignored);
    }
    for (const auto& order : session.open_orders) {
        if (order.role != Role::entry) continue;
        host.restore_working_entry(order.strategy, book.slot(order.symbol));
    }
    return stage;
}

}  // namespace

std::unique_ptr<model::Forecaster> session_forecaster(const RecordedSession& session) {
    auto forecaster = model::open_forecaster(session.forecaster);
    if (forecaster->id() != session.forecaster_id) {
        throw Error(ErrorKind::data, "recording", "forecaster " + forecaster->id(),
                    "the session was decided with " + session.forecaster_id,
                    "bring that model back under its name");
    }
    return forecaster;
}

SessionStages build_session_stages(const RecordedSession& session,
                                   const std::vector<BarSeriesPtr>& history, Passes passes,
                                   std::size_t execution_shards) {
    auto settings = session.gateway;
    settings.initial_cash = Money();  // restore_books() brings the account's cash
    SessionStages stages;
    stages.gateway = std::make_shared<GatewayStage>(settings, session.symbols);
    ensure(execution_shards > 0, "there is an execution shard");
    for (std::size_t i = 0; i < execution_shards; ++i) {
        stages.execution.push_back(std::make_shared<ExecutionStage>(
            session.symbols, ExecutionStage::ClosedOrders::kept, session.works));
    }
    const auto trips = restore_books(session, *stages.gateway);
    restore_orders(session, *stages.gateway, stages.execution);
    stages.stealing = orders::WorkStealing(session.stealing);
    for (const auto& plan : session.plans) {
        if (plan.plan_id == kStealingPlan) stages.stealing.restore(plan.content);
    }
    stages.working = std::any_of(session.plans.begin(), session.plans.end(),
                                 [](const auto& plan) { return plan.kind == kOrderWorkPlan; });
    note_works(session.plans, stages.at_work);
    if (!session.strategy.empty()) {
        stages.decisions = user_strategy(session, history, *stages.gateway);
    } else if (passes == Passes::sharded) {
        stages.forecast =
            std::make_shared<ForecastStage>(portfolio_settings(session, history), session.symbols);
        restore_portfolio(session, trips, *stages.forecast);
    } else {
        auto sequential = std::make_shared<SequentialForecastStage>(
            portfolio_settings(session, history), session.symbols, session_forecaster(session));
        restore_portfolio(session, trips, sequential->stage());
        stages.decisions = sequential;
    }
    return stages;
}

}  // namespace tradewind::actors
