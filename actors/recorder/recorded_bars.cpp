#include "actors/recorder/recorded_bars.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "actors/feed/recording_feed.hpp"
#include "actors/recorder/recorded_session.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

BarSeriesPtr series_of(const Symbol& symbol, const std::map<Timestamp, Bar>& bars) {
    auto series = std::make_shared<BarSeries>();
    series->symbol = symbol;
    for (const auto& [start, bar] : bars) {
        const auto length = bar.end - bar.start;
        if (series->bars.empty() || length < series->interval_ns) series->interval_ns = length;
        series->bars.push_back(bar);
        series->bars.back().late = false;
    }
    return series;
}

}  // namespace

std::vector<BarSeriesPtr> recorded_bars(const std::filesystem::path& path) {
    market::RecordingReader reader(path);
    const auto session = decode_session(reader.header(), reader.file().string() + " header");
    std::map<Symbol, std::map<Timestamp, Bar>> bars;
    RecordingFeed feed(std::move(reader));
    StepInputs inputs;
    while (feed.next(inputs)) {
        for (const auto& close : inputs.closes) {
            if (close.slot >= session.symbols.size()) {
                throw Error(
                    ErrorKind::corrupt, "recording is damaged",
                    feed.reader().file().string() + " step " + std::to_string(inputs.step.number),
                    "a slot that the session does not have");
            }
            bars[session.symbols[close.slot].instrument.symbol][close.bar.start] = close.bar;
        }
    }
    std::vector<BarSeriesPtr> series;
    for (const auto& [symbol, of_symbol] : bars) series.push_back(series_of(symbol, of_symbol));
    return series;
}

}  // namespace tradewind::actors
