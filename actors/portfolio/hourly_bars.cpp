#include "actors/portfolio/hourly_bars.hpp"

#include <algorithm>

#include "market/resample.hpp"

namespace tradewind::actors {

HourlyBars::HourlyBars(const BarSeries& minutes, market::TradingCalendar calendar)
    : calendar_(calendar), pending_(minutes) {
    pending_.interval_ns = kMinute;
    pending_.daily = false;
    auto hours = std::make_shared<BarSeries>();
    hours->symbol = minutes.symbol;
    hours->interval_ns = kHour;
    hours->adjusted = minutes.adjusted;
    if (!pending_.bars.empty()) {
        const auto found = market::resample(pending_, calendar_, kHour);
        const Timestamp known = pending_.bars.back().end;
        for (std::size_t i = 0; i < found.series.bars.size(); ++i) {
            const Bar& hour = found.series.bars[i];
            if (hour.end > known) break;
            if (i > 0 || !found.partial[i]) hours->bars.push_back(hour);
            std::erase_if(pending_.bars, [&](const Bar& bar) { return bar.start < hour.end; });
        }
    }
    hours_ = std::move(hours);
}

void HourlyBars::add(const Bar& minute) {
    if (!hours_->bars.empty() && minute.start < hours_->bars.back().end) return;
    auto& bars = pending_.bars;
    const auto at = std::lower_bound(bars.begin(), bars.end(), minute,
                                     [](const Bar& a, const Bar& b) { return a.start < b.start; });
    if (at != bars.end() && at->start == minute.start) {
        *at = minute;
    } else {
        bars.insert(at, minute);
    }
}

BarSeriesPtr HourlyBars::take(Timestamp now) {
    if (pending_.bars.empty()) return hours_;
    const auto found = market::resample(pending_, calendar_, kHour);
    std::shared_ptr<BarSeries> grown;
    for (const Bar& hour : found.series.bars) {
        if (hour.end > now) break;
        if (!grown) grown = std::make_shared<BarSeries>(*hours_);
        grown->bars.push_back(hour);
    }
    if (!grown) return hours_;
    hours_ = std::move(grown);
    std::erase_if(pending_.bars,
                  [&](const Bar& bar) { return bar.start < hours_->bars.back().end; });
    return hours_;
}

}  // namespace tradewind::actors
