// Which forecaster serves which market class and channel: chosen from a verification, stored as a
// versioned record (data/model/choice.json), used by the forecaster `auto`.
//
// The network serves where it beats (i) with the interval clear of no gain, its coverage is within
// two points of every decile, and no classical forecaster scores better; elsewhere the classical
// one with the best score on what nothing learned from. That one also answers rows with too little
// history for the network. Pure but for reading; any thread. A broken record is refused: Error
// (data). Source: training recipe 6.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "model/market_class.hpp"
#include "model/verification.hpp"

namespace tradewind::model {

// The acceptance rule on one channel of one class.
struct Verdict {
    bool beats_ewma = false;    // (i), interval clear
    bool beats_strong = false;  // close: (ii) and (iii); others: (v); intervals clear
    bool covers = false;        // each decile within kCoveragePoints
};
constexpr double kCoveragePoints = 0.02;
[[nodiscard]] Verdict judge(const ChannelScore& score, bool is_close);

enum class Server : std::uint8_t { network, ewma, ewma_empirical, garch, anchored };
constexpr std::size_t kServers = 5;
[[nodiscard]] const char* name_of(Server server);
[[nodiscard]] std::optional<Server> server_named(const std::string& name);

struct ChannelChoice {
    Server server = Server::ewma_empirical;
    Server fallback = Server::ewma_empirical;  // the best classical one
    // Why: scores relative to (i) and the rule, as verified.
    double network_score = 1;
    double network_high = 1;  // end of its interval
    double network_coverage_deviation = 0;
    double fallback_score = 1;
    friend bool operator==(const ChannelChoice&, const ChannelChoice&) = default;
};
using ClassChoice = std::array<ChannelChoice, kSeriesCount>;  // by Series

struct ForecasterChoice {
    std::string network;     // id of the checkpoint; empty: there is none, and none serves
    std::string parameters;  // id of the classical parameters
    std::array<std::optional<ClassChoice>, kMarketClasses> classes;

    // The choice for a series: of its class, else of the daily class of its kind, else the
    // classical forecasters ewma_empirical and, of high, low and open, anchored.
    [[nodiscard]] ClassChoice of(const BarSeries& series) const;

    friend bool operator==(const ForecasterChoice&, const ForecasterChoice&) = default;
};

// From the scores on HoldOut::unseen. `network`: id of the checkpoint that was scored; empty: the
// scored model is no network, and none is chosen.
[[nodiscard]] ForecasterChoice choose_forecasters(const Verification& verification,
                                                  const std::string& network);

[[nodiscard]] std::string forecaster_choice_json(const ForecasterChoice& choice);
[[nodiscard]] ForecasterChoice parse_forecaster_choice(const std::string& text,
                                                       const std::string& where);
[[nodiscard]] ForecasterChoice read_forecaster_choice(const std::string& path);

}  // namespace tradewind::model
