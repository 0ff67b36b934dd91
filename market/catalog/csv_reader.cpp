#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "market/catalog/csv_parser.hpp"
#include "market/catalog/sha256.hpp"
#include "messages/error.hpp"

namespace tradewind::market {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;
constexpr std::size_t kLongestLine = 1 << 16;

// Feeds a parser with whole lines out of pieces of any size.
class LineFeeder {
  public:
    LineFeeder(CsvParser& parser, const std::string& path)
        : parser_(parser), path_(path), buffer_(kChunkBytes + kLongestLine + kCsvSlack, '\0') {}

    // Where the next piece goes, and how long it may be.
    [[nodiscard]] char* room() { return buffer_.data() + held_; }
    [[nodiscard]] static std::size_t room_bytes() { return kChunkBytes; }

    // False: the parser wants no more.
    bool add(std::size_t bytes) {
        held_ += bytes;
        const auto* const last = static_cast<const char*>(memrchr(buffer_.data(), '\n', held_));
        if (last == nullptr) {
            check_length(held_);
            return true;
        }
        const auto whole = static_cast<std::size_t>(last - buffer_.data()) + 1;
        check_length(held_ - whole);
        if (!feed({buffer_.data(), whole})) return false;
        std::memmove(buffer_.data(), buffer_.data() + whole, held_ - whole);
        held_ -= whole;
        return true;
    }
    bool end() {
        if (held_ == 0) return true;
        buffer_[held_] = '\n';
        return feed({buffer_.data(), held_ + 1});
    }
    [[nodiscard]] bool header_seen() const { return header_seen_; }

  private:
    bool feed(std::string_view text) {
        if (!header_seen_) {
            const auto stop = text.find('\n');
            header_seen_ = true;
            if (!parser_.header(text.substr(0, stop))) return false;
            text.remove_prefix(stop + 1);
        }
        parser_.lines(text);
        return true;
    }
    void check_length(std::size_t bytes) const {
        if (bytes < kLongestLine) return;
        const bool binary = std::memchr(buffer_.data(), '\0', held_) != nullptr;
        throw Error(ErrorKind::data, "CSV file", path_,
                    binary ? "the file is binary" : "a line is longer than 65535 bytes",
                    "give CSV text or a Parquet file");
    }

    CsvParser& parser_;
    const std::string& path_;
    std::string buffer_;
    std::size_t held_ = 0;
    bool header_seen_ = false;
};

class OpenFile {
  public:
    explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (fd_ < 0) throw Error(ErrorKind::data, "data file", path, std::strerror(errno));
    }
    ~OpenFile() { ::close(fd_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    std::size_t read(char* out, std::size_t bytes, const std::string& path) {
        for (;;) {
            const auto got = ::read(fd_, out, bytes);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR)
                throw Error(ErrorKind::data, "data file", path, std::strerror(errno));
        }
    }

  private:
    int fd_;
};

[[noreturn]] void throw_empty(const std::string& path) {
    throw Error(ErrorKind::data, "data file", path, "the file is empty");
}

}  // namespace

std::vector<SeriesBuilder::Finished> read_csv_file(const std::string& path,
                                                   const ReadOptions& options, FileReport& report) {
    OpenFile file(path);
    std::error_code ignored;
    const auto size = std::filesystem::file_size(path, ignored);
    CsvParser parser(options, report, std::filesystem::path(path).stem().string(),
                     ignored ? 0 : size);
    LineFeeder feeder(parser, path);
    Sha256 hash;
    for (;;) {
        const auto got = file.read(feeder.room(), LineFeeder::room_bytes(), path);
        if (got == 0) break;
        if (options.hash_files) hash.update({feeder.room(), got});
        report.bytes += got;
        if (!feeder.add(got)) return {};
    }
    if (report.bytes == 0) throw_empty(path);
    if (!feeder.end()) return {};
    if (options.hash_files) report.sha256 = hash.finish();
    return parser.finish();
}

std::vector<SeriesBuilder::Finished> read_csv_text(std::string_view text,
                                                   const std::string& default_symbol,
                                                   const ReadOptions& options, FileReport& report) {
    if (text.empty()) throw_empty(report.path);
    report.bytes = text.size();
    CsvParser parser(options, report, default_symbol, text.size());
    LineFeeder feeder(parser, report.path);
    while (!text.empty()) {
        const auto bytes = std::min(text.size(), LineFeeder::room_bytes());
        std::memcpy(feeder.room(), text.data(), bytes);
        text.remove_prefix(bytes);
        if (!feeder.add(bytes)) return {};
    }
    if (!feeder.end()) return {};
    return parser.finish();
}

}  // namespace tradewind::market
