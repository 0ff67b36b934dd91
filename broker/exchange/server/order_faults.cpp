#include "broker/exchange/server/order_faults.hpp"

#include <algorithm>
#include <cmath>

#include "broker/exchange/server/fault_script.hpp"

namespace tradewind::broker {
namespace {

// Exchange time of so much real time from now on; a clock that stands still counts as real.
Timestamp in(const ExchangeHost& host, std::int64_t delay_ms) {
    const double speed = host.speed() > 0 ? host.speed() : 1;
    const auto ahead = static_cast<double>(delay_ms) * static_cast<double>(kMillisecond) * speed;
    return host.exchange().time() + static_cast<std::int64_t>(std::llround(ahead));
}

}  // namespace

OrderFate scripted_fate(const ExchangeHost& host, const std::string& account,
                        const Symbol& symbol) {
    OrderFate fate;
    if (!host.fault) return fate;
    const auto* fault =
        host.fault({"hold_order", "partial_fill", "partial_then_cancel", "reject_after_accept"},
                   {"POST", "/v2/orders", {}, account, symbol.view()});
    if (fault == nullptr) return fate;
    const auto later = in(host, fault->delay_ms);
    if (fault->kind == "hold_order") {
        fate.held_until = later;
    } else if (fault->kind == "reject_after_accept") {
        fate.held_until = fate.ends_at = later;
        fate.rejects = true;
    } else {
        const auto units = std::llround(fault->fraction * static_cast<double>(Fraction::kOne));
        fate.first_part = Fraction::from_units(std::max<std::int64_t>(1, units));
        fate.rest_until = later;
        if (fault->kind == "partial_then_cancel") fate.ends_at = later;
    }
    return fate;
}

std::optional<HttpAnswer> scripted_cancel(ExchangeHost& host, const ExchangeOrder& entry) {
    if (!host.fault || is_closed(entry.order.status)) return std::nullopt;
    const auto* fault =
        host.fault({"cancel_delay", "fill_on_cancel"},
                   {"DELETE", "/v2/orders", {}, entry.account, entry.order.symbol.view()});
    if (fault == nullptr) return std::nullopt;
    HttpAnswer taken;
    taken.status = 204;
    const auto id = entry.order.order_id;
    if (fault->kind == "fill_on_cancel") {
        // The usual answer to a cancel that came too late, unless the script hides it.
        const bool hidden = fault->status == 204;
        if (!host.exchange().execute_now(entry.account, id) || !hidden) return std::nullopt;
        return taken;
    }
    host.schedule(std::chrono::milliseconds(fault->delay_ms), [&host, account = entry.account, id] {
        host.advance();
        auto& exchange = host.exchange();
        (void)exchange.cancel(account, id, exchange.time());
        host.advance();
    });
    return taken;
}

}  // namespace tradewind::broker
