// Rows a second of the bar readers on one core, over half a million minute bars of the synthetic
// kind: CSV with and without the file's hash, and Parquet. Files are written once to a temporary
// folder.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "market/catalog/bar_reader.hpp"
#include "market/catalog/bar_writer.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::market;

constexpr std::size_t kRows = 500'000;

BarSeries minute_bars() {
    BarSeries series;
    series.symbol = Symbol("BTCUSD");
    series.interval_ns = kMinute;
    std::uint64_t state = 1;
    std::int64_t cents = 2'925'571;
    for (std::size_t i = 0; i < kRows; ++i) {
        state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
        const auto move = static_cast<std::int64_t>((state >> 33) % 17) - 8;
        Bar bar;
        bar.start = *parse_time("2021-01-01T00:00:00Z") + static_cast<std::int64_t>(i) * kMinute;
        bar.end = bar.start + kMinute;
        bar.open = Price::from_units(cents * 10'000'000);
        cents += move * 100;
        bar.close = Price::from_units(cents * 10'000'000);
        bar.high = std::max(bar.open, bar.close) + Price::from_units(70'000'000);
        bar.low = std::min(bar.open, bar.close) - Price::from_units(70'000'000);
        bar.volume = static_cast<double>(state >> 40) / 1e6;
        series.bars.push_back(bar);
    }
    return series;
}

std::string file(const char* name) {
    return (std::filesystem::temp_directory_path() / "tradewind_bench" / name).string();
}

void read(benchmark::State& state, const std::string& path, bool hash) {
    ReadOptions options;
    options.hash_files = hash;
    for (auto _ : state) {
        auto catalog = read_catalog({path}, options);
        benchmark::DoNotOptimize(catalog.series.front()->bars.data());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRows));
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations() * std::filesystem::file_size(path)));
}

void csv(benchmark::State& state) {
    read(state, file("BTCUSD.csv"), false);
}
void csv_with_hash(benchmark::State& state) {
    read(state, file("BTCUSD.csv"), true);
}
void parquet(benchmark::State& state) {
    read(state, file("BTCUSD.parquet"), false);
}

BENCHMARK(csv)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_with_hash)->Unit(benchmark::kMillisecond);
BENCHMARK(parquet)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const auto series = minute_bars();
    std::filesystem::create_directories(std::filesystem::path(file("x")).parent_path());
    write_csv(series, TradingCalendar::utc_days, file("BTCUSD.csv"));
    write_parquet(series, TradingCalendar::utc_days, file("BTCUSD.parquet"));
    benchmark::RunSpecifiedBenchmarks();
    std::filesystem::remove_all(std::filesystem::path(file("x")).parent_path());
}
