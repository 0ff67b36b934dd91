#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include <algorithm>

#include "market/catalog/bar_writer.hpp"
#include "market/catalog/file_output.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

constexpr std::int64_t kRowGroup = 1 << 17;

void check(const arrow::Status& status, const std::string& path) {
    if (!status.ok()) throw Error(ErrorKind::failed, "Parquet file", path, status.message());
}

class Columns {
  public:
    Columns(const BarSeries& series, TradingCalendar calendar, const std::string& path)
        : series_(series), calendar_(calendar), path_(path) {}

    std::shared_ptr<arrow::Table> table() {
        const auto& bars = series_.bars;
        add_time();
        add_price("open", &Bar::open);
        add_price("high", &Bar::high);
        add_price("low", &Bar::low);
        add_price("close", &Bar::close);
        add_double("volume", &Bar::volume);
        const bool extended = std::any_of(bars.begin(), bars.end(), [](const Bar& bar) {
            return bar.trade_count != 0 || bar.vwap != 0;
        });
        if (extended) {
            add_count();
            add_double("vwap", &Bar::vwap);
        }
        return arrow::Table::Make(arrow::schema(fields_), arrays_);
    }

  private:
    void finish(const char* name, arrow::ArrayBuilder& builder) {
        auto array = builder.Finish();
        check(array.status(), path_);
        fields_.push_back(arrow::field(name, (*array)->type(), false));
        arrays_.push_back(*array);
    }
    void add_time() {
        if (series_.daily) {
            arrow::Date32Builder builder;
            for (const auto& bar : series_.bars) {
                check(builder.Append(exchange_date(calendar_, bar.start).days), path_);
            }
            finish("time", builder);
            return;
        }
        arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"),
                                        arrow::default_memory_pool());
        for (const auto& bar : series_.bars) check(builder.Append(bar.start.ns), path_);
        finish("time", builder);
    }
    void add_price(const char* name, Price Bar::*price) {
        // Up to eighteen digits a decimal is stored as a plain 64-bit integer, which reads faster.
        const bool fits = std::all_of(
            series_.bars.begin(), series_.bars.end(),
            [&](const Bar& bar) { return (bar.*price).units() < decimal::kPowersOfTen[18]; });
        arrow::Decimal128Builder builder(arrow::decimal128(fits ? 18 : 19, 9));
        for (const auto& bar : series_.bars) {
            check(builder.Append(arrow::Decimal128((bar.*price).units())), path_);
        }
        finish(name, builder);
    }
    void add_double(const char* name, double Bar::*value) {
        arrow::DoubleBuilder builder;
        for (const auto& bar : series_.bars) check(builder.Append(bar.*value), path_);
        finish(name, builder);
    }
    void add_count() {
        arrow::UInt32Builder builder;
        for (const auto& bar : series_.bars) check(builder.Append(bar.trade_count), path_);
        finish("trade_count", builder);
    }

    const BarSeries& series_;
    TradingCalendar calendar_;
    const std::string& path_;
    arrow::FieldVector fields_;
    arrow::ArrayVector arrays_;
};

}  // namespace

void write_parquet(const BarSeries& series, TradingCalendar calendar, const std::string& path) {
    auto sink = arrow::io::BufferOutputStream::Create();
    check(sink.status(), path);
    parquet::WriterProperties::Builder builder;
    builder.compression(parquet::Compression::SNAPPY)->enable_store_decimal_as_integer();
    // Prices and times hardly repeat: their differences are what is small.
    builder.disable_dictionary();
    for (const char* column : {"time", "open", "high", "low", "close"}) {
        const bool wide = std::any_of(series.bars.begin(), series.bars.end(), [](const Bar& bar) {
            return bar.high.units() >= decimal::kPowersOfTen[18];
        });
        if (wide) continue;
        // Packed differences hardly shrink further.
        builder.encoding(column, parquet::Encoding::DELTA_BINARY_PACKED);
        builder.compression(column, parquet::Compression::UNCOMPRESSED);
    }
    const auto properties = builder.build();
    try {
        check(
            parquet::arrow::WriteTable(*Columns(series, calendar, path).table(),
                                       arrow::default_memory_pool(), *sink, kRowGroup, properties),
            path);
    } catch (const parquet::ParquetException& e) {
        throw Error(ErrorKind::failed, "Parquet file", path, e.what());
    }
    auto buffer = (*sink)->Finish();
    check(buffer.status(), path);
    write_whole_file(path, {reinterpret_cast<const char*>((*buffer)->data()),
                            static_cast<std::size_t>((*buffer)->size())});
}

}  // namespace tradewind::market
