// Named limits of the program: the bounds that no setting moves, each with its reason. `doctor`
// shows them. Bounds of settings stand in the table of keys (config/keys.cpp). Any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tradewind::config {

// Threads and sizes.
constexpr std::int64_t kMaximumWorkers = 1024;
constexpr std::int64_t kAutomaticWorkersCap = 32;   // workers = 0: min(32, cores + 4)
constexpr std::int64_t kAutomaticWorkersExtra = 4;  // beyond the cores: fetches wait, cores do not
constexpr std::int64_t kMaximumSymbols = 10'000;
constexpr std::int64_t kMaximumSettingsFileBytes = 1 << 20;
constexpr std::int64_t kMaximumKeyFileBytes = 4096;

// At the broker.
constexpr std::int64_t kClientOrderIdLength = 128;
constexpr std::int64_t kBrokerRequestsPerMinute = 200;
constexpr std::int64_t kStreamConnectionsPerMinute = 6;
constexpr std::int64_t kAdoptionMinutes = 10;  // an unexplained contradiction may be adopted then

// Time.
constexpr std::int64_t kExchangeClockToleranceSeconds = 10;
constexpr std::int64_t kShortestStalenessSeconds = 5;  // of steady time, whatever the clock's speed
constexpr std::int64_t kKillSeconds = 1;               // no entry is posted, each is cancelled

struct Limit {
    std::string_view name;
    std::int64_t value;
    std::string_view unit;
    std::string_view why;
};

inline constexpr Limit kLimits[] = {
    {"maximum_workers", kMaximumWorkers, "threads", "more only adds switching"},
    {"automatic_workers_cap", kAutomaticWorkersCap, "threads", "workers = 0 never asks for more"},
    {"maximum_symbols", kMaximumSymbols, "symbols", "one snapshot each is held in memory"},
    {"maximum_settings_file", kMaximumSettingsFileBytes, "bytes", "a larger file is a mistake"},
    {"client_order_id_length", kClientOrderIdLength, "characters", "the broker's own bound"},
    {"broker_requests", kBrokerRequestsPerMinute, "per minute", "the broker's own bound"},
    {"stream_connections", kStreamConnectionsPerMinute, "per minute", "per stream, steady time"},
    {"adoption", kAdoptionMinutes, "minutes", "an unexplained contradiction waits this long"},
    {"exchange_clock_tolerance", kExchangeClockToleranceSeconds, "seconds",
     "data is normal within"},
    {"shortest_staleness", kShortestStalenessSeconds, "seconds", "at any speed of the clock"},
    {"kill", kKillSeconds, "seconds", "no entry is posted later than this after a kill"},
};

}  // namespace tradewind::config
