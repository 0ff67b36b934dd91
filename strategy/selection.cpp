#include "strategy/selection.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace tradewind::strategy {
namespace {

constexpr double kBasisPoint = 1e-4;
constexpr double kSmallMove = 1e-4;
constexpr double kMinEdgeStrength = 1e-5;

template <class... Values>
std::string text(const char* format, Values... values) {
    char buffer[160];
    std::snprintf(buffer, sizeof buffer, format, values...);
    return buffer;
}

bool is_liquid_crypto(Symbol symbol, AssetClass asset_class) {
    if (asset_class != AssetClass::crypto || !symbol.view().ends_with("USD")) return false;
    constexpr std::string_view kBases[] = {"BTC", "ETH", "SOL", "UNI"};
    return std::any_of(std::begin(kBases), std::end(kBases),
                       [symbol](std::string_view base) { return symbol.view().starts_with(base); });
}

bool is_liquid_stock(Symbol symbol) {
    constexpr std::string_view kNames[] = {"AAPL", "MSFT", "AMZN", "NVDA", "META", "GOOG"};
    return std::find(std::begin(kNames), std::end(kNames), symbol.view()) != std::end(kNames);
}

bool has_entry_gate(StrategyKind kind) {
    return kind != StrategyKind::simple && kind != StrategyKind::all_signals;
}

struct SideAndMove {
    bool eligible = true;
    Side side = Side::buy;
    double move = 0;  // price units from the last close
};

Side side_of_sign(double value) {
    return value > 0 ? Side::buy : Side::sell;
}

Side primary_or_bias(const StrategyResult& result, double otherwise) {
    if (!result.neutral) return result.primary_side;
    return side_of_sign(result.bias != 0 ? result.bias : otherwise);
}

// The same raw moves that made the strategy's signals.
SideAndMove all_signals_choice(const AnalysisRow& row, double close_move) {
    const double high = row.own_high_move;
    const double low = row.own_low_move;
    if (close_move > 0 && high > 0 && low > 0) return {true, Side::buy, close_move};
    if (close_move < 0 && high < 0 && low < 0) return {true, Side::sell, close_move};
    return {false, Side::buy, 0};
}

SideAndMove side_and_move(const AnalysisRow& row, StrategyKind kind, SidePermission permission) {
    const StrategyResult& result = row.result(kind);
    const double last = row.last_close;
    const double close_move = row.predicted_close - last;
    switch (kind) {
        case StrategyKind::maxdiff: {
            const Side side = primary_or_bias(result, close_move);
            const double target = side == Side::buy ? result.high_price : result.low_price;
            return {true, side, target > 0 ? target - last : close_move};
        }
        case StrategyKind::maxdiffalwayson: {
            const double reach =
                std::max(std::abs(row.predicted_high - last), std::abs(row.predicted_low - last));
            const bool sell = !permits(permission, Side::buy) && permits(permission, Side::sell);
            return sell ? SideAndMove{true, Side::sell, -reach}
                        : SideAndMove{true, Side::buy, reach};
        }
        case StrategyKind::pctdiff: {
            const double up = std::abs(result.target_buy - last);
            const double down = std::abs(result.target_sell - last);
            const Side side = primary_or_bias(result, up >= down ? 1 : -1);
            return {true, side,
                    (side == Side::buy ? result.target_buy : result.target_sell) - last};
        }
        case StrategyKind::all_signals:
            return all_signals_choice(row, close_move);
        default:
            return {true, side_of_sign(close_move), close_move};
    }
}

double spread_bp(const std::optional<Quote>& quote) {
    const double mid = quote->mid().to_double();
    return (quote->ask.to_double() - quote->bid.to_double()) / mid / kBasisPoint;
}

double spread_cap_bp(const AnalysisRow& row, const SelectionSettings& settings) {
    if (is_liquid_crypto(row.symbol, row.asset_class)) return settings.liquid_crypto_spread_cap_bp;
    if (is_liquid_stock(row.symbol)) return settings.liquid_stock_spread_cap_bp;
    return settings.spread_cap_bp;
}

void score(AnalysisRow& row, const SelectionContext& context, const SelectionSettings& settings) {
    const StrategyResult& simple = row.result(StrategyKind::simple);
    double primary = std::max({row.result(row.chosen).avg_return, simple.avg_return, 0.0});
    for (const auto kind : {StrategyKind::takeprofit, StrategyKind::highlow, StrategyKind::maxdiff,
                            StrategyKind::maxdiffalwayson}) {
        if (!settings.enabled[static_cast<std::size_t>(kind)]) continue;
        primary = std::max(primary, row.result(kind).avg_return);
    }
    const double cap = spread_cap_bp(row, settings);
    const bool quoted = context.quote && context.quote->valid();
    const double cost = quoted ? std::min(std::max(spread_bp(context.quote), 0.0), cap) : cap;
    row.composite_score = primary - cost * kBasisPoint;
    row.price_skill = std::max(simple.avg_return, 0.0) + 0.25 * std::max(simple.sharpe, 0.0);
    const double move = std::abs(row.expected_move_pct);
    row.edge_strength = row.price_skill * (move < kSmallMove ? 0.0 : move);
    double sigma = row.realised_volatility_pct / 100;
    if (sigma <= 0) sigma = std::max(move, 1e-3);
    row.kelly_fraction = kelly_lite(move, sigma);
}

void add_loss_block(AnalysisRow& row, const SelectionContext& context,
                    const SelectionSettings& settings, std::vector<std::string>& blocks) {
    if (context.probing) return;
    const auto found = context.last_trades.find({row.side, row.chosen});
    if (found == context.last_trades.end()) return;
    const LastTrade& last = found->second;
    if (last.pnl < 0 && context.now - last.closed <= settings.loss_block_ns) {
        blocks.push_back("loss block: last trade of this side and strategy lost " +
                         text("%.2f", -last.pnl) + " at " + format_time(last.closed));
    }
}

void gate(AnalysisRow& row, const SelectionContext& context, const SelectionSettings& settings) {
    std::vector<std::string>& blocks = row.blocks;
    const StrategyResult& chosen = row.result(row.chosen);
    const double move_bp = std::abs(row.expected_move_pct) / kBasisPoint;
    if (!context.quote || !context.quote->valid()) blocks.push_back("quote: no bid and ask");
    if (!in_maxdiff_family(row.chosen)) {
        const double needed = needed_edge_bp(row.symbol, row.asset_class, settings);
        if (move_bp < needed) {
            blocks.push_back(text("edge: expected move %.1f bp is below %.1f bp", move_bp, needed));
        }
        if (std::abs(row.predicted_close / row.last_close - 1) < settings.consensus_min_move) {
            blocks.push_back(
                text("consensus: no model moves by %.4f", settings.consensus_min_move));
        }
        if (context.last_loss && context.now - *context.last_loss < settings.cooldown_ns) {
            blocks.push_back("cooldown: last loss at " + format_time(*context.last_loss));
        }
        if (!(row.kelly_fraction > 0)) blocks.push_back("kelly: fraction is 0");
        if (chosen.has_recent_return_sum && !(chosen.recent_return_sum > 0)) {
            blocks.push_back(
                text("recent: the two newest simulations returned %.5f", chosen.recent_return_sum));
        }
    }
    add_loss_block(row, context, settings, blocks);
    const bool weak = row.oos_sharpe < settings.walk_forward_sharpe;
    const bool churning = row.turnover > settings.max_turnover &&
                          row.oos_sharpe < settings.walk_forward_turnover_sharpe;
    if (!in_maxdiff_family(row.chosen) && (weak || churning)) {
        const std::string reason = text("walk-forward: out-of-sample Sharpe %.3f, turnover %.3f",
                                        row.oos_sharpe, row.turnover);
        (settings.walk_forward_blocks ? blocks : row.notes).push_back(reason);
    }
    row.trade_blocked = !blocks.empty();
}

// Whether `kind` may be taken; sets side and move of the row, or appends why not.
bool try_candidate(AnalysisRow& row, StrategyKind kind, const SelectionContext& context,
                   const SelectionSettings& settings, std::string& rejected) {
    const StrategyResult& result = row.result(kind);
    const auto reject = [&rejected, kind](const std::string& why) {
        if (!rejected.empty()) rejected += "; ";
        rejected += std::string(name_of(kind)) + ": " + why;
        return false;
    };
    if (!settings.enabled[static_cast<std::size_t>(kind)]) return reject("disabled");
    if (context.suspended.contains(kind)) return reject("suspended by drawdown");
    const bool failed = !result.gate_failure.empty();
    if (failed && (result.forecast_pnl <= 0 || settings.gate_mode == GateMode::enforce)) {
        return reject(result.gate_failure);
    }
    const SidePermission permission = settings.permission_of(row.symbol);
    const SideAndMove choice = side_and_move(row, kind, permission);
    if (!choice.eligible) return reject("moves disagree");
    if (row.asset_class == AssetClass::crypto && choice.side == Side::sell) {
        return reject("coins are not sold short");
    }
    if (!permits(permission, choice.side)) {
        return reject(std::string("side ") + std::string(to_text(choice.side)) + " not allowed");
    }
    row.chosen = kind;
    row.side = choice.side;
    row.expected_move_pct =
        kind == StrategyKind::maxdiff ? choice.move / row.last_close : row.calibrated_move;
    if (failed) row.notes.push_back("entry gate (advisory): " + result.gate_failure);
    return true;
}

}  // namespace

double needed_edge_bp(Symbol symbol, AssetClass asset_class, const SelectionSettings& settings) {
    const bool crypto = asset_class == AssetClass::crypto;
    double cost = crypto ? settings.crypto_cost_bp : settings.stock_cost_bp;
    if (settings.costly.contains(symbol)) cost += settings.costly_extra_bp;
    return std::max(cost + settings.edge_margin_bp,
                    crypto ? settings.crypto_floor_bp : settings.stock_floor_bp);
}

std::uint32_t required_samples(Symbol symbol, AssetClass asset_class, std::uint32_t simulations,
                               const SelectionSettings& settings) {
    const std::uint32_t table = is_liquid_crypto(symbol, asset_class)
                                    ? settings.min_samples_liquid_crypto
                                    : settings.min_samples;
    return std::min(table, simulations);
}

std::string entry_gate_failure(const AnalysisRow& row, StrategyKind kind,
                               const SelectionContext& context, const SelectionSettings& settings) {
    if (!has_entry_gate(kind)) return {};
    const StrategyResult& result = row.result(kind);
    if (context.fallback_engine) return "result of the fallback engine";
    const double edge_bp = result.avg_return / kBasisPoint;
    const double needed = needed_edge_bp(row.symbol, row.asset_class, settings);
    if (!(edge_bp >= needed)) return text("edge %.1f bp is below %.1f bp", edge_bp, needed);
    if (!(result.sharpe >= settings.min_sharpe)) {
        return text("sharpe %.3f is below %.3f", result.sharpe, settings.min_sharpe);
    }
    const std::uint32_t samples =
        required_samples(row.symbol, row.asset_class, context.simulations, settings);
    if (result.samples < samples) return text("%u samples of %u", result.samples, samples);
    if (!(result.max_drawdown >= settings.max_drawdown)) {
        return text("drawdown %.4f is below %.4f", result.max_drawdown, settings.max_drawdown);
    }
    if (result.turnover > settings.max_turnover && result.sharpe < settings.turnover_sharpe) {
        return text("turnover %.3f with sharpe %.3f", result.turnover, result.sharpe);
    }
    return {};
}

std::vector<StrategyKind> candidate_order(const AnalysisRow& row,
                                          const SelectionSettings& settings) {
    std::vector<StrategyKind> all;
    std::vector<StrategyKind> positive;
    for (const StrategyResult& result : row.strategies) {
        if (!result.available || !settings.candidates[static_cast<std::size_t>(result.kind)]) {
            continue;
        }
        all.push_back(result.kind);
        if (result.forecast_pnl > 0) positive.push_back(result.kind);
    }
    std::vector<StrategyKind>& order = positive.empty() ? all : positive;
    std::stable_sort(order.begin(), order.end(), [&row](StrategyKind a, StrategyKind b) {
        return row.result(a).forecast_pnl > row.result(b).forecast_pnl;
    });
    return order;
}

double kelly_lite(double edge, double sigma) {
    return sigma <= 0 ? 0.0 : std::clamp(0.2 * edge / (sigma * sigma), 0.0, 0.15);
}

AnalysisRow select_strategy(AnalysisRow row, const SelectionContext& context,
                            const SelectionSettings& settings) {
    if (row.refused) return row;
    for (StrategyResult& result : row.strategies) {
        result.gate_failure = entry_gate_failure(row, result.kind, context, settings);
    }
    std::string rejected;
    for (const StrategyKind kind : candidate_order(row, settings)) {
        if (try_candidate(row, kind, context, settings, rejected)) {
            row.selected = true;
            break;
        }
    }
    if (!row.selected) {
        row.reason = rejected.empty() ? "no strategy has a result" : "no strategy: " + rejected;
        return row;
    }
    if (row.expected_move_pct == 0) {
        row.selected = false;
        row.reason = "expected move is 0";
        return row;
    }
    score(row, context, settings);
    const bool any_profit = std::any_of(
        row.strategies.begin(), row.strategies.end(),
        [](const StrategyResult& result) { return result.available && result.avg_return > 0; });
    if (row.edge_strength < kMinEdgeStrength && !any_profit) {
        row.selected = false;
        row.reason =
            text("edge strength %.2e and no strategy return is positive", row.edge_strength);
        return row;
    }
    gate(row, context, settings);
    return row;
}

}  // namespace tradewind::strategy
