#include "market/catalog/bar_writer.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "market/catalog/file_output.hpp"
#include "market/instruments.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

// The shortest decimal in fixed notation that reads back as the same double.
void put_double(std::string& out, double value) {
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
    out.append(buffer, end.ptr);
}

void put_price(std::string& out, Price price) {
    char buffer[48];
    out.append(buffer, price.format(buffer));
}

// What the bar files cannot say themselves.
void write_notes(const std::vector<BarSeriesPtr>& series, const std::string& folder) {
    std::string list;
    for (const auto& one : series) {
        if (!one->adjusted) continue;
        list += list.empty() ? "\"" : ", \"";
        for (const char c : one->symbol.view()) {
            if (c == '"' || c == '\\') list += '\\';
            list += c;
        }
        list += '"';
    }
    if (list.empty()) return;
    write_whole_file((std::filesystem::path(folder) / "catalog.toml").string(),
                     "adjusted = [" + list + "]\n");
}

}  // namespace

std::string csv_of(const BarSeries& series, TradingCalendar calendar) {
    const bool extended = std::any_of(series.bars.begin(), series.bars.end(), [](const Bar& bar) {
        return bar.trade_count != 0 || bar.vwap != 0;
    });
    std::string out = "time,open,high,low,close,volume";
    out += extended ? ",trade_count,vwap\n" : "\n";
    out.reserve(series.bars.size() * 64 + out.size());
    for (const auto& bar : series.bars) {
        out +=
            series.daily ? format_date(exchange_date(calendar, bar.start)) : format_time(bar.start);
        for (const Price price : {bar.open, bar.high, bar.low, bar.close}) {
            out += ',';
            put_price(out, price);
        }
        out += ',';
        put_double(out, bar.volume);
        if (extended) {
            out += ',' + std::to_string(bar.trade_count) + ',';
            put_double(out, bar.vwap);
        }
        out += '\n';
    }
    return out;
}

void write_csv(const BarSeries& series, TradingCalendar calendar, const std::string& path) {
    write_whole_file(path, csv_of(series, calendar));
}

std::vector<std::string> export_series(const std::vector<BarSeriesPtr>& series,
                                       const std::string& folder, BarFileFormat format,
                                       const InstrumentTable& instruments) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw Error(ErrorKind::usage, "output folder", folder, error.message());
    std::vector<std::string> paths;
    for (const auto& one : series) {
        const auto name = one->symbol.to_string();
        if (name.find('/') != std::string::npos || name == "." || name == "..") {
            throw Error(ErrorKind::usage, "symbol " + name, folder, "it cannot be a file's name");
        }
        const auto base = std::filesystem::path(folder) / name;
        const auto calendar = instruments.calendar(one->symbol);
        if (format == BarFileFormat::csv) {
            paths.push_back(base.string() + ".csv");
            write_csv(*one, calendar, paths.back());
        } else {
            paths.push_back(base.string() + ".parquet");
            write_parquet(*one, calendar, paths.back());
        }
    }
    write_notes(series, folder);
    return paths;
}

}  // namespace tradewind::market
