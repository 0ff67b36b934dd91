#include "ledger/sha256.hpp"

#include "tests/catch.hpp"

using namespace tradewind::ledger;

// The examples of FIPS 180-2, appendix B, and the empty message.
TEST_CASE("SHA-256 gives the hashes of its standard") {
    CHECK(to_hex(sha256_of("")) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256_of("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(to_hex(sha256_of(std::string(1'000'000, 'a'))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 in pieces is that of the whole, and an object starts anew") {
    tradewind::test::law("pieces", [](const std::string& text) {
        Sha256 sha;
        for (int round = 0; round < 2; ++round) {
            std::size_t at = 0;
            while (at < text.size()) {
                const auto length = *rc::gen::inRange<std::size_t>(1, text.size() - at + 1);
                sha.update(text.data() + at, length);
                at += length;
            }
            RC_ASSERT(sha.finish() == sha256_of(text));
        }
        Sha256 moved = std::move(sha);
        moved.update(text.data(), text.size());
        RC_ASSERT(moved.finish() == sha256_of(text));
    });
}
