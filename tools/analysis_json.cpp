#include "tools/analysis_json.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "market/instruments.hpp"

namespace tradewind::tools {
namespace {

using nlohmann::ordered_json;

ordered_json null_if_zero(double value) {
    return value == 0 ? ordered_json(nullptr) : ordered_json(value);
}

ordered_json strategy_json(const StrategyResult& result) {
    ordered_json json{{"name", name_of(result.kind)}, {"available", result.available}};
    if (!result.available) return json;
    json["samples"] = result.samples;
    json["total_return"] = result.total_return;
    json["avg_return"] = result.avg_return;
    json["annual_return"] = result.annual_return;
    json["sharpe"] = result.sharpe;
    json["turnover"] = result.turnover;
    json["max_drawdown"] = result.max_drawdown;
    json["forecast_pnl"] = result.forecast_pnl;
    json["recent_return_sum"] =
        result.has_recent_return_sum ? ordered_json(result.recent_return_sum) : nullptr;
    const auto& unseen = result.out_of_sample;
    json["out_of_sample_return"] =
        unseen.samples > 0 ? ordered_json(unseen.avg_return) : ordered_json(nullptr);
    json["out_of_sample"] = {{"samples", unseen.samples},
                             {"annual_return", unseen.annual_return},
                             {"sharpe", unseen.sharpe},
                             {"turnover", unseen.turnover},
                             {"max_drawdown", unseen.max_drawdown},
                             {"forecast_pnl", unseen.forecast_pnl}};
    json["gate"] = {{"passed", result.gate_failure.empty()}, {"reason", result.gate_failure}};
    json["bias"] = result.bias;
    json["primary_side"] = to_text(result.primary_side);
    json["neutral"] = result.neutral;
    json["offset_high"] = result.offset_high;
    json["offset_low"] = result.offset_low;
    json["close_at_end_of_day"] = result.close_at_end_of_day;
    json["high_price"] = null_if_zero(result.high_price);
    json["low_price"] = null_if_zero(result.low_price);
    json["entry_buy"] = null_if_zero(result.entry_buy);
    json["target_buy"] = null_if_zero(result.target_buy);
    json["entry_sell"] = null_if_zero(result.entry_sell);
    json["target_sell"] = null_if_zero(result.target_sell);
    return json;
}

ordered_json time_json(Timestamp time) {
    return time.ns == 0 ? ordered_json(nullptr) : ordered_json(format_time(time));
}

ordered_json price_json(Price price) {
    return price.is_zero() ? ordered_json(nullptr) : ordered_json(price.to_string());
}

}  // namespace

ordered_json analysis_json(const AnalysisRow& row) {
    ordered_json json{{"symbol", row.symbol.to_string()},
                      {"asset_class", market::to_text(row.asset_class)},
                      {"day", format_date(row.day)},
                      {"as_of", format_time(row.as_of)},
                      {"refused", row.refused},
                      {"selected", row.selected},
                      {"reason", row.reason},
                      {"inputs",
                       {{"bars_used", row.bars_used},
                        {"first_bar", time_json(row.first_bar)},
                        {"last_bar", time_json(row.last_bar)},
                        {"hash", row.input_hash}}}};
    if (row.refused) return json;
    json["model"] = row.producer;
    json["simulations"] = row.simulations;
    json["prices"] = {{"last_close", row.last_close},
                      {"predicted_close", row.predicted_close},
                      {"predicted_high", row.predicted_high},
                      {"predicted_low", row.predicted_low},
                      {"own_high_move", row.own_high_move},
                      {"own_low_move", row.own_low_move},
                      {"repaired", row.repaired},
                      {"spread_ratio", row.spread_ratio}};
    json["calibration"] = {{"slope", row.calibration_slope},
                           {"intercept", row.calibration_intercept},
                           {"calibrated_move", row.calibrated_move}};
    json["chosen"] =
        row.selected ? ordered_json{{"strategy", name_of(row.chosen)}, {"side", to_text(row.side)}}
                     : ordered_json(nullptr);
    json["scores"] = {{"expected_move_pct", row.expected_move_pct},
                      {"composite_score", row.composite_score},
                      {"price_skill", row.price_skill},
                      {"edge_strength", row.edge_strength},
                      {"kelly_fraction", row.kelly_fraction},
                      {"realised_volatility_pct", row.realised_volatility_pct},
                      {"atr_pct", row.atr_pct},
                      {"dollar_volume", row.dollar_volume},
                      {"oos_sharpe", row.oos_sharpe},
                      {"turnover", row.turnover}};
    json["held_return"] = row.held_return;
    json["close_policy"] = {{"rows", row.close_policy_rows},
                            {"instant_close", row.instant_close_profit},
                            {"keep_open", row.keep_open_profit}};
    json["evidence"] = row.judged_out_of_sample ? "out_of_sample" : "in_sample";
    json["gates"] = {{"blocked", row.trade_blocked}, {"reasons", row.blocks}};
    json["notes"] = row.notes;
    json["strategies"] = ordered_json::array();
    for (const auto& result : row.strategies) json["strategies"].push_back(strategy_json(result));
    return json;
}

ordered_json portfolio_json(const actors::AnalyzeOutcome& outcome, Timestamp as_of) {
    auto picks = ordered_json::array();
    for (const auto& intent : outcome.intents) {
        if (intent.role != Role::entry) continue;
        picks.push_back(ordered_json{{"symbol", intent.symbol.to_string()},
                                     {"strategy", intent.strategy},
                                     {"side", to_text(intent.side)},
                                     {"quantity", intent.quantity.to_string()},
                                     {"type", to_text(intent.type)},
                                     {"time_in_force", to_text(intent.time_in_force)},
                                     {"limit_price", price_json(intent.limit_price)},
                                     {"target_price", price_json(intent.exit_plan.target)},
                                     {"score", intent.score}});
    }
    auto decisions = ordered_json::array();
    for (const auto& decision : outcome.decisions) {
        decisions.push_back(ordered_json{{"symbol", decision.symbol.to_string()},
                                         {"strategy", decision.strategy},
                                         {"side", decision.side},
                                         {"price", price_json(decision.price)},
                                         {"quantity", decision.quantity.to_string()},
                                         {"score", decision.score},
                                         {"outcome", decision.outcome},
                                         {"reason", decision.reason}});
    }
    return {{"portfolio",
             {{"as_of", format_time(as_of)},
              {"equity", outcome.equity.to_string()},
              {"picks", picks},
              {"decisions", decisions}}}};
}

}  // namespace tradewind::tools
