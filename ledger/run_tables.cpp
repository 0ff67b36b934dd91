#include "ledger/run_tables.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "ledger/csv_file.hpp"

namespace tradewind::ledger {
namespace {

template <class Value, class Key>
void sort_by(std::vector<Value>& values, Key key) {
    const auto before = [&](const Value& a, const Value& b) { return key(a) < key(b); };
    if (!std::is_sorted(values.begin(), values.end(), before)) {
        std::stable_sort(values.begin(), values.end(), before);
    }
}

// How an order's row says it ended: what is still open expires with the data.
struct Ending {
    OrderStatus status;
    Timestamp time;
    std::string_view reason;
};
Ending as_ended(const Order& order, Timestamp end_of_data) {
    if (is_closed(order.status)) return {order.status, order.closed_time, order.reason};
    return {OrderStatus::expired, end_of_data, "end_of_data"};
}

CsvFile open(const std::filesystem::path& folder, const CsvColumns& columns) {
    return {folder / columns.file, columns.header};
}

bool row_before(const BookedFill& a, const BookedFill& b) {
    return std::tie(a.fill.time, a.fill.symbol) < std::tie(b.fill.time, b.fill.symbol);
}
bool in_row_order(const std::vector<BookedFill>& fills) {
    return std::is_sorted(fills.begin(), fills.end(), row_before);
}

void put(CsvFile& file, const BookedFill& booked) {
    const Fill& fill = booked.fill;
    file.row()
        .text(fill.fill_id)
        .text(fill.order_id)
        .time(fill.time)
        .text(fill.symbol.view())
        .text(to_text(fill.side))
        .decimal(fill.quantity)
        .decimal(fill.price)
        .decimal(fill.fee)
        .decimal(booked.position)
        .decimal(booked.cash);
}

}  // namespace

std::vector<BookedFill> fills_in_row_order(const LedgerState& state) {
    std::vector<BookedFill> fills = state.fills();
    if (in_row_order(fills)) return fills;
    std::stable_sort(fills.begin(), fills.end(), row_before);
    std::vector<BookedAdjustment> adjustments = state.adjustments();
    sort_by(adjustments, [](const BookedAdjustment& booked) { return booked.time; });
    auto next = adjustments.begin();
    Money cash;
    std::map<Symbol, Quantity> positions;
    for (auto& booked : fills) {
        for (; next != adjustments.end() && next->time <= booked.fill.time; ++next) {
            cash += next->adjustment.cash;
            positions[next->adjustment.symbol] += next->position_change;
        }
        const auto change = signed_quantity(booked.fill.side, booked.fill.quantity);
        cash = cash - booked.fill.price * change - booked.fill.fee;
        booked.position = positions[booked.fill.symbol] += change;
        booked.cash = cash;
    }
    return fills;
}

std::string write_orders(const std::filesystem::path& folder, const LedgerState& state,
                         Timestamp end_of_data) {
    auto file = open(folder, kOrdersCsv);
    std::vector<const Order*> orders;
    orders.reserve(state.orders().size());
    for (const auto& booked : state.orders()) {
        if (booked.order.status != OrderStatus::refused) orders.push_back(&booked.order);
    }
    sort_by(orders, [](const Order* order) { return std::tie(order->time, order->symbol); });
    for (const auto* const each : orders) {
        const Order& order = *each;
        const auto end = as_ended(order, end_of_data);
        const bool filled = order.filled_quantity.sign() > 0;
        const Price average =
            filled ? average_price(order.filled_notional, order.filled_quantity) : Price{};
        file.row()
            .text(order.order_id)
            .text(order.decision_id)
            .time(order.time)
            .text(order.symbol.view())
            .text(to_text(order.side))
            .text(to_text(order.type))
            .text(to_text(order.time_in_force))
            .decimal(order.quantity)
            .decimal_or_empty(order.limit_price)
            .decimal_or_empty(order.stop_price)
            .text(to_text(end.status))
            .decimal(order.filled_quantity)
            .decimal_or_empty(average)
            .time(end.time)
            .text(end.reason);
    }
    return file.finish();
}

std::string write_fills(const std::filesystem::path& folder, const LedgerState& state) {
    auto file = open(folder, kFillsCsv);
    if (in_row_order(state.fills())) {
        for (const auto& booked : state.fills()) put(file, booked);  // without a copy of them all
    } else {
        for (const auto& booked : fills_in_row_order(state)) put(file, booked);
    }
    return file.finish();
}

std::string write_trades(const std::filesystem::path& folder, const LedgerState& state) {
    auto file = open(folder, kTradesCsv);
    std::vector<const orders::RoundTrip*> trades;
    trades.reserve(state.trades().size());
    for (const auto& trip : state.trades()) trades.push_back(&trip);
    sort_by(trades, [](const orders::RoundTrip* t) { return std::tie(t->exit_time, t->symbol); });
    for (const auto* const each : trades) {
        const orders::RoundTrip& trip = *each;
        file.row()
            .text(trip.trade_id)
            .text(trip.symbol.view())
            .text(to_text(trip.side))
            .text(trip.strategy)
            .decimal(trip.quantity)
            .time(trip.entry_time)
            .decimal(trip.entry_price)
            .time(trip.exit_time)
            .decimal(trip.exit_price)
            .decimal(trip.fees)
            .decimal(trip.financing)
            .decimal(trip.pnl)
            .decimal(trip.profit_fraction)
            .text(trip.exit_reason);
    }
    return file.finish();
}

std::string write_decisions(const std::filesystem::path& folder, const LedgerState& state) {
    auto file = open(folder, kDecisionsCsv);
    std::vector<const Decision*> decisions;
    decisions.reserve(state.decisions().size());
    for (const auto& booked : state.decisions()) decisions.push_back(&booked.decision);
    sort_by(decisions, [](const Decision* d) { return std::tie(d->time, d->symbol); });
    for (const auto* const decision : decisions) {
        file.row()
            .text(decision->decision_id)
            .time(decision->time)
            .text(decision->symbol.view())
            .text(decision->strategy)
            .text(decision->side)
            .decimal_or_empty(decision->price)
            .decimal_or_empty(decision->quantity)
            .real(decision->score)
            .text(decision->outcome)
            .text(decision->reason);
    }
    return file.finish();
}

std::string write_positions(const std::filesystem::path& folder, std::vector<PositionRow> rows) {
    auto file = open(folder, kPositionsCsv);
    sort_by(rows, [](const PositionRow& row) { return std::tie(row.time, row.symbol); });
    for (const auto& row : rows) {
        file.row()
            .time(row.time)
            .text(row.symbol.view())
            .decimal(row.quantity)
            .decimal(row.average_entry_price)
            .decimal(row.price)
            .decimal(row.market_value)
            .decimal(row.unrealized_pnl);
    }
    return file.finish();
}

std::string write_forecasts(const std::filesystem::path& folder, std::vector<ForecastRecord> rows) {
    auto file = open(folder, kForecastsCsv);
    sort_by(rows, [](const ForecastRecord& row) { return std::tie(row.time, row.symbol); });
    for (const auto& row : rows) {
        auto cells = file.row();
        cells.time(row.time).text(row.symbol.view()).text(name_of(row.series)).text(row.model);
        for (const float quantile : row.quantiles) cells.real(quantile);
        cells.text(row.input_hash);
    }
    return file.finish();
}

}  // namespace tradewind::ledger
