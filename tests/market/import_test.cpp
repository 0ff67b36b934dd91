#include "market/catalog/import.hpp"

#include <cstring>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/market/temporary_folder.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

ImportedFile import_text(const std::string& name, const std::string& text,
                         const ImportOptions& options = {}) {
    test::TemporaryFolder folder;
    return import_file(folder.write(name, text), options);
}

const Bar& bar(const ImportedFile& file, std::size_t index) {
    return file.series.front()->bars.at(index);
}

// A panel of two symbols on three days; the second symbol does not trade on the second day.
std::string panel() {
    std::string bytes = "MKTD";
    const auto word = [&](std::uint32_t value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    for (const std::uint32_t value : {2U, 2U, 3U, 16U, 5U}) word(value);
    bytes.resize(64, '\0');
    for (const char* name : {"MSFT", "BTCUSD"}) {
        bytes += name;
        bytes.resize((bytes.size() + 15) / 16 * 16, '\0');
    }
    bytes.resize(bytes.size() + 2 * 3 * 16 * 4, '\0');
    for (int day = 0; day < 3; ++day) {
        for (int symbol = 0; symbol < 2; ++symbol) {
            const float base = 173.9458F + static_cast<float>(10 * day);
            for (const float value : {base, base + 1, base - 1, base, 83'181'696.0F}) {
                bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
            }
        }
    }
    return bytes + std::string("\1\1\1\0\1\1", 6);
}

}  // namespace

TEST_CASE("F1: close first, names by any case, split adjusted") {
    const auto file = import_text("MSTR.csv",
                                  "Date,close,high,low,open,volume\n"
                                  "2026-03-18,140.55999755859375,146.75860595703125,"
                                  "140.35000610351562,144.9199981689453,21073277\n");
    CHECK(file.format == ImportFormat::f1);
    CHECK(bar(file, 0).close == Price::of("140.559997559"));
    CHECK(bar(file, 0).open == Price::of("144.919998169"));
    CHECK(bar(file, 0).volume == 21073277);
    CHECK(file.series.front()->daily);
    CHECK(file.series.front()->adjusted);
    CHECK(file.report.rounded == 1);
}

TEST_CASE("F2: UTC stamps, several symbols, coins by the UTC day") {
    const auto file =
        import_text("SUIUSDT.csv",
                    "timestamp,open,high,low,close,volume,trade_count,vwap,symbol\n"
                    "2024-01-01 00:00:00+00:00,0.7753,0.8478,0.7557,0.8438,49861871.3,125973,"
                    "0.799360480592713,SUIUSDT\n"
                    "2024-01-02 00:00:00+00:00,0.8438,0.932,0.84,0.9062,84656192.4,,,SUI/USDT\n");
    CHECK(file.format == ImportFormat::f2);
    REQUIRE(file.series.size() == 1);
    CHECK(file.series.front()->daily);
    CHECK(format_time(bar(file, 0).start) == "2024-01-01T00:00:00Z");
    CHECK(bar(file, 0).trade_count == 125973);
    CHECK(bar(file, 0).vwap == 0.799360480592713);
    CHECK(bar(file, 1).trade_count == 0);
}

TEST_CASE("F3: hourly; the last of two rows of one time wins; rows are sorted") {
    const auto file = import_text("x.csv",
                                  "timestamp,open,high,low,close,volume,symbol\n"
                                  "2024-01-02T16:00:00Z,2,3,1,2,5,MSFT\n"
                                  "2024-01-02 15:00:00+00:00,1,3,1,2,5,MSFT\n"
                                  "2024-01-02T16:00:00Z,2.5,3,1,2,5,MSFT\n");
    CHECK(file.format == ImportFormat::f3);
    CHECK(file.duplicates == 1);
    REQUIRE(file.series.front()->bars.size() == 2);
    CHECK(file.series.front()->interval_ns == kHour);
    CHECK(bar(file, 1).open == Price::of("2.5"));
}

TEST_CASE("F4: stock days stamped at New York midnight get their exchange date") {
    const auto file = import_text("MSFT.csv",
                                  "timestamp,Open,High,Low,Close,Volume,Trade_count,Vwap\n"
                                  "2024-03-08 05:00:00+00:00,1,3,1,2,5,7,1.5\n"
                                  "2024-03-11 04:00:00+00:00,1,3,1,2,5,7,1.5\n");
    CHECK(file.format == ImportFormat::f4);
    CHECK(file.series.front()->daily);
    CHECK_FALSE(file.series.front()->adjusted);
    CHECK(format_time(bar(file, 0).start) == "2024-03-08T14:30:00Z");
    CHECK(format_time(bar(file, 1).start) == "2024-03-11T13:30:00Z");
}

TEST_CASE("F5 takes the adjusted columns, newest first; F6 the split-adjusted ones") {
    const auto five = import_text(
        "AAPL.csv",
        "Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio,Adj. Open,Adj. High,Adj. Low,"
        "Adj. Close,Adj. Volume\n"
        "2018-03-27,173.68,175.15,166.92,168.34,38962839,0,1,173.6,175.1,166.9,168.3,38962839\n"
        "2018-03-26,168.07,173.1,166.44,172.77,36272617,0,1,168,173,166,172,36272617\n");
    CHECK(five.format == ImportFormat::f5);
    CHECK(bar(five, 0).open == Price::of("168"));
    CHECK(bar(five, 1).close == Price::of("168.3"));
    const auto six = import_text("TSLA.csv",
                                 "Date,High,Low,Open,Close,Volume,Adj Close\n"
                                 "2017-01-03,44.07,42.19,42.97,43.4,29616500,43.4\n");
    CHECK(six.format == ImportFormat::f6);
    CHECK(bar(six, 0).high == Price::of("44.07"));
}

TEST_CASE("F7: the binary panel") {
    ImportOptions options;
    CHECK_THROWS_AS(import_text("p.bin", panel()), Error);
    options.panel_start = *parse_date("2022-02-07");
    const auto file = import_text("p.bin", panel(), options);
    CHECK(file.format == ImportFormat::f7);
    REQUIRE(file.series.size() == 2);
    CHECK(file.series[0]->symbol == Symbol("BTCUSD"));
    CHECK(file.series[0]->bars.size() == 2);
    CHECK(file.series[1]->bars.size() == 3);
    CHECK(file.series[1]->bars[0].open == Price::of("173.9458"));
    CHECK(file.series[1]->bars[0].volume == 83'181'696);
    CHECK(format_time(file.series[0]->bars[1].start) == "2022-02-09T00:00:00Z");
    for (const std::size_t size : {4UL, 63UL, 64UL, 100UL, panel().size() - 1}) {
        CHECK_THROWS_AS(import_text("p.bin", panel().substr(0, size), options), Error);
    }
    auto bad = panel();
    bad[8] = '\xff';
    CHECK_THROWS_AS(import_text("p.bin", bad, options), Error);
}

TEST_CASE("bad rows are refused and listed, unknown headers and empty files are errors") {
    const auto file = import_text("MSFT.csv",
                                  "Date,close,high,low,open,volume\n"
                                  "2024-01-02,nan,3,1,2,5\n2024-01-03,,3,1,2,5\n"
                                  "2024-01-04,-1,3,1,2,5\n2024-01-05,2,3,1,2,5\nx,2,3,1,2,5\n"
                                  "2024-01-08,2,3\n");
    CHECK(file.report.rows == 1);
    CHECK(file.report.refused == 5);
    REQUIRE(file.report.refused_rows.size() == 5);
    CHECK(file.report.refused_rows[0].line == 2);
    CHECK_THROWS_AS(import_text("MSFT.csv", "a,b,c\n1,2,3\n"), Error);
    CHECK_THROWS_AS(import_text("MSFT.csv", ""), Error);
    CHECK_THROWS_AS(import_text("MSFT.csv", "Date,close,high,low,open,volume\n"), Error);
    ImportOptions wrong;
    wrong.format = ImportFormat::f4;
    CHECK_THROWS_AS(import_text("MSFT.csv", "Date,close,high,low,open,volume\n", wrong), Error);
    CHECK(import_format_named("F7") == ImportFormat::f7);
    CHECK_FALSE(import_format_named("F8"));
}

TEST_CASE("files of one symbol are joined in time order, or refused by name") {
    const test::TemporaryFolder first;
    const test::TemporaryFolder second;
    const test::TemporaryFolder third;
    const std::string header = "Date,close,high,low,open,volume\n";
    const auto newer = first.write("MSTR.csv", header + "2026-03-19,2,3,1,2,10\n");
    const auto older = second.write("MSTR.csv", header +
                                                    "2026-03-17,4,5,3,4,10\n"
                                                    "2026-03-18,3,4,2,3,10\n");
    const auto imported = import_files({newer, older});
    REQUIRE(imported.series.size() == 1);
    REQUIRE(imported.series.front()->bars.size() == 3);
    CHECK(imported.files.size() == 2);
    CHECK(imported.series.front()->bars.front().close == Price::of("4"));
    CHECK(imported.series.front()->bars.back().close == Price::of("2"));

    const auto again = third.write("MSTR.csv", header + "2026-03-18,9,9,9,9,10\n");
    try {
        (void)import_files({older, again});
        FAIL("nothing was thrown");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        CHECK(std::string(error.what()).find(again) != std::string::npos);
    }
}
