#include "broker/exchange/server/update_faults.hpp"

#include <utility>

namespace tradewind::broker {
namespace {

constexpr std::size_t kRememberedOrders = 256;

}  // namespace

void UpdateFaults::remember(const TradeUpdate& update) {
    auto& told = told_[update.order_id];
    if (told.empty()) {
        orders_.push_back(update.order_id);
        if (orders_.size() > kRememberedOrders) {
            told_.erase(orders_.front());
            orders_.pop_front();
        }
    }
    told.push_back(update);
}

void UpdateFaults::pass(const TradeUpdate& update) {
    if (!script_.has_file()) return deliver_(update);
    remember(update);
    const auto* fault =
        script_.take({"delay_update", "duplicate_update", "reorder_update", "withhold_update",
                      "replay_updates", "null_update", "truncated_update", "oversized_update"},
                     {{}, "/stream", update.event, update.account, update.symbol},
                     std::chrono::steady_clock::now());
    const MessageFaults::Deliver deliver = [this, update](FrameText text) {
        deliver_({update.account, update.event, update.order_id, update.symbol, std::move(text)});
    };
    if (fault == nullptr) return messages_.pass(nullptr, update.text, deliver);
    if (fault->kind == "replay_updates") {
        messages_.pass(nullptr, update.text, deliver);
        for (std::int64_t i = 0; i < fault->repeat; ++i) {
            for (const auto& earlier : told_[update.order_id]) deliver_(earlier);
        }
    } else if (fault->kind == "null_update") {
        deliver(std::make_shared<const std::string>(R"({"stream":"trade_updates","data":null})"));
        messages_.pass(nullptr, update.text, deliver);
    } else {
        messages_.pass(fault, update.text, deliver);
    }
}

}  // namespace tradewind::broker
