// The official JavaScript client (3.x) trades on a simulated exchange and hears its updates.
// Arguments: folder of node_modules, base URL, key, secret. Prints a line for each flow; the first
// failure ends it.
const path = require("path");
const [, , folder, base, keyId, secretKey] = process.argv;
const Alpaca = require(path.join(folder, "node_modules", "@alpacahq", "alpaca-trade-api"));

const kLimitMs = 20000;

function check(flow, holds, detail) {
    if (!holds) {
        console.log(`FAILED ${flow}: ${detail}`);
        process.exit(1);
    }
    console.log(`ok ${flow}`);
}

async function until(flow, condition) {
    const end = Date.now() + kLimitMs;
    for (;;) {
        const found = await condition();
        if (found) return found;
        check(flow, Date.now() < end, "not in time");
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

async function main() {
    const alpaca = new Alpaca({ keyId, secretKey, paper: true, baseUrl: base, dataBaseUrl: base });
    const events = [];
    const stream = alpaca.trade_ws;
    const connected = new Promise((resolve) => stream.onConnect(resolve));
    stream.onOrderUpdate((update) => events.push(update.event));
    stream.connect();
    await connected;
    stream.subscribe(["trade_updates"]);
    check("order stream connects", true);
    const account = await alpaca.getAccount();
    check("account", account.status === "ACTIVE" && Number(account.cash) > 0, account.status);
    const clock = await alpaca.getClock();
    check("clock", clock.is_open === true, JSON.stringify(clock));
    const days = await alpaca.getCalendar({ start: "2026-03-30", end: "2026-04-03" });
    check("calendar", days.length === 4, days.length);
    const asset = await alpaca.getAsset("AAPL");
    check("asset", asset.tradable && asset.class === "us_equity", JSON.stringify(asset));
    const quote = await alpaca.getLatestQuote("AAPL");
    const bought = await alpaca.createOrder({ symbol: "AAPL", qty: 2, side: "buy", type: "market",
                                              time_in_force: "day" });
    await until("fill", async () => (await alpaca.getOrder(bought.id)).status === "filled");
    check("market order and its fill", true);
    const position = await alpaca.getPosition("AAPL");
    check("position", position.qty === "2", position.qty);
    const limit = (quote.BidPrice * 0.8).toFixed(2);
    const resting = await alpaca.createOrder({ symbol: "AAPL", qty: 1, side: "buy", type: "limit",
                                               time_in_force: "gtc", limit_price: limit,
                                               client_order_id: "js-resting" });
    const found = await alpaca.getOrderByClientId("js-resting");
    check("order by client id", found.id === resting.id, found.id);
    await until("rest", async () => (await alpaca.getOrder(resting.id)).status === "new");
    const lower = (quote.BidPrice * 0.7).toFixed(2);
    const replaced = await alpaca.replaceOrder(resting.id, { limit_price: lower });
    check("replace", replaced.replaces === resting.id, replaced.replaces);
    await until("rest", async () => (await alpaca.getOrder(replaced.id)).status === "new");
    await alpaca.cancelOrder(replaced.id);
    await until("cancel", async () => (await alpaca.getOrder(replaced.id)).status === "canceled");
    check("cancel", true);
    const bracket = await alpaca.createOrder({ symbol: "MSFT", qty: 1, side: "buy", type: "market",
                                               time_in_force: "gtc", order_class: "bracket",
                                               take_profit: { limit_price: "2000" },
                                               stop_loss: { stop_price: "1" } });
    check("bracket", bracket.legs.length === 2, JSON.stringify(bracket));
    await alpaca.cancelAllOrders();
    await alpaca.closePosition("AAPL");
    await until("close", async () => (await alpaca.getPositions())
        .every((held) => held.symbol !== "AAPL"));
    check("close position", true);
    await until("updates", async () => ["fill", "new", "replaced", "canceled"]
        .every((event) => events.includes(event)));
    check("order updates", true);
    process.exit(0);
}

main().catch((error) => check("flows", false, error.stack || error));
