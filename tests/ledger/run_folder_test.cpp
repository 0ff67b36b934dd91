#include "ledger/run_folder.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ledger/curve_sampler.hpp"
#include "ledger/run_tables.hpp"
#include "ledger/sha256.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/ledger/fake_run.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::play_fake_run;
using tradewind::test::read_file;
using tradewind::test::TemporaryFolder;
using tradewind::test::write_file;
namespace fs = std::filesystem;

namespace {

const Symbol kAapl("AAPL");
const Timestamp kTime = utc_midnight(date_of(2024, 5, 6)) + 15 * kHour;
constexpr const char* kAllFiles[] = {
    "SHA256SUMS", "decisions.csv",   "equity.csv", "fills.csv",     "forecasts.csv",
    "ledger.db",  "log.jsonl",       "orders.csv", "positions.csv", "report.html",
    "run.json",   "statistics.json", "trades.csv"};

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        names.insert(entry.path().filename().string());
    }
    return names;
}

ErrorKind kind_thrown(const fs::path& out, bool overwrite = false) {
    try {
        RunFolderOptions options;
        options.overwrite = overwrite;
        const RunFolder folder(out, options);
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(std::string(error.what()).find(out.filename().string()) != std::string::npos);
        return error.kind();
    }
    FAIL("nothing was thrown");
    return ErrorKind::failed;
}

RunFolderOptions plain() {
    RunFolderOptions options;
    options.initial_cash = Money::whole(1000);
    options.report = false;
    return options;
}

}  // namespace

TEST_CASE("all files exist, header only where a run did nothing") {
    const TemporaryFolder folder;
    RunFolder run(folder / "out", RunFolderOptions{});
    CHECK_FALSE(fs::exists(folder / "out"));
    run.finish({});
    CHECK(names_in(folder / "out") ==
          std::set<std::string>(std::begin(kAllFiles), std::end(kAllFiles)));
    for (const auto* const table : kRunTables) {
        CHECK(read_file(folder / "out" / table->file) == std::string(table->header) + "\n");
    }
    CHECK(names_in(folder.path()) == std::set<std::string>{"out"});
}

TEST_CASE("rows are written as the contract says") {
    const TemporaryFolder folder;
    RunFolder run(folder / "out", plain());
    auto& store = run.store();
    Adjustment cash;
    cash.cash = Money::whole(1000);
    store.append(kTime, 0, cash);
    const Timestamp later = kTime + 60 * kSecond;
    Decision decision{"d2",
                      later,
                      Symbol("MSFT"),
                      "sma",
                      "buy",
                      Price::of("10.50"),
                      Quantity::whole(2),
                      0.1,
                      "ordered",
                      "up, \"strong\"\nline"};
    store.append(later, 1, decision);
    decision = {"d1", later, kAapl, "sma", "", {}, {}, -1e-7, "refused", ""};
    store.append(later, 1, decision);
    decision = {"d0", kTime, Symbol("ZM"), "sma", "", {}, {}, 0, "kept", ""};
    store.append(later, 1, decision);

    auto order = test::fake_order(1, Symbol("MSFT"), Side::buy, Quantity::of("2.50"));
    order.time = later;
    store.append(later, 2, order);
    auto open = test::fake_order(2, kAapl, Side::sell, Quantity::whole(1));
    open.time = later;
    open.type = OrderType::market;
    open.limit_price = {};
    store.append(later, 2, open);
    auto never_sent = test::fake_order(3, kAapl, Side::sell, Quantity::whole(1));
    store.append(later, 2, never_sent);
    store.append(later, 2,
                 OrderEvent{OrderEventKind::refused, "order.3", kAapl, later, {}, "limit"});
    auto fill = test::fake_fill(1, order, Quantity::whole(1), Price::of("10"));
    fill.time = later;
    store.append(later, 3, fill);
    fill = test::fake_fill(2, order, Quantity::of("1.5"), Price::of("10.1"));
    fill.time = later + 500;
    store.append(later, 3, fill);

    run.add(ForecastRecord{later, kAapl, Series::high, "ewma", {-0.5F, 0, 0.1F, 1e-7F}, "ab"});
    run.add(ForecastRecord{kTime, kAapl, Series::close, "ewma", {}, "cd"});
    run.add(PositionRow{later, Symbol("MSFT"), Quantity::of("2.5"), Price::of("10.06"),
                        Price::whole(11), Money::of("27.5"), Money::of("2.35")});
    run.add(EquityRow{kTime, Money::whole(1000), {}, {}});
    run.add(EquityRow{later, Money::of("974.824850"), Money::of("-27.5"), Money::of("27.5")});
    run.add(EquityRow{later + 1, Money::of("974.824850"), Money::of("27.5"), Money::of("27.5")});
    CHECK_THROWS_AS(run.add(EquityRow{later, {}, {}, {}}), InvariantBroken);
    const auto result = run.finish({});

    const auto rows = [&](const CsvColumns& table) {
        const auto text = read_file(folder / "out" / table.file);
        CHECK(text.rfind(std::string(table.header) + "\n", 0) == 0);
        return text.substr(std::string(table.header).size() + 1);
    };
    CHECK(rows(kDecisionsCsv) ==
          "d0,2024-05-06T15:00:00Z,ZM,sma,,,,0,kept,\n"
          "d1,2024-05-06T15:01:00Z,AAPL,sma,,,,-0.0000001,refused,\n"
          "d2,2024-05-06T15:01:00Z,MSFT,sma,buy,10.5,2,0.1,ordered,\"up, \"\"strong\"\" line\"\n");
    CHECK(rows(kOrdersCsv) ==
          "order.2,decision.2,2024-05-06T15:01:00Z,AAPL,sell,market,day,1,,,expired,0,,"
          "2024-05-06T15:01:00.000000001Z,end_of_data\n"
          "order.1,decision.1,2024-05-06T15:01:00Z,MSFT,buy,limit,day,2.5,101.25,,filled,2.5,10.06,"
          "2024-05-06T15:01:00.000000500Z,because\n");
    CHECK(
        rows(kFillsCsv) ==
        "fill.1,order.1,2024-05-06T15:01:00Z,MSFT,buy,1,10,0.01,1,989.99\n"
        "fill.2,order.1,2024-05-06T15:01:00.000000500Z,MSFT,buy,1.5,10.1,0.01515,2.5,974.82485\n");
    CHECK(rows(kEquityCsv) ==
          "2024-05-06T15:00:00Z,1000,0,1000,0,0\n"
          "2024-05-06T15:01:00Z,974.82485,-27.5,947.32485,27.5,0.05267515\n"
          "2024-05-06T15:01:00.000000001Z,974.82485,27.5,1002.32485,27.5,0\n");
    CHECK(rows(kPositionsCsv) == "2024-05-06T15:01:00Z,MSFT,2.5,10.06,11,27.5,2.35\n");
    CHECK(rows(kForecastsCsv) ==
          "2024-05-06T15:00:00Z,AAPL,close,ewma,0,0,0,0,0,0,0,0,0,cd\n"
          "2024-05-06T15:01:00Z,AAPL,high,ewma,-0.5,0,0.1,0.0000001,0,0,0,0,0,ab\n");
    CHECK(rows(kTradesCsv).empty());
    CHECK(result.cash == Money::of("974.82485"));
    CHECK(result.equity == Money::of("1002.32485"));
    const auto document = nlohmann::json::parse(read_file(folder / "out" / "run.json"));
    CHECK(document["final_cash"] == "974.82485");
    CHECK(document["final_equity"] == "1002.32485");
    CHECK(document["hashes"].size() == 8);
    CHECK(document["hashes"]["fills.csv"] == sha256_of_file(folder / "out" / "fills.csv"));
    CHECK(document["counts"]["orders"] == 2);
}

TEST_CASE("fills that came out of order are written in time order with their cash") {
    const TemporaryFolder folder;
    RunFolder run(folder / "out", plain());
    auto& store = run.store();
    Adjustment cash;
    cash.cash = Money::whole(1000);
    store.append(kTime, 0, cash);
    const auto order = test::fake_order(1, kAapl, Side::buy, Quantity::whole(5));
    store.append(kTime, 1, order);
    auto late = test::fake_fill(1, order, Quantity::whole(2), Price::whole(10));
    late.time = kTime + 20;
    late.fee = {};
    auto early = test::fake_fill(2, order, Quantity::whole(3), Price::whole(20));
    early.time = kTime + 10;
    early.fee = Money::whole(1);
    store.append(kTime, 2, late);
    store.append(kTime, 3, early);
    run.finish({});
    const auto text = read_file(folder / "out" / "fills.csv");
    CHECK(text.substr(text.find('\n') + 1) ==
          "fill.2,order.1,2024-05-06T15:00:00.000000010Z,AAPL,buy,3,20,1,3,939\n"
          "fill.1,order.1,2024-05-06T15:00:00.000000020Z,AAPL,buy,2,10,0,5,919\n");
}

TEST_CASE("equal runs give equal files") {
    const TemporaryFolder folder;
    test::FakeRunOptions options;
    options.bars_per_day = 3;
    const auto first = play_fake_run(folder / "a", options);
    const auto second = play_fake_run(folder / "b", options);
    CHECK(first.hashes == second.hashes);
    CHECK(first.statistics.fills > 20);
    CHECK(first.statistics.trades > 3);
    for (const auto* const name : kAllFiles) {
        CAPTURE(name);
        const auto text = read_file(folder / "a" / name);
        CHECK(text == read_file(folder / "b" / name));
        if (first.hashes.contains(name)) CHECK(to_hex(sha256_of(text)) == first.hashes.at(name));
    }
    options.seed = 2;
    CHECK(play_fake_run(folder / "c", options).hashes != first.hashes);
}

TEST_CASE("an output path that cannot be used is refused at the start, exit 2") {
    const TemporaryFolder folder;
    write_file(folder / "file", "x");
    fs::create_directory(folder / "full");
    write_file(folder / "full" / "letter.txt", "dear");
    fs::create_directories(folder / "tree" / "inner");
    CHECK(exit_code(ErrorKind::usage) == 2);
    CHECK(kind_thrown(folder / "file") == ErrorKind::usage);
    CHECK(kind_thrown(folder / "file", true) == ErrorKind::usage);
    CHECK(kind_thrown(folder / "file" / "below") == ErrorKind::usage);
    CHECK(kind_thrown(folder / "full") == ErrorKind::usage);
    CHECK(kind_thrown(folder / "tree", true) == ErrorKind::usage);
    CHECK(kind_thrown("/") == ErrorKind::usage);
    CHECK(kind_thrown("/proc/nowhere/out") == ErrorKind::usage);
    CHECK(read_file(folder / "full" / "letter.txt") == "dear");
    CHECK(fs::exists(folder / "tree" / "inner"));
    CHECK(names_in(folder.path()) == std::set<std::string>{"file", "full", "tree"});
}

TEST_CASE("absent and empty folders are taken, full ones replaced when asked") {
    const TemporaryFolder folder;
    fs::create_directory(folder / "empty");
    RunFolder(folder / "empty", plain()).finish({});
    CHECK(fs::exists(folder / "empty" / "run.json"));
    RunFolder(folder / "new" / "deep" / "", plain()).finish({});
    CHECK(fs::exists(folder / "new" / "deep" / "run.json"));
    fs::create_directory(folder / "full");
    write_file(folder / "full" / "letter.txt", "dear");
    auto options = plain();
    options.overwrite = true;
    {
        RunFolder run(folder / "full", options);
        CHECK(fs::exists(folder / "full" / "letter.txt"));
        run.finish({});
    }
    CHECK_FALSE(fs::exists(folder / "full" / "letter.txt"));
    CHECK(fs::exists(folder / "full" / "run.json"));
    fs::create_directory_symlink(folder / "full", folder / "link");
    RunFolder(folder / "link", options).finish({});
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(names_in(folder.path()) == std::set<std::string>{"empty", "new", "full", "link"});
}

TEST_CASE("a run that is given up leaves nothing, nor does a killed one for long") {
    const TemporaryFolder folder;
    {
        RunFolder run(folder / "out", plain());
        run.store().append(kTime, 0, RunStarted{});
        run.add(EquityRow{kTime, {}, {}, {}});
        CHECK(names_in(folder.path()).size() == 1);
    }
    CHECK(names_in(folder.path()).empty());
    // What a killed program leaves: a partial folder that nobody holds.
    fs::create_directory(folder / ".out.partial-abcdef");
    write_file(folder / ".out.partial-abcdef" / "equity.csv", "x");
    RunFolder other(folder / "out", plain());
    CHECK_FALSE(fs::exists(folder / ".out.partial-abcdef"));
    const RunFolder same_time(folder / "out", plain());
    CHECK(names_in(folder.path()).size() == 2);
    other.finish({});
    CHECK(fs::exists(folder / "out" / "run.json"));
}

TEST_CASE("a long curve keeps its extremes when it is made small") {
    CurveSampler sampler;
    for (int i = 0; i < 100'000; ++i) {
        const double equity = i == 54'321 ? 900 : i == 77'777 ? -5 : 100 + i % 7;
        sampler.add({i * kMinute}, equity, i == 77'777 ? 1.5 : 0.1);
    }
    const auto points = sampler.points();
    CHECK(points.size() <= 4 * CurveSampler::kMaxBuckets);
    CHECK(points.size() > 500);
    CHECK(points.front().time.ns < 200 * kMinute);
    CHECK(points.back().time.ns == 99'999 * kMinute);
    const auto has = [&](double equity) {
        return std::any_of(points.begin(), points.end(),
                           [&](const CurvePoint& point) { return point.equity == equity; });
    };
    CHECK(has(900));
    CHECK(has(-5));
}
