#include "actors/wiring/replay_recording.hpp"

#include <algorithm>
#include <utility>

#include "actors/broker/recorded_stage.hpp"
#include "actors/feed/recording_feed.hpp"
#include "actors/step/fused_steps.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

// What the account had before the first step, so that positions and cash after a fill are right.
void open_books(const RecordedSession& session, GatewayStage& gateway, ledger::EventStore& store) {
    ledger::Adjustment deposit;
    deposit.cash = session.cash;
    deposit.reason = "initial_cash";
    store.append(session.started, 0, deposit);
    auto& book = gateway.account();
    for (const auto& info : session.symbols) {
        for (const auto& position : book.strategy_positions(info.slot)) {
            if (position.quantity.is_zero()) continue;
            ledger::Adjustment adopted;
            adopted.kind = ledger::AdjustmentKind::adopted;
            adopted.symbol = info.instrument.symbol;
            adopted.quantity = position.quantity;
            adopted.price = average_price(position.cost, position.quantity);
            adopted.strategy = position.strategy;
            adopted.reason = "held_at_the_start";
            store.append(session.started, 0, adopted);
        }
    }
    for (const auto& order : session.open_orders) store.append(session.started, 0, order);
    ledger::RunStarted started;
    started.mode = "replay";
    started.note = session.strategy.empty() ? "forecast_portfolio" : session.strategy;
    store.append(session.started, 0, started);
}

// Rows of the equity curve: a daemon may value the account in several steps of one instant; the
// last one of an instant counts, as the curve has one row per instant.
class CurveRows {
  public:
    explicit CurveRows(ledger::RunFolder& folder) : folder_(folder) {}

    void take(const RecordRequest& record) {
        for (const auto& forecast : record.forecasts) folder_.add(forecast);
        for (const auto& position : record.positions) folder_.add(position);
        if (!record.equity) return;
        if (newest_ && newest_->time < record.equity->time) folder_.add(*newest_);
        newest_ = record.equity;
    }
    void finish() {
        if (newest_) folder_.add(*std::exchange(newest_, std::nullopt));
    }

  private:
    ledger::RunFolder& folder_;
    std::optional<ledger::EquityRow> newest_;
};

void check_history(const RecordedSession& session, const std::vector<BarSeriesPtr>& history,
                   const std::filesystem::path& file) {
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorKind::corrupt, "recording is damaged", file.string() + " header", why,
                    "take a copy of it, or another session");
    };
    if (history.size() != session.symbols.size()) refuse("not one series of history per symbol");
    for (std::size_t slot = 0; slot < history.size(); ++slot) {
        const auto& info = session.symbols[slot];
        if (info.slot != slot || info.instrument.symbol != history[slot]->symbol) {
            refuse("slot " + std::to_string(slot) + " is not its symbol's");
        }
        if (slot > 0 && !(history[slot - 1]->symbol < history[slot]->symbol)) {
            refuse("symbols do not ascend");
        }
    }
    const auto known = [&](const Symbol& symbol) {
        return std::any_of(history.begin(), history.end(),
                           [&](const BarSeriesPtr& series) { return series->symbol == symbol; });
    };
    for (const auto& earlier : session.fills) {
        if (!known(earlier.fill.symbol)) refuse("a fill of no symbol of the session");
    }
    for (const auto& order : session.open_orders) {
        if (!known(order.symbol)) refuse("an order of no symbol of the session");
    }
    if (session.marks.size() > history.size()) refuse("more marks than symbols");
}

// Slots of the inputs are slots of the session, whatever else the text may say.
void check_slots(const StepInputs& inputs, std::size_t symbols, const RecordingFeed& feed) {
    const auto inside = [&](const auto& list) {
        return std::all_of(list.begin(), list.end(),
                           [&](const auto& one) { return one.slot < symbols; });
    };
    if (inside(inputs.closes) && inside(inputs.quotes) && inside(inputs.opens) &&
        inside(inputs.daily)) {
        return;
    }
    throw Error(ErrorKind::corrupt, "recording is damaged",
                feed.reader().file().string() + " step " + std::to_string(inputs.step.number),
                "a slot that the session does not have", "take a copy of it, or another session");
}

}  // namespace

OpenedRecording open_recorded_session(const std::filesystem::path& path,
                                      std::optional<std::uint32_t> number) {
    market::RecordingReader reader(path, number);
    auto session = decode_session(reader.header(), reader.file().string() + " header");
    check_history(session, reader.history(), reader.file());
    return {std::move(reader), std::move(session)};
}

ReplayOutcome run_recorded_replay(
    OpenedRecording recording, ledger::RunFolder& folder,
    const std::function<void(std::uint64_t done, std::uint64_t all)>& progress) {
    const auto& session = recording.session;
    auto stages = build_session_stages(session, recording.reader.history());
    open_books(session, *stages.gateway, folder.store());
    const auto all = recording.reader.steps();
    RecordingFeed feed(std::move(recording.reader));
    RecordedBrokerStage broker;
    CurveRows rows(folder);
    LedgerStage ledger(folder.store(), nullptr, false,
                       [&rows](const RecordRequest& record) { rows.take(record); });
    FusedSteps steps({broker, *stages.execution.front(), *stages.gateway, *stages.decisions, ledger,
                      stages.stealing, stages.working, stages.at_work});
    ReplayOutcome outcome;
    for (;;) {
        auto inputs = std::make_shared<StepInputs>();
        if (!feed.next(*inputs)) break;
        check_slots(*inputs, session.symbols.size(), feed);
        outcome.bars += inputs->closes.size();
        ++outcome.steps;
        steps.run(std::move(inputs));
        if (progress) progress(outcome.steps, all);
    }
    rows.finish();
    outcome.last_time = feed.now();
    ledger::RunEnded ended;
    ended.reason = "end_of_data";
    folder.store().append(outcome.last_time, 0, ended);
    outcome.traded_range_empty = outcome.steps == 0;
    return outcome;
}

}  // namespace tradewind::actors
