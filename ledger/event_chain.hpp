// The hash chain over the events, and the reading of a store's events along it. One thread.
//
// A store keeps its events one a row or many a row (EventLayout, event_store.hpp). A block's text
// is a JSON array with a line for each event, [sequence,time,"kind",causation,{payload}], so that
// SQLite's own JSON functions read it, which the view `events` does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/event_store.hpp"
#include "ledger/ledger_state.hpp"
#include "ledger/payload_writer.hpp"
#include "ledger/sha256.hpp"
#include "ledger/sqlite.hpp"

namespace tradewind::ledger {

// "TWLG" as SQLite's application_id: tells a store from other databases.
constexpr std::int64_t kApplicationId = 0x54574C47;

// The store's way of keeping events, by its schema version.
enum class EventLayout : std::uint8_t { rows, blocks };
[[nodiscard]] constexpr int schema_version_of(EventLayout layout) {
    return layout == EventLayout::rows ? kSchemaVersion : kBlockSchemaVersion;
}
[[nodiscard]] constexpr EventLayout layout_of(int schema_version) {
    return schema_version == kBlockSchemaVersion ? EventLayout::blocks : EventLayout::rows;
}
// CREATE statements of what holds the events; the SQL that adds `rows` events, or one block.
[[nodiscard]] std::string events_schema(EventLayout layout);
[[nodiscard]] std::string insert_events_sql(std::size_t rows);
[[nodiscard]] std::string insert_block_sql();

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
    // The hash that a block of this text has; the head stays until follow().
    [[nodiscard]] Hash hash_of_block(std::string_view text);
    void follow(const Hash& head) { head_ = head; }
    [[nodiscard]] const Hash& head() const { return head_; }

  private:
    Sha256 sha_;
    Hash head_{};
    std::string framed_;  // scratch
};

// A block's text, event by event: begin_event(), the payload behind it, end_list(); at last
// end_list() once more for the block, which is cut off again when it could not be stored.
void begin_event(ByteBuffer& text, std::uint64_t sequence, Timestamp time, EventKind kind,
                 std::uint64_t causation);
void end_list(ByteBuffer& text);

// Reads every event in order, checks sequence and chain, and folds it into `state`. Returns the
// count. Error corrupt names the first event that is wrong (of a block: its first). `events`
// receives them when not null.
std::uint64_t fold_events(const Database& database, EventLayout layout, EventChain& chain,
                          LedgerState& state, std::vector<StoredEvent>* events);

// Events of [from, from + limit), ascending, unchecked.
[[nodiscard]] std::vector<StoredEvent> read_events(const Database& database, EventLayout layout,
                                                   std::uint64_t from, std::uint64_t limit);

// Throws Error corrupt unless FILE's first page says: this program's store, schema not newer than
// ours. Reads 100 bytes and nothing else; an empty or absent file passes.
void check_file_header(const std::filesystem::path& file);
// The same from an open connection (its write-ahead log included). Returns the schema version.
int check_schema(const Database& database);

}  // namespace tradewind::ledger
