#include "config/settings_file.hpp"

#include "config/keys.hpp"
#include "config/presets.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_folder.hpp"

using namespace tradewind;
using namespace tradewind::config;
using Catch::Matchers::Contains;

namespace {

std::string refusal(const std::string& document) {
    try {
        (void)parse_settings(document, "mine.toml");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::usage);
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a settings file gives keys, texts and lines", "[config]") {
    const auto values = parse_settings(
        "mode = \"paper\"\n\n[risk]\ndrawdown = 0.0003\n[paper]\nsymbols = [\"A\", \"B\"]\n"
        "speed = 60\n[analysis]\nparallel = false\n",
        "mine.toml");
    std::map<std::string, std::pair<std::string, std::string>> found;
    for (const auto& value : values) found[value.key] = {value.text, value.where};
    using Pair = std::pair<std::string, std::string>;
    CHECK(found["mode"] == Pair{"paper", "mine.toml:1"});
    CHECK(found["risk.drawdown"] == Pair{"0.0003", "mine.toml:4"});  // never 3e-04
    CHECK(found["paper.symbols"] == Pair{"A,B", "mine.toml:6"});
    CHECK(found["paper.speed"] == Pair{"60", "mine.toml:7"});
    CHECK(found["analysis.parallel"] == Pair{"false", "mine.toml:9"});
}

TEST_CASE("a bad settings file is refused with its place", "[config]") {
    struct Row {
        std::string document;
        std::string expected;
    };
    const std::vector<Row> rows = {
        {"[risk", "broken TOML (mine.toml:1"},
        {"a = 1\na = 2\n", "broken TOML (mine.toml:2"},
        {"\n[risk]\ndrawdon = 1\n",
         "unknown setting risk.drawdon (mine.toml:3): the nearest known "
         "is risk.drawdown"},
        {"[analysys]\nworkers = 1\n", "unknown setting analysys (mine.toml:1)"},
        {"mdoe = \"paper\"\n", "the nearest known is mode"},
        {"[analysis]\nworkers = \"4\"\n",
         "bad setting analysis.workers (mine.toml:2): a value of "
         "type integer is expected"},
        {"[analysis]\nworkers = 4.0\n", "type integer"},
        {"[analysis]\nparallel = 1\n", "type boolean"},
        {"[analysis.workers]\nx = 1\n", "type integer"},
        {"[paper]\nsymbols = \"A,B\"\n", "type list"},
        {"[paper]\nsymbols = [1]\n", "a list of words is expected"},
        {"[paper]\nspeed = 2024-01-01\n", "type number"},
        {"[live]\nallow = true\n", "taken from the environment only"},
    };
    for (const auto& row : rows) {
        INFO(row.document);
        CHECK_THAT(refusal(row.document), Contains(row.expected));
    }
}

TEST_CASE("a settings file that cannot be read is refused", "[config]") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(read_settings_file(folder.path() / "none.toml"),
                      Contains("none.toml): there is no such file"));
    CHECK_THROWS_WITH(read_settings_file(folder.path()), Contains("there is no such file"));
    const auto large = folder.write("large.toml", std::string((1 << 20) + 1, '#'));
    CHECK_THROWS_WITH(read_settings_file(large), Contains("larger than 1 MiB"));
    const auto binary = folder.write("binary.toml", std::string("\0\xff\xfe\x01", 4));
    CHECK_THROWS_WITH(read_settings_file(binary), Contains("broken TOML"));
    CHECK(read_settings_file(folder.write("empty.toml", "")).empty());
}

TEST_CASE("no document crashes the reader", "[config]") {
    test::law("arbitrary bytes are read or refused", [](const std::string& document) {
        try {
            (void)parse_settings(document, "random");
        } catch (const Error&) {
        }
    });
}

TEST_CASE("default.toml names every setting with its default", "[config]") {
    const Settings defaults;
    std::map<std::string, std::string> found;
    for (const auto& value : parse_settings(default_document(), "default.toml"))
        found[value.key] = value.text;
    for (const auto& key : all_keys()) {
        if (key.environment_only) continue;
        INFO(key.name);
        REQUIRE(found.count(key.name) == 1);
        Settings read;
        CHECK(key.assign(read, found[key.name]).empty());
        CHECK(key.render(read) == key.render(defaults));
        CHECK_FALSE(key.help.empty());
    }
}
