#include "ledger/forecast_table.hpp"

#include <utility>

#include "messages/error.hpp"

namespace tradewind::ledger {

namespace {

constexpr std::int64_t kApplicationId = 0x54574643;  // "TWFC"
constexpr std::int64_t kSchemaVersion = 1;

}  // namespace

ForecastTable::ForecastTable(const std::filesystem::path& file) {
    try {
        open(file);
        return;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::corrupt) throw;
    }
    // A cache that cannot be read is worth nothing: out of the way, and a new one.
    find_ = {};
    put_ = {};
    database_ = {};
    std::filesystem::rename(file, std::filesystem::path(file) += ".damaged");
    for (const char* part : {"-wal", "-shm"}) {
        std::filesystem::remove(std::filesystem::path(file) += part);
    }
    open(file);
}

void ForecastTable::open(const std::filesystem::path& file) {
    database_ = Database(file, OpenMode::read_write);
    database_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    const auto application = database_.number("PRAGMA application_id");
    const auto version = database_.number("PRAGMA user_version");
    const bool fresh = database_.number("SELECT count(*) FROM sqlite_master") == 0;
    if (!fresh && (application != kApplicationId || version != kSchemaVersion)) {
        throw Error(ErrorKind::corrupt, "forecast cache", file.string(), "has another schema",
                    "delete it");
    }
    if (fresh) {
        database_.execute(
            "BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) +
            "; PRAGMA user_version = " + std::to_string(kSchemaVersion) +
            "; CREATE TABLE forecasts (producer TEXT NOT NULL, symbol TEXT NOT NULL,"
            " last_bar_ns INTEGER NOT NULL, horizon INTEGER NOT NULL,"
            " context BLOB NOT NULL, deciles BLOB NOT NULL,"
            " PRIMARY KEY (producer, symbol, last_bar_ns, horizon)) WITHOUT ROWID;"
            "COMMIT");
    }
    find_ = Statement(database_,
                      "SELECT deciles FROM forecasts WHERE producer = ? AND symbol = ? AND "
                      "last_bar_ns = ? AND horizon = ? AND context = ?");
    put_ = Statement(database_, "INSERT OR REPLACE INTO forecasts VALUES (?,?,?,?,?,?)");
}

ForecastTable::~ForecastTable() {
    try {
        commit();
    } catch (const Error&) {
        // A cache: what was not written is computed again.
    }
}

std::optional<std::string> ForecastTable::find(const ForecastPlace& place) {
    find_.bind(1, place.producer);
    find_.bind(2, place.symbol);
    find_.bind(3, place.last_bar_ns);
    find_.bind(4, place.horizon);
    find_.bind_blob(5, place.context.data(), place.context.size());
    if (!find_.step()) return std::nullopt;
    std::string values(find_.blob(0));
    find_.reset();
    return values;
}

void ForecastTable::put(const ForecastPlace& place, std::string_view values) {
    if (!std::exchange(in_transaction_, true)) database_.execute("BEGIN IMMEDIATE");
    put_.bind(1, place.producer);
    put_.bind(2, place.symbol);
    put_.bind(3, place.last_bar_ns);
    put_.bind(4, place.horizon);
    put_.bind_blob(5, place.context.data(), place.context.size());
    put_.bind_blob(6, values.data(), values.size());
    put_.run();
}

void ForecastTable::commit() {
    if (std::exchange(in_transaction_, false)) database_.execute("COMMIT");
}

std::int64_t ForecastTable::size() const {
    return database_.number("SELECT count(*) FROM forecasts");
}

}  // namespace tradewind::ledger
