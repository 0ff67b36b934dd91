// What the script of faults does to orders: their fate at the market (held, filled in part, ended
// by the exchange) and cancels that come too late. What is in store for an order is durable with
// it. I/O thread only. Source: broker protocol 8.8.
#pragma once

#include <optional>
#include <string>

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/http_message.hpp"

namespace tradewind::broker {

// The fate of an order that the account places now; usual where the script has none. Delays are
// real time, turned into the exchange's by its speed.
[[nodiscard]] OrderFate scripted_fate(const ExchangeHost& host, const std::string& account,
                                      const Symbol& symbol);
// The answer to a request that cancels `entry` as the script has it; empty: it goes its usual way.
[[nodiscard]] std::optional<HttpAnswer> scripted_cancel(ExchangeHost& host,
                                                        const ExchangeOrder& entry);

// Once, at the server's start: cancels that an exchange before this one had taken and not done.
void resume_scripted_cancels(ExchangeHost& host);

}  // namespace tradewind::broker
