// What the daemon shows to the outside at one moment: one immutable value, published whole.
//
// The status actor builds a StatusView after a step and hands it to HttpServer::publish; the server
// only reads it. Lists are shared pointers to immutable vectors, so that publishing a view in which
// only the cash changed copies nothing else; a null list is an empty one. Rows are in time order,
// oldest first, and carry the columns of the run folder. Source: contract 4 and 8.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "messages/account.hpp"
#include "messages/bar.hpp"
#include "messages/forecast.hpp"
#include "messages/order.hpp"

namespace tradewind::status {

template <class Row>
using Rows = std::shared_ptr<const std::vector<Row>>;

template <class Row>
[[nodiscard]] Rows<Row> rows(std::vector<Row> values) {
    return std::make_shared<const std::vector<Row>>(std::move(values));
}

enum class TradingState : std::uint8_t { starting, ready, unknown, halted };
[[nodiscard]] constexpr const char* name_of(TradingState state) {
    constexpr const char* kNames[] = {"starting", "ready", "unknown", "halted"};
    return kNames[static_cast<std::size_t>(state)];
}

enum class StreamState : std::uint8_t { down, connecting, up };
[[nodiscard]] constexpr const char* name_of(StreamState state) {
    constexpr const char* kNames[] = {"down", "connecting", "up"};
    return kNames[static_cast<std::size_t>(state)];
}

// positions.csv. `price` zero: not valued yet (market value and profit are then empty).
struct PositionRow {
    Timestamp time;
    Symbol symbol;
    Quantity quantity;
    Price average_entry_price;
    Price price;
    Money market_value;
    Money unrealized_pnl;
};

// fills.csv plus the broker's execution id: one row per execution, position and cash after it.
struct FillRow {
    Fill fill;
    std::string execution_id;
    Quantity position;
    Money cash;
};

// forecasts.csv: deciles of the relative move of `series` at the bar that starts at `time`.
struct ForecastQuantileRow {
    Timestamp time;
    Series series = Series::close;
    std::string model;
    Deciles deciles{};
    std::string input_hash;
};

// equity.csv
struct EquityRow {
    Timestamp time;
    Money cash;
    Money market_value;
    Money equity;
    Money gross_exposure;
    Fraction drawdown;
};

struct StatusView {
    std::string mode;     // "paper", "live"
    std::string broker;   // "embedded", "local", "alpaca"
    std::string version;  // of the program
    TradingState state = TradingState::starting;
    std::vector<std::string> reasons;  // why not ready, or why halted; shown verbatim
    bool reconciled = false;           // the last reconciliation with the broker agreed
    StreamState data_stream = StreamState::down;
    StreamState trading_stream = StreamState::down;

    Money cash;
    Money equity;
    Timestamp exchange_time;  // zero: not known yet (shown as null)

    Rows<PositionRow> positions;
    Rows<Order> orders;  // open and closed; status and average price from the order itself
    Rows<FillRow> fills;
    std::uint64_t refused_entries = 0;  // orders that the gateway refused since the start
    std::uint64_t refused_exits = 0;
    Rows<Decision> decisions;
    Rows<EquityRow> equity_curve;
    std::map<Symbol, Rows<ForecastQuantileRow>> forecasts;
    std::map<Symbol, Rows<Bar>> bars;
};

using StatusViewPtr = std::shared_ptr<const StatusView>;

// Why `GET /readyz` is 503; empty: ready. Ready means that the last reconciliation agreed and both
// streams are up, also while trading is halted.
[[nodiscard]] std::vector<std::string> not_ready_reasons(const StatusView& view);

}  // namespace tradewind::status
