// The official JavaScript client (3.x) against a simulated exchange: history with paging and both
// data streams. Arguments: folder of node_modules, base URL, base URL with TLS, key, secret. Prints
// a line for each flow; the first failure ends it.
const path = require("path");
const [, , folder, base, secureBase, keyId, secretKey] = process.argv;
const Alpaca = require(path.join(folder, "node_modules", "@alpacahq", "alpaca-trade-api"));

const start = "2026-03-27T13:30:00Z";
const end = "2026-03-27T23:30:00Z";
const kStreamMs = 60000;

function check(flow, holds, detail) {
    if (!holds) {
        console.log(`FAILED ${flow}: ${detail}`);
        process.exit(1);
    }
    console.log(`ok ${flow}`);
}

async function history(alpaca) {
    const minute = alpaca.newTimeframe(1, alpaca.timeframeUnit.MIN);
    const single = [];
    for await (const bar of alpaca.getBarsV2("AAPL", { start, end, timeframe: minute })) {
        single.push(bar);
    }
    check("bars", single.length === 390 && single[0].Volume > 0, single.length);
    const both = await alpaca.getMultiBarsV2(["AAPL", "SPY"],
                                             { start, end, timeframe: minute, limit: 1000 });
    check("bars of two symbols", both.get("AAPL").length === 390 && both.get("SPY").length === 390,
          [...both.keys()]);
    const trades = [];
    for await (const trade of alpaca.getTradesV2("AAPL", { start, end, limit: 50 })) {
        trades.push(trade);
    }
    check("trades", trades.length === 50 && trades[0].ID < trades[49].ID, trades.length);
    const quotes = [];
    for await (const quote of alpaca.getQuotesV2("AAPL", { start, end, limit: 50 })) {
        quotes.push(quote);
    }
    check("quotes", quotes.length === 50 && quotes[0].BidPrice < quotes[0].AskPrice, quotes.length);
    const latest = await alpaca.getLatestTrade("TSLA");
    check("latest trade", latest.Price > 0, latest);
    const two = await alpaca.getLatestQuotes(["AAPL", "TSLA"]);
    check("latest quotes", two.size === 2, two.size);
    const bar = await alpaca.getLatestBar("TSLA");
    check("latest bar", bar.ClosePrice > 0, bar);
    const shot = await alpaca.getSnapshot("AAPL");
    check("snapshot", shot.DailyBar.ClosePrice > 0 && shot.PrevDailyBar.ClosePrice > 0, shot);
    const shots = await alpaca.getSnapshots(["AAPL", "TSLA"]);
    check("snapshots", shots.length === 2, shots.length);
    const hour = alpaca.newTimeframe(1, alpaca.timeframeUnit.HOUR);
    const coins = await alpaca.getCryptoBars(["BTC/USD"], { start, end, timeframe: hour });
    check("crypto bars", coins.get("BTC/USD").length === 10, coins.get("BTC/USD").length);
    const coin = await alpaca.getLatestCryptoQuotes(["BTC/USD"]);
    check("crypto latest quote", coin.get("BTC/USD").BidPrice > 0, coin);
    const books = await alpaca.getCryptoOrderbooks(["BTC/USD"]);
    check("crypto order book", books.get("BTC/USD").Bids.length > 5, books);
    const news = await alpaca.getNews({ symbols: ["AAPL"] });
    check("news", news.length === 0, news);
}

// Resolves when each kind came ten times.
function stream(flow, client, subscribe, kinds) {
    return new Promise((resolve) => {
        const counts = {};
        let done = false;
        const timer = setTimeout(() => check(flow, false, JSON.stringify(counts)), kStreamMs);
        for (const [kind, on] of Object.entries(kinds)) {
            counts[kind] = 0;
            client[on]((item) => {
                if ((item.Symbol || item.S) && item.Timestamp) counts[kind] += 1;
                if (!done && Object.values(counts).every((count) => count >= 10)) {
                    done = true;
                    clearTimeout(timer);
                    client.disconnect();
                    check(flow, true);
                    resolve();
                }
            });
        }
        client.onError((error) => check(flow, false, error));
        client.onConnect(() => subscribe(client));
        client.connect();
    });
}

async function main() {
    const keys = { keyId, secretKey, paper: true, feed: "iex" };
    const plain = new Alpaca({ ...keys, baseUrl: base, dataBaseUrl: base, dataStreamUrl: base });
    await history(plain);
    await stream("crypto stream", plain.crypto_stream_v1beta3, (client) => {
        client.subscribeForQuotes(["BTC/USD"]);
        client.subscribeForTrades(["BTC/USD"]);
        client.subscribeForBars(["*"]);
    }, { quotes: "onCryptoQuote", trades: "onCryptoTrade", bars: "onCryptoBar" });
    if (secureBase) {
        // This client speaks to the stock stream with TLS alone.
        const secure = new Alpaca({ ...keys, baseUrl: base, dataBaseUrl: base,
                                    dataStreamUrl: secureBase });
        await stream("stock stream", secure.data_stream_v2, (client) => {
            client.subscribeForQuotes(["AAPL"]);
            client.subscribeForTrades(["AAPL"]);
            client.subscribeForBars(["*"]);
        }, { quotes: "onStockQuote", trades: "onStockTrade", bars: "onStockBar" });
    }
    process.exit(0);
}

main().catch((error) => check("flows", false, error.stack || error));
