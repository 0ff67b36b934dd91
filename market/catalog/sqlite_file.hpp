// A thin owner of one SQLite file and of prepared statements. Failures become typed errors: corrupt
// (not a database, malformed pages), failed (disk full, I/O, the rest). Internal to market/catalog;
// one thread per object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tradewind::market {

enum class SqliteOpen : std::uint8_t {
    read_write,  // creates the file
    read_only,   // sees a write-ahead log beside it
    immutable,   // reads the one file, as if nobody could write it
};

class SqliteFile {
  public:
    SqliteFile(const std::filesystem::path& file, SqliteOpen mode);
    ~SqliteFile();
    SqliteFile(SqliteFile&& other) noexcept;
    SqliteFile& operator=(SqliteFile&& other) noexcept;

    void execute(const char* sql) const;
    void close();  // folds the write-ahead log into the file
    // Throws the typed error of an SQLite result code.
    [[noreturn]] void fail(int code, const std::string& doing) const;
    [[nodiscard]] sqlite3* handle() const { return handle_; }

  private:
    sqlite3* handle_ = nullptr;
    std::string file_;
};

class SqliteStatement {
  public:
    SqliteStatement(const SqliteFile& file, const char* sql);
    ~SqliteStatement();
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    // Parameters count from 1, columns from 0. A text must live until the next step() or run().
    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::string_view text);
    [[nodiscard]] bool step();  // true: a row is ready; false: done, and reset
    void run();                 // a statement without rows
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string_view text(int column) const;  // until the next step()

  private:
    void check(int code, const char* doing) const;

    const SqliteFile& file_;
    sqlite3_stmt* handle_ = nullptr;
};

}  // namespace tradewind::market
