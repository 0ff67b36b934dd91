#include "actors/status/status_actor.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <unordered_map>
#include <utility>

#include "actors/step/step_messages.hpp"
#include "orders/bracket.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::actors {
namespace {

// The newest rows of each list that are shown; the store keeps all.
constexpr std::size_t kShownOrders = 2'000;
constexpr std::size_t kShownFills = 2'000;
constexpr std::size_t kShownDecisions = 2'000;
constexpr std::size_t kShownBars = 1'000;
constexpr std::size_t kShownEquity = 5'000;
constexpr std::size_t kShownForecasts = 400;

template <class Row>
void keep_newest(std::vector<Row>& rows, std::size_t shown) {
    if (rows.size() > shown + shown / 4) {
        rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(shown));
    }
}

using Bars = std::vector<Bar>;

struct StatusState {
    static inline const char* name = "tradewind.status";

    void start(const StatusStart& first, const ledger::LedgerState& known) {
        view.mode = first.mode;
        view.broker = first.broker;
        view.version = first.version;
        view.exchange_time = first.exchange_time;
        view.cash = first.cash;
        view.equity = first.equity;
        view.data_stream = status::StreamState::up;
        view.trading_stream = status::StreamState::up;
        for (const auto& order : known.orders()) orders.push_back(order.order);
        for (const auto& fill : known.fills()) {
            fills.push_back({fill.fill, fill.fill.fill_id, fill.position, fill.cash});
            positions[fill.fill.symbol] = fill.position;
        }
        for (const auto& decision : known.decisions()) decisions.push_back(decision.decision);
        cash = known.cash();
        for (const auto& [symbol, position] : known.positions()) {
            status::PositionRow row;
            row.time = first.exchange_time;
            row.symbol = symbol;
            row.quantity = position.quantity;
            row.average_entry_price = average_price(position.cost, position.quantity);
            row.price = position.last_price;
            row.market_value = position.market_value();
            row.unrealized_pnl = row.market_value - position.cost;
            position_rows.push_back(row);
        }
        view.positions = status::rows(position_rows);
        trim();
        view.orders = status::rows(orders);
        view.fills = status::rows(fills);
        view.decisions = status::rows(decisions);
        for (const auto& info : symbols) view.bars[info.instrument.symbol] = status::rows(Bars{});
        publish();
    }

    void publish() { server->publish(std::make_shared<const status::StatusView>(view)); }

    void trim() {
        keep_newest(orders, kShownOrders);
        keep_newest(fills, kShownFills);
        keep_newest(decisions, kShownDecisions);
    }

    void take(const RecordRequest& record) {
        view.exchange_time = std::max(view.exchange_time, record.step.time);
        for (const auto& order : record.adopted_orders) orders.push_back(order);
        for (const auto& order : record.orders) {
            orders.push_back(order);
            for (const auto& child : orders::bracket_children(order)) orders.push_back(child);
        }
        for (const auto& applied : record.events) take(applied.event, applied);
        for (const auto& adjustment : record.adjustments) {
            cash += adjustment.cash;
            // The newest valued rows carry the positions; this counts on for the next fills.
            if (!adjustment.symbol.empty()) positions[adjustment.symbol] = adjustment.quantity;
        }
        for (const auto& decision : record.decisions) decisions.push_back(decision);
        if (!record.orders.empty() || !record.adopted_orders.empty() || !record.events.empty()) {
            trim();
            view.orders = status::rows(orders);
            view.fills = status::rows(fills);
        }
        if (!record.decisions.empty()) view.decisions = status::rows(decisions);
        for (const auto& halt : record.halts) {
            view.state = status::TradingState::halted;
            view.reasons = {halt.reason.empty() ? "halted until `tradewind resume`" : halt.reason};
        }
        take_forecasts(record.forecasts);
        if (record.equity) take_equity(record);
        publish();
    }

    void take(const OrderEvent& event, const AppliedEvent& applied) {
        const auto found = std::find_if(orders.rbegin(), orders.rend(), [&](const Order& order) {
            return order.order_id == event.order_id;
        });
        if (found != orders.rend()) orders::apply(*found, event);
        if (event.kind == OrderEventKind::refused) {
            ++(applied.role == Role::entry ? view.refused_entries : view.refused_exits);
        }
        if (!event.fill) return;
        auto fill = *event.fill;
        fill.strategy = applied.strategy;
        const auto signed_size = signed_quantity(fill.side, fill.quantity);
        cash -= fill.price * signed_size + fill.fee;
        positions[fill.symbol] += signed_size;
        fills.push_back({fill, fill.fill_id, positions[fill.symbol], cash});
    }

    void take_equity(const RecordRequest& record) {
        status::EquityRow row;
        row.time = record.equity->time;
        row.cash = record.equity->cash;
        row.market_value = record.equity->market_value;
        row.equity = row.cash + row.market_value;
        row.gross_exposure = record.equity->gross_exposure;
        peak = std::max(peak, row.equity);
        if (peak.sign() > 0) row.drawdown = ratio(peak - row.equity, peak);
        view.cash = row.cash;
        view.equity = row.equity;
        position_rows.clear();
        for (const auto& valued : record.valued) {
            position_rows.push_back({valued.time, valued.symbol, valued.quantity,
                                     valued.average_entry_price, valued.price, valued.market_value,
                                     valued.unrealized_pnl});
        }
        view.positions = status::rows(position_rows);
        // One point a minute of exchange time is enough for a curve.
        if (!curve.empty() && row.time - curve.back().time < kMinute) return;
        curve.push_back(row);
        keep_newest(curve, kShownEquity);
        view.equity_curve = status::rows(curve);
    }

    void take_forecasts(const std::vector<ledger::ForecastRecord>& records) {
        std::map<Symbol, std::vector<status::ForecastQuantileRow>> fresh;
        for (const auto& record : records) {
            fresh[record.symbol].push_back(
                {record.time, record.series, record.model, record.quantiles, record.input_hash});
        }
        for (auto& [symbol, rows] : fresh) {
            auto& all = forecasts[symbol];
            all.insert(all.end(), rows.begin(), rows.end());
            keep_newest(all, kShownForecasts);
            view.forecasts[symbol] = status::rows(all);
        }
    }

    void take(const StepInputs& inputs) {
        view.exchange_time = std::max(view.exchange_time, inputs.step.time);
        for (const auto& close : inputs.closes) {
            const auto& symbol = symbols[close.slot].instrument.symbol;
            auto& all = bars[symbol];
            all.push_back(close.bar);
            keep_newest(all, kShownBars);
            view.bars[symbol] = status::rows(all);
        }
        publish();
    }

    status::HttpServer* server = nullptr;
    std::vector<strategy::SymbolInfo> symbols;
    status::StatusView view;
    std::vector<Order> orders;
    std::vector<status::FillRow> fills;
    std::vector<Decision> decisions;
    std::vector<status::EquityRow> curve;
    std::vector<status::PositionRow> position_rows;
    std::map<Symbol, std::vector<status::ForecastQuantileRow>> forecasts;
    std::map<Symbol, Bars> bars;
    std::map<Symbol, Quantity> positions;
    Money cash;
    Money peak;
};

StatusActor::behavior_type status_role(StatusActor::stateful_pointer<StatusState> self,
                                       const FailureBoxPtr& failures) {
    prepare(self, failures);
    return {
        [self](const RecordRequestPtr& record) { self->state.take(*record); },
        [self](const TradingStateChange& change) {
            self->state.view.state = change.state;
            self->state.view.reasons = change.reasons;
            self->state.view.reconciled = change.reconciled;
            const auto stream = [](bool up) {
                return up ? status::StreamState::up : status::StreamState::down;
            };
            self->state.view.trading_stream = stream(change.trading_stream);
            self->state.view.data_stream = stream(change.data_stream);
            self->state.publish();
        },
        [self](const StepInputsPtr& inputs) { self->state.take(*inputs); },
    };
}

}  // namespace

StatusActor spawn_status(caf::actor_system& system, status::HttpServer& server,
                         const StatusStart& start, const ledger::LedgerState& known,
                         std::vector<strategy::SymbolInfo> symbols, FailureBoxPtr failures) {
    // The state is filled before the first message: spawn runs the function later, on the pool.
    return system.spawn(
        [&server, start, known, symbols = std::move(symbols),
         failures = std::move(failures)](StatusActor::stateful_pointer<StatusState> self) {
            self->state.server = &server;
            self->state.symbols = symbols;
            self->state.start(start, known);
            return status_role(self, failures);
        });
}

}  // namespace tradewind::actors
