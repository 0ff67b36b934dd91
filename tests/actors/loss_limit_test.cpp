#include "actors/gateway/gateway_stage.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

// 100 shares bought at 10 with cash 1000: equity is 100 x the price.
struct Account {
    Account(const char* daily, const char* drawdown) : stage(settings(daily, drawdown), symbols()) {
        Fill fill;
        fill.fill_id = "f";
        fill.symbol = Symbol("AAA");
        fill.quantity = Quantity::whole(100);
        fill.price = Price::whole(10);
        stage.account().apply(fill);
    }
    static GatewaySettings settings(const char* daily, const char* drawdown) {
        GatewaySettings result;
        result.initial_cash = Money::whole(1000);
        result.daily_loss = Fraction::of(daily);
        result.drawdown = Fraction::of(drawdown);
        return result;
    }
    static std::vector<strategy::SymbolInfo> symbols() {
        std::vector<strategy::SymbolInfo> one(1);
        one[0].instrument.symbol = Symbol("AAA");
        return one;
    }
    BookReply at(int day, const char* price, bool resume = false) {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step.time = utc_midnight(*parse_date("2026-03-02") + day) + 15 * kHour;
        SlotBar close;
        close.bar.close = Price::of(price);
        inputs->closes.push_back(close);
        if (resume) inputs->resumes.emplace_back();
        BookRequest request;
        request.inputs = inputs;
        return stage.book(std::move(request));
    }
    GatewayStage stage;
};

}  // namespace

TEST_CASE("a day's loss beyond the limit halts once, and a resume measures anew") {
    Account account("0.1", "0");
    CHECK_FALSE(account.at(0, "10").halt);
    CHECK_FALSE(account.at(0, "9").halt);  // exactly the limit is no breach
    const auto breach = account.at(0, "8.99");
    REQUIRE(breach.halt);
    CHECK(breach.halt->cause == KillCause::loss_limit);
    CHECK(account.stage.gateway().killed());
    CHECK_FALSE(account.at(0, "8").halt);
    CHECK_FALSE(account.at(0, "8", true).halt);
    CHECK_FALSE(account.stage.gateway().killed());
    CHECK_FALSE(account.at(0, "7.5").halt);
    CHECK(account.at(0, "7").halt);
}

TEST_CASE("a new day begins without yesterday's loss, the drawdown does not") {
    Account account("0.1", "0.15");
    CHECK_FALSE(account.at(0, "10").halt);
    CHECK_FALSE(account.at(0, "9.2").halt);
    CHECK_FALSE(account.at(1, "9").halt);
    const auto breach = account.at(1, "8.4");
    REQUIRE(breach.halt);
    CHECK(breach.halt->reason.find("peak") != std::string::npos);
}

TEST_CASE("the marks survive a restart") {
    Account before("0.1", "0.3");
    const auto first = before.at(0, "10");
    REQUIRE(first.plans.size() == 1);
    CHECK(before.at(0, "9.5").plans.empty());
    Account after("0.1", "0.3");
    after.stage.restore_loss_marks(first.plans[0].content);
    CHECK(after.at(0, "8.9").halt);
    CHECK_THROWS_AS(after.stage.restore_loss_marks("yesterday"), Error);
}
