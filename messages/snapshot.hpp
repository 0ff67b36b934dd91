// What one analysis of a symbol may see: bars that ended before the decision, and the quote.
// Immutable; validated by market/snapshot_validation.hpp before anyone computes with it.
#pragma once

#include <cstddef>

#include "messages/bar.hpp"
#include "messages/quote.hpp"

namespace tradewind {

struct Snapshot {
    Symbol symbol;
    Timestamp as_of;
    BarSeriesPtr series;
    std::size_t visible = 0;  // the first `visible` bars of the series; the rest is the future
    Quote quote;
    bool has_quote = false;
};

}  // namespace tradewind
