#include "market/catalog/parquet_table.hpp"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/decimal.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include <charconv>
#include <cmath>

#include "market/catalog/file_output.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace tradewind::market {
namespace {

constexpr std::int64_t kRowGroup = 1 << 17;
constexpr std::int32_t kPrecision = 38;
constexpr std::int32_t kScale = 18;

std::shared_ptr<arrow::DataType> type_of(CellKind kind) {
    switch (kind) {
        case CellKind::text:
            return arrow::utf8();
        case CellKind::time:
            return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
        case CellKind::decimal:
            return arrow::decimal128(kPrecision, kScale);
        case CellKind::real:
            return arrow::float64();
    }
    return arrow::utf8();
}

// The exact value at eighteen decimals; empty: not a decimal that fits.
std::optional<arrow::Decimal128> decimal_of(std::string_view text) {
    arrow::Decimal128 value;
    std::int32_t precision = 0;
    std::int32_t scale = 0;
    if (!arrow::Decimal128::FromString(text, &value, &precision, &scale).ok()) return std::nullopt;
    if (scale > kScale) return std::nullopt;
    const auto rescaled = value.Rescale(scale, kScale);
    if (!rescaled.ok() || !rescaled->FitsInPrecision(kPrecision)) return std::nullopt;
    return *rescaled;
}

std::optional<double> real_of(std::string_view text) {
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

struct ParquetTable::State {
    std::string path;
    std::vector<TableColumn> columns;
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
    std::int64_t rows = 0;

    void check(const arrow::Status& status) const {
        if (!status.ok()) throw Error(ErrorKind::failed, "Parquet file", path, status.message());
    }
    [[noreturn]] void refuse(std::size_t column, std::string_view cell, const char* kind) const {
        throw Error(ErrorKind::data, "cannot export a cell",
                    path + " row " + std::to_string(rows + 1) + " column " + columns[column].name,
                    "not a " + std::string(kind) + ": " + std::string(cell));
    }
    void put(std::size_t column, std::string_view cell) {
        auto& builder = *builders[column];
        const auto kind = columns[column].kind;
        if (kind == CellKind::text) {
            check(static_cast<arrow::StringBuilder&>(builder).Append(cell));
        } else if (cell.empty()) {
            check(builder.AppendNull());
        } else if (kind == CellKind::time) {
            const auto time = parse_time(cell);
            if (!time) refuse(column, cell, "time");
            check(static_cast<arrow::TimestampBuilder&>(builder).Append(time->ns));
        } else if (kind == CellKind::decimal) {
            const auto value = decimal_of(cell);
            if (!value) refuse(column, cell, "decimal");
            check(static_cast<arrow::Decimal128Builder&>(builder).Append(*value));
        } else {
            const auto value = real_of(cell);
            if (!value) refuse(column, cell, "number");
            check(static_cast<arrow::DoubleBuilder&>(builder).Append(*value));
        }
    }
};

ParquetTable::ParquetTable(const std::string& path, std::vector<TableColumn> columns)
    : state_(std::make_unique<State>()) {
    state_->path = path;
    state_->columns = std::move(columns);
    for (const auto& column : state_->columns) {
        auto builder = arrow::MakeBuilder(type_of(column.kind));
        state_->check(builder.status());
        state_->builders.push_back(std::move(*builder));
    }
}

ParquetTable::~ParquetTable() = default;

void ParquetTable::add(std::span<const std::string_view> cells) {
    ensure(cells.size() == state_->columns.size(), "a row has a cell for every column");
    for (std::size_t i = 0; i < cells.size(); ++i) state_->put(i, cells[i]);
    ++state_->rows;
}

void ParquetTable::finish() {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (std::size_t i = 0; i < state_->columns.size(); ++i) {
        const auto& column = state_->columns[i];
        auto array = state_->builders[i]->Finish();
        state_->check(array.status());
        fields.push_back(
            arrow::field(column.name, (*array)->type(), column.kind != CellKind::text));
        arrays.push_back(*array);
    }
    const auto table = arrow::Table::Make(arrow::schema(fields), arrays, state_->rows);
    auto sink = arrow::io::BufferOutputStream::Create();
    state_->check(sink.status());
    const auto properties =
        parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
    try {
        state_->check(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), *sink,
                                                 kRowGroup, properties));
    } catch (const parquet::ParquetException& e) {
        throw Error(ErrorKind::failed, "Parquet file", state_->path, e.what());
    }
    auto buffer = (*sink)->Finish();
    state_->check(buffer.status());
    write_whole_file(state_->path, {reinterpret_cast<const char*>((*buffer)->data()),
                                    static_cast<std::size_t>((*buffer)->size())});
}

}  // namespace tradewind::market
