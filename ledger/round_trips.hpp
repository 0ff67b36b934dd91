// Round trips: the trades of a symbol's position from flat to flat.
//
// A fill that crosses zero closes one trade and opens the next: its fee is split by quantity
// (half-even at 1e-8, the rest goes to the new trade). `quantity` is all that was entered;
// prices are averages rounded half-even to 1e-8, but `pnl` is exact: exit notional - entry notional
// (mirrored for a short) - fees - financing. Pure; one thread. Source: run folder contract.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "messages/money.hpp"
#include "messages/order.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind::ledger {

struct RoundTrip {
    std::uint64_t sequence = 0;  // of the fill event that opened it
    std::string trade_id;        // fill_id of the opening fill
    Symbol symbol;
    Side side = Side::buy;  // buy: long
    std::string strategy;   // of the opening fill
    Quantity quantity;
    Timestamp entry_time;
    Money entry_notional;
    Timestamp exit_time;
    Money exit_notional;
    Money fees;
    Money financing;  // paid: positive
    std::string exit_reason;

    [[nodiscard]] Price entry_price() const { return average_price(entry_notional, quantity); }
    [[nodiscard]] Price exit_price() const { return average_price(exit_notional, quantity); }
    [[nodiscard]] Money pnl() const {
        const Money gross = exit_notional - entry_notional;
        return (side == Side::buy ? gross : -gross) - fees - financing;
    }
    [[nodiscard]] Fraction profit_fraction() const {
        return entry_notional.is_zero() ? Fraction{} : ratio(pnl(), entry_notional);
    }

    friend bool operator==(const RoundTrip&, const RoundTrip&) = default;
};

class RoundTrips {
  public:
    // `exit_reason` is the reason of the fill's order; kept when the fill closes a trade.
    void add(std::uint64_t sequence, const Fill& fill, const std::string& exit_reason);
    // Charges the open trade of the symbol; ignored when it is flat.
    void charge_financing(Symbol symbol, Money paid);
    // A position that came without a fill (adoption): opens or changes the trade at `price`.
    void adjust(std::uint64_t sequence, Timestamp time, Symbol symbol, Quantity change,
                Price price);

    [[nodiscard]] const std::vector<RoundTrip>& closed() const { return closed_; }

  private:
    struct Open {
        RoundTrip trip;
        Quantity position;  // signed
    };
    std::map<Symbol, Open> open_;
    std::vector<RoundTrip> closed_;
};

}  // namespace tradewind::ledger
