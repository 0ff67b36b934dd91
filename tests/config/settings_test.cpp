#include "config/settings.hpp"

#include <set>

#include "config/keys.hpp"
#include "config/reference_variables.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_folder.hpp"

using namespace tradewind;
using namespace tradewind::config;
using Catch::Matchers::Contains;

namespace {

using Environment = std::map<std::string, std::string>;

Settings with_environment(Environment environment) {
    return load_settings({{}, std::move(environment), {}});
}

std::string refusal(const Sources& sources) {
    try {
        (void)load_settings(sources);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::usage);
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("flags beat the environment, that the file, that a preset", "[config]") {
    const test::TemporaryFolder folder;
    const auto file = folder.write("s.toml", "preset = \"cautious\"\n[risk]\ndrawdown = 0.2\n");
    Sources sources{file, {}, {}};

    auto settings = load_settings(sources);
    CHECK(settings.risk.daily_loss == *Fraction::parse("0.02"));
    CHECK(settings.explain("risk.daily_loss").origin == Origin::preset);
    CHECK(settings.risk.drawdown == *Fraction::parse("0.2"));
    CHECK(settings.explain("risk.drawdown").where == file.string() + ":3");

    sources.environment["TRADEWIND_RISK_DRAWDOWN"] = "0.25";
    settings = load_settings(sources);
    CHECK(settings.risk.drawdown == *Fraction::parse("0.25"));
    CHECK(settings.explain("risk.drawdown").where == "TRADEWIND_RISK_DRAWDOWN");

    sources.flags = {{"risk.drawdown", "0.3", "--drawdown"},
                     {"risk.drawdown", "0.4", "--drawdown"}};
    settings = load_settings(sources);
    CHECK(settings.risk.drawdown == *Fraction::parse("0.4"));
    CHECK(settings.explain("risk.drawdown").origin == Origin::flag);

    sources.flags = {{"preset", "reference", "--preset"}};
    settings = load_settings(sources);
    CHECK_FALSE(settings.analysis.parallel);
    CHECK(settings.risk.daily_loss == *Fraction::parse("0.1"));
}

TEST_CASE("every setting can be set by its own variable and its aliases", "[config]") {
    std::set<std::string> names;
    for (const auto& key : all_keys()) {
        INFO(key.name);
        const auto about = Settings{}.explain(key.name);
        CHECK_FALSE(about.environment.empty());
        for (const auto& name : about.environment) {
            INFO(name);
            CHECK(names.insert(name).second);  // no name sets two settings
        }
        if (key.environment_only) continue;
        // The default's own text is always a valid value.
        const std::string value = about.default_value;
        if (value.empty()) continue;
        const auto settings = with_environment({{key.variable(), value}});
        CHECK(settings.explain(key.name).value == value);
        CHECK(settings.explain(key.name).where == key.variable());
    }
}

TEST_CASE("the reference system's switches keep their names", "[config]") {
    struct Row {
        std::string name, value, key, expected;
    };
    const std::vector<Row> rows = {
        {"PAPER", "0", "mode", "live"},
        {"PAPER", "FALSE", "mode", "live"},
        {"PAPER", "1", "mode", "paper"},
        {"MARKETSIM_PARALLEL_ANALYSIS", "0", "analysis.parallel", "false"},
        {"MARKETSIM_PARALLEL_WORKERS", "3", "analysis.workers", "3"},
        {"MARKETSIM_WARMUP_MODELS", "no", "model.warmup", "false"},
        {"MARKETSIM_BACKTEST_SIMULATIONS", "50", "analysis.simulations", "50"},
        {"MARKETSIM_USE_DIRECT_OPTIMIZER", "1", "analysis.optimizer", "direct"},
        {"MARKETSIM_FAST_OPTIMIZE", "1", "analysis.fast_optimize", "true"},
        {"CONSENSUS_MIN_MOVE_PCT", "0.002", "analysis.consensus_move", "0.002"},
        {"ALLOW_PCTDIFF_ENTRY", "0", "portfolio.allow_pctdiff", "false"},
        {"MARKETSIM_SIMPLE_MODE", "1", "portfolio.simple_mode", "true"},
        {"MARKETSIM_SYMBOL_SIDE_MAP", "AAPL:buy", "symbols.side", "AAPL:buy"},
        {"TRADABLE_PAIRS", "AAPL, BTCUSD", "universe.allow", "AAPL,BTCUSD"},
        {"STATE_DIR", "/tmp/x", "state.dir", "/tmp/x"},
        {"MARKET_CLOSE_SHIFT_MINUTES", "30", "cycle.close_shift_minutes", "30"},
        {"MARKETSIM_ENABLE_PROBE_TRADES", "1", "probes.enabled", "true"},
        {"PROBE_TRADE", "1", "probes.enabled", "true"},
        {"MARKETSIM_DISABLE_RECENT_PNL_PROBE", "0", "probes.recent_trades", "true"},
        {"MARKETSIM_DRAWDOWN_SUSPEND", "0.2", "risk.drawdown_suspend", "0.2"},
        {"MARKETSIM_DRAWDOWN_RESUME_MAP", "AAPL:0.1", "symbols.drawdown_resume", "AAPL:0.1"},
        {"BACKOUT_FINAL_CROSS_PCT", "0.03", "exits.final_cross", "0.03"},
        {"MAXDIFF_ENTRY_POLL_SECONDS", "45", "entries.poll_seconds", "45"},
        {"WORK_STEALING_ENABLED", "0", "stealing.enabled", "false"},
        {"MARKETSIM_KRONOS_SHARPE_CUTOFF", "0", "analysis.second_model_sharpe", "0"},
        {"GLOBAL_MAX_GROSS_LEVERAGE", "1.5", "risk.gross_exposure", "1.5"},
        {"ALLOW_ALPACA_LIVE_TRADING", "1", "live.allow", "true"},
        {"TRADEWIND_ALLOW_LIVE", "1", "live.allow", "true"},
        {"APCA_API_BASE_URL", "http://127.0.0.1:9/x", "broker.trading_url", "http://127.0.0.1:9/x"},
    };
    for (const auto& row : rows) {
        INFO(row.name << "=" << row.value);
        const auto about = with_environment({{row.name, row.value}}).explain(row.key);
        CHECK(about.value == row.expected);
        CHECK(about.where == row.name);
    }
}

TEST_CASE("an empty variable counts as unset, the own name beats the older one", "[config]") {
    CHECK(with_environment({{"TRADABLE_PAIRS", ""}}).explain("universe.allow").origin ==
          Origin::builtin);
    const auto settings = with_environment(
        {{"TRADEWIND_ANALYSIS_WORKERS", "2"}, {"MARKETSIM_PARALLEL_WORKERS", "9"}});
    CHECK(settings.analysis.workers == 2);
    REQUIRE(settings.warnings().size() == 1);
    CHECK_THAT(settings.warnings()[0],
               Contains("MARKETSIM_PARALLEL_WORKERS is overridden by TRADEWIND_ANALYSIS_WORKERS"));
}

TEST_CASE("MARKETSIM_PARALLEL_ANALYSIS=0 overrides --workers", "[config]") {
    const auto settings = load_settings(
        {{}, {{"MARKETSIM_PARALLEL_ANALYSIS", "0"}}, {{"analysis.workers", "8", "--workers"}}});
    CHECK(settings.analysis.workers == 8);
    CHECK(settings.analysis.effective_workers(4) == 1);
}

TEST_CASE("workers = 0 means min(32, cores + 4)", "[config]") {
    AnalysisSettings analysis;
    CHECK(analysis.effective_workers(2) == 6);
    CHECK(analysis.effective_workers(64) == 32);
    analysis.workers = 3;
    CHECK(analysis.effective_workers(64) == 3);
    analysis.fast_simulate = true;
    CHECK(analysis.effective_simulations() == 35);
    analysis.simulations = 20;
    CHECK(analysis.effective_simulations() == 20);
}

TEST_CASE("unknown names of ours refuse, of the reference system warn", "[config]") {
    CHECK_THAT(
        refusal({{}, {{"TRADEWIND_RISK_DRAWDON", "1"}}, {}}),
        Contains("unknown setting TRADEWIND_RISK_DRAWDON (environment): the nearest known is "
                 "TRADEWIND_RISK_DRAWDOWN"));
    const auto settings = with_environment({{"MARKETSIM_PARALLEL_WORKER", "1"}, {"PATH", "/bin"}});
    REQUIRE(settings.warnings().size() == 1);
    CHECK_THAT(settings.warnings()[0], Contains("the nearest known is MARKETSIM_PARALLEL_WORKERS"));
}

TEST_CASE("a variable that would move nothing is refused with its reason", "[config]") {
    for (const auto& variable : reference_variables()) {
        INFO(variable.name);
        CHECK_FALSE(variable.reason.empty());
        const std::string name(variable.name);
        // What is done anyway may be asked for; the opposite may not.
        if (variable.type == ReferenceType::boolean) {
            REQUIRE_FALSE(variable.accepted.empty());
            const std::string accepted(variable.accepted);
            const auto settings = with_environment({{name, accepted}});
            CHECK(settings.reference_variables().at(name) == accepted);
            CHECK(settings.warnings().empty());
            CHECK_THAT(refusal({{}, {{name, accepted == "1" ? "0" : "1"}}, {}}),
                       Contains("setting " + name) && Contains("would have no effect"));
        } else {
            const bool map = variable.type == ReferenceType::symbol_map;
            CHECK_THAT(refusal({{}, {{name, map ? "AAPL:1" : "7"}}, {}}),
                       Contains("setting " + name));
        }
    }
    for (const auto& [name, value] : Environment{{"MARKETSIM_TREND_PNL_SUSPEND_MAP", "AAPL"},
                                                 {"MARKETSIM_TREND_PNL_SUSPEND_MAP", "@x:buy"},
                                                 {"TESTING", "maybe"},
                                                 {"BACKOUT_RAMP_MINUTES", "-1"},
                                                 {"LEVERAGE_COST_ANNUAL", "much"}}) {
        INFO(name << "=" << value);
        CHECK_THAT(refusal({{}, {{name, value}}, {}}), Contains("bad setting "));
    }
}

TEST_CASE("values out of bounds refuse", "[config]") {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"analysis.workers", "-1"},
        {"analysis.workers", "1025"},
        {"analysis.simulations", "0"},
        {"fetch.workers", "0"},
        {"broker.audit_seconds", "0"},
        {"risk.price_band", "1.5"},
        {"risk.gross_exposure", "-0.1"},
        {"mode", "real"},
        {"costs.preset", "cheap"},
        {"paper.listen", "0.0.0.0:8700"},
        {"paper.listen", "127.0.0.1"},
        {"paper.listen", "127.0.0.1:70000"},
        {"paper.cash", "0"},
        {"paper.speed", "-1"},
        {"broker.data_url", "http://data.example.com"},
        {"broker.data_url", "http://127.0.0.1.example.com"},
        {"broker.data_url", "http://127.0.0.1:80@example.com"},
        {"broker.stream_url", "https://stream.example.com"},
        {"broker.stream_url", "ws://10.0.0.1:1"},
    };
    for (const auto& [key, value] : rows) {
        INFO(key << "=" << value);
        CHECK_THAT(refusal({{}, {}, {{key, value, "--flag"}}}),
                   Contains("bad setting " + key + " (--flag): '" + value + "'"));
    }
    for (const std::string good :
         {"https://a.example.com", "http://localhost:1/v2", "http://[::1]:9"})
        CHECK(load_settings({{}, {}, {{"broker.data_url", good, "--flag"}}}).broker.data_url ==
              good);
}

TEST_CASE("settings that contradict each other refuse", "[config]") {
    CHECK_THAT(refusal({{}, {{"PAPER", "0"}, {"MARKETSIM_DISABLE_GATES", "1"}}, {}}),
               Contains("MARKETSIM_DISABLE_GATES): gates cannot be disabled in live mode"));
    CHECK_THAT(refusal({{}, {{"PAPER", "0"}}, {{"broker.kind", "embedded", "--broker"}}}),
               Contains("live mode trades at alpaca only"));
    CHECK_THAT(refusal({{}, {{"TRADEWIND_PORTFOLIO_CORE_PICKS", "11"}}, {}}),
               Contains("core_picks is above maximum_picks"));
    CHECK_THAT(refusal({{}, {{"TRADEWIND_BROKER_KEY_ID_FILE", "/x"}}, {}}),
               Contains("one key file is named without the other"));
    CHECK_THAT(refusal({{}, {{"TRADEWIND_PRESET", "bold"}}, {}}),
               Contains("unknown preset bold (TRADEWIND_PRESET): known are cautious, reference"));
}

TEST_CASE("every preset is valid", "[config]") {
    REQUIRE(preset_names().size() >= 4);
    for (const auto& name : preset_names()) {
        INFO(name);
        const auto settings = with_environment({{"TRADEWIND_PRESET", name}});
        CHECK_FALSE(settings.changed().empty());
    }
}

TEST_CASE("the state folder follows the XDG rules", "[config]") {
    const auto folder = [](Environment environment) {
        return with_environment(std::move(environment)).state_folder("paper").string();
    };
    CHECK(folder({{"HOME", "/home/u"}}) == "/home/u/.local/state/tradewind/paper");
    CHECK(folder({{"HOME", "/home/u"}, {"XDG_STATE_HOME", "/s"}}) == "/s/tradewind/paper");
    CHECK(folder({{"HOME", "/home/u"}, {"STATE_DIR", "/d"}, {"TRADE_STATE_SUFFIX", "-b"}}) ==
          "/d-b");
    CHECK_THROWS_WITH(folder({}), Contains("neither XDG_STATE_HOME nor HOME is set"));
}

TEST_CASE("an unknown key is explained with the nearest", "[config]") {
    CHECK_THROWS_WITH(Settings{}.explain("risk.drawdwn"),
                      Contains("the nearest known is risk.drawdown"));
}
