#include "config/key_making.hpp"

namespace tradewind::config {

void add_symbol_keys(std::vector<Key>& keys) {
    keys.push_back(key("symbols.side", TRADEWIND_FIELD(symbols.side),
                       "sides that may be entered: both, buy, sell or none", {},
                       {{"MARKETSIM_SYMBOL_SIDE_MAP", {}}}));
    keys.push_back(key("symbols.kelly_scale", TRADEWIND_FIELD(symbols.kelly_scale),
                       "factor of a Kelly size", {}, {{"MARKETSIM_SYMBOL_KELLY_SCALE_MAP", {}}}));
    keys.push_back(key("symbols.max_hold_seconds", TRADEWIND_FIELD(symbols.max_hold_seconds),
                       "longest hold: exchange time for stocks, wall time for coins", {},
                       {{"MARKETSIM_SYMBOL_MAX_HOLD_SECONDS_MAP", {}}}));
    keys.push_back(key("symbols.min_cooldown_minutes",
                       TRADEWIND_FIELD(symbols.min_cooldown_minutes), "pause after a loss", {},
                       {{"MARKETSIM_SYMBOL_MIN_COOLDOWN_MAP", {}}}));
    keys.push_back(key("symbols.max_entries", TRADEWIND_FIELD(symbols.max_entries),
                       "entries of a day", {}, {{"MARKETSIM_SYMBOL_MAX_ENTRIES_MAP", {}}}));
    keys.push_back(key("symbols.force_probe", TRADEWIND_FIELD(symbols.force_probe),
                       "1: enter at the minimum size only", {},
                       {{"MARKETSIM_SYMBOL_FORCE_PROBE_MAP", {}}}));
    keys.push_back(key("symbols.min_move", TRADEWIND_FIELD(symbols.min_move),
                       "least expected move, a fraction", {},
                       {{"MARKETSIM_SYMBOL_MIN_MOVE_MAP", {}}}));
    keys.push_back(key("symbols.min_predicted_move", TRADEWIND_FIELD(symbols.min_predicted_move),
                       "least predicted move of the close, a fraction", {},
                       {{"MARKETSIM_SYMBOL_MIN_PREDICTED_MOVE_MAP", {}}}));
    keys.push_back(key("symbols.min_strategy_return", TRADEWIND_FIELD(symbols.min_strategy_return),
                       "least average daily return of the chosen strategy", {},
                       {{"MARKETSIM_SYMBOL_MIN_STRATEGY_RETURN_MAP", {}}}));
    keys.push_back(key("symbols.drawdown_suspend", TRADEWIND_FIELD(symbols.drawdown_suspend),
                       "fall of the account at which it is suspended", {},
                       {{"MARKETSIM_DRAWDOWN_SUSPEND_MAP", {}}}));
    keys.push_back(key("symbols.drawdown_resume", TRADEWIND_FIELD(symbols.drawdown_resume),
                       "fall of the account at which it returns", {},
                       {{"MARKETSIM_DRAWDOWN_RESUME_MAP", {}}}));
    keys.push_back(key("symbols.kelly_drawdown_cap", TRADEWIND_FIELD(symbols.kelly_drawdown_cap),
                       "fall of the account at which its Kelly size is smallest", {},
                       {{"MARKETSIM_KELLY_DRAWDOWN_CAP_MAP", {}}}));
    keys.push_back(key(
        "symbols.kelly_drawdown_min_scale", TRADEWIND_FIELD(symbols.kelly_drawdown_min_scale),
        "smallest part of its Kelly size", {}, {{"MARKETSIM_KELLY_DRAWDOWN_MIN_SCALE_MAP", {}}}));
}

void add_risk_keys(std::vector<Key>& keys) {
    const Bounds leverage = between(0, 20);
    const Bounds share = between(0, 1);
    keys.push_back(key("risk.gross_exposure", TRADEWIND_FIELD(risk.gross_exposure),
                       "gross exposure, of equity; 0: no limit", leverage,
                       {{"GLOBAL_MAX_GROSS_LEVERAGE", {}}}));
    keys.push_back(key("risk.symbol_exposure", TRADEWIND_FIELD(risk.symbol_exposure),
                       "exposure in one symbol, of equity; 0: no limit", leverage));
    keys.push_back(key("risk.intraday_leverage", TRADEWIND_FIELD(risk.intraday_leverage),
                       "leverage of stocks during the session", leverage,
                       {{"MAX_INTRADAY_LEVERAGE", {}}}));
    keys.push_back(key("risk.overnight_leverage", TRADEWIND_FIELD(risk.overnight_leverage),
                       "leverage of stocks over night", leverage,
                       {{"MAX_OVERNIGHT_LEVERAGE", {}}}));
    keys.push_back(key("risk.group_exposure", TRADEWIND_FIELD(risk.group_exposure),
                       "exposure in symbols that move together, of equity; 0: no limit", leverage));
    keys.push_back(key("risk.group_correlation", TRADEWIND_FIELD(risk.group_correlation),
                       "correlation of daily returns above which two symbols move together",
                       between(-1, 1)));
    keys.push_back(key("risk.price_band", TRADEWIND_FIELD(risk.price_band),
                       "distance of an order's price from the mid; 0: no limit", share));
    keys.push_back(key("risk.market_order_spread", TRADEWIND_FIELD(risk.market_order_spread),
                       "widest spread at which a market order closes", share,
                       {{"MARKET_ORDER_MAX_SPREAD_PCT", {}}}));
    keys.push_back(key("risk.opposite_gap", TRADEWIND_FIELD(risk.opposite_gap),
                       "least gap of a symbol's sell above its buy; 0: no limit", share));
    keys.push_back(key("risk.churn_gap", TRADEWIND_FIELD(risk.churn_gap),
                       "least gap to the last opposite trade within 45 min; 0: no limit", share));
    keys.push_back(key("risk.death_spiral", TRADEWIND_FIELD(risk.death_spiral),
                       "refuse exits far below the newest entry (0.5 % within 8 h, 5 % within 3 "
                       "days): no close at a loss beyond that"));
    keys.push_back(key("risk.daily_loss", TRADEWIND_FIELD(risk.daily_loss),
                       "loss of a day, of equity, that halts entries; 0: no limit", share));
    keys.push_back(key("risk.drawdown", TRADEWIND_FIELD(risk.drawdown),
                       "fall from the equity's peak that halts entries; 0: no limit", share));
    keys.push_back(key("risk.order_notional", TRADEWIND_FIELD(risk.order_notional),
                       "most money in one order; 0: no limit", between(0, 1e15)));
    keys.push_back(key("risk.open_orders", TRADEWIND_FIELD(risk.open_orders),
                       "working orders of the account; 0: no limit", between(0, 100'000)));
    keys.push_back(key("risk.drawdown_suspend", TRADEWIND_FIELD(risk.drawdown_suspend),
                       "fall from the peak at which strategies are suspended; 0: never",
                       between(0, 1), {{"MARKETSIM_DRAWDOWN_SUSPEND", {}}}));
    keys.push_back(key("risk.drawdown_resume", TRADEWIND_FIELD(risk.drawdown_resume),
                       "fall from the peak at which they return; 0: by the factor", between(0, 1),
                       {{"MARKETSIM_DRAWDOWN_RESUME", {}}}));
    keys.push_back(key("risk.drawdown_resume_factor", TRADEWIND_FIELD(risk.drawdown_resume_factor),
                       "that fall as a part of the one that suspends", between(0, 1),
                       {{"MARKETSIM_DRAWDOWN_RESUME_FACTOR", {}}}));
    keys.push_back(
        key("risk.kelly_drawdown_cap", TRADEWIND_FIELD(risk.kelly_drawdown_cap),
            "fall from the peak at which a Kelly size is smallest; 0: it does not matter",
            between(0, 1), {{"MARKETSIM_KELLY_DRAWDOWN_CAP", {}}}));
    keys.push_back(key("risk.kelly_drawdown_min_scale",
                       TRADEWIND_FIELD(risk.kelly_drawdown_min_scale),
                       "smallest part of a Kelly size", between(0, 1),
                       {{"MARKETSIM_KELLY_DRAWDOWN_MIN_SCALE", {}}}));
    keys.push_back(key("costs.preset", TRADEWIND_FIELD(costs.preset),
                       "fees, spread and financing that decisions and simulations reckon with"));
}

}  // namespace tradewind::config
