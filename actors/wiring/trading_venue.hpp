// Where a daemon trades: what differs between the wirings (feed, broker, clock) behind one face.
//
// A venue is opened once per life of the graph, before any actor; it then gives the start's values,
// and at last the actor that is broker and market in one. Used by one thread. Implementations:
// the embedded exchange (embedded_venue.cpp), Alpaca (alpaca_venue.hpp). Errors: Error
// (unavailable) where a remote venue does not answer or refuses the keys, else as the stores'.
// Source: architecture 3 (modes are three wirings of the same graph), contract 9.
#pragma once

#include <atomic>
#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/exchange/exchange_actor.hpp"
#include "actors/system/actor_system.hpp"
#include "actors/wiring/reconcile.hpp"
#include "ledger/ledger_state.hpp"
#include "messages/error.hpp"
#include "strategy/strategy.hpp"

namespace tradewind::actors {

struct PaperOptions;

// The venue does not answer, or not yet: the start is to be tried again.
class VenueUnreachable : public Error {
  public:
    VenueUnreachable(const std::string& where, const std::string& why)
        : Error(ErrorKind::unavailable, "the broker cannot be reached", where, why,
                "check the address and the network") {}
};

// How well the venue's state is known now.
struct VenueCondition {
    bool known = true;
    bool trading_stream = true;
    bool data_stream = true;
    std::vector<std::string> reasons;  // why it is not known
};

struct VenueStart {
    std::shared_ptr<const std::atomic<bool>> kill_switch;
    FailureBoxPtr failures;
    // Called when the condition changes, on the venue's thread. Null: nobody asks.
    std::function<void(const VenueCondition&)> condition;
    // The books as the start found them, and what the reconciliation adds to them.
    const ledger::LedgerState* books = nullptr;
    const Reconciliation* reconciliation = nullptr;
};

// What the decisions see at the start: daily bars; the newest minutes, which warm a bar strategy
// up; minutes of as many days as the hourly variant makes its hours of.
enum class HistoryWanted : std::uint8_t { days, minutes, hours };
constexpr std::int64_t kDailyHistoryDays = 4 * 366;
constexpr std::int64_t kWarmUpDays = 5;
constexpr std::int64_t kHourlyStockDays = 60;  // some 41 sessions of 7 hours
constexpr std::int64_t kHourlyCoinDays = 14;
[[nodiscard]] constexpr std::int64_t history_ns(HistoryWanted wanted, bool utc_days) {
    switch (wanted) {
        case HistoryWanted::days:
            return kDailyHistoryDays * kDay;
        case HistoryWanted::minutes:
            return kWarmUpDays * kDay;
        case HistoryWanted::hours:
            break;
    }
    return (utc_days ? kHourlyCoinDays : kHourlyStockDays) * kDay;
}

class TradingVenue {
  public:
    virtual ~TradingVenue() = default;

    [[nodiscard]] virtual std::string broker() const = 0;  // "embedded", "alpaca"
    [[nodiscard]] virtual double speed() const = 0;        // exchange seconds a real second
    [[nodiscard]] virtual Timestamp time() = 0;
    [[nodiscard]] virtual std::vector<strategy::SymbolInfo> symbols() = 0;
    // What the decisions see at the start, by slot.
    [[nodiscard]] virtual std::vector<BarSeriesPtr> history(
        const std::vector<strategy::SymbolInfo>& symbols, HistoryWanted wanted) = 0;
    // Last prices known, by slot.
    [[nodiscard]] virtual std::vector<Price> marks(
        const std::vector<strategy::SymbolInfo>& symbols) = 0;

    // What the books must take over before they are compared: the first cash, and at a remote
    // broker what no execution explains.
    struct Takeover {
        std::vector<ledger::Adjustment> adjustments;
        std::vector<Order> orders;  // working orders that this program did not send
    };
    [[nodiscard]] virtual Takeover takeover(const ledger::LedgerState& books) = 0;
    [[nodiscard]] virtual BrokerTruth truth(const ledger::LedgerState& books) = 0;
    // A remote broker is known only once its streams listen; a local one at once.
    [[nodiscard]] virtual bool remote() const = 0;

    // The last call: what was opened moves into the actor.
    [[nodiscard]] virtual ExchangeActor spawn(caf::actor_system& system,
                                              const VenueStart& start) = 0;
};

[[nodiscard]] std::unique_ptr<TradingVenue> open_embedded_venue(const PaperOptions& options);

}  // namespace tradewind::actors
