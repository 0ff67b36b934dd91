// Live trading asks for a check of exactly this strategy under exactly these settings.
#include "tools/lookahead_gate.hpp"

#include <fstream>
#include <string>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tools/scratch_folder.hpp"

using namespace tradewind;
using namespace tradewind::tools;

namespace {

config::Settings settings_with(std::vector<config::Flag> flags) {
    config::Sources sources;
    sources.flags = std::move(flags);
    return config::load_settings(sources);
}

LookaheadReport clean_report() {
    LookaheadReport report;
    report.cuts = {Timestamp{1}, Timestamp{2}};
    report.decisions = 7;
    report.orders = 3;
    return report;
}

const CheckedStrategy kCross{"sma_cross", {"fast=5", "slow=20"}, {}};

}  // namespace

TEST_CASE("I-27 live asks for the check of this strategy, and takes no other for it",
          "[lookahead]") {
    const ScratchFolder scratch;
    const auto state = scratch / "state";
    const config::Settings settings = settings_with({});
    CHECK_THROWS_AS(require_lookahead_check(state, kCross, settings), Error);
    REQUIRE(sign_off_lookahead(state, lookahead_subject(kCross, settings), kCross, clean_report()));
    CHECK_NOTHROW(require_lookahead_check(state, kCross, settings));
    CHECK_NOTHROW(
        require_lookahead_check(state, {"sma_cross", {"slow=20", "fast=5"}, {}}, settings));
    CHECK_THROWS_AS(
        require_lookahead_check(state, {"sma_cross", {"fast=5", "slow=21"}, {}}, settings), Error);
    CHECK_THROWS_AS(require_lookahead_check(state, {"ema_cross", kCross.set, {}}, settings), Error);
    CHECK_THROWS_AS(require_lookahead_check(state, {}, settings), Error);
    CHECK_THROWS_AS(require_lookahead_check(scratch / "other", kCross, settings), Error);
    // A second strategy is signed off beside the first.
    REQUIRE(sign_off_lookahead(state, lookahead_subject({}, settings), {}, clean_report()));
    CHECK_NOTHROW(require_lookahead_check(state, {"forecast_portfolio", {}, {}}, settings));
    CHECK_NOTHROW(require_lookahead_check(state, kCross, settings));
}

TEST_CASE("a sign-off ends with the first setting that decides, and with no other", "[lookahead]") {
    const ScratchFolder scratch;
    const config::Settings settings = settings_with({});
    REQUIRE(
        sign_off_lookahead(scratch.path(), lookahead_subject({}, settings), {}, clean_report()));
    for (const char* deciding :
         {"analysis.simulations=60", "portfolio.maximum_picks=9", "costs.preset=era-2025-11",
          "risk.symbol_exposure=0.5", "model.name=ewma", "entries.tolerance=0.01"}) {
        INFO(deciding);
        const std::string text = deciding;
        const auto equals = text.find('=');
        const auto changed =
            settings_with({{text.substr(0, equals), text.substr(equals + 1), "--set"}});
        CHECK_THROWS_AS(require_lookahead_check(scratch.path(), {}, changed), Error);
    }
    for (const char* other : {"analysis.workers=3", "log.level=debug", "paper.listen=127.0.0.1:1",
                              "live.account=123", "model.threads=2"}) {
        INFO(other);
        const std::string text = other;
        const auto equals = text.find('=');
        const auto changed =
            settings_with({{text.substr(0, equals), text.substr(equals + 1), "--set"}});
        CHECK_NOTHROW(require_lookahead_check(scratch.path(), {}, changed));
    }
    // The forecaster counts, whether an option or a setting names it.
    CHECK_THROWS_AS(require_lookahead_check(scratch.path(), {{}, {}, "ewma"}, settings), Error);
    CHECK(lookahead_subject({{}, {}, "ewma"}, settings) ==
          lookahead_subject({}, settings_with({{"model.name", "ewma", "--model"}})));
}

TEST_CASE("a check that differs or compared nothing signs nothing off", "[lookahead]") {
    const ScratchFolder scratch;
    const config::Settings settings = settings_with({});
    const std::string subject = lookahead_subject(kCross, settings);
    LookaheadReport report = clean_report();
    report.difference = LookaheadDifference{};
    CHECK_FALSE(sign_off_lookahead(scratch.path(), subject, kCross, report));
    report = clean_report();
    report.decisions = report.orders = 0;
    CHECK_FALSE(sign_off_lookahead(scratch.path(), subject, kCross, report));
    CHECK_FALSE(lookahead_signed_off(scratch.path(), subject));
    // A torn record signs nothing off and hinders none.
    std::ofstream(scratch / "lookahead.jsonl") << "{\"subject\":\"12\n[1]\nnull";
    CHECK_FALSE(lookahead_signed_off(scratch.path(), subject));
    REQUIRE(sign_off_lookahead(scratch.path(), subject, kCross, clean_report()));
    CHECK(lookahead_signed_off(scratch.path(), subject));
}

TEST_CASE("the refusal of live names the command that signs off, and is one of usage",
          "[lookahead]") {
    const ScratchFolder scratch;
    try {
        require_lookahead_check(scratch.path(), kCross, settings_with({}));
        FAIL("nothing was checked");
    } catch (const Error& error) {
        CHECK(exit_code(error.kind()) == 2);
        const std::string text = error.what();
        CHECK(text.find("verify lookahead") != std::string::npos);
        CHECK(text.find("--strategy sma_cross --set fast=5 --set slow=20") != std::string::npos);
        CHECK(text.find("--state " + scratch.path().string()) != std::string::npos);
    }
}
