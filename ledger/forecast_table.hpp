// Forecasts on disk between two lives of a process: one SQLite file, a cache and no ledger. It may
// be deleted at any time; one that is damaged, or of another schema, is set aside and begun anew.
//
// One row per (producer, symbol, last bar, horizon); the hash of the bars that the model saw says
// whether it still holds, so a revised bar's forecast replaces the old one. Values are opaque
// bytes. Owned by one thread. Errors: Error failed (disk full, I/O), locked (another process
// writes). Source: strategies spec 5.7, architecture 7.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ledger/sqlite.hpp"

namespace tradewind::ledger {

struct ForecastPlace {
    std::string_view producer;
    std::string_view symbol;
    std::int64_t last_bar_ns = 0;
    std::int64_t horizon = 1;
    std::string_view context;  // bytes of the hash
};

class ForecastTable {
  public:
    explicit ForecastTable(const std::filesystem::path& file);
    ~ForecastTable();
    ForecastTable(const ForecastTable&) = delete;
    ForecastTable& operator=(const ForecastTable&) = delete;

    // Empty: not there, or computed from other bars.
    [[nodiscard]] std::optional<std::string> find(const ForecastPlace& place);
    // Visible to find() at once, on disk after commit().
    void put(const ForecastPlace& place, std::string_view values);
    void commit();
    [[nodiscard]] std::int64_t size() const;

  private:
    void open(const std::filesystem::path& file);

    Database database_;
    Statement find_;
    Statement put_;
    bool in_transaction_ = false;
};

}  // namespace tradewind::ledger
