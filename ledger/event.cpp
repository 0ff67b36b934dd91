#include "ledger/event.hpp"

#include <array>

namespace tradewind::ledger {
namespace {

constexpr std::array<std::string_view, kEventKinds> kKinds{
    "run_started", "run_ended",  "session", "decision", "order_intent", "order_event",
    "fill",        "adjustment", "halt",    "resume",   "plan",         "counter"};
constexpr std::array<std::string_view, 5> kAdjustments{"deposit", "withdrawal", "financing",
                                                       "dividend", "adopted"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& words, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
        if (words[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_text(EventKind kind) {
    return kKinds[static_cast<std::size_t>(kind)];
}
std::optional<EventKind> event_kind_of(std::string_view text) {
    return find<EventKind>(kKinds, text);
}
std::string_view to_text(AdjustmentKind kind) {
    return kAdjustments[static_cast<std::size_t>(kind)];
}
std::optional<AdjustmentKind> adjustment_kind_of(std::string_view text) {
    return find<AdjustmentKind>(kAdjustments, text);
}

}  // namespace tradewind::ledger
