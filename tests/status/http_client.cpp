#include "tests/status/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace tradewind::test {

RawConnection::RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A hang becomes a failed test instead of a stuck one.
    const timeval limit{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw std::runtime_error("cannot connect");
    }
}

RawConnection::~RawConnection() {
    ::close(socket_);
}

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawConnection::finish_sending() {
    ::shutdown(socket_, SHUT_WR);
}

bool RawConnection::fill() {
    char bytes[16384];
    const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
}

std::string RawConnection::receive_until(std::string_view mark) {
    for (;;) {
        const auto found = buffer_.find(mark);
        if (found != std::string::npos) {
            auto result = buffer_.substr(0, found + mark.size());
            buffer_.erase(0, found + mark.size());
            return result;
        }
        if (!fill()) return {};
    }
}

HttpAnswer RawConnection::receive(bool head) {
    HttpAnswer answer;
    const auto text = receive_until("\r\n\r\n");
    if (text.size() < 12 || !text.starts_with("HTTP/1.")) return answer;
    answer.status = static_cast<unsigned>(std::stoul(text.substr(9, 3)));
    std::size_t at = text.find("\r\n") + 2;
    while (at < text.size()) {
        const auto end = text.find("\r\n", at);
        const auto colon = text.find(": ", at);
        if (end == at) break;
        auto name = text.substr(at, colon - at);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        answer.headers[name] = text.substr(colon + 2, end - colon - 2);
        at = end + 2;
    }
    const auto length = answer.headers.find("content-length");
    if (head || length == answer.headers.end()) return answer;
    const auto size = std::stoul(length->second);
    while (buffer_.size() < size) {
        if (!fill()) throw std::runtime_error("the answer ended early");
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

bool RawConnection::closed_by_peer() {
    char byte = 0;
    return ::recv(socket_, &byte, 1, 0) <= 0;
}

HttpAnswer request(std::uint16_t port, std::string_view method, std::string_view target,
                   std::string_view headers, std::string_view body) {
    RawConnection connection(port);
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
    if (headers.find("Host:") == std::string_view::npos) {
        text += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
    }
    text += headers;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    connection.send(text + std::string(body));
    return connection.receive(method == "HEAD");
}

}  // namespace tradewind::test
