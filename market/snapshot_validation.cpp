#include "market/snapshot_validation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "messages/error.hpp"

namespace tradewind::market {
namespace {

std::string seconds_text(std::int64_t ns) {
    return std::to_string(ns / kSecond) + " s";
}

std::string percent_text(double fraction) {
    char text[48];
    std::snprintf(text, sizeof text, "%.1f %%", 100 * fraction);
    return text;
}

class Screen {
  public:
    Screen(const Snapshot& snapshot, const SnapshotRules& rules)
        : snapshot_(snapshot),
          rules_(rules),
          calendar_(calendar_of(rules.asset_class)),
          bars_(snapshot.series->bars),
          dated_(snapshot.series->daily),
          guarded_from_(guarded_from(snapshot, rules)) {}

    std::string refusal() const {
        ensure(snapshot_.visible <= bars_.size(), "a snapshot sees only bars of its series");
        const std::size_t seen = rules_.history_bars == 0
                                     ? snapshot_.visible
                                     : std::min(rules_.history_bars, snapshot_.visible);
        if (seen == 0) return "no bars";
        if (seen < rules_.minimum_bars) {
            return std::to_string(seen) + " bars where " + std::to_string(rules_.minimum_bars) +
                   " are needed";
        }
        const std::size_t first = snapshot_.visible - seen;
        for (std::size_t i = first; i < snapshot_.visible; ++i) {
            if (auto reason = bar_refusal(bars_[i]); !reason.empty()) return reason;
            if (i == first) continue;
            if (auto reason = step_refusal(i); !reason.empty()) return reason;
        }
        return rules_.check_freshness ? age_refusal(bars_[snapshot_.visible - 1]) : std::string();
    }

  private:
    std::string named(const Bar& bar) const {
        return dated_ ? "bar of " + format_date(bar_date(bar, calendar_))
                      : "bar at " + format_time(bar.start);
    }
    std::string bar_refusal(const Bar& bar) const {
        if (bar.open.sign() <= 0 || bar.high.sign() <= 0 || bar.low.sign() <= 0 ||
            bar.close.sign() <= 0) {
            return named(bar) + " has a price that is not positive";
        }
        if (!std::isfinite(bar.volume) || bar.volume < 0) {
            return named(bar) + " has a volume that is no count";
        }
        if (bar.low > std::min(bar.open, bar.close) || bar.high < std::max(bar.open, bar.close)) {
            return named(bar) + " contradicts itself: open or close outside low to high";
        }
        return {};
    }
    static std::size_t guarded_from(const Snapshot& snapshot, const SnapshotRules& rules) {
        if (rules.asset_class != AssetClass::us_equity) return SIZE_MAX;
        return snapshot.series->adjusted ? rules.appended_from : 0;
    }
    std::string step_refusal(std::size_t i) const {
        const Bar& before = bars_[i - 1];
        const Bar& bar = bars_[i];
        if (bar.start <= before.start) return named(bar) + " does not follow the one before";
        if (i < guarded_from_) return {};
        const double move = bar.close.to_double() / before.close.to_double() - 1;
        if (std::fabs(move) <= rules_.split_guard) return {};
        const Date date = bar_date(bar, calendar_);
        const auto& accepted = rules_.accepted_moves;
        if (std::find(accepted.begin(), accepted.end(), date) != accepted.end()) return {};
        return "close moves " + percent_text(move) + " in the " + named(bar) +
               " without a split record";
    }
    std::string age_refusal(const Bar& newest) const {
        if (newest.end > snapshot_.as_of + (dated_ ? 0 : rules_.maximum_lead_ns)) {
            return named(newest) + " ends after the snapshot";
        }
        if (!dated_) {
            const std::int64_t age = snapshot_.as_of - newest.end;
            if (age <= rules_.maximum_age_ns) return {};
            return "stale: the newest bar ended " + seconds_text(age) + " ago, allowed are " +
                   seconds_text(rules_.maximum_age_ns);
        }
        const Date due = last_ended_session(calendar_, snapshot_.as_of).date;
        const int behind = sessions_between(calendar_, bar_date(newest, calendar_), due);
        if (behind <= rules_.sessions_behind) return {};
        return "stale: the newest bar is of " + format_date(bar_date(newest, calendar_)) + ", " +
               std::to_string(behind) + " sessions before " + format_date(due);
    }

    const Snapshot& snapshot_;
    const SnapshotRules& rules_;
    TradingCalendar calendar_;
    const std::vector<Bar>& bars_;
    bool dated_;
    std::size_t guarded_from_;  // the bar at which the split guard begins
};

}  // namespace

std::string snapshot_refusal(const Snapshot& snapshot, const SnapshotRules& rules) {
    if (snapshot.series == nullptr) return "no bars";
    return Screen(snapshot, rules).refusal();
}

std::string quote_refusal(const Quote& quote, Timestamp time, const SnapshotRules& rules) {
    if (!quote.valid()) return "no quote with a bid and an ask";
    if (quote.modelled) return {};
    const std::int64_t age = time - quote.time;
    if (age > rules.maximum_quote_age_ns) {
        return "quote is " + seconds_text(age) + " old, allowed are " +
               seconds_text(rules.maximum_quote_age_ns);
    }
    if (-age > rules.maximum_lead_ns) return "quote is " + seconds_text(-age) + " in the future";
    return {};
}

Date bar_date(const Bar& bar, TradingCalendar calendar) {
    return exchange_date(calendar, bar.start);
}

}  // namespace tradewind::market
