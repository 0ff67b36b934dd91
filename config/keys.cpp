#include "config/keys.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "config/key_making.hpp"
#include "config/limits.hpp"
#include "config/value_text.hpp"

namespace tradewind::config {

template <>
std::vector<std::string> names_of<Mode>() {
    return {"paper", "live"};
}
template <>
std::vector<std::string> names_of<BrokerKind>() {
    return {"auto", "embedded", "local", "alpaca"};
}
template <>
std::vector<std::string> names_of<GateMode>() {
    return {"auto", "enforce", "advisory"};
}
template <>
std::vector<std::string> names_of<Alignment>() {
    return {"exact", "legacy"};
}
template <>
std::vector<std::string> names_of<Selection>() {
    return {"in_sample", "out_of_sample"};
}
template <>
std::vector<std::string> names_of<ClosePolicy>() {
    return {"class", "measured"};
}
template <>
std::vector<std::string> names_of<Optimizer>() {
    return {"exact", "direct", "grid"};
}
template <>
std::vector<std::string> names_of<Device>() {
    return {"auto", "cpu", "cuda"};
}
template <>
std::vector<std::string> names_of<EwmaCentre>() {
    return {"mean", "zero"};
}
template <>
std::vector<std::string> names_of<CostPreset>() {
    return {"realistic", "era-2025-11", "era-2025-12", "free"};
}
template <>
std::vector<std::string> names_of<LogLevel>() {
    return {"trace", "debug", "info", "warning", "error"};
}

std::string to_text(CostPreset preset) {
    return names_of<CostPreset>()[static_cast<std::size_t>(preset)];
}

namespace {

// A key that only the environment may set: no file can arm live trading.
Key environment_only(Key row) {
    row.environment_only = true;
    return row;
}

std::string paper_to_mode(const std::string& value) {
    bool paper = true;
    if (auto why = parse(value, paper); !why.empty()) throw why;
    return paper ? "paper" : "live";
}

std::string disabled_to_enabled(const std::string& value) {
    bool disabled = true;
    if (auto why = parse(value, disabled); !why.empty()) throw why;
    return disabled ? "false" : "true";
}

std::string direct_to_optimizer(const std::string& value) {
    bool direct = true;
    if (auto why = parse(value, direct); !why.empty()) throw why;
    if (!direct) throw std::string("0 asks for differential evolution, which is not built in");
    return "direct";
}

bool loopback_address(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return false;
    const std::string host = text.substr(0, colon);
    std::int64_t port = -1;
    if (!parse(text.substr(colon + 1), port).empty() || port < 0 || port > 65535) return false;
    return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

const Bounds kLoopback{"127.0.0.1:PORT, [::1]:PORT", loopback_address};

// Plain text only to this machine: keys travel on these connections.
Bounds url(const std::string& scheme) {
    return {
        scheme + "s://HOST, " + scheme + ":// on loopback only", [scheme](const std::string& t) {
            if (t.rfind(scheme + "s://", 0) == 0) return t.size() > scheme.size() + 4;
            if (t.rfind(scheme + "://", 0) != 0) return false;
            std::string authority = t.substr(scheme.size() + 3);
            authority = authority.substr(0, authority.find('/'));
            if (authority.find('@') != std::string::npos) return false;
            const bool bracket = authority.rfind("[::1]", 0) == 0;
            const std::string host = bracket ? "[::1]" : authority.substr(0, authority.find(':'));
            return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
        }};
}

const Bounds kWorkers = between(0, static_cast<double>(kMaximumWorkers));
const Bounds kPool = between(1, 64);
const Bounds kSeconds = between(1, 3600);

void add_program_keys(std::vector<Key>& keys) {
    keys.push_back(key("mode", TRADEWIND_FIELD(mode), "account that the daemon trades on", {},
                       {{"PAPER", paper_to_mode}}));
    keys.push_back(
        key("log.level", TRADEWIND_FIELD(log.level), "least severe line that is logged"));
    keys.push_back(key("state.dir", TRADEWIND_FIELD(state.dir),
                       "folder of the daemon's store; empty: $XDG_STATE_HOME/tradewind/MODE", {},
                       {{"STATE_DIR", {}}}));
    keys.push_back(key("state.suffix", TRADEWIND_FIELD(state.suffix),
                       "appended to the name of the state folder", {},
                       {{"TRADE_STATE_SUFFIX", {}}}));
}

void add_analysis_keys(std::vector<Key>& keys) {
    keys.push_back(key("analysis.parallel", TRADEWIND_FIELD(analysis.parallel),
                       "analyse symbols on several workers; false overrides analysis.workers", {},
                       {{"MARKETSIM_PARALLEL_ANALYSIS", {}}}));
    keys.push_back(key("analysis.workers", TRADEWIND_FIELD(analysis.workers),
                       "analysis workers; 0: min(32, cores + 4)", kWorkers,
                       {{"MARKETSIM_PARALLEL_WORKERS", {}}}));
    keys.push_back(key("analysis.simulations", TRADEWIND_FIELD(analysis.simulations),
                       "days of the walk-forward", between(1, 1000),
                       {{"MARKETSIM_BACKTEST_SIMULATIONS", {}}}));
    keys.push_back(key("analysis.fast_simulate", TRADEWIND_FIELD(analysis.fast_simulate),
                       "at most 35 days of the walk-forward", {},
                       {{"MARKETSIM_FAST_SIMULATE", {}}}));
    keys.push_back(key("analysis.fast_optimize", TRADEWIND_FIELD(analysis.fast_optimize),
                       "at most 100 evaluations of a search by DIRECT", {},
                       {{"MARKETSIM_FAST_OPTIMIZE", {}}}));
    keys.push_back(key("analysis.skip_closed_equity", TRADEWIND_FIELD(analysis.skip_closed_equity),
                       "leave stocks out of passes while their exchange is closed", {},
                       {{"MARKETSIM_SKIP_CLOSED_EQUITY", {}}}));
    keys.push_back(key("analysis.cache_forecasts", TRADEWIND_FIELD(analysis.cache_forecasts),
                       "keep forecasts between passes", {}, {{"MARKETSIM_CACHE_PREDICTIONS", {}}}));
    keys.push_back(key("analysis.alignment", TRADEWIND_FIELD(analysis.alignment),
                       "how days, moves and prices relate; legacy: as the reference did, with its "
                       "mistakes, for comparisons"));
    keys.push_back(key("analysis.optimizer", TRADEWIND_FIELD(analysis.optimizer),
                       "search of the offsets: the exact solver, or the reference's DIRECT or grid",
                       {}, {{"MARKETSIM_USE_DIRECT_OPTIMIZER", direct_to_optimizer}}));
    keys.push_back(key("analysis.selection", TRADEWIND_FIELD(analysis.selection),
                       "evidence that strategies are chosen by; in_sample: the days that they were "
                       "fitted on, without pctdiff, all_signals, highlow and takeprofit"));
    keys.push_back(key("analysis.gate_mode", TRADEWIND_FIELD(analysis.gate_mode),
                       "whether a failed entry gate blocks; auto: enforce live, else advisory"));
    keys.push_back(key("analysis.disable_gates", TRADEWIND_FIELD(analysis.disable_gates),
                       "switch off all gates but the loss block; refused live", {},
                       {{"MARKETSIM_DISABLE_GATES", {}}}));
    keys.push_back(key("analysis.consensus_move", TRADEWIND_FIELD(analysis.consensus_move),
                       "least predicted move of a model that lets a pick trade", between(0, 1),
                       {{"CONSENSUS_MIN_MOVE_PCT", {}}}));
    keys.push_back(key("analysis.sharpe_cutoff", TRADEWIND_FIELD(analysis.sharpe_cutoff),
                       "walk-forward Sharpe below which a pick is noted", between(-100, 100),
                       {{"MARKETSIM_SHARPE_CUTOFF", {}}}));
    keys.push_back(key("analysis.second_model_sharpe",
                       TRADEWIND_FIELD(analysis.second_model_sharpe),
                       "the same where only the second model answered", between(-100, 100),
                       {{"MARKETSIM_KRONOS_SHARPE_CUTOFF", {}}}));
    keys.push_back(key("analysis.ci_guard", TRADEWIND_FIELD(analysis.ci_guard),
                       "widths of the band that a forecast must leave for ci_guard",
                       between(0, 100), {{"TOTO_CI_GUARD_MULTIPLIER", {}}}));
    keys.push_back(key("analysis.pctdiff_daily_return",
                       TRADEWIND_FIELD(analysis.pctdiff_daily_return),
                       "most that a day of pctdiff counts for, either way", between(0.0001, 10),
                       {{"PCTDIFF_MAX_DAILY_RETURN", {}}}));
    keys.push_back(
        key("fetch.workers", TRADEWIND_FIELD(fetch.workers), "workers that fetch history", kPool));
    keys.push_back(key("execution.workers", TRADEWIND_FIELD(execution.workers),
                       "shards of order execution, by symbol", kPool));
    keys.push_back(key("execution.work_orders", TRADEWIND_FIELD(execution.work_orders),
                       "a daemon works the portfolio's orders between its passes (entries, exits, "
                       "stealing); false: it sends them at the pass"));
}

void add_model_keys(std::vector<Key>& keys) {
    keys.push_back(key("model.name", TRADEWIND_FIELD(model.name),
                       "forecaster: auto (for each market class and channel the one that "
                       "verification showed to be best), embedded (the shipped network), ewma, "
                       "ewma_empirical, garch, anchored, or a checkpoint folder"));
    keys.push_back(key("model.forecast_store", TRADEWIND_FIELD(model.forecast_store),
                       "file in which replay and analyze keep a network's forecasts for their next "
                       "run; empty: none is kept"));
    keys.push_back(key("model.warmup", TRADEWIND_FIELD(model.warmup),
                       "run the model once on every batch shape before the first pass", {},
                       {{"MARKETSIM_WARMUP_MODELS", {}}}));
    keys.push_back(key("model.device", TRADEWIND_FIELD(model.device),
                       "where the model runs; auto: a GPU where there is one", {},
                       {{"MARKETSIM_TOTO_DEVICE", {}}}));
    keys.push_back(key("model.allow_cpu_fallback", TRADEWIND_FIELD(model.allow_cpu_fallback),
                       "go on without the GPU that was asked for", {},
                       {{"MARKETSIM_ALLOW_CPU_FALLBACK", {}}}));
    keys.push_back(key("model.threads", TRADEWIND_FIELD(model.threads),
                       "threads of a network on the CPU; 0: the model's own number",
                       between(0, 256)));
    keys.push_back(key("model.ewma_lambda", TRADEWIND_FIELD(model.ewma_lambda),
                       "weight of the past in the ewma model", between(0.5, 0.9999)));
    keys.push_back(key("model.ewma_centre", TRADEWIND_FIELD(model.ewma_centre),
                       "centre of the ewma model's distribution"));
}

void add_portfolio_keys(std::vector<Key>& keys) {
    keys.push_back(key("portfolio.core_picks", TRADEWIND_FIELD(portfolio.core_picks),
                       "least names that a pass tries to hold", between(0, 1000)));
    keys.push_back(key("portfolio.maximum_picks", TRADEWIND_FIELD(portfolio.maximum_picks),
                       "most names held", between(0, 1000)));
    keys.push_back(key("portfolio.expanded_picks", TRADEWIND_FIELD(portfolio.expanded_picks),
                       "names up to which the portfolio is filled by edge", between(0, 1000)));
    keys.push_back(key("portfolio.maximum_maxdiffs", TRADEWIND_FIELD(portfolio.maximum_maxdiffs),
                       "most high/low entries worked at once", between(0, 1000),
                       {{"MARKETSIM_MAX_MAXDIFFS", {}}}));
    keys.push_back(key("portfolio.always_on_priority",
                       TRADEWIND_FIELD(portfolio.always_on_priority),
                       "best always-on picks that enter at once", between(0, 1000),
                       {{"MAXDIFF_ALWAYS_ON_PRIORITY_LIMIT", {}}}));
    keys.push_back(key("portfolio.allow_maxdiff", TRADEWIND_FIELD(portfolio.allow_maxdiff),
                       "the maxdiff strategy may be chosen", {}, {{"ALLOW_MAXDIFF_ENTRY", {}}}));
    keys.push_back(key(
        "portfolio.allow_maxdiff_always_on", TRADEWIND_FIELD(portfolio.allow_maxdiff_always_on),
        "the maxdiffalwayson strategy may be chosen", {}, {{"ALLOW_MAXDIFF_ALWAYS_ENTRY", {}}}));
    keys.push_back(key("portfolio.allow_pctdiff", TRADEWIND_FIELD(portfolio.allow_pctdiff),
                       "the pctdiff strategy may be chosen out of sample", {},
                       {{"ALLOW_PCTDIFF_ENTRY", {}}}));
    keys.push_back(key("portfolio.allow_highlow", TRADEWIND_FIELD(portfolio.allow_highlow),
                       "the highlow strategy may be chosen out of sample", {},
                       {{"ALLOW_HIGHLOW_ENTRY", {}}}));
    keys.push_back(key("portfolio.allow_takeprofit", TRADEWIND_FIELD(portfolio.allow_takeprofit),
                       "the takeprofit strategy may be chosen out of sample", {},
                       {{"ALLOW_TAKEPROFIT_ENTRY", {}}}));
    keys.push_back(key("portfolio.simple_mode", TRADEWIND_FIELD(portfolio.simple_mode),
                       "rank by average return alone; gates still block", {},
                       {{"MARKETSIM_SIMPLE_MODE", {}}}));
    keys.push_back(key("portfolio.kelly_sizing", TRADEWIND_FIELD(portfolio.kelly_sizing),
                       "Kelly sizes for what is not of the maxdiff family", {},
                       {{"MARKETSIM_ENABLE_KELLY_SIZING", {}}}));
    keys.push_back(key("portfolio.close_policy", TRADEWIND_FIELD(portfolio.close_policy),
                       "when limit strategies leave: coins at the day's close and stocks at the "
                       "target, or what earned more on each symbol"));
}

void add_cycle_keys(std::vector<Key>& keys) {
    keys.push_back(key("cycle.close_shift_minutes", TRADEWIND_FIELD(cycle.close_shift_minutes),
                       "closing work begins so long before the session ends", between(0, 300),
                       {{"MARKET_CLOSE_SHIFT_MINUTES", {}}}));
    keys.push_back(key("cycle.close_analysis_minutes",
                       TRADEWIND_FIELD(cycle.close_analysis_minutes),
                       "and its pass so long before that", between(1, 120),
                       {{"MARKET_CLOSE_ANALYSIS_WINDOW_MINUTES", {}}}));
    keys.push_back(key("cycle.grace_minutes", TRADEWIND_FIELD(cycle.grace_minutes),
                       "how late a pass that missed its time still runs", between(0, 59)));
    keys.push_back(key("cycle.hourly", TRADEWIND_FIELD(cycle.hourly), "a pass each clock hour"));
}

void add_probes_keys(std::vector<Key>& keys) {
    keys.push_back(key("probes.enabled", TRADEWIND_FIELD(probes.enabled),
                       "re-test blocked ideas at the minimum size", {},
                       {{"MARKETSIM_ENABLE_PROBE_TRADES", {}}, {"PROBE_TRADE", {}}}));
    keys.push_back(key("probes.notional_limit", TRADEWIND_FIELD(probes.notional_limit),
                       "money above which a probe counts as any position", between(0, 1e9),
                       {{"MARKETSIM_PROBE_NOTIONAL_LIMIT", {}}}));
    keys.push_back(key("probes.recent_trades", TRADEWIND_FIELD(probes.recent_trades),
                       "the last two trades of an idea ask for a probe where they did not earn", {},
                       {{"MARKETSIM_DISABLE_RECENT_PNL_PROBE", disabled_to_enabled}}));
    keys.push_back(key("probes.after_losing_day", TRADEWIND_FIELD(probes.after_losing_day),
                       "the weekday after a losing day enters probes only"));
}

void add_entries_keys(std::vector<Key>& keys) {
    const Bounds share = between(0, 1);
    keys.push_back(key("entries.poll_seconds", TRADEWIND_FIELD(entries.poll_seconds),
                       "time between two looks of an entry at its price", between(5, 600),
                       {{"MAXDIFF_ENTRY_POLL_SECONDS", {}}}));
    keys.push_back(key("entries.tolerance", TRADEWIND_FIELD(entries.tolerance),
                       "how near its limit the market must be before an entry is sent", share,
                       {{"CRYPTO_NORMAL_TOLERANCE", {}}}));
    keys.push_back(key("entries.night_tolerance", TRADEWIND_FIELD(entries.night_tolerance),
                       "the same for coins while the stock exchange is closed", share,
                       {{"CRYPTO_OUT_OF_HOURS_TOLERANCE", {}}}));
    keys.push_back(key("entries.night_immediate", TRADEWIND_FIELD(entries.night_immediate),
                       "best coins that enter at once while the stock exchange is closed",
                       between(0, 1000), {{"CRYPTO_OUT_OF_HOURS_FORCE_COUNT", {}}}));
    keys.push_back(key("entries.immediate", TRADEWIND_FIELD(entries.immediate),
                       "every limit entry is sent without waiting for its price", {},
                       {{"MARKETSIM_FORCE_HIGHLOW_IMMEDIATE", {}}}));
    keys.push_back(key("entries.debounce_seconds", TRADEWIND_FIELD(entries.debounce_seconds),
                       "an entry is not priced anew sooner", between(0, 3600),
                       {{"MAXDIFF_ENTRY_SPAWN_DEBOUNCE_SECONDS", {}}}));
}

void add_exits_keys(std::vector<Key>& keys) {
    const Bounds share = between(0, 1);
    keys.push_back(key("exits.target_poll_seconds", TRADEWIND_FIELD(exits.target_poll_seconds),
                       "time between two looks at a target", between(5, 600),
                       {{"MAXDIFF_EXIT_POLL_SECONDS", {}}}));
    keys.push_back(key("exits.target_tolerance", TRADEWIND_FIELD(exits.target_tolerance),
                       "a working target so near the wanted one is kept", share,
                       {{"MAXDIFF_EXIT_PRICE_TOLERANCE", {}}}));
    keys.push_back(key("exits.start_offset_minutes", TRADEWIND_FIELD(exits.start_offset_minutes),
                       "added to ramp_minutes and market_after_minutes", between(0, 600),
                       {{"BACKOUT_START_OFFSET_MINUTES", {}}}));
    keys.push_back(key("exits.ramp_minutes", TRADEWIND_FIELD(exits.ramp_minutes),
                       "a gradual exit moves its limit for so long", between(0, 600),
                       {{"BACKOUT_RAMP_MINUTES", {}}}));
    keys.push_back(key("exits.market_after_minutes", TRADEWIND_FIELD(exits.market_after_minutes),
                       "then it goes to market", between(0, 600),
                       {{"BACKOUT_MARKET_AFTER_MINUTES", {}}}));
    keys.push_back(key("exits.close_buffer_minutes", TRADEWIND_FIELD(exits.close_buffer_minutes),
                       "before the close its limit crosses further", between(0, 390),
                       {{"BACKOUT_MARKET_CLOSE_BUFFER_MINUTES", {}}}));
    keys.push_back(key("exits.force_minutes", TRADEWIND_FIELD(exits.force_minutes),
                       "before the close it goes to market", between(0, 390),
                       {{"BACKOUT_MARKET_CLOSE_FORCE_MINUTES", {}}}));
    keys.push_back(key("exits.poll_seconds", TRADEWIND_FIELD(exits.poll_seconds),
                       "most time between two of its prices", between(5, 3600),
                       {{"BACKOUT_POLL_INTERVAL_SECONDS", {}}, {"BACKOUT_SLEEP_SECONDS", {}}}));
    keys.push_back(key("exits.initial_offset", TRADEWIND_FIELD(exits.initial_offset),
                       "its first limit, better than the market", share,
                       {{"BACKOUT_INITIAL_OFFSET_PCT", {}}}));
    keys.push_back(key("exits.soft_cross", TRADEWIND_FIELD(exits.soft_cross),
                       "its last limit far from the close, worse than the market", share,
                       {{"BACKOUT_SOFT_CROSS_PCT", {}}}));
    keys.push_back(key("exits.final_cross", TRADEWIND_FIELD(exits.final_cross),
                       "its last limit near the close, worse than the market", share,
                       {{"BACKOUT_FINAL_CROSS_PCT", {}}}));
    keys.push_back(key("exits.market_spread", TRADEWIND_FIELD(exits.market_spread),
                       "widest spread at which it goes to market", share,
                       {{"BACKOUT_MARKET_MAX_SPREAD_PCT", {}}}));
}

void add_stealing_keys(std::vector<Key>& keys) {
    keys.push_back(key("stealing.enabled", TRADEWIND_FIELD(stealing.enabled),
                       "entries may take money from others", {}, {{"WORK_STEALING_ENABLED", {}}}));
    keys.push_back(key("stealing.dry_run", TRADEWIND_FIELD(stealing.dry_run),
                       "decide, but take nothing", {}, {{"WORK_STEALING_DRY_RUN", {}}}));
    keys.push_back(key("stealing.tolerance", TRADEWIND_FIELD(stealing.tolerance),
                       "how near its limit an entry must be to take", between(0, 1),
                       {{"WORK_STEALING_TOLERANCE", {}}}));
    keys.push_back(key("stealing.protection", TRADEWIND_FIELD(stealing.protection),
                       "how near its limit an entry is safe", between(0, 1),
                       {{"WORK_STEALING_PROTECTION", {}}}));
    keys.push_back(key("stealing.cooldown_seconds", TRADEWIND_FIELD(stealing.cooldown_seconds),
                       "nobody gives way twice within", between(0, 86400),
                       {{"WORK_STEALING_COOLDOWN", {}}}));
    keys.push_back(key("stealing.fight_threshold", TRADEWIND_FIELD(stealing.fight_threshold),
                       "so often between two symbols is a fight", between(1, 1000),
                       {{"WORK_STEALING_FIGHT_THRESHOLD", {}}}));
    keys.push_back(key("stealing.fight_window_seconds",
                       TRADEWIND_FIELD(stealing.fight_window_seconds), "counted within",
                       between(1, 86400), {{"WORK_STEALING_FIGHT_WINDOW", {}}}));
    keys.push_back(key("stealing.fight_cooldown_seconds",
                       TRADEWIND_FIELD(stealing.fight_cooldown_seconds),
                       "nobody gives way twice within, in a fight", between(0, 86400),
                       {{"WORK_STEALING_FIGHT_COOLDOWN", {}}}));
}

void add_connection_keys(std::vector<Key>& keys) {
    keys.push_back(key("universe.symbols", TRADEWIND_FIELD(universe.symbols),
                       "symbols to trade; empty: every symbol of the data"));
    keys.push_back(key("universe.allow", TRADEWIND_FIELD(universe.allow),
                       "allow-list that filters the symbols; empty: no filter", {},
                       {{"TRADABLE_PAIRS", {}}}));
    keys.push_back(key("recording.enabled", TRADEWIND_FIELD(recording.enabled),
                       "record what a daemon decides upon, in STATE/recordings, for a replay"));
    keys.push_back(key("recording.maximum_mib", TRADEWIND_FIELD(recording.maximum_mib),
                       "most room of all recordings, in MiB; 0: no limit", between(0, 1e9)));
    keys.push_back(key("paper.speed", TRADEWIND_FIELD(paper.speed),
                       "exchange seconds in a real second; 0: as fast as the machine can",
                       between(0, 86'400)));
    keys.push_back(key("paper.symbols", TRADEWIND_FIELD(paper.symbols),
                       "symbols of the embedded exchange; empty: every symbol of its data"));
    keys.push_back(key("paper.listen", TRADEWIND_FIELD(paper.listen),
                       "address of the page and the HTTP interface", kLoopback));
    keys.push_back(key("paper.cash", TRADEWIND_FIELD(paper.cash), "cash of a new paper account",
                       between(1, 1e15)));
    keys.push_back(key("paper.seed", TRADEWIND_FIELD(paper.seed), "seed of the embedded exchange",
                       between(0, 9e18)));
    keys.push_back(key("broker.kind", TRADEWIND_FIELD(broker.kind),
                       "where orders go; auto: alpaca where keys are present, else embedded"));
    keys.push_back(key("broker.audit_seconds", TRADEWIND_FIELD(broker.audit_seconds),
                       "time between comparisons of the books with the broker", kSeconds));
    keys.push_back(key("broker.trading_url", TRADEWIND_FIELD(broker.trading_url),
                       "trading requests and the stream of order updates", url("http"),
                       {{"APCA_API_BASE_URL", {}}}));
    keys.push_back(key("broker.data_url", TRADEWIND_FIELD(broker.data_url), "market-data requests",
                       url("http"), {{"APCA_API_DATA_URL", {}}}));
    keys.push_back(key("broker.stream_url", TRADEWIND_FIELD(broker.stream_url),
                       "market-data stream", url("ws"), {{"APCA_API_STREAM_URL", {}}}));
    keys.push_back(key("broker.key_id_file", TRADEWIND_FIELD(broker.key_id_file),
                       "file with the key id, mode 0600"));
    keys.push_back(key("broker.secret_key_file", TRADEWIND_FIELD(broker.secret_key_file),
                       "file with the secret key, mode 0600"));
    keys.push_back(key("feed.silence_seconds", TRADEWIND_FIELD(feed.silence_seconds),
                       "silence of an open market's feed after which it is reconnected", kSeconds));
    keys.push_back(environment_only(
        key("live.allow", TRADEWIND_FIELD(live.allow), "arms live trading; environment only", {},
            {{"TRADEWIND_ALLOW_LIVE", {}}, {"ALLOW_ALPACA_LIVE_TRADING", {}}})));
    keys.push_back(key("live.account", TRADEWIND_FIELD(live.account),
                       "account number that live trading expects at the broker"));
}

#undef TRADEWIND_FIELD

}  // namespace

std::string_view to_text(ValueType type) {
    switch (type) {
        case ValueType::boolean:
            return "boolean";
        case ValueType::integer:
            return "integer";
        case ValueType::number:
            return "number";
        case ValueType::decimal:
            return "decimal";
        case ValueType::text:
            return "text";
        case ValueType::choice:
            return "choice";
        case ValueType::list:
            return "list";
    }
    return "";
}

std::string Key::variable() const {
    std::string text = "TRADEWIND_" + name;
    for (char& c : text)
        c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

const std::vector<Key>& all_keys() {
    static const std::vector<Key> keys = [] {
        std::vector<Key> rows;
        add_program_keys(rows);
        add_analysis_keys(rows);
        add_model_keys(rows);
        add_portfolio_keys(rows);
        add_symbol_keys(rows);
        add_risk_keys(rows);
        add_cycle_keys(rows);
        add_probes_keys(rows);
        add_entries_keys(rows);
        add_exits_keys(rows);
        add_stealing_keys(rows);
        add_connection_keys(rows);
        return rows;
    }();
    return keys;
}

const Key* find_key(std::string_view name) {
    const auto& keys = all_keys();
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key& row) { return row.name == name; });
    return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string> key_names() {
    std::vector<std::string> names{"preset"};
    for (const auto& row : all_keys()) names.push_back(row.name);
    return names;
}

}  // namespace tradewind::config
