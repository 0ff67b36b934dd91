// Two charts in SVG: the equity curve, and the bars of a symbol with its forecast fan. They draw
// what they are given into a box and know nothing of the server.
"use strict";

const Charts = (() => {
  const kNamespace = "http://www.w3.org/2000/svg";
  const kMargin = { top: 10, right: 64, bottom: 22, left: 8 };

  function element(name, attributes, text) {
    const node = document.createElementNS(kNamespace, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // Round values that cover [low, high] in about `count` steps.
  function ticks(low, high, count) {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= rough);
    const result = [];
    for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) {
      result.push(value);
    }
    return result;
  }

  function priceText(value) {
    const magnitude = Math.abs(value);
    const digits = magnitude >= 10000 ? 0 : magnitude >= 1 ? 2 : 4;
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  function timeText(time, spanMs) {
    const options = spanMs > 3 * 86400e3 ? { month: "short", day: "numeric" }
      : { hour: "2-digit", minute: "2-digit", hour12: false };
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone: "America/New_York" }).format(time);
  }

  function empty(box, text) {
    const note = document.createElement("p");
    note.className = "empty";
    note.textContent = text;
    box.replaceChildren(note);
  }

  // The frame of a chart: scales, horizontal grid, price labels.
  function frame(box, label, low, high, slots) {
    const width = Math.max(box.clientWidth, 200);
    const height = Math.max(box.clientHeight, 120);
    const pad = (high - low) * 0.06 || Math.abs(high) * 0.01 || 1;
    const bottom = low - pad;
    const top = high + pad;
    const inner = { width: width - kMargin.left - kMargin.right, height: height - kMargin.top - kMargin.bottom };
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    const x = (slot) => kMargin.left + (slots < 2 ? 0.5 : slot / (slots - 1)) * inner.width;
    const y = (value) => kMargin.top + (1 - (value - bottom) / (top - bottom)) * inner.height;
    for (const value of ticks(bottom, top, 5)) {
      svg.append(element("line", { class: "grid", x1: kMargin.left, x2: width - kMargin.right, y1: y(value), y2: y(value) }));
      svg.append(element("text", { x: width - kMargin.right + 6, y: y(value) + 4 }, priceText(value)));
    }
    return { svg, x, y, width, height, inner };
  }

  function timeLabels(view, times, slots) {
    const span = times[times.length - 1] - times[0];
    const count = Math.max(2, Math.floor(view.inner.width / 110));
    for (let i = 0; i < count; ++i) {
      const slot = Math.round((i + 0.5) * (times.length / count));
      if (slot >= times.length || slot >= slots) continue;
      view.svg.append(element("text", { x: view.x(slot), y: view.height - 6, "text-anchor": "middle" }, timeText(times[slot], span)));
    }
  }

  // Shows `describe(slot)` beside a line under the pointer.
  function cursor(box, view, count, describe) {
    const line = element("line", { class: "cursor", y1: kMargin.top, y2: view.height - kMargin.bottom, visibility: "hidden" });
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    view.svg.append(line);
    view.svg.addEventListener("pointermove", (event) => {
      const bounds = view.svg.getBoundingClientRect();
      const at = (event.clientX - bounds.left) / bounds.width * view.width;
      let slot = 0;
      for (let i = 1; i < count; ++i) {
        if (Math.abs(view.x(i) - at) < Math.abs(view.x(slot) - at)) slot = i;
      }
      line.setAttribute("x1", view.x(slot));
      line.setAttribute("x2", view.x(slot));
      line.setAttribute("visibility", "visible");
      tip.textContent = describe(slot);
      tip.hidden = false;
      const left = view.x(slot) / view.width * bounds.width;
      tip.style.left = `${Math.min(left + 10, bounds.width - tip.offsetWidth - 6)}px`;
    });
    view.svg.addEventListener("pointerleave", () => {
      line.setAttribute("visibility", "hidden");
      tip.hidden = true;
    });
    box.replaceChildren(view.svg, tip);
  }

  function drawEquity(box, rows) {
    if (rows.length < 2) return empty(box, "The curve begins with the first two values.");
    // More points than pixels: keep the shape by taking every n-th and the last.
    const stride = Math.ceil(rows.length / 1200);
    const kept = rows.filter((row, i) => i % stride === 0 || i === rows.length - 1);
    const values = kept.map((row) => Number(row.equity));
    const times = kept.map((row) => Date.parse(row.time));
    const view = frame(box, `Equity from ${priceText(values[0])} to ${priceText(values[values.length - 1])}`,
      Math.min(...values), Math.max(...values), kept.length);
    const points = values.map((value, i) => `${view.x(i).toFixed(1)},${view.y(value).toFixed(1)}`);
    const floor = view.height - kMargin.bottom;
    view.svg.append(element("polygon", { class: "area", points: `${view.x(0)},${floor} ${points.join(" ")} ${view.x(kept.length - 1)},${floor}` }));
    view.svg.append(element("polyline", { class: "curve", points: points.join(" ") }));
    timeLabels(view, times, kept.length);
    cursor(box, view, kept.length, (i) => `${timeText(times[i], 0)}  ${priceText(values[i])}`);
  }

  // Groups of forecasts made from one input; each knows where on the bars it starts.
  function forecastGroups(forecasts, times, closes) {
    const groups = new Map();
    for (const row of forecasts) {
      if (row.series !== "close") continue;
      const list = groups.get(row.input_hash) || [];
      list.push({ time: Date.parse(row.time), row });
      groups.set(row.input_hash, list);
    }
    const result = [];
    for (const list of groups.values()) {
      list.sort((a, b) => a.time - b.time);
      let base = times.length - 1;
      while (base > 0 && times[base] >= list[0].time) --base;
      result.push({ base, close: closes[base], list });
    }
    return result.sort((a, b) => a.list[0].time - b.list[0].time);
  }

  function slotOf(time, times) {
    const found = times.findIndex((start) => start >= time);
    return found < 0 ? times.length : found;
  }

  // Points of the newest group's fan: its own steps, or to the right edge where it has only one.
  function fanSteps(group, times, slots) {
    if (group.list.length === 1) return [{ slot: slots - 1, row: group.list[0].row }];
    let future = times.length - 1;
    return group.list.map(({ time, row }) => {
      const known = slotOf(time, times);
      return { slot: known < times.length ? known : ++future, row };
    }).filter((step) => step.slot < slots);
  }

  function drawFan(view, group, times, slots) {
    const steps = fanSteps(group, times, slots);
    const price = (step, name) => group.close * (1 + step.row[name]);
    const origin = `${view.x(group.base)},${view.y(group.close)}`;
    for (const [low, high] of [["q10", "q90"], ["q20", "q80"], ["q30", "q70"], ["q40", "q60"]]) {
      const upper = steps.map((s) => `${view.x(s.slot)},${view.y(price(s, high))}`);
      const lower = steps.map((s) => `${view.x(s.slot)},${view.y(price(s, low))}`).reverse();
      view.svg.append(element("polygon", { class: "fan", points: [origin, ...upper, ...lower].join(" ") }));
    }
    const median = steps.map((s) => `${view.x(s.slot)},${view.y(price(s, "q50"))}`);
    view.svg.append(element("polyline", { class: "median", points: [origin, ...median].join(" ") }));
  }

  function drawBars(view, bars, slots) {
    const body = Math.max(1, Math.min(9, view.inner.width / slots * 0.62));
    bars.forEach((bar, i) => {
      const rises = bar.close >= bar.open;
      const kind = rises ? "up" : "down";
      view.svg.append(element("line", { class: kind, x1: view.x(i), x2: view.x(i), y1: view.y(bar.high), y2: view.y(bar.low) }));
      const top = view.y(Math.max(bar.open, bar.close));
      const height = Math.max(1, Math.abs(view.y(bar.open) - view.y(bar.close)));
      view.svg.append(element("rect", { class: kind, "stroke-width": 0, x: view.x(i) - body / 2, y: top, width: body, height }));
    });
  }

  function drawMarks(view, fills, orders, times, slots) {
    for (const order of orders) {
      const at = view.y(Number(order.limit_price || order.stop_price));
      view.svg.append(element("line", { class: "order", x1: view.x(0), x2: view.x(slots - 1), y1: at, y2: at }));
    }
    for (const fill of fills) {
      const time = Date.parse(fill.time);
      let slot = times.length - 1;
      while (slot > 0 && times[slot] > time) --slot;
      if (time < times[0]) continue;
      const x = view.x(slot);
      const y = view.y(Number(fill.price));
      const tip = fill.side === "buy" ? -7 : 7;
      const mark = element("polygon", { class: `mark ${fill.side === "buy" ? "up" : "down"}`, points: `${x},${y + tip} ${x - 6},${y - tip} ${x + 6},${y - tip}` });
      mark.append(element("title", {}, `${fill.side} ${fill.quantity} at ${fill.price}`));
      view.svg.append(mark);
    }
  }

  function drawSymbol(box, symbol, rows, forecasts, fills, orders) {
    if (rows.length === 0) return empty(box, symbol ? `No bars of ${symbol} yet.` : "No symbol yet.");
    const bars = rows.map((row) => ({ open: Number(row.open), high: Number(row.high), low: Number(row.low), close: Number(row.close) }));
    const times = rows.map((row) => Date.parse(row.time));
    const groups = forecastGroups(forecasts, times, bars.map((bar) => bar.close));
    const newest = groups[groups.length - 1];
    const ahead = newest ? Math.max(Math.ceil(rows.length * 0.14), newest.list.filter((f) => slotOf(f.time, times) >= times.length).length) : 1;
    const slots = rows.length + ahead;
    const shown = orders.filter((order) => Number(order.limit_price || order.stop_price) > 0);
    const levels = bars.flatMap((bar) => [bar.low, bar.high]);
    const low = Math.min(...levels);
    const high = Math.max(...levels);
    const reach = high - low || high * 0.01;
    if (newest) {
      for (const step of fanSteps(newest, times, slots)) {
        levels.push(newest.close * (1 + step.row.q10), newest.close * (1 + step.row.q90));
      }
    }
    const near = shown.filter((order) => Math.abs(Number(order.limit_price || order.stop_price) - bars[bars.length - 1].close) < 2 * reach);
    for (const order of near) levels.push(Number(order.limit_price || order.stop_price));
    const view = frame(box, `${rows.length} bars of ${symbol}, last close ${priceText(bars[bars.length - 1].close)}`,
      Math.min(...levels), Math.max(...levels), slots);
    for (const group of groups.slice(0, -1)) {
      const slot = slotOf(group.list[0].time, times);
      if (group.list.length !== 1 || slot >= times.length) continue;
      const row = group.list[0].row;
      view.svg.append(element("line", { class: "past", x1: view.x(slot), x2: view.x(slot), y1: view.y(group.close * (1 + row.q10)), y2: view.y(group.close * (1 + row.q90)) }));
    }
    drawBars(view, bars, slots);
    if (newest) drawFan(view, newest, times, slots);
    drawMarks(view, fills, near, times, slots);
    timeLabels(view, times, slots);
    cursor(box, view, rows.length, (i) => `${timeText(times[i], 0)}  O ${priceText(bars[i].open)}  H ${priceText(bars[i].high)}  L ${priceText(bars[i].low)}  C ${priceText(bars[i].close)}`);
  }

  return { drawEquity, drawSymbol };
})();
