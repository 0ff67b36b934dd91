// The fields of the settings that decide (costs, limits, forecast portfolio) as a recording's
// header writes them; see json_archive.hpp. A setting that is added needs its line here: without
// it, no session can be written.
#pragma once

#include <array>

#include "actors/recorder/message_fields.hpp"
#include "ledger/event.hpp"
#include "market/cost_model.hpp"
#include "model/forecaster.hpp"
#include "orders/gateway.hpp"
#include "orders/order_worker.hpp"
#include "strategy/forecast_portfolio.hpp"
#include "strategy/strategy.hpp"

namespace tradewind::actors {

template <>
struct Words<strategy::Alignment> {
    static constexpr std::array<std::string_view, 2> list{"exact", "legacy"};
};
template <>
struct Words<strategy::Intrabar> {
    static constexpr std::array<std::string_view, 2> list{"optimistic", "conservative"};
};
template <>
struct Words<strategy::Optimizer> {
    static constexpr std::array<std::string_view, 3> list{"exact", "direct", "grid"};
};
template <>
struct Words<strategy::GridFees> {
    static constexpr std::array<std::string_view, 2> list{"kernel", "reference"};
};
template <>
struct Words<strategy::Evidence> {
    static constexpr std::array<std::string_view, 2> list{"in_sample", "out_of_sample"};
};
template <>
struct Words<strategy::GateMode> {
    static constexpr std::array<std::string_view, 2> list{"enforce", "advisory"};
};
template <>
struct Words<strategy::SidePermission> {
    static constexpr std::array<std::string_view, 4> list{"both", "buy_only", "sell_only", "none"};
};

}  // namespace tradewind::actors

namespace tradewind::market {

template <class Archive>
void fields(Archive& archive, ClassCosts& costs) {
    archive("maker_fee", costs.maker_fee);
    archive("taker_fee", costs.taker_fee);
    archive("spread", costs.spread);
    archive("fill_buffer", costs.fill_buffer);
    archive("financing_per_year", costs.financing_per_year);
    archive("borrow_per_year", costs.borrow_per_year);
    archive("days_per_year", costs.days_per_year);
}

template <class Archive>
void fields(Archive& archive, CostModel& costs) {
    archive("name", costs.name);
    archive("by_class", costs.by_class);
    archive("fee_sides", costs.fee_sides);
    archive("decision_lag", costs.decision_lag);
    archive("binary_fills", costs.binary_fills);
    archive("conservative_intrabar", costs.conservative_intrabar);
}

}  // namespace tradewind::market

namespace tradewind::orders {

template <class Archive>
void fields(Archive& archive, RiskLimits& limits) {
    archive("symbol_exposure", limits.symbol_exposure);
    archive("gross_exposure", limits.gross_exposure);
    archive("price_band", limits.price_band);
    archive("order_notional", limits.order_notional);
    archive("open_orders", limits.open_orders);
    archive("buying_power", limits.buying_power);
    archive("market_order_spread", limits.market_order_spread);
    archive("opposite_gap", limits.opposite_gap);
    archive("death_spiral_rule", limits.death_spiral_rule);
    archive("churn_gap", limits.churn_gap);
}

template <class Archive>
void fields(Archive& archive, GradualExitTerms& terms) {
    archive("start_offset_min", terms.start_offset_min);
    archive("ramp_min", terms.ramp_min);
    archive("market_after_min", terms.market_after_min);
    archive("close_buffer_min", terms.close_buffer_min);
    archive("force_before_close_min", terms.force_before_close_min);
    archive("start", terms.start);
    archive("soft_end", terms.soft_end);
    archive("final_end", terms.final_end);
    archive("widest_spread", terms.widest_spread);
    archive("poll_seconds", terms.poll_seconds);
}

template <class Archive>
void fields(Archive& archive, WorkTerms& terms) {
    archive("entry_tolerance", terms.entry_tolerance);
    archive("crypto_night_tolerance", terms.crypto_night_tolerance);
    archive("exit_tolerance", terms.exit_tolerance);
    archive("entry_poll_ns", terms.entry_poll_ns);
    archive("exit_poll_ns", terms.exit_poll_ns);
    archive("stock_ramp_ns", terms.stock_ramp_ns);
    archive("crypto_ramp_ns", terms.crypto_ramp_ns);
    archive("debounce_ns", terms.debounce_ns);
    archive("gradual", terms.gradual);
}

template <class Archive>
void fields(Archive& archive, StealingTerms& terms) {
    archive("enabled", terms.enabled);
    archive("dry_run", terms.dry_run);
    archive("tolerance", terms.tolerance);
    archive("protection", terms.protection);
    archive("smallest", terms.smallest);
    archive("cooldown_ns", terms.cooldown_ns);
    archive("fight_threshold", terms.fight_threshold);
    archive("fight_window_ns", terms.fight_window_ns);
    archive("fight_cooldown_ns", terms.fight_cooldown_ns);
    archive("cancels_per_hour", terms.cancels_per_hour);
}

}  // namespace tradewind::orders

namespace tradewind::model {

template <class Archive>
void fields(Archive& archive, ForecasterOptions& options) {
    archive("model", options.model);
    archive("device", options.device);
    archive("threads", options.threads);
    archive("parameters", options.parameters);
    archive("precision", options.precision);
}

}  // namespace tradewind::model

namespace tradewind::ledger {

template <class Archive>
void fields(Archive& archive, PlanRecord& plan) {
    archive("plan_id", plan.plan_id);
    archive("kind", plan.kind);
    archive("symbol", plan.symbol);
    archive("strategy", plan.strategy);
    archive("status", plan.status);
    archive("closed", plan.closed);
    archive("content", plan.content);
}

}  // namespace tradewind::ledger

namespace tradewind::strategy {

template <class Archive>
void fields(Archive& archive, SymbolInfo& info) {
    archive("slot", info.slot);
    archive("instrument", info.instrument);
    archive("utc_days", info.utc_days);
}

template <class Archive>
void fields(Archive& archive, EvaluationCosts& costs) {
    archive("maker_fee", costs.maker_fee);
    archive("taker_fee", costs.taker_fee);
    archive("spread_ratio", costs.spread_ratio);
    archive("fill_buffer", costs.fill_buffer);
}

template <class Archive>
void fields(Archive& archive, SearchSettings& search) {
    archive("optimizer", search.optimizer);
    archive("fast", search.fast);
    archive("grid_fees", search.grid_fees);
}

template <class Archive>
void fields(Archive& archive, SymbolOverrides& overrides) {
    archive("kelly_scale", overrides.kelly_scale);
    archive("max_hold_seconds", overrides.max_hold_seconds);
    archive("min_cooldown_minutes", overrides.min_cooldown_minutes);
    archive("max_entries", overrides.max_entries);
    archive("force_probe", overrides.force_probe);
    archive("min_move", overrides.min_move);
    archive("min_predicted_move", overrides.min_predicted_move);
    archive("min_strategy_return", overrides.min_strategy_return);
    archive("drawdown_suspend", overrides.drawdown_suspend);
    archive("drawdown_resume", overrides.drawdown_resume);
    archive("kelly_drawdown_cap", overrides.kelly_drawdown_cap);
    archive("kelly_drawdown_min_scale", overrides.kelly_drawdown_min_scale);
    archive("sides", overrides.sides);
}

template <class Archive>
void fields(Archive& archive, SuspensionSettings& settings) {
    archive("suspend", settings.suspend);
    archive("resume", settings.resume);
    archive("resume_factor", settings.resume_factor);
}

template <class Archive>
void fields(Archive& archive, ProbeSettings& settings) {
    archive("enabled", settings.enabled);
    archive("notional_limit", settings.notional_limit);
    archive("unrealised_limit", settings.unrealised_limit);
    archive("life_ns", settings.life_ns);
    archive("recent_trades", settings.recent_trades);
}

template <class Archive>
void fields(Archive& archive, SelectionSettings& settings) {
    archive("candidates", settings.candidates);
    archive("enabled", settings.enabled);
    archive("allow", settings.allow);
    archive("evidence", settings.evidence);
    archive("gate_mode", settings.gate_mode);
    archive("disable_gates", settings.disable_gates);
    archive("permissions", settings.permissions);
    archive("overrides", settings.overrides);
    archive("require_positive", settings.require_positive);
    archive("recent_trades_gate", settings.recent_trades_gate);
    archive("stock_cost_bp", settings.stock_cost_bp);
    archive("crypto_cost_bp", settings.crypto_cost_bp);
    archive("costly_extra_bp", settings.costly_extra_bp);
    archive("costly", settings.costly);
    archive("edge_margin_bp", settings.edge_margin_bp);
    archive("stock_floor_bp", settings.stock_floor_bp);
    archive("crypto_floor_bp", settings.crypto_floor_bp);
    archive("min_sharpe", settings.min_sharpe);
    archive("min_samples", settings.min_samples);
    archive("min_samples_liquid_crypto", settings.min_samples_liquid_crypto);
    archive("max_drawdown", settings.max_drawdown);
    archive("max_turnover", settings.max_turnover);
    archive("turnover_sharpe", settings.turnover_sharpe);
    archive("consensus_min_move", settings.consensus_min_move);
    archive("walk_forward_sharpe", settings.walk_forward_sharpe);
    archive("second_model_sharpe", settings.second_model_sharpe);
    archive("walk_forward_turnover_sharpe", settings.walk_forward_turnover_sharpe);
    archive("walk_forward_blocks", settings.walk_forward_blocks);
    archive("cooldown_ns", settings.cooldown_ns);
    archive("loss_block_ns", settings.loss_block_ns);
    archive("liquid_crypto_spread_cap_bp", settings.liquid_crypto_spread_cap_bp);
    archive("liquid_stock_spread_cap_bp", settings.liquid_stock_spread_cap_bp);
    archive("spread_cap_bp", settings.spread_cap_bp);
}

template <class Archive>
void fields(Archive& archive, PortfolioSettings& settings) {
    archive("min_core", settings.min_core);
    archive("max_picks", settings.max_picks);
    archive("expanded", settings.expanded);
    archive("simplified", settings.simplified);
}

template <class Archive>
void fields(Archive& archive, SizingSettings& settings) {
    archive("portfolio_threshold", settings.portfolio_threshold);
    archive("symbol_cap", settings.symbol_cap);
    archive("new_entry_cap", settings.new_entry_cap);
    archive("max_intraday_leverage", settings.max_intraday_leverage);
    archive("stock_annual_volatility", settings.stock_annual_volatility);
    archive("crypto_annual_volatility", settings.crypto_annual_volatility);
    archive("expected_daily_return", settings.expected_daily_return);
    archive("entry_cost", settings.entry_cost);
    archive("group_cap", settings.group_cap);
    archive("group_correlation", settings.group_correlation);
    archive("kelly", settings.kelly);
    archive("kelly_drawdown_cap", settings.kelly_drawdown_cap);
    archive("kelly_drawdown_min_scale", settings.kelly_drawdown_min_scale);
    archive("max_watchers", settings.max_watchers);
    archive("leverage_threshold", settings.leverage_threshold);
}

template <class Archive>
void fields(Archive& archive, ForecastPortfolioSettings& settings) {
    archive("alignment", settings.alignment);
    archive("intrabar", settings.intrabar);
    archive("fee_sides", settings.fee_sides);
    archive("simulations", settings.simulations);
    archive("window", settings.window);
    archive("minimum_bars", settings.minimum_bars);
    archive("minimum_context_bars", settings.minimum_context_bars);
    archive("offset_limit", settings.offset_limit);
    archive("search", settings.search);
    archive("ci_guard", settings.ci_guard);
    archive("pctdiff_max_daily_return", settings.pctdiff_max_daily_return);
    archive("stock", settings.stock);
    archive("crypto", settings.crypto);
    archive("selection", settings.selection);
    archive("portfolio", settings.portfolio);
    archive("sizing", settings.sizing);
    archive("probes", settings.probes);
    archive("suspension", settings.suspension);
    archive("probe_after_loss", settings.probe_after_loss);
    archive("hourly", settings.hourly);
    archive("work_orders", settings.work_orders);
    archive("immediate_always_on", settings.immediate_always_on);
    archive("immediate_night_coins", settings.immediate_night_coins);
    archive("immediate_entries", settings.immediate_entries);
    archive("overnight_leverage", settings.overnight_leverage);
    archive("stock_instant_close", settings.stock_instant_close);
    archive("crypto_instant_close", settings.crypto_instant_close);
    archive("measured_close_policy", settings.measured_close_policy);
    archive("min_target_distance_bp", settings.min_target_distance_bp);
    archive("max_entry_distance", settings.max_entry_distance);
}

}  // namespace tradewind::strategy
