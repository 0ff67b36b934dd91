"""A small Alpaca in this process, scripted by a test: what no well-behaved exchange would do.

Trading REST, /stream and the market-data stream on one loopback port. State is plain and public: a
test fills, withholds, repeats and loses by calling it. Requests are kept with their times. Not an
exchange: it checks nothing that a test does not ask for.
"""
import base64
import collections
import datetime
import hashlib
import http.server
import json
import socket
import socketserver
import struct
import threading
import time
import urllib.parse
import uuid

KEYS = ("PKTESTMARKEDKEYID00", "MARKEDSECRETabcdefghijklmnopqrstuvwxyz01")
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


class WebSocket:
    """The server's side of one connection."""

    def __init__(self, reader, connection):
        self.reader, self.connection = reader, connection
        self.lock = threading.Lock()
        self.answers_pings = True

    def send(self, payload, binary=False):
        data = payload if isinstance(payload, bytes) else payload.encode()
        self.frame(2 if binary else 1, data)

    def frame(self, opcode, data):
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 65536:
            head += bytes([126]) + struct.pack(">H", len(data))
        else:
            head += bytes([127]) + struct.pack(">Q", len(data))
        with self.lock:
            self.connection.sendall(head + data)

    def read(self):
        """The next text or binary message; None: closed. Answers pings."""
        while True:
            head = self.reader.read(2)
            if len(head) < 2:
                return None
            opcode, length = head[0] & 15, head[1] & 127
            if length == 126:
                length = struct.unpack(">H", self.reader.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self.reader.read(8))[0]
            mask = self.reader.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.reader.read(length)))
            if opcode == 8:
                return None
            if opcode == 9 and self.answers_pings:
                self.frame(10, data)
            if opcode in (1, 2):
                return data.decode()

    def close(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class AlpacaServer:
    """`with AlpacaServer() as exchange:`; `exchange.environment()` points a daemon at it."""

    def __init__(self, when="2026-10-01T14:31:00", cash="100000"):
        self.start = datetime.datetime.fromisoformat(when)
        self.began = time.monotonic()
        self.speed = 1.0
        self.lock = threading.RLock()
        self.cash, self.orders, self.positions = float(cash), {}, collections.defaultdict(float)
        self.costs = collections.defaultdict(float)
        self.activities, self.requests, self.upgrades = [], [], []
        self.price = collections.defaultdict(lambda: 100.0)
        self.trading, self.data = [], []
        self.faults = []  # callables (method, path) -> None or a reply, asked in order
        self.hold_updates = None  # a list: updates are withheld into it
        self.refuse_upgrade = None  # a status for /stream
        self.fill_at_once = True
        self.silent_data = False
        self.account_number = "PA0TEST"
        self.listening = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                server.handle(self)

            do_GET = do_POST = do_DELETE = do_PATCH = handle_any

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            block_on_close = False

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.pump = threading.Thread(target=self.pump_data, daemon=True)
        self.ended = threading.Event()

    def __enter__(self):
        self.thread.start()
        self.pump.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        for stream in self.trading + self.data:
            stream.close()
        self.server.server_close()

    def environment(self):
        base = f"127.0.0.1:{self.port}"
        key_id, secret = KEYS
        return {"APCA_API_KEY_ID": key_id, "APCA_API_SECRET_KEY": secret,
                "APCA_API_BASE_URL": f"http://{base}", "APCA_API_DATA_URL": f"http://{base}",
                "APCA_API_STREAM_URL": f"ws://{base}"}

    def now(self):
        passed = (time.monotonic() - self.began) * self.speed
        return self.start + datetime.timedelta(seconds=passed)

    # -- orders ------------------------------------------------------------------------------

    def accept(self, body):
        """An order is taken; None: its client id is taken already."""
        with self.lock:
            if any(o["client_order_id"] == body["client_order_id"] for o in self.orders.values()):
                return None
            now = text_of(self.now())
            order = {
                "id": str(uuid.uuid4()), "client_order_id": body["client_order_id"],
                "created_at": now, "updated_at": now, "submitted_at": now, "filled_at": None,
                "expired_at": None, "canceled_at": None, "failed_at": None, "replaced_at": None,
                "replaced_by": None, "replaces": None, "asset_id": "x", "symbol": body["symbol"],
                "asset_class": "us_equity", "notional": None, "qty": body["qty"],
                "filled_qty": "0", "filled_avg_price": None, "order_class": "",
                "order_type": body["type"], "type": body["type"], "side": body["side"],
                "time_in_force": body["time_in_force"],
                "limit_price": body.get("limit_price"), "stop_price": body.get("stop_price"),
                "status": "pending_new", "extended_hours": False, "legs": None}
            self.orders[order["id"]] = order
        return dict(order)

    def by_client(self, client):
        return next((o for o in self.orders.values() if o["client_order_id"] == client), None)

    def open_orders(self):
        closed = ("filled", "canceled", "expired", "rejected", "replaced")
        return [o for o in self.orders.values() if o["status"] not in closed]

    def begin(self, order):
        order = self.orders[order["id"]]
        if order["status"] == "pending_new":
            order["status"] = "new"
            order["updated_at"] = text_of(self.now())
        return self.tell("new", order)

    def fill(self, order, quantity=None, price=None):
        """One execution; returns its update."""
        with self.lock:
            order = self.orders[order["id"]]
            left = float(order["qty"]) - float(order["filled_qty"])
            if left <= 0:
                return None
            quantity = left if quantity is None else min(quantity, left)
            price = self.price[order["symbol"]] if price is None else price
            filled = float(order["filled_qty"]) + quantity
            paid = float(order["filled_avg_price"] or 0) * float(order["filled_qty"])
            order["filled_avg_price"] = repr((paid + quantity * price) / filled)
            order["filled_qty"] = repr(filled)
            whole = filled >= float(order["qty"])
            order["status"] = "filled" if whole else "partially_filled"
            now = text_of(self.now())
            order["updated_at"] = now
            if whole:
                order["filled_at"] = now
            sign = 1 if order["side"] == "buy" else -1
            self.positions[order["symbol"]] += sign * quantity
            self.costs[order["symbol"]] += sign * quantity * price
            self.cash -= sign * quantity * price
            execution = str(uuid.uuid4())
            self.activities.append({
                "activity_type": "FILL", "id": f"2026::{execution}", "order_id": order["id"],
                "type": "fill" if whole else "partial_fill", "side": order["side"],
                "symbol": order["symbol"], "price": repr(price), "qty": repr(quantity),
                "cum_qty": repr(filled), "leaves_qty": repr(left - quantity),
                "transaction_time": now})
            return self.tell("fill" if whole else "partial_fill", order, execution_id=execution,
                             price=repr(price), qty=repr(quantity),
                             position_qty=repr(self.positions[order["symbol"]]))

    def close_order(self, order, status):
        with self.lock:
            order = self.orders[order["id"]]
            order["status"] = status
            key = {"rejected": "failed_at"}.get(status, status + "_at")
            order[key] = order["updated_at"] = text_of(self.now())
            return self.tell(status, order)

    def tell(self, event, order, **more):
        update = {"stream": "trade_updates", "data": {
            "event": event, "timestamp": text_of(self.now()), **more, "order": dict(order)}}
        self.deliver(update)
        return update

    def deliver(self, update):
        if self.hold_updates is not None:
            self.hold_updates.append(update)
            return
        self.send_trading(json.dumps(update))

    def send_trading(self, payload, binary=True):
        for stream in list(self.trading):
            try:
                stream.send(payload, binary)
            except OSError:
                if stream in self.trading:
                    self.trading.remove(stream)

    # -- HTTP --------------------------------------------------------------------------------

    def handle(self, request):
        path = urllib.parse.urlsplit(request.path)
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length) if length else b""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            self.upgrade(request, path.path)
            return
        with self.lock:
            self.requests.append((time.monotonic(), request.command, request.path, body))
        for fault in list(self.faults):
            reply = fault(request.command, request.path, body)
            if reply is not None:
                self.reply(request, *reply)
                return
        keys = (request.headers.get("APCA-API-KEY-ID"), request.headers.get("APCA-API-SECRET-KEY"))
        if keys != KEYS:
            self.reply(request, 401, {"message": "unauthorized."})
            return
        with self.lock:
            status, answer = self.route(request.command, path, body)
        self.reply(request, status, answer)

    def reply(self, request, status, answer):
        """`status` None: the connection is dropped without an answer."""
        if status is None:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        data = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(
            answer).encode()
        try:
            request.send_response(status)
            request.send_header("Content-Type", "application/json")
            request.send_header("Content-Length", str(len(data)))
            request.send_header("X-Clock-Speed", str(self.speed))
            request.end_headers()
            request.wfile.write(data)
        except OSError:
            request.close_connection = True

    def route(self, method, path, body):
        query = dict(urllib.parse.parse_qsl(path.query))
        name = path.path
        if method == "POST" and name == "/v2/orders":
            order = self.accept(json.loads(body))
            if order is None:
                return 422, {"code": 40010001, "message": "client_order_id must be unique"}
            threading.Thread(target=self.work, args=(order,), daemon=True).start()
            return 200, order
        if name == "/v2/orders:by_client_order_id":
            order = self.by_client(query["client_order_id"])
            missing = {"code": 40410000, "message": "order not found"}
            return (200, order) if order else (404, missing)
        if name == "/v2/orders":
            return 200, self.open_orders()
        if name.startswith("/v2/orders/") and method == "DELETE":
            order = self.orders.get(name.rsplit("/", 1)[1])
            if order is None:
                return 404, {"code": 40410000, "message": "order not found"}
            if order not in self.open_orders():
                return 422, {"code": 42210000,
                             "message": f"order is already in \"{order['status']}\" state"}
            self.close_order(order, "canceled")
            return 204, None
        if name == "/v2/account":
            value = sum(q * self.price[s] for s, q in self.positions.items())
            return 200, {"id": "acc", "account_number": self.account_number, "status": "ACTIVE",
                         "cash": f"{self.cash:.2f}", "equity": f"{self.cash + value:.2f}",
                         "buying_power": "400000", "trading_blocked": False,
                         "account_blocked": False, "shorting_enabled": True}
        if name == "/v2/positions":
            return 200, [
                {"symbol": s, "qty": repr(q), "side": "long" if q > 0 else "short",
                 "avg_entry_price": repr(round(self.costs[s] / q, 6)),
                 "qty_available": repr(q), "current_price": repr(self.price[s])}
                for s, q in self.positions.items() if abs(q) > 1e-9]
        if name == "/v2/clock":
            return 200, {"timestamp": text_of(self.now()), "is_open": True,
                         "next_open": "2026-10-02T09:30:00-04:00",
                         "next_close": "2026-10-01T16:00:00-04:00"}
        if name.startswith("/v2/assets/"):
            return 200, {"id": "x", "class": "us_equity", "symbol": name.rsplit("/", 1)[1],
                         "status": "active", "tradable": True, "shortable": True,
                         "fractionable": True}
        if name.startswith("/v2/account/activities"):
            return 200, list(self.activities)[-100:] if "page_token" not in query else []
        if name == "/v2/stocks/bars":
            return 200, {"bars": {s: self.bars(s, query) for s in query["symbols"].split(",")},
                         "next_page_token": None}
        return 404, {"code": 40410000, "message": "endpoint not found."}

    def work(self, order):
        time.sleep(0.02)
        with self.lock:  # a cancel may have come first
            if self.orders[order["id"]]["status"] != "pending_new":
                return
            self.begin(order)
            if self.fill_at_once:
                self.fill(order)

    def bars(self, symbol, query):
        """Minute bars of the last half hour; none for days."""
        if query["timeframe"] != "1Min":
            return []
        begin = datetime.datetime.fromisoformat(query["start"].rstrip("Z").split(".")[0])
        minute = self.now().replace(second=0, microsecond=0) - datetime.timedelta(minutes=30)
        found = []
        while minute <= self.now() - datetime.timedelta(minutes=1):
            if minute >= begin:
                found.append({**self.bar(symbol), "t": text_of(minute)})
            minute += datetime.timedelta(minutes=1)
        return found

    def bar(self, symbol):
        price = self.price[symbol]
        return {"o": price, "h": price + 0.1, "l": price - 0.1, "c": price, "v": 1000, "n": 10,
                "vw": price}

    # -- WebSockets --------------------------------------------------------------------------

    def upgrade(self, request, path):
        self.upgrades.append((time.monotonic(), path))
        trading = path == "/stream"
        if trading and self.refuse_upgrade:
            self.reply(request, self.refuse_upgrade, {"message": "too many"})
            return
        key = request.headers["Sec-WebSocket-Key"] + MAGIC
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        request.wfile.write((
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        request.wfile.flush()
        stream = WebSocket(request.rfile, request.connection)
        request.close_connection = True
        try:
            (self.serve_trading if trading else self.serve_data)(stream)
        except OSError:
            pass
        for streams in (self.trading, self.data):
            if stream in streams:
                streams.remove(stream)

    def serve_trading(self, stream):
        while (text := stream.read()) is not None:
            message = json.loads(text)
            if message["action"] == "authenticate":
                good = (message["data"]["key_id"], message["data"]["secret_key"]) == KEYS
                stream.send(json.dumps({"stream": "authorization", "data": {
                    "status": "authorized" if good else "unauthorized",
                    "action": "authenticate"}}), True)
            if message["action"] == "listen":
                self.trading.append(stream)
                stream.send(json.dumps({"stream": "listening", "data": {
                    "streams": message["data"]["streams"]}}), True)
                self.listening.set()

    def serve_data(self, stream):
        stream.send('[{"T":"success","msg":"connected"}]')
        while (text := stream.read()) is not None:
            message = json.loads(text)
            if message["action"] == "auth":
                stream.send('[{"T":"success","msg":"authenticated"}]')
            if message["action"] == "subscribe":
                stream.symbols = message["bars"]
                stream.minute = self.now().replace(second=0, microsecond=0)
                stream.send(json.dumps([{"T": "subscription", "bars": message["bars"],
                                         "quotes": message["quotes"]}]))
                self.data.append(stream)

    def pump_data(self):
        """Quotes five times a second, a bar at each minute of the clock."""
        while not self.ended.wait(0.2):
            for stream in list(self.data):
                if self.silent_data:
                    continue
                now = self.now()
                messages = [{"T": "q", "S": s, "t": text_of(now), "bp": self.price[s] - 0.01,
                             "ap": self.price[s] + 0.01, "bs": 100, "as": 100}
                            for s in stream.symbols]
                minute = now.replace(second=0, microsecond=0)
                if minute > stream.minute:
                    before = minute - datetime.timedelta(minutes=1)
                    messages += [{"T": "b", "S": s, **self.bar(s), "t": text_of(before)}
                                 for s in stream.symbols]
                    stream.minute = minute
                try:
                    stream.send(json.dumps(messages))
                except OSError:
                    if stream in self.data:
                        self.data.remove(stream)
