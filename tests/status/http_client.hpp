// A blocking client on loopback for tests of the status server: sends bytes as given, so that a
// test can send what no library would.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tradewind::test {

struct HttpAnswer {
    unsigned status = 0;                         // 0: the server closed without an answer
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

class RawConnection {
  public:
    explicit RawConnection(std::uint16_t port);
    ~RawConnection();
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    bool send(std::string_view bytes);  // false: the peer has closed
    void finish_sending();
    // One answer; `head`: it has no body whatever its length says.
    HttpAnswer receive(bool head = false);
    // Bytes up to and including `mark`; empty when the peer closed first.
    std::string receive_until(std::string_view mark);
    bool closed_by_peer();  // waits for the end of the stream

  private:
    bool fill();
    int socket_ = -1;
    std::string buffer_;
};

// One request on its own connection.
HttpAnswer request(std::uint16_t port, std::string_view method, std::string_view target,
                   std::string_view headers = "", std::string_view body = "");

}  // namespace tradewind::test
