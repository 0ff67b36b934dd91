// The CSV files of a run folder but equity.csv, and their exact columns. One thread.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/ledger_state.hpp"
#include "ledger/run_rows.hpp"

namespace tradewind::ledger {

struct CsvColumns {
    const char* file;
    const char* header;
};
inline constexpr CsvColumns kOrdersCsv{
    "orders.csv",
    "order_id,decision_id,time,symbol,side,type,time_in_force,quantity,limit_price,stop_price,"
    "status,filled_quantity,average_fill_price,closed_time,reason"};
inline constexpr CsvColumns kFillsCsv{
    "fills.csv", "fill_id,order_id,time,symbol,side,quantity,price,fee,position,cash"};
inline constexpr CsvColumns kTradesCsv{
    "trades.csv",
    "trade_id,symbol,side,strategy,quantity,entry_time,entry_price,exit_time,exit_price,fees,"
    "financing,pnl,return,exit_reason"};
inline constexpr CsvColumns kPositionsCsv{
    "positions.csv", "time,symbol,quantity,average_entry_price,price,market_value,unrealized_pnl"};
inline constexpr CsvColumns kEquityCsv{"equity.csv",
                                       "time,cash,market_value,equity,gross_exposure,drawdown"};
inline constexpr CsvColumns kDecisionsCsv{
    "decisions.csv", "decision_id,time,symbol,strategy,side,price,quantity,score,outcome,reason"};
inline constexpr CsvColumns kForecastsCsv{
    "forecasts.csv", "time,symbol,series,model,q10,q20,q30,q40,q50,q60,q70,q80,q90,input_hash"};
inline constexpr std::array<const CsvColumns*, 7> kRunTables{
    &kOrdersCsv, &kFillsCsv,     &kTradesCsv,   &kPositionsCsv,
    &kEquityCsv, &kDecisionsCsv, &kForecastsCsv};

// Each writes its file and returns the hash.
// Sent orders by (time, symbol, event), open ones expired at `end_of_data`.
std::string write_orders(const std::filesystem::path& folder, const LedgerState& state,
                         Timestamp end_of_data);
std::string write_fills(const std::filesystem::path& folder, const LedgerState& state);
std::string write_trades(const std::filesystem::path& folder, const LedgerState& state);
std::string write_decisions(const std::filesystem::path& folder, const LedgerState& state);
std::string write_positions(const std::filesystem::path& folder, std::vector<PositionRow> rows);
std::string write_forecasts(const std::filesystem::path& folder, std::vector<ForecastRecord> rows);

// Fills by (time, symbol, event). When that is not the order of the events, position and cash are
// recomputed along it; adjustments then come before the fills of their time.
[[nodiscard]] std::vector<BookedFill> fills_in_row_order(const LedgerState& state);

}  // namespace tradewind::ledger
