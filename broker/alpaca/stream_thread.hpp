// The thread of one stream: connects, talks, and connects again, within the back-off's limits.
//
// The owner starts it by construction and ends it by destruction (at most a moment of waiting). One
// socket at a time. Conversation::talk() runs on the thread with an open socket and returns when
// the connection is of no use any more. Source: contract 9 (Connections).
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "broker/alpaca/backoff.hpp"
#include "broker/alpaca/web_socket.hpp"

namespace tradewind::broker::alpaca {

// How a conversation ended.
struct TalkEnd {
    std::string reason;
    std::int64_t wait_s = 0;  // the other side asked for a pause
};

class StreamThread {
  public:
    // `talk` gets an open socket and a function to call once the stream works; `down` is told why
    // there is no stream, before each pause.
    using Talk = std::function<TalkEnd(WebSocket&, const std::function<void()>& works)>;
    using Down = std::function<void(const std::string& reason)>;

    StreamThread(std::string name, Address address, std::string path,
                 const AlpacaSettings& settings, Talk talk, Down down);
    ~StreamThread();
    StreamThread(const StreamThread&) = delete;
    StreamThread& operator=(const StreamThread&) = delete;

    // Drops the connection; the thread connects again. Any thread.
    void reconnect();
    [[nodiscard]] bool stopping() const { return stop_; }

  private:
    void run();
    TalkEnd attempt();
    bool pause(std::int64_t wait_ns);

    std::string name_;
    Address address_;
    std::string path_;
    AlpacaSettings settings_;
    Talk talk_;
    Down down_;
    Backoff backoff_;
    std::atomic<bool> stop_ = false;
    std::mutex mutex_;
    std::condition_variable wake_;
    WebSocket* socket_ = nullptr;  // the one in use; under mutex_
    std::thread thread_;
};

// Steady time in nanoseconds.
[[nodiscard]] std::int64_t steady_now_ns();

}  // namespace tradewind::broker::alpaca
