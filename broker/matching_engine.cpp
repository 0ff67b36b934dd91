#include "broker/matching_engine.hpp"

#include <limits>
#include <utility>

#include "broker/symbol_book.hpp"
#include "messages/error.hpp"
#include "orders/bracket.hpp"
#include "orders/order_validation.hpp"

namespace tradewind::broker {
namespace {

void reject(const Order& order, Timestamp now, std::string reason, std::vector<OrderEvent>& out) {
    OrderEvent& event = out.emplace_back();
    event.kind = OrderEventKind::rejected;
    event.order_id = order.order_id;
    event.symbol = order.symbol;
    event.time = now;
    event.reason = std::move(reason);
}

}  // namespace

MatchingEngine::MatchingEngine(MatchingSettings settings) : settings_(std::move(settings)) {
    if (settings_.partial_fill_probability < 0 || settings_.partial_fill_probability > 1) {
        throw Error(ErrorKind::usage, "probability of partial fills", "", "must lie in [0, 1]");
    }
}
MatchingEngine::~MatchingEngine() = default;
MatchingEngine::MatchingEngine(MatchingEngine&&) noexcept = default;
MatchingEngine& MatchingEngine::operator=(MatchingEngine&&) noexcept = default;

SlotId MatchingEngine::add(const Instrument& instrument) {
    const auto found = by_symbol_.find(instrument.symbol);
    if (found != by_symbol_.end()) {
        books_[found->second]->set_instrument(instrument);
        return found->second;
    }
    if (books_.size() >= std::numeric_limits<SlotId>::max() - 1) {
        throw std::length_error("too many symbols in one matching engine");
    }
    const auto made = static_cast<SlotId>(books_.size());
    books_.push_back(std::make_unique<SymbolBook>(instrument));
    working_.push_back(0);
    last_.emplace_back();
    by_symbol_.emplace(instrument.symbol, made);
    return made;
}

SlotId MatchingEngine::slot(Symbol symbol) {
    const auto found = by_symbol_.find(symbol);
    if (found != by_symbol_.end()) return found->second;
    Instrument generic;
    generic.symbol = symbol;
    return add(generic);
}

const Instrument& MatchingEngine::instrument(SlotId slot) const {
    return books_[slot]->instrument();
}

SessionState MatchingEngine::session_of(SlotId slot) const {
    switch (books_[slot]->instrument().asset_class) {
        case AssetClass::us_equity:
            return equity_session_;
        case AssetClass::crypto: {
            // Coins trade without a break: their session ends and begins at one instant.
            SessionState session = crypto_session_;
            session.open = true;
            return session;
        }
        case AssetClass::generic:
            break;
    }
    return {};
}

void MatchingEngine::submit(Order order, Timestamp now, std::vector<OrderEvent>& out) {
    const SlotId where = slot(order.symbol);
    SymbolBook& book = *books_[where];
    const auto [entry, unknown] = open_.try_emplace(order.order_id, where);
    if (!unknown) {
        reject(order, now, "order id must be unique", out);
        return;
    }
    if (auto fault = orders::fault_of(order, book.instrument(), last_[where].price)) {
        open_.erase(entry);
        reject(order, now, std::move(*fault), out);
        return;
    }
    if (orders::has_children(order.exit_plan)) {
        for (Order& child : orders::bracket_children(order)) {
            open_.emplace(std::move(child.order_id), where);
        }
    }
    book.submit(std::move(order), now, {settings_, last_[where], session_of(where), out});
    settle(where);
}

bool MatchingEngine::cancel(std::string_view order_id, Timestamp now, std::vector<OrderEvent>& out,
                            std::string_view reason) {
    const auto found = open_.find(std::string(order_id));
    if (found == open_.end()) return false;
    const SlotId where = found->second;
    const bool canceled = books_[where]->cancel(order_id, now, reason,
                                                {settings_, last_[where], session_of(where), out});
    settle(where);
    return canceled;
}

void MatchingEngine::match_open(SlotId slot, Timestamp time, Price open,
                                std::vector<OrderEvent>& out) {
    if (settings_.quotes) return;
    books_[slot]->match_open(time, open, {settings_, last_[slot], session_of(slot), out});
    settle(slot);
}

void MatchingEngine::match_bar(SlotId slot, const Bar& bar, std::vector<OrderEvent>& out) {
    if (settings_.quotes) return;
    books_[slot]->match_bar(bar, {settings_, last_[slot], session_of(slot), out});
    settle(slot);
}

void MatchingEngine::on_quote(SlotId slot, const Quote& quote, std::vector<OrderEvent>& out) {
    if (!quote.valid()) return;
    if (settings_.quotes) last_[slot] = {quote.mid(), quote.time};
    if (!settings_.quotes) return;
    books_[slot]->match_quote(quote, {settings_, last_[slot], session_of(slot), out});
    settle(slot);
}

void MatchingEngine::on_session(const SessionEvent& event, Timestamp time,
                                std::vector<OrderEvent>& out) {
    const AssetClass kind = event.crypto ? AssetClass::crypto : AssetClass::us_equity;
    SessionState& session = event.crypto ? crypto_session_ : equity_session_;
    if (event.phase == SessionPhase::opened) {
        session = {true, true, time};
        return;
    }
    for (SlotId slot = 0; slot < books_.size(); ++slot) {
        if (working_[slot] == 0 || books_[slot]->instrument().asset_class != kind) continue;
        books_[slot]->close_session(time, {settings_, last_[slot], session_of(slot), out});
        settle(slot);
    }
    session.known = true;
    session.open = false;
}

void MatchingEngine::end_of_data(Timestamp now, std::vector<OrderEvent>& out) {
    for (SlotId slot = 0; slot < books_.size(); ++slot) end_of_data(slot, now, out);
}

void MatchingEngine::end_of_data(SlotId slot, Timestamp now, std::vector<OrderEvent>& out) {
    if (working_[slot] == 0) return;
    books_[slot]->end_of_data(now, {settings_, last_[slot], session_of(slot), out});
    settle(slot);
}

void MatchingEngine::settle(SlotId slot) {
    closed_.clear();
    working_[slot] = static_cast<std::uint32_t>(books_[slot]->compact(closed_));
    for (const std::string& id : closed_) open_.erase(id);
}

std::vector<Order> MatchingEngine::open_orders() const {
    std::vector<Order> orders;
    for (SlotId slot = 0; slot < books_.size(); ++slot) {
        if (working_[slot] != 0) books_[slot]->append_orders(orders);
    }
    return orders;
}

bool MatchingEngine::is_open(std::string_view order_id) const {
    return open_.contains(std::string(order_id));
}

}  // namespace tradewind::broker
