// The tables derived from the events: their schema, writing of changed rows, comparison.
//
// One description of each row serves writing and comparing. Decimals and times are text (RFC 3339).
// Runs inside the caller's transaction; same thread as the store.
#pragma once

#include <memory>
#include <string>

#include "ledger/ledger_state.hpp"
#include "ledger/sqlite.hpp"

namespace tradewind::ledger {

// CREATE statements of the derived tables; DROP statements of every table but `events`.
[[nodiscard]] std::string derived_schema();
void drop_derived_tables(const Database& database);

class DerivedTables {
  public:
    explicit DerivedTables(const Database& database);
    ~DerivedTables();
    DerivedTables(DerivedTables&&) noexcept;
    DerivedTables& operator=(DerivedTables&&) noexcept;

    // Writes the rows named in `changes`, and fills and trades beyond those already written.
    void write(const LedgerState& state, const Changes& changes, const std::string& head_hash);
    // All rows, into tables that are empty (but for the account's).
    void write_all(const LedgerState& state, const std::string& head_hash);
    // Rows that the tables hold already (after opening).
    void set_written(std::size_t fills, std::size_t trades);

  private:
    struct Statements;
    std::unique_ptr<Statements> statements_;
    std::size_t fills_written_ = 0;
    std::size_t trades_written_ = 0;
};

// Throws Error corrupt naming the table and the first row that differs.
void compare_derived_tables(const Database& database, const LedgerState& state,
                            const std::string& head_hash);

}  // namespace tradewind::ledger
