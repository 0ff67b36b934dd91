#include "tests/exchange_data/small_market.hpp"

namespace tradewind::test {

const broker::ContinuedMarket& small_market() {
    static const broker::ContinuedMarket market(
        broker::ContinuedMarket::fit(7, {kApple, kBitcoin, kSpy}, {}, date_of(2026, 12, 31)), {},
        {});
    return market;
}

Timestamp small_market_now() {
    return market::new_york_time(date_of(2026, 3, 30), 15, 30) + 10'700 * kMillisecond;
}

}  // namespace tradewind::test
