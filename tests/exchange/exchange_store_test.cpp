#include "broker/exchange/exchange_store.hpp"

#include <fstream>
#include <iterator>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/exchange/wave_market.hpp"

using namespace tradewind;
using broker::ExchangeStore;
using test::Folder;

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

ErrorKind kind_of_opening(const fs::path& folder) {
    try {
        (void)ExchangeStore(folder).open();
    } catch (const Error& error) {
        return error.kind();
    }
    return ErrorKind::failed;
}

}  // namespace

TEST_CASE("a journal line tells any change of it") {
    const auto line = broker::journal_line("{\"k\":\"time\"}");
    const std::string_view bare(line.data(), line.size() - 1);
    REQUIRE(broker::checked_text(bare) == "{\"k\":\"time\"}");
    for (std::size_t i = 0; i < bare.size(); ++i) {
        for (const char change : {'\0', 'x', '0', ' '}) {
            std::string damaged(bare);
            if (damaged[i] == change) continue;
            damaged[i] = change;
            CHECK_FALSE(broker::checked_text(damaged));
        }
        CHECK_FALSE(broker::checked_text(bare.substr(0, i)));
    }
}

TEST_CASE("what was appended is there, after a snapshot only what came after it") {
    const Folder folder;
    {
        ExchangeStore store(folder.path / "new" / "store");
        CHECK_FALSE(store.open());
        store.replace("first");
        store.append("one", true);
        store.append("two", false);
    }
    {
        ExchangeStore store(folder.path / "new" / "store");
        const auto contents = store.open();
        REQUIRE(contents);
        CHECK(contents->snapshot == "first");
        CHECK(contents->records == std::vector<std::string>{"one", "two"});
        store.append("three", true);
        store.replace("second");
        CHECK(store.journal_bytes() == 0);
        store.append("four", true);
    }
    ExchangeStore store(folder.path / "new" / "store");
    const auto contents = store.open();
    REQUIRE(contents);
    CHECK(contents->snapshot == "second");
    CHECK(contents->records == std::vector<std::string>{"four"});
    int journals = 0;
    for (const auto& entry : fs::directory_iterator(folder.path / "new" / "store")) {
        journals += entry.path().filename().string().starts_with("journal.") ? 1 : 0;
    }
    CHECK(journals == 1);
}

TEST_CASE("a second owner is kept out") {
    const Folder folder;
    const ExchangeStore store(folder.path);
    CHECK(kind_of_opening(folder.path) == ErrorKind::locked);
}

TEST_CASE("a torn tail is cut at every byte, and the store goes on behind it") {
    const Folder folder;
    {
        ExchangeStore store(folder.path);
        (void)store.open();
        store.replace("state");
        for (const char* const text : {"one", "two", "three"}) store.append(text, true);
    }
    const auto journal = folder.path / "journal.1";
    const auto whole = read_file(journal);
    const std::vector<std::string> all{"one", "two", "three"};
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        write_file(journal, whole.substr(0, size));
        auto expected = all;
        expected.resize(static_cast<std::size_t>(
            std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size), '\n')));
        {
            ExchangeStore store(folder.path);
            const auto contents = store.open();
            REQUIRE(contents);
            CHECK(contents->records == expected);
            store.append("next", true);
        }
        expected.emplace_back("next");
        ExchangeStore store(folder.path);
        CHECK(store.open()->records == expected);
    }
    // Blocks that the disk allocated but never wrote.
    write_file(journal, whole + std::string(4096, '\0'));
    CHECK(ExchangeStore(folder.path).open()->records == all);
}

TEST_CASE("damage that no interrupted write can leave is corruption") {
    const Folder folder;
    {
        ExchangeStore store(folder.path);
        (void)store.open();
        store.replace("state");
        for (const char* const text : {"one", "two", "three"}) store.append(text, true);
    }
    const auto journal = folder.path / "journal.1";
    const auto snapshot = folder.path / "snapshot";
    const auto whole = read_file(journal);
    const auto whole_snapshot = read_file(snapshot);
    const auto last_line = whole.rfind('\n', whole.size() - 2) + 1;
    for (std::size_t i = 0; i < last_line; ++i) {
        auto damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        write_file(journal, damaged);
        INFO(i);
        CHECK(kind_of_opening(folder.path) == ErrorKind::corrupt);
        CHECK(read_file(journal) == damaged);  // touched nothing
    }
    write_file(journal, whole);
    for (std::size_t i = 0; i < whole_snapshot.size(); ++i) {
        auto damaged = whole_snapshot;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        write_file(snapshot, damaged);
        INFO(i);
        CHECK(kind_of_opening(folder.path) == ErrorKind::corrupt);
    }
    write_file(snapshot, whole_snapshot);
    fs::remove(journal);
    CHECK(kind_of_opening(folder.path) == ErrorKind::corrupt);
}

TEST_CASE("a kill between the steps of a new snapshot leaves the old pair or the new one") {
    const Folder folder;
    {
        ExchangeStore store(folder.path);
        (void)store.open();
        store.replace("old");
        store.append("one", true);
    }
    // The new journal and the temporary snapshot are there, the rename did not happen.
    write_file(folder.path / "journal.2", "");
    write_file(folder.path / "snapshot.new", "half");
    {
        ExchangeStore store(folder.path);
        const auto contents = store.open();
        CHECK(contents->snapshot == "old");
        CHECK(contents->records == std::vector<std::string>{"one"});
        store.replace("new");
        store.append("two", true);
    }
    // The rename happened, the old journal is still there.
    write_file(folder.path / "journal.1", broker::journal_line("one"));
    const auto contents = ExchangeStore(folder.path).open();
    CHECK(contents->snapshot == "new");
    CHECK(contents->records == std::vector<std::string>{"two"});
}

TEST_CASE("a snapshot of a newer form is refused and left alone") {
    const Folder folder;
    write_file(folder.path / "snapshot", "tradewind-exchange 2 1\nwhatever\n");
    CHECK(kind_of_opening(folder.path) == ErrorKind::corrupt);
    CHECK(read_file(folder.path / "snapshot") == "tradewind-exchange 2 1\nwhatever\n");
}

TEST_CASE("a folder that cannot be made is a usage error") {
    const Folder folder;
    write_file(folder.path / "file", "");
    CHECK(kind_of_opening(folder.path / "file" / "store") == ErrorKind::usage);
}
