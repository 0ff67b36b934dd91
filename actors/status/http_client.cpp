#include "actors/status/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string_view>

#include "messages/error.hpp"

namespace tradewind::status {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kPoll{50};
constexpr std::uint64_t kMaximumAnswer = 64U << 20U;

[[noreturn]] void refuse(const Endpoint& endpoint, const std::string& why) {
    throw Error(ErrorKind::unavailable, "no answer from the daemon", endpoint.address, why,
                "is it running? start it, or name its folder with --state");
}

tcp::endpoint parse(const Endpoint& endpoint) {
    constexpr std::string_view kScheme = "http://";
    const std::string_view text = endpoint.address;
    const auto colon = text.rfind(':');
    if (!text.starts_with(kScheme) || colon < kScheme.size()) refuse(endpoint, "not an address");
    auto host = text.substr(kScheme.size(), colon - kScheme.size());
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    beast::error_code fault;
    const auto address = asio::ip::make_address(std::string(host), fault);
    if (fault || !address.is_loopback()) refuse(endpoint, "not a loopback address");
    return {address, endpoint.port};
}

// One request and its answer as a chain of handlers, so that the time-out covers all of it.
class Exchange {
  public:
    Exchange(const Endpoint& endpoint, std::chrono::milliseconds timeout,
             http::request<http::string_body> request)
        : endpoint_(endpoint), stream_(context_), request_(std::move(request)) {
        stream_.expires_after(timeout);
        parser_.body_limit(kMaximumAnswer);
    }

    HttpAnswer run() {
        stream_.async_connect(parse(endpoint_), [this](beast::error_code fault) {
            if (failed(fault)) return;
            http::async_write(
                stream_, request_, [this](beast::error_code write_fault, std::size_t) {
                    if (failed(write_fault)) return;
                    http::async_read(
                        stream_, buffer_, parser_,
                        [this](beast::error_code read_fault, std::size_t) { failed(read_fault); });
                });
        });
        context_.run();
        if (fault_) refuse(endpoint_, fault_.message());
        return {parser_.get().result_int(), parser_.get().body()};
    }

  private:
    bool failed(beast::error_code fault) {
        fault_ = fault;
        return static_cast<bool>(fault);
    }

    const Endpoint& endpoint_;
    asio::io_context context_;
    beast::tcp_stream stream_;
    http::request<http::string_body> request_;
    http::response_parser<http::string_body> parser_;
    beast::flat_buffer buffer_;
    beast::error_code fault_;
};

http::request<http::string_body> request_of(const Endpoint& endpoint, http::verb verb,
                                            const std::string& target) {
    http::request<http::string_body> request{verb, target, 11};
    request.set(http::field::host, endpoint.address.substr(std::string_view("http://").size()));
    request.set(http::field::connection, "close");
    return request;
}

bool answers(const Endpoint& endpoint) {
    asio::io_context context;
    tcp::socket socket(context);
    beast::error_code fault;
    socket.connect(parse(endpoint), fault);
    return !fault;
}

}  // namespace

HttpAnswer http_get(const Endpoint& endpoint, const std::string& target,
                    std::chrono::milliseconds timeout) {
    (void)parse(endpoint);
    return Exchange(endpoint, timeout, request_of(endpoint, http::verb::get, target)).run();
}

HttpAnswer http_post(const Endpoint& endpoint, const std::string& target, const std::string& body,
                     std::chrono::milliseconds timeout) {
    (void)parse(endpoint);
    auto request = request_of(endpoint, http::verb::post, target);
    request.set(http::field::authorization, "Bearer " + endpoint.token);
    request.set(http::field::content_type, "application/json");
    request.body() = body;
    request.prepare_payload();
    return Exchange(endpoint, timeout, std::move(request)).run();
}

bool wait_until_ended(const std::filesystem::path& endpoint_file, const Endpoint& endpoint,
                      std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (std::filesystem::exists(endpoint_file) || answers(endpoint)) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        asio::io_context context;
        asio::steady_timer pause(context, kPoll);
        pause.wait();
    }
    return true;
}

}  // namespace tradewind::status
