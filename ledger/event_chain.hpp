// The hash chain over the events, and the reading of a whole events table along it. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/event_store.hpp"
#include "ledger/ledger_state.hpp"
#include "ledger/sha256.hpp"
#include "ledger/sqlite.hpp"

namespace tradewind::ledger {

// "TWLG" as SQLite's application_id: tells a store from other databases.
constexpr std::int64_t kApplicationId = 0x54574C47;

class EventChain {
  public:
    // The hash of the next event; becomes the head.
    const Hash& extend(std::uint64_t sequence, Timestamp time, EventKind kind,
                       std::uint64_t causation, std::string_view payload);
    // The same without a copy, for an event whose payload is written directly behind its frame:
    // frame_size() bytes at `out`, filled by put_frame(), then the payload, all of it `framed`.
    [[nodiscard]] static std::size_t frame_size(EventKind kind);
    void put_frame(char* out, std::uint64_t sequence, Timestamp time, EventKind kind,
                   std::uint64_t causation) const;
    const Hash& extend(std::string_view framed);
    [[nodiscard]] const Hash& head() const { return head_; }

  private:
    Sha256 sha_;
    Hash head_{};
    std::string framed_;  // scratch
};

// Reads every event in order, checks sequence and chain, and folds it into `state`. Returns the
// count. Error corrupt names the first event that is wrong. `events` receives them when not null.
std::uint64_t fold_events(const Database& database, EventChain& chain, LedgerState& state,
                          std::vector<StoredEvent>* events);

// Throws Error corrupt unless FILE's first page says: this program's store, schema not newer than
// ours. Reads 100 bytes and nothing else; an empty or absent file passes.
void check_file_header(const std::filesystem::path& file);
// The same from an open connection (its write-ahead log included). Returns the schema version.
int check_schema(const Database& database);

}  // namespace tradewind::ledger
