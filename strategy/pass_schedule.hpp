// When the passes of the trading cycle run, and what becomes of one whose time went by.
//
// Pure over exchange time; any thread. A pass is due at the first step at or after its time that
// brings quotes. One that did not begin then (the process was down, or slow) runs late while its
// grace lasts and nothing newer is due; else it is missed: said, counted, and not made up for (H6).
// A restart is no pass: what the log knows as decided is not run again, what had begun and was not
// decided counts as one that did not begin (H5). Source: strategies spec 1.1 (H4, H5, H6).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/pass.hpp"

namespace tradewind::strategy {

struct PassSchedule {
    std::int64_t close_shift_ns = 45 * kMinute;     // closing work begins that long before 16:00
    std::int64_t close_analysis_ns = 15 * kMinute;  // and its pass that long before
    std::int64_t grace_ns = 30 * kMinute;           // how late a pass still begins
    bool stocks = true;                             // there are symbols of the kind
    bool coins = true;
    // A pass of each clock hour in place of all but the close's: a minute after it, so that the
    // hour's last minute is known. Without coins only while the exchange is open.
    bool hourly = false;
    std::int64_t hourly_window_ns = 12 * kMinute;  // of the hour, in which it may begin

    friend bool operator==(const PassSchedule&, const PassSchedule&) = default;
};

// Passes with their time in (after, up_to], in order of time. The market close's may begin until
// the session ends: exits are not optional.
[[nodiscard]] std::vector<PassDue> scheduled_passes(Timestamp after, Timestamp up_to,
                                                    const PassSchedule& schedule);

// Per kind: when the newest pass was due, and whether it was decided upon.
struct PassLogEntry {
    Timestamp at;
    bool decided = false;

    friend bool operator==(const PassLogEntry&, const PassLogEntry&) = default;
};
using PassLog = std::map<PassKind, PassLogEntry>;

// Passes that the last process owed when it ended: scheduled in (known_until, now], and those that
// had begun. Of at most the last ten days. An empty `known_until` is a first start: nothing is
// owed.
[[nodiscard]] std::vector<PassDue> owed_passes(const PassLog& log,
                                               std::optional<Timestamp> known_until, Timestamp now,
                                               const PassSchedule& schedule);

class PassClock {
  public:
    // Runs on from `now`; `owed` were due before.
    PassClock(PassSchedule schedule, Timestamp now, std::vector<PassDue> owed = {});

    // What the step at `now` is to be told: missed passes, then at most one that begins. `quotes`:
    // the step brings some.
    [[nodiscard]] std::vector<PassDue> take(Timestamp now, bool quotes);

  private:
    PassSchedule schedule_;
    Timestamp last_;
    std::vector<PassDue> waiting_;  // in order of time
};

}  // namespace tradewind::strategy
