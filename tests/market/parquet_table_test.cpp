#include "market/catalog/parquet_table.hpp"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>

#include <filesystem>

#include "messages/error.hpp"
#include "messages/time.hpp"
#include "tests/catch.hpp"
#include "tests/market/temporary_folder.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

const std::vector<TableColumn> kColumns{{"id", CellKind::text},
                                        {"time", CellKind::time},
                                        {"cash", CellKind::decimal},
                                        {"score", CellKind::real}};

void add(ParquetTable& table, std::vector<std::string_view> cells) {
    table.add(cells);
}

}  // namespace

TEST_CASE("a table keeps times to the nanosecond and decimals to the last digit") {
    const test::TemporaryFolder folder;
    const auto path = folder.path("t.parquet");
    ParquetTable table(path, kColumns);
    add(table, {"a,b", "2024-05-06T13:30:00.000000001Z", "-100000.000000000000000001", "0.25"});
    add(table, {"", "", "", ""});
    CHECK_FALSE(std::filesystem::exists(path));
    table.finish();

    auto file = arrow::io::ReadableFile::Open(path).ValueOrDie();
    auto reader = parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie();
    const std::shared_ptr<arrow::Table> read = reader->ReadTable().ValueOrDie();
    REQUIRE(read->num_rows() == 2);
    const auto cell = [&](int column, int row) {
        return read->column(column)->GetScalar(row).ValueOrDie();
    };
    CHECK(read->field(1)->type()->Equals(arrow::timestamp(arrow::TimeUnit::NANO, "UTC")));
    CHECK(cell(0, 0)->ToString() == "a,b");
    CHECK(std::static_pointer_cast<arrow::TimestampScalar>(cell(1, 0))->value ==
          parse_time("2024-05-06T13:30:00.000000001Z")->ns);
    CHECK(cell(2, 0)->ToString() == "-100000.000000000000000001");
    CHECK(std::static_pointer_cast<arrow::DoubleScalar>(cell(3, 0))->value == 0.25);
    CHECK(cell(0, 1)->is_valid);
    for (int column = 1; column < 4; ++column) CHECK_FALSE(cell(column, 1)->is_valid);
}

TEST_CASE("a cell that is not of its kind is refused with its place") {
    const test::TemporaryFolder folder;
    const std::vector<std::vector<std::string_view>> bad{
        {"a", "yesterday", "1", "1"},
        {"a", "2024-05-06T13:30:00Z", "one", "1"},
        {"a", "2024-05-06T13:30:00Z", "0.0000000000000000001", "1"},
        {"a", "2024-05-06T13:30:00Z", "1", "1x"}};
    const char* columns[] = {"time", "cash", "cash", "score"};
    for (std::size_t i = 0; i < bad.size(); ++i) {
        ParquetTable table(folder.path("bad.parquet"), kColumns);
        try {
            table.add(bad[i]);
            FAIL("nothing was thrown");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::data);
            CHECK(std::string(error.what()).find("row 1 column " + std::string(columns[i])) !=
                  std::string::npos);
        }
    }
    CHECK_FALSE(std::filesystem::exists(folder.path("bad.parquet")));
}
