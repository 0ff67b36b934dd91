// The operator's page: keeps a copy of the daemon's lists, renews what an event names, and shows it.
// All text goes in as text, never as markup. The access token lives in this closure alone.
"use strict";

(() => {
  const kPollMs = 3000;
  const kMinFetchGapMs = 400;
  const kLists = {
    positions: "/api/positions", orders: "/api/orders?limit=500", fills: "/api/fills?limit=300",
    decisions: "/api/decisions?limit=400", equity: "/api/equity?limit=5000",
  };
  const kWorking = new Set(["pending_new", "new", "partially_filled", "pending_cancel", "held"]);

  const data = { status: null, positions: [], orders: [], fills: [], decisions: [], equity: [], bars: [], forecasts: [] };
  const by = (id) => document.getElementById(id);
  let symbol = "";
  let token = "";
  let polling = null;
  let pending = new Set();
  let fetching = false;

  // --- text ---

  const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
  const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 8 });
  const percent = new Intl.NumberFormat("en-US", { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const signed = (format, value) => (value > 0 ? "+" : "") + format.format(value);
  const tone = (value) => (value > 0 ? "good" : value < 0 ? "bad" : "");
  const zone = { timeZone: "America/New_York", hour12: false };
  const dayTime = new Intl.DateTimeFormat("en-US", { ...zone, month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const fullTime = new Intl.DateTimeFormat("en-US", { ...zone, weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const timeText = (text) => (text ? dayTime.format(Date.parse(text)) : "");
  const quantityText = (text) => (text === null || text === "" ? "" : plain.format(Number(text)));

  function setText(id, text, className) {
    const node = by(id);
    if (node.textContent !== text) node.textContent = text;
    if (className !== undefined) node.className = className;
  }

  // --- tables ---

  // Columns: [title, cell(row) → text or node, class]. Rows are replaced as a whole.
  function fillTable(id, caption, columns, rows, nothing) {
    const table = by(id);
    if (rows.length === 0) {
      const body = document.createElement("tbody");
      const cell = body.insertRow().insertCell();
      cell.className = "empty";
      cell.textContent = nothing;
      table.replaceChildren(body);
      return;
    }
    const head = document.createElement("thead");
    const titles = head.insertRow();
    for (const [title, , className] of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      if (className === "number") cell.className = className;
      titles.append(cell);
    }
    const body = document.createElement("tbody");
    for (const row of rows) {
      const line = body.insertRow();
      for (const [, make, className] of columns) {
        const cell = line.insertCell();
        const value = make(row);
        cell.append(value === null || value === undefined ? "" : value);
        if (className) cell.className = className;
      }
    }
    table.setAttribute("aria-label", caption);
    table.replaceChildren(head, body);
  }

  function chip(text) {
    const node = document.createElement("span");
    node.className = `chip ${text}`;
    node.textContent = text.replaceAll("_", " ");
    return node;
  }

  function colored(text, value) {
    const node = document.createElement("span");
    node.className = tone(value);
    node.textContent = text;
    return node;
  }

  function symbolLink(row) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = row.symbol;
    button.addEventListener("click", () => choose(row.symbol));
    return button;
  }

  const side = (row) => colored(row.side, row.side === "buy" ? 1 : row.side === "sell" ? -1 : 0);

  function showTables() {
    fillTable("positions", "Positions", [
      ["Symbol", symbolLink],
      ["Quantity", (r) => colored(quantityText(r.quantity), Number(r.quantity)), "number"],
      ["Entry", (r) => quantityText(r.average_entry_price), "number"],
      ["Price", (r) => quantityText(r.price), "number"],
      ["Value", (r) => (r.market_value === null ? "" : money.format(Number(r.market_value))), "number"],
      ["Open profit", (r) => (r.unrealized_pnl === null ? "" : colored(signed(money, Number(r.unrealized_pnl)), Number(r.unrealized_pnl))), "number"],
      ["As of", (r) => timeText(r.time)],
    ], data.positions, "No open positions.");

    const working = by("order-filter").value === "working";
    fillTable("orders", "Orders, newest first", [
      ["Time", (r) => timeText(r.time)], ["Symbol", symbolLink], ["Side", side],
      ["Type", (r) => `${r.type.replaceAll("_", " ")} ${r.time_in_force}`],
      ["Quantity", (r) => quantityText(r.quantity), "number"],
      ["Filled", (r) => quantityText(r.filled_quantity), "number"],
      ["Price", (r) => quantityText(r.limit_price || r.stop_price || r.average_fill_price), "number"],
      ["Status", (r) => chip(r.status)], ["Reason", (r) => r.reason, "wide"],
    ], data.orders.filter((r) => !working || kWorking.has(r.status)).reverse(), "No orders yet.");

    fillTable("fills", "Fills, newest first", [
      ["Time", (r) => timeText(r.time)], ["Symbol", symbolLink], ["Side", side],
      ["Quantity", (r) => quantityText(r.quantity), "number"],
      ["Price", (r) => quantityText(r.price), "number"],
      ["Fee", (r) => quantityText(r.fee), "number"],
      ["Position", (r) => quantityText(r.position), "number"],
      ["Cash", (r) => money.format(Number(r.cash)), "number"],
    ], data.fills.slice().reverse(), "No fills yet.");

    const wanted = by("decision-filter").value;
    fillTable("decisions", "Decisions, newest first", [
      ["Time", (r) => timeText(r.time)], ["Symbol", symbolLink], ["Outcome", (r) => chip(r.outcome)],
      ["Side", side], ["Strategy", (r) => r.strategy],
      ["Quantity", (r) => (Number(r.quantity) === 0 ? "" : quantityText(r.quantity)), "number"],
      ["Price", (r) => quantityText(r.price), "number"],
      ["Score", (r) => (r.score === 0 ? "" : Number(r.score).toPrecision(4)), "number"],
      ["Reason", (r) => r.reason, "wide"],
    ], data.decisions.filter((r) => wanted === "all" || r.outcome === wanted).reverse(), "No decisions yet.");
  }

  // --- figures ---

  function showStatus() {
    const status = data.status;
    if (!status) return;
    setText("state", status.state, `pill ${status.state}`);
    setText("mode", `${status.mode} · ${status.broker}`);
    setText("stream-data", status.streams.data, status.streams.data);
    setText("stream-trading", status.streams.trading, status.streams.trading);
    setText("exchange-time", status.exchange_time ? `${fullTime.format(Date.parse(status.exchange_time))} New York` : "–");
    setText("version", `tradewind ${status.version || ""}`);
    document.title = `${status.state} · ${money.format(Number(status.equity))} · tradewind`;
    const banner = by("banner");
    banner.hidden = status.reasons.length === 0;
    banner.className = `banner ${status.state === "halted" ? "bad" : ""}`;
    setText("banner", status.reasons.join(" · "));
    by("resume").disabled = status.state !== "halted";
    by("kill").disabled = status.state === "halted";
    setText("equity", money.format(Number(status.equity)));
    setText("cash", money.format(Number(status.cash)));
    const equity = Number(status.equity);
    if (equity > 0) setText("cash-share", `${percent.format(Number(status.cash) / equity)} of equity`);
  }

  function showFigures() {
    const equity = Number(data.status ? data.status.equity : 0);
    if (data.equity.length > 0) {
      const first = Number(data.equity[0].equity);
      const change = equity - first;
      const percentText = first > 0 ? ` (${signed(percent, change / first)})` : "";
      setText("equity-change", `${signed(money, change)}${percentText}`, tone(change));
      const peak = Math.max(equity, ...data.equity.map((row) => Number(row.equity)));
      setText("drawdown", percent.format(peak > 0 ? 1 - equity / peak : 0));
      setText("peak", `peak ${money.format(peak)}`);
      setText("equity-note", `since ${timeText(data.equity[0].time)}`);
    }
    const gross = data.positions.reduce((sum, row) => sum + Math.abs(Number(row.market_value || 0)), 0);
    const profit = data.positions.reduce((sum, row) => sum + Number(row.unrealized_pnl || 0), 0);
    setText("exposure", money.format(gross));
    setText("exposure-share", equity > 0 ? `${percent.format(gross / equity)} of equity` : "");
    setText("open-profit", signed(money, profit), tone(profit));
    setText("position-count", `${data.positions.length} position${data.positions.length === 1 ? "" : "s"}`);
    setText("working", String(data.orders.filter((row) => kWorking.has(row.status)).length));
    setText("fill-count", `${data.fills.length} fill${data.fills.length === 1 ? "" : "s"}`);
  }

  function showForecast() {
    const box = by("forecast");
    const newest = new Map();
    for (const row of data.forecasts) newest.set(row.series, row);
    const parts = [];
    for (const [series, row] of newest) {
      const item = document.createElement("span");
      const name = document.createElement("b");
      name.textContent = series;
      item.append(name, ` ${signed(percent, row.q50)} (${signed(percent, row.q10)} … ${signed(percent, row.q90)})`);
      parts.push(item);
    }
    if (parts.length > 0) {
      const model = document.createElement("span");
      model.textContent = `by ${data.forecasts[data.forecasts.length - 1].model}, median and 10–90 %`;
      parts.push(model);
    }
    box.replaceChildren(...parts);
  }

  function showCharts() {
    Charts.drawEquity(by("equity-chart"), data.equity);
    Charts.drawSymbol(by("symbol-chart"), symbol, data.bars, data.forecasts,
      data.fills.filter((row) => row.symbol === symbol),
      data.orders.filter((row) => row.symbol === symbol && kWorking.has(row.status)));
    showForecast();
  }

  function showSymbols() {
    const names = new Set(data.status && data.status.symbols ? data.status.symbols : []);
    for (const list of [data.positions, data.orders, data.decisions]) {
      for (const row of list) names.add(row.symbol);
    }
    const sorted = [...names].sort();
    const select = by("symbol");
    if (select.options.length !== sorted.length || sorted.some((name, i) => select.options[i].value !== name)) {
      select.replaceChildren(...sorted.map((name) => new Option(name, name)));
    }
    if (!names.has(symbol) && sorted.length > 0) {
      const first = data.positions.find((row) => names.has(row.symbol));
      choose(first ? first.symbol : sorted[0]);
    }
    select.value = symbol;
  }

  function show() {
    showStatus();
    showFigures();
    showSymbols();
    showTables();
    showCharts();
  }

  // --- data ---

  async function read(path) {
    const response = await fetch(path, { cache: "no-store" });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  }

  // A symbol without bars or forecasts is no fault of the page.
  const readOrNothing = (path) => read(path).catch(() => []);

  async function renew(names) {
    const jobs = [];
    for (const name of names) {
      if (kLists[name]) jobs.push(read(kLists[name]).then((rows) => { data[name] = rows; }));
      if (name === "status") jobs.push(read("/api/status").then((status) => { data.status = status; }));
      if (symbol && name === "bars" && known(symbol)) jobs.push(readOrNothing(`/api/bars/${encodeURIComponent(symbol)}?limit=180`).then((rows) => { data.bars = rows; }));
      if (symbol && name === "forecasts" && known(symbol)) jobs.push(readOrNothing(`/api/forecasts/${encodeURIComponent(symbol)}?limit=400`).then((rows) => { data.forecasts = rows; }));
    }
    await Promise.all(jobs);
  }

  // Only symbols with bars are asked for: asking for others would be answered 404.
  const known = (name) => Boolean(data.status && data.status.symbols && data.status.symbols.includes(name));

  function choose(name) {
    if (name === symbol) return;
    symbol = name;
    data.bars = [];
    data.forecasts = [];
    want(["bars", "forecasts"]);
  }

  // Renews what was asked for, one round at a time; what comes meanwhile waits for the next round.
  async function want(names) {
    for (const name of names) pending.add(name);
    if (fetching) return;
    fetching = true;
    while (pending.size > 0) {
      const round = pending;
      pending = new Set();
      try {
        await renew(round);
        show();
      } catch (fault) {
        lost();
        break;
      }
      await new Promise((resolve) => { setTimeout(resolve, kMinFetchGapMs); });
    }
    fetching = false;
  }

  const kEverything = ["status", ...Object.keys(kLists), "bars", "forecasts"];

  function lost() {
    setText("link", "down", "down");
    setText("state", "no connection", "pill lost");
  }

  function poll() {
    if (polling) return;
    setText("link", "polling", "");
    polling = setInterval(() => want(kEverything), kPollMs);
    want(kEverything);
  }

  function listen() {
    if (!window.EventSource) return poll();
    const source = new EventSource("/api/events");
    source.addEventListener("state", (event) => {
      clearInterval(polling);
      polling = null;
      setText("link", "live", "up");
      const { status, changed } = JSON.parse(event.data);
      data.status = status;
      showStatus();
      showFigures();
      showSymbols();
      if (changed.length > 0) want(changed);
    });
    source.addEventListener("error", poll);
  }

  // --- commands ---

  const kCommands = {
    kill: { title: "Halt trading", text: "No new entry leaves from now on, and working entries are canceled. Exits stay. The halt lasts until it is lifted, also over a restart.", send: "Halt trading" },
    resume: { title: "Resume trading", text: "Entries are allowed again.", send: "Resume" },
  };
  let command = "";

  function ask(name) {
    command = name;
    setText("command-title", kCommands[name].title);
    setText("command-text", kCommands[name].text);
    setText("command-send", kCommands[name].send);
    setText("command-outcome", "", "outcome");
    by("flatten-row").hidden = name !== "kill";
    by("command-flatten").checked = false;
    by("command-reason").value = "";
    by("command-token").value = token;
    by("command-send").disabled = false;
    by("command").showModal();
    by(token ? "command-send" : "command-token").focus();
  }

  async function send() {
    const body = {};
    if (by("command-reason").value) body.reason = by("command-reason").value;
    if (command === "kill" && by("command-flatten").checked) body.flatten = true;
    const given = by("command-token").value.trim();
    by("command-send").disabled = true;
    setText("command-outcome", "Sending …", "outcome");
    try {
      const response = await fetch(`/api/${command}`, {
        method: "POST", cache: "no-store",
        headers: { Authorization: `Bearer ${given}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer = await response.json();
      if (response.ok) token = given;
      setText("command-outcome", response.status === 401 ? "The token is not the right one." : answer.message || answer.error || "Done.",
        `outcome ${response.ok ? "good" : "bad"}`);
    } catch (fault) {
      setText("command-outcome", "The daemon did not answer; the command may still have arrived.", "outcome bad");
    }
    by("command-send").disabled = false;
  }

  // --- start ---

  function theme() {
    const stored = localStorage.getItem("theme");
    if (stored) document.documentElement.dataset.theme = stored;
    by("theme").addEventListener("click", () => {
      const dark = document.documentElement.dataset.theme
        ? document.documentElement.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      document.documentElement.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("theme", document.documentElement.dataset.theme);
    });
  }

  theme();
  by("kill").addEventListener("click", () => ask("kill"));
  by("resume").addEventListener("click", () => ask("resume"));
  by("command-close").addEventListener("click", () => by("command").close());
  by("command-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  by("symbol").addEventListener("change", (event) => choose(event.target.value));
  by("order-filter").addEventListener("change", showTables);
  by("decision-filter").addEventListener("change", showTables);
  new ResizeObserver(showCharts).observe(by("equity-chart"));
  want(kEverything);
  listen();
})();
