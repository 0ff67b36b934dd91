// What `tradewind model fit` learns and the classical forecasters `ewma_empirical`, `garch` and
// `anchored` use: per market class and channel the memory of the volatility and the empirical
// deciles of moves in units of it. One small versioned JSON file, data/model/classical.json, which
// says what it was fitted on.
//
// Immutable values; any thread. A file that is broken in any way (not JSON, another format or
// version, a key missing or unknown, a number out of range or not finite, deciles that descend) is
// refused: Error (data) with the place. Source: training recipe 2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/market_class.hpp"

namespace tradewind::model {

// Deciles in units of sigma, never descending.
using DecileShape = std::array<double, kDeciles>;

struct EwmaShape {
    double lambda = 0.94;  // in (0, 1)
    DecileShape deciles{};
    friend bool operator==(const EwmaShape&, const EwmaShape&) = default;
};

struct GarchShape {
    double alpha = 0.08;        // in (0, persistence)
    double persistence = 0.98;  // in (0, 1)
    DecileShape deciles{};
    friend bool operator==(const GarchShape&, const GarchShape&) = default;
};

struct ChannelParameters {
    EwmaShape ewma_empirical;
    GarchShape garch;
    EwmaShape anchored;  // of x[t] / close[t-1] - 1; for the close that is its own move
    friend bool operator==(const ChannelParameters&, const ChannelParameters&) = default;
};

struct ClassParameters {
    std::uint64_t observations = 0;  // moves of the close that the deciles are taken from
    std::array<ChannelParameters, kSeriesCount> channels;  // by Series
    friend bool operator==(const ClassParameters&, const ClassParameters&) = default;
};

// One series of the training part.
struct FittedSeries {
    std::string symbol;
    MarketClass market_class = MarketClass::daily_stocks;
    std::uint64_t bars = 0;  // in the training part
    std::string first;       // RFC 3339, start of the first and last bar used
    std::string last;
    std::string sha256;  // of the file it came from; empty: unknown
    friend bool operator==(const FittedSeries&, const FittedSeries&) = default;
};

struct ClassicalParameters {
    std::string daily_end;        // training bars of daily series start before this date
    double intraday_share = 0.7;  // training share of hourly and minute series
    std::uint32_t warm_up_moves = 96;
    std::vector<FittedSeries> series;
    std::array<std::optional<ClassParameters>, kMarketClasses> classes;

    // The parameters for a series: of its class, else of the daily class of its kind of instrument,
    // else the first one that was fitted. Null: none was.
    [[nodiscard]] const ClassParameters* of(const BarSeries& bars) const;

    friend bool operator==(const ClassicalParameters&, const ClassicalParameters&) = default;
};

// Shortest decimals that read back as the same numbers; equal values give equal text.
[[nodiscard]] std::string classical_parameters_json(const ClassicalParameters& parameters);
// `where` names the text in errors.
[[nodiscard]] ClassicalParameters parse_classical_parameters(const std::string& text,
                                                             const std::string& where);
[[nodiscard]] ClassicalParameters read_classical_parameters(const std::string& path);

// First 16 hexadecimal digits of the SHA-256 of a text: what ids of forecasters end in.
[[nodiscard]] std::string content_id(std::string_view text);

}  // namespace tradewind::model
