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

// Where a taken cancel waits for its time, by the order's id: among the account's small texts.
std::string waiting_cancel(const std::string& order_id) {
    return "cancel:" + order_id;
}

void cancel_later(ExchangeHost& host, const std::string& account, const std::string& order_id,
                  std::chrono::milliseconds delay) {
    host.schedule(delay, [&host, account, order_id] {
        host.advance();
        auto& exchange = host.exchange();
        (void)exchange.cancel(account, order_id, exchange.time());
        exchange.set_document(account, waiting_cancel(order_id), {});
        host.advance();
    });
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
    const auto delay_ms = fault->delay_ms;
    const auto account = entry.account;
    host.exchange().set_document(account, waiting_cancel(id),
                                 std::to_string(in(host, delay_ms).ns));
    cancel_later(host, account, id, std::chrono::milliseconds(delay_ms));
    return taken;
}

void resume_scripted_cancels(ExchangeHost& host) {
    const double speed = host.speed() > 0 ? host.speed() : 1;
    for (const auto* entry : host.exchange().book().open_orders()) {
        const auto& documents = host.exchange().books_of(entry->account).documents;
        const auto found = documents.find(waiting_cancel(entry->order.order_id));
        if (found == documents.end()) continue;
        const auto left = std::stoll(found->second) - host.exchange().time().ns;
        const auto real_ms = static_cast<double>(left) / speed / static_cast<double>(kMillisecond);
        cancel_later(host, entry->account, entry->order.order_id,
                     std::chrono::milliseconds(std::max<std::int64_t>(0, std::llround(real_ms))));
    }
}

}  // namespace tradewind::broker
