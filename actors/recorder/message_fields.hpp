// The fields of the vocabulary (messages/) as a recording writes them; see json_archive.hpp.
// A field that is added to one of these values is recorded once it has its line here.
#pragma once

#include <array>

#include "actors/recorder/json_archive.hpp"
#include "ledger/event.hpp"
#include "messages/bar.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/pass.hpp"
#include "messages/quote.hpp"
#include "messages/step.hpp"

namespace tradewind::actors {

template <>
struct Words<Side> {
    static constexpr std::array<std::string_view, 2> list{"buy", "sell"};
};
template <>
struct Words<Role> {
    static constexpr std::array<std::string_view, 2> list{"entry", "exit"};
};
template <>
struct Words<OrderType> {
    static constexpr std::array<std::string_view, 5> list{"market", "limit", "stop", "stop_limit",
                                                          "trailing_stop"};
};
template <>
struct Words<TimeInForce> {
    static constexpr std::array<std::string_view, 6> list{"day", "gtc", "ioc", "fok", "opg", "cls"};
};
template <>
struct Words<OrderStatus> {
    static constexpr std::array<std::string_view, 11> list{
        "pending_new", "new",      "partially_filled", "filled", "pending_cancel", "canceled",
        "expired",     "rejected", "refused",          "held",   "replaced"};
};
template <>
struct Words<OrderEventKind> {
    static constexpr std::array<std::string_view, 8> list{"accepted", "activated", "filled",
                                                          "canceled", "expired",   "rejected",
                                                          "refused",  "replaced"};
};
template <>
struct Words<SessionPhase> {
    static constexpr std::array<std::string_view, 2> list{"opened", "closed"};
};
template <>
struct Words<PassKind> {
    static constexpr std::array<std::string_view, kPassKinds> list{
        "session_open", "open_plus_hour", "market_close", "evening", "crypto_roll", "hourly"};
};
template <>
struct Words<KillCause> {
    static constexpr std::array<std::string_view, 5> list{"command", "signal", "file", "loss_limit",
                                                          "store_full"};
};
template <>
struct Words<ledger::AdjustmentKind> {
    static constexpr std::array<std::string_view, 5> list{"deposit", "withdrawal", "financing",
                                                          "dividend", "adopted"};
};
template <>
struct Words<AssetClass> {
    static constexpr std::array<std::string_view, 3> list{"generic", "us_equity", "crypto"};
};

}  // namespace tradewind::actors

namespace tradewind {

template <class Archive>
void fields(Archive& archive, Bar& bar) {
    archive("start", bar.start);
    archive("end", bar.end);
    archive("open", bar.open);
    archive("high", bar.high);
    archive("low", bar.low);
    archive("close", bar.close);
    archive("volume", bar.volume);
    archive("vwap", bar.vwap);
    archive("trade_count", bar.trade_count);
    archive("suspect", bar.suspect);
    archive("late", bar.late);
}

template <class Archive>
void fields(Archive& archive, Quote& quote) {
    archive("symbol", quote.symbol);
    archive("time", quote.time);
    archive("bid", quote.bid);
    archive("ask", quote.ask);
    archive("bid_size", quote.bid_size);
    archive("ask_size", quote.ask_size);
    archive("modelled", quote.modelled);
}

template <class Archive>
void fields(Archive& archive, Step& step) {
    archive("number", step.number);
    archive("time", step.time);
}

template <class Archive>
void fields(Archive& archive, SessionEvent& session) {
    archive("phase", session.phase);
    archive("date", session.date);
    archive("crypto", session.crypto);
}

template <class Archive>
void fields(Archive& archive, PassEnded& ended) {
    archive("begun", ended.begun);
}

template <class Archive>
void fields(Archive& archive, PassDue& due) {
    archive("kind", due.kind);
    archive("date", due.date);
    archive("at", due.at);
    archive("until", due.until);
    archive("missed", due.missed);
}

template <class Archive>
void fields(Archive& archive, BrokerState& state) {
    archive("reachable", state.reachable);
    archive("reason", state.reason);
}

template <class Archive>
void fields(Archive& archive, HaltTrading& halt) {
    archive("cause", halt.cause);
    archive("flatten", halt.flatten);
    archive("reason", halt.reason);
}

template <class Archive>
void fields(Archive& archive, ResumeTrading& resume) {
    archive("reason", resume.reason);
}

template <class Archive>
void fields(Archive& archive, Fill& fill) {
    archive("fill_id", fill.fill_id);
    archive("order_id", fill.order_id);
    archive("symbol", fill.symbol);
    archive("time", fill.time);
    archive("side", fill.side);
    archive("quantity", fill.quantity);
    archive("price", fill.price);
    archive("fee", fill.fee);
    archive("strategy", fill.strategy);
}

template <class Archive>
void fields(Archive& archive, OrderEvent& event) {
    archive("kind", event.kind);
    archive("order_id", event.order_id);
    archive("symbol", event.symbol);
    archive("time", event.time);
    archive("fill", event.fill);
    archive("reason", event.reason);
}

template <class Archive>
void fields(Archive& archive, ExitPlan& plan) {
    archive("target", plan.target);
    archive("target_time_in_force", plan.target_time_in_force);
    archive("leave_at_close", plan.leave_at_close);
    archive("stop", plan.stop);
}

template <class Archive>
void fields(Archive& archive, Order& order) {
    archive("order_id", order.order_id);
    archive("decision_id", order.decision_id);
    archive("strategy", order.strategy);
    archive("symbol", order.symbol);
    archive("time", order.time);
    archive("side", order.side);
    archive("role", order.role);
    archive("type", order.type);
    archive("time_in_force", order.time_in_force);
    archive("quantity", order.quantity);
    archive("limit_price", order.limit_price);
    archive("stop_price", order.stop_price);
    archive("exit_plan", order.exit_plan);
    archive("parent_order_id", order.parent_order_id);
    archive("reason", order.reason);
    archive("status", order.status);
    archive("filled_quantity", order.filled_quantity);
    archive("filled_notional", order.filled_notional);
    archive("closed_time", order.closed_time);
}

template <class Archive>
void fields(Archive& archive, Instrument& instrument) {
    archive("symbol", instrument.symbol);
    archive("asset_class", instrument.asset_class);
    archive("tick", instrument.tick);
    archive("lot", instrument.lot);
    archive("minimum_notional", instrument.minimum_notional);
    archive("shortable", instrument.shortable);
    archive("fractionable", instrument.fractionable);
    archive("tradable", instrument.tradable);
    archive("times_in_force", instrument.times_in_force);
}

}  // namespace tradewind

namespace tradewind::ledger {

template <class Archive>
void fields(Archive& archive, Adjustment& adjustment) {
    archive("kind", adjustment.kind);
    archive("symbol", adjustment.symbol);
    archive("strategy", adjustment.strategy);
    archive("quantity", adjustment.quantity);
    archive("price", adjustment.price);
    archive("cash", adjustment.cash);
    archive("reason", adjustment.reason);
}

}  // namespace tradewind::ledger
