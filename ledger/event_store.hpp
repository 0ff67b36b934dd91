// The append-only store of one account: events chained by hash, and tables derived from them.
//
// File: FOLDER/ledger.db (SQLite). `events`: sequence, time, kind, causation, payload, hash.
//   payload  canonical compact JSON: keys sorted, decimals and doubles as text
//   hash     a store that was made `synced` has a row for each event, with the SHA-256 of (previous
//            hash, 32 bytes, zero for the first | sequence | time in ns | kind as text and one zero
//            byte | causation | payload); whole numbers as 8 bytes big-endian.
//            One that was made `buffered` has a row for many events (table `event_blocks`:
//            first_sequence, events, hash), with the SHA-256 of (previous hash | events); `events`
//            is a view of it, in which all events of a block have the block's hash
// Tables `orders`, `fills`, `positions`, `decisions`, `plans`, `counters`, `trades` are derived
// from the events in the same transaction (`buffered`: once, at the end) and can be rebuilt.
//
// Durability is a property of the store:
//   synced    WAL, full synchronisation: an event is acknowledged when commit() has returned; call
//   it
//             once for many events (group commit), and always before an order is sent
//   buffered  no synchronisation: acknowledged on append. Events are written a chunk at a time,
//             what is derived from them by commit() or close(), once. For replays, whose folder is
//             thrown away when they are killed
//
// Ownership: one writer per folder (exclusive lock, Error locked on a second). Not synchronised:
// every call on one thread. Errors: Error corrupt (broken chain, derived tables that differ, newer
// schema: the file is not touched), Error failed (disk full, I/O). A failed commit() keeps what
// was appended and may be repeated. Source: architecture section 7.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/event.hpp"
#include "ledger/ledger_state.hpp"

namespace tradewind::ledger {

constexpr const char* kStoreFile = "ledger.db";
constexpr int kSchemaVersion = 1;       // a row for each event
constexpr int kBlockSchemaVersion = 2;  // a row for many events

enum class Durability : std::uint8_t { synced, buffered };

struct StoreOptions {
    Durability durability = Durability::synced;
    std::uint32_t chunk_events = 512;  // buffered: events are written after so many
    // Room set aside on disk (FOLDER/ledger.reserve), released by release_reserve() when the disk
    // is full, so that exits can still be recorded. 0: none.
    std::uint64_t reserve_bytes = 0;
};

// One stored event, as read back.
struct StoredEvent {
    std::uint64_t sequence = 0;
    Timestamp time;
    EventKind kind = EventKind::run_started;
    std::uint64_t causation = 0;
    std::string payload;

    friend bool operator==(const StoredEvent&, const StoredEvent&) = default;
};

class EventStore {
  public:
    // Opens or creates FOLDER/ledger.db (and FOLDER). An existing store is read whole: the chain is
    // checked, the state is folded from the events and compared with the derived tables. An older
    // schema is copied aside (ledger.db.schema-N) and migrated in one transaction.
    explicit EventStore(const std::filesystem::path& folder, const StoreOptions& options = {});
    ~EventStore();  // closes; what was not committed in `synced` mode is dropped
    EventStore(EventStore&&) noexcept;
    EventStore& operator=(EventStore&&) noexcept;
    EventStore(const EventStore&) = delete;
    EventStore& operator=(const EventStore&) = delete;

    // Each returns the event's sequence (1, 2, ...). `causation` is the sequence of the input or
    // step that caused it. Times are not required to ascend.
    std::uint64_t append(Timestamp time, std::uint64_t causation, const RunStarted& started);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const RunEnded& ended);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const SessionEvent& session);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const Decision& decision);
    // The intent to send this order. A second intent of the same order_id is a fault
    // (InvariantBroken)
    std::uint64_t append(Timestamp time, std::uint64_t causation, const Order& order);
    // kind `filled` is stored as its fill: the sequence of the known fill when it is a repetition.
    std::uint64_t append(Timestamp time, std::uint64_t causation, const OrderEvent& event);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const Fill& fill);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const Adjustment& adjustment);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const HaltTrading& halt);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const ResumeTrading& resume);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const PlanRecord& plan);
    std::uint64_t append(Timestamp time, std::uint64_t causation, const CounterRecord& counter);

    // Writes what was appended in one transaction. Durable on return in `synced` mode.
    void commit();

    // The last event that the caller may rely on: committed in `synced`, appended in `buffered`
    // mode.
    [[nodiscard]] std::uint64_t acknowledged_sequence() const;
    [[nodiscard]] std::uint64_t last_sequence() const;
    [[nodiscard]] const LedgerState& state() const;
    // Hex; of the last appended event, in a store of blocks of the last block that was written.
    [[nodiscard]] std::string head_hash() const;
    [[nodiscard]] const std::filesystem::path& folder() const;

    // Committed events of [from, from + limit), ascending.
    [[nodiscard]] std::vector<StoredEvent> read(std::uint64_t from, std::uint64_t limit) const;

    // Folds the committed events anew and compares with the derived tables; Error corrupt names the
    // table and row that differ.
    void rebuild_and_compare() const;

    // Frees the reserve; false when there is none (left).
    bool release_reserve();
    // Sets it aside again, as the options say. Error failed: there is no room. Any thread.
    void restore_reserve() const;

    // Commits, folds the write-ahead log into the one file, releases the lock. Idempotent.
    void close();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A store read without changing a byte of it and without a lock.
struct StoreReading {
    LedgerState state;
    std::vector<StoredEvent> events;  // empty unless asked for
    std::uint64_t event_count = 0;
    std::string head_hash;
};

// Reads and checks FILE: integrity of the file, schema, chain, derived tables. `immutable`: the
// file is complete by itself and nobody writes it (a finished run folder). Error corrupt names the
// fault.
[[nodiscard]] StoreReading read_store(const std::filesystem::path& file, bool immutable,
                                      bool with_events = false);

}  // namespace tradewind::ledger
