#include "ledger/event_chain.hpp"

#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "ledger/payload.hpp"
#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

char* put_big_endian(char* out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) *out++ = static_cast<char>(value >> shift);
    return out;
}

[[noreturn]] void broken(const Database& database, std::uint64_t sequence, const std::string& why) {
    throw Error(ErrorKind::corrupt, "event chain is broken",
                database.file() + ", event " + std::to_string(sequence), why,
                "restore the store from a copy; nothing was changed");
}

[[noreturn]] void newer(const std::string& file, std::int64_t version) {
    throw Error(ErrorKind::corrupt, "store has a newer schema", file,
                "schema " + std::to_string(version) + ", this program knows up to " +
                    std::to_string(kBlockSchemaVersion),
                "use the newer program; nothing was changed");
}

[[noreturn]] void foreign(const std::string& file) {
    throw Error(ErrorKind::corrupt, "not an event store", file, "the file is something else",
                "choose another folder; nothing was changed");
}

}  // namespace

std::size_t EventChain::frame_size(EventKind kind) {
    return sizeof(Hash) + 8 + 8 + to_text(kind).size() + 1 + 8;
}

void EventChain::put_frame(char* out, std::uint64_t sequence, Timestamp time, EventKind kind,
                           std::uint64_t causation) const {
    std::memcpy(out, head_.data(), head_.size());
    out = put_big_endian(out + head_.size(), sequence);
    out = put_big_endian(out, static_cast<std::uint64_t>(time.ns));
    const auto word = to_text(kind);
    std::memcpy(out, word.data(), word.size());
    out += word.size();
    *out++ = '\0';
    put_big_endian(out, causation);
}

const Hash& EventChain::extend(std::string_view framed) {
    sha_.update(framed.data(), framed.size());
    return head_ = sha_.finish();
}

const Hash& EventChain::extend(std::uint64_t sequence, Timestamp time, EventKind kind,
                               std::uint64_t causation, std::string_view payload) {
    framed_.resize(frame_size(kind));
    put_frame(framed_.data(), sequence, time, kind, causation);
    framed_ += payload;
    return extend(framed_);
}

Hash EventChain::hash_of_block(std::string_view text) {
    sha_.update(head_.data(), head_.size());
    sha_.update(text.data(), text.size());
    return sha_.finish();
}

std::string events_schema(EventLayout layout) {
    if (layout == EventLayout::rows) {
        return "CREATE TABLE events (sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
               " kind TEXT NOT NULL, causation INTEGER NOT NULL, payload TEXT NOT NULL,"
               " hash BLOB NOT NULL);\n";
    }
    return "CREATE TABLE event_blocks (first_sequence INTEGER PRIMARY KEY, events TEXT NOT NULL,"
           " hash BLOB NOT NULL);\n"
           "CREATE VIEW events (sequence, time, kind, causation, payload, hash) AS"
           " SELECT json_extract(event.value, '$[0]'), json_extract(event.value, '$[1]'),"
           " json_extract(event.value, '$[2]'), json_extract(event.value, '$[3]'),"
           " json_extract(event.value, '$[4]'), block.hash"
           " FROM event_blocks AS block, json_each(block.events) AS event;\n";
}

std::string insert_events_sql(std::size_t rows) {
    std::string sql = "INSERT INTO events VALUES (NULL,?,?,?,?,?)";
    for (std::size_t i = 1; i < rows; ++i) sql += ",(NULL,?,?,?,?,?)";
    return sql;
}

std::string insert_block_sql() {
    return "INSERT INTO event_blocks VALUES (?,?,?)";
}

void begin_event(ByteBuffer& text, std::uint64_t sequence, Timestamp time, EventKind kind,
                 std::uint64_t causation) {
    const auto word = to_text(kind);
    const std::size_t room = 3 * 20 + word.size() + 16;  // three whole numbers of 64 bits
    char* out = text.room(room);
    char* const end = out + room;
    if (text.size() == 0) {
        *out++ = '[';
    } else {
        *out++ = ',';
        *out++ = '\n';
    }
    *out++ = '[';
    out = std::to_chars(out, end, sequence).ptr;
    *out++ = ',';
    out = std::to_chars(out, end, time.ns).ptr;
    *out++ = ',';
    *out++ = '"';
    std::memcpy(out, word.data(), word.size());
    out += word.size();
    *out++ = '"';
    *out++ = ',';
    out = std::to_chars(out, end, causation).ptr;
    *out++ = ',';
    text.advance_to(out);
}

void end_list(ByteBuffer& text) {
    char* out = text.room(1);
    *out++ = ']';
    text.advance_to(out);
}

namespace {

// The lines of a block, one after the other.
class BlockReader {
  public:
    explicit BlockReader(std::string_view text) : rest_(text) {
        good_ = text.size() >= 2 && text.front() == '[' && text.back() == ']';
        if (good_) rest_ = text.substr(1, text.size() - 2);
    }
    // The next event; none at the end, and none where the text is not a block's (then not good()).
    std::optional<StoredEvent> next() {
        if (!good_ || rest_.empty()) return std::nullopt;
        const auto end = rest_.find('\n');
        auto line = rest_.substr(0, end);
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        if (end != std::string_view::npos) {
            good_ = line.ends_with(',') && !rest_.empty();
            if (good_) line.remove_suffix(1);
        }
        good_ = good_ && line.size() > 2 && line.front() == '[' && line.back() == ']';
        if (!good_) return std::nullopt;
        line = line.substr(1, line.size() - 2);
        StoredEvent event;
        event.sequence = number<std::uint64_t>(line);
        event.time.ns = number<std::int64_t>(line);
        const auto quoted = line.substr(0, line.find(','));
        const bool word = quoted.size() > 2 && quoted.front() == '"' && quoted.back() == '"';
        const auto kind = word ? event_kind_of(quoted.substr(1, quoted.size() - 2)) : std::nullopt;
        good_ = good_ && kind && line.size() > quoted.size();
        if (!good_) return std::nullopt;
        event.kind = *kind;
        line.remove_prefix(quoted.size() + 1);
        event.causation = number<std::uint64_t>(line);
        if (!good_) return std::nullopt;
        event.payload = line;
        return event;
    }
    [[nodiscard]] bool good() const { return good_; }

  private:
    // A whole number and the comma behind it.
    template <class Number>
    Number number(std::string_view& line) {
        Number value{};
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
        const auto length = static_cast<std::size_t>(end - line.data());
        good_ = good_ && error == std::errc() && length < line.size() && line[length] == ',';
        line.remove_prefix(good_ ? length + 1 : line.size());
        return value;
    }

    std::string_view rest_;
    bool good_ = false;
};

// Takes checked events in their order into the state, and into a list where one is asked for.
class Folding {
  public:
    Folding(const Database& database, LedgerState& state, std::vector<StoredEvent>* events)
        : database_(database), state_(state), events_(events) {}

    void take(StoredEvent event) {
        if (event.sequence != ++count_) broken(database_, count_, "the event is missing");
        try {
            std::visit([&](const auto& body) { state_.apply(event.sequence, event.time, body); },
                       decode(event.kind, event.payload));
        } catch (const std::exception& fault) {
            broken(database_, count_, fault.what());
        }
        if (events_ != nullptr) events_->push_back(std::move(event));
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t next() const { return count_ + 1; }

  private:
    const Database& database_;
    LedgerState& state_;
    std::vector<StoredEvent>* events_;
    std::uint64_t count_ = 0;
};

void check_hash(const Database& database, std::uint64_t sequence, const Hash& hash,
                std::string_view stored) {
    if (stored.size() != hash.size() || std::memcmp(stored.data(), hash.data(), hash.size()) != 0) {
        broken(database, sequence, "its hash does not follow from the event before");
    }
}

void fold_rows(const Database& database, EventChain& chain, Folding& folding) {
    Statement rows(database,
                   "SELECT sequence, time, kind, causation, payload, hash FROM events "
                   "ORDER BY sequence");
    while (rows.step()) {
        const auto sequence = folding.next();
        if (static_cast<std::uint64_t>(rows.number(0)) != sequence) {
            broken(database, sequence, "the event is missing");
        }
        const auto kind = event_kind_of(rows.text(2));
        if (!kind) broken(database, sequence, "unknown kind: " + std::string(rows.text(2)));
        StoredEvent event{sequence, Timestamp{rows.number(1)}, *kind,
                          static_cast<std::uint64_t>(rows.number(3)), std::string(rows.text(4))};
        check_hash(database, sequence,
                   chain.extend(sequence, event.time, event.kind, event.causation, event.payload),
                   rows.blob(5));
        folding.take(std::move(event));
    }
}

void fold_blocks(const Database& database, EventChain& chain, Folding& folding) {
    Statement blocks(database,
                     "SELECT first_sequence, events, hash FROM event_blocks "
                     "ORDER BY first_sequence");
    while (blocks.step()) {
        const auto first = folding.next();
        if (static_cast<std::uint64_t>(blocks.number(0)) != first) {
            broken(database, first, "the event is missing");
        }
        const auto text = blocks.text(1);
        const auto hash = chain.hash_of_block(text);
        check_hash(database, first, hash, blocks.blob(2));
        chain.follow(hash);
        BlockReader reader(text);
        while (auto event = reader.next()) folding.take(std::move(*event));
        if (!reader.good() || folding.next() == first) {
            broken(database, folding.next(), "its block is malformed");
        }
    }
}

}  // namespace

std::uint64_t fold_events(const Database& database, EventLayout layout, EventChain& chain,
                          LedgerState& state, std::vector<StoredEvent>* events) {
    Folding folding(database, state, events);
    if (layout == EventLayout::rows) {
        fold_rows(database, chain, folding);
    } else {
        fold_blocks(database, chain, folding);
    }
    return folding.count();
}

std::vector<StoredEvent> read_events(const Database& database, EventLayout layout,
                                     std::uint64_t from, std::uint64_t limit) {
    std::vector<StoredEvent> events;
    if (layout == EventLayout::blocks) {
        Statement blocks(database,
                         "SELECT events FROM event_blocks WHERE first_sequence >= coalesce("
                         "(SELECT max(first_sequence) FROM event_blocks WHERE first_sequence <= ?)"
                         ", 0) ORDER BY first_sequence");
        blocks.bind(1, static_cast<std::int64_t>(from));
        while (events.size() < limit && blocks.step()) {
            BlockReader reader(blocks.text(0));
            while (auto event = reader.next()) {
                if (event->sequence >= from && events.size() < limit) {
                    events.push_back(std::move(*event));
                }
            }
            ensure(reader.good(), "a stored block is well-formed");
        }
        return events;
    }
    Statement rows(database,
                   "SELECT sequence, time, kind, causation, payload FROM events "
                   "WHERE sequence >= ? ORDER BY sequence LIMIT ?");
    rows.bind(1, static_cast<std::int64_t>(from));
    rows.bind(2, static_cast<std::int64_t>(limit));
    while (rows.step()) {
        const auto kind = event_kind_of(rows.text(2));
        ensure(kind.has_value(), "a stored event has a known kind");
        events.push_back({static_cast<std::uint64_t>(rows.number(0)), Timestamp{rows.number(1)},
                          *kind, static_cast<std::uint64_t>(rows.number(3)),
                          std::string(rows.text(4))});
    }
    return events;
}

void check_file_header(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    char header[100] = {};
    in.read(header, sizeof header);
    if (in.gcount() == 0) return;
    const auto number_at = [&](int at) {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i)
            value = value << 8U | static_cast<unsigned char>(header[at + i]);
        return static_cast<std::int64_t>(value);
    };
    if (in.gcount() < 100 || std::memcmp(header, "SQLite format 3", 16) != 0) {
        foreign(file.string());
    }
    const auto application = number_at(68);
    const auto version = number_at(60);
    if (application == 0 && version == 0) return;  // made, but its first commit is in the log
    if (application != kApplicationId) foreign(file.string());
    if (version > kBlockSchemaVersion) newer(file.string(), version);
}

int check_schema(const Database& database) {
    if (database.number("PRAGMA application_id") != kApplicationId) foreign(database.file());
    const auto version = database.number("PRAGMA user_version");
    if (version > kBlockSchemaVersion) newer(database.file(), version);
    return static_cast<int>(version);
}

}  // namespace tradewind::ledger
