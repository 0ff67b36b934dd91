// One connection of a market data stream: its state machine from `connected` to the last frame.
//
// Made by DataStreams::open, destroyed when the connection is gone; both on the server's thread.
// Source: broker protocol 4.2, 4.4.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "broker/exchange/data/data_streams.hpp"

namespace tradewind::broker {

class DataStreamSession final : public StreamSession {
  public:
    DataStreamSession(DataStreams& streams, StreamPeer& peer, StreamEndpoint endpoint,
                      StreamCodec codec, std::string account, bool refused_headers);
    ~DataStreamSession() override;

    void on_open() override;
    void on_message(std::string_view message, FrameKind kind) override;
    [[nodiscard]] std::string_view account() const override { return account_; }
    void expire() override;

    [[nodiscard]] const StreamEndpoint& endpoint() const { return endpoint_; }
    [[nodiscard]] StreamCodec codec() const { return codec_; }
    [[nodiscard]] bool wants(StreamChannel channel, const Symbol& symbol) const {
        return authenticated_ && !closed_ && subscription_.wants(channel, symbol);
    }
    // True once: the first order book of a symbol goes out whole.
    [[nodiscard]] bool needs_whole_book(const Symbol& symbol) {
        return whole_books_.insert(symbol).second;
    }
    // Adds a message of the running frame; flush() sends it.
    void add(std::string_view message);
    void flush();

  private:
    void control(const DataJson& message);
    void fail(int code, const char* message);  // says so; closes where the protocol does
    void authenticate(const nlohmann::json& message);
    void become(const std::string& account);
    void change(const nlohmann::json& message, StreamSubscription::Change change);

    DataStreams& streams_;
    StreamPeer& peer_;
    StreamEndpoint endpoint_;
    StreamCodec codec_;
    std::string header_account_;
    bool refused_headers_;
    std::string account_;  // counted while not empty
    bool authenticated_ = false;
    bool closed_ = false;
    StreamSubscription subscription_;
    std::unordered_set<Symbol> whole_books_;
    FrameJoiner frame_;
    std::shared_ptr<DataStreamSession*> self_;  // what a timer holds; emptied by the destructor
};

}  // namespace tradewind::broker
