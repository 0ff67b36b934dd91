#include "strategy/pass_schedule.hpp"

#include <algorithm>
#include <utility>

#include "market/calendar.hpp"

namespace tradewind::strategy {
namespace {

using market::TradingCalendar;

constexpr std::int32_t kLongestMemoryDays = 10;
constexpr int kEveningHour = 22;
constexpr std::int64_t kHourlyDelay = kMinute;
constexpr std::int64_t kRollDelay = 5 * kMinute;  // after midnight UTC, when the day's bar exists

class Collector {
  public:
    Collector(Timestamp after, Timestamp up_to) : after_(after), up_to_(up_to) {}

    void add(PassKind kind, Date date, Timestamp at, Timestamp until) {
        if (at > after_ && at <= up_to_) passes_.push_back({kind, date, at, until, false});
    }
    std::vector<PassDue> sorted() {
        std::sort(passes_.begin(), passes_.end(), [](const PassDue& a, const PassDue& b) {
            return a.at != b.at ? a.at < b.at : a.kind < b.kind;
        });
        return std::move(passes_);
    }

  private:
    Timestamp after_;
    Timestamp up_to_;
    std::vector<PassDue> passes_;
};

void add_session(Date date, const PassSchedule& schedule, Collector& passes) {
    const auto session = market::session_on(TradingCalendar::nyse, date);
    if (!session) return;
    const Timestamp close =
        session->close - schedule.close_shift_ns - std::max(kMinute, schedule.close_analysis_ns);
    if (!schedule.hourly) {
        passes.add(PassKind::session_open, date, session->open, session->open + schedule.grace_ns);
        const Timestamp later = session->open + kHour;
        if (later < close) {
            passes.add(PassKind::open_plus_hour, date, later, later + schedule.grace_ns);
        }
    }
    if (close > session->open) passes.add(PassKind::market_close, date, close, session->close);
}

void add_day(Date date, const PassSchedule& schedule, Collector& passes) {
    add_session(date, schedule, passes);
    if (schedule.hourly) {
        for (int hour = 0; hour < 24; ++hour) {
            const Timestamp at = utc_midnight(date) + hour * kHour;
            const bool any =
                schedule.coins || market::session_at(TradingCalendar::nyse, at + kHourlyDelay);
            if (!any) continue;
            passes.add(PassKind::hourly, date, at + kHourlyDelay, at + schedule.hourly_window_ns);
        }
        return;
    }
    if (!schedule.coins) return;
    const Timestamp evening = market::new_york_time(date, kEveningHour, 0);
    passes.add(PassKind::evening, date, evening, evening + schedule.grace_ns);
    const Timestamp roll = utc_midnight(date) + kRollDelay;
    passes.add(PassKind::crypto_roll, date, roll, roll + schedule.grace_ns);
}

}  // namespace

std::vector<PassDue> scheduled_passes(Timestamp after, Timestamp up_to,
                                      const PassSchedule& schedule) {
    Collector passes(after, up_to);
    if (up_to <= after || (!schedule.stocks && !schedule.coins)) return {};
    const Date last = utc_date(up_to) + 1;
    for (Date date = utc_date(after) - 1; date <= last; date = date + 1) {
        add_day(date, schedule, passes);
    }
    return passes.sorted();
}

std::vector<PassDue> owed_passes(const PassLog& log, std::optional<Timestamp> known_until,
                                 Timestamp now, const PassSchedule& schedule) {
    if (!known_until) return {};
    Timestamp from = *known_until;
    for (const auto& [kind, entry] : log) {
        if (!entry.decided) from = std::min(from, entry.at - 1);
    }
    from = std::max(from, now - kLongestMemoryDays * kDay);
    auto owed = scheduled_passes(from, now, schedule);
    std::erase_if(owed, [&](const PassDue& pass) {
        const auto found = log.find(pass.kind);
        if (found == log.end()) return pass.at <= *known_until;
        const auto& entry = found->second;
        if (pass.at == entry.at) return entry.decided;
        return pass.at < entry.at || pass.at <= *known_until;
    });
    return owed;
}

PassClock::PassClock(PassSchedule schedule, Timestamp now, std::vector<PassDue> owed)
    : schedule_(schedule), last_(now), waiting_(std::move(owed)) {}

std::vector<PassDue> PassClock::take(Timestamp now, bool quotes) {
    auto due = scheduled_passes(last_, now, schedule_);
    last_ = std::max(last_, now);
    waiting_.insert(waiting_.end(), due.begin(), due.end());
    std::vector<PassDue> told;
    while (!waiting_.empty()) {
        PassDue pass = waiting_.front();
        // One pass begins at a step: the newest, as what it sees is what the older ones would see.
        pass.missed = pass.until < now || (quotes && waiting_.size() > 1);
        if (!pass.missed && !quotes) break;
        told.push_back(pass);
        waiting_.erase(waiting_.begin());
    }
    return told;
}

}  // namespace tradewind::strategy
