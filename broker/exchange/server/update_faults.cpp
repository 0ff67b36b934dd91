#include "broker/exchange/server/update_faults.hpp"

#include <utility>

namespace tradewind::broker {
namespace {

constexpr std::chrono::milliseconds kLongestHold{5'000};

TradeUpdate with_text(const TradeUpdate& update, std::string text) {
    return {update.account, update.event, std::make_shared<const std::string>(std::move(text))};
}

}  // namespace

void UpdateFaults::pass(const TradeUpdate& update) {
    const auto* fault =
        script_.empty()
            ? nullptr
            : script_.take({"delay_update", "duplicate_update", "reorder_update", "withhold_update",
                            "null_update", "truncated_update", "oversized_update"},
                           {{}, "/stream", update.event, update.account},
                           std::chrono::steady_clock::now());
    if (fault == nullptr) {
        deliver(update);
    } else {
        apply(*fault, update);
    }
}

void UpdateFaults::deliver(const TradeUpdate& update) {
    deliver_(update);
    if (!held_) return;
    const auto held = std::exchange(held_, std::nullopt);
    deliver_(*held);
}

void UpdateFaults::apply(const Fault& fault, const TradeUpdate& update) {
    if (fault.kind == "withhold_update") return;
    if (fault.kind == "delay_update") {
        schedule_(std::chrono::milliseconds(fault.delay_ms), [this, update] { deliver_(update); });
    } else if (fault.kind == "duplicate_update") {
        deliver(update);
        deliver_(update);
    } else if (fault.kind == "reorder_update") {
        if (held_) deliver_(*std::exchange(held_, std::nullopt));
        held_ = update;
        // Without a next one it leaves late rather than never.
        schedule_(kLongestHold, [this, text = update.text] {
            if (held_ && held_->text == text) deliver_(*std::exchange(held_, std::nullopt));
        });
    } else if (fault.kind == "null_update") {
        deliver_(with_text(update, R"({"stream":"trade_updates","data":null})"));
        deliver(update);
    } else if (fault.kind == "truncated_update") {
        deliver(with_text(update, update.text->substr(0, update.text->size() / 2)));
    } else {
        auto text = *update.text;
        text.insert(
            1, "\"padding\":\"" + std::string(static_cast<std::size_t>(fault.size), 'x') + "\",");
        deliver(with_text(update, std::move(text)));
    }
}

}  // namespace tradewind::broker
