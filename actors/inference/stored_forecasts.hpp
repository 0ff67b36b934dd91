// The forecast cache's store on disk: `forecasts.db` of a state folder, through the ledger room.
// A store that fails (disk full, locked) costs the cache its disk, never a forecast: it is left
// alone from then on. One owner, one thread. Source: strategies spec 5.7.
#pragma once

#include <filesystem>
#include <memory>

#include "model/forecast_cache.hpp"

namespace tradewind::actors {

constexpr const char* kForecastsFile = "forecasts.db";

// Null when the file cannot be opened: the cache then lives in memory.
[[nodiscard]] std::unique_ptr<model::ForecastStore> open_stored_forecasts(
    const std::filesystem::path& file);

}  // namespace tradewind::actors
