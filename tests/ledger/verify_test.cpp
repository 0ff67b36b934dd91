#include "ledger/verify.hpp"

#include <functional>

#include "ledger/checksum_file.hpp"
#include "ledger/csv_file.hpp"
#include "ledger/event_store.hpp"
#include "ledger/report.hpp"
#include "ledger/sqlite.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/ledger/fake_run.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::law;
using tradewind::test::read_file;
using tradewind::test::TemporaryFolder;
using tradewind::test::write_file;
namespace fs = std::filesystem;

namespace {

// The message of the refusal; fails when the folder is accepted or the kind is another.
std::string refusal(const fs::path& folder, ErrorKind kind = ErrorKind::corrupt) {
    try {
        (void)verify_folder(folder);
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
    FAIL("the folder was accepted");
    return {};
}

// One run, made once, copied for each test.
const fs::path& original() {
    static const TemporaryFolder folder;
    static const fs::path run = [] {
        test::FakeRunOptions options;
        options.days = 40;
        options.bars_per_day = 2;
        test::play_fake_run(folder / "run", options);
        return folder / "run";
    }();
    return run;
}

void replace_first(const fs::path& file, const std::string& from, const std::string& to) {
    auto text = read_file(file);
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    write_file(file, text);
}

// Makes the checksums fit again, so that the deeper checks must find the fault.
void seal(const fs::path& folder) {
    write_file(folder / kChecksumFile, checksum_text(folder));
}

class Copy {
  public:
    Copy() : path_(folder_ / "run") { fs::copy(original(), path_); }
    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

  private:
    TemporaryFolder folder_;
    fs::path path_;
};

}  // namespace

TEST_CASE("a finished run is accepted, whatever is drawn") {
    law("fake runs verify", [] {
        const TemporaryFolder folder;
        test::FakeRunOptions options;
        options.seed = *rc::gen::arbitrary<std::uint64_t>();
        options.days = *rc::gen::inRange(1, 25);
        options.symbols = *rc::gen::inRange(1, 7);
        options.bars_per_day = *rc::gen::inRange(1, 4);
        options.report = false;
        const auto result = test::play_fake_run(folder / "run", options);
        const auto verified = verify_folder(folder / "run");
        RC_ASSERT(verified.run_folder);
        RC_ASSERT(verified.equity_rows ==
                  static_cast<std::uint64_t>(options.days * options.bars_per_day));
        RC_ASSERT(verified.fills == static_cast<std::uint64_t>(result.statistics.fills));
    });
}

TEST_CASE("verification changes nothing") {
    const Copy run;
    const auto sums = checksum_text(run.path());
    (void)verify_folder(run.path());
    CHECK(checksum_text(run.path()) == sums);
    CHECK_FALSE(fs::exists(run / "ledger.db-wal"));
}

TEST_CASE("one changed byte in any file is refused, naming the file") {
    const Copy run;
    for (const auto& entry : fs::directory_iterator(original())) {
        const auto name = entry.path().filename().string();
        const auto file = run / name.c_str();
        const auto text = read_file(file);
        if (text.empty()) {
            write_file(file, "x");
            CHECK(refusal(run.path()).find(name) != std::string::npos);
            write_file(file, text);
            continue;
        }
        test::Draws draws(text.size());
        // Both ends, and places between.
        std::vector<std::size_t> places{0, text.size() - 1};
        for (int i = 0; i < 25; ++i) places.push_back(draws.below(text.size()));
        for (const auto place : places) {
            auto changed = text;
            changed[place] = static_cast<char>(changed[place] ^ 1 << draws.below(8));
            write_file(file, changed);
            const auto message = refusal(run.path());
            CAPTURE(message, name, place);
            // A changed SHA256SUMS is told by its own line or by the file it no longer fits.
            CHECK((name == kChecksumFile || message.find(name) != std::string::npos));
        }
        write_file(file, text + "\n");
        CHECK(refusal(run.path()).find(name) != std::string::npos);
        write_file(file, text.substr(0, text.size() - 1));
        CHECK(refusal(run.path()).find(name) != std::string::npos);
        write_file(file, text);
    }
    CHECK_NOTHROW((void)verify_folder(run.path()));
}

TEST_CASE("missing and extra files are refused") {
    for (const auto& entry : fs::directory_iterator(original())) {
        const Copy run;
        const auto name = entry.path().filename().string();
        fs::remove(run / name.c_str());
        CHECK(refusal(run.path()).find(name) != std::string::npos);
    }
    const Copy run;
    write_file(run / "note.txt", "hello");
    CHECK(refusal(run.path()).find("note.txt") != std::string::npos);
    fs::remove(run / "note.txt");
    fs::create_directory(run / "folder");
    CHECK(refusal(run.path()).find("folder") != std::string::npos);
    fs::remove(run / "folder");
    fs::remove(run / "trades.csv");
    seal(run.path());
    CHECK(refusal(run.path()).find("trades.csv") != std::string::npos);
}

TEST_CASE("content that does not add up is found behind fitting checksums") {
    const std::pair<const char*, std::function<void(const Copy&)>> faults[] = {
        {"fills.csv",
         [](const Copy& run) {
             auto text = read_file(run / "fills.csv");
             text.replace(text.size() - 2, 1, text[text.size() - 2] == '1' ? "2" : "1");
             write_file(run / "fills.csv", text);
         }},
        {"equity.csv",
         [](const Copy& run) {
             auto text = read_file(run / "equity.csv");
             const auto line = text.rfind('\n', text.size() - 2);
             write_file(run / "equity.csv",
                        text.substr(0, line + 1) + "2030-01-01T00:00:00Z,1,2,3,2,0.99997\n");
         }},
        {"equity.csv", [](const Copy& run) { replace_first(run / "equity.csv", "Z,1", "Z,9"); }},
        {"equity.csv",
         [](const Copy& run) { replace_first(run / "equity.csv", "time,", "Time,"); }},
        {"positions.csv",
         [](const Copy& run) {
             const auto text = read_file(run / "positions.csv");
             const auto second = text.find('\n', text.find('\n') + 1);
             write_file(run / "positions.csv", text.substr(0, second + 1) +
                                                   "2024-03-05T21:00:00Z,AAPL,1,1,7,8,0" +
                                                   text.substr(second));
         }},
        {"positions.csv",
         [](const Copy& run) {
             const auto text = read_file(run / "positions.csv");
             const auto first = text.find('\n') + 1;
             auto row = text.substr(first, text.find('\n', first) - first);
             // The same value from a price of 0.
             const auto symbol = row.find(',') + 1;
             const auto head = row.substr(0, row.find(',', symbol) + 1);
             write_file(run / "positions.csv", text.substr(0, first) + head + "123456,1,0,0,0" +
                                                   text.substr(first + row.size()));
         }},
        {"orders.csv",
         [](const Copy& run) { replace_first(run / "orders.csv", "filled", "expired"); }},
        {"decisions.csv",
         [](const Copy& run) { replace_first(run / "decisions.csv", "ordered", "skipped"); }},
        {"trades.csv",
         [](const Copy& run) { replace_first(run / "trades.csv", ",buy,", ",sell,"); }},
        {"run.json",
         [](const Copy& run) {
             replace_first(run / "run.json", "\"final_cash\": \"", "\"final_cash\": \"1");
         }},
        {"run.json",
         [](const Copy& run) {
             replace_first(run / "run.json", "\"final_equity\": \"", "\"final_equity\": \"1");
         }},
        {"run.json", [](const Copy& run) { replace_first(run / "forecasts.csv", "ewma", "toto"); }},
        {"ledger.db",
         [](const Copy& run) {
             const Database database(run / "ledger.db", OpenMode::read_write);
             database.execute("UPDATE event_blocks SET events = events || ' '");
         }},
        {"ledger.db",
         [](const Copy& run) {
             const Database database(run / "ledger.db", OpenMode::read_write);
             database.execute(
                 "UPDATE fills SET fee = '0' WHERE sequence = (SELECT max(sequence) FROM fills)");
         }},
    };
    for (const auto& [name, fault] : faults) {
        const Copy run;
        fault(run);
        seal(run.path());
        const auto message = refusal(run.path());
        CAPTURE(message);
        CHECK(message.find(name) != std::string::npos);
    }
}

TEST_CASE("a new report keeps the folder acceptable and launders nothing") {
    const Copy run;
    fs::remove(run / "report.html");
    CHECK(write_report(run.path()) == run / "report.html");
    CHECK_NOTHROW((void)verify_folder(run.path()));
    replace_first(run / "statistics.json", "\"days\": ", "\"days\": 1");
    write_report(run.path());
    CHECK(refusal(run.path()).find("statistics.json") != std::string::npos);
    CHECK_THROWS_AS(write_report(run.path(), run / "page.html"), Error);
}

TEST_CASE("a state folder is verified open and closed, and refused when damaged") {
    const TemporaryFolder folder;
    const auto order = test::fake_order(1, Symbol("AAPL"), Side::buy, Quantity::whole(3));
    {
        EventStore store(folder.path());
        store.append({1}, 0, order);
        store.append({2}, 0, test::fake_fill(1, order, Quantity::whole(3), Price::whole(7)));
        store.commit();
        const auto open = verify_folder(folder.path());
        CHECK_FALSE(open.run_folder);
        CHECK(open.events == 2);
        store.append({3}, 0, RunEnded{"stop"});
        store.close();
    }
    CHECK(verify_folder(folder.path()).events == 3);
    const auto text = read_file(folder / kStoreFile);
    const auto at = text.find("\"price\":\"7\"");
    REQUIRE(at != std::string::npos);
    auto changed = text;
    changed[at + 9] = '8';
    write_file(folder / kStoreFile, changed);
    CHECK(refusal(folder.path()).find("event 2") != std::string::npos);
    write_file(folder / kStoreFile, text.substr(0, text.size() / 2));
    CHECK(refusal(folder.path()).find(kStoreFile) != std::string::npos);
}

TEST_CASE("what is no folder of ours is a matter of usage") {
    const TemporaryFolder folder;
    refusal(folder.path(), ErrorKind::usage);
    refusal(folder / "absent", ErrorKind::usage);
    const Copy run;
    fs::remove(run / "SHA256SUMS");
    CHECK(refusal(run.path()).find("SHA256SUMS") != std::string::npos);
}
