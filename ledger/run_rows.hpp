// The rows of a run folder's CSV files, one struct per file. Plain values; zero prices and empty
// times are written as empty cells where the contract's column may be empty (limit_price,
// stop_price, average_fill_price, closed_time, decision price and quantity).
#pragma once

#include <array>
#include <string>

#include "messages/forecast.hpp"
#include "messages/money.hpp"
#include "messages/order.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind::ledger {

// equity.csv; `equity` and `drawdown` are computed by the writer.
struct EquityRow {
    Timestamp time;  // a distinct bar end
    Money cash;
    Money market_value;    // signed
    Money gross_exposure;  // sum of |market value|
};

// positions.csv, at each session end; flat symbols have no row.
struct PositionRow {
    Timestamp time;
    Symbol symbol;
    Quantity quantity;
    Price average_entry_price;
    Price price;
    Money market_value;
    Money unrealized_pnl;
};

// forecasts.csv: one row per distinct forecast.
struct ForecastRecord {
    Timestamp time;  // start of the bar that is forecast
    Symbol symbol;
    Series series = Series::close;
    std::string model;
    Deciles quantiles{};
    std::string input_hash;
};

}  // namespace tradewind::ledger
