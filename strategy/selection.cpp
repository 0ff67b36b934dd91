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

// Of the last five candidates; what is no candidate has none either.
bool has_entry_gate(StrategyKind kind) {
    return kind != StrategyKind::simple && kind != StrategyKind::all_signals &&
           static_cast<std::size_t>(kind) < kCandidateKinds;
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
    const StrategyEvidence simple = row.evidence(StrategyKind::simple);
    double primary = std::max({row.evidence(row.chosen).avg_return, simple.avg_return, 0.0});
    for (const auto kind : {StrategyKind::takeprofit, StrategyKind::highlow, StrategyKind::maxdiff,
                            StrategyKind::maxdiffalwayson}) {
        if (!settings.enabled[static_cast<std::size_t>(kind)]) continue;
        primary = std::max(primary, row.evidence(kind).avg_return);
    }
    double other_pnl = 0;
    for (const ModelView& view : row.other_models) other_pnl = std::max(other_pnl, view.pnl);
    primary = std::max(primary, other_pnl);
    const double cap = spread_cap_bp(row, settings);
    const bool quoted = context.quote && context.quote->valid();
    const double cost = quoted ? std::min(std::max(spread_bp(context.quote), 0.0), cap) : cap;
    row.composite_score = primary - cost * kBasisPoint;
    row.price_skill =
        std::max(simple.avg_return, 0.0) + 0.25 * std::max(simple.sharpe, 0.0) + 0.15 * other_pnl;
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

// Disagreement is tolerated: one model that moves is enough.
bool any_model_moves(const AnalysisRow& row, double least) {
    const double own = std::abs(row.predicted_close / row.last_close - 1);
    return own >= least ||
           std::any_of(row.other_models.begin(), row.other_models.end(),
                       [least](const ModelView& view) { return std::abs(view.move) >= least; });
}

// The gates that one symbol, or one strategy in it, has of its own.
void override_gates(const AnalysisRow& row, const SelectionSettings& settings,
                    std::vector<std::string>& blocks) {
    const auto check = [&](const SymbolMap& map, double value, const char* what) {
        const auto least = value_for(map, row.symbol, row.chosen);
        if (least && value < *least)
            blocks.push_back(text("%s %.5f is below %.5f", what, value, *least));
    };
    const SymbolOverrides& own = settings.overrides;
    check(own.min_move, std::abs(row.expected_move_pct), "own minimum: expected move");
    check(own.min_predicted_move, std::abs(row.predicted_close / row.last_close - 1),
          "own minimum: predicted move");
    check(own.min_strategy_return, row.evidence(row.chosen).avg_return,
          "own minimum: strategy return");
}

// Hourly trading only.
void hourly_gates(const AnalysisRow& row, const SelectionContext& context,
                  const SelectionSettings& settings, std::vector<std::string>& blocks) {
    const StrategyEvidence chosen = row.evidence(row.chosen);
    if (settings.require_positive && !(chosen.forecast_pnl > 0 && chosen.avg_return > 0)) {
        blocks.push_back(text("hourly: forecast %.5f, average return %.5f", chosen.forecast_pnl,
                              chosen.avg_return));
    }
    const auto found = context.last_trades.find({row.side, row.chosen});
    if (settings.recent_trades_gate && found != context.last_trades.end() &&
        found->second.recent_pnl() < 0) {
        blocks.push_back(text("hourly: the last trades lost %.2f", -found->second.recent_pnl()));
    }
}

std::int64_t cooldown_of(const AnalysisRow& row, const SelectionSettings& settings) {
    const auto minutes = value_for(settings.overrides.min_cooldown_minutes, row.symbol, row.chosen);
    return minutes ? static_cast<std::int64_t>(*minutes * static_cast<double>(kMinute))
                   : settings.cooldown_ns;
}

void walk_forward_gate(AnalysisRow& row, const SelectionContext& context,
                       const SelectionSettings& settings) {
    if (in_maxdiff_family(row.chosen)) return;
    const double cutoff =
        context.second_model_only ? settings.second_model_sharpe : settings.walk_forward_sharpe;
    const bool weak = row.oos_sharpe < cutoff;
    const bool churning = row.turnover > settings.max_turnover &&
                          row.oos_sharpe < settings.walk_forward_turnover_sharpe;
    if (!weak && !churning) return;
    const std::string reason = text("walk-forward: out-of-sample Sharpe %.3f, turnover %.3f",
                                    row.oos_sharpe, row.turnover);
    (settings.walk_forward_blocks ? row.blocks : row.notes).push_back(reason);
}

void gate(AnalysisRow& row, const SelectionContext& context, const SelectionSettings& settings) {
    std::vector<std::string>& blocks = row.blocks;
    if (settings.disable_gates) {
        row.notes.push_back("gates are disabled");
        add_loss_block(row, context, settings, blocks);
        row.trade_blocked = !blocks.empty();
        return;
    }
    const StrategyEvidence chosen = row.evidence(row.chosen);
    const double move_bp = std::abs(row.expected_move_pct) / kBasisPoint;
    if (!context.quote || !context.quote->valid()) blocks.push_back("quote: no bid and ask");
    if (!in_maxdiff_family(row.chosen)) {
        const double needed = needed_edge_bp(row.symbol, row.asset_class, settings);
        if (move_bp < needed) {
            blocks.push_back(text("edge: expected move %.1f bp is below %.1f bp", move_bp, needed));
        }
        if (!any_model_moves(row, settings.consensus_min_move)) {
            blocks.push_back(
                text("consensus: no model moves by %.4f", settings.consensus_min_move));
        }
        if (context.last_loss && context.now - *context.last_loss < cooldown_of(row, settings)) {
            blocks.push_back("cooldown: last loss at " + format_time(*context.last_loss));
        }
        if (!(row.kelly_fraction > 0)) blocks.push_back("kelly: fraction is 0");
        if (chosen.has_recent_return_sum && !(chosen.recent_return_sum > 0)) {
            blocks.push_back(
                text("recent: the two newest simulations returned %.5f", chosen.recent_return_sum));
        }
    }
    add_loss_block(row, context, settings, blocks);
    walk_forward_gate(row, context, settings);
    override_gates(row, settings, blocks);
    hourly_gates(row, context, settings, blocks);
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
    const bool failed = !result.gate_failure.empty() && !settings.disable_gates;
    if (failed &&
        (row.evidence(kind).forecast_pnl <= 0 || settings.gate_mode == GateMode::enforce)) {
        return reject(result.gate_failure);
    }
    const SidePermission permission = settings.permission_of(row.symbol, kind);
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

SidePermission SelectionSettings::permission_of(Symbol symbol, StrategyKind kind) const {
    const auto found = permissions.find(symbol);
    const auto general = found == permissions.end() ? SidePermission::both : found->second;
    const auto own = overrides.side_for(symbol, kind).value_or(SidePermission::both);
    const bool buy = permits(general, Side::buy) && permits(own, Side::buy);
    const bool sell = permits(general, Side::sell) && permits(own, Side::sell);
    if (buy) return sell ? SidePermission::both : SidePermission::buy_only;
    return sell ? SidePermission::sell_only : SidePermission::none;
}

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
    const StrategyEvidence result = row.evidence(kind);
    if (context.fallback_engine) return "result of the fallback engine";
    const double edge_bp = result.avg_return / kBasisPoint;
    const double needed = needed_edge_bp(row.symbol, row.asset_class, settings);
    if (!(edge_bp >= needed)) return text("edge %.1f bp is below %.1f bp", edge_bp, needed);
    if (!(result.sharpe >= settings.min_sharpe)) {
        return text("sharpe %.3f is below %.3f", result.sharpe, settings.min_sharpe);
    }
    const std::uint32_t samples = required_samples(
        row.symbol, row.asset_class,
        row.judged_out_of_sample ? std::max(context.simulations, 1U) - 1 : context.simulations,
        settings);
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
        if (row.evidence(result.kind).forecast_pnl > 0) positive.push_back(result.kind);
    }
    std::vector<StrategyKind>& order = positive.empty() ? all : positive;
    std::stable_sort(order.begin(), order.end(), [&row](StrategyKind a, StrategyKind b) {
        return row.evidence(a).forecast_pnl > row.evidence(b).forecast_pnl;
    });
    return order;
}

double kelly_lite(double edge, double sigma) {
    return sigma <= 0 ? 0.0 : std::clamp(0.2 * edge / (sigma * sigma), 0.0, 0.15);
}

const AnalysisRow& preferred_row(const AnalysisRow& first, const AnalysisRow& second) {
    const auto promise = [](const AnalysisRow& row) {
        return row.selected ? std::max(row.evidence(row.chosen).forecast_pnl, 0.0) : -1.0;
    };
    const double a = promise(first);
    const double b = promise(second);
    if (a != b) return a > b ? first : second;
    return first.selected && second.chosen < first.chosen ? second : first;
}

AnalysisRow select_strategy(AnalysisRow row, const SelectionContext& context,
                            const SelectionSettings& settings) {
    if (row.refused) return row;
    row.judged_out_of_sample = settings.evidence == Evidence::out_of_sample;
    if (!settings.allow.empty() && !settings.allow.contains(row.symbol)) {
        row.reason = "not in the allow-list";
        return row;
    }
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
    const bool any_profit =
        std::any_of(row.strategies.begin(), row.strategies.begin() + kCandidateKinds,
                    [&row](const StrategyResult& result) {
                        return result.available && row.evidence(result.kind).avg_return > 0;
                    });
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
