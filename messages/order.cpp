#include "messages/order.hpp"

#include <array>

namespace tradewind {
namespace {

constexpr std::array<std::string_view, 2> kSides{"buy", "sell"};
constexpr std::array<std::string_view, 5> kTypes{"market", "limit", "stop", "stop_limit",
                                                 "trailing_stop"};
constexpr std::array<std::string_view, 6> kTimesInForce{"day", "gtc", "ioc", "fok", "opg", "cls"};
constexpr std::array<std::string_view, 11> kStatuses{
    "pending_new", "new",      "partially_filled", "filled", "pending_cancel", "canceled",
    "expired",     "rejected", "refused",          "held",   "replaced"};
constexpr std::array<std::string_view, 2> kRoles{"entry", "exit"};
constexpr std::array<std::string_view, 8> kKinds{"accepted", "activated", "filled",  "canceled",
                                                 "expired",  "rejected",  "refused", "replaced"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& words, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
        if (words[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_text(Side side) {
    return kSides[static_cast<std::size_t>(side)];
}
std::string_view to_text(OrderType type) {
    return kTypes[static_cast<std::size_t>(type)];
}
std::string_view to_text(TimeInForce tif) {
    return kTimesInForce[static_cast<std::size_t>(tif)];
}
std::string_view to_text(OrderStatus s) {
    return kStatuses[static_cast<std::size_t>(s)];
}
std::string_view to_text(Role role) {
    return kRoles[static_cast<std::size_t>(role)];
}
std::string_view to_text(OrderEventKind k) {
    return kKinds[static_cast<std::size_t>(k)];
}

std::optional<Side> side_of(std::string_view text) {
    return find<Side>(kSides, text);
}
std::optional<OrderType> order_type_of(std::string_view text) {
    return find<OrderType>(kTypes, text);
}
std::optional<TimeInForce> time_in_force_of(std::string_view text) {
    return find<TimeInForce>(kTimesInForce, text);
}
std::optional<OrderStatus> order_status_of(std::string_view text) {
    return find<OrderStatus>(kStatuses, text);
}

std::string decision_id_of(std::string_view strategy, const Symbol& symbol, Timestamp time) {
    std::string id(strategy);
    id += '.';
    id += symbol.view();
    id += '.';
    for (const char c : format_time(time)) {
        if (c != '-' && c != ':') id += c;
    }
    return id;
}

}  // namespace tradewind
