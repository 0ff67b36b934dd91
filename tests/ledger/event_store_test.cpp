#include "ledger/event_store.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <thread>

#include "ledger/exclusive_lock.hpp"
#include "ledger/sqlite.hpp"
#include "ledger/state_recovery.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/ledger/fake_run.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::fake_fill;
using tradewind::test::fake_order;
using tradewind::test::law;
using tradewind::test::TemporaryFolder;

namespace {

const Symbol kAapl("AAPL");
const Timestamp kTime = utc_midnight(date_of(2024, 5, 6)) + 15 * kHour;

StoreOptions buffered(std::uint32_t chunk = 7) {
    StoreOptions options;
    options.durability = Durability::buffered;
    options.chunk_events = chunk;
    return options;
}

Adjustment deposit(const char* cash) {
    Adjustment adjustment;
    adjustment.cash = Money::of(cash);
    adjustment.reason = "starting cash";
    return adjustment;
}

// A round trip long, a short left open, an order left open, a halt, a plan, a counter.
void fill_store(EventStore& store) {
    store.append(kTime, 0, RunStarted{"paper", "0.1.0", "test"});
    store.append(kTime, 0, deposit("100000"));
    store.append(kTime, 1, SessionEvent{SessionPhase::opened, date_of(2024, 5, 6), false});
    Decision decision;
    decision.decision_id = "decision.1";
    decision.time = kTime;
    decision.symbol = kAapl;
    decision.outcome = "ordered";
    decision.score = 0.1;
    store.append(kTime, 1, decision);
    const auto first = fake_order(1, kAapl, Side::buy, Quantity::whole(10));
    store.append(kTime, 2, first);
    store.append(kTime, 3,
                 OrderEvent{OrderEventKind::accepted, first.order_id, kAapl, kTime, {}, {}});
    store.append(kTime, 4, fake_fill(1, first, Quantity::whole(4), Price::of("100")));
    store.append(kTime, 5, fake_fill(2, first, Quantity::whole(6), Price::of("101")));
    const auto second = fake_order(2, kAapl, Side::sell, Quantity::whole(15));
    store.append(kTime, 6, second);
    store.append(kTime, 7, fake_fill(3, second, Quantity::whole(15), Price::of("103")));
    store.append(kTime, 8, fake_order(3, kAapl, Side::buy, Quantity::whole(5)));
    Decision promised = decision;
    promised.decision_id = "decision.promised";
    store.append(kTime, 9, promised);
    store.append(kTime, 9, HaltTrading{KillCause::signal, false, "SIGUSR1"});
    store.append(kTime, 9,
                 PlanRecord{"exit.AAPL", "exit", kAapl, "fake", "listening", false, "{}"});
    store.append(kTime, 9,
                 PlanRecord{"exit.MSFT", "exit", Symbol("MSFT"), "fake", "done", true, ""});
    store.append(kTime, 9, CounterRecord{"posts", 41});
    store.append(kTime, 9, CounterRecord{"posts", 42});
}

ErrorKind kind_thrown(const std::function<void()>& action, std::string* message = nullptr) {
    try {
        action();
    } catch (const Error& error) {
        if (message != nullptr) *message = error.what();
        return error.kind();
    }
    FAIL("nothing was thrown");
    return ErrorKind::failed;
}

void check_recovered(const RecoveredState& state) {
    // 100000 - 4*100 - 6*101 + 15*103, fees 0.1 %.
    CHECK(state.cash == Money::of("100536.449"));
    REQUIRE(state.positions.count(kAapl) == 1);
    CHECK(state.positions.at(kAapl).quantity == Quantity::whole(-5));
    CHECK(state.positions.at(kAapl).cost == Money::whole(-515));
    REQUIRE(state.open_orders.size() == 1);
    CHECK(state.open_orders[0].order_id == "order.3");
    CHECK(state.open_orders[0].status == OrderStatus::pending_new);
    CHECK(state.open_orders[0].exit_plan.target == Price::of("110"));
    REQUIRE(state.open_decisions.size() == 1);
    CHECK(state.open_decisions[0].decision_id == "decision.promised");
    CHECK(state.fill_ids == std::set<std::string>{"fill.1", "fill.2", "fill.3"});
    REQUIRE(state.open_plans.size() == 1);
    CHECK(state.open_plans[0].content == "{}");
    CHECK(state.counters.at("posts") == 42);
    CHECK(state.halted);
    CHECK(state.halt.cause == KillCause::signal);
    CHECK_FALSE(state.clean_stop);
}

}  // namespace

TEST_CASE("a new store recovers to nothing") {
    const TemporaryFolder folder;
    const EventStore store(folder / "state");
    const auto state = recover(store.state());
    CHECK(state.last_sequence == 0);
    CHECK(state.clean_stop);
    CHECK(state.cash.is_zero());
    CHECK(state.open_orders.empty());
    CHECK_FALSE(state.halted);
}

TEST_CASE("events come back after closing and opening, in both modes") {
    for (const auto& options : {StoreOptions{}, buffered(), buffered(100'000)}) {
        const TemporaryFolder folder;
        std::string head;
        {
            EventStore store(folder.path(), options);
            fill_store(store);
            check_recovered(recover(store.state()));
            store.commit();
            head = store.head_hash();
            store.close();
            store.close();
            CHECK_FALSE(std::filesystem::exists(folder / "ledger.db-wal"));
        }
        EventStore store(folder.path(), options);
        CHECK(store.head_hash() == head);
        CHECK(store.last_sequence() == 17);
        check_recovered(recover(store.state()));
        REQUIRE(store.state().trades().size() == 1);
        CHECK(store.state().trades()[0].pnl == Money::of("21.964"));
        CHECK(store.state().find_order("order.1")->order.status == OrderStatus::filled);
        store.rebuild_and_compare();
        const auto events = store.read(4, 2);
        REQUIRE(events.size() == 2);
        CHECK(events[0].kind == EventKind::decision);
        CHECK(events[1].kind == EventKind::order_intent);
        CHECK(events[1].causation == 2);
        CHECK(events[0].payload ==
              R"({"decision_id":"decision.1","outcome":"ordered","score":"0.1",)"
              R"("symbol":"AAPL","time":1715007600000000000})");
        store.append(kTime, 10, ResumeTrading{"by hand"});
        store.append(kTime, 10, RunEnded{"stop"});
        store.close();
        const auto reading = read_store(folder / kStoreFile, true, true);
        CHECK(reading.event_count == 19);
        CHECK(reading.events.size() == 19);
        CHECK_FALSE(recover(reading.state).halted);
        CHECK(recover(reading.state).clean_stop);
    }
}

TEST_CASE("a long replay writes in batches what a synced store writes one by one") {
    const TemporaryFolder folder;
    std::string head;
    std::vector<StoredEvent> rows;
    for (const bool replay : {false, true}) {
        const auto path = folder / (replay ? "buffered" : "synced");
        EventStore store(path, replay ? buffered(1'000) : StoreOptions{});
        store.append(kTime, 0, deposit("100000"));
        for (std::uint32_t i = 1; i <= 700; ++i) {
            const auto side = i % 2 == 0 ? Side::sell : Side::buy;
            const auto order = fake_order(i, kAapl, side, Quantity::whole(10));
            store.append(kTime + i, i, order);
            store.append(kTime + i, i,
                         fake_fill(i, order, Quantity::whole(10), Price::of("100.25")));
        }
        store.commit();
        head = store.head_hash();
        store.close();
        const auto reading = read_store(path / kStoreFile, true, true);
        CHECK(reading.event_count == 1'401);
        CHECK(reading.head_hash == head);
        CHECK(reading.state.trades().size() == 350);
        if (!replay) {
            rows = reading.events;
            continue;
        }
        // The same events, in two blocks, and SQLite's view shows them one by one.
        CHECK(reading.events == rows);
        const Database database(path / kStoreFile, OpenMode::immutable);
        CHECK(database.number("SELECT count(*) FROM event_blocks") == 2);
        Statement shown(database,
                        "SELECT sequence, time, kind, causation, payload FROM events "
                        "ORDER BY sequence");
        for (const auto& event : rows) {
            REQUIRE(shown.step());
            CHECK(shown.number(0) == static_cast<std::int64_t>(event.sequence));
            CHECK(shown.number(1) == event.time.ns);
            CHECK(shown.text(2) == to_text(event.kind));
            CHECK(shown.number(3) == static_cast<std::int64_t>(event.causation));
            CHECK(shown.text(4) == event.payload);
        }
        CHECK_FALSE(shown.step());
    }
}

TEST_CASE("a store of blocks goes on as one, synced or not, and reads from any event") {
    const TemporaryFolder folder;
    {
        EventStore store(folder.path(), buffered(5));
        fill_store(store);
        store.close();
    }
    EventStore store(folder.path());
    store.append(kTime, 10, ResumeTrading{"by hand"});
    store.append(kTime, 10, RunEnded{"stop"});
    store.commit();
    store.rebuild_and_compare();
    for (std::uint64_t from = 1; from <= 20; ++from) {
        const auto events = store.read(from, 7);
        REQUIRE(events.size() == std::min<std::uint64_t>(7, 20 - from));
        for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i].sequence == from + i);
    }
    const auto head = store.head_hash();
    store.close();
    const auto reading = read_store(folder / kStoreFile, true);
    CHECK(reading.event_count == 19);
    CHECK(reading.head_hash == head);
    const Database database(folder / kStoreFile, OpenMode::immutable);
    CHECK(database.number("SELECT count(*) FROM event_blocks") == 5);  // 5 + 5 + 5 + 2, and 2
}

TEST_CASE("acknowledgement follows the durability of the store") {
    const TemporaryFolder folder;
    EventStore synced(folder / "synced");
    synced.append(kTime, 1, deposit("1"));
    CHECK(synced.last_sequence() == 1);
    CHECK(synced.acknowledged_sequence() == 0);
    synced.commit();
    CHECK(synced.acknowledged_sequence() == 1);
    EventStore replay(folder / "replay", buffered());
    replay.append(kTime, 1, deposit("1"));
    CHECK(replay.acknowledged_sequence() == 1);
}

TEST_CASE("what was not committed is dropped, what was is kept") {
    const TemporaryFolder folder;
    {
        EventStore store(folder.path());
        store.append(kTime, 1, deposit("5"));
        store.commit();
        store.append(kTime, 1, deposit("7"));
    }
    const EventStore store(folder.path());
    CHECK(store.last_sequence() == 1);
    CHECK(store.state().cash() == Money::whole(5));
}

TEST_CASE("a fill is booked once, also after a restart") {
    const TemporaryFolder folder;
    const auto order = fake_order(1, kAapl, Side::buy, Quantity::whole(10));
    const auto fill = fake_fill(1, order, Quantity::whole(10), Price::of("99.5"));
    const OrderEvent event{OrderEventKind::filled, order.order_id, kAapl, fill.time, fill, {}};
    Money cash;
    {
        EventStore store(folder.path());
        store.append(kTime, 1, order);
        CHECK(store.append(kTime, 1, event) == 2);
        CHECK(store.append(kTime, 2, event) == 2);
        CHECK(store.append(kTime, 2, fill) == 2);
        cash = store.state().cash();
        CHECK(cash == Money::of("-995.995"));
        store.close();
    }
    EventStore store(folder.path());
    CHECK(store.append(kTime, 9, event) == 2);
    CHECK(store.state().cash() == cash);
    CHECK(store.last_sequence() == 2);
}

TEST_CASE("a second intent amends an open order and never a closed one") {
    const TemporaryFolder folder;
    EventStore store(folder.path(), buffered());
    auto order = fake_order(1, kAapl, Side::buy, Quantity::whole(10));
    store.append(kTime, 1, order);
    store.append(kTime, 1,
                 OrderEvent{OrderEventKind::accepted, order.order_id, kAapl, kTime, {}, {}});
    order.quantity = Quantity::whole(3);
    store.append(kTime, 1, order);
    CHECK(store.state().find_order("order.1")->order.quantity == Quantity::whole(3));
    CHECK(store.state().find_order("order.1")->order.status == OrderStatus::new_order);
    store.append(kTime, 1,
                 OrderEvent{OrderEventKind::canceled, order.order_id, kAapl, kTime, {}, {}});
    CHECK_THROWS_AS(store.append(kTime, 1, order), InvariantBroken);
    CHECK(store.last_sequence() == 4);
}

TEST_CASE("a second writer is refused with the code of the contract") {
    const TemporaryFolder folder;
    std::optional<EventStore> store(std::in_place, folder.path());
    std::string message;
    CHECK(kind_thrown([&] { const EventStore second(folder.path()); }, &message) ==
          ErrorKind::locked);
    CHECK(exit_code(ErrorKind::locked) == 42);
    CHECK(message.find("ledger.lock") != std::string::npos);
    store.reset();
    CHECK_NOTHROW(EventStore(folder.path()));
}

// The reference read, modified and wrote its maps in several processes at once.
TEST_CASE("H37 a store has one owner, and no writing of it is lost", "[hazard]") {
    const TemporaryFolder folder;
    {
        const EventStore owner(folder.path());
        CHECK(kind_thrown([&] { const EventStore second(folder.path()); }) == ErrorKind::locked);
    }
    constexpr int kWriters = 4;
    constexpr int kEach = 6;
    const auto write = [&folder] {
        for (int done = 0; done < kEach;) {
            try {
                EventStore store(folder.path());
                store.append(kTime, 1, deposit("1"));
                store.commit();
                ++done;
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::locked) throw;
                std::this_thread::yield();
            }
        }
    };
    std::vector<std::future<void>> writers;
    for (int i = 0; i < kWriters; ++i) {
        writers.push_back(std::async(std::launch::async, write));
    }
    for (auto& writer : writers) CHECK_NOTHROW(writer.get());
    const EventStore store(folder.path());
    CHECK(store.state().cash() == Money::whole(kWriters * kEach));
    CHECK(store.last_sequence() == kWriters * kEach);
}

TEST_CASE("adopted positions and cash enter without fills") {
    const TemporaryFolder folder;
    EventStore store(folder.path(), buffered());
    Adjustment adopted;
    adopted.kind = AdjustmentKind::adopted;
    adopted.symbol = kAapl;
    adopted.strategy = "fake";
    adopted.quantity = Quantity::whole(-20);
    adopted.price = Price::of("50");
    store.append(kTime, 1, adopted);
    CHECK(store.state().position(kAapl).quantity == Quantity::whole(-20));
    CHECK(store.state().position(kAapl).cost == Money::whole(-1000));
    CHECK(store.state().cash().is_zero());
    const auto order = fake_order(1, kAapl, Side::buy, Quantity::whole(20));
    store.append(kTime, 1, order);
    store.append(kTime, 2, fake_fill(1, order, Quantity::whole(20), Price::of("40")));
    REQUIRE(store.state().trades().size() == 1);
    CHECK(store.state().trades()[0].pnl == Money::of("199.2"));
    adopted.quantity = {};
    store.append(kTime, 3, adopted);
    CHECK(store.state().positions().empty());
    store.close();
    CHECK(read_store(folder / kStoreFile, true).state.trades().size() == 1);
}

namespace {

struct StoreFault {
    const char* sql;
    const char* place;  // that the refusal names
};

constexpr StoreFault kRowFaults[] = {
    {"UPDATE events SET payload = replace(payload, '101', '102') WHERE sequence = 8", "event 8"},
    {"UPDATE events SET time = time + 1 WHERE sequence = 3", "event 3"},
    {"UPDATE events SET causation = 77 WHERE sequence = 5", "event 5"},
    {"UPDATE events SET kind = 'resume' WHERE sequence = 13", "event 13"},
    {"UPDATE events SET hash = zeroblob(32) WHERE sequence = 1", "event 1"},
    {"DELETE FROM events WHERE sequence = 6", "event 6"},
    {"DELETE FROM events WHERE sequence = 17", "table counters"},
    {"INSERT INTO events SELECT 18, time, kind, causation, payload, hash FROM events "
     "WHERE sequence = 17",
     "event 18"},
};
// Blocks of five events.
constexpr StoreFault kBlockFaults[] = {
    {"UPDATE event_blocks SET events = replace(events, '101', '102') WHERE first_sequence = 6",
     "event 6"},
    {"UPDATE event_blocks SET events = replace(events, '[3,', '[4,') WHERE first_sequence = 1",
     "event 1"},
    {"UPDATE event_blocks SET events = events || ' ' WHERE first_sequence = 11", "event 11"},
    {"UPDATE event_blocks SET hash = zeroblob(32) WHERE first_sequence = 6", "event 6"},
    {"UPDATE event_blocks SET first_sequence = 12 WHERE first_sequence = 11", "event 11"},
    {"DELETE FROM event_blocks WHERE first_sequence = 6", "event 6"},
    {"DELETE FROM event_blocks WHERE first_sequence = 16", "table counters"},
    {"INSERT INTO event_blocks SELECT 18, events, hash FROM event_blocks "
     "WHERE first_sequence = 16",
     "event 18"},
};
constexpr StoreFault kTableFaults[] = {
    {"UPDATE orders SET status = 'canceled' WHERE order_id = 'order.3'", "table orders"},
    {"UPDATE fills SET cash = '1' WHERE fill_id = 'fill.2'", "table fills"},
    {"UPDATE positions SET quantity = '5'", "table positions"},
    {"DELETE FROM decisions WHERE decision_id = 'decision.1'", "table decisions"},
    {"UPDATE plans SET closed = 0", "table plans"},
    {"INSERT INTO counters VALUES ('zero', 0)", "table counters"},
    {"UPDATE trades SET pnl = '22'", "table trades"},
    {"UPDATE account SET value = 'false' WHERE name = 'halted'", "table account"},
};

void check_refused(const StoreFault& fault, const StoreOptions& options) {
    const TemporaryFolder folder;
    {
        EventStore store(folder.path(), options);
        fill_store(store);
        store.close();
    }
    Database(folder / kStoreFile, OpenMode::read_write).execute(fault.sql);
    const auto before = test::read_file(folder / kStoreFile);
    std::string message;
    CAPTURE(fault.sql);
    CHECK(kind_thrown([&] { const EventStore store(folder.path()); }, &message) ==
          ErrorKind::corrupt);
    CAPTURE(message);
    CHECK(message.find(fault.place) != std::string::npos);
    CHECK(kind_thrown([&] { (void)read_store(folder / kStoreFile, true); }) == ErrorKind::corrupt);
    CHECK(test::read_file(folder / kStoreFile) == before);
}

}  // namespace

TEST_CASE("a changed event breaks the chain at its place, a changed table is found") {
    for (const auto& fault : kRowFaults) check_refused(fault, StoreOptions{});
    for (const auto& fault : kBlockFaults) check_refused(fault, buffered(5));
    for (const auto& fault : kTableFaults) {
        check_refused(fault, StoreOptions{});
        check_refused(fault, buffered());
    }
}

TEST_CASE("every byte of a block counts") {
    const TemporaryFolder folder;
    std::string text;
    {
        EventStore store(folder.path(), buffered());
        fill_store(store);
        store.close();
        text = Database(folder / kStoreFile, OpenMode::immutable)
                   .text("SELECT events FROM event_blocks");
    }
    REQUIRE(text.size() > 1'000);
    for (std::size_t at = 0; at < text.size(); at += 97) {
        auto changed = text;
        changed[at] = changed[at] == 'x' ? 'y' : 'x';
        const Database database(folder / kStoreFile, OpenMode::read_write);
        Statement update(database, "UPDATE event_blocks SET events = ?");
        update.bind(1, changed);
        update.run();
        CAPTURE(at);
        CHECK(kind_thrown([&] { (void)read_store(folder / kStoreFile, false); }) ==
              ErrorKind::corrupt);
    }
}

TEST_CASE("a newer schema and foreign files are refused untouched") {
    const TemporaryFolder folder;
    const auto file = folder / kStoreFile;
    const auto refused_untouched = [&](const char* why) {
        const auto before = test::read_file(file);
        std::string message;
        CHECK(kind_thrown([&] { const EventStore store(folder.path()); }, &message) ==
              ErrorKind::corrupt);
        CHECK(message.find(why) != std::string::npos);
        CHECK(test::read_file(file) == before);
    };
    EventStore(folder.path()).close();
    Database(file, OpenMode::read_write).execute("PRAGMA user_version = 99");
    refused_untouched("newer schema");
    test::write_file(file, "time,open,high,low,close,volume\n" + std::string(200, 'x'));
    refused_untouched("not an event store");
    std::filesystem::remove(file);
    Database(file, OpenMode::read_write).execute("CREATE TABLE letters (text TEXT)");
    refused_untouched("not an event store");
}

TEST_CASE("an older schema is copied aside, migrated and keeps its events") {
    const TemporaryFolder folder;
    std::string head;
    {
        EventStore store(folder.path());
        fill_store(store);
        head = store.head_hash();
        store.close();
    }
    Database(folder / kStoreFile, OpenMode::read_write)
        .execute(
            "PRAGMA user_version = 0; ALTER TABLE fills DROP COLUMN cash;"
            "DROP TABLE plans; CREATE TABLE outdated (name TEXT);");
    {
        EventStore store(folder.path());
        CHECK(store.head_hash() == head);
        check_recovered(recover(store.state()));
        store.append(kTime, 11, ResumeTrading{"after the migration"});
        store.close();
    }
    CHECK(std::filesystem::exists(folder / "ledger.db.schema-0"));
    const auto reading = read_store(folder / kStoreFile, true);
    CHECK(reading.event_count == 18);
    const Database database(folder / kStoreFile, OpenMode::immutable);
    CHECK(database.number("PRAGMA user_version") == kSchemaVersion);
    CHECK(database.number("SELECT count(*) FROM sqlite_master WHERE name = 'outdated'") == 0);
}

TEST_CASE("a writer killed at any moment leaves every acknowledged event") {
    for (int attempt = 0; attempt < 6; ++attempt) {
        const TemporaryFolder folder;
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            // Tells the parent each acknowledged sequence until it is killed.
            EventStore store(folder.path());
            for (int i = 1;; ++i) {
                const auto order = fake_order(i, kAapl, Side::buy, Quantity::whole(2));
                store.append(kTime, 1, order);
                store.append(kTime, 1, fake_fill(i, order, Quantity::whole(2), Price::of("10")));
                store.commit();
                const auto known = store.acknowledged_sequence();
                if (::write(ends[1], &known, sizeof known) != sizeof known) ::_exit(0);
            }
        }
        ::close(ends[1]);
        std::uint64_t acknowledged = 0;
        for (int i = 0; i < 3 + attempt * 7; ++i) {
            REQUIRE(::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged);
        }
        ::kill(child, SIGKILL);
        while (::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
        }
        ::close(ends[0]);
        ::waitpid(child, nullptr, 0);
        CHECK(read_store(folder / kStoreFile, false).event_count >= acknowledged);
        const EventStore store(folder.path());
        CHECK(store.last_sequence() >= acknowledged);
        CHECK(store.last_sequence() % 2 == 0);
        CHECK(store.state().fills().size() == store.last_sequence() / 2);
    }
}

TEST_CASE("a full disk loses nothing: the commit is repeated when there is room") {
    const TemporaryFolder folder;
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit old_limit{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old_limit) == 0);
    {
        StoreOptions options;
        options.reserve_bytes = 65'536;
        EventStore store(folder.path(), options);
        CHECK(std::filesystem::file_size(folder / "ledger.reserve") == 65'536);
        fill_store(store);
        store.commit();
        const auto acknowledged = store.acknowledged_sequence();
        store.append(kTime, 1,
                     PlanRecord{"big", "exit", {}, "", "", false, std::string(200'000, 'x')});
        rlimit small = old_limit;
        small.rlim_cur = 100'000;
        ::setrlimit(RLIMIT_FSIZE, &small);
        CHECK(kind_thrown([&] { store.commit(); }) == ErrorKind::failed);
        CHECK(store.acknowledged_sequence() == acknowledged);
        ::setrlimit(RLIMIT_FSIZE, &old_limit);
        CHECK(store.release_reserve());
        CHECK_FALSE(store.release_reserve());
        store.commit();
        CHECK(store.acknowledged_sequence() == acknowledged + 1);
        store.close();
    }
    ::setrlimit(RLIMIT_FSIZE, &old_limit);
    CHECK(read_store(folder / kStoreFile, true).state.plans().size() == 3);
}

TEST_CASE("random event streams rebuild to the same tables") {
    law("rebuild gives what was derived while appending", [] {
        const TemporaryFolder folder;
        const auto seed = *rc::gen::arbitrary<std::uint64_t>();
        test::Draws draws(seed);
        const Symbol symbols[] = {Symbol("AAPL"), Symbol("BTCUSD"), Symbol("X")};
        std::string head;
        std::uint64_t last = 0;
        {
            EventStore store(folder.path(),
                             buffered(static_cast<std::uint32_t>(1 + draws.below(40))));
            std::vector<Order> orders;
            const auto events = *rc::gen::inRange(1, 120);
            for (int i = 0; i < events; ++i) {
                const auto symbol = symbols[draws.below(3)];
                const auto what = draws.below(7);
                const auto side = draws.below(2) == 0 ? Side::buy : Side::sell;
                const auto amount =
                    Quantity::from_units(static_cast<std::int64_t>(1 + draws.below(5'000'000'000)));
                if (what < 2 || orders.empty()) {
                    orders.push_back(fake_order(i, symbol, side, amount));
                    store.append(kTime, draws.below(9), orders.back());
                    continue;
                }
                const auto& order = orders[draws.below(orders.size())];
                if (what < 5) {
                    const auto price = Price::from_units(
                        static_cast<std::int64_t>(1 + draws.below(90'000'000'000)));
                    store.append(
                        kTime, 1,
                        fake_fill(static_cast<int>(draws.below(60)), order, amount, price));
                } else if (what == 5) {
                    const auto kind =
                        static_cast<OrderEventKind>(draws.below(2) == 0 ? 0 : 3 + draws.below(4));
                    store.append(kTime, 1,
                                 OrderEvent{kind, order.order_id, symbol, kTime, {}, "why"});
                } else {
                    Adjustment charge;
                    charge.kind = AdjustmentKind::financing;
                    if (draws.below(2) == 0) charge.symbol = symbol;
                    charge.cash = Money::from_units(
                        -static_cast<int128>(draws.below(1'000'000'000)) * 10'000'000'000);
                    store.append(kTime, 1, charge);
                }
            }
            store.commit();
            store.rebuild_and_compare();
            head = store.head_hash();
            last = store.last_sequence();
            store.close();
        }
        const auto reading = read_store(folder / kStoreFile, true);
        RC_ASSERT(reading.head_hash == head);
        RC_ASSERT(reading.event_count == last);
    });
}
