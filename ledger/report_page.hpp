// The parts of the HTML page: what the page shows, and its text. Pure; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger/curve_sampler.hpp"

namespace tradewind::ledger {

struct SymbolLine {
    std::string symbol;
    std::int64_t trades = 0;
    std::int64_t wins = 0;
    std::int64_t fills = 0;
    double notional = 0;
    double fees = 0;
    double financing = 0;
    double pnl = 0;
};

struct TradeLine {
    std::string symbol, side, strategy, quantity, entry_time, entry_price, exit_time, exit_price,
        pnl, profit_fraction, exit_reason;
};

struct ReportData {
    std::string title;
    std::vector<std::pair<std::string, std::string>> facts;       // of run.json
    std::vector<std::pair<std::string, std::string>> statistics;  // in the file's order
    std::vector<CurvePoint> curve;
    std::vector<SymbolLine> symbols;               // by symbol
    std::vector<TradeLine> trades;                 // those that are shown
    std::size_t trade_count = 0;                   // all
    std::map<std::string, std::int64_t> outcomes;  // decisions by outcome
    std::vector<std::string> notes;
};

[[nodiscard]] std::string render_page(const ReportData& data);
// The data from a folder's files; a null curve is read from equity.csv.
[[nodiscard]] ReportData load_report(const std::filesystem::path& run_folder,
                                     const std::vector<CurvePoint>* curve);

}  // namespace tradewind::ledger
