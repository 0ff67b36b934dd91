// A table of text cells as a Parquet file, for readers of run folders that want columns with types.
//
// Cells come as the CSV files spell them and become: text (string), time (timestamp[ns, UTC]),
// decimal (decimal128(38, 18), exact) or real (double). An empty cell of the last three is null.
// The file appears complete or not at all. Errors: Error (data) for a cell that is not of its kind,
// Error (usage) when the path cannot be written. One thread; blocking. Source: contract 2 (export).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::market {

enum class CellKind : std::uint8_t { text, time, decimal, real };

struct TableColumn {
    std::string name;
    CellKind kind = CellKind::text;
};

class ParquetTable {
  public:
    ParquetTable(const std::string& path, std::vector<TableColumn> columns);
    ~ParquetTable();  // nothing appears without finish()
    ParquetTable(const ParquetTable&) = delete;
    ParquetTable& operator=(const ParquetTable&) = delete;

    // One row: as many cells as columns.
    void add(std::span<const std::string_view> cells);
    void finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tradewind::market
