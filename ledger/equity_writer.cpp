#include "ledger/equity_writer.hpp"

#include <cmath>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

constexpr std::int64_t kSteps = 100'000'000;  // 1e-8
constexpr std::size_t kRowRoom = 6 * 48;

char* two_digits(char* out, std::int64_t value) {
    *out++ = static_cast<char>('0' + value / 10);
    *out++ = static_cast<char>('0' + value % 10);
    return out;
}

}  // namespace

Fraction drawdown_of(Money equity, Money peak) {
    if (peak.sign() <= 0 || equity == peak) return {};
    const Money fall = peak - equity;
    int128 dividend{};
    if (__builtin_mul_overflow(fall.units(), static_cast<int128>(kSteps), &dividend)) {
        return ratio(fall, peak);
    }
    // A quotient in floating point is at most one step off; the remainder puts it right.
    const int128 divisor = peak.units();
    const long double estimate =
        static_cast<long double>(dividend) / static_cast<long double>(divisor);
    if (!(estimate < 1e15L) || divisor > (static_cast<int128>(1) << 100U)) return ratio(fall, peak);
    auto quotient = static_cast<std::int64_t>(estimate);
    int128 rest = dividend - static_cast<int128>(quotient) * divisor;
    while (rest < 0) {
        --quotient;
        rest += divisor;
    }
    while (rest >= divisor) {
        ++quotient;
        rest -= divisor;
    }
    const int128 twice = rest * 2;
    if (twice > divisor || (twice == divisor && (quotient & 1) != 0)) ++quotient;
    return Fraction::from_units(quotient * (Fraction::kOne / kSteps));
}

EquityWriter::EquityWriter(const std::filesystem::path& folder)
    : file_(folder / "equity.csv", "time,cash,market_value,equity,gross_exposure,drawdown") {}

char* EquityWriter::put(char* out, FormattedMoney& cached, Money value) {
    if (cached.value != value) {
        cached.value = value;
        cached.length =
            static_cast<std::size_t>(value.format(cached.text.data()) - cached.text.data());
    }
    std::memcpy(out, cached.text.data(), cached.text.size());  // one size: no call
    return out + cached.length;
}

char* EquityWriter::put_time(char* out, Timestamp time) {
    auto of_day = time.ns - day_start_ns_;
    if (day_start_ns_ == 1 || of_day < 0 || of_day >= kDay) {
        const Timestamp midnight = utc_midnight(utc_date(time));
        char text[32];
        format_time(text, midnight);
        std::memcpy(date_.data(), text, date_.size());
        day_start_ns_ = midnight.ns;
        of_day = time - midnight;
    }
    if (of_day % kSecond != 0) return format_time(out, time);
    std::memcpy(out, date_.data(), date_.size());
    out += date_.size();
    const auto seconds = of_day / kSecond;
    out = two_digits(out, seconds / 3600);
    *out++ = ':';
    out = two_digits(out, seconds / 60 % 60);
    *out++ = ':';
    out = two_digits(out, seconds % 60);
    *out++ = 'Z';
    return out;
}

void EquityWriter::add(const EquityRow& row, StatisticsAccumulator& statistics) {
    ensure(rows() == 0 || row.time > last_time_, "equity rows ascend in time");
    last_time_ = row.time;
    const Money equity = row.cash + row.market_value;
    if (rows() == 0 || equity > peak_) peak_ = equity;
    const Fraction drawdown = drawdown_of(equity, peak_);

    char* out = put_time(file_.begin_row(kRowRoom), row.time);
    *out++ = ',';
    out = put(out, cash_, row.cash);
    *out++ = ',';
    out = put(out, market_value_, row.market_value);
    *out++ = ',';
    if (row.market_value.is_zero()) {
        out = put(out, cash_, row.cash);
    } else {
        out = equity.format(out);
    }
    *out++ = ',';
    if (row.gross_exposure == row.market_value) {
        out = put(out, market_value_, row.market_value);
    } else {
        out = put(out, gross_exposure_, row.gross_exposure);
    }
    *out++ = ',';
    out = drawdown.format(out);
    *out++ = '\n';
    file_.end_row(out);

    statistics.add(row.time, equity, row.gross_exposure);
    curve_.add(row.time, equity.to_double(), drawdown.to_double());
}

}  // namespace tradewind::ledger
