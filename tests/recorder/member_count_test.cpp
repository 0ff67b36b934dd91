#include "actors/recorder/member_count.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/recorder/json_archive.hpp"
#include "tests/catch.hpp"

namespace tradewind::actors {
namespace {

struct Nothing {};
struct Point {
    int x = 0;
    double y = 0;
};
struct Many {
    std::string text;
    std::vector<Point> points;
    std::optional<Point> one;
    std::map<std::string, int> numbers;
    std::array<int, 3> three{};
    Point point;
    bool last = false;
};

template <class Archive>
void fields(Archive& archive, Point& point) {
    archive("x", point.x);  // and forgets y
}

}  // namespace

TEST_CASE("members of aggregates are counted") {
    STATIC_REQUIRE(member_count<Nothing>() == 0);
    STATIC_REQUIRE(member_count<Point>() == 2);
    STATIC_REQUIRE(member_count<Many>() == 7);
}

TEST_CASE("a description that forgets a member is a fault") {
    CHECK_THROWS_AS(JsonWriter::json_of(Point{}), InvariantBroken);
}

}  // namespace tradewind::actors
