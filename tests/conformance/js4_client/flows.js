// The official JavaScript client (4.x) against a simulated exchange: trading, history with paging,
// and streams of both kinds. Arguments: folder of node_modules, base URL, key, secret, part
// (trading or data). Prints a line for each flow; the first failure ends it.
const path = require("path");
const [, , folder, base, keyId, secret, part] = process.argv;
const { Alpaca, NotFoundError, AuthError, ValidationError } =
    require(path.join(folder, "node_modules", "@alpacahq", "alpaca-trade-api"));

const kLimitMs = 60000;
const streamBase = base.replace("http:", "ws:");
const start = new Date("2026-03-27T13:30:00Z");
const end = new Date("2026-03-27T19:59:59Z");

function check(flow, holds, detail) {
    if (!holds) {
        console.log(`FAILED ${flow}: ${detail}`);
        process.exit(1);
    }
    console.log(`ok ${flow}`);
}

// The client knows two hosts and no option to change them: the requests are turned here.
const fetchApi = (url, init) =>
    fetch(url.replace(/^https:\/\/(paper-api|data)\.alpaca\.markets/, base), init);

async function until(flow, condition) {
    const limit = Date.now() + kLimitMs;
    for (;;) {
        const found = await condition();
        if (found) return found;
        if (Date.now() > limit) check(flow, false, "not in time");
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

async function reads(alpaca) {
    const connection = await alpaca.trading.validateConnection();
    check("connection", connection.ok, connection.message);
    const account = await alpaca.trading.account.getAccount();
    check("account", account.status === "ACTIVE" && Number(account.cash) > 0, account.status);
    const clock = await alpaca.trading.clock.legacyClock();
    check("clock", clock.isOpen === true && clock.nextClose > clock.timestamp,
          JSON.stringify(clock));
    const clocks = (await alpaca.trading.clock.clock({ markets: "NYSE" })).clocks;
    check("clock of a market", clocks.length === 1 && clocks[0].phase === "core" &&
          clocks[0].phaseUntil > clocks[0].timestamp, JSON.stringify(clocks));
    const days = await alpaca.trading.calendar.legacyCalendar(
        { start: new Date("2026-03-30"), end: new Date("2026-04-03") });
    check("calendar", days.length === 4 && days[0].open === "09:30", days.length);
    const calendar = await alpaca.trading.calendar.calendar(
        { market: "NYSE", start: new Date("2026-11-25"), end: new Date("2026-11-30") });
    check("calendar of a market", calendar.calendar.length === 3 &&
          calendar.calendar[1].coreEnd.toISOString() === "2026-11-27T18:00:00.000Z",
          JSON.stringify(calendar.calendar));
    const asset = await alpaca.trading.assets.getV2AssetsSymbolOrAssetId(
        { symbolOrAssetId: "AAPL" });
    check("asset", asset.tradable === true, JSON.stringify(asset));
}

async function orders(alpaca) {
    const { trading } = alpaca;
    const price = await alpaca.marketData.getLatestPrice("AAPL");
    const stream = trading.stream({ url: `${streamBase}/stream` });
    const events = [];
    stream.onTradeUpdate((update) => events.push(`${update.event} ${update.order.symbol}`));
    stream.connect();
    check("order stream", await stream.waitForAuthentication(kLimitMs), "not authenticated");
    const filled = await trading.submitAndWait(
        { type: "market", symbol: "AAPL", qty: 2, side: "buy", clientOrderId: "js4-waited" },
        { stream, timeoutMs: kLimitMs });
    check("market order, waited for on the stream", filled.status === "filled" &&
          filled.filledQty === "2", JSON.stringify(filled));
    const resting = await trading.orders.limit({ symbol: "AAPL", qty: 1, side: "buy",
        limitPrice: (price * 0.8).toFixed(2), timeInForce: "gtc", clientOrderId: "js4-resting" });
    const found = await trading.orders.getOrderByClientOrderId({ clientOrderId: "js4-resting" });
    check("order by client id", found.id === resting.id, found.id);
    await until("rest", async () => (await trading.orders.getOrderByOrderID(
        { orderId: resting.id })).status === "new");
    const replaced = await trading.orders.patchOrderByOrderId({ orderId: resting.id,
        patchOrderRequest: { limitPrice: (price * 0.7).toFixed(2) } });
    check("replace", replaced.replaces === resting.id, JSON.stringify(replaced));
    await trading.orders.deleteOrderByOrderID({ orderId: replaced.id });
    await until("cancel", async () => (await trading.orders.getOrderByOrderID(
        { orderId: replaced.id })).status === "canceled");
    check("cancel", true);
    const bracket = await trading.orders.bracket({ symbol: "MSFT", qty: 1, side: "buy",
        limitPrice: 1, takeProfit: { limitPrice: 2 }, stopLoss: { stopPrice: 0.5 } });
    check("bracket", bracket.legs.length === 2, JSON.stringify(bracket));
    const coin = await trading.orders.market({ symbol: "BTC/USD", qty: 0.01, side: "buy",
                                               timeInForce: "gtc" });
    await until("coin", async () => (await trading.orders.getOrderByOrderID(
        { orderId: coin.id })).status === "filled");
    check("coin", true);
    const again = await trading.orders.market(
        { symbol: "AAPL", qty: 1, side: "buy", clientOrderId: "js4-waited" }).catch((e) => e);
    check("client id is unique", again instanceof ValidationError && again.requestId.length > 10,
          String(again));
    const lost = await trading.orders.getOrderByClientOrderId(
        { clientOrderId: "never" }).catch((e) => e);
    check("unknown order", lost instanceof NotFoundError && lost.code === 40410000, String(lost));
    await trading.closeAllPositions({ cancelOrders: true });
    await until("close", async () =>
        (await trading.positions.getAllOpenPositions()).length === 0);
    check("close all positions", true);
    const fills = await trading.collectActivitiesByType({ activityType: "FILL", pageSize: 2 });
    check("activities with paging", fills.length >= 4, fills.length);
    await until("updates", async () => ["new AAPL", "replaced AAPL", "canceled AAPL",
        "fill BTC/USD", "fill AAPL"].every((event) => events.includes(event)));
    check("order updates", true);
    stream.disconnect();
}

async function history(alpaca) {
    const { marketData } = alpaca;
    const bars = await marketData.getStockBars(
        { symbols: ["AAPL", "SPY"], timeframe: "1Min", start, end, limit: 100 });
    check("bars with paging", bars.AAPL.length === 390 && bars.SPY.length === 390,
          Object.keys(bars));
    const single = await marketData.getStockBarsFor("AAPL", { timeframe: "1Hour", start, end });
    check("bars of one symbol", single.length === 6, single.length);
    const trades = await marketData.getStockTrades(
        { symbols: ["AAPL"], start, end, limit: 20 }, { maxPerSymbol: 50 });
    check("trades", trades.AAPL.length === 50, trades.AAPL.length);
    const quotes = await marketData.getStockQuotes(
        { symbols: ["AAPL"], start, end, limit: 20 }, { maxPerSymbol: 30 });
    check("quotes", quotes.AAPL.length === 30, quotes.AAPL.length);
    const coins = await marketData.getCryptoBars(
        { loc: "us", symbols: ["BTC/USD"], timeframe: "1Hour", start, end });
    check("coin bars", coins["BTC/USD"].length === 6, Object.keys(coins));
    const shots = await marketData.stocks.stockSnapshots({ symbols: "AAPL,TSLA" });
    check("snapshots", Object.keys(shots).length === 2, JSON.stringify(shots));
    const actions = await marketData.collectCorporateActions(
        { symbols: "AAPL", types: "cash_dividend" });
    check("corporate actions", typeof actions === "object", JSON.stringify(actions));
    const news = await marketData.collectNews({ symbols: "AAPL" });
    check("news", news.length === 0, news.length);
    const stranger = new Alpaca({ keyId: "nobody", secret: "nothing", fetchApi });
    const refused = await stranger.marketData.getLatestPrice("AAPL").catch((e) => e);
    check("wrong keys", refused instanceof AuthError, String(refused));
}

// Ten of each kind, each with symbol and time.
function streamed(flow, stream, subscribe, kinds) {
    return new Promise((resolve) => {
        const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
        let done = false;
        const timer = setTimeout(() => check(flow, false, JSON.stringify(counts)), kLimitMs);
        for (const kind of kinds) {
            stream[kind]((item) => {
                if (item.symbol && item.timestamp) counts[kind] += 1;
                if (done || !Object.values(counts).every((count) => count >= 10)) return;
                done = true;
                clearTimeout(timer);
                stream.disconnect();
                check(flow, true);
                resolve();
            });
        }
        stream.onError((error) => check(flow, false, error));
        stream.onConnect(subscribe);
        stream.connect();
    });
}

async function main() {
    const alpaca = new Alpaca({ keyId, secret, fetchApi, rateLimit: false });
    if (part === "trading") {
        await reads(alpaca);
        await orders(alpaca);
        process.exit(0);
    }
    await history(alpaca);
    const kinds = ["onQuote", "onTrade", "onBar"];
    const stocks = alpaca.marketData.stockStream({ feed: "iex", url: `${streamBase}/v2/iex` });
    await streamed("stock stream", stocks, () => {
        stocks.subscribeForQuotes(["AAPL"]);
        stocks.subscribeForTrades(["AAPL"]);
        stocks.subscribeForBars(["*"]);
    }, kinds);
    const coins = alpaca.marketData.cryptoStream({ url: `${streamBase}/v1beta3/crypto/us` });
    await streamed("coin stream", coins, () => {
        coins.subscribeForQuotes(["BTC/USD"]);
        coins.subscribeForTrades(["BTC/USD"]);
        coins.subscribeForBars(["*"]);
    }, kinds);
    process.exit(0);
}

main().catch((error) => check("flows", false, error.stack || error));
