// Alpaca's market, and an account on it, as the broker role of a daemon (exchange_actor.hpp).
//
// Runs on its own thread and owns the account and the market feed. Orders and cancels are handed to
// the account and answered at once; what becomes of them comes with a later tick, as
// inputs of a later step, so that a recording holds it. A tick carries all that was heard since the
// last one, at the broker's time of the tick. Entries are refused here while the kill switch is
// set or the state of broker or market is not known. Source: architecture 3 and 5, contract 9.
#pragma once

#include <atomic>
#include <caf/fwd.hpp>
#include <memory>

#include "actors/broker/traded_account.hpp"
#include "actors/exchange/exchange_actor.hpp"
#include "actors/wiring/trading_venue.hpp"
#include "broker/alpaca/market_feed.hpp"

namespace tradewind::actors {

struct AlpacaParts {
    std::unique_ptr<TradedAccount> account;
    std::unique_ptr<broker::alpaca::MarketFeed> feed;
    std::shared_ptr<broker::alpaca::ExchangeClock> clock;
};

ExchangeActor spawn_alpaca(caf::actor_system& system, AlpacaParts parts, const VenueStart& start);

}  // namespace tradewind::actors
