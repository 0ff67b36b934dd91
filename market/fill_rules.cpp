#include "market/fill_rules.hpp"

#include <algorithm>
#include <array>

namespace tradewind::market {
namespace {

constexpr std::array<const char*, 4> kModelNames = {"next_open", "this_close",
                                                    "intrabar_conservative", "intrabar_optimistic"};

bool buys(const RestingOrder& order) {
    return order.side == Side::buy;
}

// The bar's extreme in the direction that helps a limit of this side / that reaches its stop.
Price limit_extreme(const RestingOrder& order, const Bar& bar) {
    return buys(order) ? bar.low : bar.high;
}
Price stop_extreme(const RestingOrder& order, const Bar& bar) {
    return buys(order) ? bar.high : bar.low;
}

bool better_than(Side side, Price price, Price limit) {
    return side == Side::buy ? price < limit : price > limit;
}
bool at_or_better(Side side, Price price, Price limit) {
    return !better_than(side, limit, price);
}
bool reaches_stop(Side side, Price price, Price stop) {
    return side == Side::buy ? price >= stop : price <= stop;
}

// limit x (1 -+ buffer) at 1e-18.
int128 buffered(Side side, Price limit, Fraction buffer) {
    const std::int64_t factor =
        side == Side::buy ? Fraction::kOne - buffer.units() : Fraction::kOne + buffer.units();
    return static_cast<int128>(limit.units()) * factor;
}

bool reaches(Side side, Price limit, Price price, Fraction buffer) {
    const int128 edge = buffered(side, limit, buffer);
    const int128 scaled = static_cast<int128>(price.units()) * Fraction::kOne;
    return side == Side::buy ? scaled <= edge : scaled >= edge;
}

BarOutcome no_fill(const RestingOrder& order) {
    BarOutcome outcome;
    outcome.triggered = order.triggered;
    outcome.mark = order.mark;
    return outcome;
}

BarOutcome fill(const RestingOrder& order, Price price, FillPoint point, bool taker) {
    BarOutcome outcome = no_fill(order);
    outcome.filled = true;
    outcome.taker = taker;
    outcome.price = price;
    outcome.point = point;
    return outcome;
}

BarOutcome limit_on_bar(const RestingOrder& order, const Bar& bar, const FillRules& rules) {
    if (better_than(order.side, bar.open, order.limit)) {
        return fill(order, bar.open, FillPoint::at_open, true);
    }
    if (trades_through(order.side, order.limit, limit_extreme(order, bar), rules.fill_buffer)) {
        return fill(order, order.limit, FillPoint::inside, false);
    }
    return no_fill(order);
}

BarOutcome stop_on_bar(const RestingOrder& order, const Bar& bar) {
    if (reaches_stop(order.side, bar.open, order.stop)) {
        return fill(order, bar.open, FillPoint::at_open, true);
    }
    if (reaches_stop(order.side, stop_extreme(order, bar), order.stop)) {
        return fill(order, order.stop, FillPoint::inside, true);
    }
    return no_fill(order);
}

// The limit part of a stop-limit whose stop was reached inside the bar, at the stop price.
BarOutcome limit_after_trigger(RestingOrder order, const Bar& bar, const FillRules& rules) {
    order.triggered = true;
    if (at_or_better(order.side, order.stop, order.limit)) {
        return fill(order, order.stop, FillPoint::inside, true);
    }
    const Price certain =
        rules.model == FillModel::intrabar_optimistic ? limit_extreme(order, bar) : bar.close;
    if (trades_through(order.side, order.limit, certain, rules.fill_buffer)) {
        return fill(order, order.limit, FillPoint::inside, false);
    }
    return no_fill(order);
}

BarOutcome stop_limit_on_bar(RestingOrder order, const Bar& bar, const FillRules& rules) {
    if (order.triggered) return limit_on_bar(order, bar, rules);
    if (reaches_stop(order.side, bar.open, order.stop)) {
        order.triggered = true;
        if (at_or_better(order.side, bar.open, order.limit)) {
            return fill(order, bar.open, FillPoint::at_open, true);
        }
        return limit_on_bar(order, bar, rules);
    }
    if (reaches_stop(order.side, stop_extreme(order, bar), order.stop)) {
        return limit_after_trigger(order, bar, rules);
    }
    return no_fill(order);
}

Price further_mark(Side side, Price mark, Price price) {
    if (mark.is_zero()) return price;
    return side == Side::sell ? std::max(mark, price) : std::min(mark, price);
}
Price trailing_stop_price(const RestingOrder& order, Price mark) {
    return buys(order) ? mark + order.trail : mark - order.trail;
}

BarOutcome trailing_on_bar(RestingOrder order, const Bar& bar, const FillRules& rules) {
    if (!order.mark.is_zero() &&
        reaches_stop(order.side, bar.open, trailing_stop_price(order, order.mark))) {
        return fill(order, bar.open, FillPoint::at_open, true);
    }
    order.mark = further_mark(order.side, order.mark, bar.open);
    const Price before = trailing_stop_price(order, order.mark);
    const Price mark = further_mark(order.side, order.mark, limit_extreme(order, bar));
    const Price after = trailing_stop_price(order, mark);
    if (reaches_stop(order.side, stop_extreme(order, bar), before)) {
        // Stopped for certain; the order of the extremes decides between the two prices.
        const bool favourable = rules.model == FillModel::intrabar_optimistic;
        return fill(order, favourable ? after : before, FillPoint::inside, true);
    }
    order.mark = mark;
    // The close comes after the extreme: beyond the raised stop it was certainly passed.
    if (reaches_stop(order.side, bar.close, after)) {
        return fill(order, after, FillPoint::inside, true);
    }
    return no_fill(order);
}

BarOutcome trailing_after_activation(RestingOrder order, const Bar& bar) {
    const Price stop = trailing_stop_price(order, order.mark);
    if (reaches_stop(order.side, stop_extreme(order, bar), stop)) {
        return fill(order, stop, FillPoint::inside, true);
    }
    order.mark = further_mark(order.side, order.mark, bar.close);
    return no_fill(order);
}

}  // namespace

std::optional<FillModel> fill_model_named(std::string_view text) {
    for (std::size_t i = 0; i < kModelNames.size(); ++i) {
        if (text == kModelNames[i]) return static_cast<FillModel>(i);
    }
    return std::nullopt;
}

const char* to_text(FillModel model) {
    return kModelNames[static_cast<std::size_t>(model)];
}

bool trades_through(Side side, Price limit, Price price, Fraction buffer) {
    const int128 edge = buffered(side, limit, buffer);
    const int128 scaled = static_cast<int128>(price.units()) * Fraction::kOne;
    return side == Side::buy ? scaled < edge : scaled > edge;
}

BarOutcome fill_on_bar(const RestingOrder& order, const Bar& bar, const FillRules& rules) {
    switch (order.type) {
        case OrderType::market:
            return fill(order, bar.open, FillPoint::at_open, true);
        case OrderType::limit:
            return limit_on_bar(order, bar, rules);
        case OrderType::stop:
            return stop_on_bar(order, bar);
        case OrderType::stop_limit:
            return stop_limit_on_bar(order, bar, rules);
        case OrderType::trailing_stop:
            break;
    }
    return trailing_on_bar(order, bar, rules);
}

BarOutcome fill_after_activation(const RestingOrder& order, const Bar& bar,
                                 const FillRules& rules) {
    switch (order.type) {
        case OrderType::market:
            return fill(order, bar.close, FillPoint::at_close, true);
        case OrderType::limit: {
            const Price seen = rules.model == FillModel::intrabar_optimistic
                                   ? limit_extreme(order, bar)
                                   : bar.close;
            return reaches(order.side, order.limit, seen, rules.fill_buffer)
                       ? fill(order, order.limit, FillPoint::inside, false)
                       : no_fill(order);
        }
        case OrderType::stop:
            return reaches_stop(order.side, stop_extreme(order, bar), order.stop)
                       ? fill(order, order.stop, FillPoint::inside, true)
                       : no_fill(order);
        case OrderType::stop_limit:
            return order.triggered || reaches_stop(order.side, stop_extreme(order, bar), order.stop)
                       ? limit_after_trigger(order, bar, rules)
                       : no_fill(order);
        case OrderType::trailing_stop:
            break;
    }
    return trailing_after_activation(order, bar);
}

BarOutcome fill_in_auction(const RestingOrder& order, Price auction_price, FillPoint point) {
    const bool market = order.type == OrderType::market;
    const bool limit =
        order.type == OrderType::limit || (order.type == OrderType::stop_limit && order.triggered);
    if (market || (limit && at_or_better(order.side, auction_price, order.limit))) {
        return fill(order, auction_price, point, true);
    }
    return no_fill(order);
}

BarOutcome fill_on_quote(const RestingOrder& order, Price bid, Price ask) {
    const Price touch = buys(order) ? ask : bid;
    RestingOrder moved_on = order;
    if (touch.sign() <= 0) return no_fill(order);
    switch (order.type) {
        case OrderType::market:
            return fill(order, touch, FillPoint::inside, true);
        case OrderType::stop:
            return reaches_stop(order.side, touch, order.stop)
                       ? fill(order, touch, FillPoint::inside, true)
                       : no_fill(order);
        case OrderType::trailing_stop:
            moved_on.mark = further_mark(order.side, order.mark, touch);
            return reaches_stop(order.side, touch, trailing_stop_price(order, moved_on.mark))
                       ? fill(moved_on, touch, FillPoint::inside, true)
                       : no_fill(moved_on);
        case OrderType::stop_limit:
            moved_on.triggered = order.triggered || reaches_stop(order.side, touch, order.stop);
            if (!moved_on.triggered) return no_fill(order);
            break;
        case OrderType::limit:
            break;
    }
    return at_or_better(order.side, touch, order.limit)
               ? fill(moved_on, touch, FillPoint::inside, true)
               : no_fill(moved_on);
}

}  // namespace tradewind::market
