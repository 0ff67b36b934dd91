// Requests and answers of the simulated exchange as its routes see them: plain values, no sockets.
//
// A request holds its path in decoded segments, so that `BTC%2FUSD` stays one segment; the query in
// decoded pairs, in order. An answer without a body is sent without content type (204). Routes
// throw ApiError for everything that a caller got wrong; the server writes it in the broker's form.
// Any thread; owned by whoever made them. Source: broker protocol 1.2, 1.3, 1.5, 8.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tradewind::broker {

struct HttpRequest {
    std::string method;                 // upper case
    std::string target;                 // as it was sent
    std::vector<std::string> segments;  // of the path, decoded; `/v2/clock` is {"v2", "clock"}
    std::vector<std::pair<std::string, std::string>> query;  // decoded
    std::map<std::string, std::string> headers;              // names in lower case
    std::string body;
    std::string id;  // X-Request-ID of the answer
    // Set by the routing.
    std::vector<std::string> captures;  // of the route's pattern, in order
    std::string account;                // of the credentials; empty where none came

    [[nodiscard]] std::string path() const;
    // The first value of that name; null: absent. An empty value is a value.
    [[nodiscard]] const std::string* parameter(std::string_view name) const;
    [[nodiscard]] std::string parameter_or(std::string_view name, std::string_view otherwise) const;
    // `true`/`false` in any case, `1`/`0`; absent or empty: `otherwise`. Throws ApiError (400).
    [[nodiscard]] bool flag(std::string_view name, bool otherwise = false) const;
    // A whole number in [least, most]; absent or empty: `otherwise`. Throws ApiError (400).
    [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t otherwise,
                                      std::int64_t least, std::int64_t most) const;
    // The non-empty parts of a comma list, of all its occurrences.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
    [[nodiscard]] std::string header(const std::string& lower_case_name) const;
};

struct HttpAnswer {
    unsigned status = 200;
    std::string body;
    std::string content_type = "application/json; charset=UTF-8";
    std::vector<std::pair<std::string, std::string>> headers;
};

// What a caller got wrong. `code` 0: the body holds only the message. `members` is further JSON of
// the error object, `"symbol":"AAPL","available":"0"`; may be empty.
class ApiError : public std::runtime_error {
  public:
    ApiError(unsigned status, int code, const std::string& message, std::string members = {})
        : std::runtime_error(message), status_(status), code_(code), members_(std::move(members)) {}

    [[nodiscard]] unsigned status() const { return status_; }
    [[nodiscard]] int code() const { return code_; }
    // {"code":40410000,"message":"...",...}
    [[nodiscard]] std::string body() const;
    [[nodiscard]] HttpAnswer answer() const { return {status_, body(), kJson, {}}; }

  private:
    static constexpr const char* kJson = "application/json; charset=UTF-8";
    unsigned status_;
    int code_;
    std::string members_;
};

// The text as a JSON string, quotes included.
[[nodiscard]] std::string json_string(std::string_view text);

// `%41` and `+` (in queries) decoded; malformed escapes stay as they are.
[[nodiscard]] std::string percent_decoded(std::string_view text, bool plus_is_space);
// Fills segments and query from the target.
void split_target(HttpRequest& request);

}  // namespace tradewind::broker
