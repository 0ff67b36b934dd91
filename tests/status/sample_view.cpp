#include "tests/status/sample_view.hpp"

#include <cmath>

namespace tradewind::test {
namespace {

using status::rows;

constexpr std::int64_t kStart = 1'774'963'800;  // 2026-03-31T13:30:00Z

Timestamp at(std::int64_t minutes) {
    return {(kStart + minutes * 60) * kSecond};
}

std::vector<Bar> bars_from(double base) {
    std::vector<Bar> bars;
    double close = base;
    for (int i = 0; i < 120; ++i) {
        const double open = close;
        close = base * (1 + 0.01 * std::sin(i / 9.0) + 0.0002 * i);
        Bar bar;
        bar.start = at(i);
        bar.end = at(i + 1);
        bar.open = nearest_tick(price_of(open), Price::of("0.01"));
        bar.close = nearest_tick(price_of(close), Price::of("0.01"));
        bar.high = std::max(bar.open, bar.close) + Price::of("0.07");
        bar.low = std::min(bar.open, bar.close) - Price::of("0.05");
        bar.volume = 1000 + 13 * i;
        bars.push_back(bar);
    }
    return bars;
}

std::vector<status::ForecastQuantileRow> forecasts() {
    std::vector<status::ForecastQuantileRow> result;
    for (int step = 0; step < 12; ++step) {
        for (const auto series : {Series::close, Series::high, Series::low}) {
            status::ForecastQuantileRow row;
            row.time = at(114 + step);
            row.series = series;
            row.model = "ewma";
            const double shift = series == Series::high  ? 0.001
                                 : series == Series::low ? -0.001
                                                         : 0;
            for (std::size_t q = 0; q < kDeciles; ++q) {
                row.deciles[q] = static_cast<float>(shift + (static_cast<double>(q) - 4) * 0.0006 *
                                                                std::sqrt(step + 1.0));
            }
            row.input_hash = "5a1f";
            result.push_back(row);
        }
    }
    return result;
}

Order sample_order() {
    Order order;
    order.order_id = "portfolio.AAPL.2026-03-31.open";
    order.decision_id = "portfolio.AAPL.2026-03-31";
    order.strategy = "portfolio";
    order.symbol = Symbol("AAPL");
    order.time = at(1);
    order.type = OrderType::limit;
    order.quantity = Quantity::whole(40);
    order.limit_price = Price::of("210.15");
    order.status = OrderStatus::partially_filled;
    order.filled_quantity = Quantity::whole(15);
    order.filled_notional = Price::of("210.12") * Quantity::whole(15);
    return order;
}

}  // namespace

status::StatusView sample_view() {
    status::StatusView view;
    view.mode = "paper";
    view.broker = "embedded";
    view.version = "0.1.0";
    view.state = status::TradingState::ready;
    view.reconciled = true;
    view.data_stream = status::StreamState::up;
    view.trading_stream = status::StreamState::up;
    view.cash = Money::of("61402.5");
    view.equity = Money::of("101234.56");
    view.exchange_time = at(120);
    view.positions = rows<status::PositionRow>(
        {{at(120), Symbol("AAPL"), Quantity::whole(15), Price::of("210.12"), Price::of("212.4"),
          Money::of("3186"), Money::of("34.2")},
         {at(120), Symbol("BTCUSD"), Quantity::of("0.25"), Price::of("92000"), Price::of("91500.5"),
          Money::of("22875.125"), Money::of("-124.875")},
         {at(120), Symbol("TSLA"), -Quantity::whole(8), Price::of("301.5"), {}, {}, {}}});
    auto refused = sample_order();
    refused.order_id = "portfolio.TSLA.2026-03-31.open";
    refused.symbol = Symbol("TSLA");
    refused.type = OrderType::market;
    refused.side = Side::sell;
    refused.limit_price = {};
    refused.filled_quantity = {};
    refused.filled_notional = {};
    refused.status = OrderStatus::refused;
    refused.closed_time = at(2);
    refused.reason = "gross exposure limit <b>reached</b> & \"quoted\"";
    view.orders = rows<Order>({sample_order(), refused});
    Fill fill{"x-1",
              "portfolio.AAPL.2026-03-31.open",
              Symbol("AAPL"),
              at(3),
              Side::buy,
              Quantity::whole(15),
              Price::of("210.12"),
              Money::of("0.31518"),
              "portfolio"};
    view.fills = rows<status::FillRow>({{fill, "x-1", Quantity::whole(15), Money::of("96847.88")}});
    view.decisions = rows<Decision>(
        {{"portfolio.AAPL.2026-03-31", at(0), Symbol("AAPL"), "portfolio", "buy",
          Price::of("210.15"), Quantity::whole(40), 0.0123, "ordered", "maxdiff, rank 1"},
         {"portfolio.SOUN.2026-03-31",
          at(0),
          Symbol("SOUN"),
          "portfolio",
          "",
          {},
          {},
          0,
          "refused",
          "only 61 of 100 bars"}});
    std::vector<status::EquityRow> curve;
    for (int i = 0; i < 200; ++i) {
        const auto equity = price_of(100'000 + 900 * std::sin(i / 17.0) + 6.0 * i);
        curve.push_back({at(i), Money::of("61402.5"), {}, equity * Quantity::whole(1), {}, {}});
    }
    view.equity_curve = rows(std::move(curve));
    view.bars[Symbol("AAPL")] = rows(bars_from(210));
    view.bars[Symbol("BTCUSD")] = rows(bars_from(92'000));
    view.bars[Symbol("TSLA")] = rows(bars_from(300));
    view.forecasts[Symbol("AAPL")] = rows(forecasts());
    return view;
}

}  // namespace tradewind::test
