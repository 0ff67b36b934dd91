// The statistics of a run: from its equity curve, fills and trades.
//
// Definitions are in definitions_text() (shown by `report --help`). Exact inputs are turned into
// doubles once, and sums run in the order of the rows, so equal runs give equal bytes. Streaming: a
// point of the curve costs a few nanoseconds. Pure; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/run_rows.hpp"
#include "orders/account_book.hpp"

namespace tradewind::ledger {

// Undefined values (no trades, no losses, no variance) are empty.
struct Statistics {
    Timestamp first_time;
    Timestamp last_time;
    std::int64_t days = 0;  // days with a return
    double days_per_year = 252;
    Money initial_equity;
    Money final_equity;
    double total_return = 0;
    std::optional<double> annual_return;
    std::optional<double> annual_volatility;
    std::optional<double> sharpe;
    std::optional<double> sortino;
    std::optional<double> calmar;
    double max_drawdown = 0;  // a positive fraction
    double max_drawdown_days = 0;
    std::int64_t trades = 0;
    std::int64_t winning_trades = 0;
    std::int64_t losing_trades = 0;
    std::optional<double> win_rate;
    std::optional<double> profit_factor;
    std::optional<Money> expectancy;
    double exposure_time = 0;  // share of rows with a position
    double average_exposure = 0;
    double turnover = 0;
    std::optional<double> annual_turnover;
    std::int64_t orders = 0;
    std::int64_t fills = 0;
    Money traded_notional;
    Money fees;
    Money financing;
    std::optional<double> benchmark_total_return;
    std::optional<double> benchmark_annual_return;
    std::optional<double> excess_return;  // total_return - benchmark_total_return
};

// One symbol of the buy-and-hold benchmark.
struct BenchmarkLeg {
    Symbol symbol;
    Price first_close;  // of the first bar that counts
    Price last_close;
};

class StatisticsAccumulator {
  public:
    // `initial_equity` is the capital before the first row; `any_non_crypto` decides the days.
    StatisticsAccumulator(Money initial_equity, bool any_non_crypto);

    // Rows ascend in time.
    void add(Timestamp time, Money equity, Money gross_exposure) {
        const auto day_time = time.ns - 1;  // a bar that ends at midnight belongs to the day before
        if (day_time < day_start_ns_ || day_time >= day_end_ns_) next_day(day_time);
        ++rows_;
        const double value = equity.to_double();
        if (gross_exposure.sign() > 0) {
            ++exposed_rows_;
            if (value > 0) exposure_sum_ += gross_exposure.to_double() / value;
        }
        equity_sum_ += value;
        last_equity_ = equity;
        if (rows_ == 1) first_time_ = time;
        last_time_ = time;
        if (value >= peak_ || rows_ == 1) {
            if (below_peak_)
                longest_drawdown_ns_ = std::max(longest_drawdown_ns_, time - peak_time_);
            below_peak_ = false;
            peak_ = value;
            peak_time_ = time;
            return;
        }
        if (peak_ > 0) {
            const double drawdown = 1 - value / peak_;
            if (drawdown > max_drawdown_) max_drawdown_ = drawdown;
        }
        below_peak_ = true;
    }
    void add_fill(const Fill& fill);
    void add_trade(const orders::RoundTrip& trade);
    void add_financing(Money paid) { financing_ += paid; }
    void count_order() { ++orders_; }

    [[nodiscard]] Statistics finish(const std::vector<BenchmarkLeg>& benchmark) const;

  private:
    void next_day(std::int64_t day_time_ns);

    Money initial_equity_;
    bool any_non_crypto_;
    std::int64_t day_start_ns_ = 0;
    std::int64_t day_end_ns_ = 0;
    std::vector<double> day_ends_;  // equity at the end of each finished day
    std::int64_t rows_ = 0;
    std::int64_t exposed_rows_ = 0;
    double exposure_sum_ = 0;
    double equity_sum_ = 0;
    double peak_ = 0;
    Timestamp peak_time_;
    double max_drawdown_ = 0;
    bool below_peak_ = false;
    std::int64_t longest_drawdown_ns_ = 0;
    Money last_equity_;
    Timestamp first_time_;
    Timestamp last_time_;
    std::int64_t orders_ = 0;
    std::int64_t fills_ = 0;
    Money traded_notional_;
    Money fees_;
    Money financing_;
    std::int64_t trades_ = 0;
    std::int64_t wins_ = 0;
    std::int64_t losses_ = 0;
    Money gains_;
    Money loss_sum_;
    Money pnl_;
};

// Every statistic with its definition, one per line.
[[nodiscard]] std::string definitions_text();

// The content of statistics.json: ratios as numbers, money as decimal text, undefined as null.
[[nodiscard]] std::string to_json(const Statistics& statistics);

}  // namespace tradewind::ledger
