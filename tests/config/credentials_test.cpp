#include "config/credentials.hpp"

#include "config/environment.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_folder.hpp"

using namespace tradewind;
using namespace tradewind::config;
using Catch::Matchers::Contains;

namespace {

Settings with_files(const std::filesystem::path& id, const std::filesystem::path& secret) {
    Settings settings;
    settings.broker.key_id_file = id;
    settings.broker.secret_key_file = secret;
    return settings;
}

void restrict_to_owner(const std::filesystem::path& file) {
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

TEST_CASE("keys come from the environment, from files, from systemd", "[config]") {
    const test::TemporaryFolder folder;
    CHECK_FALSE(load_credentials({}, {}).has_value());

    const auto id = folder.write("id", "PKFILE\n");
    const auto secret = folder.write("secret", "file-secret");
    restrict_to_owner(id);
    restrict_to_owner(secret);
    const auto settings = with_files(id, secret);
    auto found = load_credentials(settings, {});
    REQUIRE(found);
    CHECK(found->key_id.reveal() == "PKFILE");
    CHECK(found->secret_key.reveal() == "file-secret");
    CHECK(found->origin == "files");

    found =
        load_credentials(settings, {{"APCA_API_KEY_ID", "PKENV"}, {"APCA_API_SECRET_KEY", "s"}});
    REQUIRE(found);
    CHECK(found->key_id.reveal() == "PKENV");
    CHECK(found->origin == "environment");

    folder.write("apca_api_key_id", "PKUNIT\n");
    folder.write("apca_api_secret_key", "unit-secret\n");
    found = load_credentials({}, {{"CREDENTIALS_DIRECTORY", folder.path().string()}});
    REQUIRE(found);
    CHECK(found->key_id.reveal() == "PKUNIT");
    CHECK(found->origin == "systemd credentials");
}

TEST_CASE("half a pair and unsafe key files are refused", "[config]") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(load_credentials({}, {{"APCA_API_KEY_ID", "PK"}}),
                      Contains("APCA_API_SECRET_KEY): it is not set"));
    const auto open = folder.write("open", "PK");
    std::filesystem::permissions(open, std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    CHECK_THROWS_WITH(load_credentials(with_files(open, open), {}), Contains("others may read it"));
    CHECK_THROWS_WITH(load_credentials(with_files(folder.path() / "none", open), {}),
                      Contains("cannot be opened"));
    for (const std::string& text :
         {std::string(), std::string("two words"), std::string("\n"), std::string(5000, 'x')}) {
        const auto file = folder.write("bad", text);
        restrict_to_owner(file);
        CHECK_THROWS_AS(load_credentials(with_files(file, file), {}), Error);
    }
    const auto link = folder.path() / "link";
    std::filesystem::create_symlink(open, link);
    CHECK_THROWS_WITH(load_credentials(with_files(link, link), {}), Contains("cannot be opened"));
}

TEST_CASE("the process environment is read as it is", "[config]") {
    const auto environment = process_environment();
    CHECK(environment.count("PATH") == 1);
}
