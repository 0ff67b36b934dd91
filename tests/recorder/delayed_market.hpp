// A market whose broker answers later, as a remote one does: what happens to orders in one step is
// among the inputs of the next. The feed and the broker stage of one run, for the recorder's tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/broker/paper_stage.hpp"
#include "actors/feed/catalog_feed.hpp"
#include "actors/recorder/recorded_session.hpp"
#include "actors/step/stages.hpp"

namespace tradewind::test {

// Daily bars of three coins that swing enough for many crosses; seeded.
[[nodiscard]] std::vector<BarSeriesPtr> swinging_bars(std::uint64_t seed, std::size_t bars);
[[nodiscard]] std::vector<strategy::SymbolInfo> infos_of(const std::vector<BarSeriesPtr>& series);
// A session of sma_cross on these symbols with nothing before it.
[[nodiscard]] actors::RecordedSession new_session(const std::vector<strategy::SymbolInfo>& symbols);
// Series without bars: what such a session knows at its start.
[[nodiscard]] std::vector<BarSeriesPtr> no_history(
    const std::vector<strategy::SymbolInfo>& symbols);

// Owned by one thread at a time: the sequencer asks feed and broker in turn.
class DelayedMarket {
  public:
    DelayedMarket(std::vector<BarSeriesPtr> series, std::vector<strategy::SymbolInfo> symbols);

    // Gives at most `steps` steps in a row, with commands at some of them.
    [[nodiscard]] std::shared_ptr<actors::StepFeed> feed(std::uint64_t steps);
    [[nodiscard]] std::unique_ptr<actors::BrokerStage> broker();

    struct State {
        State(std::vector<BarSeriesPtr> series, std::vector<strategy::SymbolInfo> symbols);
        actors::CatalogFeed feed;
        actors::PaperBrokerStage broker;
        std::vector<OrderEvent> waiting;
        std::uint64_t steps = 0;
    };

  private:
    std::shared_ptr<State> state_;
};

}  // namespace tradewind::test
