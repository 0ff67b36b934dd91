#include "ledger/event_chain.hpp"

#include <cstring>
#include <fstream>

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
                    std::to_string(kSchemaVersion),
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

std::uint64_t fold_events(const Database& database, EventChain& chain, LedgerState& state,
                          std::vector<StoredEvent>* events) {
    Statement rows(database,
                   "SELECT sequence, time, kind, causation, payload, hash FROM events "
                   "ORDER BY sequence");
    std::uint64_t count = 0;
    while (rows.step()) {
        const auto sequence = ++count;
        if (static_cast<std::uint64_t>(rows.number(0)) != sequence) {
            broken(database, sequence, "the event is missing");
        }
        const Timestamp time{rows.number(1)};
        const auto kind = event_kind_of(rows.text(2));
        if (!kind) broken(database, sequence, "unknown kind: " + std::string(rows.text(2)));
        const auto causation = static_cast<std::uint64_t>(rows.number(3));
        const auto payload = rows.text(4);
        const Hash& hash = chain.extend(sequence, time, *kind, causation, payload);
        const auto stored = rows.blob(5);
        if (stored.size() != hash.size() ||
            std::memcmp(stored.data(), hash.data(), hash.size()) != 0) {
            broken(database, sequence, "its hash does not follow from the event before");
        }
        try {
            std::visit([&](const auto& body) { state.apply(sequence, time, body); },
                       decode(*kind, payload));
        } catch (const std::exception& fault) {
            broken(database, sequence, fault.what());
        }
        if (events != nullptr) {
            events->push_back({sequence, time, *kind, causation, std::string(payload)});
        }
    }
    return count;
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
    if (version > kSchemaVersion) newer(file.string(), version);
}

int check_schema(const Database& database) {
    if (database.number("PRAGMA application_id") != kApplicationId) foreign(database.file());
    const auto version = database.number("PRAGMA user_version");
    if (version > kSchemaVersion) newer(database.file(), version);
    return static_cast<int>(version);
}

}  // namespace tradewind::ledger
