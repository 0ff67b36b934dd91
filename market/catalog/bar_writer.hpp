// Writes bars in the form that bar_reader.hpp reads: one CSV or Parquet file per symbol.
//
// CSV: `time,open,high,low,close,volume`, and `trade_count,vwap` when any bar has them; `\n` line
// ends; decimals without trailing zeros. Parquet: the same columns, time as timestamp[ns, UTC]
// (date32 for daily bars), prices as decimal128(18, 9), snappy-compressed where that helps. A file
// appears complete or not at all (written beside, synced, renamed). Errors: Error (usage) when the
// path cannot be written. Blocking; any thread. Source: contract 2 (export), 3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "market/calendar.hpp"
#include "market/instruments.hpp"
#include "messages/bar.hpp"

namespace tradewind::market {

enum class BarFileFormat : std::uint8_t { csv, parquet };

// The text of the CSV file.
[[nodiscard]] std::string csv_of(const BarSeries& series, TradingCalendar calendar);

void write_csv(const BarSeries& series, TradingCalendar calendar, const std::string& path);
void write_parquet(const BarSeries& series, TradingCalendar calendar, const std::string& path);

// FOLDER/SYMBOL.csv or .parquet for each series, and a catalog.toml that names the adjusted ones;
// the folder is created. Returns the paths of the bar files.
std::vector<std::string> export_series(const std::vector<BarSeriesPtr>& series,
                                       const std::string& folder, BarFileFormat format,
                                       const InstrumentTable& instruments = {});

}  // namespace tradewind::market
