// The kinds of faults, by what they hit. Each is described in docs/alpaca.md.
#include "broker/exchange/server/fault_script.hpp"

namespace tradewind::broker {
namespace {

constexpr FaultKind kKinds[] = {
    // Requests, before they take effect.
    {"status", "skip count method path account status body retry_after_s"},
    {"html", "skip count method path account status"},
    {"lost_request", "skip count method path account"},
    {"swallow", "skip count method path account"},
    // Requests, after they took effect.
    {"delay", "skip count method path account delay_ms"},
    {"lost_reply", "skip count method path account"},
    {"reset", "skip count method path account"},
    {"hang", "skip count method path account"},
    {"bad_body", "skip count method path account body"},
    {"truncated_body", "skip count method path account"},
    {"oversized_body", "skip count method path account size"},
    // Connections, before anything is read.
    {"half_open", "skip count delay_ms"},
    // Orders.
    {"hold_order", "skip count account symbol delay_ms"},
    {"partial_fill", "skip count account symbol fraction delay_ms"},
    {"partial_then_cancel", "skip count account symbol fraction delay_ms"},
    {"reject_after_accept", "skip count account symbol delay_ms"},
    {"cancel_delay", "skip count account symbol delay_ms"},
    {"fill_on_cancel", "skip count account symbol status"},
    // Trade updates.
    {"delay_update", "skip count event account symbol delay_ms"},
    {"duplicate_update", "skip count event account symbol"},
    {"reorder_update", "skip count event account symbol"},
    {"withhold_update", "skip count event account symbol"},
    {"replay_updates", "skip count event account symbol repeat"},
    {"null_update", "skip count event account symbol"},
    {"truncated_update", "skip count event account symbol"},
    {"oversized_update", "skip count event account symbol size"},
    // WebSockets of both kinds and their frames.
    {"refuse_upgrade", "skip count path account status body"},
    {"silence", "path account"},
    {"freeze", "path account"},
    {"drop", "skip count path account"},
    {"expire_session", "skip count path account delay_ms"},
    {"delay_frame", "skip count path account delay_ms"},
    {"duplicate_frame", "skip count path account"},
    {"reorder_frame", "skip count path account"},
    {"withhold_frame", "skip count path account"},
    {"bad_frame", "skip count path account body"},
    {"truncated_frame", "skip count path account"},
    {"oversized_frame", "skip count path account size"},
    // Market data.
    {"missing_bar", "skip count symbol"},
    {"updated_bar", "skip count symbol"},
    // The server as a whole.
    {"clock_skew", "account offset_ms"},
    {"account_blocked", "account"},
};

}  // namespace

std::span<const FaultKind> fault_kinds() {
    return kKinds;
}

}  // namespace tradewind::broker
