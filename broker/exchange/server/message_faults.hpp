// What the script of faults does to messages on their way out of a WebSocket: delays, repeats,
// swaps, withholds or mangles them. One object is one order of messages: a swapped one waits for
// the next of its own. I/O thread only. Source: broker protocol 8.8.
#pragma once

#include <chrono>
#include <functional>

#include "broker/exchange/server/fault_script.hpp"
#include "broker/exchange/server/stream_session.hpp"

namespace tradewind::broker {

class MessageFaults {
  public:
    using Schedule = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
    using Deliver = std::function<void(FrameText)>;

    explicit MessageFaults(Schedule schedule) : schedule_(std::move(schedule)) {}
    ~MessageFaults() { *alive_ = false; }
    MessageFaults(const MessageFaults&) = delete;
    MessageFaults& operator=(const MessageFaults&) = delete;

    // Null: unharmed. `deliver` is called with what leaves, at once or, while this object lives,
    // later.
    void pass(const Fault* fault, FrameText text, Deliver deliver);

  private:
    void deliver_now(FrameText text, const Deliver& deliver);
    void release();

    Schedule schedule_;
    FrameText held_;  // until the next one has gone; null: none
    Deliver held_deliver_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tradewind::broker
