// A replay of bars from its options, for every command that makes one: replay, sweep, and the
// check for look-ahead. The options have the same names, defaults and refusals everywhere.
//
// Errors: Error (usage) for an option, Error (data) for files and empty ranges. One thread.
// Source: contract 2.1.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/wiring/replay.hpp"
#include "config/settings.hpp"
#include "market/catalog/bar_reader.hpp"
#include "model/forecast_cache.hpp"

namespace tradewind::tools {

constexpr const char* kForecastPortfolio = "forecast_portfolio";

struct ReplayPlan {
    config::Sources sources;
    std::vector<std::string> data;
    std::vector<std::string> symbols;
    std::string from;
    std::string to;
    std::string interval;
    std::string strategy = kForecastPortfolio;
    std::vector<std::string> set;
    std::string cash = "100000";
    std::string fill = "next_open";
    std::string fee;
    std::string costs;
    int decision_lag = 0;
    std::string model;
    std::string on_bad_row = "stop";
    std::string instruments;
    std::uint64_t seed = 0;

    [[nodiscard]] bool is_portfolio() const { return strategy == kForecastPortfolio; }
};

// Adds the options above to a command; --data is not required by itself.
void add_replay_options(CLI::App& command, ReplayPlan& plan);

// The bars and instruments that the plan names; the forecast portfolio without symbols of its own
// has those of the settings.
struct ReplayData {
    market::Catalog catalog;
    market::InstrumentTable instruments;
};
[[nodiscard]] ReplayData read_replay_data(const ReplayPlan& plan, const config::Settings& settings);

// What can be refused without reading a file; the data's part is empty.
[[nodiscard]] actors::ReplayOptions replay_options(const ReplayPlan& plan,
                                                   const config::Settings& settings);
// Fills in the data's part. `cache`: forecasts of earlier replays; may be null.
void add_replay_data(const ReplayPlan& plan, const config::Settings& settings,
                     const ReplayData& data, std::shared_ptr<model::ForecastCache> cache,
                     actors::ReplayOptions& options);

}  // namespace tradewind::tools
