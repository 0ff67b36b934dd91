// What a restart and the broker's word do to the books and to the last judgement.
#include "actors/gateway/gateway_stage.hpp"
#include "messages/adoption.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

const Symbol kSymbol("AAA");
const Timestamp kMorning = utc_midnight(*parse_date("2026-03-02")) + 15 * kHour;

std::vector<strategy::SymbolInfo> symbols() {
    std::vector<strategy::SymbolInfo> one(1);
    one[0].instrument.symbol = kSymbol;
    one[0].instrument.shortable = true;
    return one;
}

Fill fill_of(const char* id, Side side, const char* quantity, const char* price,
             const char* strategy) {
    Fill fill;
    fill.fill_id = id;
    fill.symbol = kSymbol;
    fill.side = side;
    fill.quantity = Quantity::of(quantity);
    fill.price = Price::of(price);
    fill.time = kMorning;
    fill.strategy = strategy;
    return fill;
}

BookReply book(GatewayStage& stage, Timestamp time, const char* price,
               std::vector<ledger::Adjustment> adjustments = {}) {
    auto inputs = std::make_shared<StepInputs>();
    inputs->step.time = time;
    SlotBar close;
    close.bar.close = Price::of(price);
    inputs->closes.push_back(close);
    inputs->adjustments = std::move(adjustments);
    BookRequest request;
    request.inputs = inputs;
    return stage.book(std::move(request));
}

ledger::Adjustment broker_holds(const char* quantity, const char* price) {
    ledger::Adjustment word;
    word.kind = ledger::AdjustmentKind::adopted;
    word.symbol = kSymbol;
    word.quantity = Quantity::of(quantity);
    word.price = Price::of(price);
    return word;
}

AssessReply assess(GatewayStage& stage, Side side, Role role, const char* limit) {
    static int number = 0;
    Order order;
    order.order_id = "o" + std::to_string(++number);
    order.symbol = kSymbol;
    order.side = side;
    order.role = role;
    order.type = OrderType::limit;
    order.quantity = Quantity::whole(1);
    order.limit_price = Price::of(limit);
    order.strategy = "maxdiff";
    return stage.assess({kMorning + kMinute, {order}});
}

}  // namespace

TEST_CASE("the broker's position is spread over its owners, without one against another") {
    GatewayStage stage({}, symbols());
    stage.account().apply(fill_of("1", Side::buy, "5", "10", kAdopted));
    stage.account().apply(fill_of("2", Side::buy, "3", "20", "maxdiff"));
    const auto held = [&](const char* strategy) {
        return stage.account().quantity(0, strategy).to_string();
    };

    SECTION("flat at the broker is flat for each") {
        const auto reply = book(stage, kMorning, "15", {broker_holds("0", "0")});
        CHECK(held(kAdopted) == "0");
        CHECK(held("maxdiff") == "0");
        CHECK(reply.adjustments.size() == 2);
    }
    SECTION("less takes from the largest first, at its own average") {
        const auto reply = book(stage, kMorning, "15", {broker_holds("2", "30")});
        CHECK(held(kAdopted) == "0");
        CHECK(held("maxdiff") == "2");
        REQUIRE(reply.adjustments.size() == 2);
        CHECK(reply.adjustments[1].price == Price::whole(20));
        CHECK(stage.account().cost(0) == Money::whole(40));
    }
    SECTION("more goes to the largest, at the broker's average") {
        const auto reply = book(stage, kMorning, "15", {broker_holds("9", "14")});
        CHECK(held(kAdopted) == "6");
        CHECK(held("maxdiff") == "3");
        REQUIRE(reply.adjustments.size() == 1);
        CHECK(reply.adjustments[0].price == Price::whole(14));
    }
    SECTION("the other side is reached through flat") {
        const auto reply = book(stage, kMorning, "15", {broker_holds("-4", "14")});
        CHECK(held(kAdopted) == "-4");
        CHECK(held("maxdiff") == "0");
        for (const auto& each : reply.adjustments) {
            CHECK((each.quantity.is_zero() || each.price.sign() > 0));
        }
    }
    SECTION("what came with it moves the cash once") {
        auto word = broker_holds("0", "0");
        word.cash = Money::whole(7);
        const auto before = stage.account().cash();
        const auto reply = book(stage, kMorning, "15", {word});
        CHECK(stage.account().cash() == before + Money::whole(7));
        Money told;
        for (const auto& each : reply.adjustments) told += each.cash;
        CHECK(told == Money::whole(7));
    }
}

TEST_CASE("I-10 a restart does not forget the price of the last fill") {
    GatewaySettings settings;
    settings.limits.churn_gap = Fraction::of("0.001");
    const auto refused = [&](bool restored) {
        GatewayStage stage(settings, symbols());
        if (restored) {
            stage.restore_fill(fill_of("1", Side::buy, "1", "99", "maxdiff"), "");
            stage.restore_fill(fill_of("2", Side::sell, "1", "100", "maxdiff"), "");
        }
        book(stage, kMorning, "100");
        return assess(stage, Side::buy, Role::entry, "99.99").refusals.size();
    };
    CHECK(refused(true) == 1);
    CHECK(refused(false) == 0);
}

TEST_CASE("I-7 a restart does not forget at which price a position was entered") {
    GatewaySettings settings;
    settings.limits.death_spiral_rule = true;
    GatewayStage stage(settings, symbols());
    stage.restore_fill(fill_of("1", Side::buy, "2", "100", "maxdiff"), "");
    // A closing fill is no entry: the newest entry stays the one at 100.
    stage.restore_fill(fill_of("2", Side::sell, "1", "90", "maxdiff"), "");
    book(stage, kMorning, "99");
    CHECK(assess(stage, Side::sell, Role::exit, "99.4").refusals.size() == 1);
    CHECK(assess(stage, Side::sell, Role::exit, "99.6").refusals.empty());
}

TEST_CASE("I-34 what the settings forbid is forbidden to every strategy's entries") {
    GatewaySettings settings;
    SECTION("a side") {
        settings.no_sales = {kSymbol};
    }
    SECTION("a symbol outside of the allow-list") {
        settings.universe = {Symbol("BBB")};
    }
    GatewayStage stage(settings, symbols());
    book(stage, kMorning, "100");
    const auto reply = assess(stage, Side::sell, Role::entry, "100");
    REQUIRE(reply.refusals.size() == 1);
    CHECK(assess(stage, Side::buy, Role::entry, "100").refusals.size() == settings.universe.size());
    // An exit reduces the risk: it passes.
    stage.restore_fill(fill_of("1", Side::buy, "1", "99", "maxdiff"), "");
    CHECK(assess(stage, Side::sell, Role::exit, "100").refusals.empty());
}

TEST_CASE("a drawdown is measured from the peak of before a restart") {
    GatewaySettings settings;
    settings.value_positions = true;  // a daemon's
    GatewayStage before(settings, symbols());
    before.account().apply(fill_of("1", Side::buy, "1000", "100", "maxdiff"));
    std::string marks;
    for (const auto* price : {"100", "110", "110.05", "105"}) {
        for (const auto& plan : book(before, kMorning, price).plans) marks = plan.content;
        before.account().observe(kMorning);
    }
    GatewayStage after(settings, symbols());
    after.restore_fill(fill_of("1", Side::buy, "1000", "100", "maxdiff"), "");
    after.restore_loss_marks(marks);
    book(after, kMorning, "99");
    CHECK(after.account().snapshot(kMorning).peak_equity == Money::whole(110'000));
    // Marks of an earlier version had no peak of the account.
    after.restore_loss_marks("2026-03-02 100000 120000");
    CHECK(after.account().peak_equity() == Money::whole(120'000));
}
