#include "broker/exchange/data/market_history.hpp"

#include <algorithm>

#include "broker/exchange/market_tick.hpp"
#include "market/synthetic.hpp"

namespace tradewind::broker {
namespace {

using market::Session;
using market::TradingCalendar;

// Generated prices begin here; recorded days may lie before.
const Timestamp kFirstMinute = utc_midnight(market::kSyntheticOrigin + 7);
constexpr Date kFirstDay{3'653};  // 1980-01-01
// Enough for ten years of every symbol of the default universe.
constexpr std::size_t kKeptDays = 200'000;

Bar with_vwap(Bar bar) {
    if (bar.vwap <= 0) {
        bar.vwap = (bar.high.to_double() + bar.low.to_double() + bar.close.to_double()) / 3;
    }
    return bar;
}

// Sessions that overlap [from, to], in the direction asked for. `visit` false ends the walk.
template <class Visit>
void walk_sessions(TradingCalendar calendar, Timestamp from, Timestamp to, bool descending,
                   Visit&& visit) {
    if (to < from) return;
    const Date first = market::exchange_date(calendar, from);
    const Date last = market::exchange_date(calendar, to);
    for (Date date = descending ? last : first; date >= first && date <= last;
         date = date + (descending ? -1 : 1)) {
        const auto session = market::session_on(calendar, date);
        if (!session || session->close <= from || session->open > to) continue;
        if (!visit(*session)) return;
    }
}

// The items at first, first + step, ... last in the direction asked for.
template <class Visit>
bool walk_steps(Timestamp first, Timestamp last, std::int64_t step, bool descending,
                Visit&& visit) {
    for (Timestamp at = descending ? last : first; at >= first && at <= last;
         at = at + (descending ? -step : step)) {
        if (!visit(at)) return false;
    }
    return true;
}

std::int64_t up_to_step(std::int64_t distance, std::int64_t step) {
    return distance <= 0 ? 0 : (distance + step - 1) / step * step;
}

// The ticks of a session that may hold something in [from, to].
template <class Visit>
void walk_ticks(TradingCalendar calendar, HistoryRange range, Timestamp now, Visit&& visit) {
    const Timestamp from = std::max(range.from, kFirstMinute);
    const Timestamp to = std::min(range.to, now);
    walk_sessions(calendar, from, to, range.descending, [&](const Session& session) {
        const auto begin =
            std::max<std::int64_t>(0, from - session.open) / kMarketTick * kMarketTick;
        const auto end = std::min(to - session.open, session.close - session.open - 1);
        if (end < begin) return true;
        return walk_steps(session.open + begin, session.open + end / kMarketTick * kMarketTick,
                          kMarketTick, range.descending, visit);
    });
}

int month_number(Date date) {
    const auto day = civil(date);
    return day.year * 12 + static_cast<int>(day.month) - 1;
}

Date first_of(int month) {
    return date_of(month / 12, static_cast<unsigned>(month % 12 + 1), 1);
}

// The first date of the day, week or month that holds `date`, and of the one `steps` after it.
Date period_of(Timeframe timeframe, Date date) {
    switch (timeframe.unit) {
        case TimeframeUnit::week:
            return date - (weekday(date) + 6) % 7;
        case TimeframeUnit::month:
            return first_of(month_number(date) / timeframe.count * timeframe.count);
        default:
            return date;
    }
}

Date neighbour(Timeframe timeframe, Date first, int steps) {
    switch (timeframe.unit) {
        case TimeframeUnit::week:
            return first + 7 * steps;
        case TimeframeUnit::month:
            return first_of(month_number(first) + steps * timeframe.count);
        default:
            return first + steps;
    }
}

}  // namespace

Timestamp day_label(TradingCalendar calendar, Date date) {
    return calendar == TradingCalendar::utc_days ? utc_midnight(date)
                                                 : market::new_york_time(date, 0, 0);
}

void MarketHistory::Join::add(const Bar& part) {
    if (empty) {
        bar = part;
        weighted = part.vwap * part.volume;
        empty = false;
        return;
    }
    bar.high = std::max(bar.high, part.high);
    bar.low = std::min(bar.low, part.low);
    bar.close = part.close;
    bar.end = part.end;
    bar.volume += part.volume;
    bar.trade_count += part.trade_count;
    weighted += part.vwap * part.volume;
}

Bar MarketHistory::Join::joined(Timestamp label) const {
    Bar result = bar;
    result.start = label;
    result.vwap = bar.volume > 0 ? weighted / bar.volume : bar.close.to_double();
    return result;
}

std::optional<Bar> MarketHistory::minute(const Symbol& symbol, Timestamp start) const {
    const auto bar = market_.minute_bar(symbol, start);
    return bar ? std::optional(with_vwap(*bar)) : std::nullopt;
}

void MarketHistory::bars(const Symbol& symbol, Timeframe timeframe, HistoryRange range,
                         Timestamp now, const std::function<bool(const Bar&)>& visit) {
    switch (timeframe.unit) {
        case TimeframeUnit::minute:
            return intraday(symbol, timeframe.count * kMinute, range, now, visit);
        case TimeframeUnit::hour:
            return intraday(symbol, timeframe.count * kHour, range, now, visit);
        default:
            return days(symbol, timeframe, range, now, visit);
    }
}

void MarketHistory::intraday(const Symbol& symbol, std::int64_t step_ns, HistoryRange range,
                             Timestamp now, const std::function<bool(const Bar&)>& visit) const {
    const auto calendar = market_.calendar(symbol);
    const Timestamp from = std::max(range.from, kFirstMinute);
    const Timestamp to = std::min(range.to, now);
    // A bar may be labelled before its session opens: look for sessions a step further.
    walk_sessions(calendar, from, to + step_ns, range.descending, [&](const Session& session) {
        const Timestamp midnight = day_label(calendar, session.date);
        const auto begin = std::max((session.open - midnight) / step_ns * step_ns,
                                    up_to_step(from - midnight, step_ns));
        const auto end = std::min(session.close - midnight - 1, to - midnight);
        if (end < begin) return true;
        const auto bucket = [&](Timestamp label) {
            Join join;
            const Timestamp stop = std::min({label + step_ns, session.close, now});
            for (Timestamp at = std::max(label, session.open); at + kMinute <= stop;
                 at = at + kMinute) {
                if (const auto part = minute(symbol, at)) join.add(*part);
            }
            return join.empty || visit(join.joined(label));
        };
        return walk_steps(midnight + begin, midnight + end / step_ns * step_ns, step_ns,
                          range.descending, bucket);
    });
}

std::optional<Bar> MarketHistory::ended_day(const Symbol& symbol, Date date, Timestamp now) {
    const DayKey key{symbol, date};
    if (const auto found = ended_days_.find(key); found != ended_days_.end()) return found->second;
    auto bar = market_.daily_bar(symbol, date);
    if (bar && bar->end > now) return std::nullopt;
    if (bar) bar = with_vwap(*bar);
    if (ended_days_.size() >= kKeptDays) ended_days_.clear();
    ended_days_.emplace(key, bar);
    return bar;
}

std::optional<Bar> MarketHistory::running_day(const Symbol& symbol, const Session& session,
                                              Timestamp now) {
    auto& running = running_days_[symbol];
    if (running.date != session.date || running.next > now) {
        running = {session.date, session.open, {}};
    }
    while (running.next + kMinute <= std::min(now, session.close)) {
        if (const auto part = minute(symbol, running.next)) running.join.add(*part);
        running.next = running.next + kMinute;
    }
    if (running.join.empty) return std::nullopt;
    return running.join.joined(session.open);
}

std::optional<Bar> MarketHistory::day(const Symbol& symbol, Date date, Timestamp now) {
    const auto calendar = market_.calendar(symbol);
    const auto session = market::session_on(calendar, date);
    if (session && session->open > now) return std::nullopt;
    auto bar = session && session->close > now ? running_day(symbol, *session, now)
                                               : ended_day(symbol, date, now);
    if (bar) bar->start = day_label(calendar, date);
    return bar;
}

void MarketHistory::days(const Symbol& symbol, Timeframe timeframe, HistoryRange range,
                         Timestamp now, const std::function<bool(const Bar&)>& visit) {
    const auto calendar = market_.calendar(symbol);
    const Timestamp from = std::max(range.from, utc_midnight(kFirstDay));
    const Timestamp to = std::min(range.to, now);
    if (to < from) return;
    Date first = period_of(timeframe, market::exchange_date(calendar, from));
    if (day_label(calendar, first) < from) first = neighbour(timeframe, first, 1);
    const Date last = period_of(timeframe, market::exchange_date(calendar, to));
    const int step = range.descending ? -1 : 1;
    for (Date at = range.descending ? last : first; at >= first && at <= last;
         at = neighbour(timeframe, at, step)) {
        Join join;
        const Date next = neighbour(timeframe, at, 1);
        for (Date date = at; date < next && day_label(calendar, date) <= now; date = date + 1) {
            if (const auto part = day(symbol, date, now)) join.add(*part);
        }
        if (!join.empty && !visit(join.joined(day_label(calendar, at)))) return;
    }
}

void MarketHistory::quotes(const Symbol& symbol, HistoryRange range, Timestamp now,
                           const std::function<bool(const Quote&)>& visit) const {
    walk_ticks(market_.calendar(symbol), range, now, [&](Timestamp tick) {
        const auto quote = market_.quote_at(symbol, tick);
        return quote.time < range.from || quote.time > std::min(range.to, now) || visit(quote);
    });
}

void MarketHistory::trades(const Symbol& symbol, HistoryRange range, Timestamp now,
                           const std::function<bool(const Trade&)>& visit) const {
    walk_ticks(market_.calendar(symbol), range, now, [&](Timestamp tick) {
        const auto trade = market_.trade_at(symbol, tick);
        if (!trade || trade->time < range.from || trade->time > std::min(range.to, now)) {
            return true;
        }
        return visit(*trade);
    });
}

std::optional<Trade> MarketHistory::latest_trade(const Symbol& symbol, Timestamp now) const {
    std::optional<Trade> found;
    // A week holds a session whatever the holidays.
    trades(symbol, {now - 7 * kDay, now, true}, now, [&](const Trade& trade) {
        found = trade;
        return false;
    });
    return found;
}

std::optional<Quote> MarketHistory::latest_quote(const Symbol& symbol, Timestamp now) const {
    if (now < kFirstMinute) return std::nullopt;
    return market_.quote_at(symbol, now);
}

std::optional<Bar> MarketHistory::latest_bar(const Symbol& symbol, Timestamp now) const {
    std::optional<Bar> found;
    intraday(symbol, kMinute, {now - 7 * kDay, now, true}, now, [&](const Bar& bar) {
        found = bar;
        return false;
    });
    return found;
}

MarketSnapshot MarketHistory::snapshot(const Symbol& symbol, Timestamp now) {
    MarketSnapshot result;
    result.latest_trade = latest_trade(symbol, now);
    result.latest_quote = latest_quote(symbol, now);
    result.minute_bar = latest_bar(symbol, now);
    days(symbol, {1, TimeframeUnit::day}, {now - 14 * kDay, now, true}, now, [&](const Bar& bar) {
        if (!result.daily_bar) {
            result.daily_bar = bar;
            return true;
        }
        result.previous_daily_bar = bar;
        return false;
    });
    return result;
}

}  // namespace tradewind::broker
