#include "tools/trading_options.hpp"

#include <charconv>

#include "actors/inference/stored_forecasts.hpp"
#include "messages/error.hpp"
#include "strategy/hourly.hpp"

namespace tradewind::tools {

void refuse_option(const std::string& option, const std::string& text, const std::string& why,
                   const std::string& remedy) {
    throw Error(ErrorKind::usage, "bad option", option + (text.empty() ? "" : ' ' + text), why,
                remedy);
}

strategy::Parameters::Values parse_parameters(const std::vector<std::string>& set) {
    strategy::Parameters::Values values;
    for (const auto& item : set) {
        const auto equals = item.find('=');
        if (equals == std::string::npos || equals == 0) {
            refuse_option("--set", item, "not of the form key=value", "for example --set fast=10");
        }
        if (!values.emplace(item.substr(0, equals), item.substr(equals + 1)).second) {
            refuse_option("--set", item, "the key is given twice", "give it once");
        }
    }
    return values;
}

std::vector<Symbol> parse_symbols(const std::vector<std::string>& texts) {
    std::vector<Symbol> symbols;
    for (const auto& text : texts) {
        if (!Symbol::valid(text)) {
            refuse_option("--symbols", text, "not a symbol", "for example --symbols AAPL,MSFT");
        }
        symbols.emplace_back(text);
    }
    return symbols;
}

std::int64_t parse_interval_ns(const std::string& text) {
    if (text.empty()) return 0;
    if (text == "1m") return kMinute;
    if (text == "1h") return kHour;
    if (text == "1d") return kDay;
    refuse_option("--interval", text, "unknown bar length", "use 1m, 1h or 1d");
}

double parse_speed(const std::string& text) {
    if (text == "max") return 0;
    double speed = 0;
    const char* const last = text.data() + text.size() - (text.ends_with('x') ? 1 : 0);
    const auto [end, fault] = std::from_chars(text.data(), last, speed);
    if (fault != std::errc{} || end != last || !text.ends_with('x') || !(speed >= 1) ||
        !(speed <= 1e9)) {
        refuse_option("--speed", text, "not a speed", "use max, 1x or 60x");
    }
    return speed;
}

market::OnBadRow parse_on_bad_row(const std::string& text) {
    if (text == "stop") return market::OnBadRow::stop;
    if (text == "skip") return market::OnBadRow::skip;
    refuse_option("--on-bad-row", text, "unknown policy", "use stop or skip");
}

market::BarFileFormat parse_bar_file_format(const std::string& option, const std::string& text) {
    if (text == "csv") return market::BarFileFormat::csv;
    if (text == "parquet") return market::BarFileFormat::parquet;
    refuse_option(option, text, "unknown format", "use csv or parquet");
}

Money parse_cash(const std::string& text) {
    const auto cash = Money::parse(text);
    if (!cash || cash->sign() <= 0) {
        refuse_option("--cash", text, "not a positive decimal", "for example --cash 100000");
    }
    return *cash;
}

market::CostModel parse_costs(const std::string& fee, const std::string& preset,
                              const std::string& fallback) {
    if (!fee.empty() && !preset.empty()) {
        refuse_option("--fee", fee, "excludes --costs", "give one of the two");
    }
    if (!fee.empty()) {
        const auto fraction = Fraction::parse(fee);
        if (!fraction || fraction->sign() < 0 || *fraction >= Fraction::whole(1)) {
            refuse_option("--fee", fee,
                          "not a fraction of at least 0 and below 1 with at most nine decimals",
                          "for example --fee 0.001 for 10 bp");
        }
        return market::flat_fee(*fraction);
    }
    const auto& name = preset.empty() ? fallback : preset;
    if (auto costs = market::cost_preset(name)) return *costs;
    refuse_option("--costs", name, "no such preset", "known: " + market::cost_preset_names());
}

broker::MatchingSettings matching_settings(const std::string& fill, const market::CostModel& costs,
                                           std::uint64_t seed) {
    broker::MatchingSettings matching;
    if (fill == "this_close") {
        matching.fill_model = market::FillModel::this_close;
    } else if (fill == "next_open") {
        matching.fill_model = market::FillModel::next_open;
    } else {
        refuse_option("--fill", fill, "unknown fill convention", "use next_open or this_close");
    }
    matching.costs = costs;
    matching.seed = seed;
    return matching;
}

namespace {

strategy::Optimizer optimizer_of(config::Optimizer optimizer) {
    switch (optimizer) {
        case config::Optimizer::direct:
            return strategy::Optimizer::direct;
        case config::Optimizer::grid:
            return strategy::Optimizer::grid;
        case config::Optimizer::exact:
            break;
    }
    return strategy::Optimizer::exact;
}

// A limit of exposure as the settings say it: 0 is none, which leverage alone bounds.
Fraction exposure_of(Fraction setting) {
    return setting.is_zero() ? Fraction::whole(1'000) : setting;
}

strategy::SymbolOverrides overrides_of(const config::SymbolSettings& symbols) {
    using strategy::parse_symbol_map;
    strategy::SymbolOverrides overrides;
    overrides.sides = strategy::parse_side_map("symbols.side", symbols.side);
    const auto read = [](const char* name, const std::string& text) {
        return parse_symbol_map(name, text);
    };
    overrides.kelly_scale = read("symbols.kelly_scale", symbols.kelly_scale);
    overrides.max_hold_seconds = read("symbols.max_hold_seconds", symbols.max_hold_seconds);
    overrides.min_cooldown_minutes =
        read("symbols.min_cooldown_minutes", symbols.min_cooldown_minutes);
    overrides.max_entries = read("symbols.max_entries", symbols.max_entries);
    overrides.force_probe = read("symbols.force_probe", symbols.force_probe);
    overrides.min_move = read("symbols.min_move", symbols.min_move);
    overrides.min_predicted_move = read("symbols.min_predicted_move", symbols.min_predicted_move);
    overrides.min_strategy_return =
        read("symbols.min_strategy_return", symbols.min_strategy_return);
    overrides.drawdown_suspend = read("symbols.drawdown_suspend", symbols.drawdown_suspend);
    overrides.drawdown_resume = read("symbols.drawdown_resume", symbols.drawdown_resume);
    overrides.kelly_drawdown_cap = read("symbols.kelly_drawdown_cap", symbols.kelly_drawdown_cap);
    overrides.kelly_drawdown_min_scale =
        read("symbols.kelly_drawdown_min_scale", symbols.kelly_drawdown_min_scale);
    return overrides;
}

}  // namespace

strategy::ForecastPortfolioSettings portfolio_settings(const config::Settings& settings,
                                                       const market::CostModel& costs) {
    strategy::ForecastPortfolioSettings portfolio;
    portfolio.use(costs);
    portfolio.simulations = static_cast<std::uint32_t>(settings.analysis.effective_simulations());
    portfolio.alignment = settings.analysis.alignment == config::Alignment::legacy
                              ? strategy::Alignment::legacy
                              : strategy::Alignment::exact;
    portfolio.search.optimizer = optimizer_of(settings.analysis.optimizer);
    portfolio.search.fast = settings.analysis.fast_optimize;
    auto& selection = portfolio.selection;
    const bool enforce = settings.analysis.gate_mode == config::GateMode::enforce ||
                         (settings.analysis.gate_mode == config::GateMode::automatic &&
                          settings.mode == config::Mode::live);
    selection.gate_mode = enforce ? strategy::GateMode::enforce : strategy::GateMode::advisory;
    // Judged on the days that chose its targets, pctdiff would always win: without the
    // out-of-sample evidence the portfolio chooses among simple, maxdiff and always on.
    const bool unseen = settings.analysis.selection == config::Selection::out_of_sample;
    selection.evidence = unseen ? strategy::Evidence::out_of_sample : strategy::Evidence::in_sample;
    selection.candidates = {true, unseen, unseen, unseen, true, true, unseen};
    selection.enabled = {true,
                         unseen,
                         unseen && settings.portfolio.allow_takeprofit,
                         unseen && settings.portfolio.allow_highlow,
                         settings.portfolio.allow_maxdiff,
                         settings.portfolio.allow_maxdiff_always_on,
                         unseen && settings.portfolio.allow_pctdiff};
    for (const Symbol symbol : parse_symbols(settings.universe.allow)) {
        selection.allow.insert(symbol);
    }
    selection.disable_gates = settings.analysis.disable_gates;
    selection.consensus_min_move = settings.analysis.consensus_move;
    selection.walk_forward_sharpe = settings.analysis.sharpe_cutoff;
    selection.overrides = overrides_of(settings.symbols);
    portfolio.ci_guard = settings.analysis.ci_guard;
    portfolio.pctdiff_max_daily_return = settings.analysis.pctdiff_daily_return;
    portfolio.measured_close_policy =
        settings.portfolio.close_policy == config::ClosePolicy::measured;
    portfolio.portfolio.simplified = settings.portfolio.simple_mode;
    portfolio.portfolio.min_core = static_cast<std::uint32_t>(settings.portfolio.core_picks);
    portfolio.portfolio.max_picks = static_cast<std::uint32_t>(settings.portfolio.maximum_picks);
    portfolio.portfolio.expanded = static_cast<std::uint32_t>(settings.portfolio.expanded_picks);
    portfolio.sizing.symbol_cap = exposure_of(settings.risk.symbol_exposure);
    portfolio.sizing.group_cap = settings.risk.group_exposure;
    portfolio.sizing.group_correlation = settings.risk.group_correlation;
    portfolio.sizing.kelly = settings.portfolio.kelly_sizing;
    portfolio.sizing.max_watchers = static_cast<std::uint32_t>(settings.portfolio.maximum_maxdiffs);
    portfolio.sizing.max_intraday_leverage = settings.risk.intraday_leverage;
    selection.second_model_sharpe = settings.analysis.second_model_sharpe;
    const auto unless_zero = [](double value) {
        return value > 0 ? std::optional(value) : std::nullopt;
    };
    portfolio.suspension = {unless_zero(settings.risk.drawdown_suspend),
                            unless_zero(settings.risk.drawdown_resume),
                            settings.risk.drawdown_resume_factor};
    portfolio.sizing.kelly_drawdown_cap = unless_zero(settings.risk.kelly_drawdown_cap);
    portfolio.sizing.kelly_drawdown_min_scale = settings.risk.kelly_drawdown_min_scale;
    portfolio.probes.enabled = settings.probes.enabled;
    portfolio.probes.notional_limit = settings.probes.notional_limit;
    portfolio.probes.recent_trades = settings.probes.recent_trades;
    portfolio.probe_after_loss = settings.probes.after_losing_day;
    portfolio.immediate_night_coins = static_cast<std::uint32_t>(settings.entries.night_immediate);
    portfolio.immediate_entries = settings.entries.immediate;
    portfolio.immediate_always_on =
        static_cast<std::uint32_t>(settings.portfolio.always_on_priority);
    if (settings.risk.overnight_leverage.sign() > 0) {
        portfolio.overnight_leverage = settings.risk.overnight_leverage;
    }
    portfolio.sizing.entry_cost = costs.of(AssetClass::us_equity).taker_fee;
    return portfolio;
}

orders::WorkTerms work_terms(const config::Settings& settings) {
    orders::WorkTerms terms;
    terms.entry_tolerance = settings.entries.tolerance;
    terms.crypto_night_tolerance = settings.entries.night_tolerance;
    terms.entry_poll_ns = settings.entries.poll_seconds * kSecond;
    terms.debounce_ns = settings.entries.debounce_seconds * kSecond;
    const auto& exits = settings.exits;
    terms.exit_poll_ns = exits.target_poll_seconds * kSecond;
    terms.exit_tolerance = exits.target_tolerance;
    auto& gradual = terms.gradual;
    gradual.start_offset_min = exits.start_offset_minutes;
    gradual.ramp_min = exits.ramp_minutes;
    gradual.market_after_min = exits.market_after_minutes;
    gradual.close_buffer_min = exits.close_buffer_minutes;
    gradual.force_before_close_min = exits.force_minutes;
    gradual.poll_seconds = exits.poll_seconds;
    gradual.start = exits.initial_offset;
    gradual.soft_end = -exits.soft_cross;
    gradual.final_end = -exits.final_cross;
    gradual.widest_spread = exits.market_spread;
    return terms;
}

orders::StealingTerms stealing_terms(const config::Settings& settings) {
    const auto& given = settings.stealing;
    orders::StealingTerms terms;
    terms.enabled = given.enabled;
    terms.dry_run = given.dry_run;
    terms.tolerance = given.tolerance;
    terms.protection = given.protection;
    terms.cooldown_ns = given.cooldown_seconds * kSecond;
    terms.fight_threshold = static_cast<std::uint32_t>(given.fight_threshold);
    terms.fight_window_ns = given.fight_window_seconds * kSecond;
    terms.fight_cooldown_ns = given.fight_cooldown_seconds * kSecond;
    return terms;
}

void use_hours(strategy::ForecastPortfolioSettings& portfolio) {
    portfolio.hourly = true;
    portfolio.selection = strategy::hourly_selection(std::move(portfolio.selection));
}

strategy::PassSchedule pass_schedule(const config::Settings& settings) {
    strategy::PassSchedule schedule;
    schedule.close_shift_ns = settings.cycle.close_shift_minutes * kMinute;
    schedule.close_analysis_ns = settings.cycle.close_analysis_minutes * kMinute;
    schedule.grace_ns = settings.cycle.grace_minutes * kMinute;
    if (settings.cycle.hourly) {
        const strategy::HourlySettings hourly;
        schedule.hourly = true;
        schedule.hourly_window_ns = hourly.window_ns;
        schedule.close_analysis_ns = hourly.close_analysis_ns;
    }
    return schedule;
}

actors::GatewaySettings portfolio_gateway(const config::Settings& settings,
                                          const market::CostModel& costs, Money cash) {
    actors::GatewaySettings gateway;
    gateway.initial_cash = cash;
    gateway.limits = orders::RiskLimits::standard(exposure_of(settings.risk.gross_exposure));
    gateway.limits.symbol_exposure = exposure_of(settings.risk.symbol_exposure);
    const auto limit = [](Fraction fraction) {
        return fraction.is_zero() ? std::nullopt : std::optional<Fraction>(fraction);
    };
    gateway.limits.price_band = limit(settings.risk.price_band);
    gateway.limits.opposite_gap = limit(settings.risk.opposite_gap);
    gateway.limits.churn_gap = limit(settings.risk.churn_gap);
    gateway.limits.market_order_spread = settings.risk.market_order_spread;
    if (settings.risk.order_notional.sign() > 0) {
        gateway.limits.order_notional = settings.risk.order_notional;
    }
    gateway.limits.open_orders.reset();
    if (settings.risk.open_orders > 0) {
        gateway.limits.open_orders = static_cast<std::uint32_t>(settings.risk.open_orders);
    }
    gateway.limits.death_spiral_rule = settings.risk.death_spiral;
    gateway.leverage_cap = settings.risk.intraday_leverage;
    gateway.financing = costs.of(AssetClass::us_equity);
    gateway.snapshots = true;
    gateway.modelled_quotes = costs;
    forbid_entries(settings, gateway);
    return gateway;
}

void forbid_entries(const config::Settings& settings, actors::GatewaySettings& gateway) {
    gateway.universe = parse_symbols(settings.universe.allow);
    for (const auto& [name, permission] :
         strategy::parse_side_map("symbols.side", settings.symbols.side)) {
        if (name.find('@') != std::string::npos) continue;  // of one strategy: it obeys it itself
        using strategy::SidePermission;
        const bool none = permission == SidePermission::none;
        if (none || permission == SidePermission::sell_only) gateway.no_buys.emplace_back(name);
        if (none || permission == SidePermission::buy_only) gateway.no_sales.emplace_back(name);
    }
}

model::ForecasterOptions forecaster_options(const config::Settings& settings,
                                            const std::string& model) {
    model::ForecasterOptions options;
    options.model = model.empty() ? settings.model.name : model;
    options.device = settings.model.device == config::Device::cuda ? "cuda" : "cpu";
    options.threads = static_cast<unsigned>(settings.model.threads);
    if (options.model == "ewma") {
        options.parameters["lambda"] = std::to_string(settings.model.ewma_lambda);
        options.parameters["centre"] =
            settings.model.ewma_centre == config::EwmaCentre::zero ? "zero" : "mean";
    }
    return options;
}

std::shared_ptr<model::ForecastCache> forecast_cache(const config::Settings& settings) {
    const auto& file = settings.model.forecast_store;
    if (file.empty()) return nullptr;
    auto store = actors::open_stored_forecasts(file);
    if (!store) {
        throw Error(ErrorKind::data, "the forecast store cannot be opened", file,
                    "it is no file of forecasts, or its folder cannot be written",
                    "name another file in model.forecast_store");
    }
    return std::make_shared<model::ForecastCache>(model::kCachedForecasts, std::move(store));
}

std::vector<strategy::SymbolInfo> symbol_infos(const market::Catalog& catalog,
                                               const market::InstrumentTable& instruments,
                                               bool generic) {
    std::vector<strategy::SymbolInfo> symbols;
    for (const auto& series : catalog.series) {
        strategy::SymbolInfo info;
        info.slot = static_cast<strategy::SlotId>(symbols.size());
        info.instrument =
            generic ? instruments.get_generic(series->symbol) : instruments.get(series->symbol);
        info.utc_days = instruments.calendar(series->symbol) == market::TradingCalendar::utc_days;
        symbols.push_back(info);
    }
    return symbols;
}

}  // namespace tradewind::tools
