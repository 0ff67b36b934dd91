// The market data routes of the simulated exchange: a path and its parameters in, a body out.
//
// Knows no network: the server reads the request, checks who asks (data of coins needs no keys),
// and sends the reply. The past follows from (market, now); equal requests at equal times have
// equal replies. One owner, one thread. Errors become replies, as the service's are. Source: broker
// protocol 1.5 and 3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/exchange/data/data_query.hpp"
#include "broker/exchange/data/market_history.hpp"

namespace tradewind::broker {

struct DataReply {
    int status = 200;
    std::string body;  // JSON
};

class DataRest {
  public:
    // `market` outlives this.
    explicit DataRest(const ExchangeMarket& market) : history_(market) {}

    // The answer to a GET of the path with these decoded segments, `/v2/stocks/bars` is {"v2",
    // "stocks", "bars"}. `now` is the exchange's time.
    [[nodiscard]] DataReply answer(const std::vector<std::string>& segments,
                                   const QueryParameters& query, Timestamp now);

  private:
    using Parts = std::vector<std::string>;
    [[nodiscard]] std::string stocks(const Parts& parts, const QueryParameters& query,
                                     Timestamp now);
    [[nodiscard]] std::string crypto(const Parts& parts, const QueryParameters& query,
                                     Timestamp now);
    [[nodiscard]] std::string history(HistoryKind kind, DataMarket market,
                                      const std::string* single, const QueryParameters& query,
                                      Timestamp now);
    [[nodiscard]] std::string latest(std::string_view kind, DataMarket market,
                                     const std::string* single, const QueryParameters& query,
                                     Timestamp now);
    [[nodiscard]] std::string snapshots(DataMarket market, const std::string* single,
                                        const QueryParameters& query, Timestamp now);
    [[nodiscard]] bool lists(DataMarket market, const Symbol& symbol) const;

    MarketHistory history_;
};

}  // namespace tradewind::broker
