// CSV text into rows: the hot path of every replay. Internal to market/catalog.
//
// Each row is first parsed by a single pass that knows only the usual spelling of cells; whatever
// it does not understand goes to a slow path, which decides what the row means or names its fault.
// Both accept the same rows with the same values (a law). One parser serves one file, fed in
// pieces; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/catalog/series_builder.hpp"

namespace tradewind::market {

enum class CsvColumn : std::uint8_t {
    time,
    open,
    high,
    low,
    close,
    volume,
    trade_count,
    vwap,
    symbol
};

constexpr std::size_t kCsvSlack = 64;

class CsvParser {
  public:
    // `default_symbol`: of rows in a file without a symbol column; empty text when the file's stem
    // is no symbol. `size_hint`: bytes of the whole file, 0 if unknown.
    CsvParser(const ReadOptions& options, FileReport& report, std::string default_symbol,
              std::uint64_t size_hint);

    // The header line, without its line end. Throws Error (data). False: the file has no symbol
    // column and its symbol is not wanted, so that nothing need be read.
    bool header(std::string_view line);
    // Whole lines, each ending in '\n', in a buffer with kCsvSlack readable bytes after them.
    void lines(std::string_view text);
    // Throws Error (data) when the file had no bars.
    [[nodiscard]] std::vector<SeriesBuilder::Finished> finish();

    // The two ways to read a row; `line` ends before its '\n'. Public for the law that compares
    // them.
    [[nodiscard]] const char* fast_row(const char* p, RawRow& row, std::string_view& symbol);
    [[nodiscard]] std::optional<std::string> slow_row(std::string_view line, RawRow& row,
                                                      std::string_view& symbol);

  private:
    const char* fast_time(const char* p, RawRow& row);
    void accept(const RawRow& row, std::string_view symbol);
    [[nodiscard]] bool is_current(std::string_view symbol) const {
        return current_ != nullptr && symbol == current_symbol_;
    }
    std::optional<std::string> slow_cell(CsvColumn column, std::string_view cell, RawRow& row,
                                         std::string_view& symbol) const;
    void begin(std::string_view text);

    const ReadOptions& options_;
    FileReport& report_;
    std::string default_symbol_;
    std::uint64_t size_hint_;
    std::vector<CsvColumn> columns_;
    bool has_symbol_ = false;
    bool begun_ = false;
    bool dated_ = false;
    std::uint64_t line_ = 1;
    std::optional<FileBuilders> builders_;
    SeriesBuilder* current_ = nullptr;
    std::string current_symbol_;
    // The date text that was parsed last, and its midnight.
    char date_text_[10] = {};
    std::int64_t date_ns_ = 0;
};

// A plain decimal as a price: `[-+]digits[.digits]`, more than nine decimals rounded half-even.
// Empty: not a plain decimal, or out of range.
struct ParsedPrice {
    Price price;
    bool rounded = false;
};
[[nodiscard]] std::optional<ParsedPrice> parse_price_text(std::string_view text);
// A plain decimal as the nearest double.
[[nodiscard]] std::optional<double> parse_plain_double(std::string_view text);

// Reads a CSV file, or a whole CSV text (`path` names it in messages).
[[nodiscard]] std::vector<SeriesBuilder::Finished> read_csv_file(const std::string& path,
                                                                 const ReadOptions& options,
                                                                 FileReport& report);
[[nodiscard]] std::vector<SeriesBuilder::Finished> read_csv_text(std::string_view text,
                                                                 const std::string& default_symbol,
                                                                 const ReadOptions& options,
                                                                 FileReport& report);

}  // namespace tradewind::market
