#include "ledger/report.hpp"

#include <regex>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/ledger/fake_run.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::read_file;
using tradewind::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("the page stands alone and holds what a run did") {
    const TemporaryFolder folder;
    test::FakeRunOptions options;
    options.days = 120;
    const auto result = test::play_fake_run(folder / "run", options);
    const auto page = read_file(folder / "run" / "report.html");
    CHECK(page == render_report(folder / "run"));

    CHECK(page.rfind("<!doctype html>", 0) == 0);
    CHECK(count(page, "http") == count(page, "http-equiv"));
    for (const auto* const outside :
         {"<link rel=\"stylesheet\"", "<img", "src=\"", "@import", "url("}) {
        CAPTURE(outside);
        CHECK(count(page, outside) == 0);
    }
    CHECK(count(page, "<svg") == 2);
    CHECK(count(page, "</svg>") == 2);
    CHECK(count(page, "<table") == count(page, "</table>"));
    CHECK(count(page, "<caption>") == count(page, "<table"));
    CHECK_FALSE(std::regex_search(page, std::regex("\\b-?(nan|inf)\\b")));
    CHECK(count(page, "fake strategy &lt;&amp;&gt; &quot;quoted&quot;") >= 2);
    CHECK(count(page, "<th scope=\"row\">AAPL</th>") == 1);
    CHECK(count(page, "<td class=\"left\">long</td>") +
              count(page, "<td class=\"left\">short</td>") ==
          static_cast<std::size_t>(result.statistics.trades));
    CHECK(count(page, "Sharpe") >= 1);
    CHECK(count(page, "AAPL: 1 suspect row") == 1);
}

TEST_CASE("a run without bars or trades still has a page") {
    const TemporaryFolder folder;
    RunFolder(folder / "run", RunFolderOptions{}).finish({});
    const auto page = read_file(folder / "run" / "report.html");
    CHECK(count(page, "no curve") == 1);
    CHECK(count(page, "<svg") == 0);
    CHECK(count(page, "Nothing was traded") == 1);
}

TEST_CASE("a page may be written elsewhere, and what is no run folder is refused") {
    const TemporaryFolder folder;
    test::FakeRunOptions options;
    options.days = 3;
    options.report = false;
    test::play_fake_run(folder / "run", options);
    CHECK(write_report(folder / "run", folder / "page.html") == folder / "page.html");
    CHECK(count(read_file(folder / "page.html"), "</html>") == 1);
    CHECK_THROWS_AS(render_report(folder.path()), Error);
    CHECK_THROWS_AS(write_report(folder / "run", folder / "no" / "such" / "page.html"), Error);
}
