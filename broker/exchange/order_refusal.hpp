// Whether an exchange takes an order: identity, validity, funds, in the broker's words and codes;
// and what an account is worth. The one admission of the exchanges in this process.
//
// Pure; any thread. `desk` names what the exchange knows at the moment. Source: broker protocol
// 2.3 and 2.6, architecture 3.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "broker/broker.hpp"
#include "broker/exchange/exchange_account.hpp"
#include "broker/exchange/exchange_book.hpp"

namespace tradewind::broker {

// Why a command was not accepted; nothing changed.
struct ExchangeRefusal {
    int http_status = 422;
    int code = 40010001;
    std::string message;
};

struct OrderDesk {
    const ExchangeBook& book;
    const ExchangeAccount& holder;
    Fraction leverage;                              // of equity, for stocks; coins need cash
    std::function<Quote(const Symbol&)> quote;      // in force
    std::function<Price(const Symbol&)> price;      // the newest, of a position's value
    std::function<bool(const Symbol&)> needs_cash;  // coins
};

// Empty: the order may enter the book. `instrument` is the order's.
[[nodiscard]] std::optional<ExchangeRefusal> refusal_of(const Order& order,
                                                        const Instrument& instrument,
                                                        const OrderDesk& desk);

[[nodiscard]] BrokerAccount valued_account(const OrderDesk& desk);

}  // namespace tradewind::broker
