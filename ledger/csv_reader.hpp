// Reads a CSV file of a run folder, row by row, as strictly as it was written: exact header, exact
// number of cells, every line ended. Error corrupt with file and line otherwise. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/run_tables.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace tradewind::ledger {

class CsvReader {
  public:
    CsvReader(const std::filesystem::path& folder, const CsvColumns& columns);

    // False after the last row. Cells are valid until the next call.
    [[nodiscard]] bool next();
    [[nodiscard]] std::string_view cell(std::size_t column) const { return cells_[column]; }
    // The column of this name; it exists.
    [[nodiscard]] std::size_t column(std::string_view name) const;

    template <class Value>
    [[nodiscard]] Value decimal(std::size_t column) const {
        if (const auto value = Value::parse(cells_[column])) return *value;
        refuse("not a decimal: " + std::string(cells_[column]));
    }
    [[nodiscard]] Timestamp timestamp(std::size_t column) const {
        if (const auto value = parse_time(cells_[column])) return *value;
        refuse("not a time: " + std::string(cells_[column]));
    }
    [[nodiscard]] std::string place() const;
    [[noreturn]] void refuse(const std::string& why) const;

  private:
    void split(std::string_view line);

    std::string file_;
    std::string text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    std::vector<std::string> names_;
    std::vector<std::string_view> cells_;
    std::vector<std::string> unquoted_;
};

// The whole file. Error corrupt when it cannot be read.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& file);

}  // namespace tradewind::ledger
