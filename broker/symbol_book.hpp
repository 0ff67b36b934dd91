// The working orders of one symbol inside the matching engine, and how each meets the market.
//
// Part of the matching engine (broker/matching_engine.hpp states the rules and the owner). A book
// keeps its orders in the order of submission, the children of a bracket directly after their
// parent, with the child first that counts as first inside a bar. Closed orders stay in place until
// compact(), so that a pass over the book never loses its position. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/matching_engine.hpp"
#include "market/fill_rules.hpp"
#include "messages/bar.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"

namespace tradewind::broker {

class SymbolBook {
  public:
    // What a pass over the book works with; lives for one call.
    struct Pass {
        const MatchingSettings& settings;
        LastPrice last;
        SessionState session;
        std::vector<OrderEvent>& out;
    };

    explicit SymbolBook(const Instrument& instrument) : instrument_(instrument) {}

    [[nodiscard]] const Instrument& instrument() const { return instrument_; }
    void set_instrument(const Instrument& instrument) { instrument_ = instrument; }

    void submit(Order&& order, Timestamp now, const Pass& pass);
    bool cancel(std::string_view order_id, Timestamp now, std::string_view reason,
                const Pass& pass);
    void match_open(Timestamp time, Price open, const Pass& pass);
    void match_bar(const Bar& bar, const Pass& pass);
    void match_quote(const Quote& quote, const Pass& pass);
    void close_session(Timestamp time, const Pass& pass);
    void end_of_data(Timestamp now, const Pass& pass);

    // Removes closed orders, appends their ids to `closed`, returns how many are left.
    std::size_t compact(std::vector<std::string>& closed);
    void append_orders(std::vector<Order>& out) const;

  private:
    struct Working {
        Order order;
        market::RestingOrder resting;
        Timestamp since;            // of submission or activation
        Timestamp met_open;         // the open at which it filled in part
        std::uint32_t bracket = 0;  // id; 0: none
        std::uint32_t fills = 0;
        bool child = false;
        bool inside = false;  // activated inside the bar under way
        bool has_met_open = false;
        bool yields = false;  // in the bar under way its alternative counts as filled
    };
    struct Bracket {
        std::uint32_t id = 0;
        Quantity size;    // what the children may exit in the end
        Quantity filled;  // of the parent
        Quantity exited;  // by the children
        bool parent_closed = false;
    };
    struct Hit {  // a price at which an order fills
        Price price;
        bool taker = true;
        Timestamp time;
        bool whole = false;   // never in part
        bool inside = false;  // children that it activates meet the rest of the bar
    };

    [[nodiscard]] bool idle(const Working& working) const;
    [[nodiscard]] Quantity available(const Working& working) const;
    [[nodiscard]] market::FillRules rules(const Pass& pass) const;
    [[nodiscard]] bool closes_each_bar() const {
        return instrument_.asset_class == AssetClass::generic;
    }
    [[nodiscard]] std::size_t alternative_of(const Working& working) const;
    void choose_alternatives(const Bar& bar, const Pass& pass);
    void cancel_alternative(const Working& working, Timestamp time, const Pass& pass);
    Bracket* bracket_of(const Working& working);
    [[nodiscard]] const Bracket* bracket_of(const Working& working) const;

    void add(Order&& order, Timestamp now, const Pass& pass);
    void meet_arrival(std::size_t index, Timestamp now, const Pass& pass);
    void meet_auction(std::size_t index, Price price, market::FillPoint point, Timestamp time,
                      const Pass& pass);
    void meet_open(std::size_t index, Timestamp time, Price open, const Pass& pass);
    void meet_bar(std::size_t index, const Bar& bar, const Pass& pass);
    void meet_quote(std::size_t index, bool arrival, Timestamp time, const Pass& pass);
    void take(std::size_t index, const market::BarOutcome& outcome, Hit hit, const Pass& pass);
    void fill(std::size_t index, const Hit& hit, const Pass& pass);
    [[nodiscard]] Quantity part(const Working& working, Quantity whole, const Pass& pass) const;

    void activate_children(const Bracket& bracket, const Hit& hit, const Pass& pass);
    void resize_children(const Bracket& bracket);
    void close_children(std::uint32_t bracket, OrderEventKind kind, Timestamp time,
                        std::string_view reason, const Pass& pass);
    void close(std::size_t index, OrderEventKind kind, Timestamp time, std::string_view reason,
               const Pass& pass);
    void after_close(std::size_t index, Timestamp time, std::string_view reason, const Pass& pass);
    void emit(Working& working, OrderEventKind kind, Timestamp time, std::string_view reason,
              const Pass& pass, std::optional<Fill> execution = std::nullopt);

    Instrument instrument_;
    std::vector<Working> orders_;
    std::vector<Bracket> brackets_;
    std::uint32_t next_bracket_ = 1;
    Timestamp opened_;  // start of the newest bar whose open was matched
    bool any_open_ = false;
    std::optional<Quote> quote_;
};

}  // namespace tradewind::broker
