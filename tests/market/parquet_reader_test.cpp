// Files of another program's making (pandas on Arrow): tests/market/parquet.
#include "market/catalog/bar_reader.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/market/temporary_folder.hpp"
#include "tests/test_data.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

Catalog read(const char* name, const ReadOptions& options = {}) {
    return read_catalog({tradewind::test::test_data("market/parquet/") + name}, options);
}

std::string error_of(const char* name, const ReadOptions& options = {}) {
    try {
        (void)read(name, options);
    } catch (const Error& e) {
        CHECK(e.kind() == ErrorKind::data);
        return e.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("doubles, integers, microseconds and an index column are read") {
    const auto catalog = read("MSFT.parquet");
    const auto& bars = catalog.series.front()->bars;
    REQUIRE(bars.size() == 6);
    CHECK(format_time(bars[0].start) == "2024-02-05T14:30:00Z");
    CHECK(bars[0].end - bars[0].start == kMinute);
    CHECK(bars[0].close == Price::of("1.1"));
    CHECK(bars[5].volume == 6);
    CHECK(catalog.files.front().sha256.size() == 64);
}

TEST_CASE("dictionary symbols, floats, long decimals and a zone other than UTC are read") {
    const auto catalog = read("several.parquet");
    REQUIRE(catalog.series.size() == 2);
    CHECK(catalog.series[1]->symbol == Symbol("BTCUSD"));
    const auto& bar = catalog.series[0]->bars[1];
    CHECK(format_time(bar.start) == "2024-02-05T14:31:00Z");
    CHECK(bar.open == Price::of("2.2"));
    CHECK(bar.close == Price::of("1.123456789"));
    CHECK(bar.trade_count == 7);
    CHECK(bar.vwap == 1.5);
    CHECK(catalog.files.front().rounded == 12);
}

TEST_CASE("bad rows of a Parquet file are refused with their row number") {
    CHECK(error_of("NVDA.parquet").find("NVDA.parquet:2): number is missing") != std::string::npos);
    ReadOptions skip;
    skip.on_bad_row = OnBadRow::skip;
    const auto catalog = read("NVDA.parquet", skip);
    CHECK(catalog.series.front()->bars.size() == 1);
    const auto& rows = catalog.files.front().refused_rows;
    REQUIRE(rows.size() == 5);
    CHECK(rows[1].reason == "price is not positive");
    CHECK(rows[2].reason == "high is below low");
    CHECK(rows[3].reason == "time equals the one before");
    CHECK(rows[4].reason == "volume is negative");
}

TEST_CASE("a Parquet file of another shape says what is wrong") {
    CHECK(error_of("short.parquet").find("`volume` is missing") != std::string::npos);
    CHECK(error_of("extra.parquet").find("unknown column `adj`") != std::string::npos);
    CHECK(error_of("text_time.parquet").find("column `time` is") != std::string::npos);
    test::TemporaryFolder folder;
    std::ifstream whole(tradewind::test::test_data("market/parquet/MSFT.parquet"),
                        std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(whole), {});
    for (const std::size_t size : {4UL, 100UL, bytes.size() / 2, bytes.size() - 1}) {
        const auto path = folder.write("MSFT.parquet", bytes.substr(0, size));
        CHECK_THROWS_AS(read_catalog({path}), Error);
    }
}
