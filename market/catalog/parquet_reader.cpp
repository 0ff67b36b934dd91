#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <type_traits>

#include "market/catalog/parquet_file.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

enum Column : std::size_t { kTime, kOpen, kHigh, kLow, kClose, kVolume, kCount, kVwap, kSymbol };
constexpr std::array<const char*, 9> kNames = {"time",   "open",        "high", "low",   "close",
                                               "volume", "trade_count", "vwap", "symbol"};
constexpr std::size_t kRequired = 6;

// The shortest decimal that gives this float is what was meant, not the float's binary tail.
double decimal_meaning(float value) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value);
    double result = value;
    std::from_chars(text, end.ptr, result);
    return result;
}

class ParquetBars {
  public:
    ParquetBars(const std::string& path, const ReadOptions& options, FileReport& report)
        : path_(path), options_(options), report_(report) {}

    std::vector<SeriesBuilder::Finished> read() {
        open();
        map_columns();
        const auto stem = std::filesystem::path(path_).stem().string();
        if (!has(kSymbol)) {
            if (!Symbol::valid(stem))
                fail("symbol", "the file's name is no symbol", "name the file SYMBOL.parquet");
            if (!wanted(options_, Symbol(stem))) return {};
        }
        report_.bytes = std::filesystem::file_size(path_);
        if (options_.hash_files) report_.sha256 = sha256_of_file(path_);
        builders_.emplace(options_, dated_);
        if (!has(kSymbol)) {
            current_ = &builders_->of(Symbol(stem));
            current_->reserve(static_cast<std::size_t>(rows_in_file_));
        }
        for (;;) {
            std::shared_ptr<arrow::RecordBatch> batch;
            check(batches_->ReadNext(&batch));
            if (batch == nullptr) break;
            add(*batch);
        }
        if (report_.rows == 0) {
            fail("bars", report_.refused == 0 ? "the file has no rows" : "every row was refused",
                 "");
        }
        return builders_->finish(path_);
    }

  private:
    [[noreturn]] void fail(const char* what, const std::string& why, const char* remedy) const {
        throw Error(ErrorKind::data, what, path_, why, remedy);
    }
    void check(const arrow::Status& status) const {
        if (!status.ok()) fail("Parquet file", status.message(), "");
    }
    [[nodiscard]] bool has(Column column) const { return columns_[column] >= 0; }

    void open() {
        auto file = arrow::io::ReadableFile::Open(path_);
        check(file.status());
        parquet::ArrowReaderProperties properties(/*use_threads=*/false);
        properties.set_batch_size(4'096);  // rows stay in the cache
        parquet::arrow::FileReaderBuilder builder;
        check(builder.Open(*file));
        check(builder.properties(properties)->Build(&reader_));
        rows_in_file_ = reader_->parquet_reader()->metadata()->num_rows();
    }

    void map_columns() {
        std::shared_ptr<arrow::Schema> schema;
        check(reader_->GetSchema(&schema));
        columns_.fill(-1);
        for (int i = 0; i < schema->num_fields(); ++i) {
            const auto& name = schema->field(i)->name();
            const auto at = std::find(kNames.begin(), kNames.end(), name) - kNames.begin();
            // pandas keeps its row numbers in a column of this name.
            if (name == "__index_level_0__") continue;
            if (at == static_cast<std::ptrdiff_t>(kNames.size())) {
                fail("Parquet file", "unknown column `" + name + "`",
                     "keep time,open,high,low,close,volume and trade_count,vwap,symbol");
            }
            auto& column = columns_[static_cast<std::size_t>(at)];
            if (column >= 0) fail("Parquet file", "column `" + name + "` appears twice", "");
            column = i;
        }
        for (std::size_t i = 0; i < kRequired; ++i) {
            if (columns_[i] < 0) {
                fail("Parquet file", std::string("column `") + kNames[i] + "` is missing", "");
            }
        }
        const auto& time = *schema->field(columns_[kTime])->type();
        dated_ = time.id() == arrow::Type::DATE32;
        if (!dated_ && time.id() != arrow::Type::TIMESTAMP) {
            fail("Parquet file", "column `time` is " + time.ToString(),
                 "write it as timestamp (UTC) or date32");
        }
        auto batches = reader_->GetRecordBatchReader();
        check(batches.status());
        batches_ = std::move(*batches);
    }

    void add(const arrow::RecordBatch& batch) {
        std::array<std::shared_ptr<arrow::Array>, kNames.size()> columns;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns_[i] >= 0) columns[i] = batch.column(columns_[i]);
        }
        const auto count = static_cast<std::size_t>(batch.num_rows());
        rows_.assign(count, RawRow{});
        bad_.assign(count, nullptr);
        read_times(*columns[kTime]);
        read_prices(*columns[kOpen], &RawRow::open);
        read_prices(*columns[kHigh], &RawRow::high);
        read_prices(*columns[kLow], &RawRow::low);
        read_prices(*columns[kClose], &RawRow::close);
        each_double(*columns[kVolume], [&](std::size_t i, double v) { rows_[i].volume = v; });
        if (has(kVwap)) {
            each_double(*columns[kVwap], [&](std::size_t i, double v) {
                rows_[i].vwap = v;
                if (v < 0) note_bad(i, "vwap is negative");
            });
        }
        if (has(kCount)) {
            each_double(*columns[kCount], [&](std::size_t i, double v) {
                if (const char* reason = read_count(v, rows_[i].trade_count)) note_bad(i, reason);
            });
        }
        for (std::size_t i = 0; i < count; ++i) add_row(i, columns[kSymbol].get());
    }

    void add_row(std::size_t i, const arrow::Array* symbols) {
        ++row_;
        const char* reason = bad_[i];
        if (reason == nullptr && symbols != nullptr) reason = choose_symbol(*symbols, i);
        if (reason == nullptr) reason = current_->add(rows_[i]);
        if (reason != nullptr) {
            refuse_row(report_, row_, reason, options_.on_bad_row);
            return;
        }
        ++report_.rows;
        if (rows_[i].rounded) ++report_.rounded;
    }

    static const char* read_count(double value, std::uint32_t& count) {
        if (!(value >= 0) || value > UINT32_MAX || value != std::floor(value)) {
            return "trade_count is not a count";
        }
        count = static_cast<std::uint32_t>(value);
        return nullptr;
    }

    const char* choose_symbol(const arrow::Array& symbols, std::size_t i) {
        const auto at = static_cast<std::int64_t>(i);
        if (symbols.IsNull(at)) return "symbol is missing";
        const auto text = text_at(symbols, at);
        if (!Symbol::valid(text)) return "symbol is no symbol";
        if (current_ == nullptr || current_->symbol().view() != text) {
            current_ = &builders_->of(Symbol(text));
        }
        return nullptr;
    }

    std::string_view text_at(const arrow::Array& array, std::int64_t at) const {
        if (array.type_id() == arrow::Type::STRING) {
            return static_cast<const arrow::StringArray&>(array).GetView(at);
        }
        if (array.type_id() == arrow::Type::LARGE_STRING) {
            return static_cast<const arrow::LargeStringArray&>(array).GetView(at);
        }
        if (array.type_id() == arrow::Type::DICTIONARY) {
            const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
            return text_at(*coded.dictionary(), coded.GetValueIndex(at));
        }
        fail("Parquet file", "column `symbol` is " + array.type()->ToString(), "write it as text");
    }

    void note_bad(std::size_t i, const char* reason) {
        if (bad_[i] == nullptr) bad_[i] = reason;
    }

    // Marks null cells, then calls take(i) for every row of the array.
    template <class Take>
    void each(const arrow::Array& array, const char* missing, Take&& take) {
        const auto count = static_cast<std::size_t>(array.length());
        if (array.null_count() != 0) {
            for (std::size_t i = 0; i < count; ++i) {
                if (array.IsNull(static_cast<std::int64_t>(i))) note_bad(i, missing);
            }
        }
        for (std::size_t i = 0; i < count; ++i) take(i);
    }

    void read_times(const arrow::Array& array) {
        if (dated_) {
            const auto* days = static_cast<const arrow::Date32Array&>(array).raw_values();
            each(array, "time is missing", [&](std::size_t i) {
                if (days[i] < -106'000 || days[i] > 106'000) note_bad(i, "time is out of range");
                rows_[i].time = {days[i] * kDay};
            });
            return;
        }
        const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
        constexpr std::int64_t kUnits[] = {kSecond, kMillisecond, 1'000, 1};
        const std::int64_t unit = kUnits[static_cast<std::size_t>(type.unit())];
        const auto* values = static_cast<const arrow::TimestampArray&>(array).raw_values();
        each(array, "time is missing", [&](std::size_t i) {
            std::int64_t ns = 0;
            if (__builtin_mul_overflow(values[i], unit, &ns) || ns < -106'000 * kDay ||
                ns > 106'000 * kDay) {
                note_bad(i, "time is out of range");
                return;
            }
            rows_[i].time = {ns};
        });
    }

    void read_prices(const arrow::Array& array, Price RawRow::*price) {
        if (array.type_id() == arrow::Type::DECIMAL128) {
            read_decimal_prices(static_cast<const arrow::Decimal128Array&>(array), price);
            return;
        }
        each_double(array, [&](std::size_t i, double value) {
            if (std::fabs(value) < 9.2e9) {
                rows_[i].*price = price_of(value);
            } else {
                note_bad(i, "price is out of range");
            }
        });
    }

    void read_decimal_prices(const arrow::Decimal128Array& array, Price RawRow::*price) {
        const int scale = static_cast<const arrow::Decimal128Type&>(*array.type()).scale();
        // 128-bit little-endian integers.
        const auto* words = reinterpret_cast<const std::int64_t*>(array.raw_values());
        each(array, "price is missing", [&](std::size_t i) {
            std::int64_t units = words[2 * i];
            bool fits = words[2 * i + 1] == units >> 63;
            if (scale != 9) {
                const auto low = static_cast<std::uint64_t>(units);
                fits = rescale(static_cast<int128>(words[2 * i + 1]) << 64 | low, scale, units,
                               rows_[i].rounded);
            }
            if (!fits) note_bad(i, "price is out of range");
            rows_[i].*price = Price::from_units(units);
        });
    }

    // value x 10^-scale in units of 1e-9, rounded half-even. False: out of range.
    static bool rescale(int128 value, int scale, std::int64_t& units, bool& rounded) {
        for (; scale < 9; ++scale) {
            if (__builtin_mul_overflow(value, int128{10}, &value)) return false;
        }
        int128 divisor = 1;
        for (; scale > 9; --scale) divisor *= 10;
        if (value % divisor != 0) rounded = true;
        value = decimal::divide_half_even(value, divisor);
        units = static_cast<std::int64_t>(value);
        return units == value;
    }

    template <class ArrayType, class Take>
    void each_value(const arrow::Array& array, Take&& take) {
        const auto* values = static_cast<const ArrayType&>(array).raw_values();
        each(array, "number is missing", [&](std::size_t i) {
            double value = 0;
            if constexpr (std::is_same_v<ArrayType, arrow::FloatArray>) {
                value = decimal_meaning(values[i]);
            } else {
                value = static_cast<double>(values[i]);
            }
            if (!std::isfinite(value)) {
                note_bad(i, "number is not finite");
            } else {
                take(i, value);
            }
        });
    }

    // Calls take(i, value) for every finite number of a column of any number type.
    template <class Take>
    void each_double(const arrow::Array& array, Take&& take) {
        switch (array.type_id()) {
            case arrow::Type::DOUBLE:
                return each_value<arrow::DoubleArray>(array, take);
            case arrow::Type::FLOAT:
                return each_value<arrow::FloatArray>(array, take);
            case arrow::Type::INT64:
                return each_value<arrow::Int64Array>(array, take);
            case arrow::Type::INT32:
                return each_value<arrow::Int32Array>(array, take);
            case arrow::Type::UINT64:
                return each_value<arrow::UInt64Array>(array, take);
            case arrow::Type::UINT32:
                return each_value<arrow::UInt32Array>(array, take);
            case arrow::Type::DECIMAL128: {
                const auto& values = static_cast<const arrow::Decimal128Array&>(array);
                const int scale = static_cast<const arrow::Decimal128Type&>(*array.type()).scale();
                return each(array, "number is missing", [&](std::size_t i) {
                    const arrow::Decimal128 value(values.GetValue(static_cast<std::int64_t>(i)));
                    take(i, value.ToDouble(scale));
                });
            }
            default:
                fail("Parquet file", "a number column is " + array.type()->ToString(),
                     "write numbers as double or decimal128");
        }
    }

    const std::string& path_;
    const ReadOptions& options_;
    FileReport& report_;
    std::unique_ptr<parquet::arrow::FileReader> reader_;
    std::shared_ptr<arrow::RecordBatchReader> batches_;
    std::array<int, kNames.size()> columns_{};
    std::int64_t rows_in_file_ = 0;
    bool dated_ = false;
    std::optional<FileBuilders> builders_;
    SeriesBuilder* current_ = nullptr;
    std::uint64_t row_ = 0;
    // One batch of rows, and why each is bad (null: it is not).
    std::vector<RawRow> rows_;
    std::vector<const char*> bad_;
};

}  // namespace

std::vector<SeriesBuilder::Finished> read_parquet_file(const std::string& path,
                                                       const ReadOptions& options,
                                                       FileReport& report) {
    try {
        return ParquetBars(path, options, report).read();
    } catch (const parquet::ParquetException& e) {
        throw Error(ErrorKind::data, "Parquet file", path, e.what());
    }
}

}  // namespace tradewind::market
