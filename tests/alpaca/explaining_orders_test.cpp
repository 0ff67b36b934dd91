// Orders by hand found behind a position that differs.
#include "broker/alpaca/explaining_orders.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker::alpaca;

namespace {

WireOrder order(const std::string& id, const std::string& filled, std::int64_t second) {
    WireOrder wire;
    wire.id = id;
    wire.side = filled[0] == '-' ? Side::sell : Side::buy;
    wire.filled_quantity = Quantity::of(filled).abs();
    wire.updated = {second * kSecond};
    return wire;
}

std::string explained(std::vector<WireOrder> unknown, const std::string& difference,
                      const std::string& fee = "0") {
    std::string ids;
    for (const auto& each :
         explaining_orders(std::move(unknown), Quantity::of(difference), Fraction::of(fee))) {
        ids += each.id;
    }
    return ids;
}

}  // namespace

TEST_CASE("the newest orders that make the difference explain it, and no others") {
    const std::vector<WireOrder> orders{order("c", "-2", 30), order("a", "5", 10),
                                        order("b", "4", 20)};
    CHECK(explained(orders, "-2") == "c");
    CHECK(explained(orders, "2") == "bc");
    CHECK(explained(orders, "7") == "abc");
    CHECK(explained(orders, "5").empty());
    CHECK(explained(orders, "8").empty());
    CHECK(explained({}, "1").empty());
    CHECK(explained({order("a", "0", 1)}, "1").empty());
    CHECK(explained({order("a", "1", 1)}, "0.9975").empty());
    CHECK(explained({order("a", "1", 1)}, "0.9975", "0.004") == "a");
    CHECK(explained({order("a", "1", 1)}, "1.0001", "0.004").empty());
}

TEST_CASE("what explains a difference is exactly as large, and what is unknown comes whole") {
    test::law("any orders", [] {
        const auto sizes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-9, 10));
        std::vector<WireOrder> orders;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            orders.push_back(
                order(std::to_string(i), std::to_string(sizes[i]), static_cast<std::int64_t>(i)));
        }
        const int difference = *rc::gen::inRange(-12, 13);
        const auto found = explaining_orders(orders, Quantity::whole(difference), Fraction());
        Quantity moved;
        for (const auto& each : found) moved += signed_quantity(*each.side, each.filled_quantity);
        if (!found.empty()) RC_ASSERT(moved == Quantity::whole(difference));
        int all = 0;
        bool possible = false;
        for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
            all += *size;
            possible = possible || (*size != 0 && all == difference);
        }
        RC_ASSERT(possible == !found.empty());
    });
}
