#include "market/catalog/sqlite_file.hpp"

#include <sqlite3.h>

#include <utility>

#include "messages/error.hpp"

namespace tradewind::market {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

// file: URI; everything but plain characters is escaped.
std::string uri_of(const std::filesystem::path& file, SqliteOpen mode) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(file).string()) {
        if (kPlain.find(c) != std::string_view::npos) {
            uri += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            uri += '%';
            uri += kDigits[byte >> 4U];
            uri += kDigits[byte & 15U];
        }
    }
    return mode == SqliteOpen::immutable ? uri + "?immutable=1" : uri;
}

}  // namespace

SqliteFile::SqliteFile(const std::filesystem::path& file, SqliteOpen mode) : file_(file.string()) {
    const int access = mode == SqliteOpen::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                      : SQLITE_OPEN_READONLY;
    const int code = sqlite3_open_v2(uri_of(file, mode).c_str(), &handle_,
                                     access | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) {
        const std::string why = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
        sqlite3_close_v2(std::exchange(handle_, nullptr));
        throw Error(ErrorKind::failed, "recording cannot be opened", file_, why);
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
}

SqliteFile::~SqliteFile() {
    sqlite3_close_v2(handle_);
}

SqliteFile::SqliteFile(SqliteFile&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), file_(std::move(other.file_)) {}

SqliteFile& SqliteFile::operator=(SqliteFile&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(file_, other.file_);
    return *this;
}

void SqliteFile::close() {
    sqlite3_close_v2(std::exchange(handle_, nullptr));
}

void SqliteFile::fail(int code, const std::string& doing) const {
    const std::string why = doing + ": " + sqlite3_errmsg(handle_);
    switch (code & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
        case SQLITE_ERROR:  // a table or column that should be there is not
            throw Error(ErrorKind::corrupt, "recording is damaged", file_, why,
                        "take a copy of it, or another session");
        case SQLITE_FULL:
            throw Error(ErrorKind::failed, "recording cannot be written", file_, why,
                        "free space on the disk");
        default:
            throw Error(ErrorKind::failed, "recording", file_, why);
    }
}

void SqliteFile::execute(const char* sql) const {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, sql);
}

SqliteStatement::SqliteStatement(const SqliteFile& file, const char* sql) : file_(file) {
    check(sqlite3_prepare_v3(file.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr),
          sql);
}

SqliteStatement::~SqliteStatement() {
    sqlite3_finalize(handle_);
}

void SqliteStatement::check(int code, const char* doing) const {
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) file_.fail(code, doing);
}

void SqliteStatement::bind(int parameter, std::int64_t value) {
    check(sqlite3_bind_int64(handle_, parameter, value), "bind a number");
}

void SqliteStatement::bind(int parameter, std::string_view text) {
    // A null pointer would bind NULL instead of the empty text.
    const char* const data = text.data() ? text.data() : "";
    check(sqlite3_bind_text(handle_, parameter, data, static_cast<int>(text.size()), SQLITE_STATIC),
          "bind a text");
}

bool SqliteStatement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    sqlite3_reset(handle_);
    check(code, "step");
    return false;
}

void SqliteStatement::run() {
    const int code = sqlite3_step(handle_);
    sqlite3_reset(handle_);
    check(code, "write");
}

std::int64_t SqliteStatement::number(int column) const {
    return sqlite3_column_int64(handle_, column);
}

std::string_view SqliteStatement::text(int column) const {
    const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return data ? std::string_view(data, size) : std::string_view();
}

}  // namespace tradewind::market
