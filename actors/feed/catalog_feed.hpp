// The feed of a replay: recorded series as steps, in the one order of time.
//
// A step is a distinct instant at which a bar ends or begins or a session opens or closes. At one
// instant closed bars come first, then sessions, then what begins; within each, by symbol. Bars
// before `from` warm up (not tradable, no equity row), bars after `to` do not exist. Pure; owned by
// the sequencer's thread; the series are shared and immutable. Source: contract 2.1 and 4.
#pragma once

#include <cstddef>
#include <vector>

#include "actors/feed/step_feed.hpp"

namespace tradewind::actors {

struct FeedRange {
    Timestamp from{INT64_MIN};  // inclusive, of a bar's start
    Timestamp to{INT64_MAX};
};

// A date covers its whole UTC day, on either end. Throws Error(usage) naming `option`.
[[nodiscard]] FeedRange feed_range(const std::string& from, const std::string& to);

class CatalogFeed final : public StepFeed {
  public:
    // `series` ascending by symbol: position = slot. `utc_days` by slot.
    CatalogFeed(std::vector<BarSeriesPtr> series, std::vector<bool> utc_days, FeedRange range);

    // Fills `inputs` with the next step; false at the end of the data.
    bool next(StepInputs& inputs) override;

    [[nodiscard]] std::uint64_t bars() const { return bars_; }  // all, warm-up included
    [[nodiscard]] std::uint64_t tradable_bars() const { return tradable_; }
    [[nodiscard]] Timestamp now() const override { return now_; }
    // The instant of the first step; before any next().
    [[nodiscard]] Timestamp first_time() const { return next_time(); }

  private:
    struct Cursor {
        const std::vector<Bar>* bars = nullptr;
        std::size_t first = 0;  // first tradable bar
        std::size_t end = 0;    // one past the last bar of the range
        std::size_t open = 0;   // next to begin
        std::size_t close = 0;  // next to end
    };
    struct SessionEdge {
        Timestamp time;
        SessionEvent event;
    };
    void collect_sessions(const std::vector<BarSeriesPtr>& series,
                          const std::vector<bool>& utc_days);
    [[nodiscard]] Timestamp next_time() const;

    std::vector<BarSeriesPtr> series_;
    std::vector<Cursor> cursors_;
    std::vector<SessionEdge> sessions_;
    std::size_t session_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t bars_ = 0;
    std::uint64_t tradable_ = 0;
    Timestamp now_;
};

}  // namespace tradewind::actors
