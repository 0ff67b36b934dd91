#include "market/catalog/series_builder.hpp"

#include <algorithm>

#include "market/resample.hpp"
#include "messages/error.hpp"

namespace tradewind::market {

void SeriesBuilder::enter_day(Timestamp time) {
    if (dated_ || calendar_ == TradingCalendar::utc_days) {
        day_ = utc_date(time);
        day_from_ = utc_midnight(day_);
        day_to_ = utc_midnight(day_ + 1);
    } else {
        day_ = new_york_date(time);
        day_from_ = new_york_time(day_, 0, 0);
        day_to_ = new_york_time(day_ + 1, 0, 0);
    }
    day_has_session_ = !covers(calendar_, day_) || session_on(calendar_, day_).has_value();
}

void SeriesBuilder::note_without_session() {
    ++without_session_;
    const bool listed = !days_without_session_.empty() && days_without_session_.back() == day_;
    if (!listed && days_without_session_.size() < kListedRows)
        days_without_session_.push_back(day_);
}

void SeriesBuilder::date_bars() {
    for (auto& bar : bars_) {
        const auto session = session_of_bar(calendar_, utc_date(bar.start));
        bar.start = session.open;
        bar.end = session.close;
    }
}

SeriesBuilder::Finished SeriesBuilder::finish(std::int64_t interval_ns) {
    Finished result;
    auto series = std::make_shared<BarSeries>();
    series->symbol = symbol_;
    series->interval_ns = dated_ ? kDay : interval_ns;
    if (dated_) {
        date_bars();
    } else {
        const std::size_t stale = interval_ns == interval_ns_ ? stale_ends_ : bars_.size();
        for (std::size_t i = 0; i < stale; ++i) bars_[i].end = end_of(bars_[i].start, interval_ns);
    }
    series->daily = dated_ || (calendar_ == TradingCalendar::utc_days && interval_ns == kDay &&
                               !bars_.empty() && bars_.front().start.ns % kDay == 0);
    auto& report = result.report;
    report.symbol = symbol_;
    report.bars = bars_.size();
    report.suspect = suspects_.size();
    for (const auto index : suspects_) {
        if (report.suspect_bars.size() == kListedRows) break;
        report.suspect_bars.push_back(bars_[index].start);
    }
    report.without_session = without_session_;
    report.days_without_session = std::move(days_without_session_);
    series->bars = std::move(bars_);
    result.series = std::move(series);
    return result;
}

SeriesBuilder& FileBuilders::of(const Symbol& symbol) {
    const auto found = by_symbol_.find(symbol);
    if (found != by_symbol_.end()) return *found->second;
    builders_.push_back(std::make_unique<SeriesBuilder>(
        symbol, options_.instruments.calendar(symbol), dated_, wanted(options_, symbol)));
    by_symbol_.emplace(symbol, builders_.back().get());
    return *builders_.back();
}

std::vector<SeriesBuilder::Finished> FileBuilders::finish(const std::string& path) {
    std::int64_t smallest = SeriesBuilder::kUnknownInterval;
    for (const auto& builder : builders_) smallest = std::min(smallest, builder->smallest_step());
    const std::int64_t asked = options_.interval_ns;
    if (dated_ && asked != 0 && asked != kDay) {
        throw Error(ErrorKind::data, "bar length", path, "the file holds daily bars",
                    "ask for --interval 1d or give files with shorter bars");
    }
    // A single bar tells no length: then one minute, or what was asked for.
    std::int64_t interval = smallest;
    if (smallest == SeriesBuilder::kUnknownInterval) interval = asked != 0 ? asked : kMinute;
    if (asked != 0 && asked < interval) interval = asked;
    std::vector<SeriesBuilder::Finished> result;
    for (auto& builder : builders_) {
        if (!builder->keeps() || builder->size() == 0) continue;
        auto finished = builder->finish(interval);
        if (!dated_ && asked > interval) {
            const auto calendar = options_.instruments.calendar(builder->symbol());
            finished.series =
                std::make_shared<BarSeries>(resample(*finished.series, calendar, asked).series);
            finished.report.resampled_from_ns = interval;
            finished.report.bars = finished.series->bars.size();
        }
        result.push_back(std::move(finished));
    }
    return result;
}

bool wanted(const ReadOptions& options, const Symbol& symbol) {
    return options.symbols.empty() || std::find(options.symbols.begin(), options.symbols.end(),
                                                symbol) != options.symbols.end();
}

void refuse_row(FileReport& report, std::uint64_t line, const std::string& reason,
                OnBadRow on_bad_row) {
    if (on_bad_row == OnBadRow::stop) {
        throw Error(ErrorKind::data, "bad row", report.path + ":" + std::to_string(line), reason,
                    "correct the row, or leave bad rows out with --on-bad-row skip");
    }
    ++report.refused;
    if (report.refused_rows.size() < kListedRows) report.refused_rows.push_back({line, reason});
}

}  // namespace tradewind::market
