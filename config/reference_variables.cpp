#include "config/reference_variables.hpp"

#include "config/value_text.hpp"

namespace tradewind::config {

namespace {

constexpr ReferenceVariable kVariables[] = {
    {"ADD_LATEST", ReferenceType::boolean},
    {"ALPACA_SINGLETON_OVERRIDE", ReferenceType::boolean},
    {"ALPACA_DEATH_SPIRAL_OVERRIDE", ReferenceType::boolean},
    {"MARKETSIM_ALLOW_MOCK_ANALYTICS", ReferenceType::boolean},
    {"TESTING", ReferenceType::boolean},
    {"FAST_TESTING", ReferenceType::boolean},
    {"REAL_TESTING", ReferenceType::boolean},
    {"MARKETSIM_USE_TORCH_GRID", ReferenceType::boolean},
    {"MARKETSIM_CACHE_DISK", ReferenceType::boolean},
    {"MAXDIFF_FORCE_CPU", ReferenceType::boolean},
    {"MAXDIFF_TIMING_DEBUG", ReferenceType::boolean},
    {"MARKETSIM_FORCE_RELEASE_MODELS", ReferenceType::boolean},
    {"MARKETSIM_FORCE_TOTO", ReferenceType::boolean},
    {"MARKETSIM_FORCE_KRONOS", ReferenceType::boolean},
    {"ONLY_CHRONOS2", ReferenceType::boolean},
    {"TOTO_COMPILE", ReferenceType::boolean},
    {"TOTO_DISABLE_COMPILE", ReferenceType::boolean},
    {"KRONOS_COMPILE", ReferenceType::boolean},
    {"KRONOS_PREDICTION_CACHE_ENABLED", ReferenceType::boolean},
    {"CHRONOS_COMPILE", ReferenceType::boolean},
    {"TORCH_COMPILED", ReferenceType::boolean},
    {"CHRONOS2_USE_MULTIVARIATE", ReferenceType::boolean},
    {"CHRONOS2_CROSS_LEARNING", ReferenceType::boolean},
    {"CHRONOS2_MULTISCALE", ReferenceType::boolean},
    {"CHRONOS2_PREDICTION_CACHE", ReferenceType::boolean},
    {"ENABLE_TAKEPROFIT_BRACKETS", ReferenceType::boolean},
    {"ENABLE_PCTDIFF_MIDPOINT", ReferenceType::boolean},
    {"MARKETSIM_DISABLE_RECENT_PNL_PROBE", ReferenceType::boolean},
    {"MARKETSIM_FORCE_HIGHLOW_IMMEDIATE", ReferenceType::boolean},
    {"MARKETSIM_ENABLE_PROBE_TRADES", ReferenceType::boolean},
    {"PROBE_TRADE", ReferenceType::boolean},
    {"USE_ENHANCED_KELLY_SIZING", ReferenceType::boolean},
    {"MARKETSIM_ENABLE_NEURAL_SIZING", ReferenceType::boolean},
    {"MARKETSIM_ENABLE_NEURAL_PRICING", ReferenceType::boolean},
    {"WORK_STEALING_ENABLED", ReferenceType::boolean},
    {"WORK_STEALING_DRY_RUN", ReferenceType::boolean},
    {"MARKETSIM_TOTO_KEEPALIVE_SECONDS", ReferenceType::integer},
    {"MARKETSIM_KRONOS_KEEPALIVE_SECONDS", ReferenceType::integer},
    {"TOTO_NUM_SAMPLES", ReferenceType::integer},
    {"TOTO_SAMPLES_PER_BATCH", ReferenceType::integer},
    {"MARKETSIM_TOTO_MIN_NUM_SAMPLES", ReferenceType::integer},
    {"MARKETSIM_TOTO_MAX_NUM_SAMPLES", ReferenceType::integer},
    {"MARKETSIM_TOTO_MIN_SAMPLES_PER_BATCH", ReferenceType::integer},
    {"MARKETSIM_TOTO_MAX_SAMPLES_PER_BATCH", ReferenceType::integer},
    {"MARKETSIM_TOTO_MAX_OOM_RETRIES", ReferenceType::integer},
    {"MARKETSIM_TOTO_BACKTEST_MAX_RETRIES", ReferenceType::integer},
    {"FAST_TOTO_NUM_SAMPLES", ReferenceType::integer},
    {"FAST_TOTO_SAMPLES_PER_BATCH", ReferenceType::integer},
    {"MARKETSIM_KRONOS_SAMPLE_COUNT", ReferenceType::integer},
    {"KRONOS_PREDICTION_CACHE_TTL", ReferenceType::integer},
    {"KRONOS_PREDICTION_CACHE_MAX_SIZE_MB", ReferenceType::integer},
    {"KRONOS_CACHE_DECIMALS", ReferenceType::integer},
    {"CHRONOS2_PREDICTION_CACHE_SIZE", ReferenceType::integer},
    {"LEVERAGE_TRADING_DAYS", ReferenceType::integer},
    {"MARKET_CLOSE_SHIFT_MINUTES", ReferenceType::integer},
    {"MARKET_CLOSE_ANALYSIS_WINDOW_MINUTES", ReferenceType::integer},
    {"BACKOUT_START_OFFSET_MINUTES", ReferenceType::integer},
    {"BACKOUT_SLEEP_SECONDS", ReferenceType::integer},
    {"BACKOUT_POLL_INTERVAL_SECONDS", ReferenceType::integer},
    {"BACKOUT_MARKET_CLOSE_BUFFER_MINUTES", ReferenceType::integer},
    {"BACKOUT_MARKET_CLOSE_FORCE_MINUTES", ReferenceType::integer},
    {"BACKOUT_RAMP_MINUTES", ReferenceType::integer},
    {"BACKOUT_MARKET_AFTER_MINUTES", ReferenceType::integer},
    {"MAXDIFF_ENTRY_POLL_SECONDS", ReferenceType::integer},
    {"MAXDIFF_EXIT_POLL_SECONDS", ReferenceType::integer},
    {"MAXDIFF_ENTRY_SPAWN_DEBOUNCE_SECONDS", ReferenceType::integer},
    {"MAXDIFF_EXIT_SPAWN_DEBOUNCE_SECONDS", ReferenceType::integer},
    {"TAKEPROFIT_SPAWN_DEBOUNCE_SECONDS", ReferenceType::integer},
    {"CRYPTO_OUT_OF_HOURS_FORCE_COUNT", ReferenceType::integer},
    {"WORK_STEALING_COOLDOWN", ReferenceType::integer},
    {"WORK_STEALING_FIGHT_THRESHOLD", ReferenceType::integer},
    {"WORK_STEALING_FIGHT_WINDOW", ReferenceType::integer},
    {"WORK_STEALING_FIGHT_COOLDOWN", ReferenceType::integer},
    {"ALPACA_ACCOUNT_CACHE_TTL", ReferenceType::integer},
    {"ALPACA_ACCOUNT_DISKCACHE_TTL", ReferenceType::integer},
    {"ALPACA_CLOCK_DISKCACHE_TTL", ReferenceType::integer},
    {"CANCEL_MULTI_ORDERS_POLL_SECONDS", ReferenceType::integer},
    {"MARKETSIM_TORCH_GRID_SHRINK", ReferenceType::number},
    {"MARKETSIM_TORCH_GRID_MIN_WINDOW", ReferenceType::number},
    {"MARKETSIM_GPU_METRICS_PEAK_TOLERANCE_MB", ReferenceType::number},
    {"MARKETSIM_KRONOS_SHARPE_CUTOFF", ReferenceType::number},
    {"MARKETSIM_PROBE_NOTIONAL_LIMIT", ReferenceType::number},
    {"MARKETSIM_NEURAL_SIZING_MIN", ReferenceType::number},
    {"MARKETSIM_NEURAL_SIZING_MAX", ReferenceType::number},
    {"LEVERAGE_COST_ANNUAL", ReferenceType::number},
    {"MARKETSIM_KELLY_DRAWDOWN_CAP", ReferenceType::number},
    {"MARKETSIM_KELLY_DRAWDOWN_MIN_SCALE", ReferenceType::number},
    {"MARKETSIM_DRAWDOWN_SUSPEND", ReferenceType::number},
    {"MARKETSIM_DRAWDOWN_RESUME", ReferenceType::number},
    {"MARKETSIM_DRAWDOWN_RESUME_FACTOR", ReferenceType::number},
    {"BACKOUT_INITIAL_OFFSET_PCT", ReferenceType::number},
    {"BACKOUT_SOFT_CROSS_PCT", ReferenceType::number},
    {"BACKOUT_FINAL_CROSS_PCT", ReferenceType::number},
    {"BACKOUT_MARKET_MAX_SPREAD_PCT", ReferenceType::number},
    {"MAXDIFF_EXIT_PRICE_TOLERANCE", ReferenceType::number},
    {"CRYPTO_OUT_OF_HOURS_TOLERANCE", ReferenceType::number},
    {"CRYPTO_NORMAL_TOLERANCE", ReferenceType::number},
    {"WORK_STEALING_TOLERANCE", ReferenceType::number},
    {"WORK_STEALING_PROTECTION", ReferenceType::number},
    {"ALP_MIN_NOTIONAL_DEFAULT", ReferenceType::number},
    {"MARKETSIM_TORCH_GRID_STEPS", ReferenceType::text},
    {"MARKETSIM_GPU_METRICS_MODE", ReferenceType::text},
    {"TOTO_MODEL_ID", ReferenceType::text},
    {"TOTO_AGGREGATION_SPEC", ReferenceType::text},
    {"FAST_TOTO_AGG_SPEC", ReferenceType::text},
    {"TOTO_COMPILE_MODE", ReferenceType::text},
    {"KRONOS_COMPILE_MODE", ReferenceType::text},
    {"CHRONOS_DTYPE", ReferenceType::text},
    {"CHRONOS2_FREQUENCY", ReferenceType::text},
    {"HYPERPARAM_ROOT", ReferenceType::text},
    {"COMPILED_MODELS_DIR", ReferenceType::text},
    {"MARKETSIM_TREND_SUMMARY_PATH", ReferenceType::text},
    {"MARKETSIM_KELLY_DRAWDOWN_CAP_MAP", ReferenceType::symbol_map},
    {"MARKETSIM_KELLY_DRAWDOWN_MIN_SCALE_MAP", ReferenceType::symbol_map},
    {"MARKETSIM_DRAWDOWN_SUSPEND_MAP", ReferenceType::symbol_map},
    {"MARKETSIM_DRAWDOWN_RESUME_MAP", ReferenceType::symbol_map},
    {"MARKETSIM_TREND_PNL_SUSPEND_MAP", ReferenceType::symbol_map},
    {"MARKETSIM_TREND_PNL_RESUME_MAP", ReferenceType::symbol_map},
};

// SYM:value or SYM@strategy:value, comma-separated.
std::string check_map(const std::string& value) {
    std::vector<std::string> entries;
    if (auto why = parse(value, entries); !why.empty()) return why;
    for (const auto& entry : entries) {
        const auto colon = entry.find(':');
        if (colon == std::string::npos || colon == 0 || colon + 1 == entry.size())
            return "SYM:value or SYM@strategy:value is expected, not " + entry;
        const std::string subject = entry.substr(0, colon);
        const auto at = subject.find('@');
        if (at == 0 || at + 1 == subject.size())
            return "SYM@strategy:value is expected, not " + entry;
    }
    return {};
}

}  // namespace

std::span<const ReferenceVariable> reference_variables() {
    return kVariables;
}

std::string check_reference_value(ReferenceType type, const std::string& value) {
    bool flag = false;
    double number = 0;
    std::int64_t whole = 0;
    std::string text;
    switch (type) {
        case ReferenceType::boolean:
            return parse(value, flag);
        case ReferenceType::number:
            return parse(value, number);
        case ReferenceType::text:
            return parse(value, text);
        case ReferenceType::symbol_map:
            return check_map(value);
        case ReferenceType::integer: {
            auto why = parse(value, whole);
            if (why.empty() && whole < 0) why = "a number that is not negative is expected";
            return why;
        }
    }
    return {};
}

}  // namespace tradewind::config
