#include "market/catalog/csv_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "messages/error.hpp"

namespace tradewind::market {
namespace {

constexpr std::array<std::string_view, 9> kColumnNames = {
    "time", "open", "high", "low", "close", "volume", "trade_count", "vwap", "symbol"};
constexpr std::size_t kRequiredColumns = 6;
constexpr const char* kHeaderRemedy =
    "the first line must be time,open,high,low,close,volume with optional trade_count,vwap,symbol; "
    "other formats go through `tradewind import`";

constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

struct Digits {
    std::uint64_t value = 0;
    int decimals = 0;
};

// `digits[.digits]` with 1 to 18 digits. Null: something else.
inline const char* scan_digits(const char* p, Digits& out) {
    std::uint64_t value = 0;
    const char* const start = p;
    unsigned digit = 0;
    while ((digit = static_cast<unsigned char>(*p) - static_cast<unsigned>('0')) < 10) {
        value = value * 10 + digit;
        ++p;
    }
    auto count = p - start;
    int decimals = 0;
    if (*p == '.') {
        const char* const point = ++p;
        while ((digit = static_cast<unsigned char>(*p) - static_cast<unsigned>('0')) < 10) {
            value = value * 10 + digit;
            ++p;
        }
        decimals = static_cast<int>(p - point);
        count += decimals;
    }
    if (count < 1 || count > 18) return nullptr;
    out = {value, decimals};
    return p;
}

inline bool ends_cell(char c) {
    return c == ',' || c == '\n' || c == '\r';
}

inline const char* scan_price(const char* p, Price& price) {
    Digits digits;
    p = scan_digits(p, digits);
    if (p == nullptr || digits.decimals > 9 || !ends_cell(*p)) return nullptr;
    std::int64_t units = 0;
    if (__builtin_mul_overflow(static_cast<std::int64_t>(digits.value),
                               decimal::kPowersOfTen[9 - digits.decimals], &units)) {
        return nullptr;
    }
    price = Price::from_units(units);
    return p;
}

inline const char* scan_double(const char* p, double& value) {
    Digits digits;
    p = scan_digits(p, digits);
    // Both operands exact: the quotient is the correctly rounded value.
    if (p == nullptr || digits.value >= (1ULL << 53) || !ends_cell(*p)) return nullptr;
    value = static_cast<double>(digits.value) / kExactPowers[digits.decimals];
    return p;
}

inline const char* scan_count(const char* p, std::uint32_t& value) {
    Digits digits;
    p = scan_digits(p, digits);
    if (p == nullptr || digits.decimals != 0 || digits.value > UINT32_MAX || !ends_cell(*p)) {
        return nullptr;
    }
    value = static_cast<std::uint32_t>(digits.value);
    return p;
}

// Two digits below `limit`; a value >= limit otherwise.
inline unsigned two_digits(const char* p) {
    const unsigned high = static_cast<unsigned char>(p[0]) - static_cast<unsigned>('0');
    const unsigned low = static_cast<unsigned char>(p[1]) - static_cast<unsigned>('0');
    return high < 10 && low < 10 ? high * 10 + low : 100;
}

bool is_plain_decimal(std::string_view text) {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    bool digit = false;
    bool point = false;
    for (const char c : text) {
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            digit = true;
        } else {
            return false;
        }
    }
    return digit;
}

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> cells;
    std::size_t from = 0;
    for (;;) {
        const auto comma = line.find(',', from);
        cells.push_back(line.substr(from, comma - from));
        if (comma == std::string_view::npos) return cells;
        from = comma + 1;
    }
}

std::string shown(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 40)) result += c >= ' ' && c < 127 ? c : '?';
    return "`" + result + (text.size() > 40 ? "...`" : "`");
}

std::string_view without_carriage_return(std::string_view line) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

}  // namespace

std::optional<ParsedPrice> parse_price_text(std::string_view text) {
    if (!is_plain_decimal(text)) return std::nullopt;
    if (const auto price = Price::parse(text)) return ParsedPrice{*price, false};
    // Too many decimals or too large: round the text itself, so that nothing passes through a
    // double.
    const auto point = text.find('.');
    if (point == std::string_view::npos || text.size() - point - 1 <= 9) return std::nullopt;
    const auto tail = text.substr(point + 10);
    const auto kept = Price::parse(text.substr(0, point + 10));
    if (!kept) return std::nullopt;
    const bool above_half =
        tail.front() > '5' ||
        (tail.front() == '5' && tail.find_first_not_of('0', 1) != std::string_view::npos);
    const bool half = tail.front() == '5' && !above_half;
    std::int64_t units = kept->units();
    if (above_half || (half && units % 2 != 0)) {
        const std::int64_t up = text.front() == '-' ? -1 : 1;
        if (__builtin_add_overflow(units, up, &units)) return std::nullopt;
    }
    return ParsedPrice{Price::from_units(units), true};
}

std::optional<double> parse_plain_double(std::string_view text) {
    if (!is_plain_decimal(text)) return std::nullopt;
    if (text.front() == '+') text.remove_prefix(1);
    double value = 0;
    const auto result =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (result.ec != std::errc() || !std::isfinite(value)) return std::nullopt;
    return value + 0.0;  // -0 becomes 0
}

CsvParser::CsvParser(const ReadOptions& options, FileReport& report, std::string default_symbol,
                     std::uint64_t size_hint)
    : options_(options),
      report_(report),
      default_symbol_(std::move(default_symbol)),
      size_hint_(size_hint) {}

bool CsvParser::header(std::string_view line) {
    if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    line = without_carriage_return(line);
    const auto bad = [&](const std::string& why) {
        return Error(ErrorKind::data, "CSV header", report_.path + ":1", why, kHeaderRemedy);
    };
    if (line.find('\0') != std::string_view::npos) {
        throw Error(ErrorKind::data, "CSV file", report_.path, "the file is binary",
                    "give CSV text or a Parquet file");
    }
    std::array<bool, kColumnNames.size()> seen{};
    for (const auto cell : split(line)) {
        const auto found = std::find(kColumnNames.begin(), kColumnNames.end(), cell);
        if (found == kColumnNames.end()) throw bad("unknown column " + shown(cell));
        const auto index = static_cast<std::size_t>(found - kColumnNames.begin());
        if (seen[index]) throw bad("column " + shown(cell) + " appears twice");
        seen[index] = true;
        columns_.push_back(static_cast<CsvColumn>(index));
    }
    for (std::size_t i = 0; i < kRequiredColumns; ++i) {
        if (!seen[i]) throw bad("column `" + std::string(kColumnNames[i]) + "` is missing");
    }
    has_symbol_ = seen[static_cast<std::size_t>(CsvColumn::symbol)];
    if (has_symbol_) return true;
    if (!Symbol::valid(default_symbol_)) {
        throw Error(ErrorKind::data, "symbol", report_.path,
                    "the file's name is no symbol and it has no symbol column",
                    "name the file SYMBOL.csv");
    }
    return wanted(options_, Symbol(default_symbol_));
}

const char* CsvParser::fast_time(const char* p, RawRow& row) {
    if (std::memcmp(p, date_text_, sizeof date_text_) != 0) {
        const auto date = parse_date({p, sizeof date_text_});
        if (!date) return nullptr;
        std::memcpy(date_text_, p, sizeof date_text_);
        date_ns_ = utc_midnight(*date).ns;
    }
    p += sizeof date_text_;
    if (dated_) {
        row.time = {date_ns_};
        return ends_cell(*p) ? p : nullptr;
    }
    const unsigned hour = two_digits(p + 1);
    const unsigned minute = two_digits(p + 4);
    const unsigned second = two_digits(p + 7);
    if (p[0] != 'T' || hour > 23 || p[3] != ':' || minute > 59 || p[6] != ':' || second > 59 ||
        p[9] != 'Z' || !ends_cell(p[10])) {
        return nullptr;
    }
    row.time = {date_ns_ + (hour * 3600 + minute * 60 + second) * kSecond};
    return p + 10;
}

// Returns the row's '\n', or null when the row is not of the usual spelling. The buffer holds
// kSlack bytes after the last line, so that reading a time never leaves it.
const char* CsvParser::fast_row(const char* p, RawRow& row, std::string_view& symbol) {
    const std::size_t count = columns_.size();
    for (std::size_t i = 0; i < count; ++i) {
        switch (columns_[i]) {
            case CsvColumn::time:
                p = fast_time(p, row);
                break;
            case CsvColumn::open:
                p = scan_price(p, row.open);
                break;
            case CsvColumn::high:
                p = scan_price(p, row.high);
                break;
            case CsvColumn::low:
                p = scan_price(p, row.low);
                break;
            case CsvColumn::close:
                p = scan_price(p, row.close);
                break;
            case CsvColumn::volume:
                p = scan_double(p, row.volume);
                break;
            case CsvColumn::trade_count:
                p = scan_count(p, row.trade_count);
                break;
            case CsvColumn::vwap:
                p = scan_double(p, row.vwap);
                break;
            case CsvColumn::symbol: {
                const char* const start = p;
                while (!ends_cell(*p)) ++p;
                symbol = {start, static_cast<std::size_t>(p - start)};
                break;
            }
        }
        if (p == nullptr) return nullptr;
        if (i + 1 < count && *p++ != ',') return nullptr;
    }
    if (*p == '\r') ++p;
    return *p == '\n' ? p : nullptr;
}

std::optional<std::string> CsvParser::slow_cell(CsvColumn column, std::string_view cell,
                                                RawRow& row, std::string_view& symbol) const {
    const std::string name(kColumnNames[static_cast<std::size_t>(column)]);
    const auto bad = [&](const char* why) { return name + " " + shown(cell) + " " + why; };
    if (column == CsvColumn::symbol) {
        if (!Symbol::valid(cell)) return bad("is no symbol");
        symbol = cell;
        return std::nullopt;
    }
    if (column == CsvColumn::time) {
        if (dated_) {
            const auto date = parse_date(cell);
            if (!date) return bad("is not a date YYYY-MM-DD like the first row's");
            row.time = utc_midnight(*date);
        } else {
            const auto time = parse_time(cell);
            if (!time) return bad("is not a time YYYY-MM-DDTHH:MM:SSZ");
            row.time = *time;
        }
        return std::nullopt;
    }
    if (!is_plain_decimal(cell)) return bad("is not a plain decimal");
    if (column == CsvColumn::volume || column == CsvColumn::vwap) {
        const auto value = parse_plain_double(cell);
        if (!value) return bad("is out of range");
        if (column == CsvColumn::vwap && *value < 0) return bad("is negative");
        (column == CsvColumn::volume ? row.volume : row.vwap) = *value;
        return std::nullopt;
    }
    if (column == CsvColumn::trade_count) {
        const auto count = decimal::parse(cell, 0);
        if (!count || *count < 0 || *count > UINT32_MAX) return bad("is not a count");
        row.trade_count = static_cast<std::uint32_t>(*count);
        return std::nullopt;
    }
    const auto parsed = parse_price_text(cell);
    if (!parsed) return bad("is out of range");
    row.rounded = row.rounded || parsed->rounded;
    Price* const prices[] = {nullptr, &row.open, &row.high, &row.low, &row.close};
    *prices[static_cast<std::size_t>(column)] = parsed->price;
    return std::nullopt;
}

std::optional<std::string> CsvParser::slow_row(std::string_view line, RawRow& row,
                                               std::string_view& symbol) {
    const auto cells = split(without_carriage_return(line));
    if (cells.size() != columns_.size()) {
        return std::to_string(cells.size()) + " cells where the header has " +
               std::to_string(columns_.size());
    }
    row = {};
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (auto reason = slow_cell(columns_[i], cells[i], row, symbol)) return reason;
    }
    return std::nullopt;
}

// One form of time per file: that of the first row whose time can be read at all.
void CsvParser::begin(std::string_view text) {
    begun_ = true;
    const auto time_column = static_cast<std::size_t>(
        std::find(columns_.begin(), columns_.end(), CsvColumn::time) - columns_.begin());
    const auto first_line = text.substr(0, text.find('\n'));
    for (auto rest = text; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
        const auto cells = split(without_carriage_return(rest.substr(0, rest.find('\n'))));
        if (time_column >= cells.size()) continue;
        dated_ = parse_date(cells[time_column]).has_value();
        if (dated_ || parse_time(cells[time_column])) break;
    }
    builders_.emplace(options_, dated_);
    if (!has_symbol_) {
        current_ = &builders_->of(Symbol(default_symbol_));
        // Rows of one file are of similar length; a little more than expected is cheaper than
        // growth.
        if (size_hint_ != 0 && current_->keeps()) {
            current_->reserve(size_hint_ / std::max<std::size_t>(first_line.size(), 20) +
                              size_hint_ / 512 + 16);
        }
    }
}

void CsvParser::accept(const RawRow& row, std::string_view symbol) {
    if (has_symbol_ && !is_current(symbol)) {
        current_ = &builders_->of(Symbol(symbol));
        current_symbol_ = symbol;
    }
    if (const char* const reason = current_->add(row)) {
        refuse_row(report_, line_, reason, options_.on_bad_row);
        return;
    }
    ++report_.rows;
    if (row.rounded) ++report_.rounded;
}

void CsvParser::lines(std::string_view text) {
    const char* p = text.data();
    const char* const end = p + text.size();
    if (p != end && !begun_) begin(text);
    RawRow row;
    std::string_view symbol;
    while (p != end) {
        ++line_;
        if (const char* const stop = fast_row(p, row, symbol);
            stop != nullptr && (!has_symbol_ || is_current(symbol) || Symbol::valid(symbol))) {
            accept(row, symbol);
            p = stop + 1;
            continue;
        }
        const auto* const stop =
            static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
        RawRow unusual;
        if (const auto reason =
                slow_row({p, static_cast<std::size_t>(stop - p)}, unusual, symbol)) {
            refuse_row(report_, line_, *reason, options_.on_bad_row);
        } else {
            accept(unusual, symbol);
        }
        p = stop + 1;
    }
}

std::vector<SeriesBuilder::Finished> CsvParser::finish() {
    if (report_.rows == 0) {
        throw Error(ErrorKind::data, "bars", report_.path,
                    report_.refused == 0 ? "the file has a header but no bars"
                                         : "every row of the file was refused");
    }
    return builders_->finish(report_.path);
}

}  // namespace tradewind::market
