#include "ledger/statistics.hpp"

#include <cmath>

#include "ledger/number_text.hpp"

namespace tradewind::ledger {
namespace {

constexpr std::int64_t kDaysPerYearSessions = 252;
constexpr std::int64_t kDaysPerYearCrypto = 365;
// Below this a standard deviation is the noise of the arithmetic, not of the account.
constexpr double kNoVariation = 1e-12;

struct Moments {
    double mean = 0;
    double deviation = 0;           // sample, n - 1
    double downside_deviation = 0;  // root mean square of the negative returns over all n
};

Moments moments_of(const std::vector<double>& values) {
    Moments moments;
    const auto count = static_cast<double>(values.size());
    for (const double value : values) moments.mean += value;
    moments.mean /= count;
    double squares = 0;
    double negative_squares = 0;
    for (const double value : values) {
        squares += (value - moments.mean) * (value - moments.mean);
        if (value < 0) negative_squares += value * value;
    }
    if (values.size() > 1) moments.deviation = std::sqrt(squares / (count - 1));
    moments.downside_deviation = std::sqrt(negative_squares / count);
    return moments;
}

std::optional<double> annualised(double growth, double days, double days_per_year) {
    if (days <= 0 || growth <= 0) return std::nullopt;
    const double result = std::pow(growth, days_per_year / days) - 1;
    return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

Money mean_of(Money sum, std::int64_t count) {
    constexpr std::int64_t kUnitsPer1e8 = 10'000'000'000;
    const int128 at_8 = decimal::divide_half_even(
        sum.units(), decimal::multiply(count, static_cast<int128>(kUnitsPer1e8)));
    return Money::from_units(decimal::multiply(at_8, kUnitsPer1e8));
}

}  // namespace

StatisticsAccumulator::StatisticsAccumulator(Money initial_equity, bool any_non_crypto)
    : initial_equity_(initial_equity), any_non_crypto_(any_non_crypto) {}

void StatisticsAccumulator::next_day(std::int64_t day_time_ns) {
    if (rows_ > 0) day_ends_.push_back(last_equity_.to_double());
    const Date date = utc_date({day_time_ns});
    Date end = date + 1;
    if (any_non_crypto_) {
        const int day = weekday(date);
        if (day == 6) end = date + 3;
        if (day == 0) end = date + 2;
    }
    day_start_ns_ = utc_midnight(date).ns;
    day_end_ns_ = utc_midnight(end).ns;
}

void StatisticsAccumulator::add_fill(const Fill& fill) {
    ++fills_;
    traded_notional_ += (fill.price * fill.quantity).abs();
    fees_ += fill.fee;
}

void StatisticsAccumulator::add_trade(const orders::RoundTrip& trade) {
    ++trades_;
    pnl_ += trade.pnl;
    if (trade.pnl.sign() > 0) {
        ++wins_;
        gains_ += trade.pnl;
    } else if (trade.pnl.sign() < 0) {
        ++losses_;
        loss_sum_ -= trade.pnl;
    }
}

Statistics StatisticsAccumulator::finish(const std::vector<BenchmarkLeg>& benchmark) const {
    Statistics s;
    s.first_time = first_time_;
    s.last_time = last_time_;
    s.days_per_year =
        static_cast<double>(any_non_crypto_ ? kDaysPerYearSessions : kDaysPerYearCrypto);
    s.initial_equity = initial_equity_;
    s.final_equity = rows_ > 0 ? last_equity_ : initial_equity_;
    s.orders = orders_;
    s.fills = fills_;
    s.traded_notional = traded_notional_;
    s.fees = fees_;
    s.financing = financing_;
    s.trades = trades_;
    s.winning_trades = wins_;
    s.losing_trades = losses_;
    if (trades_ > 0) {
        s.win_rate = static_cast<double>(wins_) / static_cast<double>(trades_);
        s.expectancy = mean_of(pnl_, trades_);
    }
    if (loss_sum_.sign() > 0) s.profit_factor = gains_.to_double() / loss_sum_.to_double();

    std::vector<double> returns;
    double before = initial_equity_.to_double();
    const auto add_return = [&](double end) {
        returns.push_back(before > 0 ? end / before - 1 : 0);
        before = end;
    };
    for (const double end : day_ends_) add_return(end);
    if (rows_ > 0) add_return(last_equity_.to_double());
    s.days = static_cast<std::int64_t>(returns.size());
    const auto days = static_cast<double>(returns.size());
    const double initial = initial_equity_.to_double();
    const double growth = initial > 0 ? s.final_equity.to_double() / initial : 1;
    s.total_return = growth - 1;
    s.annual_return = annualised(growth, days, s.days_per_year);
    s.max_drawdown = max_drawdown_;
    auto longest = longest_drawdown_ns_;
    if (below_peak_) longest = std::max(longest, last_time_ - peak_time_);
    s.max_drawdown_days = static_cast<double>(longest) / static_cast<double>(kDay);
    if (returns.size() > 1) {
        const auto moments = moments_of(returns);
        const double root = std::sqrt(s.days_per_year);
        s.annual_volatility = moments.deviation * root;
        if (moments.deviation > kNoVariation) s.sharpe = moments.mean / moments.deviation * root;
        if (moments.downside_deviation > kNoVariation) {
            s.sortino = moments.mean / moments.downside_deviation * root;
        }
    }
    if (max_drawdown_ > 0 && s.annual_return) s.calmar = *s.annual_return / max_drawdown_;
    if (rows_ > 0) {
        const auto rows = static_cast<double>(rows_);
        s.exposure_time = static_cast<double>(exposed_rows_) / rows;
        s.average_exposure = exposure_sum_ / rows;
        const double mean_equity = equity_sum_ / rows;
        if (mean_equity > 0) {
            s.turnover = traded_notional_.to_double() / mean_equity;
            s.annual_turnover = s.turnover * s.days_per_year / days;
        }
    }
    double growth_sum = 0;
    double legs = 0;
    for (const auto& leg : benchmark) {
        if (leg.first_close.sign() <= 0) continue;
        growth_sum += leg.last_close.to_double() / leg.first_close.to_double();
        legs += 1;
    }
    if (legs > 0) {
        s.benchmark_total_return = growth_sum / legs - 1;
        s.benchmark_annual_return = annualised(growth_sum / legs, days, s.days_per_year);
        s.excess_return = s.total_return - *s.benchmark_total_return;
    }
    return s;
}

std::string definitions_text() {
    return
        R"(days                     days with a return. A day is a UTC date of bar ends (a bar that
                         ends at midnight belongs to the date before); unless every symbol is
                         crypto, Saturday and Sunday count with the Monday after them
days_per_year            365 when every symbol is crypto, else 252
initial_equity           capital before the first row
final_equity             equity of the last row of equity.csv
total_return             final_equity / initial_equity - 1
annual_return            (final_equity / initial_equity) ^ (days_per_year / days) - 1
annual_volatility        standard deviation of daily returns (n - 1) x sqrt(days_per_year)
sharpe                   mean daily return / its standard deviation (n - 1) x
                         sqrt(days_per_year); no risk-free rate is subtracted
sortino                  mean daily return / root of the mean squared negative return (over all
                         days) x sqrt(days_per_year)
calmar                   annual_return / max_drawdown
max_drawdown             largest fall of equity from its peak so far, over all rows of
                         equity.csv, as a fraction of the peak
max_drawdown_days        longest time from a peak to the row that regains it, or to the last
                         row, in days of 24 hours
orders, fills            rows of orders.csv and fills.csv
trades                   rows of trades.csv: closed round trips
winning_trades           trades with pnl > 0;  losing_trades: pnl < 0
win_rate                 winning_trades / trades
profit_factor            sum of positive pnl / -(sum of negative pnl)
expectancy               mean pnl of a trade, rounded half-even to 1e-8
exposure_time            share of rows of equity.csv with an open position
average_exposure         mean of gross exposure / equity over all rows
traded_notional          sum of price x quantity over all fills
turnover                 traded_notional / mean equity;  annual_turnover: x days_per_year / days
fees                     sum of the fees of all fills
financing                interest and borrow fees paid
benchmark_total_return   buy and hold: equal money in each symbol at the close of its first bar that
                         counts, held to its last close, without costs
benchmark_annual_return  the same, annualised as annual_return
excess_return            total_return - benchmark_total_return
Ratios are numbers, money is decimal text, what is not defined (no trades, no losses, no variation)
is null.
)";
}

std::string to_json(const Statistics& s) {
    std::string out = "{\n";
    const auto member = [&out](const char* key, const std::string& value) {
        if (out.size() > 2) out += ",\n";
        out += std::string("  \"") + key + "\": " + value;
    };
    const auto real = [](double value) {
        return std::isfinite(value) ? fixed_text(value) : std::string("null");
    };
    const auto maybe = [&](const std::optional<double>& value) {
        return value ? real(*value) : std::string("null");
    };
    const auto money = [](Money value) { return '"' + value.to_string() + '"'; };
    const auto time = [](Timestamp value) {
        return value == Timestamp{} ? std::string("null") : '"' + format_time(value) + '"';
    };
    member("first_time", time(s.first_time));
    member("last_time", time(s.last_time));
    member("days", std::to_string(s.days));
    member("days_per_year", real(s.days_per_year));
    member("initial_equity", money(s.initial_equity));
    member("final_equity", money(s.final_equity));
    member("total_return", real(s.total_return));
    member("annual_return", maybe(s.annual_return));
    member("annual_volatility", maybe(s.annual_volatility));
    member("sharpe", maybe(s.sharpe));
    member("sortino", maybe(s.sortino));
    member("calmar", maybe(s.calmar));
    member("max_drawdown", real(s.max_drawdown));
    member("max_drawdown_days", real(s.max_drawdown_days));
    member("orders", std::to_string(s.orders));
    member("fills", std::to_string(s.fills));
    member("trades", std::to_string(s.trades));
    member("winning_trades", std::to_string(s.winning_trades));
    member("losing_trades", std::to_string(s.losing_trades));
    member("win_rate", maybe(s.win_rate));
    member("profit_factor", maybe(s.profit_factor));
    member("expectancy", s.expectancy ? money(*s.expectancy) : "null");
    member("exposure_time", real(s.exposure_time));
    member("average_exposure", real(s.average_exposure));
    member("traded_notional", money(s.traded_notional));
    member("turnover", real(s.turnover));
    member("annual_turnover", maybe(s.annual_turnover));
    member("fees", money(s.fees));
    member("financing", money(s.financing));
    member("benchmark_total_return", maybe(s.benchmark_total_return));
    member("benchmark_annual_return", maybe(s.benchmark_annual_return));
    member("excess_return", maybe(s.excess_return));
    return out + "\n}\n";
}

}  // namespace tradewind::ledger
