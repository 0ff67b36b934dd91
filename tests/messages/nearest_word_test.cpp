#include "messages/nearest_word.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using tradewind::test::law;

TEST_CASE("edit distance counts edits and swapped neighbours", "[config]") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("workers", "worker") == 1);
    CHECK(edit_distance("wrokers", "workers") == 1);
    CHECK(edit_distance("Workers", "workers") == 0);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("edit distance is a distance", "[config]") {
    law("symmetric, zero on itself, bounded by the longer word",
        [](const std::string& a, const std::string& b) {
            RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
            RC_ASSERT(edit_distance(a, a) == 0U);
            RC_ASSERT(edit_distance(a, b) <= std::max(a.size(), b.size()));
        });
}

TEST_CASE("the nearest word is named only where it is near", "[config]") {
    const std::vector<std::string> known{"analysis.workers", "fetch.workers", "mode"};
    CHECK(nearest_word("analysis.worker", known) == "analysis.workers");
    CHECK(nearest_word("mdoe", known) == "mode");
    CHECK_FALSE(nearest_word("something_else", known).has_value());
    CHECK_FALSE(nearest_word("x", {}).has_value());
}
