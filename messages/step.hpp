// The step protocol's values: inputs that the sequencer orders, and the step that releases them.
//
// Everything that can change a decision is an Input. The sequencer gives each a sequence number and
// a time, records it, then releases it in a step; actors decide only in steps. A step covers all
// inputs up to `number` and is read as of `time`.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "messages/account.hpp"
#include "messages/bar.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"

namespace tradewind {

// A bar became known (its end was reached).
struct BarClosed {
    Symbol symbol;
    Bar bar;
};
// A bar began: its open is the first price at which a waiting market order can fill.
struct BarOpened {
    Symbol symbol;
    Timestamp time;
    Price open;
};

enum class SessionPhase : std::uint8_t { opened, closed };
struct SessionEvent {
    SessionPhase phase = SessionPhase::opened;
    Date date;
    bool crypto = false;  // UTC day roll instead of the exchange session
};

// The analysis that began at an earlier step has come back: its rows can be decided upon.
struct PassEnded {
    std::uint64_t begun = 0;  // number of the step at which it began
};

enum class KillCause : std::uint8_t { command, signal, file, loss_limit, store_full };
struct HaltTrading {
    KillCause cause = KillCause::command;
    bool flatten = false;
    std::string reason;
};
struct ResumeTrading {
    std::string reason;
};

// Something the broker said: an order's event, or its account after a reconciliation.
struct BrokerSaid {
    OrderEvent event;
};
struct BrokerState {
    bool reachable = true;
    std::string reason;
};

using InputPayload = std::variant<BarClosed, BarOpened, Quote, Trade, SessionEvent, PassEnded,
                                  BrokerSaid, BrokerState, HaltTrading, ResumeTrading>;

struct Input {
    std::uint64_t sequence = 0;
    Timestamp time;
    InputPayload payload;
};

struct Step {
    std::uint64_t number = 0;  // inputs up to and including this sequence number count
    Timestamp time;
};

}  // namespace tradewind
