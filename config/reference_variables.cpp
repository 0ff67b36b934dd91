#include "config/reference_variables.hpp"

#include "config/value_text.hpp"

namespace tradewind::config {

namespace {

constexpr ReferenceVariable kVariables[] = {
    {"ADD_LATEST", ReferenceType::boolean, "0",
     "decisions see completed bars; the quote has its own place in the snapshot"},
    {"ALPACA_SINGLETON_OVERRIDE", ReferenceType::boolean, "0",
     "one writer per account is held by a lock that nothing overrides"},
    {"ALPACA_DEATH_SPIRAL_OVERRIDE", ReferenceType::boolean, "0",
     "the rule is overridden for one order of one symbol, not as a whole"},
    {"MARKETSIM_ALLOW_MOCK_ANALYTICS", ReferenceType::boolean, "0", "no synthetic analysis exists"},
    {"TESTING", ReferenceType::boolean, "0",
     "tests are built apart; no switch changes the program for them"},
    {"FAST_TESTING", ReferenceType::boolean, "0",
     "tests are built apart; no switch changes the program for them"},
    {"REAL_TESTING", ReferenceType::boolean, "0",
     "tests are built apart; no switch changes the program for them"},
    {"MARKETSIM_USE_TORCH_GRID", ReferenceType::boolean, "1",
     "the search is chosen by analysis.optimizer"},
    {"MARKETSIM_CACHE_DISK", ReferenceType::boolean, "1",
     "a daemon keeps forecasts on disk wherever it keeps them (analysis.cache_forecasts)"},
    {"MAXDIFF_FORCE_CPU", ReferenceType::boolean, "1", "offsets are searched on the CPU"},
    {"MAXDIFF_TIMING_DEBUG", ReferenceType::boolean, "0", "timings are among the metrics"},
    {"MARKETSIM_FORCE_RELEASE_MODELS", ReferenceType::boolean, "0", "a model stays loaded"},
    {"MARKETSIM_FORCE_TOTO", ReferenceType::boolean, "0", "name the model: model.name"},
    {"MARKETSIM_FORCE_KRONOS", ReferenceType::boolean, "0", "Kronos is not built in"},
    {"ONLY_CHRONOS2", ReferenceType::boolean, "0", "Chronos-2 is not built in"},
    {"TOTO_COMPILE", ReferenceType::boolean, "0", "networks are run, not compiled"},
    {"TOTO_DISABLE_COMPILE", ReferenceType::boolean, "1", "networks are run, not compiled"},
    {"KRONOS_COMPILE", ReferenceType::boolean, "0", "Kronos is not built in"},
    {"KRONOS_PREDICTION_CACHE_ENABLED", ReferenceType::boolean, "0", "Kronos is not built in"},
    {"CHRONOS_COMPILE", ReferenceType::boolean, "0", "Chronos-2 is not built in"},
    {"TORCH_COMPILED", ReferenceType::boolean, "0", "networks are run, not compiled"},
    {"CHRONOS2_USE_MULTIVARIATE", ReferenceType::boolean, "0", "Chronos-2 is not built in"},
    {"CHRONOS2_CROSS_LEARNING", ReferenceType::boolean, "0", "Chronos-2 is not built in"},
    {"CHRONOS2_MULTISCALE", ReferenceType::boolean, "0", "Chronos-2 is not built in"},
    {"CHRONOS2_PREDICTION_CACHE", ReferenceType::boolean, "0", "Chronos-2 is not built in"},
    {"ENABLE_TAKEPROFIT_BRACKETS", ReferenceType::boolean, "0",
     "strategies without a target have no bracket"},
    {"ENABLE_PCTDIFF_MIDPOINT", ReferenceType::boolean, "0", "pctdiff enters at its limits alone"},
    {"USE_ENHANCED_KELLY_SIZING", ReferenceType::boolean, "1", "sizes come from the enhanced rule"},
    {"MARKETSIM_ENABLE_NEURAL_SIZING", ReferenceType::boolean, "0", "no network sizes positions"},
    {"MARKETSIM_ENABLE_NEURAL_PRICING", ReferenceType::boolean, "0", "no network prices orders"},
    {"MARKETSIM_TOTO_KEEPALIVE_SECONDS", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_KRONOS_KEEPALIVE_SECONDS", ReferenceType::integer, "", "Kronos is not built in"},
    {"TOTO_NUM_SAMPLES", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"TOTO_SAMPLES_PER_BATCH", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_TOTO_MIN_NUM_SAMPLES", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_TOTO_MAX_NUM_SAMPLES", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_TOTO_MIN_SAMPLES_PER_BATCH", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_TOTO_MAX_SAMPLES_PER_BATCH", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_TOTO_MAX_OOM_RETRIES", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_TOTO_BACKTEST_MAX_RETRIES", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"FAST_TOTO_NUM_SAMPLES", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"FAST_TOTO_SAMPLES_PER_BATCH", ReferenceType::integer, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"MARKETSIM_KRONOS_SAMPLE_COUNT", ReferenceType::integer, "", "Kronos is not built in"},
    {"KRONOS_PREDICTION_CACHE_TTL", ReferenceType::integer, "", "Kronos is not built in"},
    {"KRONOS_PREDICTION_CACHE_MAX_SIZE_MB", ReferenceType::integer, "", "Kronos is not built in"},
    {"KRONOS_CACHE_DECIMALS", ReferenceType::integer, "", "Kronos is not built in"},
    {"CHRONOS2_PREDICTION_CACHE_SIZE", ReferenceType::integer, "", "Chronos-2 is not built in"},
    {"LEVERAGE_TRADING_DAYS", ReferenceType::integer, "", "financing is part of costs.preset"},
    {"MAXDIFF_EXIT_SPAWN_DEBOUNCE_SECONDS", ReferenceType::integer, "",
     "a request to leave is merged, never dropped"},
    {"TAKEPROFIT_SPAWN_DEBOUNCE_SECONDS", ReferenceType::integer, "",
     "a request to leave is merged, never dropped"},
    {"ALPACA_ACCOUNT_CACHE_TTL", ReferenceType::integer, "15",
     "the account is read at every step, not cached"},
    {"ALPACA_ACCOUNT_DISKCACHE_TTL", ReferenceType::integer, "30",
     "the account is read at every step, not cached"},
    {"ALPACA_CLOCK_DISKCACHE_TTL", ReferenceType::integer, "5",
     "the account is read at every step, not cached"},
    {"CANCEL_MULTI_ORDERS_POLL_SECONDS", ReferenceType::integer, "",
     "duplicates cannot arise: ids derive from decisions"},
    {"MARKETSIM_TORCH_GRID_SHRINK", ReferenceType::number, "",
     "the grid has the reference's three stages"},
    {"MARKETSIM_TORCH_GRID_MIN_WINDOW", ReferenceType::number, "",
     "the grid has the reference's three stages"},
    {"MARKETSIM_GPU_METRICS_PEAK_TOLERANCE_MB", ReferenceType::number, "",
     "the device's figures are among the metrics"},
    {"MARKETSIM_NEURAL_SIZING_MIN", ReferenceType::number, "", "no network sizes positions"},
    {"MARKETSIM_NEURAL_SIZING_MAX", ReferenceType::number, "", "no network sizes positions"},
    {"LEVERAGE_COST_ANNUAL", ReferenceType::number, "", "financing is part of costs.preset"},
    {"ALP_MIN_NOTIONAL_DEFAULT", ReferenceType::number, "",
     "minimum notionals are the instruments' own (--instruments)"},
    {"MARKETSIM_TORCH_GRID_STEPS", ReferenceType::text, "33,17,9",
     "the grid has the reference's three stages"},
    {"MARKETSIM_GPU_METRICS_MODE", ReferenceType::text, "",
     "the device's figures are among the metrics"},
    {"TOTO_MODEL_ID", ReferenceType::text, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"TOTO_AGGREGATION_SPEC", ReferenceType::text, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"FAST_TOTO_AGG_SPEC", ReferenceType::text, "",
     "model options are given where the model is named (--set of model forecast)"},
    {"TOTO_COMPILE_MODE", ReferenceType::text, "", "networks are run, not compiled"},
    {"KRONOS_COMPILE_MODE", ReferenceType::text, "", "Kronos is not built in"},
    {"CHRONOS_DTYPE", ReferenceType::text, "", "Chronos-2 is not built in"},
    {"CHRONOS2_FREQUENCY", ReferenceType::text, "", "Chronos-2 is not built in"},
    {"HYPERPARAM_ROOT", ReferenceType::text, "", "parameter sets are model.name's own"},
    {"COMPILED_MODELS_DIR", ReferenceType::text, "", "networks are run, not compiled"},
    {"MARKETSIM_TREND_SUMMARY_PATH", ReferenceType::text, "", "trends come from no file"},
    {"MARKETSIM_TREND_PNL_SUSPEND_MAP", ReferenceType::symbol_map, "", "trends come from no file"},
    {"MARKETSIM_TREND_PNL_RESUME_MAP", ReferenceType::symbol_map, "", "trends come from no file"},
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

bool is_accepted(const ReferenceVariable& variable, const std::string& value) {
    if (variable.accepted.empty()) return false;
    if (variable.type != ReferenceType::boolean) return value == variable.accepted;
    bool given = false;
    bool wanted = false;
    return parse(value, given).empty() && parse(std::string(variable.accepted), wanted).empty() &&
           given == wanted;
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
