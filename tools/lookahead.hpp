// Does a decision depend on a bar that lies after it? The same replay is run on the whole data, on
// data cut off at an instant, and on data whose later bars are changed at random; where nothing
// later may be known, all three must decide and order the same.
//
// The cut data shows a decision that needs a later bar at all. A cut run ends at its last bar,
// where a strategy may close what it holds, and lacks the bars that had begun: it is compared
// before the first of those begins. The changed data shows a decision that reads a later value: it
// is compared until the first changed bar ends, since all but the open of that bar is unknown until
// then. Deterministic by seed. One thread; the replays may use more. Source: strategies spec I-27.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/wiring/replay.hpp"

namespace tradewind::tools {

struct LookaheadSettings {
    std::size_t cuts = 4;  // instants, evenly spread over the bars that may trade
    std::uint64_t seed = 1;
};

struct LookaheadDifference {
    Timestamp cut;
    bool changed_bars = false;  // else: bars cut off
    // The first rows that differ, as `decisions.csv` or `orders.csv` have them; empty: no such row.
    std::string whole;
    std::string other;
};

struct LookaheadReport {
    std::vector<Timestamp> cuts;
    std::uint64_t decisions = 0;  // compared, all cuts together
    std::uint64_t orders = 0;
    std::optional<LookaheadDifference> difference;  // the first one; what follows is not run
};

// `plan` makes the replay of given bars, for the same symbols every time.
using PlanOfBars = std::function<actors::ReplayOptions(std::vector<BarSeriesPtr>)>;

// Throws Error (data) when the bars leave no instant to cut at.
[[nodiscard]] LookaheadReport check_lookahead(const std::vector<BarSeriesPtr>& series,
                                              const actors::FeedRange& range,
                                              const PlanOfBars& plan,
                                              const LookaheadSettings& settings);

}  // namespace tradewind::tools
