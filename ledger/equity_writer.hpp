// equity.csv: the hot path of a run folder. Formats a row of exact values into the file's buffer;
// repeated values (cash between fills) are copied instead of formatted again. One thread.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "ledger/csv_file.hpp"
#include "ledger/curve_sampler.hpp"
#include "ledger/run_rows.hpp"
#include "ledger/statistics.hpp"

namespace tradewind::ledger {

// 1 - equity / peak rounded half-even to 1e-8, exactly as ratio(peak - equity, peak); 0 where the
// peak is not positive.
[[nodiscard]] Fraction drawdown_of(Money equity, Money peak);

class EquityWriter {
  public:
    explicit EquityWriter(const std::filesystem::path& folder);

    void add(const EquityRow& row, StatisticsAccumulator& statistics);

    [[nodiscard]] Timestamp last_time() const { return last_time_; }
    [[nodiscard]] std::uint64_t rows() const { return file_.rows(); }
    [[nodiscard]] const CurveSampler& curve() const { return curve_; }
    std::string finish() { return file_.finish(); }

  private:
    struct FormattedMoney {
        Money value;
        std::size_t length = 1;
        std::array<char, 48> text{'0'};
    };
    static char* put(char* out, FormattedMoney& cached, Money value);
    char* put_time(char* out, Timestamp time);

    CsvFile file_;
    CurveSampler curve_;
    FormattedMoney cash_;
    FormattedMoney market_value_;
    FormattedMoney gross_exposure_;
    Money peak_;
    Timestamp last_time_;
    std::int64_t day_start_ns_ = 1;  // of the date in `date_`; 1: none yet
    std::array<char, 11> date_{};    // "YYYY-MM-DDT"
};

}  // namespace tradewind::ledger
