#include "tools/trial_journal.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tools/scratch_folder.hpp"

using namespace tradewind;
using namespace tradewind::tools;

namespace {

Trial trial_of(std::size_t number) {
    Trial trial;
    trial.number = number;
    trial.total_return = 0.1 * static_cast<double>(number) + 1.0 / 3;
    if (number % 2 == 0) trial.sharpe = 1.5;
    trial.max_drawdown = 0.25;
    trial.orders = 7;
    trial.fills = 6;
    trial.trades = 3;
    trial.fees = Money::of("1.25");
    trial.final_equity = Money::of("100000.000000000000000001");
    trial.daily_returns = {0.1, -0.2, 1.0 / 7};
    return trial;
}

void check_same(const Trial& a, const Trial& b) {
    CHECK(a.number == b.number);
    CHECK(a.total_return == b.total_return);
    CHECK(a.sharpe == b.sharpe);
    CHECK(a.max_drawdown == b.max_drawdown);
    CHECK(a.orders == b.orders);
    CHECK(a.fills == b.fills);
    CHECK(a.trades == b.trades);
    CHECK(a.fees == b.fees);
    CHECK(a.final_equity == b.final_equity);
    CHECK(a.daily_returns == b.daily_returns);
}

}  // namespace

TEST_CASE("a sweep goes on with the trials that ended", "[sweep]") {
    const ScratchFolder scratch;
    const auto folder = scratch / "sweep";
    {
        TrialJournal journal(folder, "plan");
        journal.add(trial_of(2));
        journal.add(trial_of(1));
    }
    // A kill in the middle of a line.
    std::ofstream(folder / "trials.jsonl", std::ios::app) << "{\"trial\":3,\"total";
    {
        TrialJournal journal(folder, "plan");
        CHECK(journal.trials().size() == 2);
        CHECK(journal.has(1));
        CHECK_FALSE(journal.has(3));
        check_same(journal.trials().at(1), trial_of(1));
        check_same(journal.trials().at(2), trial_of(2));
        journal.add(trial_of(3));
    }
    TrialJournal journal(folder, "plan");
    CHECK(journal.trials().size() == 3);
    check_same(journal.trials().at(3), trial_of(3));
}

TEST_CASE("a folder of something else is left alone", "[sweep]") {
    const ScratchFolder scratch;
    { TrialJournal journal(scratch / "one", "plan"); }
    CHECK_THROWS_WITH(TrialJournal(scratch / "one", "other plan"),
                      Catch::Contains("another sweep"));
    std::filesystem::create_directories(scratch / "full");
    std::ofstream(scratch / "full/notes.txt") << "mine";
    CHECK_THROWS_WITH(TrialJournal(scratch / "full", "plan"), Catch::Contains("not empty"));
    CHECK_THROWS_WITH(TrialJournal(scratch / "full/notes.txt", "plan"),
                      Catch::Contains("not a folder"));
    std::ofstream(scratch / "one/trials.jsonl") << "{\"trial\": \"first\"}\n";
    CHECK_THROWS_WITH(TrialJournal(scratch / "one", "plan"), Catch::Contains("trials.jsonl:1"));
}
