#include "actors/status/access_token.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::status;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "tradewind-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
};

ErrorKind kind_of_reading(const std::filesystem::path& file) {
    try {
        (void)read_endpoint_file(file);
    } catch (const Error& error) {
        return error.kind();
    }
    return ErrorKind::failed;
}

}  // namespace

TEST_CASE("access tokens are long, hexadecimal and different") {
    const auto first = make_access_token();
    CHECK(first.size() == 64);
    CHECK(first.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(first != make_access_token());
}

TEST_CASE("secrets are equal only when every byte is") {
    CHECK(same_secret("abc", "abc"));
    CHECK_FALSE(same_secret("abd", "abc"));
    CHECK_FALSE(same_secret("ab", "abc"));
    CHECK_FALSE(same_secret("abcabc", "abc"));
    CHECK_FALSE(same_secret("", "abc"));
    CHECK_FALSE(same_secret("", ""));
}

TEST_CASE("the endpoint file is private, whole and readable again") {
    const Folder folder;
    const auto file = folder.path / "http.json";
    // What a killed process may have left: a readable file, and a temporary one.
    std::ofstream(file) << "{";
    std::ofstream(folder.path / "http.json.new") << "old";
    write_endpoint_file(file, {"http://127.0.0.1:8700", 8700, "secret"});

    struct stat info {};
    REQUIRE(stat(file.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK_FALSE(std::filesystem::exists(folder.path / "http.json.new"));
    const auto json = nlohmann::json::parse(std::ifstream(file));
    CHECK(json == nlohmann::json{
                      {"address", "http://127.0.0.1:8700"}, {"port", 8700}, {"token", "secret"}});
    const auto endpoint = read_endpoint_file(file);
    CHECK(endpoint.address == "http://127.0.0.1:8700");
    CHECK(endpoint.port == 8700);
    CHECK(endpoint.token == "secret");
}

TEST_CASE("a missing or broken endpoint file is a typed error") {
    const Folder folder;
    CHECK(kind_of_reading(folder.path / "http.json") == ErrorKind::unavailable);
    std::ofstream(folder.path / "http.json") << "{\"address\": 7}";
    CHECK(kind_of_reading(folder.path / "http.json") == ErrorKind::corrupt);
    try {
        write_endpoint_file(folder.path / "absent" / "http.json", {});
        FAIL("a folder that is not there was written to");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::usage);
    }
}
