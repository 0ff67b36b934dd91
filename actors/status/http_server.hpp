// The daemon's HTTP interface: health, metrics, state, events, commands, and the operator's page.
//
// A plain class with one I/O thread of its own (Boost.Beast); it knows nothing of actors. It never
// waits for the daemon: every GET is answered from the last published StatusView (newest wins), and
// a command is handed to a callback whose reply may come later from any thread. Answers:
//   GET  /healthz /readyz /metrics /api/status /api/positions /api/orders /api/fills
//        /api/decisions /api/equity /api/forecasts/SYMBOL /api/bars/SYMBOL /api/events (SSE) /
//        lists take ?limit=N (the newest N rows)
//   POST /api/kill /api/resume /api/stop   with `Authorization: Bearer TOKEN`
// Faults of the caller get 400 401 403 404 405 413 431 with {"error": "..."}; 503 when there
// are too many connections or a command was not confirmed in time. A Host header that is a name
// other than `localhost` (DNS rebinding) and a POST with a foreign Origin are 403. Source:
// contract 8.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/status/metrics.hpp"
#include "actors/status/status_view.hpp"

namespace tradewind::status {

struct Command {
    enum class Kind : std::uint8_t { kill, resume, stop };
    Kind kind = Kind::kill;
    bool flatten = false;  // kill only: also close the positions
    std::string reason;    // free text of the operator, at most 1000 bytes
};

struct CommandResult {
    bool done = false;    // kill: the halt is durable; resume, stop: accepted
    std::string message;  // shown to the operator
};

// Answers one command, from any thread, once (later calls are ignored). When the last copy goes
// without an answer, the client is told that the command failed.
class Reply {
  public:
    explicit Reply(std::function<void(CommandResult)> answer);
    void operator()(CommandResult result) const;

  private:
    struct Once;
    std::shared_ptr<Once> once_;
};

// Called on the I/O thread; returns at once.
using CommandHandler = std::function<void(Command, Reply)>;

struct HttpLimits {
    std::uint32_t header_bytes = 16 * 1024;
    std::uint64_t body_bytes = 64 * 1024;
    std::size_t connections = 64;                       // the next one is answered 503 and closed
    std::size_t event_connections = 16;                 // of which may be event streams
    std::chrono::milliseconds request_timeout{15'000};  // a whole request, idle time before it too
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::milliseconds command_timeout{10'000};
    std::chrono::milliseconds event_interval{250};  // at most one state event per interval
    std::chrono::milliseconds event_heartbeat{15'000};
};

struct HttpOptions {
    std::string listen =
        "127.0.0.1:8700";  // ADDR:PORT, [V6]:PORT or localhost:PORT; port 0: any free
    bool allow_non_loopback = false;
    std::string token;  // of the commands; not empty
    HttpLimits limits;
};

class HttpServer {
  public:
    // Binds and serves from here on. Throws Error (usage): malformed address, taken port, an
    // address that is not loopback.
    HttpServer(HttpOptions options, std::shared_ptr<Metrics> metrics, CommandHandler on_command);
    // Closes all connections and joins the thread.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Any thread; swaps a pointer and wakes the I/O thread at most once per unread view.
    void publish(StatusViewPtr view);

    [[nodiscard]] std::string address() const;  // "http://127.0.0.1:8700"
    [[nodiscard]] std::uint16_t port() const;

  private:
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace tradewind::status
