// Works of orders through the stages and the store of a daemon that is killed at any point of a
// step: random ideas, a market that wanders, a broker whose answers come late or never.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "actors/ledger/ledger_stage.hpp"
#include "actors/step/step_machine.hpp"
#include "actors/wiring/session_stages.hpp"
#include "ledger/state_recovery.hpp"
#include "market/calendar.hpp"
#include "market/instruments.hpp"
#include "tests/actors/work_market.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;
using namespace tradewind::test;

namespace {

const Timestamp kTen = *parse_time("2024-06-12T14:00:00Z");  // Wednesday, 10:00 New York
constexpr std::int64_t kCash = 8'000;                        // entries run short of it

std::vector<strategy::SymbolInfo> traded() {
    std::vector<strategy::SymbolInfo> symbols;
    for (const char* name : {"AAA", "BBB", "CCC", "DDDUSD"}) {
        strategy::SymbolInfo info;
        info.slot = static_cast<strategy::SlotId>(symbols.size());
        info.utc_days = info.slot == 3;
        info.instrument = market::default_instrument(
            Symbol(name), info.utc_days ? AssetClass::crypto : AssetClass::us_equity);
        symbols.push_back(info);
    }
    return symbols;
}

enum class KillPoint : std::uint8_t { none, before_record, after_record, after_send };
struct Killed {};

class Daemon {
  public:
    Daemon(std::uint32_t seed, std::size_t shards)
        : broker(seed, Money::whole(kCash)),
          folder_(std::filesystem::temp_directory_path() /
                  ("tradewind-works-" + std::to_string(::getpid()))),
          shards_(shards) {
        std::filesystem::remove_all(folder_);
        store_.emplace(folder_, ledger::StoreOptions{ledger::Durability::buffered, 1 << 20, 0});
        ledger::Adjustment deposit;
        deposit.cash = Money::whole(kCash);
        deposit.reason = "initial_cash";
        store_->append(kTen, 0, deposit);
        start();
    }
    ~Daemon() {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    // The only start: what the store and the broker know.
    void start() {
        const auto recovered = ledger::recover(store_->state());
        const auto found = reconcile(store_->state(), broker.truth(now));
        for (const auto& line : found.contradictions) FAIL_CHECK(line);
        RecordedSession session;
        session.symbols = traded();
        session.strategy = "buy_and_hold";
        session.gateway.limits = orders::RiskLimits::standard(Fraction::whole(2));
        session.gateway.limits.death_spiral_rule = false;
        session.gateway.leverage_cap = Fraction::whole(1);
        session.gateway.snapshots = true;
        session.cash = store_->state().cash();
        for (const auto& fill : store_->state().fills()) {
            session.fills.push_back({fill.fill, ""});
        }
        session.open_orders = recovered.open_orders;
        session.plans = recovered.open_plans;
        std::vector<BarSeriesPtr> history(4, std::make_shared<BarSeries>());
        stages_ = build_session_stages(session, history, Passes::sequential, shards_);
        machine_ = StepMachine(stages_.stealing, stages_.working);
        ledger_.emplace(*store_, nullptr, false);
        auto inputs = std::make_shared<StepInputs>();
        inputs->broker_events = found.events;
        if (market::session_at(market::TradingCalendar::nyse, now)) {
            inputs->sessions.emplace_back().phase = SessionPhase::opened;
        }
        kill_at = KillPoint::none;
        run(inputs);
        SendRequest unsent;
        unsent.now = now;
        unsent.orders = found.unsent_exits;
        broker.send(unsent);
    }

    // False: it was killed on the way, and is there again.
    bool step(std::int64_t seconds, const std::vector<SlotQuote>& quotes,
              strategy::Wanted wanted = {}) {
        const bool open = is_open();
        now = now + seconds * kSecond;
        auto inputs = std::make_shared<StepInputs>();
        inputs->quotes = quotes;
        broker.move(quotes, now);
        inputs->broker_events = broker.take();
        if (open != is_open()) {
            inputs->sessions.emplace_back().phase =
                open ? SessionPhase::closed : SessionPhase::opened;
        }
        wanted_ = std::move(wanted);
        try {
            run(inputs);
            return true;
        } catch (const Killed&) {
            broker.lose_answers();
            start();
            return false;
        }
    }

    [[nodiscard]] bool is_open() const {
        return market::session_at(market::TradingCalendar::nyse, now).has_value();
    }
    [[nodiscard]] const ledger::LedgerState& books() const { return store_->state(); }
    // Of the works in the store: the orders that they name, and who has an exit.
    [[nodiscard]] std::set<std::string> owned() const {
        std::set<std::string> ids;
        for (const auto& plan : works()) ids.insert(value_of(plan, "order_id"));
        return ids;
    }
    [[nodiscard]] std::vector<ledger::PlanRecord> works() const {
        std::vector<ledger::PlanRecord> open;
        for (const auto& plan : ledger::recover(store_->state()).open_plans) {
            if (plan.kind == kOrderWorkPlan) open.push_back(plan);
        }
        return open;
    }
    // An exit of the strategy is at work, or goes on after another one's: it finds its orders.
    [[nodiscard]] bool exits(Symbol symbol, const std::string& strategy) const {
        const auto open = works();
        return std::any_of(open.begin(), open.end(), [&](const auto& plan) {
            return plan.symbol == symbol &&
                   (value_of(plan, "next_exit.1.strategy") == strategy ||
                    (value_of(plan, "role") == "exit" && value_of(plan, "strategy") == strategy));
        });
    }
    static std::string value_of(const ledger::PlanRecord& plan, const std::string& name) {
        const auto at = ('\n' + plan.content).find('\n' + name + ' ');
        if (at == std::string::npos) return {};
        const auto from = at + name.size() + 1;
        return plan.content.substr(from, plan.content.find('\n', from) - from);
    }
    [[nodiscard]] std::map<std::pair<Symbol, std::string>, Quantity> held() const {
        std::map<std::pair<Symbol, std::string>, Quantity> all;
        for (const auto& fill : books().fills()) {
            all[{fill.fill.symbol, fill.fill.strategy}] +=
                signed_quantity(fill.fill.side, fill.fill.quantity);
        }
        std::erase_if(all, [](const auto& each) { return each.second.is_zero(); });
        return all;
    }

    WorkBroker broker;
    Timestamp now = kTen;
    KillPoint kill_at = KillPoint::none;

  private:
    void run(const std::shared_ptr<StepInputs>& inputs) {
        inputs->step = {++number_, now};
        machine_.begin(inputs);
        while (!machine_.done()) {
            std::visit([this](auto& asked) { ask(asked); }, machine_.call());
        }
    }
    void ask(std::monostate) {}
    void ask(const MarketCall&) { machine_.answer_events({}); }
    void ask(const OpenCall&) { machine_.answer_events({}); }
    void ask(const EndCall&) { machine_.answer_events({}); }
    void ask(const ValueCall& call) { machine_.answer(stages_.gateway->value(*call.inputs)); }
    void ask(BookRequest& call) { machine_.answer(stages_.gateway->book(std::move(call))); }
    void ask(AssessRequest& call) { machine_.answer(stages_.gateway->assess(std::move(call))); }
    void ask(DecideRequest& call) {
        DecideReply reply;
        reply.events = std::move(call.events);
        if (call.inputs) reply.wanted = std::exchange(wanted_, {});
        machine_.answer(std::move(reply));
    }
    [[nodiscard]] std::size_t shard_of(Symbol symbol) const {
        return (symbol.to_string()[0] - 'A') % shards_;
    }
    void ask(ApplyCall& call) {
        ApplyReply all;
        std::vector<std::vector<std::uint32_t>> places(shards_);
        std::vector<std::vector<OrderEvent>> events(shards_);
        for (std::size_t i = 0; i < call.events.size(); ++i) {
            const auto at = shard_of(call.events[i].symbol);
            places[at].push_back(static_cast<std::uint32_t>(i));
            events[at].push_back(call.events[i]);
        }
        for (std::size_t at = 0; at < shards_; ++at) {
            if (events[at].empty()) continue;
            auto reply = stages_.execution[at]->apply(std::move(events[at]));
            for (auto& applied : reply.events) {
                applied.index = places[at][applied.index];
                all.events.push_back(std::move(applied));
            }
            all.ready = all.ready || reply.ready;
        }
        std::sort(all.events.begin(), all.events.end(),
                  [](const auto& a, const auto& b) { return a.index < b.index; });
        machine_.answer(std::move(all));
    }
    void ask(PlanRequest& call) {
        PlanReply all;
        for (std::size_t at = 0; at < shards_; ++at) {
            PlanRequest part;
            part.inputs = call.inputs;
            part.now = call.now;
            part.halts = call.halts;
            part.money = call.money;
            const auto mine = [&](const auto& list, auto& to, const auto& symbol) {
                std::copy_if(list.begin(), list.end(), std::back_inserter(to),
                             [&](const auto& each) { return shard_of(symbol(each)) == at; });
            };
            const auto own = [](const auto& each) { return each.symbol; };
            mine(call.cancels, part.cancels, own);
            mine(call.stolen, part.stolen, own);
            mine(call.works, part.works, [](const auto& work) { return work.intent.symbol; });
            part.idle = !call.stolen.empty() && part.stolen.empty();
            join(all, stages_.execution[at]->plan(std::move(part)));
        }
        const auto by_symbol = [](const auto& a, const auto& b) { return a.symbol < b.symbol; };
        std::stable_sort(all.orders.begin(), all.orders.end(), by_symbol);
        std::sort(all.cancel_ids.begin(), all.cancel_ids.end());
        std::stable_sort(all.short_of_money.begin(), all.short_of_money.end(), by_symbol);
        std::stable_sort(all.claims.begin(), all.claims.end(), by_symbol);
        machine_.answer(std::move(all));
    }
    static void join(PlanReply& all, PlanReply&& part) {
        const auto append = [](auto& to, auto& from) {
            to.insert(to.end(), from.begin(), from.end());
        };
        append(all.orders, part.orders);
        append(all.cancel_ids, part.cancel_ids);
        append(all.plans, part.plans);
        append(all.short_of_money, part.short_of_money);
        append(all.claims, part.claims);
        all.working = all.working || part.working;
    }
    void die_at(KillPoint point) {
        if (kill_at != point) return;
        kill_at = KillPoint::none;
        throw Killed{};
    }
    void ask(RecordRequest& call) {
        die_at(KillPoint::before_record);
        ledger_->record(call);
        die_at(KillPoint::after_record);
        machine_.answer_recorded(std::move(call.orders));
    }
    void ask(SendRequest& call) {
        broker.send(call);
        die_at(KillPoint::after_send);
        machine_.answer_events({});
    }

    std::filesystem::path folder_;
    std::optional<ledger::EventStore> store_;
    std::optional<LedgerStage> ledger_;
    SessionStages stages_;
    StepMachine machine_;
    std::size_t shards_;
    strategy::Wanted wanted_;
    std::uint64_t number_ = 0;
};

// Prices that wander, ideas that come and go: what a pass would want.
class World {
  public:
    explicit World(std::uint32_t seed) : draw_(seed) {}

    std::vector<SlotQuote> quotes(Timestamp now) {
        std::vector<SlotQuote> all;
        for (std::uint32_t slot = 0; slot < 4; ++slot) {
            mids_[slot] *= 1 + (static_cast<double>(draw_() % 2001) - 1000) * 2e-6;
            if (draw_() % 40 == 0) mids_[slot] *= 1 + (draw_() % 2 == 0 ? 0.008 : -0.008);
            Quote quote;
            quote.symbol = traded()[slot].instrument.symbol;
            quote.time = now;
            quote.bid = cents(mids_[slot] * 0.9998);
            // Wide now and then: no market order then.
            quote.ask = cents(mids_[slot] * (draw_() % 50 == 0 ? 1.012 : 1.0002));
            all.push_back({slot, quote});
        }
        return all;
    }

    strategy::Wanted wanted(const Daemon& daemon) {
        strategy::Wanted wanted;
        if (draw_() % 15 != 0) return wanted;
        const auto info = traded()[draw_() % 4];
        const auto symbol = info.instrument.symbol;
        bool holds = false;
        for (const auto& [key, quantity] : daemon.held()) {
            if (key.first != symbol) continue;
            holds = true;
            auto exit = work_of(key.second, symbol, quantity.sign() > 0 ? Side::sell : Side::buy);
            exit.intent.role = Role::exit;
            exit.intent.quantity = quantity.abs();
            const bool gradual = draw_() % 2 == 0 || key.second != "maxdiff";
            exit.kind = gradual ? WorkKind::gradual_exit : WorkKind::watch_exit;
            exit.intent.leg = gradual ? "close" : "take_profit";
            const double away = exit.intent.side == Side::sell ? 1.01 : 0.99;
            exit.intent.limit_price = cents(mids_[info.slot] * away);
            wanted.works.push_back(std::move(exit));
        }
        if (holds) return wanted;
        for (const char* name : {"maxdiff", "simple"}) {  // what was picked before
            wanted.cancels.push_back({name, symbol, Role::entry, "a new pass decides"});
        }
        if (draw_() % 4 == 0) return wanted;
        const bool buy = info.utc_days || draw_() % 2 == 0;
        const bool bracket = draw_() % 3 != 0;
        auto entry = work_of(bracket ? "maxdiff" : "simple", symbol, buy ? Side::buy : Side::sell);
        entry.kind = bracket ? WorkKind::watch_entry : WorkKind::ramp_entry;
        entry.intent.quantity = Quantity::whole(10 + draw_() % 60);
        entry.intent.leg = "open";
        const double off = 1e-4 * static_cast<double>(draw_() % 60);
        entry.intent.limit_price = cents(mids_[info.slot] * (buy ? 1 - off : 1 + off));
        if (bracket) {
            entry.intent.exit_plan.target = cents(mids_[info.slot] * (buy ? 1.01 : 0.99));
            entry.intent.exit_plan.leave_at_close = draw_() % 3 == 0;
        }
        entry.forced = draw_() % 4 == 0;
        entry.forecast_pnl = 1e-3 * static_cast<double>(draw_() % 10);
        targets[entry.intent.decision_id] = entry.intent.quantity;
        ask(entry);
        if (bracket && !info.utc_days && draw_() % 2 == 0) add_leg(entry, mids_[info.slot], wanted);
        wanted.works.push_back(std::move(entry));
        return wanted;
    }
    // The leg of the other side, as close as the market may come to both within a day.
    void add_leg(OrderWork& first, double mid, strategy::Wanted& wanted) {
        const bool buy = first.intent.side == Side::buy;
        OrderWork other = first;
        other.intent.side = opposite(first.intent.side);
        other.intent.leg = kOtherLeg;
        const double off = 0.002 + 1e-4 * static_cast<double>(draw_() % 60);
        other.intent.limit_price = cents(mid * (buy ? 1 + off : 1 - off));
        other.intent.exit_plan.target = first.intent.limit_price;
        first.intent.exit_plan.target = other.intent.limit_price;
        other.forced = draw_() % 4 == 0;
        targets[other.intent.decision_id] = first.intent.quantity + other.intent.quantity;
        ask(other);
        ++pairs;
        wanted.works.push_back(std::move(other));
    }
    strategy::Wanted leave_all(const Daemon& daemon) {
        strategy::Wanted wanted;
        for (const auto& info : traded()) {
            for (const char* name : {"maxdiff", "simple"}) {
                wanted.cancels.push_back({name, info.instrument.symbol, Role::entry, "the end"});
            }
        }
        for (const auto& [key, quantity] : daemon.held()) {
            auto exit =
                work_of(key.second, key.first, quantity.sign() > 0 ? Side::sell : Side::buy);
            exit.kind = WorkKind::gradual_exit;
            exit.intent.role = Role::exit;
            exit.intent.leg = "close";
            wanted.works.push_back(std::move(exit));
        }
        return wanted;
    }
    std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(draw_() % below); }

    // Once the step has ended in which they were asked for.
    void note_asked(const WorkBroker& broker) {
        for (const auto& [leg, symbol] : asked_) {
            before[leg] = broker.entered(symbol, leg.second);
        }
        asked_.clear();
    }

    std::map<std::string, Quantity> targets;  // of entries, by decision
    // By decision and side: entered on that side when it was asked for, and what it wants.
    std::map<std::pair<std::string, Side>, Quantity> before;
    std::map<std::pair<std::string, Side>, Quantity> wants;
    std::map<std::pair<Symbol, Side>, std::string> newest;  // decision that counts
    std::size_t pairs = 0;                                  // ideas on both sides

  private:
    void ask(const OrderWork& entry) {
        const Intent& intent = entry.intent;
        asked_[{intent.decision_id, intent.side}] = intent.symbol;
        wants[{intent.decision_id, intent.side}] = intent.quantity;
    }
    static Price cents(double price) {
        return floor_to_tick(Price::from_units(static_cast<std::int64_t>(price * 1e9)),
                             Price::of("0.01"));
    }
    OrderWork work_of(const std::string& name, Symbol symbol, Side side) {
        OrderWork work;
        work.intent.strategy = name;
        work.intent.symbol = symbol;
        work.intent.side = side;
        work.intent.decision_id =
            name + '.' + symbol.to_string() + '.' + std::to_string(++decisions_);
        work.intent.reason = "because";
        return work;
    }

    std::mt19937 draw_;
    std::map<std::pair<std::string, Side>, Symbol> asked_;
    double mids_[4] = {100, 50, 30, 80};
    int decisions_ = 0;
};

void check_broker(const Daemon& daemon, const World& world) {
    std::map<std::tuple<Symbol, std::string, Side, Role>, int> owners;
    std::map<Symbol, Price> buys;
    std::map<Symbol, Price> sells;
    const auto owned = daemon.owned();
    for (const auto& order : daemon.broker.working()) {
        INFO(order.order_id);
        CHECK(++owners[{order.symbol, order.strategy, order.side, order.role}] == 1);  // I-21
        const bool exits = order.role == Role::exit && daemon.exits(order.symbol, order.strategy);
        CHECK(
            (exits || owned.contains(order.order_id) || daemon.broker.cancelling(order.order_id)));
        if (order.type != OrderType::limit) continue;
        auto& levels = order.side == Side::buy ? buys : sells;
        auto& level = levels.try_emplace(order.symbol, order.limit_price).first->second;
        level = order.side == Side::buy ? std::max(level, order.limit_price)
                                        : std::min(level, order.limit_price);
    }
    for (const auto& [owner, count] : owners) {
        const auto& [symbol, strategy, side, role] = owner;
        if (role != Role::entry) continue;
        CHECK_FALSE(owners.contains({symbol, strategy, opposite(side), Role::entry}));
    }
    for (const auto& [symbol, buy] : buys) {
        if (sells.contains(symbol)) CHECK(sells.at(symbol) > buy);  // I-9
    }
    for (const auto& [decision, target] : world.targets) {
        CHECK(daemon.broker.entered(decision) <= target);  // nothing twice
    }
}

// What entries of one side add up to since the newest of them was asked for: never more than that
// one wants, whoever filled it.
void check_sums(const Daemon& daemon, World& world) {
    world.note_asked(daemon.broker);
    for (const auto& plan : daemon.works()) {
        if (Daemon::value_of(plan, "role") != "entry") continue;
        auto decision = Daemon::value_of(plan, "successor.decision_id");
        if (decision.empty()) decision = Daemon::value_of(plan, "decision_id");
        const auto side = side_of(Daemon::value_of(plan, "side"));
        world.newest[{plan.symbol, *side}] = decision;
    }
    for (const auto& [key, decision] : world.newest) {
        INFO(decision);
        if (daemon.broker.entered(decision, key.second).is_zero()) continue;
        const std::pair leg{decision, key.second};
        CHECK(daemon.broker.entered(key.first, key.second) - world.before.at(leg) <=
              world.wants.at(leg));
    }
}

// Every position that an entry with a target made has somebody who takes it out again (I-8): an
// exit, or, while another strategy's exit is at work in the symbol, the entry that will begin it.
void check_exits(const Daemon& daemon) {
    const auto works = daemon.works();
    for (const auto& [key, quantity] : daemon.held()) {
        if (key.second != "maxdiff") continue;
        const auto any = [&](const char* role, bool own) {
            return std::any_of(works.begin(), works.end(), [&](const auto& plan) {
                return plan.symbol == key.first && Daemon::value_of(plan, "role") == role &&
                       (Daemon::value_of(plan, "strategy") == key.second) == own;
            });
        };
        INFO(key.first.to_string() << ' ' << quantity.to_string());
        CHECK((any("exit", true) || daemon.exits(key.first, key.second) ||
               (any("exit", false) && any("entry", true))));
    }
}

// Of two legs one is at work, and an entry never meets a position of the other: what a strategy
// holds is the sum of its fills, and only its exits take from it.
std::size_t check_legs(const Daemon& daemon) {
    std::map<std::string, const Order*> orders;
    for (const auto& order : daemon.broker.sent()) orders[order.order_id] = &order;
    std::map<std::pair<Symbol, std::string>, Quantity> held;
    std::map<std::string, std::set<Side>> entered;
    for (const auto& each : daemon.books().fills()) {
        const auto& order = *orders.at(each.fill.order_id);
        if (order.strategy != "maxdiff") continue;  // a ramp has one leg
        auto& position = held[{order.symbol, order.strategy}];
        const auto size = signed_quantity(each.fill.side, each.fill.quantity);
        INFO(order.order_id << " over " << position.to_string());
        const bool same = position.is_zero() || (position.sign() > 0) == (size.sign() > 0);
        CHECK(same == (order.role == Role::entry));
        position += size;
        if (order.role == Role::entry) entered[order.decision_id].insert(order.side);
    }
    return static_cast<std::size_t>(
        std::count_if(entered.begin(), entered.end(),
                      [](const auto& decision) { return decision.second.size() == 2; }));
}

struct Outcome {
    std::vector<Order> sent;
    std::size_t stolen = 0;  // orders that gave way to others
    std::size_t pairs = 0;   // ideas on both sides
    std::size_t both = 0;    // of them entered on both, one after the other
};

Outcome run_days(std::uint32_t seed, std::size_t shards, bool kills) {
    Daemon daemon(seed, shards);
    World world(seed + 1);
    for (int i = 0; i < 500; ++i) {
        if (kills && world.draw(12) == 0) {
            daemon.kill_at = static_cast<KillPoint>(1 + world.draw(3));
        }
        // Over the night once; the broker's day orders work on here, which is harder.
        const std::int64_t seconds = i == 250 ? 17 * 3600 : 20 + world.draw(60);
        const auto quotes = world.quotes(daemon.now + seconds * kSecond);
        (void)daemon.step(seconds, quotes, world.wanted(daemon));
        daemon.kill_at = KillPoint::none;
        check_broker(daemon, world);
        check_sums(daemon, world);
        check_exits(daemon);
    }
    // In the end everything is left, in market hours, and nobody is at work any more.
    for (int i = 0; i < 1500 && !(daemon.held().empty() && daemon.works().empty()); ++i) {
        std::int64_t seconds = 30;
        if (!daemon.is_open()) seconds = 1800;
        const auto quotes = world.quotes(daemon.now + seconds * kSecond);
        (void)daemon.step(seconds, quotes,
                          i % 100 == 0 ? world.leave_all(daemon) : strategy::Wanted{});
        check_broker(daemon, world);
    }
    CHECK(daemon.held().empty());
    CHECK(daemon.works().empty());
    CHECK(daemon.broker.working().empty());
    for (const auto& order : daemon.broker.sent()) {
        if (order.type == OrderType::market) CHECK(order.symbol != Symbol("DDDUSD"));  // I-12
    }
    Outcome outcome{daemon.broker.sent()};
    outcome.pairs = world.pairs;
    outcome.both = check_legs(daemon);
    for (const auto& plan : daemon.books().plans()) {
        if (plan.plan.plan_id == kStealingPlan) ++outcome.stolen;
    }
    return outcome;
}

}  // namespace

TEST_CASE("H5 works of a daemon that is killed at any point go on, each order once, each owned",
          "[actors][work]") {
    std::size_t stolen = 0;
    std::size_t pairs = 0;
    std::size_t both = 0;
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        const auto outcome = run_days(seed, 2, true);
        CHECK(outcome.sent.size() > 20);
        stolen += outcome.stolen;
        pairs += outcome.pairs;
        both += outcome.both;
    }
    CHECK(stolen > 10);
    CHECK(pairs > 100);
    CHECK(both > 5);
}

TEST_CASE("works send the same orders for any number of shards", "[actors][work]") {
    std::size_t stolen = 0;
    for (std::uint32_t seed = 100; seed < 116; ++seed) {
        INFO("seed " << seed);
        const auto one = run_days(seed, 1, false);
        const auto four = run_days(seed, 4, false);
        REQUIRE(one.sent.size() == four.sent.size());
        for (std::size_t i = 0; i < one.sent.size(); ++i) {
            CHECK(one.sent[i].order_id == four.sent[i].order_id);
        }
        stolen += one.stolen;
    }
    CHECK(stolen > 4);
}
