// Requests that no well-behaved client sends, over real sockets: every one is answered with a
// client fault or closed, and the server goes on serving.
#include "actors/status/http_server.hpp"
#include "tests/catch.hpp"
#include "tests/status/http_client.hpp"
#include "tests/status/sample_view.hpp"

using namespace tradewind;
using namespace tradewind::status;
using test::RawConnection;

namespace {

struct Server {
    HttpServer server{[] {
                          HttpOptions options;
                          options.listen = "127.0.0.1:0";
                          options.token = "secret";
                          options.limits.request_timeout = std::chrono::milliseconds(2000);
                          return options;
                      }(),
                      std::make_shared<Metrics>(),
                      [](Command, const Reply& reply) {
                          reply({true, "done"});
                      }};
    unsigned send(const std::string& bytes) {
        RawConnection connection(server.port());
        connection.send(bytes);
        connection.finish_sending();
        return connection.receive().status;
    }
    bool alive() { return test::request(server.port(), "GET", "/healthz").status == 200; }
};

const std::string kHost = "Host: localhost\r\n";
const std::string kAuthorized = kHost + "Authorization: Bearer secret\r\n";

}  // namespace

TEST_CASE("malformed requests are refused by name") {
    Server server;
    struct Row {
        std::string bytes;
        unsigned status;
    };
    const std::vector<Row> rows{
        {"\r\n\r\n\r\n", 400},
        {"GET\r\n\r\n", 400},
        {"GET / HTTP/9.9\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},  // no Host
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" + kHost + "Bad Header\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" + kHost + "X: \x01\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n", 400},
        {"GET * HTTP/1.1\r\n" + kHost + "\r\n", 400},
        {"GET /a%2 HTTP/1.1\r\n" + kHost + "\r\n", 400},
        {"GET /../etc/passwd HTTP/1.1\r\n" + kHost + "\r\n", 404},
        {"GET /%2e%2e/style.css HTTP/1.1\r\n" + kHost + "\r\n", 404},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized + "Content-Length: x\r\n\r\n", 400},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized + "Content-Length: -1\r\n\r\n", 400},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized + "Content-Length: 2\r\n\r\n[]", 400},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
         400},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized +
             "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized +
             "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
         200},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized + "Content-Length: 99999999\r\n\r\n", 413},
        {"POST /api/kill HTTP/1.1\r\n" + kAuthorized +
             "Content-Length: 18446744073709551617\r\n\r\n",
         400},
        {"GET / HTTP/1.1\r\n" + kHost + "X: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
        {"GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n", 431},
    };
    for (const auto& row : rows) {
        INFO(row.bytes.substr(0, 120));
        CHECK(server.send(row.bytes) == row.status);
    }
    CHECK(server.alive());
}

TEST_CASE("a body over the limit is refused although all of it is sent") {
    Server server;
    RawConnection connection(server.server.port());
    connection.send("POST /api/kill HTTP/1.1\r\n" + kAuthorized + "Content-Length: 500000\r\n\r\n");
    connection.send(std::string(500'000, 'x'));
    const auto answer = connection.receive();
    CHECK(answer.status == 413);
    CHECK(answer.headers.at("connection") == "close");
    RawConnection chunked(server.server.port());
    chunked.send("POST /api/kill HTTP/1.1\r\n" + kAuthorized +
                 "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 20; ++i) chunked.send("1000\r\n" + std::string(4096, 'x') + "\r\n");
    CHECK(chunked.receive().status == 413);
    CHECK(server.alive());
}

TEST_CASE("random bytes and mutated requests never stop the server") {
    Server server;
    const std::string valid = "POST /api/kill?x=%41 HTTP/1.1\r\n" + kAuthorized +
                              "Content-Length: 16\r\nConnection: close\r\n\r\n"
                              "{\"flatten\":false}";
    test::law("mutated requests are answered or closed", [&] {
        std::string bytes = valid;
        const int edits = *rc::gen::inRange(1, 6);
        for (int i = 0; i < edits; ++i) {
            const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
            switch (*rc::gen::inRange(0, 4)) {
                case 0:
                    bytes[at] = *rc::gen::arbitrary<char>();
                    break;
                case 1:
                    bytes.insert(at, 1, *rc::gen::arbitrary<char>());
                    break;
                case 2:
                    bytes.erase(at, *rc::gen::inRange<std::size_t>(1, 9));
                    break;
                default:
                    bytes += bytes.substr(at);
                    break;
            }
            if (bytes.empty()) bytes = "\r\n";
        }
        const auto status = server.send(bytes);
        RC_ASSERT(status < 500);
    });
    test::law("random bytes are no request", [&] {
        const auto status =
            server.send(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
        RC_ASSERT(status == 0 || status == 400);
    });
    CHECK(server.alive());
}
