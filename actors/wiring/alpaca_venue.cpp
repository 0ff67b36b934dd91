#include "actors/wiring/alpaca_venue.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "actors/broker/alpaca_actor.hpp"
#include "actors/wiring/alpaca_market.hpp"
#include "messages/adoption.hpp"
#include "messages/error.hpp"
#include "orders/bracket.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::actors {
namespace {

namespace alpaca = broker::alpaca;

const Money kHalfCent = Money::from_units(Money::kOne / 200);
constexpr int kLookUpsAgain = 3;
constexpr int kConsistentReads = 5;
constexpr std::chrono::seconds kLookUpPause{2};

bool same_quantities(const std::vector<alpaca::WirePosition>& before,
                     const std::vector<alpaca::WirePosition>& after) {
    std::map<Symbol, Quantity> left;
    for (const auto& position : before) left[position.symbol] += position.quantity;
    for (const auto& position : after) left[position.symbol] -= position.quantity;
    return std::all_of(left.begin(), left.end(),
                       [](const auto& each) { return each.second.is_zero(); });
}

class AlpacaVenue final : public TradingVenue {
  public:
    AlpacaVenue(const AlpacaVenueOptions& alpaca, const PaperOptions& options,
                const ledger::LedgerState& books)
        : alpaca_(alpaca), options_(options), market_(alpaca.settings, alpaca.budget, options) {
        account_ = market_.need(market_.client().account());
        const bool expected = alpaca_.account.empty() || alpaca_.account == account_.id ||
                              alpaca_.account == account_.account_number;
        if (!expected) {
            throw Error(ErrorKind::usage, "not the expected account", alpaca_.account,
                        "the broker answers for " + account_.account_number,
                        "give the account whose keys these are");
        }
        read_account(books);
        market_.read_symbols(others(books));
    }

    std::string broker() const override { return "alpaca"; }
    double speed() const override { return market_.clock()->speed(); }
    Timestamp time() override { return market_.time(); }
    bool remote() const override { return true; }
    std::vector<strategy::SymbolInfo> symbols() override { return market_.symbols(); }
    std::vector<BarSeriesPtr> history(const std::vector<strategy::SymbolInfo>& symbols,
                                      HistoryWanted wanted) override {
        return market_.history(symbols, wanted);
    }

    std::vector<Price> marks(const std::vector<strategy::SymbolInfo>& symbols) override {
        std::vector<Price> marks;
        for (const auto& info : symbols) {
            const auto& symbol = info.instrument.symbol;
            Price mark = market_.last_close(symbol);
            for (const auto& position : positions_) {
                if (position.symbol == symbol && position.current.sign() > 0) {
                    mark = position.current;
                }
            }
            marks.push_back(mark);
        }
        return marks;
    }

    Takeover takeover(const ledger::LedgerState& books) override {
        Takeover takeover;
        Money expected = books.cash();
        for (const auto& fill : new_fills_) {
            expected -= fill.price * signed_quantity(fill.side, fill.quantity);
        }
        const bool first = books.runs() == 0;
        // Where positions differ, or an execution has no name yet, that may have moved the cash as
        // well: the running client finds it before it takes cash over.
        const bool comparable = first || (positions_agree(books) && !unnamed_);
        ledger::Adjustment cash;
        cash.cash = account_.cash - expected;
        if (first) {
            cash.reason = "initial_cash";
            takeover.adjustments.push_back(cash);
            for (const auto& position : positions_) {
                ledger::Adjustment held;
                held.kind = ledger::AdjustmentKind::adopted;
                held.symbol = position.symbol;
                held.strategy = kAdopted;
                held.quantity = position.quantity;
                held.price = position.average_entry;
                held.reason = "held at the broker before the first start";
                takeover.adjustments.push_back(held);
            }
        } else if (comparable && cash.cash.abs() > kHalfCent) {
            cash.kind = ledger::AdjustmentKind::adopted;
            cash.reason = "the broker's cash at the start: fees, interest, dividends, transfers";
            takeover.adjustments.push_back(cash);
        }
        for (const auto& wire : open_) {
            if (books.find_order(wire.client_order_id)) continue;
            // One in dollars has no quantity before its end (alpaca_broker.hpp).
            if (!wire.quantity) continue;
            auto order = alpaca::order_of(wire);
            order.strategy = kAdopted;
            order.reason = kAdopted;
            order.role = leaves_position(order) ? Role::exit : Role::entry;
            options_.log("adopted: order " + order.order_id + " that this program did not send");
            takeover.orders.push_back(std::move(order));
        }
        return takeover;
    }

    BrokerTruth truth(const ledger::LedgerState& books) override {
        BrokerTruth truth;
        truth.time = time();
        // What differed was taken over; half a cent is the broker's rounding.
        truth.cash = books.cash();
        for (const auto& fill : new_fills_) {
            truth.cash -= fill.price * signed_quantity(fill.side, fill.quantity);
        }
        for (const auto& each : positions_) {
            Position position;
            position.symbol = each.symbol;
            position.quantity = each.quantity;
            position.cost = each.average_entry * each.quantity;
            position.last_price = each.current;
            truth.positions.push_back(position);
        }
        truth.orders = truth_orders_;
        for (const auto& wire : open_) {
            if (wire.quantity && !known_.contains(wire.client_order_id))
                truth.orders.push_back(alpaca::order_of(wire));
        }
        truth.fills = new_fills_;
        return truth;
    }

    ExchangeActor spawn(caf::actor_system& system, const VenueStart& start) override {
        alpaca::BrokerTerms terms;
        std::set<Symbol> booked;
        for (const auto& info : market_.symbols()) {
            const auto& symbol = info.instrument.symbol;
            terms.symbols[symbol] = info.instrument.asset_class;
            booked.insert(symbol);
        }
        terms.kill_switch = start.kill_switch;
        terms.read_only = alpaca_.observe;
        terms.failed = [failures = start.failures](std::exception_ptr failure) {
            failures->keep(std::move(failure));
        };
        terms.log = options_.log;
        AlpacaParts parts;
        parts.clock = market_.clock();
        parts.account =
            make_remote_account(std::make_unique<alpaca::AlpacaBroker>(
                                    alpaca_.settings, std::move(terms), market_.budget(),
                                    market_.clock(), broker_start(start)),
                                std::move(booked));
        parts.feed = market_.open_feed();
        return spawn_alpaca(system, std::move(parts), start);
    }

  private:
    // Several requests tell one state only if nothing was executed between the first and the last:
    // an execution between them would be taken for cash of unknown origin.
    void read_account(const ledger::LedgerState& books) {
        for (int attempt = 0; attempt < kConsistentReads; ++attempt) {
            known_.clear();
            truth_orders_.clear();
            new_fills_.clear();
            unnamed_ = false;
            account_ = market_.need(market_.client().account());
            positions_ = market_.need(market_.client().positions());
            open_ = market_.need(market_.client().open_orders());
            read_orders(books);
            if (market_.need(market_.client().account()).cash == account_.cash &&
                same_quantities(positions_, market_.need(market_.client().positions()))) {
                return;
            }
        }
        throw VenueUnreachable(alpaca_.settings.trading.origin(),
                               "the account changes while it is read");
    }

    // The orders that the books hold open, as the broker has them, and the executions that the
    // books do not have.
    void read_orders(const ledger::LedgerState& books) {
        std::map<std::string, const alpaca::WireOrder*> open;
        for (const auto& wire : open_) open[wire.client_order_id] = &wire;
        std::map<std::string, alpaca::WireOrder> by_broker_id;
        bool any = false;
        std::vector<std::string> absent;  // their POST may have been on its way
        const auto take = [&](const std::string& id, std::optional<alpaca::WireOrder> wire) {
            wire->client_order_id = id;
            known_.insert(id);
            by_broker_id[wire->id] = *wire;
        };
        for (const auto& booked : books.orders()) {
            const auto& ours = booked.order;
            if (is_closed(ours.status)) continue;
            any = true;
            const auto found = open.find(ours.order_id);
            std::optional<alpaca::WireOrder> wire;
            if (found != open.end()) {
                wire = *found->second;
            } else {
                wire = is_paired_stop(books, ours) ? look_up_stop(ours) : look_up(ours.order_id);
            }
            if (wire) {
                take(ours.order_id, std::move(wire));
            } else if (ours.parent_order_id.empty()) {
                absent.push_back(ours.order_id);
            } else {
                truth_orders_.push_back(ours);  // a leg that is not sent yet
            }
        }
        for (int again = 0; again < kLookUpsAgain && !absent.empty(); ++again) {
            pause();
            std::erase_if(absent, [&](const std::string& id) {
                auto wire = look_up(id);
                if (!wire) return false;
                take(id, std::move(wire));
                return true;
            });
        }
        if (!any) return;
        const auto since = books.last_time() - kDay;
        const auto executions = market_.need(market_.client().executions(since));
        for (auto& [id, wire] : by_broker_id) take_order(books, wire, executions);
        std::stable_sort(new_fills_.begin(), new_fills_.end(),
                         [](const Fill& a, const Fill& b) { return a.time < b.time; });
    }

    // The stop of a pair has an id of the broker's making; here it has ours.
    std::optional<alpaca::WireOrder> look_up_stop(const Order& stop) {
        const auto head = orders::target_id_of(stop.parent_order_id);
        auto reply = answered(market_.client().look_up_stop(stop.order_id, head, {}), head);
        if (reply && reply->client_order_id != stop.order_id && is_terminal(reply->status) &&
            reply->filled_quantity.is_zero()) {
            // Ended with its target's day: to be sent alone, as if it had not been sent.
            const auto target = look_up(head);
            if (target && target->status == alpaca::WireStatus::expired) return std::nullopt;
        }
        for (auto& wire : open_) {
            if (reply && wire.id == reply->id) wire.client_order_id = stop.order_id;
        }
        return reply;
    }

    static bool is_paired_stop(const ledger::LedgerState& books, const Order& order) {
        if (order.parent_order_id.empty() || order.type != OrderType::stop) return false;
        const auto* entry = books.find_order(order.parent_order_id);
        return entry && entry->order.exit_plan.target.sign() > 0;
    }

    static void pause() {
        std::mutex mutex;
        std::condition_variable never;
        std::unique_lock lock(mutex);
        never.wait_for(lock, kLookUpPause);
    }

    // An order counts as absent when the broker said so several times over some seconds.
    std::optional<alpaca::WireOrder> look_up(const std::string& client_order_id) {
        return answered(market_.client().look_up(client_order_id), client_order_id);
    }

    std::optional<alpaca::WireOrder> answered(alpaca::LookUpReply reply,
                                              const std::string& client_order_id) {
        if (reply.kind == alpaca::LookUpReply::Kind::failed) {
            throw VenueUnreachable(alpaca_.settings.trading.origin(),
                                   "order " + client_order_id + " could not be looked up");
        }
        return std::move(reply.order);
    }

    void take_order(const ledger::LedgerState& books, const alpaca::WireOrder& wire,
                    const std::vector<alpaca::WireExecution>& executions) {
        const auto& ours = books.find_order(wire.client_order_id)->order;
        std::vector<std::pair<Quantity, Price>> told;
        for (const auto& fill : books.fills()) {
            if (fill.fill.order_id != ours.order_id) continue;
            told.emplace_back(fill.fill.quantity, fill.fill.price);
        }
        auto missing = wire.filled_quantity - ours.filled_quantity;
        for (const auto& execution : executions) {
            if (execution.order_id != wire.id) continue;
            const auto same =
                std::find(told.begin(), told.end(), std::pair(execution.quantity, execution.price));
            if (books.find_fill(execution.execution_id()) || same != told.end()) {
                if (same != told.end()) told.erase(same);
                continue;
            }
            if (execution.quantity > missing) continue;
            missing -= execution.quantity;
            Fill fill;
            fill.fill_id = execution.execution_id();
            fill.order_id = ours.order_id;
            fill.symbol = ours.symbol;
            fill.time = execution.time;
            fill.side = ours.side;
            fill.quantity = execution.quantity;
            fill.price = execution.price;
            fill.strategy = ours.strategy;
            new_fills_.push_back(std::move(fill));
        }
        auto order = alpaca::order_of(wire);
        // Closed with executions that nothing names yet: it stays open until they are known.
        if (missing.sign() > 0 && is_closed(order.status)) {
            order.status = OrderStatus::partially_filled;
        }
        unnamed_ = unnamed_ || missing.sign() > 0;
        truth_orders_.push_back(std::move(order));
    }

    // Held or with orders, whoever sent them: valued, even where they are not to be traded.
    [[nodiscard]] std::set<Symbol> others(const ledger::LedgerState& books) const {
        std::set<Symbol> names;
        for (const auto& position : positions_) names.insert(position.symbol);
        for (const auto& wire : open_) names.insert(wire.symbol);
        for (const auto& booked : books.orders()) names.insert(booked.order.symbol);
        for (const auto& taken : books.adjustments()) {
            if (!taken.adjustment.symbol.empty()) names.insert(taken.adjustment.symbol);
        }
        return names;
    }

    // The broker's positions are the books' and what their orders executed since.
    [[nodiscard]] bool positions_agree(const ledger::LedgerState& books) const {
        std::map<Symbol, Quantity> left;
        for (const auto& [symbol, position] : books.positions()) left[symbol] = position.quantity;
        for (const auto& fill : new_fills_) {
            left[fill.symbol] += signed_quantity(fill.side, fill.quantity);
        }
        for (const auto& position : positions_) left[position.symbol] -= position.quantity;
        return std::all_of(left.begin(), left.end(),
                           [](const auto& each) { return each.second.is_zero(); });
    }

    [[nodiscard]] bool leaves_position(const Order& order) const {
        return std::any_of(positions_.begin(), positions_.end(), [&](const auto& position) {
            return position.symbol == order.symbol &&
                   signed_quantity(order.side, Quantity::from_units(1)).sign() ==
                       -position.quantity.sign();
        });
    }

    static alpaca::BrokerStart::Held reconciled(const ledger::LedgerState& books,
                                                const Order& order,
                                                const std::vector<OrderEvent>& events) {
        alpaca::BrokerStart::Held held;
        held.order = order;
        for (const auto& fill : books.fills()) {
            if (fill.fill.order_id == order.order_id) held.executed.push_back(fill.fill);
        }
        for (const auto& event : events) {
            if (event.order_id != order.order_id) continue;
            orders::apply(held.order, event);
            if (event.fill) held.executed.push_back(*event.fill);
        }
        return held;
    }

    static void close(alpaca::BrokerStart& begin, const Order& order) {
        begin.closed_orders.insert(order.order_id);
        if (order.filled_quantity.is_zero()) begin.closed_unfilled.insert(order.order_id);
    }

    // The books once the reconciliation's events are applied: what the running client compares
    // the broker with.
    [[nodiscard]] alpaca::BrokerStart broker_start(const VenueStart& start) const {
        alpaca::BrokerStart begin;
        const auto& books = *start.books;
        begin.cash = books.cash();
        begin.since = books.last_time();
        for (const auto& [symbol, position] : books.positions()) {
            begin.positions[symbol] = position.quantity;
        }
        for (const auto& booked : books.orders()) {
            if (is_closed(booked.order.status)) close(begin, booked.order);
        }
        std::set<std::string> unsent;
        for (const auto& order : start.reconciliation->unsent_exits) unsent.insert(order.order_id);
        for (const auto& event : start.reconciliation->events) {
            if (!event.fill) continue;
            const auto size = signed_quantity(event.fill->side, event.fill->quantity);
            begin.positions[event.fill->symbol] += size;
            begin.cash -= event.fill->price * size + event.fill->fee;
        }
        std::map<std::string, std::size_t> exits;  // of an entry
        for (const auto& booked : books.orders()) {
            const auto& ours = booked.order;
            if (is_closed(ours.status) || unsent.contains(ours.order_id)) continue;
            auto held = reconciled(books, ours, start.reconciliation->events);
            if (is_closed(held.order.status)) {
                close(begin, held.order);
                continue;
            }
            if (ours.parent_order_id.empty()) {
                begin.open_orders.push_back(std::move(held));
                continue;
            }
            const auto* entry = books.find_order(ours.parent_order_id);
            ensure(entry != nullptr, "a leg has its entry in the books");
            const auto [place, made] = exits.emplace(ours.parent_order_id, begin.exits.size());
            if (made) {
                auto parent = reconciled(books, entry->order, start.reconciliation->events);
                begin.exits.push_back({std::move(parent.order), {}});
            }
            held.at_broker = known_.contains(ours.order_id);
            begin.exits[place->second].legs.push_back(std::move(held));
        }
        // What ended legs have exited the others must not exit again.
        for (const auto& booked : books.orders()) {
            const auto place = exits.find(booked.order.parent_order_id);
            if (place == exits.end()) continue;
            auto held = reconciled(books, booked.order, start.reconciliation->events);
            if (!is_closed(held.order.status)) continue;
            begin.exits[place->second].legs.push_back(std::move(held));
        }
        return begin;
    }

    AlpacaVenueOptions alpaca_;
    const PaperOptions& options_;
    AlpacaMarket market_;
    alpaca::WireAccount account_;
    std::vector<alpaca::WirePosition> positions_;
    std::vector<alpaca::WireOrder> open_;
    std::set<std::string> known_;  // client ids of orders that the books hold open
    std::vector<Order> truth_orders_;
    std::vector<Fill> new_fills_;
    bool unnamed_ = false;  // an order has filled more than the executions name
};

}  // namespace

std::shared_ptr<alpaca::SharedBudget> make_request_budget(const alpaca::AlpacaSettings& settings) {
    return std::make_shared<alpaca::SharedBudget>(settings.requests_a_minute);
}

std::unique_ptr<TradingVenue> open_alpaca_venue(const AlpacaVenueOptions& alpaca,
                                                const PaperOptions& options,
                                                const ledger::LedgerState& books) {
    return std::make_unique<AlpacaVenue>(alpaca, options, books);
}

}  // namespace tradewind::actors
