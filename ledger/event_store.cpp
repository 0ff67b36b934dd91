#include "ledger/event_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <iterator>
#include <utility>

#include "ledger/derived_tables.hpp"
#include "ledger/event_chain.hpp"
#include "ledger/exclusive_lock.hpp"
#include "ledger/payload.hpp"
#include "ledger/sha256.hpp"
#include "ledger/sqlite.hpp"
#include "ledger/trade_views.hpp"
#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

constexpr const char* kReserveFile = "ledger.reserve";

// Of a store with a row for each event: sequences are dense, payloads lie in one buffer.
struct PendingEvent {
    Timestamp time;
    EventKind kind;
    std::uint64_t causation;
    std::size_t payload_at;
    std::size_t payload_size;
    Hash hash;
};
constexpr std::size_t kEventsAtOnce = 128;  // rows of one statement

template <class Value>
void append_to(std::vector<Value>& to, std::vector<Value>&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void reserve_space(const std::filesystem::path& file, std::uint64_t bytes) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const int code =
        descriptor < 0 ? errno : ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
    if (descriptor >= 0) ::close(descriptor);
    if (code != 0) {
        throw Error(ErrorKind::failed, "cannot set room aside for exits", file.string(),
                    std::strerror(code), "free space on the disk");
    }
}

}  // namespace

struct EventStore::Impl {
    Impl(const std::filesystem::path& at, const StoreOptions& wanted)
        : folder(at), options(wanted) {
        if (options.durability == Durability::synced) {
            lock.emplace(lock_state_folder(folder));
        } else {
            std::filesystem::create_directories(folder);
        }
        const auto file = folder / kStoreFile;
        check_file_header(file);
        database = Database(file, OpenMode::read_write);
        // Until the store has proved sound, nothing of it is changed, not even by closing it.
        database.keep_log_on_close(true);
        const bool fresh = database.number("SELECT count(*) FROM sqlite_master") == 0;
        if (fresh) {
            layout = options.durability == Durability::buffered ? EventLayout::blocks
                                                                : EventLayout::rows;
            set_journal();
            create();
        } else {
            const int version = check_schema(database);
            layout = layout_of(version);
            last = fold_events(database, layout, chain, state, nullptr);
            (void)state.take_changes();
            if (version >= kSchemaVersion) {
                compare_derived_tables(database, state, to_hex(chain.head()));
            } else {
                migrate(version);
            }
            set_journal();
        }
        database.keep_log_on_close(false);
        database.execute(trade_views());
        committed = last;
        derived = last;
        insert.emplace(database,
                       layout == EventLayout::rows ? insert_events_sql(1) : insert_block_sql());
        tables.emplace(database);
        tables->set_written(state.fills().size(), state.trades().size());
        if (options.reserve_bytes > 0) reserve_space(folder / kReserveFile, options.reserve_bytes);
    }

    void set_journal() const {
        if (options.durability == Durability::buffered) {
            database.execute(
                "PRAGMA page_size = 16384; PRAGMA locking_mode = EXCLUSIVE;"
                "PRAGMA journal_mode = MEMORY;"
                "PRAGMA synchronous = OFF; PRAGMA cache_size = -8192;");
            return;
        }
        if (database.text("PRAGMA journal_mode = WAL") != "wal") {
            throw Error(ErrorKind::failed, "cannot keep a write-ahead log", database.file(),
                        "the file system does not allow it", "choose a folder on a local disk");
        }
        database.execute("PRAGMA synchronous = FULL");
    }

    void create() const {
        database.execute(
            "BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) +
            "; PRAGMA user_version = " + std::to_string(schema_version_of(layout)) + ";" +
            events_schema(layout) + derived_schema() + trade_views());
        DerivedTables(database).write_all(state, to_hex(chain.head()));
        database.execute("COMMIT");
        if (options.durability == Durability::synced) {
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    // The events are the store: whatever the older derived tables looked like, they are made anew.
    void migrate(int version) const {
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        const auto copy = folder / (std::string(kStoreFile) + ".schema-" + std::to_string(version));
        std::filesystem::copy_file(folder / kStoreFile, copy,
                                   std::filesystem::copy_options::overwrite_existing);
        database.execute("BEGIN IMMEDIATE");
        drop_derived_tables(database);
        database.execute(derived_schema());
        DerivedTables(database).write_all(state, to_hex(chain.head()));
        database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion));
        compare_derived_tables(database, state, to_hex(chain.head()));
        database.execute("COMMIT");
    }

    template <class Body>
    std::uint64_t record(Timestamp time, std::uint64_t causation, const Body& body) {
        ensure(database.handle() != nullptr, "an event store is open when it is appended to");
        ensure(!failed, "an event store takes no event after a fault inside it");
        constexpr EventKind kind = kind_of(Body{});
        const auto sequence = last + 1;
        failed = true;  // until the state has taken the event whole
        const auto start = payloads.size();
        if (layout == EventLayout::rows) {
            char* const frame = payloads.room(EventChain::frame_size(kind));
            chain.put_frame(frame, sequence, time, kind, causation);
            payloads.advance_to(frame + EventChain::frame_size(kind));
        } else {
            begin_event(payloads, sequence, time, kind, causation);
        }
        const auto at = payloads.size();
        const bool sanitized = encode(body, payloads);
        const auto size = payloads.size() - at;
        if (sanitized) {
            const auto clean = decode(kind, payloads.view(at, size));
            state.apply(sequence, time, std::get<Body>(clean));
        } else {
            state.apply(sequence, time, body);
        }
        if (layout == EventLayout::rows) {
            const Hash& hash = chain.extend(payloads.view(start, payloads.size() - start));
            pending.push_back({time, kind, causation, at, size, hash});
        } else {
            end_list(payloads);
        }
        last = sequence;
        failed = false;
        if (options.durability == Durability::buffered &&
            last - committed >= options.chunk_events) {
            in_transaction([this] { insert_pending(); });
        }
        return sequence;
    }

    static void bind_event(Statement& row, int column, const PendingEvent& event,
                           std::string_view payload) {
        row.bind(column, event.time.ns);
        row.bind(column + 1, to_text(event.kind));
        row.bind(column + 2, static_cast<std::int64_t>(event.causation));
        row.bind(column + 3, payload);
        row.bind_blob(column + 4, event.hash.data(), event.hash.size());
    }

    void insert_pending() {
        if (last == committed) return;
        if (layout == EventLayout::blocks) {
            insert_block();
        } else {
            insert_rows();
        }
    }

    // All pending events as one row; the chain follows when it is committed.
    void insert_block() {
        const auto open = payloads.size();
        end_list(payloads);
        const auto text = payloads.view();
        next_head = chain.hash_of_block(text);
        insert->bind(1, static_cast<std::int64_t>(committed + 1));
        insert->bind(2, text);
        insert->bind_blob(3, next_head->data(), next_head->size());
        payloads.cut(open);
        insert->run();
    }

    // The key is the next number by itself, which is the next sequence.
    void insert_rows() {
        std::size_t next = 0;
        if (pending.size() >= kEventsAtOnce && !insert_many) {
            insert_many.emplace(database, insert_events_sql(kEventsAtOnce));
        }
        for (; pending.size() - next >= kEventsAtOnce; next += kEventsAtOnce) {
            for (std::size_t i = 0; i < kEventsAtOnce; ++i) {
                const auto& event = pending[next + i];
                bind_event(*insert_many, static_cast<int>(1 + 5 * i), event,
                           payloads.view(event.payload_at, event.payload_size));
            }
            insert_many->run();
        }
        for (; next < pending.size(); ++next) {
            const auto& event = pending[next];
            bind_event(*insert, 1, event, payloads.view(event.payload_at, event.payload_size));
            insert->run();
        }
        ensure(database.last_key() == static_cast<std::int64_t>(last),
               "an event's key is its sequence");
    }

    // Of the last event that was appended, or will be inserted by the transaction under way.
    [[nodiscard]] std::string head_text() const { return to_hex(next_head.value_or(chain.head())); }

    template <class Write>
    void in_transaction(Write write) {
        database.execute("BEGIN IMMEDIATE");
        try {
            write();
            database.execute("COMMIT");
        } catch (...) {
            next_head.reset();
            // SQLite ends the transaction by itself on some faults; then there is none to undo.
            try {
                database.execute("ROLLBACK");
            } catch (const Error&) {
            }
            throw;
        }
        pending.clear();
        payloads.clear();
        if (next_head) chain.follow(*std::exchange(next_head, std::nullopt));
        committed = last;
    }

    void collect_changes() {
        Changes fresh = state.take_changes();
        append_to(changes.orders, std::move(fresh.orders));
        append_to(changes.decisions, std::move(fresh.decisions));
        append_to(changes.plans, std::move(fresh.plans));
        append_to(changes.positions, std::move(fresh.positions));
        append_to(changes.counters, std::move(fresh.counters));
    }

    // Events and what is derived from them, in one transaction.
    void commit() {
        ensure(database.handle() != nullptr, "an event store is open when it is committed");
        ensure(!failed, "an event store commits nothing after a fault inside it");
        if (last == derived) return;
        // A replay writes its tables once, when it is over: whole, and from empty ones.
        const bool whole = options.durability == Durability::buffered && derived == 0;
        if (!whole) collect_changes();
        in_transaction([&] {
            insert_pending();
            if (whole) {
                tables->write_all(state, head_text());
            } else {
                tables->write(state, changes, head_text());
            }
        });
        if (whole) state.forget_changes();
        changes = {};
        derived = last;
        tables->set_written(state.fills().size(), state.trades().size());
    }

    void close() {
        if (database.handle() == nullptr) return;
        commit();
        insert.reset();
        insert_many.reset();
        tables.reset();
        if (options.durability == Durability::synced) {
            // A reader may hold the log: then the next one to close folds it.
            try {
                database.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;");
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::locked) throw;
            }
        }
        database.close();
        lock.reset();
    }

    std::filesystem::path folder;
    StoreOptions options;
    std::optional<ExclusiveLock> lock;
    Database database;
    EventLayout layout = EventLayout::rows;
    EventChain chain;
    std::optional<Hash> next_head;  // of a block that the transaction under way inserts
    LedgerState state;
    std::uint64_t last = 0;
    std::uint64_t committed = 0;  // the last event that is in the database
    bool failed = false;
    std::uint64_t derived = 0;  // the last event that the derived tables know
    std::vector<PendingEvent> pending;
    ByteBuffer payloads;  // of pending events, each behind its frame; or a block's text
    Changes changes;      // not yet in the derived tables
    std::optional<Statement> insert;
    std::optional<Statement> insert_many;  // kEventsAtOnce rows; made at first use
    std::optional<DerivedTables> tables;
};

EventStore::EventStore(const std::filesystem::path& folder, const StoreOptions& options)
    : impl_(std::make_unique<Impl>(folder, options)) {}
EventStore::~EventStore() = default;
EventStore::EventStore(EventStore&&) noexcept = default;
EventStore& EventStore::operator=(EventStore&&) noexcept = default;

std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const RunStarted& body) {
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const RunEnded& body) {
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const SessionEvent& body) {
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const Decision& body) {
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const Order& body) {
    const auto* const known = impl_->state.find_order(body.order_id);
    ensure(known == nullptr || !is_closed(known->order.status),
           "a closed order is not intended again");
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const OrderEvent& body) {
    if (body.kind != OrderEventKind::filled) return impl_->record(time, cause, body);
    ensure(body.fill.has_value(), "an event of kind filled carries its fill");
    return append(time, cause, *body.fill);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const Fill& body) {
    if (const auto* const known = impl_->state.find_fill(body.fill_id)) return known->sequence;
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const Adjustment& body) {
    ensure(body.quantity.is_zero() || (body.kind == AdjustmentKind::adopted &&
                                       !body.symbol.empty() && body.price.sign() > 0),
           "an adopted quantity has a symbol and a price");
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const HaltTrading& body) {
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const ResumeTrading& body) {
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const PlanRecord& body) {
    return impl_->record(time, cause, body);
}
std::uint64_t EventStore::append(Timestamp time, std::uint64_t cause, const CounterRecord& body) {
    return impl_->record(time, cause, body);
}

void EventStore::commit() {
    impl_->commit();
}

std::uint64_t EventStore::acknowledged_sequence() const {
    return impl_->options.durability == Durability::buffered ? impl_->last : impl_->committed;
}
std::uint64_t EventStore::last_sequence() const {
    return impl_->last;
}
const LedgerState& EventStore::state() const {
    return impl_->state;
}
std::string EventStore::head_hash() const {
    return to_hex(impl_->chain.head());
}
const std::filesystem::path& EventStore::folder() const {
    return impl_->folder;
}

std::vector<StoredEvent> EventStore::read(std::uint64_t from, std::uint64_t limit) const {
    return read_events(impl_->database, impl_->layout, from, limit);
}

void EventStore::rebuild_and_compare() const {
    EventChain chain;
    LedgerState rebuilt;
    fold_events(impl_->database, impl_->layout, chain, rebuilt, nullptr);
    compare_derived_tables(impl_->database, rebuilt, to_hex(chain.head()));
}

bool EventStore::release_reserve() {
    std::error_code error;
    return std::filesystem::remove(impl_->folder / kReserveFile, error);
}

void EventStore::restore_reserve() const {
    const auto bytes = impl_->options.reserve_bytes;
    if (bytes > 0) reserve_space(impl_->folder / kReserveFile, bytes);
}

void EventStore::close() {
    impl_->close();
}

StoreReading read_store(const std::filesystem::path& file, bool immutable, bool with_events) {
    if (!std::filesystem::exists(file)) {
        throw Error(ErrorKind::corrupt, "store is missing", file.string(), "no such file");
    }
    check_file_header(file);
    const Database database(file, immutable ? OpenMode::immutable : OpenMode::read_only);
    database.execute("BEGIN");
    const auto layout = layout_of(check_schema(database));
    const auto integrity = database.text("PRAGMA integrity_check(1)");
    if (integrity != "ok") {
        throw Error(ErrorKind::corrupt, "store is corrupt", file.string(), integrity,
                    "restore it from a copy; nothing was changed");
    }
    StoreReading reading;
    EventChain chain;
    reading.event_count = fold_events(database, layout, chain, reading.state,
                                      with_events ? &reading.events : nullptr);
    reading.head_hash = to_hex(chain.head());
    compare_derived_tables(database, reading.state, reading.head_hash);
    database.execute("COMMIT");
    return reading;
}

}  // namespace tradewind::ledger
