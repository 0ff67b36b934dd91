// libFuzzer entry of the CSV bar reader: any bytes are either refused with an Error or give bars
// that keep every promise of the reader, and that read back equal after they were written. Build
// with clang++ -fsanitize=fuzzer,address; the test suite runs the same entry over a corpus and
// mutations of it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "market/catalog/bar_writer.hpp"
#include "market/catalog/csv_parser.hpp"
#include "messages/error.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::market;

void demand(bool holds) {
    if (!holds) std::abort();
}

void check(const BarSeries& series) {
    for (std::size_t i = 0; i < series.bars.size(); ++i) {
        const auto& bar = series.bars[i];
        demand(bar.open.sign() > 0 && bar.high.sign() > 0 && bar.low.sign() > 0 &&
               bar.close.sign() > 0);
        demand(bar.high >= bar.low && bar.start < bar.end);
        demand(std::isfinite(bar.volume) && bar.volume >= 0);
        demand(i == 0 || series.bars[i - 1].start < bar.start);
        const bool suspect =
            std::max(bar.open, bar.close) > bar.high || std::min(bar.open, bar.close) < bar.low;
        demand(bar.suspect == suspect);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    ReadOptions options;
    options.on_bad_row = OnBadRow::skip;
    FileReport report;
    report.path = "fuzz";
    try {
        const auto read = read_csv_text(text, "BTCUSD", options, report);
        std::uint64_t bars = 0;
        for (const auto& [series, notes] : read) {
            check(*series);
            bars += series->bars.size();
            const auto calendar = options.instruments.calendar(series->symbol);
            const auto written = csv_of(*series, calendar);
            FileReport again;
            options.interval_ns = series->daily ? 0 : series->interval_ns;
            const auto back = read_csv_text(written, series->symbol.to_string(), options, again);
            options.interval_ns = 0;
            demand(again.refused == 0 && back.size() == 1);
            demand(back.front().series->bars == series->bars);
        }
        demand(bars == report.rows);
    } catch (const Error& e) {
        demand(e.kind() == ErrorKind::data);
    }
    return 0;
}
