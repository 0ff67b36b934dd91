// Hourly bars of one symbol, grown from its minutes: what the hourly variant analyses.
//
// Owned by the decision stage; one thread. Hours are those of market/resample.hpp: a share's begin
// with its session (09:30, 10:30, ...; the last one ends at the close), a coin's with the clock. An
// hour is made of the minutes known when it is taken; a minute that comes later changes nothing, so
// that what was decided upon stays what it was. Source: strategies spec 1.1 (hourly variant).
#pragma once

#include <memory>

#include "market/calendar.hpp"
#include "messages/bar.hpp"

namespace tradewind::actors {

class HourlyBars {
  public:
    // `minutes`: what is known at the start, ascending. An hour that it begins in is left out.
    HourlyBars(const BarSeries& minutes, market::TradingCalendar calendar);

    // A minute that ended, in any order; one of an hour that was taken is ignored.
    void add(const Bar& minute);

    // All hours that ended by `now`: the same series as before where none did since.
    [[nodiscard]] BarSeriesPtr take(Timestamp now);

  private:
    market::TradingCalendar calendar_;
    BarSeries pending_;  // minutes since the last hour taken
    BarSeriesPtr hours_;
};

}  // namespace tradewind::actors
