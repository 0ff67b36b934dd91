#include "broker/exchange/server/message_faults.hpp"

#include <utility>

namespace tradewind::broker {
namespace {

constexpr std::chrono::milliseconds kLongestHold{5'000};

FrameText shared(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

// Larger by so much, and as readable as before: a member where it is an object, else blanks.
std::string padded(const std::string& text, std::size_t size) {
    auto large = text;
    if (text.starts_with('{')) {
        large.insert(1, "\"padding\":\"" + std::string(size, 'x') + "\",");
    } else {
        large.append(size, ' ');
    }
    return large;
}

}  // namespace

void MessageFaults::release() {
    if (!held_) return;
    const auto text = std::exchange(held_, nullptr);
    std::exchange(held_deliver_, nullptr)(text);
}

void MessageFaults::deliver_now(FrameText text, const Deliver& deliver) {
    deliver(std::move(text));
    release();
}

void MessageFaults::pass(const Fault* fault, FrameText text, Deliver deliver) {
    if (fault == nullptr) return deliver_now(std::move(text), deliver);
    const std::string_view kind = fault->kind;
    if (kind.starts_with("withhold_")) return;
    if (kind.starts_with("delay_")) {
        schedule_(std::chrono::milliseconds(fault->delay_ms),
                  [alive = alive_, text, deliver = std::move(deliver)] {
                      if (*alive) deliver(text);
                  });
    } else if (kind.starts_with("duplicate_")) {
        deliver(text);
        deliver_now(text, deliver);
    } else if (kind.starts_with("reorder_")) {
        release();
        held_ = text;
        held_deliver_ = std::move(deliver);
        // Without a next one it leaves late rather than never.
        schedule_(kLongestHold, [this, alive = alive_, text] {
            if (*alive && held_ == text) release();
        });
    } else if (kind.starts_with("truncated_")) {
        deliver_now(shared(text->substr(0, text->size() / 2)), deliver);
    } else if (kind.starts_with("oversized_")) {
        deliver_now(shared(padded(*text, static_cast<std::size_t>(fault->size))), deliver);
    } else {  // bad_frame
        deliver_now(shared(fault->body), deliver);
    }
}

}  // namespace tradewind::broker
