#include "market/catalog/import.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "market/catalog/csv_parser.hpp"
#include "market/catalog/mktd_panel.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

enum Field : std::size_t { kTime, kOpen, kHigh, kLow, kClose, kVolume, kCount, kVwap, kSymbol };
constexpr std::size_t kFields = 9;

struct Format {
    ImportFormat format;
    std::array<const char*, kFields> names;  // lower case; null: the format has no such column
    bool dated;                              // times are exchange dates without a zone
    bool adjusted;                           // prices are adjusted for splits
};

// F5 takes its adjusted columns; F6 its raw ones, which are adjusted for splits already.
constexpr Format kFormats[] = {
    {ImportFormat::f5,
     {"date", "adj. open", "adj. high", "adj. low", "adj. close", "adj. volume", nullptr, nullptr,
      nullptr},
     true,
     true},
    {ImportFormat::f6,
     {"date", "open", "high", "low", "close", "volume", nullptr, nullptr, nullptr},
     true,
     true},
    {ImportFormat::f1,
     {"date", "open", "high", "low", "close", "volume", nullptr, nullptr, nullptr},
     true,
     true},
    {ImportFormat::f2,
     {"timestamp", "open", "high", "low", "close", "volume", "trade_count", "vwap", "symbol"},
     false,
     false},
    {ImportFormat::f4,
     {"timestamp", "open", "high", "low", "close", "volume", "trade_count", "vwap", nullptr},
     false,
     false},
    {ImportFormat::f3,
     {"timestamp", "open", "high", "low", "close", "volume", nullptr, nullptr, "symbol"},
     false,
     false},
};

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

// Cells of a line; a cell may be quoted, with "" for a quote inside.
std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"') {
            if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
                cells.back() += '"';
                ++i;
            } else {
                quoted = !quoted;
            }
        } else if (c == ',' && !quoted) {
            cells.emplace_back();
        } else if (c != '\r') {
            cells.back() += c;
        }
    }
    return cells;
}

// `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS[.f][+00:00|Z]` with a blank or T: UTC, or a bare date.
std::optional<Timestamp> foreign_time(std::string_view text) {
    if (const auto date = parse_date(text)) return utc_midnight(*date);
    if (text.size() < 19) return std::nullopt;
    std::string form(text);
    form[10] = form[10] == ' ' ? 'T' : form[10];
    for (const std::string_view zone : {"+00:00", "-00:00", "+0000", "Z"}) {
        if (form.ends_with(zone)) {
            form.resize(form.size() - zone.size());
            return parse_time(form + "Z");
        }
    }
    return std::nullopt;
}

// A number of up to 17 digits, exponents allowed (programs print small numbers so).
std::optional<ParsedPrice> foreign_price(const std::string& text) {
    if (auto plain = parse_price_text(text)) return plain;
    if (text.find_first_of("eE") == std::string::npos) return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size() || !(std::abs(value) < 9e9)) return std::nullopt;
    return ParsedPrice{price_of(value), true};
}

std::optional<double> foreign_number(const std::string& text) {
    if (auto plain = parse_plain_double(text)) return plain;
    if (text.find_first_of("eE") == std::string::npos) return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size() || !(std::abs(value) < 1e300)) return std::nullopt;
    return value;
}

class TextImport {
  public:
    TextImport(const std::string& path, const ImportOptions& options)
        : path_(path), options_(options) {}

    ImportedFile run(std::string_view text) {
        file_.report.path = path_;
        file_.report.bytes = text.size();
        file_.report.sha256 = sha256_of(text);
        if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
        std::uint64_t line = 0;
        while (!text.empty()) {
            const auto stop = std::min(text.find('\n'), text.size());
            const auto row = text.substr(0, stop);
            text.remove_prefix(std::min(stop + 1, text.size()));
            if (++line == 1) {
                header(cells_of(row));
            } else if (!row.empty() && row != "\r") {
                if (const auto reason = add(cells_of(row)); !reason.empty()) refuse(line, reason);
            }
        }
        if (line == 0) throw Error(ErrorKind::data, "import", path_, "the file is empty");
        finish();
        return std::move(file_);
    }

  private:
    void refuse(std::uint64_t line, const std::string& reason) {
        refuse_row(file_.report, line, reason, OnBadRow::skip);
    }

    void header(const std::vector<std::string>& cells) {
        std::vector<std::string> names;
        for (const auto& cell : cells) names.push_back(lower(cell));
        for (const auto& format : kFormats) {
            if (options_.format && *options_.format != format.format) continue;
            if (matches(format, names)) return;
        }
        throw Error(ErrorKind::data, "import", path_ + ":1",
                    options_.format ? "the header is not that of the format asked for"
                                    : "the header is of no known format",
                    "formats F1 to F6 need date or timestamp, open, high, low, close, volume");
    }

    bool matches(const Format& format, const std::vector<std::string>& names) {
        std::array<std::ptrdiff_t, kFields> columns{};
        for (std::size_t i = 0; i < kFields; ++i) {
            columns[i] = -1;
            if (format.names[i] == nullptr) continue;
            const auto at = std::find(names.begin(), names.end(), format.names[i]);
            if (at == names.end()) return false;
            columns[i] = at - names.begin();
        }
        const bool adjusted_close =
            std::find(names.begin(), names.end(), "adj close") != names.end();
        if (format.format == ImportFormat::f6 && !adjusted_close) return false;
        format_ = &format;
        file_.format = format.format;
        columns_ = columns;
        return true;
    }

    const std::string& cell(const std::vector<std::string>& cells, Field field) const {
        return cells[static_cast<std::size_t>(columns_[field])];
    }

    std::string add(const std::vector<std::string>& cells) {
        const auto most = *std::max_element(columns_.begin(), columns_.end());
        if (static_cast<std::ptrdiff_t>(cells.size()) <= most) return "too few cells";
        std::string name = std::filesystem::path(path_).stem().string();
        if (columns_[kSymbol] >= 0) name = cell(cells, kSymbol);
        std::erase(name, '/');  // BTC/USD
        if (!Symbol::valid(name)) return "`" + name + "` is no symbol";
        RawRow row;
        const auto time = foreign_time(cell(cells, kTime));
        if (!time) return "time `" + cell(cells, kTime) + "` cannot be read";
        row.time = *time;
        const std::pair<Field, Price*> prices[] = {
            {kOpen, &row.open}, {kHigh, &row.high}, {kLow, &row.low}, {kClose, &row.close}};
        for (const auto& [field, price] : prices) {
            const auto parsed = foreign_price(cell(cells, field));
            if (!parsed) return "price `" + cell(cells, field) + "` is no number";
            *price = parsed->price;
            row.rounded = row.rounded || parsed->rounded;
        }
        const auto volume = foreign_number(cell(cells, kVolume));
        if (!volume) return "volume `" + cell(cells, kVolume) + "` is no number";
        row.volume = *volume;
        // Count and vwap are extras: a blank one is unknown, not bad.
        if (columns_[kCount] >= 0) {
            const double count = foreign_number(cell(cells, kCount)).value_or(0);
            row.trade_count = count > 0 && count < 4e9 ? static_cast<std::uint32_t>(count) : 0;
        }
        if (columns_[kVwap] >= 0) {
            row.vwap = std::max(0.0, foreign_number(cell(cells, kVwap)).value_or(0));
        }
        rows_[Symbol(name)].push_back(row);
        return {};
    }

    // Days by the clock of the exchange: stamped at its midnight, or at 00:00 UTC.
    static bool looks_daily(const std::vector<RawRow>& rows, TradingCalendar calendar) {
        return std::all_of(rows.begin(), rows.end(), [&](const RawRow& row) {
            return row.time.ns % kDay == 0 ||
                   (calendar == TradingCalendar::nyse && new_york_time_of_day_ns(row.time) == 0);
        });
    }

    void finish() {
        ReadOptions read;
        read.instruments = options_.instruments;
        for (auto& [symbol, rows] : rows_) {
            std::stable_sort(rows.begin(), rows.end(),
                             [](const RawRow& a, const RawRow& b) { return a.time < b.time; });
            const bool daily =
                format_->dated || looks_daily(rows, read.instruments.calendar(symbol));
            FileBuilders builders(read, daily);
            auto& builder = builders.of(symbol);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                // The last of several rows of one time wins.
                if (i + 1 < rows.size() && rows[i + 1].time == rows[i].time) {
                    ++file_.duplicates;
                    continue;
                }
                auto row = rows[i];
                if (daily && row.time.ns % kDay != 0) {
                    row.time = utc_midnight(new_york_date(row.time));
                }
                if (const char* const reason = builder.add(row)) {
                    refuse(0, symbol.to_string() + " " + format_time(row.time) + ": " + reason);
                    continue;
                }
                ++file_.report.rows;
                if (row.rounded) ++file_.report.rounded;
            }
            for (auto& finished : builders.finish(path_)) {
                finished.series->adjusted = format_->adjusted;
                file_.series.push_back(std::move(finished.series));
            }
        }
        if (file_.series.empty()) throw Error(ErrorKind::data, "import", path_, "no usable row");
    }

    const std::string& path_;
    const ImportOptions& options_;
    const Format* format_ = nullptr;
    std::array<std::ptrdiff_t, kFields> columns_{};
    std::map<Symbol, std::vector<RawRow>> rows_;
    ImportedFile file_;
};

}  // namespace

std::optional<ImportFormat> import_format_named(std::string_view text) {
    if (text.size() != 2 || (text[0] != 'F' && text[0] != 'f') || text[1] < '1' || text[1] > '7') {
        return std::nullopt;
    }
    return static_cast<ImportFormat>(text[1] - '1');
}

ImportedFile import_file(const std::string& path, const ImportOptions& options) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream buffer;
    if (!file) throw Error(ErrorKind::data, "import", path, std::strerror(errno));
    buffer << file.rdbuf();
    const std::string bytes = buffer.str();
    const bool panel = bytes.starts_with("MKTD");
    if (panel && options.format.value_or(ImportFormat::f7) == ImportFormat::f7) {
        return read_mktd_panel(bytes, path, options);
    }
    if (options.format == ImportFormat::f7) {
        throw Error(ErrorKind::data, "import", path, "the file is no MKTD panel");
    }
    return TextImport(path, options).run(bytes);
}

namespace {

struct Piece {
    BarSeriesPtr series;
    const std::string* path = nullptr;
};

BarSeriesPtr joined(std::vector<Piece> pieces) {
    if (pieces.size() == 1) return pieces.front().series;
    std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
        return a.series->bars.front().start < b.series->bars.front().start;
    });
    auto whole = std::make_shared<BarSeries>(*pieces.front().series);
    const auto refuse = [&](const Piece& piece, const std::string& why) {
        throw Error(ErrorKind::data, "cannot join the files of " + whole->symbol.to_string(),
                    *pieces.front().path + " and " + *piece.path, why, "import them apart");
    };
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        const auto& piece = pieces[i];
        const auto& series = *piece.series;
        if (series.interval_ns != whole->interval_ns || series.daily != whole->daily) {
            refuse(piece, "they differ in bar length");
        }
        if (series.adjusted != whole->adjusted) refuse(piece, "only one is adjusted for splits");
        if (series.bars.front().start <= whole->bars.back().start) {
            refuse(piece, "both have the bar of " + format_time(series.bars.front().start) +
                              " or bars after it");
        }
        whole->bars.insert(whole->bars.end(), series.bars.begin(), series.bars.end());
    }
    return whole;
}

}  // namespace

ImportedFiles import_files(const std::vector<std::string>& paths, const ImportOptions& options) {
    ImportedFiles imported;
    std::map<Symbol, std::vector<Piece>> pieces;
    for (const auto& path : paths) imported.files.push_back(import_file(path, options));
    for (std::size_t i = 0; i < paths.size(); ++i) {
        for (const auto& series : imported.files[i].series) {
            if (!series->bars.empty()) pieces[series->symbol].push_back({series, &paths[i]});
        }
    }
    for (auto& [symbol, parts] : pieces) imported.series.push_back(joined(std::move(parts)));
    return imported;
}

}  // namespace tradewind::market
