// Turns what an exchange tick brought into the inputs of steps: one step per distinct instant.
//
// Within an instant: minute bars, sessions, quotes (the newest of a symbol), order events. Where
// more instants have piled up than `kept_quote_steps` (the machine was slow), quotes of the older
// ones are dropped: a newer one of the same symbol follows; bars, sessions and order events never
// are. Pure; any thread. Source: architecture 3 (mailbox policy of the feed).
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "actors/exchange/exchange_actor.hpp"
#include "actors/step/step_data.hpp"

namespace tradewind::actors {

constexpr std::size_t kKeptQuoteSteps = 16;

using SlotMap = std::map<Symbol, SlotId>;

[[nodiscard]] std::vector<std::shared_ptr<StepInputs>> steps_of(const ExchangeTick& tick,
                                                                const SlotMap& slots);

}  // namespace tradewind::actors
