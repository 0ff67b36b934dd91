// All settings of the program: typed values, each with the place it came from.
//
// load_settings() reads, from weak to strong: built-in defaults, a preset, the --config file
// (TOML), the environment (TRADEWIND_SECTION_KEY, and the names of the reference system), flags of
// the command line. The result is an immutable value, read once at the start; any thread may read
// it.
//
// Errors: tradewind::Error (usage) names file, line, key and the nearest known key; an unknown key
// or TRADEWIND_ name, a wrong type, a value out of bounds and a contradiction all refuse the
// start. An unknown MARKETSIM_ name is a warning. Secrets are no settings: config/credentials.hpp.
// Source: contract 5, strategies spec 6.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/money.hpp"

namespace tradewind::config {

enum class Mode : std::uint8_t { paper, live };
enum class BrokerKind : std::uint8_t { automatic, embedded, local, alpaca };
enum class GateMode : std::uint8_t { automatic, enforce, advisory };
enum class Alignment : std::uint8_t { exact, legacy };
enum class Selection : std::uint8_t { in_sample, out_of_sample };
enum class ClosePolicy : std::uint8_t { by_class, measured };
enum class Optimizer : std::uint8_t { exact, direct, grid };
enum class Device : std::uint8_t { automatic, cpu, cuda };
enum class EwmaCentre : std::uint8_t { mean, zero };
enum class CostPreset : std::uint8_t { realistic, era_2025_11, era_2025_12, free };
enum class LogLevel : std::uint8_t { trace, debug, info, warning, error };

struct LogSettings {
    LogLevel level = LogLevel::info;
};

struct StateSettings {
    std::filesystem::path dir;  // empty: $XDG_STATE_HOME/tradewind/MODE, see state_folder()
    std::string suffix;         // appended to the folder's name
};

struct AnalysisSettings {
    bool parallel = true;  // false: the sequential path, whatever `workers` says
    std::int64_t workers = 0;
    std::int64_t simulations = 70;
    bool fast_simulate = false;
    bool fast_optimize = false;
    bool skip_closed_equity = true;
    bool cache_forecasts = true;
    Alignment alignment = Alignment::exact;
    Optimizer optimizer = Optimizer::exact;
    Selection selection = Selection::out_of_sample;
    GateMode gate_mode = GateMode::automatic;
    bool disable_gates = false;
    double consensus_move = 0.001;
    double sharpe_cutoff = 0.3;
    double second_model_sharpe = -0.25;
    double ci_guard = 1;
    double pctdiff_daily_return = 0.1;

    // Analysis workers on a machine with `cores`: 1 when not parallel, min(32, cores + 4) for 0.
    [[nodiscard]] std::int64_t effective_workers(unsigned cores) const;
    // Rows of the walk-forward: at most 35 with fast_simulate.
    [[nodiscard]] std::int64_t effective_simulations() const;
};

struct PoolSettings {
    std::int64_t workers = 4;
};

struct ExecutionSettings {
    std::int64_t workers = 4;
    bool work_orders = true;
};

struct ModelSettings {
    std::string name = "auto";   // or a forecaster's name, or a checkpoint folder
    std::string forecast_store;  // file; empty: none
    bool warmup = true;
    Device device = Device::automatic;
    bool allow_cpu_fallback = false;
    std::int64_t threads = 0;
    double ewma_lambda = 0.94;
    EwmaCentre ewma_centre = EwmaCentre::mean;
};

struct PortfolioSettings {
    std::int64_t core_picks = 4;
    std::int64_t maximum_picks = 10;
    std::int64_t expanded_picks = 8;
    std::int64_t maximum_maxdiffs = 15;
    std::int64_t always_on_priority = 2;
    bool allow_maxdiff = true;
    bool allow_maxdiff_always_on = true;
    bool allow_pctdiff = true;
    bool allow_highlow = false;
    bool allow_takeprofit = false;
    bool simple_mode = false;
    bool kelly_sizing = false;
    ClosePolicy close_policy = ClosePolicy::by_class;
};

// `SYM:value,SYM@strategy:value`, empty: none. Parsed by strategy/symbol_overrides.hpp.
struct SymbolSettings {
    std::string side;
    std::string kelly_scale;
    std::string max_hold_seconds;
    std::string min_cooldown_minutes;
    std::string max_entries;
    std::string force_probe;
    std::string min_move;
    std::string min_predicted_move;
    std::string min_strategy_return;
    std::string drawdown_suspend;
    std::string drawdown_resume;
    std::string kelly_drawdown_cap;
    std::string kelly_drawdown_min_scale;
};

// Fractions of equity; 0 switches a limit off.
struct RiskSettings {
    Fraction gross_exposure = Fraction::from_units(2'000'000'000);
    Fraction symbol_exposure = Fraction::from_units(600'000'000);
    Fraction intraday_leverage = Fraction::from_units(1'000'000'000);
    Fraction overnight_leverage = Fraction::from_units(1'000'000'000);
    Fraction group_exposure = Fraction::from_units(800'000'000);
    double group_correlation = 0.8;
    Fraction price_band = Fraction::from_units(100'000'000);
    Fraction market_order_spread = Fraction::from_units(10'000'000);
    Fraction opposite_gap = Fraction::from_units(300'000);
    Fraction churn_gap = Fraction::from_units(1'000'000);
    bool death_spiral = false;
    Fraction daily_loss = Fraction::from_units(100'000'000);
    Fraction drawdown = Fraction::from_units(300'000'000);
    Money order_notional;
    std::int64_t open_orders = 500;
    double drawdown_suspend = 0;  // 0: never
    double drawdown_resume = 0;   // 0: by the factor
    double drawdown_resume_factor = 0.8;
    double kelly_drawdown_cap = 0;  // 0: none
    double kelly_drawdown_min_scale = 0;
};

[[nodiscard]] std::string to_text(CostPreset preset);  // "realistic", "era-2025-11", ...

struct CycleSettings {
    std::int64_t close_shift_minutes = 45;
    std::int64_t close_analysis_minutes = 15;
    std::int64_t grace_minutes = 30;
    bool hourly = false;
};

struct ProbeTradeSettings {
    bool enabled = false;
    Money notional_limit = Money::whole(300);
    bool recent_trades = false;
    bool after_losing_day = true;
};

struct EntrySettings {
    std::int64_t poll_seconds = 12;
    Fraction tolerance = Fraction::of("0.0066");
    Fraction night_tolerance = Fraction::of("0.02");
    std::int64_t night_immediate = 2;
    bool immediate = false;
    std::int64_t debounce_seconds = 120;
};

struct ExitSettings {
    std::int64_t target_poll_seconds = 12;
    Fraction target_tolerance = Fraction::of("0.001");
    double start_offset_minutes = 30;
    double ramp_minutes = 30;
    double market_after_minutes = 50;
    double close_buffer_minutes = 30;
    double force_minutes = 3;
    double poll_seconds = 45;
    Fraction initial_offset = Fraction::of("0.003");
    Fraction soft_cross = Fraction::of("0.004");
    Fraction final_cross = Fraction::of("0.02");
    Fraction market_spread = Fraction::of("0.01");
};

struct StealingSettings {
    bool enabled = true;
    bool dry_run = false;
    double tolerance = 0.0066;
    double protection = 0.004;
    std::int64_t cooldown_seconds = 120;
    std::int64_t fight_threshold = 5;
    std::int64_t fight_window_seconds = 1800;
    std::int64_t fight_cooldown_seconds = 600;
};

struct CostSettings {
    CostPreset preset = CostPreset::realistic;
};

struct UniverseSettings {
    std::vector<std::string> symbols;  // empty: every symbol of the data
    std::vector<std::string> allow;    // empty: no filter
};

struct RecordingSettings {
    bool enabled = true;
    std::int64_t maximum_mib = 4096;  // of the folder; 0: no limit
};

struct PaperSettings {
    double speed = 60;  // exchange seconds a real second; 0: as fast as the machine can
    std::vector<std::string> symbols;
    std::string listen = "127.0.0.1:8700";
    Money cash = Money::from_units(static_cast<int128>(100'000) * 1'000'000'000'000'000'000);
    std::int64_t seed = 1;
};

struct BrokerSettings {
    BrokerKind kind = BrokerKind::automatic;
    std::int64_t audit_seconds = 30;
    std::string trading_url = "https://paper-api.alpaca.markets";
    std::string data_url = "https://data.alpaca.markets";
    std::string stream_url = "wss://stream.data.alpaca.markets";
    std::filesystem::path key_id_file;
    std::filesystem::path secret_key_file;
};

struct FeedSettings {
    std::int64_t silence_seconds = 30;
};

struct LiveSettings {
    bool allow = false;
    std::string account;
};

// Where a value came from, weak to strong.
enum class Origin : std::uint8_t { builtin, preset, file, environment, flag };
[[nodiscard]] std::string_view to_text(Origin origin);

// One setting as `config show` and `run.json` print it.
struct Explanation {
    std::string key;
    std::string type;    // "integer", "choice", ...
    std::string bounds;  // "1..1000", "exact|direct"; empty: none
    std::string value;
    std::string default_value;
    Origin origin = Origin::builtin;
    std::string where;                     // "FILE:LINE", a variable, a flag; empty: built in
    std::vector<std::string> environment;  // names that set it, strongest first
    std::string help;
};

struct Flag {
    std::string key;       // "analysis.workers"
    std::string value;     // as typed
    std::string spelling;  // "--workers", for messages
};

struct Sources {
    std::optional<std::filesystem::path> file;
    std::map<std::string, std::string> environment;  // process_environment(), or a test's own
    std::vector<Flag> flags;                         // later ones win
};

class Settings {
  public:
    Mode mode = Mode::paper;
    LogSettings log;
    StateSettings state;
    AnalysisSettings analysis;
    PoolSettings fetch;
    ExecutionSettings execution;
    ModelSettings model;
    PortfolioSettings portfolio;
    SymbolSettings symbols;
    RiskSettings risk;
    CycleSettings cycle;
    ProbeTradeSettings probes;
    EntrySettings entries;
    ExitSettings exits;
    StealingSettings stealing;
    CostSettings costs;
    UniverseSettings universe;
    PaperSettings paper;
    RecordingSettings recording;
    BrokerSettings broker;
    FeedSettings feed;
    LiveSettings live;

    // The state folder of `mode` ("paper", "live", "replay"): state.dir, or
    // $XDG_STATE_HOME/tradewind/MODE, or $HOME/.local/state/tradewind/MODE; plus the suffix.
    [[nodiscard]] std::filesystem::path state_folder(std::string_view mode) const;

    // Every setting in the order of the shipped default.toml.
    [[nodiscard]] std::vector<Explanation> explain_all() const;
    // One setting; throws Error (usage) with the nearest known key.
    [[nodiscard]] Explanation explain(std::string_view key) const;
    // `key = value (where)`, a line each, of what is not built in: for the start-up log.
    [[nodiscard]] std::vector<std::string> changed() const;

    // What should be said aloud at the start: unknown MARKETSIM_ names.
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
    // Variables of the reference system that ask for what is done anyway.
    [[nodiscard]] const std::map<std::string, std::string>& reference_variables() const {
        return reference_variables_;
    }

  private:
    struct Provenance {
        Origin origin = Origin::builtin;
        std::string where;
    };
    friend class Loader;
    std::map<std::string, Provenance, std::less<>> provenance_;
    std::vector<std::string> warnings_;
    std::map<std::string, std::string> reference_variables_;
    std::filesystem::path state_home_;
};

[[nodiscard]] Settings load_settings(const Sources& sources);

// The shipped presets' names, for help and messages. `preset = "NAME"` chooses one.
[[nodiscard]] std::vector<std::string> preset_names();

}  // namespace tradewind::config
