// Foreign formats F1 to F7 into bar series, ready for bar_writer.hpp.
//
// Header names are matched case-insensitively and by name, never by position; blank or `nan` cells
// make a row invalid; the last of several rows with one time wins; rows are sorted; non-positive
// prices are refused. Numbers of up to 17 digits are rounded half-even to 1e-9 (prices). Refused
// rows are listed, never repaired. Blocking; any thread; Error (data) when a file is not of the
// format. Source: strategies spec 8.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/catalog/bar_reader.hpp"

namespace tradewind::market {

enum class ImportFormat : std::uint8_t { f1, f2, f3, f4, f5, f6, f7 };
[[nodiscard]] std::optional<ImportFormat> import_format_named(std::string_view text);

struct ImportedFile {
    ImportFormat format = ImportFormat::f1;
    std::vector<BarSeriesPtr> series;  // ascending by symbol
    FileReport report;
    std::uint64_t duplicates = 0;  // rows replaced by a later one of the same time
};

struct ImportOptions {
    std::optional<ImportFormat> format;  // empty: recognised by header
    // First calendar day of an F7 panel, whose file holds none. Required for F7.
    std::optional<Date> panel_start;
    InstrumentTable instruments;
};

[[nodiscard]] ImportedFile import_file(const std::string& path, const ImportOptions& options = {});

struct ImportedFiles {
    std::vector<ImportedFile> files;   // as given
    std::vector<BarSeriesPtr> series;  // ascending by symbol, those of one symbol joined
};

// Several files; series of one symbol are joined in time order. Error (data) names both files when
// they overlap, or differ in bar length or adjustment.
[[nodiscard]] ImportedFiles import_files(const std::vector<std::string>& paths,
                                         const ImportOptions& options = {});

}  // namespace tradewind::market
