#include "ledger/sqlite.hpp"

#include <sqlite3.h>

#include <utility>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

// file: URI with everything but plain characters escaped.
std::string uri_of(const std::filesystem::path& file, OpenMode mode) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(file).string()) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_';
        if (plain) {
            uri += c;
        } else {
            uri += '%';
            uri += kDigits[byte >> 4U];
            uri += kDigits[byte & 15U];
        }
    }
    return mode == OpenMode::immutable ? uri + "?mode=ro&immutable=1" : uri;
}

}  // namespace

Database::Database(const std::filesystem::path& file, OpenMode mode) : file_(file.string()) {
    const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                      (mode == OpenMode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                    : SQLITE_OPEN_READONLY);
    const int code = sqlite3_open_v2(uri_of(file, mode).c_str(), &handle_, flags, nullptr);
    if (code != SQLITE_OK) {
        const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
        sqlite3_close_v2(std::exchange(handle_, nullptr));
        throw Error(ErrorKind::failed, "cannot open store", file_, why);
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
}

Database::~Database() {
    sqlite3_close_v2(handle_);
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), file_(std::move(other.file_)) {}

Database& Database::operator=(Database&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(file_, other.file_);
    return *this;
}

void Database::close() {
    sqlite3_close_v2(std::exchange(handle_, nullptr));
}

void Database::fail(int code, const std::string& doing) const {
    const int primary = code & 0xff;
    const std::string why = sqlite3_errmsg(handle_);
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_FORMAT) {
        throw Error(ErrorKind::corrupt, "store is corrupt", file_, doing + ": " + why,
                    "restore it from a copy; nothing was changed");
    }
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
        throw Error(ErrorKind::locked, "store is in use", file_, doing + ": " + why,
                    "stop the other program that has it open");
    }
    if (primary == SQLITE_FULL) {
        throw Error(ErrorKind::failed, "store is not writable", file_, "disk full: " + why,
                    "free space on the disk");
    }
    throw Error(ErrorKind::failed, "store failed", file_, doing + ": " + why);
}

void Database::execute(const std::string& sql) const {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, sql.substr(0, 60));
}

std::int64_t Database::number(const std::string& sql) const {
    Statement statement(*this, sql);
    return statement.step() ? statement.number(0) : 0;
}

std::string Database::text(const std::string& sql) const {
    Statement statement(*this, sql);
    return statement.step() ? std::string(statement.text(0)) : std::string();
}

std::int64_t Database::last_key() const {
    return sqlite3_last_insert_rowid(handle_);
}

void Database::keep_log_on_close(bool keep) const {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

Statement::Statement(const Database& database, const std::string& sql) : database_(&database) {
    const int code = sqlite3_prepare_v3(database.handle(), sql.c_str(), -1,
                                        SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
    if (code != SQLITE_OK) database.fail(code, sql.substr(0, 60));
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), database_(other.database_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(database_, other.database_);
    return *this;
}

void Statement::bind(int column, std::int64_t value) {
    const int code = sqlite3_bind_int64(handle_, column, value);
    if (code != SQLITE_OK) database_->fail(code, "bind a number");
}

void Statement::bind(int column, std::string_view text) {
    // A null pointer would bind NULL instead of the empty text.
    const char* const data = text.data() != nullptr ? text.data() : "";
    const int code =
        sqlite3_bind_text(handle_, column, data, static_cast<int>(text.size()), SQLITE_STATIC);
    if (code != SQLITE_OK) database_->fail(code, "bind a text");
}

void Statement::bind_blob(int column, const void* data, std::size_t size) {
    const int code =
        sqlite3_bind_blob(handle_, column, data, static_cast<int>(size), SQLITE_STATIC);
    if (code != SQLITE_OK) database_->fail(code, "bind a blob");
}

void Statement::run() {
    const int code = sqlite3_step(handle_);
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        sqlite3_reset(handle_);
        database_->fail(code, "write");
    }
    sqlite3_reset(handle_);
}

bool Statement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    sqlite3_reset(handle_);
    if (code != SQLITE_DONE) database_->fail(code, "read");
    return false;
}

void Statement::reset() {
    sqlite3_reset(handle_);
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::text(int column) const {
    const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return data == nullptr ? std::string_view() : std::string_view(data, size);
}

std::string_view Statement::blob(int column) const {
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return data == nullptr ? std::string_view() : std::string_view(data, size);
}

int Statement::columns() const {
    return sqlite3_column_count(handle_);
}

}  // namespace tradewind::ledger
