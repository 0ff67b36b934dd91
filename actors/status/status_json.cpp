#include "actors/status/status_json.hpp"

#include <nlohmann/json.hpp>

namespace tradewind::status {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
    // Reasons come from outside too; bytes that are no UTF-8 must not stop an answer.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json time_or_null(Timestamp time) {
    return time.ns == 0 ? Json() : Json(format_time(time));
}

template <class Decimal>
Json decimal_or_null(Decimal value) {
    return value.is_zero() ? Json() : Json(value.to_string());
}

Json row_of(const PositionRow& row) {
    const bool valued = !row.price.is_zero();
    return Json{{"time", time_or_null(row.time)},
                {"symbol", row.symbol.to_string()},
                {"quantity", row.quantity.to_string()},
                {"average_entry_price", row.average_entry_price.to_string()},
                {"price", decimal_or_null(row.price)},
                {"market_value", valued ? Json(row.market_value.to_string()) : Json()},
                {"unrealized_pnl", valued ? Json(row.unrealized_pnl.to_string()) : Json()}};
}

Json row_of(const Order& order) {
    const bool filled = !order.filled_quantity.is_zero();
    return Json{
        {"order_id", order.order_id},
        {"decision_id", order.decision_id},
        {"time", time_or_null(order.time)},
        {"symbol", order.symbol.to_string()},
        {"side", to_text(order.side)},
        {"type", to_text(order.type)},
        {"time_in_force", to_text(order.time_in_force)},
        {"quantity", order.quantity.to_string()},
        {"limit_price", decimal_or_null(order.limit_price)},
        {"stop_price", decimal_or_null(order.stop_price)},
        {"status", to_text(order.status)},
        {"filled_quantity", order.filled_quantity.to_string()},
        {"average_fill_price",
         filled ? Json(average_price(order.filled_notional, order.filled_quantity).to_string())
                : Json()},
        {"closed_time", time_or_null(order.closed_time)},
        {"reason", order.reason}};
}

Json row_of(const FillRow& row) {
    return Json{{"fill_id", row.fill.fill_id},          {"order_id", row.fill.order_id},
                {"time", time_or_null(row.fill.time)},  {"symbol", row.fill.symbol.to_string()},
                {"side", to_text(row.fill.side)},       {"quantity", row.fill.quantity.to_string()},
                {"price", row.fill.price.to_string()},  {"fee", row.fill.fee.to_string()},
                {"position", row.position.to_string()}, {"cash", row.cash.to_string()},
                {"execution_id", row.execution_id}};
}

Json row_of(const Decision& decision) {
    return Json{{"decision_id", decision.decision_id},
                {"time", time_or_null(decision.time)},
                {"symbol", decision.symbol.to_string()},
                {"strategy", decision.strategy},
                {"side", decision.side},
                {"price", decimal_or_null(decision.price)},
                {"quantity", decision.quantity.to_string()},
                {"score", decision.score},
                {"outcome", decision.outcome},
                {"reason", decision.reason}};
}

Json row_of(const EquityRow& row) {
    return Json{{"time", time_or_null(row.time)},
                {"cash", row.cash.to_string()},
                {"market_value", row.market_value.to_string()},
                {"equity", row.equity.to_string()},
                {"gross_exposure", row.gross_exposure.to_string()},
                {"drawdown", row.drawdown.to_string()}};
}

Json forecast_row(const Symbol& symbol, const ForecastQuantileRow& row) {
    Json json{{"time", time_or_null(row.time)},
              {"symbol", symbol.to_string()},
              {"series", name_of(row.series)},
              {"model", row.model}};
    for (std::size_t i = 0; i < kDeciles; ++i) {
        json["q" + std::to_string(10 * (i + 1))] = row.deciles[i];
    }
    json["input_hash"] = row.input_hash;
    return json;
}

Json bar_row(const Symbol& symbol, const Bar& bar) {
    return Json{{"time", format_time(bar.start)},
                {"symbol", symbol.to_string()},
                {"open", bar.open.to_string()},
                {"high", bar.high.to_string()},
                {"low", bar.low.to_string()},
                {"close", bar.close.to_string()},
                {"volume", bar.volume},
                {"trade_count", bar.trade_count},
                {"vwap", bar.vwap}};
}

template <class Row, class Make>
std::string newest(const Rows<Row>& list, std::size_t limit, Make&& make) {
    Json array = Json::array();
    if (list) {
        for (auto i = list->size() - std::min(limit, list->size()); i < list->size(); ++i) {
            array.push_back(make((*list)[i]));
        }
    }
    return text_of(array);
}

Json status_object(const StatusView& view) {
    Json symbols = Json::array();
    for (const auto& [symbol, bars] : view.bars) symbols.push_back(symbol.to_string());
    return Json{{"mode", view.mode},
                {"broker", view.broker},
                {"version", view.version},
                {"state", name_of(view.state)},
                {"reasons", view.reasons},
                {"cash", view.cash.to_string()},
                {"equity", view.equity.to_string()},
                {"exchange_time", time_or_null(view.exchange_time)},
                {"streams",
                 {{"data", name_of(view.data_stream)}, {"trading", name_of(view.trading_stream)}}},
                {"symbols", std::move(symbols)}};
}

}  // namespace

std::vector<std::string> not_ready_reasons(const StatusView& view) {
    std::vector<std::string> reasons;
    if (!view.reconciled) reasons.emplace_back("not reconciled with the broker");
    if (view.data_stream != StreamState::up) {
        reasons.push_back(std::string("data stream is ") + name_of(view.data_stream));
    }
    if (view.trading_stream != StreamState::up) {
        reasons.push_back(std::string("trading stream is ") + name_of(view.trading_stream));
    }
    if (!reasons.empty()) reasons.insert(reasons.end(), view.reasons.begin(), view.reasons.end());
    return reasons;
}

std::string status_json(const StatusView& view) {
    return text_of(status_object(view));
}

std::string rows_json(const StatusView& view, RowList list, std::size_t limit) {
    const auto make = [](const auto& row) { return row_of(row); };
    switch (list) {
        case RowList::positions:
            return newest(view.positions, limit, make);
        case RowList::orders:
            return newest(view.orders, limit, make);
        case RowList::fills:
            return newest(view.fills, limit, make);
        case RowList::decisions:
            return newest(view.decisions, limit, make);
        case RowList::equity:
            return newest(view.equity_curve, limit, make);
    }
    return "[]";
}

std::optional<std::string> forecasts_json(const StatusView& view, const Symbol& symbol,
                                          std::size_t limit) {
    const auto found = view.forecasts.find(symbol);
    if (found == view.forecasts.end()) {
        if (!view.bars.contains(symbol)) return std::nullopt;
        return "[]";
    }
    return newest(found->second, limit,
                  [&](const ForecastQuantileRow& row) { return forecast_row(symbol, row); });
}

std::optional<std::string> bars_json(const StatusView& view, const Symbol& symbol,
                                     std::size_t limit) {
    const auto found = view.bars.find(symbol);
    if (found == view.bars.end()) return std::nullopt;
    return newest(found->second, limit, [&](const Bar& bar) { return bar_row(symbol, bar); });
}

std::string error_json(const std::string& text) {
    return text_of(Json{{"error", text}});
}

std::string result_json(bool done, const std::string& message) {
    return text_of(Json{{"done", done}, {"message", message}});
}

std::string event_json(const StatusView* before, const StatusView& now) {
    Json changed = Json::array();
    if (!before || before->positions != now.positions) changed.push_back("positions");
    if (!before || before->orders != now.orders) changed.push_back("orders");
    if (!before || before->fills != now.fills) changed.push_back("fills");
    if (!before || before->decisions != now.decisions) changed.push_back("decisions");
    if (!before || before->equity_curve != now.equity_curve) changed.push_back("equity");
    if (!before || before->forecasts != now.forecasts) changed.push_back("forecasts");
    if (!before || before->bars != now.bars) changed.push_back("bars");
    return text_of(Json{{"status", status_object(now)}, {"changed", changed}});
}

}  // namespace tradewind::status
