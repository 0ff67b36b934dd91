#include "broker/alpaca/order_tracker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::int64_t kNever = INT64_MAX;
constexpr std::int64_t kLongestLookUpPause = 15 * kSecond;
// Fewer orders than this and all closed ones are remembered; more, and the oldest are forgotten.
constexpr std::size_t kRemembered = 5'000;
constexpr WorkKind kWorkKinds[] = {WorkKind::post, WorkKind::cancel, WorkKind::look_up,
                                   WorkKind::executions};

OrderEventKind closing_kind(WireStatus status) {
    switch (status) {
        case WireStatus::expired:
            return OrderEventKind::expired;
        case WireStatus::rejected:
            return OrderEventKind::rejected;
        case WireStatus::replaced:
            return OrderEventKind::replaced;
        default:
            return OrderEventKind::canceled;
    }
}

}  // namespace

OrderTracker::OrderTracker(TrackerTerms terms) : terms_(terms) {}

OrderTracker::Tracked* OrderTracker::find_tracked(std::string_view client_order_id) {
    const auto found = tracked_.find(client_order_id);
    return found == tracked_.end() ? nullptr : &found->second;
}

OrderTracker::Tracked* OrderTracker::find_tracked(const WireOrder& order) {
    if (auto* tracked = find_tracked(order.client_order_id)) return tracked;
    const auto found = by_broker_id_.find(order.id);
    return found == by_broker_id_.end() ? nullptr : find_tracked(found->second);
}

void OrderTracker::alarm(std::string text) {
    if (alarmed_.insert(text).second) alarms_.push_back(std::move(text));
}

void OrderTracker::tell(Tracked& tracked, OrderEventKind kind, Timestamp time, std::string reason) {
    OrderEvent event;
    event.kind = kind;
    event.order_id = tracked.order.order_id;
    event.symbol = tracked.order.symbol;
    event.time = time;
    event.reason = std::move(reason);
    events_.push_back(std::move(event));
}

void OrderTracker::submit(const Order& order, AssetClass asset_class, Moment now) {
    if (knows(order.order_id)) return;
    Tracked tracked;
    tracked.order = order;
    tracked.order.filled_quantity = {};
    tracked.order.filled_notional = {};
    tracked.asset_class = asset_class;
    tracked.number = ++submissions_;
    tracked.submitted_ns = now.steady_ns;
    tracked.post_due_ns = now.steady_ns;
    tracked_.emplace(order.order_id, std::move(tracked));
    if (tracked_.size() <= kRemembered) return;
    const auto oldest =
        std::min_element(tracked_.begin(), tracked_.end(), [](const auto& a, const auto& b) {
            const bool a_closed = a.second.phase == Phase::closed;
            const bool b_closed = b.second.phase == Phase::closed;
            return a_closed != b_closed ? a_closed : a.second.number < b.second.number;
        });
    if (oldest->second.phase != Phase::closed) return;
    by_broker_id_.erase(oldest->second.broker_id);
    tracked_.erase(oldest);
}

void OrderTracker::restore(const Order& order, AssetClass asset_class,
                           const std::vector<Fill>& executed, Moment now) {
    if (knows(order.order_id)) return;
    Tracked tracked;
    tracked.order = order;
    tracked.asset_class = asset_class;
    tracked.number = ++submissions_;
    tracked.submitted_ns = now.steady_ns;
    tracked.reported = order.filled_quantity;
    for (const auto& fill : executed) {
        tracked.execution_ids.insert(fill.fill_id);
        tracked.told.emplace_back(fill.quantity, fill.price);
    }
    tracked.accepted_told = order.status != OrderStatus::pending_new;
    tracked.perhaps_there = !tracked.accepted_told;
    tracked.phase = tracked.accepted_told ? Phase::working : Phase::unknown;
    tracked.sent_ns = now.steady_ns;
    tracked.look_up_due_ns = now.steady_ns;
    tracked.cancel_wanted = order.status == OrderStatus::pending_cancel;
    tracked_.emplace(order.order_id, std::move(tracked));
}

void OrderTracker::cancel(std::string_view client_order_id, Moment now) {
    auto* tracked = find_tracked(client_order_id);
    if (!tracked || tracked->phase == Phase::closed || tracked->phase == Phase::settling) return;
    tracked->cancel_wanted = true;
    if (waits_for_head(*tracked)) return cancel(tracked->head, now);
    if (tracked->phase == Phase::to_send) {
        give_up(*tracked, OrderEventKind::canceled, "canceled before it was sent", now);
    } else if (tracked->phase == Phase::working && !tracked->cancel_under_way) {
        tracked->cancel_due_ns = now.steady_ns;
        if (tracked->broker_id.empty()) tracked->look_up_due_ns = now.steady_ns;
    }
}

void OrderTracker::refuse_waiting_entries(const std::string& reason, Moment now) {
    for (auto& [id, tracked] : tracked_) {
        if (tracked.phase == Phase::to_send && tracked.order.role == Role::entry) {
            give_up(tracked, OrderEventKind::rejected, reason, now);
        }
    }
}

// The order is not at the broker, as far as anyone can know, and will not be sent.
void OrderTracker::give_up(Tracked& tracked, OrderEventKind kind, const std::string& reason,
                           Moment now) {
    if (tracked.perhaps_there && kind == OrderEventKind::rejected) kind = OrderEventKind::canceled;
    tracked.phase = Phase::closed;
    tracked.given_up = true;
    tracked.look_up_due_ns = kNever;
    tell(tracked, kind, now.exchange, reason);
    auto* stop = tracked.stop.empty() ? nullptr : find_tracked(tracked.stop);
    if (stop && stop->phase != Phase::closed) give_up(*stop, kind, reason, now);
}

// An order whose id at the broker is not known yet is looked up first.
bool OrderTracker::wants_cancel(const Tracked& tracked) {
    return tracked.phase == Phase::working && tracked.cancel_wanted && !tracked.cancel_under_way &&
           !tracked.broker_id.empty();
}

int OrderTracker::rank_of(const Tracked& tracked, WorkKind kind) {
    switch (kind) {
        case WorkKind::post:
            return tracked.order.role == Role::exit ? 0 : 1;
        case WorkKind::cancel:
            return 2;
        case WorkKind::look_up:
            return tracked.phase == Phase::unknown ? 3 : 5;
        case WorkKind::executions:
            return 4;
    }
    return 6;
}

std::int64_t OrderTracker::due_of(const Tracked& tracked, WorkKind kind) const {
    if (tracked.phase == Phase::closed) return kNever;
    switch (kind) {
        case WorkKind::post:
            return tracked.phase == Phase::to_send && sending_allowed_ && tracked.head.empty()
                       ? tracked.post_due_ns
                       : kNever;
        case WorkKind::cancel:
            return wants_cancel(tracked) ? tracked.cancel_due_ns : kNever;
        case WorkKind::look_up:
            return tracked.look_up_under_way ? kNever : tracked.look_up_due_ns;
        case WorkKind::executions:
            return executions_under_way_ ? kNever : tracked.settle_due_ns;
    }
    return kNever;
}

std::int64_t OrderTracker::next_due_ns(WorkKinds kinds) const {
    std::int64_t due = kNever;
    for (const auto& [id, tracked] : tracked_) {
        for (const auto kind : kWorkKinds) {
            if (kinds.has(kind)) due = std::min(due, due_of(tracked, kind));
        }
    }
    return due;
}

std::optional<Work> OrderTracker::next_work(Moment now, WorkKinds kinds) {
    // Exits before entries, sending before cancels, cancels before reads; the oldest first.
    Tracked* best = nullptr;
    int best_rank = 0;
    WorkKind kind = WorkKind::post;
    for (auto& [id, tracked] : tracked_) {
        for (const auto offered : kWorkKinds) {
            if (!kinds.has(offered) || due_of(tracked, offered) > now.steady_ns) continue;
            const int rank = rank_of(tracked, offered);
            if (best &&
                (best_rank < rank || (best_rank == rank && best->number < tracked.number))) {
                continue;
            }
            best = &tracked;
            best_rank = rank;
            kind = offered;
        }
    }
    if (!best) return std::nullopt;
    Work work;
    work.kind = kind;
    work.client_order_id = best->order.order_id;
    work.broker_id = best->broker_id;
    work.asset_class = best->asset_class;
    work.urgent = best->phase == Phase::unknown;
    switch (kind) {
        case WorkKind::post:
            work.order = best->order;
            if (const auto* stop = find_tracked(best->stop)) work.stop = stop->order;
            best->phase = Phase::sending;
            best->sent_ns = now.steady_ns;
            break;
        case WorkKind::cancel:
            best->cancel_under_way = true;
            break;
        case WorkKind::look_up:
            best->look_up_under_way = true;
            work.head = best->head;
            if (const auto* stop = find_tracked(best->stop)) {
                work.with_legs = stop->broker_id.empty();
            }
            break;
        case WorkKind::executions:
            executions_under_way_ = true;
            work.since = executions_since(*best);
            for (const auto& [id, tracked] : tracked_) {
                if (tracked.settle_due_ns != kNever) {
                    work.since = std::min(work.since, executions_since(tracked));
                }
            }
            break;
    }
    return work;
}

// What is missing came after the broker's newest word by which nothing was; its clock and ours may
// differ by less than an hour.
Timestamp OrderTracker::executions_since(const Tracked& tracked) {
    return std::max(tracked.order.time, tracked.complete) - kHour;
}

void OrderTracker::postpone(const Work& work, std::int64_t due_ns) {
    auto* tracked = find_tracked(work.client_order_id);
    if (work.kind == WorkKind::executions) {
        executions_under_way_ = false;
        for (auto& [id, each] : tracked_) {
            if (each.settle_due_ns != kNever) {
                each.settle_due_ns = std::max(each.settle_due_ns, due_ns);
            }
        }
    }
    if (!tracked) return;
    switch (work.kind) {
        case WorkKind::post:
            if (tracked->phase == Phase::sending) tracked->phase = Phase::to_send;
            tracked->post_due_ns = due_ns;
            break;
        case WorkKind::cancel:
            tracked->cancel_under_way = false;
            tracked->cancel_due_ns = due_ns;
            break;
        case WorkKind::look_up:
            tracked->look_up_under_way = false;
            tracked->look_up_due_ns = due_ns;
            break;
        case WorkKind::executions:
            break;
    }
}

void OrderTracker::posted(const std::string& client_order_id, const PostReply& reply, Moment now) {
    auto* found = find_tracked(client_order_id);
    if (!found) return;
    auto& tracked = *found;
    // The stream may have told of the order before its reply came: evidence wins.
    const bool evidence = tracked.phase != Phase::sending;
    const bool entry = tracked.order.role == Role::entry;
    const bool late = now.steady_ns - tracked.submitted_ns > terms_.entry_patience_ns;
    using Kind = PostReply::Kind;
    switch (reply.kind) {
        case Kind::accepted:
            if (reply.order && reply.order->client_order_id == client_order_id) {
                apply(tracked, *reply.order, {}, now);
                return;
            }
            [[fallthrough]];
        case Kind::unknown:
        case Kind::duplicate:
            if (evidence) return;
            tracked.phase = Phase::unknown;
            tracked.perhaps_there = true;
            tracked.absent = 0;
            tracked.look_up_pause_ns = terms_.first_look_up_ns;
            tracked.look_up_due_ns =
                now.steady_ns + (reply.kind == Kind::duplicate ? 0 : terms_.first_look_up_ns);
            return;
        case Kind::refused:
            if (!evidence) give_up(tracked, OrderEventKind::rejected, reply.reason, now);
            return;
        case Kind::keys_refused:
        case Kind::rate_limited:
        case Kind::not_sent:
            break;
    }
    if (evidence) return;
    if (tracked.cancel_wanted) {
        give_up(tracked, OrderEventKind::canceled, "canceled before it was sent", now);
    } else if (entry && (late || reply.kind == Kind::keys_refused)) {
        give_up(tracked, OrderEventKind::rejected,
                reply.reason.empty() ? "the broker could not be reached" : reply.reason, now);
    } else {
        tracked.phase = Phase::to_send;
        tracked.post_due_ns = now.steady_ns + std::max(reply.wait_ns, kSecond);
    }
}

void OrderTracker::looked_up(const std::string& client_order_id, const LookUpReply& reply,
                             Moment now) {
    auto* found = find_tracked(client_order_id);
    if (!found) return;
    auto& tracked = *found;
    tracked.look_up_under_way = false;
    if (tracked.phase == Phase::closed || tracked.phase == Phase::to_send ||
        tracked.phase == Phase::sending) {
        tracked.look_up_due_ns = kNever;
        return;
    }
    const bool its =
        reply.order && (find_tracked(*reply.order) == found || is_stop_of(tracked, *reply.order));
    if (reply.kind == LookUpReply::Kind::found && its) {
        // Sent by itself, whatever it went with before.
        if (reply.order->client_order_id == client_order_id) tracked.head.clear();
        apply(tracked, *reply.order, {}, now);
        if (is_complete(tracked)) tracked.complete = now.exchange;
        return;
    }
    tracked.look_up_pause_ns =
        std::clamp(tracked.look_up_pause_ns * 2, terms_.first_look_up_ns, kLongestLookUpPause);
    tracked.look_up_due_ns = now.steady_ns + tracked.look_up_pause_ns;
    if (reply.kind == LookUpReply::Kind::absent) absent(tracked, now);
}

void OrderTracker::absent(Tracked& tracked, Moment now) {
    if (waits_for_head(tracked)) return;  // it is sent with the other
    ++tracked.absent;
    const bool surely = tracked.absent >= terms_.absent_answers &&
                        now.steady_ns - tracked.sent_ns >= terms_.absent_after_ns;
    if (!surely) return;
    if (tracked.phase == Phase::working || tracked.phase == Phase::settling) {
        alarm("order " + tracked.order.order_id +
              " was at the broker and is not found there any more");
        return;
    }
    const bool late = now.steady_ns - tracked.submitted_ns > terms_.entry_patience_ns;
    if (tracked.cancel_wanted || (tracked.order.role == Role::entry && late)) {
        give_up(tracked, OrderEventKind::canceled, "it never reached the broker", now);
        return;
    }
    tracked.phase = Phase::to_send;
    tracked.head.clear();
    tracked.post_due_ns = now.steady_ns;
    tracked.look_up_due_ns = kNever;
    tracked.absent = 0;
}

void OrderTracker::canceled(const std::string& client_order_id, const CancelReply& reply,
                            Moment now) {
    auto* tracked = find_tracked(client_order_id);
    if (!tracked) return;
    tracked->cancel_under_way = false;
    if (tracked->phase != Phase::working) return;
    using Kind = CancelReply::Kind;
    // Whatever was said, the order's own state decides; where it still works, it is asked again.
    const bool heard = reply.kind == Kind::requested || reply.kind == Kind::too_late;
    tracked->cancel_due_ns = now.steady_ns + (heard ? 10 * kSecond : terms_.cancel_poll_ns);
    const auto read_at =
        now.steady_ns + (reply.kind == Kind::requested ? terms_.cancel_poll_ns : 0);
    tracked->look_up_due_ns = std::min(tracked->look_up_due_ns, read_at);
}

void OrderTracker::reclaim(const WireOrder& order, AssetClass asset_class, Moment now) {
    auto ours = order_of(order);
    ours.filled_quantity = {};
    ours.filled_notional = {};
    submit(ours, asset_class, now);
    auto* tracked = find_tracked(ours.order_id);
    tracked->phase = Phase::closed;
    tracked->given_up = true;
    apply(*tracked, order, {}, now);
}

// The books have it as closed: what it still fills is told, its end is not told twice.
void OrderTracker::revive(Tracked& tracked, const WireOrder& said, Moment now) {
    tracked.given_up = false;
    tracked.accepted_told = true;
    tracked.closing_told = true;
    tracked.phase = Phase::working;
    if (is_terminal(said.status) && said.filled_quantity.is_zero()) return;
    tracked.cancel_wanted = true;
    tracked.cancel_due_ns = now.steady_ns;
    alarm("order " + tracked.order.order_id +
          " was given up and is at the broker after all: " + std::string(to_text(said.status)));
}

// Brings the order to what the broker says of it; a state that is older than what is known changes
// nothing but what can only grow.
void OrderTracker::apply(Tracked& tracked, const WireOrder& said, const std::string& reason,
                         Moment now) {
    if (tracked.broker_id.empty()) {
        tracked.broker_id = said.id;
        by_broker_id_[said.id] = tracked.order.order_id;
        if (tracked.cancel_wanted) tracked.cancel_due_ns = now.steady_ns;
    }
    if (tracked.phase == Phase::closed && tracked.given_up) revive(tracked, said, now);
    tracked.absent = 0;
    tracked.look_up_pause_ns = 0;
    // What the other of a pair has filled is taken from it.
    if (!tracked.head.empty() && said.quantity && *said.quantity < tracked.order.quantity) {
        tracked.order.quantity = *said.quantity;
    }
    if (said.filled_quantity > tracked.reported) {
        tracked.reported = said.filled_quantity;
        tracked.average = said.filled_average;
    } else if (tracked.average.is_zero()) {
        tracked.average = said.filled_average;
    }
    if (tracked.phase == Phase::to_send || tracked.phase == Phase::sending ||
        tracked.phase == Phase::unknown) {
        tracked.phase = Phase::working;
        if (tracked.cancel_wanted) tracked.cancel_due_ns = now.steady_ns;
    }
    const bool newer = said.updated >= tracked.updated;
    if (newer) tracked.updated = said.updated;
    if (!tracked.accepted_told && said.status != WireStatus::rejected) {
        tracked.accepted_told = true;
        const auto time = said.submitted.ns != 0 ? said.submitted : now.exchange;
        tell(tracked, OrderEventKind::accepted, time);
    }
    const bool open = tracked.phase == Phase::working;
    if (open && is_terminal(said.status)) {
        tracked.status = said.status;
        tracked.phase = Phase::settling;
        OrderEvent closing;
        closing.kind = closing_kind(said.status);
        closing.order_id = tracked.order.order_id;
        closing.symbol = tracked.order.symbol;
        closing.time = said.closed.ns != 0 ? said.closed : now.exchange;
        closing.reason = reason;
        tracked.closing = std::move(closing);
    } else if (open && newer && said.status != WireStatus::other) {
        tracked.status = said.status;
    }
    if (tracked.phase == Phase::working) {
        tracked.look_up_due_ns =
            now.steady_ns + (tracked.cancel_wanted ? terms_.cancel_poll_ns : terms_.poll_ns);
    }
    settle(tracked, now);
    follow_pair(tracked, said, now);
}

// Executions complete: the closing is told. Missing: they are asked for, after a moment in which
// the stream may bring them.
void OrderTracker::settle(Tracked& tracked, Moment now) {
    const bool complete = is_complete(tracked);
    if (!complete) {
        if (tracked.settle_due_ns == kNever) {
            tracked.settle_due_ns = now.steady_ns + terms_.settle_ns;
            tracked.settle_attempts = 0;
        }
    } else {
        tracked.settle_due_ns = kNever;
    }
    if (tracked.phase != Phase::settling) return;
    tracked.look_up_due_ns = kNever;
    if (!complete) return;
    tracked.phase = Phase::closed;
    // A whole fill closed the order in every book already.
    if (tracked.status == WireStatus::filled &&
        tracked.order.filled_quantity >= tracked.order.quantity) {
        tracked.order.status = OrderStatus::filled;
        return;
    }
    if (tracked.status == WireStatus::filled) {
        alarm("order " + tracked.order.order_id + " is filled at the broker with " +
              tracked.reported.to_string() + " of " + tracked.order.quantity.to_string());
    }
    tracked.order.status = order_status(tracked.status, tracked.order.filled_quantity);
    if (!tracked.closing_told) events_.push_back(*tracked.closing);
}

void OrderTracker::updated(const TradeUpdate& update, Moment now) {
    if (retired_.contains(update.order.id)) return;
    auto* found = find_tracked(update.order);
    if (!found && may_be_stop(update.order)) return look_up_stop(update.order, now);
    if (!found) {
        alarm("update of an order that is not ours: " + update.order.client_order_id);
        return;
    }
    auto& tracked = *found;
    if (update.event == "trade_bust" || update.event == "trade_correct") {
        alarm("order " + tracked.order.order_id + ": " + update.event + " of " +
              update.execution_id);
        return;
    }
    if (update.is_execution() && update.price && update.quantity) {
        Fill fill;
        fill.fill_id = update.execution_id;
        fill.order_id = tracked.order.order_id;
        fill.symbol = tracked.order.symbol;
        fill.time = update.time.ns != 0 ? update.time : now.exchange;
        fill.side = tracked.order.side;
        fill.quantity = *update.quantity;
        fill.price = *update.price;
        fill.strategy = tracked.order.strategy;
        if (fill.fill_id.empty()) {
            fill.fill_id = update.order.id + ':' + update.order.filled_quantity.to_string();
        }
        // Acceptance is told before the first execution.
        if (!tracked.accepted_told) {
            tracked.accepted_told = true;
            tell(tracked, OrderEventKind::accepted,
                 update.order.submitted.ns != 0 ? update.order.submitted : fill.time);
        }
        const auto cumulative = update.order.filled_quantity;
        tracked.reported = std::max(tracked.reported, cumulative);
        execute(tracked, fill, ids_comparable_ ? Quantity() : cumulative);
    }
    if (update.event == "order_cancel_rejected" && tracked.phase == Phase::working) {
        tracked.look_up_due_ns = now.steady_ns;
    }
    const bool rejected = update.event == "rejected";
    apply(tracked, update.order, rejected || !update.reason.empty() ? update.reason : "", now);
}

void OrderTracker::doubt(Tracked& tracked, Moment now) {
    if (tracked.phase == Phase::working || tracked.phase == Phase::unknown) {
        tracked.look_up_due_ns = std::min(tracked.look_up_due_ns, now.steady_ns);
    }
}

void OrderTracker::doubt_all(Moment now) {
    for (auto& [id, tracked] : tracked_) doubt(tracked, now);
}

void OrderTracker::listed(const std::vector<WireOrder>& open, Moment asked_at, Moment now) {
    foreign_.clear();
    std::set<std::string> seen;
    for (const auto& order : open) {
        if (auto* tracked = find_tracked(order)) {
            seen.insert(tracked->order.order_id);
            apply(*tracked, order, {}, now);
            if (is_complete(*tracked)) tracked->complete = asked_at.exchange;
        } else if (may_be_stop(order)) {
            look_up_stop(order, now);
        } else if (!retired_.contains(order.id)) {
            foreign_.push_back(order);
        }
    }
    for (auto& [id, tracked] : tracked_) {
        const bool older = tracked.sent_ns <= asked_at.steady_ns;
        if (older && !seen.contains(id)) doubt(tracked, now);
    }
}

void OrderTracker::take_events(std::vector<OrderEvent>& out) {
    std::move(events_.begin(), events_.end(), std::back_inserter(out));
    events_.clear();
}

std::vector<std::string> OrderTracker::take_alarms() {
    return std::exchange(alarms_, {});
}

bool OrderTracker::knows(std::string_view client_order_id) const {
    return tracked_.contains(client_order_id);
}

bool OrderTracker::knows(const WireOrder& order) const {
    return knows(order.client_order_id) || by_broker_id_.contains(order.id) ||
           retired_.contains(order.id);
}

std::set<std::string> OrderTracker::broker_ids() const {
    auto ids = retired_;
    for (const auto& [id, order] : by_broker_id_) ids.insert(id);
    return ids;
}

std::optional<Order> OrderTracker::find(std::string_view client_order_id) const {
    const auto found = tracked_.find(client_order_id);
    if (found == tracked_.end()) return std::nullopt;
    const auto& tracked = found->second;
    auto order = tracked.order;
    if (tracked.phase == Phase::working || tracked.phase == Phase::settling) {
        order.status = order_status(tracked.status, order.filled_quantity);
    }
    return order;
}

std::vector<Order> OrderTracker::open_orders() const {
    std::vector<Order> all;
    for (const auto& [id, tracked] : tracked_) {
        if (tracked.phase == Phase::working) all.push_back(*find(id));
    }
    return all;
}

bool OrderTracker::unsettled() const {
    return std::any_of(tracked_.begin(), tracked_.end(), [](const auto& entry) {
        const auto& tracked = entry.second;
        return tracked.phase == Phase::sending || tracked.phase == Phase::unknown ||
               tracked.phase == Phase::settling || tracked.order.filled_quantity < tracked.reported;
    });
}

bool OrderTracker::sending_or_canceling() const {
    return std::any_of(tracked_.begin(), tracked_.end(), [this](const auto& entry) {
        const auto& tracked = entry.second;
        return (tracked.phase == Phase::to_send && sending_allowed_) ||
               tracked.phase == Phase::sending || tracked.phase == Phase::unknown ||
               tracked.phase == Phase::settling ||
               (tracked.phase == Phase::working && tracked.cancel_wanted);
    });
}

bool OrderTracker::in_motion(const Symbol& symbol) const {
    return std::any_of(tracked_.begin(), tracked_.end(), [&](const auto& entry) {
        return entry.second.order.symbol == symbol && entry.second.phase != Phase::closed;
    });
}

}  // namespace tradewind::broker::alpaca
