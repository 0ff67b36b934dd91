#include "ledger/trade_views.hpp"

namespace tradewind::ledger {

std::string trade_views() {
    return R"(
CREATE VIEW IF NOT EXISTS trade_history AS
SELECT symbol, side, strategy, quantity, entry_time, entry_price, exit_time, exit_price, pnl,
       CAST(pnl AS REAL) / NULLIF(CAST(entry_notional AS REAL), 0) AS pnl_fraction, exit_reason
FROM (SELECT *, row_number() OVER (PARTITION BY symbol, side, strategy ORDER BY number DESC)
             AS newest
      FROM trades)
WHERE newest <= 100
ORDER BY number;

CREATE VIEW IF NOT EXISTS trade_outcomes AS
SELECT symbol, side, strategy, pnl, quantity, exit_reason AS reason, exit_time AS closed_at
FROM (SELECT *, row_number() OVER (PARTITION BY symbol, side, strategy ORDER BY number DESC)
             AS newest
      FROM trades)
WHERE newest = 1
ORDER BY symbol, side, strategy;

CREATE VIEW IF NOT EXISTS active_trades AS
SELECT held.symbol, held.side, held.quantity, held.strategy,
       (SELECT min(fills.time) FROM fills
        WHERE fills.symbol = held.symbol AND fills.side = held.side
          AND fills.strategy = held.strategy
          AND fills.time >= coalesce((SELECT max(trades.exit_time) FROM trades
                                      WHERE trades.symbol = held.symbol
                                        AND trades.strategy = held.strategy), '')) AS opened_at
FROM (SELECT positions.symbol, ltrim(positions.quantity, '-') AS quantity,
             CASE WHEN positions.quantity LIKE '-%' THEN 'sell' ELSE 'buy' END AS side,
             (SELECT fills.strategy FROM fills
              WHERE fills.symbol = positions.symbol
                AND fills.side = CASE WHEN positions.quantity LIKE '-%' THEN 'sell'
                                      ELSE 'buy' END
              ORDER BY fills.sequence DESC LIMIT 1) AS strategy
      FROM positions) AS held
ORDER BY held.symbol;

CREATE VIEW IF NOT EXISTS trade_learning AS
SELECT json_extract(word, '$[1]') AS symbol, json_extract(word, '$[2]') AS side,
       json_extract(word, '$[3]') AS strategy,
       json_extract(word, '$[4]') = '1' AS pending_probe,
       json_extract(word, '$[4]') = '2' AS probe_active,
       json_extract(word, '$[4]') = '3' AS in_transition,
       CASE WHEN json_extract(word, '$[5]') = '0' THEN NULL
            ELSE strftime('%Y-%m-%dT%H:%M:%SZ',
                          CAST(json_extract(word, '$[5]') AS INTEGER) / 1000000000, 'unixepoch')
       END AS probe_started_at,
       CASE json_extract(word, '$[6]') WHEN '1' THEN 1 WHEN '0' THEN 0 END
           AS last_probe_successful
FROM (SELECT '["' || replace(lines.value, ' ', '","') || '"]' AS word
      FROM plans, json_each('["' || replace(rtrim(plans.content, char(10)), char(10), '","')
                            || '"]') AS lines
      WHERE plans.kind = 'portfolio_cycle' AND lines.value LIKE 'probe %')
ORDER BY 1, 2, 3;
)";
}

}  // namespace tradewind::ledger
