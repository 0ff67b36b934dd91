#include "market/resample.hpp"

#include <algorithm>
#include <optional>

#include "messages/error.hpp"

namespace tradewind::market {
namespace {

struct Bucket {
    Timestamp from;
    Timestamp to;
};

// The session that wholly holds a bar; empty where none does.
std::optional<Session> session_holding(const Bar& bar, TradingCalendar calendar) {
    const Date date = exchange_date(calendar, bar.start);
    const Session session = covers(calendar, date) ? session_on(calendar, date).value_or(Session{})
                                                   : session_of_bar(calendar, date);
    return session.open <= bar.start && bar.end <= session.close ? std::optional(session)
                                                                 : std::nullopt;
}

Bucket bucket_of(const Bar& bar, const Session& session, std::int64_t interval_ns) {
    if (interval_ns == kDay) return {session.open, session.close};
    const auto index = (bar.start - session.open) / interval_ns;
    const Timestamp from = session.open + index * interval_ns;
    return {from, std::min(from + interval_ns, session.close)};
}

// Volumes add up as decimals, so that sums of sums equal sums; what no decimal holds adds as
// double.
struct VolumeSum {
    int128 units = 0;
    double inexact = 0;

    void add(double volume) {
        if (volume < 1e15) {
            units += quantity_of(volume).units();
        } else {
            inexact += volume;
        }
    }
    [[nodiscard]] double total() const { return Quantity::from_units(units).to_double() + inexact; }
};

class Accumulator {
  public:
    void begin(const Bucket& bucket, const Bar& bar) {
        bar_ = bar;
        bar_.start = bucket.from;
        bar_.end = bucket.to;
        volume_ = {};
        volume_.add(bar.volume);
        weighted_ = bar.vwap * bar.volume;
        has_vwap_ = bar.vwap > 0 || bar.volume == 0;
    }
    void add(const Bar& bar) {
        bar_.high = std::max(bar_.high, bar.high);
        bar_.low = std::min(bar_.low, bar.low);
        bar_.close = bar.close;
        bar_.trade_count += bar.trade_count;
        bar_.suspect = bar_.suspect || bar.suspect;
        bar_.late = bar_.late || bar.late;
        volume_.add(bar.volume);
        weighted_ += bar.vwap * bar.volume;
        has_vwap_ = has_vwap_ && (bar.vwap > 0 || bar.volume == 0);
    }
    [[nodiscard]] Bar bar() const {
        Bar result = bar_;
        result.volume = volume_.total();
        result.vwap = has_vwap_ && result.volume > 0 ? weighted_ / result.volume : 0;
        return result;
    }

  private:
    Bar bar_;
    VolumeSum volume_;
    double weighted_ = 0;
    bool has_vwap_ = false;
};

void check(const BarSeries& source, std::int64_t interval_ns) {
    const bool fits = !source.daily && source.interval_ns > 0 && interval_ns > 0 &&
                      interval_ns % kMinute == 0 && kDay % interval_ns == 0 &&
                      interval_ns % source.interval_ns == 0;
    if (fits) return;
    throw Error(ErrorKind::usage, "bar length", source.symbol.to_string(),
                "bars of " + std::to_string(source.interval_ns / kSecond) +
                    " s do not make bars of " + std::to_string(interval_ns / kSecond) + " s",
                "ask for a multiple that divides the day");
}

}  // namespace

ResampledSeries resample(const BarSeries& source, TradingCalendar calendar,
                         std::int64_t interval_ns) {
    check(source, interval_ns);
    ResampledSeries result;
    result.series.symbol = source.symbol;
    result.series.interval_ns = interval_ns;
    result.series.daily = interval_ns == kDay;
    result.series.adjusted = source.adjusted;
    Accumulator current;
    bool open = false;
    Bucket bucket;
    std::optional<Session> session;
    const auto flush = [&] {
        if (!open) return;
        result.series.bars.push_back(current.bar());
        result.partial.push_back(false);
        open = false;
    };
    for (const auto& bar : source.bars) {
        if (!session || bar.start < session->open || bar.end > session->close) {
            session = session_holding(bar, calendar);
        }
        if (!session) {
            ++result.outside_session;
            continue;
        }
        if (open && bar.start < bucket.to) {
            current.add(bar);
            continue;
        }
        flush();
        bucket = bucket_of(bar, *session, interval_ns);
        current.begin(bucket, bar);
        open = true;
    }
    flush();
    if (!result.partial.empty()) {
        const auto& bars = result.series.bars;
        if (source.bars.front().start > bars.front().start) result.partial.front() = true;
        if (source.bars.back().end < bars.back().end) result.partial.back() = true;
    }
    return result;
}

}  // namespace tradewind::market
