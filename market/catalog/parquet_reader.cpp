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
        properties.set_batch_size(16'384);
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
        bad_.assign(count, nullptr);
        rounded_.assign(count, false);
        read_times(*columns[kTime]);
        for (const Column c : {kOpen, kHigh, kLow, kClose})
            read_prices(*columns[c], prices_[c - kOpen]);
        read_doubles(*columns[kVolume], volumes_);
        if (has(kVwap)) read_doubles(*columns[kVwap], vwaps_);
        if (has(kCount)) read_doubles(*columns[kCount], counts_);
        for (std::size_t i = 0; i < count; ++i) add_row(i, columns[kSymbol].get());
    }

    void add_row(std::size_t i, const arrow::Array* symbols) {
        ++row_;
        const char* reason = bad_[i];
        RawRow row;
        if (reason == nullptr) {
            row = {times_[i],
                   prices_[0][i],
                   prices_[1][i],
                   prices_[2][i],
                   prices_[3][i],
                   volumes_[i],
                   has(kVwap) ? vwaps_[i] : 0,
                   0,
                   rounded_[i]};
            if (has(kCount)) reason = read_count(counts_[i], row.trade_count);
            if (row.vwap < 0) reason = "vwap is negative";
        }
        if (reason == nullptr && symbols != nullptr) reason = choose_symbol(*symbols, i);
        if (reason == nullptr) reason = current_->add(row);
        if (reason != nullptr) {
            refuse_row(report_, row_, reason, options_.on_bad_row);
            return;
        }
        ++report_.rows;
        if (row.rounded) ++report_.rounded;
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
        times_.resize(static_cast<std::size_t>(array.length()));
        if (dated_) {
            const auto* days = static_cast<const arrow::Date32Array&>(array).raw_values();
            each(array, "time is missing", [&](std::size_t i) {
                if (days[i] < -106'000 || days[i] > 106'000) note_bad(i, "time is out of range");
                times_[i] = {days[i] * kDay};
            });
            return;
        }
        const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
        constexpr std::int64_t kUnits[] = {kSecond, kMillisecond, 1'000, 1};
        const std::int64_t unit = kUnits[static_cast<std::size_t>(type.unit())];
        const auto* values = static_cast<const arrow::TimestampArray&>(array).raw_values();
        each(array, "time is missing", [&](std::size_t i) {
            if (__builtin_mul_overflow(values[i], unit, &times_[i].ns) ||
                times_[i].ns < -106'000 * kDay || times_[i].ns > 106'000 * kDay) {
                times_[i] = {};
                note_bad(i, "time is out of range");
            }
        });
    }

    void read_prices(const arrow::Array& array, std::vector<Price>& out) {
        out.assign(static_cast<std::size_t>(array.length()), Price{});
        if (array.type_id() == arrow::Type::DECIMAL128) {
            read_decimal_prices(static_cast<const arrow::Decimal128Array&>(array), out);
            return;
        }
        read_doubles(array, scratch_);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double value = scratch_[i];
            if (!(std::fabs(value) < 9.2e9)) {
                note_bad(i, "price is out of range");
                continue;
            }
            out[i] = price_of(value);
        }
    }

    void read_decimal_prices(const arrow::Decimal128Array& array, std::vector<Price>& out) {
        const int scale = static_cast<const arrow::Decimal128Type&>(*array.type()).scale();
        if (scale == 9) {
            // Our own form: the units themselves, as 128-bit little-endian integers.
            const auto* words = reinterpret_cast<const std::int64_t*>(array.raw_values());
            each(array, "price is missing", [&](std::size_t i) {
                const std::int64_t units = words[2 * i];
                if (words[2 * i + 1] != units >> 63) note_bad(i, "price is out of range");
                out[i] = Price::from_units(units);
            });
            return;
        }
        each(array, "price is missing", [&](std::size_t i) {
            const auto* bytes = array.GetValue(static_cast<std::int64_t>(i));
            const arrow::Decimal128 value(bytes);
            int128 units = static_cast<int128>(value.high_bits()) << 64 | value.low_bits();
            for (int s = scale; s < 9; ++s) {
                if (__builtin_mul_overflow(units, int128{10}, &units)) {
                    note_bad(i, "price is out of range");
                    return;
                }
            }
            if (scale > 9) {
                int128 divisor = 1;
                for (int s = scale; s > 9; --s) divisor *= 10;
                if (units % divisor != 0) rounded_[i] = true;
                units = decimal::divide_half_even(units, divisor);
            }
            if (static_cast<std::int64_t>(units) != units) {
                note_bad(i, "price is out of range");
                return;
            }
            out[i] = Price::from_units(static_cast<std::int64_t>(units));
        });
    }

    template <class ArrayType>
    void copy_doubles(const arrow::Array& array, std::vector<double>& out) {
        const auto* values = static_cast<const ArrayType&>(array).raw_values();
        for (std::size_t i = 0; i < out.size(); ++i) {
            if constexpr (std::is_same_v<ArrayType, arrow::FloatArray>) {
                out[i] = decimal_meaning(values[i]);
            } else {
                out[i] = static_cast<double>(values[i]);
            }
        }
    }

    void read_doubles(const arrow::Array& array, std::vector<double>& out) {
        out.resize(static_cast<std::size_t>(array.length()));
        switch (array.type_id()) {
            case arrow::Type::DOUBLE:
                copy_doubles<arrow::DoubleArray>(array, out);
                break;
            case arrow::Type::FLOAT:
                copy_doubles<arrow::FloatArray>(array, out);
                break;
            case arrow::Type::INT64:
                copy_doubles<arrow::Int64Array>(array, out);
                break;
            case arrow::Type::INT32:
                copy_doubles<arrow::Int32Array>(array, out);
                break;
            case arrow::Type::UINT64:
                copy_doubles<arrow::UInt64Array>(array, out);
                break;
            case arrow::Type::UINT32:
                copy_doubles<arrow::UInt32Array>(array, out);
                break;
            case arrow::Type::DECIMAL128: {
                const auto& values = static_cast<const arrow::Decimal128Array&>(array);
                const int scale = static_cast<const arrow::Decimal128Type&>(*array.type()).scale();
                for (std::size_t i = 0; i < out.size(); ++i) {
                    out[i] = arrow::Decimal128(values.GetValue(static_cast<std::int64_t>(i)))
                                 .ToDouble(scale);
                }
                break;
            }
            default:
                fail("Parquet file", "a number column is " + array.type()->ToString(),
                     "write numbers as double or decimal128");
        }
        each(array, "number is missing", [&](std::size_t i) {
            if (!std::isfinite(out[i])) note_bad(i, "number is not finite");
        });
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
    // One batch, by column.
    std::vector<Timestamp> times_;
    std::array<std::vector<Price>, 4> prices_;
    std::vector<double> volumes_;
    std::vector<double> vwaps_;
    std::vector<double> counts_;
    std::vector<double> scratch_;
    std::vector<const char*> bad_;
    std::vector<bool> rounded_;
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
