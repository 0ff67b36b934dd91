// Alpaca as the venue of a daemon: `paper` with keys, and `live`; and its market with an own
// account.
//
// Opening reads account, clock, assets, open orders, positions and the executions since the books'
// last entry. At the first start positions and working orders of unknown origin are adopted at
// once; later a position that differs stays a contradiction until executions explain it
// (alpaca_broker.hpp). Cash that differs is taken over with its cause, once every position agrees.
// Requests wait for the budget. A symbol that only the books know and the broker has no more is
// kept as one that is not traded. Throws VenueUnreachable
// while the broker does not answer (try again), Error (unavailable) where it refuses the keys,
// Error (usage) where the account is not the expected one, Error (data) for a symbol it does not
// have. Source: contract 5, 7, 9.
#pragma once

#include <memory>
#include <string>

#include "actors/wiring/paper.hpp"
#include "actors/wiring/trading_venue.hpp"
#include "broker/alpaca/alpaca_settings.hpp"

namespace tradewind::broker::alpaca {
class SharedBudget;
}

namespace tradewind::actors {

struct AlpacaVenueOptions {
    broker::alpaca::AlpacaSettings settings;
    // Of the account's requests, over all attempts to open it. Not null: make_request_budget().
    std::shared_ptr<broker::alpaca::SharedBudget> budget;
    std::string account;   // the account number that the broker must answer; empty: any
    bool observe = false;  // nothing is ever sent
};

[[nodiscard]] std::shared_ptr<broker::alpaca::SharedBudget> make_request_budget(
    const broker::alpaca::AlpacaSettings& settings);

[[nodiscard]] std::unique_ptr<TradingVenue> open_alpaca_venue(const AlpacaVenueOptions& alpaca,
                                                              const PaperOptions& options,
                                                              const ledger::LedgerState& books);

// Alpaca's quotes and an own account, matched here and kept in STATE/local: nothing is sent. Throws
// as above where the market is asked; as the account's store.
[[nodiscard]] std::unique_ptr<TradingVenue> open_local_venue(const AlpacaVenueOptions& alpaca,
                                                             const PaperOptions& options,
                                                             const ledger::LedgerState& books);

}  // namespace tradewind::actors
