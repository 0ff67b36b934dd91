// Parquet files of bars, by Arrow: the only sources that know it. Internal to market/catalog.
//
// Reading takes the columns of the CSV form by name: time as timestamp of any unit (with or without
// a zone; without one it is UTC) or date32; numbers as double, float, integer or decimal128; symbol
// as text or dictionary. Doubles become the nearest decimal of nine digits. Errors: Error (data).
// Blocking; any thread.
#pragma once

#include <string>
#include <vector>

#include "market/catalog/series_builder.hpp"

namespace tradewind::market {

[[nodiscard]] std::vector<SeriesBuilder::Finished> read_parquet_file(const std::string& path,
                                                                     const ReadOptions& options,
                                                                     FileReport& report);

}  // namespace tradewind::market
