// A synthetic market of two stocks and a coin, made once for all tests of market data.
#pragma once

#include "broker/exchange/continued_market.hpp"

namespace tradewind::test {

[[nodiscard]] const broker::ContinuedMarket& small_market();
// 2026-03-30 (a Monday) 15:30:10.7 New York, in an open session.
[[nodiscard]] Timestamp small_market_now();

inline const Symbol kApple{"AAPL"};
inline const Symbol kSpy{"SPY"};
inline const Symbol kBitcoin{"BTCUSD"};

}  // namespace tradewind::test
