#include "market/catalog/bar_reader.hpp"

#include "market/catalog/bar_writer.hpp"
#include "market/catalog/csv_parser.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/market/temporary_folder.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

constexpr const char* kHeader = "time,open,high,low,close,volume\n";

std::string with_header(std::string_view rows) {
    std::string text(kHeader);
    text.append(rows);
    return text;
}

// The whole message of the Error that reading the text throws; fails when it throws none.
std::string error_of(const std::string& text, const std::string& name = "MSFT.csv",
                     ReadOptions options = {}) {
    test::TemporaryFolder folder;
    const auto path = folder.write(name, text);
    try {
        (void)read_catalog({path}, options);
    } catch (const Error& e) {
        CHECK(e.kind() == ErrorKind::data);
        return e.what();
    }
    FAIL("no error for " << text);
    return {};
}

Catalog read(const std::string& text, const std::string& name = "MSFT.csv",
             const ReadOptions& options = {}) {
    test::TemporaryFolder folder;
    return read_catalog({folder.write(name, text)}, options);
}

const Bar& bar(const Catalog& catalog, std::size_t index) {
    return catalog.series.front()->bars.at(index);
}

}  // namespace

TEST_CASE("every kind of bad row is refused with file, line and reason") {
    const std::pair<const char*, const char*> rows[] = {
        {"2024-02-05,1,2,0.5,1.5\n", "5 cells where the header has 6"},
        {"2024-02-05,1,2,0.5,1.5,7,8\n", "7 cells where the header has 6"},
        {"\n", "1 cells where the header has 6"},
        {"2024-02-05,1,2,0.5,x,7\n", "close `x` is not a plain decimal"},
        {"2024-02-05,1,2,0.5,,7\n", "close `` is not a plain decimal"},
        {"2024-02-05,1,2,0.5,1e0,7\n", "close `1e0` is not a plain decimal"},
        {"2024-02-05,nan,2,0.5,1,7\n", "open `nan` is not a plain decimal"},
        {"2024-02-05,1,inf,0.5,1,7\n", "high `inf` is not a plain decimal"},
        {"2024-02-05,1,2,0.5, 1.5,7\n", "close ` 1.5` is not a plain decimal"},
        {"2024-02-05,1,2,0.5,\"1.5\",7\n", "is not a plain decimal"},
        {"2024-02-05,1,2,0.5,1.5,\n", "volume `` is not a plain decimal"},
        {"2024-02-05,1.2.3,2,0.5,1.5,1\n", "open `1.2.3` is not a plain decimal"},
        {"2024-02-05,.,2,0.5,1.5,1\n", "open `.` is not a plain decimal"},
        {"2024-02-05,0,2,0.5,1.5,1\n", "price is not positive"},
        {"2024-02-05,1,2,-0.5,1.5,1\n", "price is not positive"},
        {"2024-02-05,1,2,0.5,0.0000000000001,1\n", "price is not positive"},
        {"2024-02-05,1,99999999999,0.5,1.5,1\n", "high `99999999999` is out of range"},
        {"2024-02-05,1,2,0.5,1.5,-1\n", "volume is negative"},
        {"2024-02-05,1,0.4,0.5,0.45,1\n", "high is below low"},
        {"2024-02-30,1,2,0.5,1.5,1\n", "is not a date"},
        {"2024-2-05,1,2,0.5,1.5,1\n", "is not a date"},
        {"2024-02-05T00:00:00Z,1,2,0.5,1.5,1\n", "is not a date"},
        {"2024-02-02,1,2,0.5,1.5,1\n", "time equals the one before"},
        {"2024-02-01,1,2,0.5,1.5,1\n", "time is not ascending"},
        {"2024-02-05,1,2,0.5,1\x01,1\n", "close `1?` is not a plain decimal"},
    };
    for (const auto& [row, reason] : rows) {
        const std::string text = with_header("2024-02-02,1,2,0.5,1.5,1\n") + row;
        INFO(row);
        const auto message = error_of(text);
        INFO(message);
        CHECK(message.starts_with("bad row ("));
        CHECK(message.find("MSFT.csv:3): ") != std::string::npos);
        CHECK(message.find(reason) != std::string::npos);
        // Left out and counted on request; the rows around it stay.
        ReadOptions skip;
        skip.on_bad_row = OnBadRow::skip;
        const auto catalog = read(text + "2024-02-06,1,2,0.5,1.5,1\n", "MSFT.csv", skip);
        CHECK(catalog.files.front().refused == 1);
        REQUIRE(catalog.files.front().refused_rows.size() == 1);
        CHECK(catalog.files.front().refused_rows.front().line == 3);
        CHECK(catalog.series.front()->bars.size() == 2);
    }
}

TEST_CASE("a file that is no bar file says so") {
    CHECK(error_of("").find("the file is empty") != std::string::npos);
    CHECK(error_of(kHeader).find("header but no bars") != std::string::npos);
    CHECK(error_of(std::string(100'000, '\0')).find("binary") != std::string::npos);
    CHECK(error_of(std::string("\x7f\x45\x4c\x46\0\0\n", 7)).find("binary") != std::string::npos);
    CHECK(error_of(std::string(100'000, 'x')).find("longer than") != std::string::npos);
    CHECK(error_of("2024-02-05,1,2,0.5,1.5,1\n").find("unknown column") != std::string::npos);
    CHECK(error_of("time,open,high,low,close\n").find("`volume` is missing") != std::string::npos);
    CHECK(error_of("time,open,high,low,close,volume,open\n").find("twice") != std::string::npos);
    CHECK(error_of("Time,open,high,low,close,volume\n").find("`Time`") != std::string::npos);
    CHECK(error_of("time,open,high,low,close,volume,adj\n").find("`adj`") != std::string::npos);
    CHECK(error_of("PAR1 is no Parquet", "MSFT.parquet").find("Parquet") != std::string::npos);
    CHECK(error_of("text", "MSFT.parquet").find("not Parquet") != std::string::npos);
    CHECK(error_of("", "MSFT.parquet").find("empty") != std::string::npos);
    ReadOptions skip;
    skip.on_bad_row = OnBadRow::skip;
    CHECK(error_of(with_header("x\n"), "MSFT.csv", skip).find("every row") != std::string::npos);
    try {
        (void)read_catalog({"/no/such/file.csv"});
        FAIL("read a file that does not exist");
    } catch (const Error& e) {
        CHECK(e.kind() == ErrorKind::data);
        CHECK(std::string(e.what()).find("/no/such/file.csv") != std::string::npos);
    }
    test::TemporaryFolder empty;
    CHECK_THROWS_AS(read_catalog({empty.path()}), Error);
}

TEST_CASE("CRLF, a byte order mark, a missing last line end and any column order are read") {
    const auto catalog = read(
        "\xef\xbb\xbfvolume,close,time,open,high,low\r\n7,1.5,2024-02-02,1,2,0.5\r\n"
        "8,1.25,2024-02-05,1,2,0.5");
    REQUIRE(catalog.series.front()->bars.size() == 2);
    CHECK(bar(catalog, 1).close == Price::of("1.25"));
    CHECK(bar(catalog, 1).volume == 8);
    CHECK(catalog.files.front().rows == 2);
}

TEST_CASE("daily bars run from their session's open to its close") {
    const auto stock = read(with_header("2024-07-02,1,2,0.5,1.5,1\n2024-07-03,1,2,0.5,1.5,1\n"));
    CHECK(stock.series.front()->daily);
    CHECK(stock.series.front()->interval_ns == kDay);
    CHECK(format_time(bar(stock, 0).start) == "2024-07-02T13:30:00Z");
    CHECK(format_time(bar(stock, 0).end) == "2024-07-02T20:00:00Z");
    CHECK(format_time(bar(stock, 1).end) == "2024-07-03T17:00:00Z");
    const auto coin = read(with_header("2024-07-02,1,2,0.5,1.5,1\n"), "BTCUSD.csv");
    CHECK(format_time(bar(coin, 0).start) == "2024-07-02T00:00:00Z");
    CHECK(format_time(bar(coin, 0).end) == "2024-07-03T00:00:00Z");
}

TEST_CASE("the length of shorter bars is the smallest step, or what is asked for") {
    const std::string text = with_header(
        "2021-01-04T14:30:00Z,1,2,0.5,1.5,1\n"
        "2021-01-04T14:33:00Z,1,2,0.5,1.5,1\n"
        "2021-01-04T14:34:00Z,1,2,0.5,1.5,1\n"
        "2021-01-04T14:39:00.5Z,1,2,0.5,1.5,1\n");
    const auto natural = read(text, "AMZN.csv");
    CHECK(natural.series.front()->interval_ns == kMinute);
    CHECK_FALSE(natural.series.front()->daily);
    for (const auto& b : natural.series.front()->bars) CHECK(b.end - b.start == kMinute);
    ReadOptions options;
    options.interval_ns = 30 * kSecond;
    CHECK(bar(read(text, "AMZN.csv", options), 0).end - bar(natural, 0).start == 30 * kSecond);
    options.interval_ns = kHour;
    const auto hourly = read(text, "AMZN.csv", options);
    CHECK(hourly.series.front()->interval_ns == kHour);
    CHECK(hourly.series.front()->bars.size() == 1);
    CHECK(bar(hourly, 0).volume == 4);
    CHECK(hourly.series_reports.front().resampled_from_ns == kMinute);
    options.interval_ns = kMinute;
    CHECK_THROWS_AS(read(with_header("2024-07-02,1,2,0.5,1.5,1\n"), "MSFT.csv", options), Error);
}

TEST_CASE("suspect bars, days without a session and long decimals are kept and counted") {
    const auto catalog =
        read(with_header("2026-02-05,310,311,305.54,293.07,1\n"
                         "2026-02-07,310,311,305,306,1\n"
                         "2026-02-09,52.74333953857422,60,50,52.0000000005,1\n"));
    const auto& report = catalog.series_reports.front();
    CHECK(report.bars == 3);
    CHECK(report.suspect == 1);
    CHECK(bar(catalog, 0).suspect);
    CHECK_FALSE(bar(catalog, 1).suspect);
    CHECK(report.without_session == 1);
    CHECK(report.days_without_session == std::vector<Date>{*parse_date("2026-02-07")});
    CHECK(bar(catalog, 2).open == Price::of("52.743339539"));
    CHECK(bar(catalog, 2).close == Price::of("52"));
    CHECK(catalog.files.front().rounded == 1);
    // Before the calendar's years every day with a bar has a session.
    const auto old = read(with_header("1980-12-13,1,2,0.5,1.5,1\n"));
    CHECK(old.series_reports.front().without_session == 0);
    CHECK(format_time(bar(old, 0).start) == "1980-12-13T14:30:00Z");
}

TEST_CASE("a symbol column makes several series; a wanted symbol must exist") {
    const std::string text =
        "time,open,high,low,close,volume,trade_count,vwap,symbol\n"
        "2024-02-02,1,2,0.5,1.5,1,10,1.25,MSFT\n2024-02-02,3,4,2.5,3.5,1,20,3.25,AAPL\n"
        "2024-02-05,1,2,0.5,1.5,1,11,1.25,MSFT\n2024-02-05,3,4,2.5,3.5,1,21,3.25,AAPL\n";
    const auto catalog = read(text, "all.csv");
    REQUIRE(catalog.series.size() == 2);
    CHECK(catalog.series[0]->symbol == Symbol("AAPL"));
    CHECK(catalog.series[0]->bars[1].trade_count == 21);
    CHECK(catalog.series[1]->bars[0].vwap == 1.25);
    CHECK(catalog.find(Symbol("MSFT")) == catalog.series[1]);
    CHECK(catalog.find(Symbol("NVDA")) == nullptr);
    ReadOptions options;
    options.symbols = {Symbol("MSFT")};
    CHECK(read(text, "all.csv", options).series.size() == 1);
    options.symbols = {Symbol("NVDA")};
    CHECK(error_of(text, "all.csv", options).find("symbol NVDA") != std::string::npos);
    CHECK(error_of(with_header("bad\n"), "MSFT.csv", options).find("symbol NVDA") !=
          std::string::npos);
}

TEST_CASE("folders, their notes, and files that follow each other") {
    test::TemporaryFolder folder;
    folder.write("catalog.toml",
                 "adjusted = [\"MSFT\"]\n[accepted_moves]\nMSFT = [\"2024-02-02\", 2024-02-05]\n");
    folder.write("MSFT.csv", with_header("2024-02-02,1,2,0.5,1.5,1\n"));
    folder.write("NVDA.csv", with_header("2024-02-02,1,2,0.5,1.5,1\n"));
    folder.write("notes.txt", "not read");
    const auto catalog = read_catalog({folder.path()});
    REQUIRE(catalog.series.size() == 2);
    CHECK(catalog.series[0]->adjusted);
    CHECK_FALSE(catalog.series[1]->adjusted);
    CHECK(catalog.series_reports[0].accepted_moves.size() == 2);
    CHECK(catalog.files[0].sha256 == sha256_of_file(folder.path("MSFT.csv")));

    test::TemporaryFolder later;
    const auto next = later.write("MSFT.csv", with_header("2024-02-05,1,2,0.5,1.5,1\n"));
    const auto joined = read_catalog({next, folder.path("MSFT.csv")});
    CHECK(joined.series.front()->bars.size() == 2);
    CHECK_THROWS_AS(read_catalog({folder.path("MSFT.csv"), folder.path("MSFT.csv")}), Error);

    folder.write("catalog.toml", "adjustd = true\n");
    CHECK_THROWS_AS(read_catalog({folder.path()}), Error);
    folder.write("catalog.toml", "adjusted = \n");
    CHECK_THROWS_AS(read_catalog({folder.path()}), Error);
}

TEST_CASE("the fast and the slow way read the same rows") {
    ReadOptions options;
    FileReport report;
    CsvParser parser(options, report, "MSFT", 0);
    REQUIRE(parser.header("time,open,high,low,close,volume,trade_count,vwap,symbol"));
    test::law("what the fast way takes, the slow way takes with equal values", [&] {
        const auto digits = [](int least, int most) {
            return *rc::gen::container<std::string>(
                static_cast<std::size_t>(*rc::gen::inRange(least, most)),
                rc::gen::weightedElement<char>(
                    {{20, '0'}, {20, '1'}, {20, '5'}, {20, '9'}, {1, '-'}}));
        };
        const auto number = [&] {
            auto text = digits(0, 12);
            if (*rc::gen::arbitrary<bool>()) text += "." + digits(0, 12);
            return text;
        };
        std::string line = *rc::gen::element<std::string>(
            "2024-02-05T14:30:00Z", "2024-02-05T14:30:61Z", "2024-02-05T14:30:00.25Z",
            "2024-02-30T00:00:00Z", "2024-02-05");
        for (int i = 0; i < 5; ++i) line += "," + number();
        line += "," + digits(1, 11) + "," + number() + ",MSFT";
        const std::string buffer = line + "\n" + std::string(kCsvSlack, '\0');
        RawRow fast;
        RawRow slow;
        std::string_view fast_symbol;
        std::string_view slow_symbol;
        const char* const stop = parser.fast_row(buffer.data(), fast, fast_symbol);
        const auto reason = parser.slow_row(line, slow, slow_symbol);
        if (stop == nullptr) return;
        RC_ASSERT(stop == buffer.data() + line.size());
        RC_ASSERT(!reason);
        RC_ASSERT(fast.time == slow.time);
        RC_ASSERT(fast.open == slow.open);
        RC_ASSERT(fast.close == slow.close);
        RC_ASSERT(fast.volume == slow.volume);
        RC_ASSERT(fast.vwap == slow.vwap);
        RC_ASSERT(fast.trade_count == slow.trade_count);
        RC_ASSERT(fast_symbol == slow_symbol);
    });
}

TEST_CASE("written bars read back equal, as CSV and as Parquet") {
    test::law("round trip", [] {
        BarSeries series;
        const bool coin = *rc::gen::arbitrary<bool>();
        series.symbol = Symbol(coin ? "BTCUSD" : "MSFT");
        series.daily = *rc::gen::arbitrary<bool>();
        const auto calendar = coin ? TradingCalendar::utc_days : TradingCalendar::nyse;
        series.interval_ns = series.daily ? kDay : kMinute;
        const auto count = *rc::gen::inRange(2, 20);
        const bool extended = *rc::gen::arbitrary<bool>();
        for (int i = 0; i < count; ++i) {
            Bar b;
            if (series.daily) {
                const auto session = session_of_bar(calendar, Date{19'000 + i});
                b.start = session.open;
                b.end = session.close;
            } else {
                b.start = Timestamp{1'700'000'040 * kSecond} + i * kMinute;
                b.end = b.start + kMinute;
            }
            const auto units = rc::gen::inRange<std::int64_t>(1, std::int64_t{1} << 60);
            b.low = Price::from_units(*units);
            b.high = b.low + Price::from_units(*units);
            b.open = b.low;
            b.close = *rc::gen::arbitrary<bool>() ? b.high : b.low;
            b.volume = static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)) / 1e4;
            if (extended) {
                b.vwap = b.open.to_double();
                b.trade_count = *rc::gen::arbitrary<std::uint32_t>();
            }
            series.bars.push_back(b);
        }
        series.adjusted = *rc::gen::arbitrary<bool>();
        test::TemporaryFolder folder;
        const auto shared = std::make_shared<const BarSeries>(series);
        for (const auto format : {BarFileFormat::csv, BarFileFormat::parquet}) {
            const auto paths = export_series({shared}, folder.path(), format);
            const auto back = read_catalog(paths);
            RC_ASSERT(back.series.front()->bars == series.bars);
            RC_ASSERT(back.series.front()->daily == series.daily);
            RC_ASSERT(back.series.front()->adjusted == series.adjusted);
            RC_ASSERT(back.files.front().rounded == 0U);
        }
    });
}

TEST_CASE("SHA-256 is the standard's") {
    CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
