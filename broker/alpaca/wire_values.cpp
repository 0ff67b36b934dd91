#include "broker/alpaca/wire_values.hpp"

#include <algorithm>
#include <array>

namespace tradewind::broker::alpaca {
namespace {

constexpr std::array<std::string_view, 19> kStatusWords = {"other",
                                                           "accepted",
                                                           "pending_new",
                                                           "new",
                                                           "partially_filled",
                                                           "filled",
                                                           "done_for_day",
                                                           "canceled",
                                                           "expired",
                                                           "replaced",
                                                           "pending_cancel",
                                                           "pending_replace",
                                                           "accepted_for_bidding",
                                                           "stopped",
                                                           "rejected",
                                                           "suspended",
                                                           "calculated",
                                                           "held",
                                                           "pending_review"};

}  // namespace

WireStatus wire_status_of(std::string_view text) {
    const auto* found = std::find(kStatusWords.begin() + 1, kStatusWords.end(), text);
    if (found == kStatusWords.end()) return WireStatus::other;
    return static_cast<WireStatus>(found - kStatusWords.begin());
}

std::string_view to_text(WireStatus status) {
    return kStatusWords[static_cast<std::size_t>(status)];
}

bool is_terminal(WireStatus status) {
    return status == WireStatus::filled || status == WireStatus::canceled ||
           status == WireStatus::expired || status == WireStatus::rejected ||
           status == WireStatus::replaced;
}

OrderStatus order_status(WireStatus status, Quantity filled) {
    switch (status) {
        case WireStatus::filled:
            return OrderStatus::filled;
        case WireStatus::canceled:
            return OrderStatus::canceled;
        case WireStatus::expired:
            return OrderStatus::expired;
        case WireStatus::rejected:
            return OrderStatus::rejected;
        case WireStatus::replaced:
            return OrderStatus::replaced;
        case WireStatus::pending_cancel:
            return OrderStatus::pending_cancel;
        case WireStatus::held:
            return OrderStatus::held;
        default:
            return filled.sign() > 0 ? OrderStatus::partially_filled : OrderStatus::new_order;
    }
}

std::string WireExecution::execution_id() const {
    const auto mark = activity_id.find("::");
    return mark == std::string::npos ? activity_id : activity_id.substr(mark + 2);
}

std::optional<Symbol> canonical_symbol(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        if (c != '/') plain += c;
    }
    if (!Symbol::valid(plain)) return std::nullopt;
    return Symbol(plain);
}

std::string wire_symbol(const Symbol& symbol, AssetClass asset_class) {
    const auto text = symbol.view();
    if (asset_class != AssetClass::crypto || text.find('/') != std::string_view::npos) {
        return std::string(text);
    }
    for (const std::string_view quote : {"USDT", "USDC", "USD", "BTC"}) {
        if (text.size() > quote.size() && text.ends_with(quote)) {
            const auto base = text.substr(0, text.size() - quote.size());
            return std::string(base) + '/' + std::string(quote);
        }
    }
    return std::string(text);
}

Order order_of(const WireOrder& wire) {
    Order order;
    order.order_id = wire.client_order_id.empty() ? wire.id : wire.client_order_id;
    order.symbol = wire.symbol;
    order.time = wire.submitted;
    order.side = wire.side.value_or(Side::buy);
    order.type = wire.type.value_or(OrderType::market);
    order.time_in_force = wire.time_in_force.value_or(TimeInForce::day);
    order.quantity = wire.quantity.value_or(wire.filled_quantity);
    order.limit_price = wire.limit_price;
    order.stop_price = wire.stop_price;
    order.filled_quantity = wire.filled_quantity;
    order.filled_notional = wire.filled_average * wire.filled_quantity;
    order.status = order_status(wire.status, wire.filled_quantity);
    order.closed_time = wire.closed;
    return order;
}

}  // namespace tradewind::broker::alpaca
