#include "ledger/table_export.hpp"

#include "ledger/csv_reader.hpp"
#include "ledger/event_store.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/ledger/fake_run.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::read_file;
using tradewind::test::TemporaryFolder;
using tradewind::test::write_file;
namespace fs = std::filesystem;

TEST_CASE("a store's tables are those of the run folder, byte for byte") {
    const TemporaryFolder folder;
    test::FakeRunOptions options;
    options.bars_per_day = 2;
    const auto run = folder / "run";
    test::play_fake_run(run, options);
    const auto state = folder / "state";
    fs::create_directory(state);
    fs::copy(run / kStoreFile, state / kStoreFile);
    fs::create_directory(folder / "out");

    Timestamp end;
    for (CsvReader rows(run, kEquityCsv); rows.next();) end = rows.timestamp(0);
    write_state_tables(state, folder / "out", end);
    for (const auto* table : kStateTables) {
        INFO(table->file);
        const auto text = read_file(run / table->file);
        CHECK(text.find('\n') + 1 < text.size());  // has rows
        CHECK(read_file(folder / "out" / table->file) == text);
    }

    // Without a time, open orders end with the newest event.
    write_state_tables(state, folder / "out");
    const auto newest = read_store(state / kStoreFile, false).state.last_time();
    bool seen = false;
    for (CsvReader rows(folder / "out", kOrdersCsv); rows.next();) {
        if (rows.cell(rows.column("reason")) != "end_of_data") continue;
        seen = true;
        CHECK(rows.timestamp(rows.column("closed_time")) == newest);
    }
    CHECK(seen);
}

TEST_CASE("a broken store is refused") {
    const TemporaryFolder folder;
    write_file(folder / kStoreFile, "not a database");
    try {
        write_state_tables(folder.path(), folder.path());
        FAIL("nothing was thrown");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::corrupt);
    }
}

TEST_CASE("every cell of a run is of its column's kind") {
    const TemporaryFolder folder;
    test::play_fake_run(folder / "run", {});
    for (const auto* table : kRunTables) {
        const auto columns = columns_of(*table);
        std::size_t cells = 0;
        for (CsvReader rows(folder / "run", *table); rows.next();) {
            for (std::size_t i = 0; i < columns.size(); ++i) {
                INFO(rows.place() << ' ' << columns[i].name);
                const auto cell = rows.cell(i);
                ++cells;
                if (cell.empty()) continue;
                const bool time = parse_time(cell).has_value();
                const bool decimal = Money::parse(cell).has_value();
                switch (columns[i].kind) {
                    case ColumnKind::time:
                        CHECK(time);
                        break;
                    case ColumnKind::decimal:
                        CHECK(decimal);
                        break;
                    case ColumnKind::real:
                        CHECK_FALSE(time);
                        break;
                    case ColumnKind::text:
                        CHECK_FALSE(time);
                        break;
                }
            }
        }
        INFO(table->file);
        CHECK(cells > 0);
    }
}
