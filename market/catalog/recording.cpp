#include "market/catalog/recording.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include "market/catalog/sha256.hpp"
#include "market/catalog/sqlite_file.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "session-";
constexpr std::string_view kSuffix = ".db";
constexpr const char* kTables =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE series(series INTEGER PRIMARY KEY, symbol TEXT NOT NULL, interval_ns INTEGER NOT"
    " NULL, daily INTEGER NOT NULL, adjusted INTEGER NOT NULL);"
    "CREATE TABLE history(series INTEGER NOT NULL, start_ns INTEGER NOT NULL, end_ns INTEGER NOT"
    " NULL, open TEXT NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL, close TEXT NOT NULL, volume"
    " TEXT NOT NULL, vwap TEXT NOT NULL, trade_count INTEGER NOT NULL, suspect INTEGER NOT NULL,"
    " late INTEGER NOT NULL, PRIMARY KEY(series, start_ns)) WITHOUT ROWID;"
    "CREATE TABLE steps(position INTEGER PRIMARY KEY, number INTEGER NOT NULL, time_ns INTEGER NOT"
    " NULL, payload TEXT NOT NULL, hash TEXT NOT NULL);";

std::string shortest(double value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

// The hash of header and history, from which the chain of steps starts.
class HeadHash {
  public:
    explicit HeadHash(std::string_view header) {
        hash_.update("tradewind recording " + std::to_string(kRecordingSchema) + '\n' +
                     std::to_string(header.size()) + '\n');
        hash_.update(header);
    }
    void series(const BarSeries& series) {
        hash_.update("\nseries " + series.symbol.to_string() + ' ' +
                     std::to_string(series.interval_ns) + ' ' + (series.daily ? "1 " : "0 ") +
                     (series.adjusted ? "1" : "0"));
    }
    void bar(const Bar& bar) {
        std::string line = "\n" + std::to_string(bar.start.ns) + ' ' + std::to_string(bar.end.ns);
        for (const auto price : {bar.open, bar.high, bar.low, bar.close}) {
            line += ' ' + price.to_string();
        }
        line += ' ' + shortest(bar.volume) + ' ' + shortest(bar.vwap) + ' ' +
                std::to_string(bar.trade_count) + (bar.suspect ? " 1" : " 0") +
                (bar.late ? " 1" : " 0");
        hash_.update(line);
    }
    [[nodiscard]] std::string finish() { return hash_.finish(); }

  private:
    Sha256 hash_;
};

std::string step_hash(const std::string& previous, std::uint64_t number, Timestamp time,
                      std::string_view payload) {
    Sha256 hash;
    hash.update(previous + '\n' + std::to_string(number) + ' ' + std::to_string(time.ns) + '\n');
    hash.update(payload);
    return hash.finish();
}

std::string end_mark(std::uint64_t steps, const std::string& hash) {
    return std::to_string(steps) + ' ' + hash;
}

void put_meta(const SqliteFile& file, std::string_view key, std::string_view value) {
    SqliteStatement insert(file, "INSERT INTO meta(key, value) VALUES(?, ?)");
    insert.bind(1, key);
    insert.bind(2, value);
    insert.run();
}

std::optional<std::string> get_meta(const SqliteFile& file, std::string_view key) {
    SqliteStatement select(file, "SELECT value FROM meta WHERE key = ?");
    select.bind(1, key);
    if (!select.step()) return std::nullopt;
    return std::string(select.text(0));
}

std::string put_history(const SqliteFile& file, std::string_view header,
                        const std::vector<BarSeriesPtr>& history) {
    HeadHash head(header);
    SqliteStatement series_row(file, "INSERT INTO series VALUES(?, ?, ?, ?, ?)");
    SqliteStatement bar_row(file, "INSERT INTO history VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (std::size_t i = 0; i < history.size(); ++i) {
        const auto& series = *history[i];
        const auto id = static_cast<std::int64_t>(i);
        head.series(series);
        series_row.bind(1, id);
        series_row.bind(2, series.symbol.view());
        series_row.bind(3, series.interval_ns);
        series_row.bind(4, series.daily ? 1 : 0);
        series_row.bind(5, series.adjusted ? 1 : 0);
        series_row.run();
        for (const auto& bar : series.bars) {
            head.bar(bar);
            const std::string texts[] = {bar.open.to_string(), bar.high.to_string(),
                                         bar.low.to_string(),  bar.close.to_string(),
                                         shortest(bar.volume), shortest(bar.vwap)};
            bar_row.bind(1, id);
            bar_row.bind(2, bar.start.ns);
            bar_row.bind(3, bar.end.ns);
            for (int column = 0; column < 6; ++column) bar_row.bind(4 + column, texts[column]);
            bar_row.bind(10, std::int64_t{bar.trade_count});
            bar_row.bind(11, bar.suspect ? 1 : 0);
            bar_row.bind(12, bar.late ? 1 : 0);
            bar_row.run();
        }
    }
    return head.finish();
}

// Makes the file under another name and links it to its own, so that nobody ever sees a recording
// without its header. Returns the head hash. False: the name is taken.
bool make_file(const fs::path& path, std::string_view header,
               const std::vector<BarSeriesPtr>& history, std::string& head) {
    const fs::path beside = path.string() + ".new";
    std::error_code ignored;
    fs::remove(beside, ignored);
    {
        SqliteFile file(beside, SqliteOpen::read_write);
        file.execute("PRAGMA journal_mode=OFF");  // made again when it fails: nothing to roll back
        file.execute("BEGIN IMMEDIATE");
        file.execute(kTables);
        put_meta(file, "schema", std::to_string(kRecordingSchema));
        put_meta(file, "header", header);
        head = put_history(file, header, history);
        put_meta(file, "head", head);
        file.execute("COMMIT");
    }
    const bool linked = ::link(beside.c_str(), path.c_str()) == 0;
    const int error = errno;
    fs::remove(beside, ignored);
    if (!linked && error != EEXIST) {
        throw Error(ErrorKind::failed, "recording cannot be made", path.string(),
                    std::strerror(error));
    }
    return linked;
}

[[noreturn]] void damaged(const fs::path& file, const std::string& where, const std::string& why) {
    throw Error(ErrorKind::corrupt, "recording is damaged", file.string() + ' ' + where, why,
                "take a copy of it, or another session");
}

std::optional<std::uint32_t> session_of(const std::string& name) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
    const auto* const first = name.data() + kPrefix.size();
    const auto* const last = name.data() + name.size() - kSuffix.size();
    std::uint32_t session = 0;
    const auto result = std::from_chars(first, last, session);
    if (result.ec != std::errc() || result.ptr != last || last - first < 4) return std::nullopt;
    return session;
}

fs::path file_to_read(const fs::path& path, std::optional<std::uint32_t> session) {
    if (!fs::is_directory(path)) {
        if (fs::is_regular_file(path)) return path;
        throw Error(ErrorKind::data, "recording", path.string(), "no such folder or file",
                    "name the folder that holds session-NNNN.db");
    }
    const auto sessions = recorded_sessions(path);
    if (sessions.empty()) {
        throw Error(ErrorKind::data, "recording", path.string(), "the folder holds no session",
                    "name the folder that holds session-NNNN.db");
    }
    if (!session) return recording_file(path, sessions.back());
    if (!std::binary_search(sessions.begin(), sessions.end(), *session)) {
        throw Error(ErrorKind::data, "recording", path.string(),
                    "it has no session " + std::to_string(*session),
                    "the newest is " + std::to_string(sessions.back()));
    }
    return recording_file(path, *session);
}

// A finished recording may lie where nothing can be written; one in use, or left by a kill, has
// its newest steps in the log beside it.
SqliteFile open_to_read(const fs::path& file) {
    const bool log = fs::exists(file.string() + "-wal");
    return {file, log ? SqliteOpen::read_only : SqliteOpen::immutable};
}

}  // namespace

std::vector<std::uint32_t> recorded_sessions(const fs::path& folder) {
    std::vector<std::uint32_t> sessions;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (const auto session = session_of(entry.path().filename().string())) {
            sessions.push_back(*session);
        }
    }
    if (error) {
        throw Error(ErrorKind::data, "recording", folder.string(), error.message(),
                    "name a folder that can be read");
    }
    std::sort(sessions.begin(), sessions.end());
    return sessions;
}

fs::path recording_file(const fs::path& folder, std::uint32_t session) {
    char name[32];
    std::snprintf(name, sizeof name, "session-%04u.db", session);
    return folder / name;
}

std::uint64_t prune_recordings(const fs::path& folder, std::uint64_t most_bytes) {
    if (!fs::exists(folder)) return 0;
    std::uint64_t bytes = 0;
    std::vector<std::pair<fs::path, std::uint64_t>> files;  // of a session: it and its log
    for (const auto session : recorded_sessions(folder)) {
        const auto file = recording_file(folder, session);
        std::uint64_t size = fs::file_size(file);
        std::error_code absent;
        if (const auto log = fs::file_size(file.string() + "-wal", absent); !absent) size += log;
        files.emplace_back(file, size);
        bytes += size;
    }
    for (const auto& [file, size] : files) {
        if (bytes <= most_bytes) break;
        for (const char* part : {"-wal", "-shm", ""}) {
            std::error_code error;
            fs::remove(file.string() + part, error);
            if (error) {
                throw Error(ErrorKind::failed, "an old recording cannot be removed",
                            file.string() + part, error.message());
            }
        }
        bytes -= size;
    }
    return bytes;
}

// -- writer -----------------------------------------------------------------------------------

struct RecordingWriter::State {
    std::uint32_t session = 0;
    fs::path path;
    std::string hash;
    std::uint64_t appended = 0;
    std::uint64_t committed = 0;
    bool open = false;  // a transaction
    bool closed = false;
    std::optional<SqliteFile> file;
    std::optional<SqliteStatement> insert;
};

RecordingWriter::RecordingWriter(const fs::path& folder, std::string_view header,
                                 const std::vector<BarSeriesPtr>& history)
    : state_(std::make_unique<State>()) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throw Error(ErrorKind::failed, "recording cannot be made", folder.string(), error.message(),
                    "name a folder that can be written");
    }
    auto& state = *state_;
    const auto sessions = recorded_sessions(folder);
    state.session = sessions.empty() ? 1 : sessions.back() + 1;
    while (!make_file(recording_file(folder, state.session), header, history, state.hash)) {
        ++state.session;
    }
    state.path = recording_file(folder, state.session);
    state.file.emplace(state.path, SqliteOpen::read_write);
    state.file->execute("PRAGMA journal_mode=WAL");
    state.file->execute("PRAGMA synchronous=NORMAL");
    state.insert.emplace(*state.file, "INSERT INTO steps VALUES(?, ?, ?, ?, ?)");
}

RecordingWriter::~RecordingWriter() = default;
RecordingWriter::RecordingWriter(RecordingWriter&&) noexcept = default;
RecordingWriter& RecordingWriter::operator=(RecordingWriter&&) noexcept = default;

void RecordingWriter::append(std::uint64_t number, Timestamp time, std::string_view payload) {
    auto& state = *state_;
    ensure(!state.closed, "a closed recording takes no step");
    ensure(number <= static_cast<std::uint64_t>(INT64_MAX), "a step's number fits the store");
    if (!state.open) {
        state.file->execute("BEGIN IMMEDIATE");
        state.open = true;
    }
    auto hash = step_hash(state.hash, number, time, payload);
    auto& insert = *state.insert;
    insert.bind(1, static_cast<std::int64_t>(state.appended + 1));
    insert.bind(2, static_cast<std::int64_t>(number));
    insert.bind(3, time.ns);
    insert.bind(4, payload);
    insert.bind(5, hash);
    insert.run();
    state.hash = std::move(hash);
    ++state.appended;
}

void RecordingWriter::commit() {
    auto& state = *state_;
    if (!state.open) return;
    state.file->execute("COMMIT");  // a failed one leaves the transaction open: it may be repeated
    state.open = false;
    state.committed = state.appended;
}

void RecordingWriter::close() {
    auto& state = *state_;
    if (state.closed) return;
    commit();
    put_meta(*state.file, "end", end_mark(state.appended, state.hash));
    state.insert.reset();
    state.file->execute("PRAGMA journal_mode=DELETE");
    state.file->close();
    state.closed = true;
}

std::uint64_t RecordingWriter::appended() const {
    return state_->appended;
}
std::uint64_t RecordingWriter::committed() const {
    return state_->committed;
}
std::uint32_t RecordingWriter::session() const {
    return state_->session;
}
const fs::path& RecordingWriter::file() const {
    return state_->path;
}

// -- reader -----------------------------------------------------------------------------------

struct RecordingReader::State {
    State(fs::path p, SqliteFile f) : path(std::move(p)), file(std::move(f)) {}

    fs::path path;
    SqliteFile file;
    std::string header;
    std::vector<BarSeriesPtr> history;
    std::optional<std::string> end;
    std::uint64_t steps = 0;
    std::uint64_t read = 0;
    bool ended = false;
    std::string hash;
    std::optional<SqliteStatement> select;

    void check_pages();
    [[nodiscard]] std::string meta(const char* key) const;
    void read_history();
    [[nodiscard]] Bar bar_of(const SqliteStatement& row, const BarSeries& series) const;
};

// The first line of SQLite's own check; one page that it refuses is enough.
void RecordingReader::State::check_pages() {
    SqliteStatement check(file, "PRAGMA integrity_check(1)");
    if (!check.step() || check.text(0) != "ok") damaged(path, "pages", std::string(check.text(0)));
}

std::string RecordingReader::State::meta(const char* key) const {
    auto value = get_meta(file, key);
    if (!value) damaged(path, "meta", std::string("no ") + key);
    return std::move(*value);
}

Bar RecordingReader::State::bar_of(const SqliteStatement& row, const BarSeries& series) const {
    const auto where = "history of " + series.symbol.to_string();
    const auto price = [&](int column) {
        const auto value = Price::parse(row.text(column));
        if (!value) damaged(path, where, "not a price");
        return *value;
    };
    const auto real = [&](int column) {
        const auto text = row.text(column);
        double value = 0;
        const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
        if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
            damaged(path, where, "not a number");
        }
        return value;
    };
    Bar bar;
    bar.start = {row.number(1)};
    bar.end = {row.number(2)};
    bar.open = price(3);
    bar.high = price(4);
    bar.low = price(5);
    bar.close = price(6);
    bar.volume = real(7);
    bar.vwap = real(8);
    bar.trade_count = static_cast<std::uint32_t>(row.number(9));
    bar.suspect = row.number(10) != 0;
    bar.late = row.number(11) != 0;
    return bar;
}

void RecordingReader::State::read_history() {
    std::vector<std::shared_ptr<BarSeries>> all;
    SqliteStatement series_row(file,
                               "SELECT series, symbol, interval_ns, daily, adjusted FROM series"
                               " ORDER BY series");
    while (series_row.step()) {
        auto series = std::make_shared<BarSeries>();
        if (series_row.number(0) != static_cast<std::int64_t>(all.size()) ||
            !Symbol::valid(series_row.text(1))) {
            damaged(path, "series " + std::to_string(all.size()), "malformed");
        }
        series->symbol = Symbol(series_row.text(1));
        series->interval_ns = series_row.number(2);
        series->daily = series_row.number(3) != 0;
        series->adjusted = series_row.number(4) != 0;
        all.push_back(std::move(series));
    }
    SqliteStatement bar_row(file,
                            "SELECT series, start_ns, end_ns, open, high, low, close, volume, vwap,"
                            " trade_count, suspect, late FROM history ORDER BY series, start_ns");
    while (bar_row.step()) {
        const auto id = static_cast<std::uint64_t>(bar_row.number(0));
        if (id >= all.size()) damaged(path, "history", "a bar of no series");
        all[id]->bars.push_back(bar_of(bar_row, *all[id]));
    }
    HeadHash head(header);
    for (const auto& series : all) {
        head.series(*series);
        for (const auto& bar : series->bars) head.bar(bar);
    }
    hash = head.finish();
    if (hash != meta("head")) damaged(path, "header", "header or history was changed");
    history.assign(all.begin(), all.end());
}

RecordingReader::RecordingReader(const fs::path& path, std::optional<std::uint32_t> session) {
    const auto file = file_to_read(path, session);
    state_ = std::make_unique<State>(file, open_to_read(file));
    auto& state = *state_;
    state.file.execute("BEGIN");  // one view of a file that may still be written
    const auto schema = state.meta("schema");
    if (schema != std::to_string(kRecordingSchema)) {
        throw Error(ErrorKind::data, "recording", file.string(), "its schema is " + schema,
                    "replay it with the version that recorded it");
    }
    state.check_pages();
    state.header = state.meta("header");
    state.read_history();
    state.end = get_meta(state.file, "end");
    SqliteStatement count(state.file, "SELECT count(*) FROM steps");
    state.steps = count.step() ? static_cast<std::uint64_t>(count.number(0)) : 0;
    state.select.emplace(
        state.file, "SELECT position, number, time_ns, payload, hash FROM steps ORDER BY position");
}

RecordingReader::~RecordingReader() = default;
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;

const std::string& RecordingReader::header() const {
    return state_->header;
}
const std::vector<BarSeriesPtr>& RecordingReader::history() const {
    return state_->history;
}
std::uint64_t RecordingReader::steps() const {
    return state_->steps;
}
bool RecordingReader::complete() const {
    return state_->end.has_value();
}
const fs::path& RecordingReader::file() const {
    return state_->path;
}

bool RecordingReader::next(RecordedStep& step) {
    auto& state = *state_;
    if (state.ended) return false;
    auto& row = *state.select;
    if (!row.step()) {
        state.ended = true;
        if (state.end && *state.end != end_mark(state.read, state.hash)) {
            damaged(state.path, "end", "the session ended with other steps than the file holds");
        }
        return false;
    }
    ++state.read;
    const auto where = "step " + std::to_string(state.read);
    step.position = static_cast<std::uint64_t>(row.number(0));
    step.number = static_cast<std::uint64_t>(row.number(1));
    step.time = {row.number(2)};
    step.payload = row.text(3);
    if (step.position != state.read) damaged(state.path, where, "it is missing");
    state.hash = step_hash(state.hash, step.number, step.time, step.payload);
    if (state.hash != row.text(4)) damaged(state.path, where, "it, or one before it, was changed");
    return true;
}

}  // namespace tradewind::market
