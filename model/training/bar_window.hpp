// Bars as the trainer handles them: natural logarithms of their four prices, and whether the bar
// may teach. Plain values without dates, since training only asks for order. A window of n + 1 bars
// gives n moves; its first bar is only what the first move starts from. Source: training
// recipe 4.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tradewind::model {

struct LogBar {
    double open = 0;
    double high = 0;
    double low = 0;
    double close = 0;
    bool usable = true;  // false: the bar contradicts itself, its moves are masked
};

using BarWindow = std::vector<LogBar>;

}  // namespace tradewind::model
