// The children of a bracket: the exits that travel with an entry, so that a filled entry is never
// without an exit (I-8).
//
// An entry with an exit plan has up to three children, in this order, one of which cancels the
// others: `PARENT.stop` (protective stop), `PARENT.target` (limit), `PARENT.close` (market on
// close). They are held until the parent fills and then work for the filled quantity. Blotter,
// gateway and matching engine all derive them here, so that every book names the same orders.
// Pure; any thread. Source: strategies spec 1.4, 4.8; broker protocol 2.3.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "messages/order.hpp"

namespace tradewind::orders {

[[nodiscard]] inline bool has_children(const ExitPlan& plan) {
    return plan.target.sign() > 0 || plan.leave_at_close || plan.stop.sign() > 0;
}

// The number of children `plan` makes: 0 to 3.
[[nodiscard]] std::size_t child_count(const ExitPlan& plan);

// The children of `parent`, status held, quantity that of the parent.
[[nodiscard]] std::vector<Order> bracket_children(const Order& parent);

// What the children of `parent` may exit in the end: its quantity while it works, its filled
// quantity once it is closed.
[[nodiscard]] Quantity bracket_size(const Order& parent);

// The quantity of a child of a bracket of that size whose children together exited `group_filled`:
// what the child filled itself plus what is left to exit. Kept as it is when nothing is left, so
// that a child whose sibling finished the exit is canceled with the size it had.
[[nodiscard]] Quantity child_quantity(const Order& child, Quantity bracket_size,
                                      Quantity group_filled);

// The id of the target of an entry.
[[nodiscard]] std::string target_id_of(std::string_view entry_id);

// `PARENT.target` -> `PARENT`; the whole text where there is no dot.
[[nodiscard]] std::string_view parent_id_of(std::string_view child_id);

}  // namespace tradewind::orders
