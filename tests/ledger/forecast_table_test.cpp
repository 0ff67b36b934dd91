#include "ledger/forecast_table.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "forecasts-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

}  // namespace

TEST_CASE("a forecast comes back byte for byte, of the bars it was computed from only") {
    const Folder folder;
    const std::string values("\0\1values\0", 9);
    const ForecastPlace place{"model-1", "AAA", 1234, 1, "hash-a"};
    {
        ForecastTable table(folder.path / "forecasts.db");
        CHECK_FALSE(table.find(place));
        table.put(place, values);
        CHECK(table.find(place) == values);
        table.commit();
        table.put({"model-1", "AAA", 9999, 1, "hash-b"}, "late");  // committed at the end
    }
    ForecastTable table(folder.path / "forecasts.db");
    CHECK(table.size() == 2);
    CHECK(table.find(place) == values);
    for (const ForecastPlace& other : {ForecastPlace{"model-2", "AAA", 1234, 1, "hash-a"},
                                       ForecastPlace{"model-1", "BBB", 1234, 1, "hash-a"},
                                       ForecastPlace{"model-1", "AAA", 1235, 1, "hash-a"},
                                       ForecastPlace{"model-1", "AAA", 1234, 2, "hash-a"},
                                       ForecastPlace{"model-1", "AAA", 1234, 1, "hash-b"}}) {
        CHECK_FALSE(table.find(other));
    }
    // A revised bar: the new forecast takes the place of the old one.
    table.put({"model-1", "AAA", 1234, 1, "hash-c"}, "new");
    CHECK_FALSE(table.find(place));
    CHECK(table.size() == 2);
}

TEST_CASE("a damaged or foreign file is set aside") {
    const Folder folder;
    const auto file = folder.path / "forecasts.db";
    std::ofstream(file) << "this is no database, and long enough to be looked at as one......";
    ForecastTable table(file);
    CHECK(table.size() == 0);
    CHECK(fs::exists(folder.path / "forecasts.db.damaged"));
    table.put({"m", "AAA", 1, 1, "h"}, "v");
    table.commit();
    CHECK(table.size() == 1);
}
