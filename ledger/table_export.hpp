// The tables of a run folder or of a state folder, for `export`.
//
// A run folder has its seven tables as CSV files already. A state folder has orders, fills, trades
// and decisions in its store: they are written in exactly the form of a run folder, so that a
// daemon's session and a replay of its recording can be compared byte for byte. Errors: Error
// corrupt (a store or a table that is not whole), failed (I/O). Any thread; the store is only read,
// also while a daemon writes it. Source: contract section 4.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/run_tables.hpp"

namespace tradewind::ledger {

enum class ColumnKind : std::uint8_t { text, time, decimal, real };

struct ColumnDescription {
    std::string_view name;
    ColumnKind kind = ColumnKind::text;
};

// The columns of a table in order.
[[nodiscard]] std::vector<ColumnDescription> columns_of(const CsvColumns& table);

// The tables that a state folder determines.
inline constexpr std::array<const CsvColumns*, 4> kStateTables{&kOrdersCsv, &kFillsCsv, &kTradesCsv,
                                                               &kDecisionsCsv};

// Writes kStateTables into `out`, which exists. Orders still open are written as a run folder's:
// expired, reason `end_of_data`, closed at `end`; default: the time of the newest event.
void write_state_tables(const std::filesystem::path& state_folder, const std::filesystem::path& out,
                        std::optional<Timestamp> end = std::nullopt);

}  // namespace tradewind::ledger
