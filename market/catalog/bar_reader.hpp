// The strict reader of recorded bars: CSV and Parquet files, and folders of them.
//
// CSV: header `time,open,high,low,close,volume` and optional `trade_count,vwap,symbol`, in any
// order, lower case, each once. `time` is `YYYY-MM-DD` (daily bar of that exchange date) or RFC
// 3339 UTC (start of the bar); one form per file. Numbers are plain decimals. Lines end in LF or
// CRLF, the last one may lack it; a UTF-8 byte order mark is skipped; nothing is quoted or trimmed.
// Parquet: the same columns, time as timestamp or date32, numbers as double, float, integer or
// decimal.
//
// A bad row (contract 3) is refused with file, line and reason: with OnBadRow::stop the first one
// throws Error (data), with skip it is listed and left out. A price with more than nine decimals is
// rounded half-even and counted. Open or close outside [low, high] is suspect: kept, marked,
// listed. A file that cannot be read as a whole (missing, empty, binary, wrong header, no bars)
// always throws.
//
// The result is immutable and belongs to the caller. Blocking file I/O; any thread, no shared
// state. Source: contract 2.1 (times) and 3.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "market/instruments.hpp"
#include "messages/bar.hpp"
#include "messages/time.hpp"

namespace tradewind::market {

enum class OnBadRow : std::uint8_t { stop, skip };

struct ReadOptions {
    std::vector<Symbol> symbols;  // empty: all. A file named after no wanted symbol is not read.
    OnBadRow on_bad_row = OnBadRow::stop;
    // 0: the smallest step in the file. Longer than the file's own: the series is resampled.
    std::int64_t interval_ns = 0;
    InstrumentTable instruments;  // decides the calendar of a symbol's bars
    bool hash_files = true;       // SHA-256 of every file read
};

struct RefusedRow {
    std::uint64_t line = 0;  // 1 is the header (Parquet: row number from 1)
    std::string reason;
};

// Lists below hold the first kListedRows entries; counts are complete.
constexpr std::size_t kListedRows = 1000;

struct FileReport {
    std::string path;
    std::string sha256;  // hexadecimal; empty without hash_files
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;  // accepted
    std::uint64_t refused = 0;
    std::uint64_t rounded = 0;  // rows with a price of more than nine decimals
    std::vector<RefusedRow> refused_rows;
};

struct SeriesReport {
    Symbol symbol;
    std::uint64_t bars = 0;
    std::uint64_t suspect = 0;
    std::vector<Timestamp> suspect_bars;
    std::uint64_t without_session = 0;  // bars on a day without a session
    std::vector<Date> days_without_session;
    std::int64_t resampled_from_ns = 0;  // 0: bars are as read
    std::vector<Date> accepted_moves;    // from catalog.toml: the split guard lets them pass
};

struct Catalog {
    std::vector<BarSeriesPtr> series;          // ascending by symbol
    std::vector<SeriesReport> series_reports;  // one per series, same order
    std::vector<FileReport> files;             // in the order read

    [[nodiscard]] BarSeriesPtr find(const Symbol& symbol) const;  // null: absent
};

// Reads files and folders (the *.csv and *.parquet in it, by name, with its catalog.toml). Several
// files of one symbol are joined in time order; overlapping ones, or different bar lengths, throw.
// A wanted symbol that no file has throws Error (data).
[[nodiscard]] Catalog read_catalog(const std::vector<std::string>& paths,
                                   const ReadOptions& options = {});

// `catalog.toml` of a folder:
//   adjusted = true                                   # or a list of symbols
//   [accepted_moves]
//   NVDA = ["2024-06-10"]
// Throws Error (data) on a broken file or an unknown key.
struct CatalogNotes {
    bool all_adjusted = false;
    std::vector<Symbol> adjusted;
    std::map<Symbol, std::vector<Date>> accepted_moves;

    [[nodiscard]] bool is_adjusted(const Symbol& symbol) const;
};
[[nodiscard]] CatalogNotes read_catalog_notes(const std::string& folder);

// SHA-256 of bytes or of a file, lower-case hexadecimal. The file form throws Error (data).
[[nodiscard]] std::string sha256_of(std::string_view bytes);
[[nodiscard]] std::string sha256_of_file(const std::string& path);

}  // namespace tradewind::market
