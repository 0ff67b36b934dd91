#include "actors/feed/catalog_feed.hpp"

#include <algorithm>

#include "market/calendar.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

Timestamp bound(const std::string& text, const char* option, bool upper) {
    if (const auto date = parse_date(text)) {
        return upper ? utc_midnight(*date + 1) - 1 : utc_midnight(*date);
    }
    if (const auto time = parse_time(text)) return *time;
    throw Error(ErrorKind::usage, "bad time", std::string(option) + ' ' + text,
                "neither YYYY-MM-DD nor RFC 3339 UTC", "write 2024-02-05 or 2024-02-05T14:30:00Z");
}

}  // namespace

FeedRange feed_range(const std::string& from, const std::string& to) {
    FeedRange range;
    if (!from.empty()) range.from = bound(from, "--from", false);
    if (!to.empty()) range.to = bound(to, "--to", true);
    if (range.to < range.from) {
        throw Error(ErrorKind::usage, "empty range", "--from " + from + " --to " + to,
                    "the end lies before the start", "exchange the two");
    }
    return range;
}

CatalogFeed::CatalogFeed(std::vector<BarSeriesPtr> series, std::vector<bool> utc_days,
                         FeedRange range)
    : series_(std::move(series)) {
    for (const auto& one : series_) {
        const auto& bars = one->bars;
        const auto at = [&](Timestamp time) {
            return static_cast<std::size_t>(
                std::lower_bound(bars.begin(), bars.end(), time,
                                 [](const Bar& bar, Timestamp t) { return bar.start < t; }) -
                bars.begin());
        };
        Cursor cursor;
        cursor.bars = &bars;
        cursor.first = at(range.from);
        cursor.end = range.to.ns == INT64_MAX ? bars.size() : at(range.to + 1);
        bars_ += cursor.end;
        tradable_ += cursor.end - std::min(cursor.first, cursor.end);
        cursors_.push_back(cursor);
    }
    collect_sessions(series_, utc_days);
}

// Sessions of days that have a tradable bar, of each calendar once.
void CatalogFeed::collect_sessions(const std::vector<BarSeriesPtr>& series,
                                   const std::vector<bool>& utc_days) {
    for (const bool crypto : {false, true}) {
        const auto calendar =
            crypto ? market::TradingCalendar::utc_days : market::TradingCalendar::nyse;
        std::vector<Date> dates;
        for (std::size_t slot = 0; slot < series.size(); ++slot) {
            if (utc_days[slot] != crypto) continue;
            Date newest{INT32_MIN};
            Timestamp known_until{INT64_MIN};
            for (auto i = cursors_[slot].first; i < cursors_[slot].end; ++i) {
                const auto start = series[slot]->bars[i].start;
                if (start < known_until) continue;
                const auto date = market::exchange_date(calendar, start);
                known_until =
                    crypto ? utc_midnight(date + 1) : market::new_york_time(date + 1, 0, 0);
                if (date == newest) continue;
                newest = date;
                dates.push_back(date);
            }
        }
        std::sort(dates.begin(), dates.end());
        dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
        for (const auto date : dates) {
            const auto session = market::session_of_bar(calendar, date);
            sessions_.push_back({session.open, {SessionPhase::opened, date, crypto}});
            sessions_.push_back({session.close, {SessionPhase::closed, date, crypto}});
        }
    }
    std::stable_sort(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
        if (a.time != b.time) return a.time < b.time;
        return a.event.phase > b.event.phase;  // a day closes before the next one opens
    });
}

Timestamp CatalogFeed::next_time() const {
    Timestamp time{INT64_MAX};
    for (const auto& cursor : cursors_) {
        const auto& bars = *cursor.bars;
        if (cursor.close < cursor.end) time = std::min(time, bars[cursor.close].end);
        if (cursor.open < cursor.end) time = std::min(time, bars[cursor.open].start);
    }
    if (session_ < sessions_.size()) time = std::min(time, sessions_[session_].time);
    return time;
}

bool CatalogFeed::next(StepInputs& inputs) {
    inputs.clear();
    const auto time = next_time();
    if (time.ns == INT64_MAX) return false;
    now_ = time;
    for (SlotId slot = 0; slot < cursors_.size(); ++slot) {
        auto& cursor = cursors_[slot];
        const auto& bars = *cursor.bars;
        while (cursor.close < cursor.open && cursor.close < cursor.end &&
               bars[cursor.close].end == time) {
            const bool tradable = cursor.close >= cursor.first;
            inputs.closes.push_back(
                {slot, tradable, cursor.close + 1 == cursor.end, bars[cursor.close]});
            inputs.equity_row = inputs.equity_row || tradable;
            ++cursor.close;
            ++sequence_;
        }
        if (cursor.open < cursor.end && bars[cursor.open].start == time) {
            if (cursor.open >= cursor.first) {
                inputs.opens.push_back({slot, time, bars[cursor.open].open});
            }
            ++cursor.open;
            ++sequence_;
        }
    }
    for (; session_ < sessions_.size() && sessions_[session_].time == time; ++session_) {
        inputs.sessions.push_back(sessions_[session_].event);
        ++sequence_;
    }
    inputs.step = {sequence_, time};
    return true;
}

}  // namespace tradewind::actors
