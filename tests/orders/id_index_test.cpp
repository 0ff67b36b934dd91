#include "orders/id_index.hpp"

#include <map>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using tradewind::orders::IdIndex;
using tradewind::orders::IdMemory;
using tradewind::test::law;

TEST_CASE("an index of ids numbers each id once, as a map does") {
    law("find and find_or_add", [] {
        const auto count = *rc::gen::inRange<std::size_t>(0, 600);
        std::vector<std::string> ids;
        std::map<std::string, std::size_t> model;
        IdIndex index;
        IdMemory memory;
        const auto text = [&ids](std::size_t number) -> std::string_view { return ids[number]; };
        for (std::size_t i = 0; i < count; ++i) {
            const auto id = "id." + std::to_string(*rc::gen::inRange(0, 400));
            const auto known = model.find(id);
            const auto found = index.find(id, text);
            RC_ASSERT(found.has_value() == (known != model.end()));
            const auto added = index.find_or_add(id, ids.size(), text);
            RC_ASSERT(added == found);
            RC_ASSERT(memory.contains(id) == found.has_value());
            RC_ASSERT(memory.add(id) != found.has_value());
            if (known != model.end()) {
                RC_ASSERT(*added == known->second);
            } else {
                model.emplace(id, ids.size());
                ids.push_back(id);
            }
        }
        for (const auto& [id, number] : model) RC_ASSERT(index.find(id, text) == number);
        RC_ASSERT(!index.find("", text));
        RC_ASSERT(memory.size() == model.size());
    });
}
