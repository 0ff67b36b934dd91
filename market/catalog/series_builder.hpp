// Where the readers of all formats put their rows: checks every row, keeps the bars of one symbol
// of one file, and turns them into a series. Internal to market/catalog; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "market/catalog/bar_reader.hpp"
#include "messages/bar.hpp"

namespace tradewind::market {

// One row as read. `time` is the bar's start, or UTC midnight of the exchange date when the file
// is dated.
struct RawRow {
    Timestamp time;
    Price open;
    Price high;
    Price low;
    Price close;
    double volume = 0;
    double vwap = 0;
    std::uint32_t trade_count = 0;
    bool rounded = false;
};

class SeriesBuilder {
  public:
    // `dated`: rows carry exchange dates. `keep` false: rows are checked and dropped.
    SeriesBuilder(const Symbol& symbol, TradingCalendar calendar, bool dated, bool keep)
        : symbol_(symbol), calendar_(calendar), dated_(dated), keep_(keep) {}

    void reserve(std::size_t rows) { bars_.reserve(rows); }

    // Null: accepted. Else why the row is bad.
    const char* add(const RawRow& row) {
        if (row.open.sign() <= 0 || row.high.sign() <= 0 || row.low.sign() <= 0 ||
            row.close.sign() <= 0) {
            return "price is not positive";
        }
        if (row.high < row.low) return "high is below low";
        if (!(row.volume >= 0)) return "volume is negative";
        if (row.time <= last_) {
            return row.time == last_ ? "time equals the one before" : "time is not ascending";
        }
        const Timestamp before = last_;
        last_ = row.time;
        if (!keep_) return nullptr;
        if (!bars_.empty()) note_step(before, row.time);
        count_session(row.time);
        const bool suspect = row.open < row.low || row.open > row.high || row.close < row.low ||
                             row.close > row.high;
        if (suspect) suspects_.push_back(bars_.size());
        // The end is right as soon as the smallest step was seen; finish() repairs those before.
        bars_.push_back({row.time, end_of(row.time, interval_ns_), row.open, row.high, row.low,
                         row.close, row.volume, row.vwap, row.trade_count, suspect, false});
        return nullptr;
    }

    [[nodiscard]] const Symbol& symbol() const { return symbol_; }
    [[nodiscard]] bool keeps() const { return keep_; }
    [[nodiscard]] bool dated() const { return dated_; }
    [[nodiscard]] std::size_t size() const { return bars_.size(); }
    // The smallest step between rows; kUnknownInterval with fewer than two.
    static constexpr std::int64_t kUnknownInterval = INT64_MAX / 4;
    [[nodiscard]] std::int64_t smallest_step() const { return interval_ns_; }

    struct Finished {
        std::shared_ptr<BarSeries> series;
        SeriesReport report;
    };
    // Moves the bars out; `interval_ns` is their length.
    [[nodiscard]] Finished finish(std::int64_t interval_ns);

  private:
    void count_session(Timestamp time) {
        if (time < day_from_ || time >= day_to_) enter_day(time);
        if (!day_has_session_) note_without_session();
    }
    void note_step(Timestamp before, Timestamp time) {
        std::int64_t step = 0;
        // Times may lie further apart than 64 bits of nanoseconds count; such a step is never
        // smallest.
        if (__builtin_sub_overflow(time.ns, before.ns, &step) || step >= interval_ns_) return;
        interval_ns_ = step;
        stale_ends_ = bars_.size();
    }
    static Timestamp end_of(Timestamp start, std::int64_t length_ns) {
        Timestamp end;
        return __builtin_add_overflow(start.ns, length_ns, &end.ns) ? Timestamp{INT64_MAX} : end;
    }
    void enter_day(Timestamp time);
    void note_without_session();
    void date_bars();

    Symbol symbol_;
    TradingCalendar calendar_;
    bool dated_;
    bool keep_;
    std::vector<Bar> bars_;
    std::vector<std::size_t> suspects_;
    Timestamp last_{INT64_MIN};
    std::int64_t interval_ns_ = kUnknownInterval;
    std::size_t stale_ends_ = 0;
    // The exchange day of the newest row, and whether it has a session.
    Timestamp day_from_{1};
    Timestamp day_to_{0};
    Date day_;
    bool day_has_session_ = true;
    std::uint64_t without_session_ = 0;
    std::vector<Date> days_without_session_;
};

// The builders of one file, by symbol.
class FileBuilders {
  public:
    FileBuilders(const ReadOptions& options, bool dated) : options_(options), dated_(dated) {}

    SeriesBuilder& of(const Symbol& symbol);
    [[nodiscard]] std::vector<std::unique_ptr<SeriesBuilder>>& all() { return builders_; }

    // Every series of the file, at the file's bar length or resampled to the wanted one. Throws
    // Error (data) when the wanted length is shorter than dated bars.
    [[nodiscard]] std::vector<SeriesBuilder::Finished> finish(const std::string& path);

  private:
    const ReadOptions& options_;
    bool dated_;
    std::vector<std::unique_ptr<SeriesBuilder>> builders_;
    std::unordered_map<Symbol, SeriesBuilder*> by_symbol_;
};

[[nodiscard]] bool wanted(const ReadOptions& options, const Symbol& symbol);

// Counts a bad row in the report; throws Error (data) when bad rows stop the reading.
void refuse_row(FileReport& report, std::uint64_t line, const std::string& reason,
                OnBadRow on_bad_row);

}  // namespace tradewind::market
