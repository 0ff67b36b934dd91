"""The bar strategies once more, over rationals: an independent reading of their rules.

Nothing here is shared with the program. simulate() returns the fills and the equity curve that the
rules give, as exact fractions; the comparison is by value of the decimals in the run folder.
"""
import csv
from fractions import Fraction


def read_bars(path):
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            yield (row["time"], Fraction(row["open"]), Fraction(row["high"]), Fraction(row["low"]),
                   Fraction(row["close"]))


def half_even(value, digits):
    scaled = value * 10 ** digits
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1):
        whole += 1
    return Fraction(whole, 10 ** digits)


class Account:
    """Cash, one position, a list of fills."""

    def __init__(self, cash, fee):
        self.cash = Fraction(cash)
        self.fee = Fraction(fee)
        self.position = Fraction(0)
        self.fills = []

    def fill(self, bar, signed_quantity, price):
        fee = half_even(abs(signed_quantity) * price * self.fee, 8)
        self.cash -= signed_quantity * price + fee
        self.position += signed_quantity
        self.fills.append((bar, signed_quantity, price, fee, self.position, self.cash))


def sma_signals(closes, fast, slow):
    """+1, -1 or 0 for each bar."""
    signals = []
    before = None
    for i in range(len(closes)):
        if i + 1 < slow:
            signals.append(0)
            continue
        quick = sum(closes[i + 1 - fast:i + 1]) / fast
        calm = sum(closes[i + 1 - slow:i + 1]) / slow
        signal = 0
        if before is not None:
            if before[0] < before[1] and quick > calm:
                signal = 1
            elif before[0] > before[1] and quick < calm:
                signal = -1
        signals.append(signal)
        before = (quick, calm)
    return signals


def ema_wants(bars, fast, slow, skip_flat, shorts, exact):
    """Wanted side at each bar, None where no decision is taken."""
    number = Fraction if exact else float
    a, b = number(2) / (fast + 1), number(2) / (slow + 1)
    wants = []
    quick = calm = None
    for seen, (_, open_, high, low, close) in enumerate(bars, start=1):
        value = number(close)
        quick = value if quick is None else quick + a * (value - quick)
        calm = value if calm is None else calm + b * (value - calm)
        if seen < slow or (skip_flat and open_ == high == low == close):
            wants.append(None)
        else:
            wants.append(1 if quick >= calm else -1 if shorts else 0)
    return wants


def simulate(bars, strategy, fast, slow, quantity, side, cash, fee, fill, skip_flat=False,
             flat_at_end=False, exact=False):
    """Fills as (bar index, signed quantity, price, fee, position, cash) and equity per bar."""
    account = Account(cash, fee)
    quantity = Fraction(quantity)
    shorts = side == "long_short"
    closes = [bar[4] for bar in bars]
    signals = sma_signals(closes, fast, slow) if strategy == "sma_cross" else None
    wants = (ema_wants(bars, fast, slow, skip_flat, shorts, exact)
             if strategy == "ema_cross" else None)
    ordered = 0
    waiting = []  # signed quantities, None: whatever is held
    equity = []
    for i, (_, open_, _, _, close) in enumerate(bars):
        for order in waiting:
            account.fill(i, -account.position if order is None else order, open_)
        waiting = []
        orders = []
        if signals is not None:
            target = signals[i]
            decided = target != 0
        else:
            target = wants[i]
            decided = target is not None and target != ordered
            if decided:
                ordered = target
        if decided:
            if account.position != 0:
                orders.append(None)
            if target > 0:
                orders.append(quantity)
            elif target < 0 and shorts:
                orders.append(-quantity)
        if fill == "this_close":
            for order in orders:
                account.fill(i, -account.position if order is None else order, close)
        else:
            waiting = orders
        if flat_at_end and i + 1 == len(bars) and account.position != 0:
            account.fill(i, -account.position, close)
        equity.append(account.cash + account.position * close)
    return account.fills, equity


def compare(bars, fills, equity, folder):
    """A list of differences between the run folder and the simulation; empty: none."""
    faults = []
    with open(f"{folder}/fills.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != len(fills):
        faults.append(f"{len(rows)} fills, expected {len(fills)}")
    for n, (row, (bar, signed, price, fee, position, cash)) in enumerate(zip(rows, fills)):
        got = (row["side"], Fraction(row["quantity"]), Fraction(row["price"]),
               Fraction(row["fee"]), Fraction(row["position"]), Fraction(row["cash"]))
        want = ("buy" if signed > 0 else "sell", abs(signed), price, fee, position, cash)
        if got != want:
            faults.append(f"fill {n} at {bars[bar][0]}: {got} instead of {want}")
            break
    with open(f"{folder}/equity.csv", newline="") as file:
        curve = [Fraction(row["equity"]) for row in csv.DictReader(file)]
    if len(curve) != len(equity):
        faults.append(f"{len(curve)} equity rows, expected {len(equity)}")
    for n, (got, want) in enumerate(zip(curve, equity)):
        if got != want:
            faults.append(f"equity at {bars[n][0]}: {got} instead of {want}")
            break
    return faults
