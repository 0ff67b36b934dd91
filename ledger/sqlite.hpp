// A thin owner of an SQLite connection and of prepared statements; failures become typed errors:
// corrupt (not a database, malformed), locked (busy), failed (disk full, I/O, the rest). One
// thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tradewind::ledger {

enum class OpenMode : std::uint8_t {
    read_write,  // creates the file
    read_only,   // takes part in locking, sees the write-ahead log
    immutable,   // reads the one file, as if nobody could write it
};

class Database {
  public:
    Database() = default;
    Database(const std::filesystem::path& file, OpenMode mode);
    ~Database();
    Database(Database&& other) noexcept;
    Database& operator=(Database&& other) noexcept;

    // Runs statements without results.
    void execute(const std::string& sql) const;
    // The first column of the first row; 0 / empty without a row.
    [[nodiscard]] std::int64_t number(const std::string& sql) const;
    [[nodiscard]] std::string text(const std::string& sql) const;
    // The integer key of the newest row of this connection.
    [[nodiscard]] std::int64_t last_key() const;
    // Leave the write-ahead log alone when the connection closes.
    void keep_log_on_close(bool keep) const;
    void close();

    [[nodiscard]] sqlite3* handle() const { return handle_; }
    [[nodiscard]] const std::string& file() const { return file_; }
    [[noreturn]] void fail(int code, const std::string& doing) const;

  private:
    sqlite3* handle_ = nullptr;
    std::string file_;
};

class Statement {
  public:
    Statement() = default;
    Statement(const Database& database, const std::string& sql);
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;

    // Columns to bind count from 1. Text and blobs must live until run() or the next step().
    void bind(int column, std::int64_t value);
    void bind(int column, std::string_view text);
    void bind_blob(int column, const void* data, std::size_t size);
    // Executes a statement without rows and resets it.
    void run();
    // True: a row is ready. False: done, and reset.
    [[nodiscard]] bool step();
    void reset();

    // Columns to read count from 0.
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string_view text(int column) const;  // until the next step
    [[nodiscard]] std::string_view blob(int column) const;
    [[nodiscard]] int columns() const;

  private:
    sqlite3_stmt* handle_ = nullptr;
    const Database* database_ = nullptr;
};

}  // namespace tradewind::ledger
