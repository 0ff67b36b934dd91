#include "broker/exchange/exchange_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

namespace fs = std::filesystem;

// The first word of a snapshot; the number is the version of its form.
constexpr std::string_view kHeader = "tradewind-exchange 1 ";
constexpr std::string_view kAnyHeader = "tradewind-exchange ";
constexpr std::size_t kCrcDigits = 8;

[[noreturn]] void fail(ErrorKind kind, const fs::path& file, const std::string& why,
                       const std::string& remedy) {
    throw Error(kind, "the exchange's store cannot be used", file.string(), why, remedy);
}

[[noreturn]] void fail_io(const fs::path& file) {
    fail(ErrorKind::failed, file, std::strerror(errno), "free space on the disk, then start again");
}

[[noreturn]] void corrupt(const fs::path& file, const std::string& why) {
    fail(ErrorKind::corrupt, file, why, "restore the folder, or start with another one");
}

std::string read_all(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) fail_io(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void sync_folder(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    if (!synced) fail_io(folder);
}

}  // namespace

std::string journal_line(std::string_view text) {
    boost::crc_32_type crc;
    crc.process_bytes(text.data(), text.size());
    char digits[kCrcDigits + 2];
    std::snprintf(digits, sizeof digits, "%08x ", crc.checksum());
    return std::string(digits) + std::string(text) + "\n";
}

std::optional<std::string_view> checked_text(std::string_view line) {
    if (line.size() < kCrcDigits + 1 || line[kCrcDigits] != ' ') return std::nullopt;
    const auto text = line.substr(kCrcDigits + 1);
    if (journal_line(text).substr(0, kCrcDigits) != line.substr(0, kCrcDigits)) {
        return std::nullopt;
    }
    return text;
}

ExchangeStore::ExchangeStore(fs::path folder) : folder_(std::move(folder)) {
    std::error_code code;
    fs::create_directories(folder_, code);
    const auto file = folder_ / "lock";
    lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) {
        fail(ErrorKind::usage, file, std::strerror(errno), "give a writable folder");
    }
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock_);
        fail(ErrorKind::locked, file, "another process has it",
             "stop that one, or give another folder");
    }
}

ExchangeStore::~ExchangeStore() {
    if (journal_ >= 0) ::close(journal_);
    ::close(lock_);
}

fs::path ExchangeStore::journal_path(std::uint64_t generation) const {
    return folder_ / ("journal." + std::to_string(generation));
}

std::optional<ExchangeStore::Contents> ExchangeStore::open() {
    const auto file = folder_ / "snapshot";
    if (!fs::exists(file)) return std::nullopt;
    const auto text = read_all(file);
    std::string_view rest = text;
    if (!rest.starts_with(kHeader)) {
        corrupt(file, rest.starts_with(kAnyHeader) ? "written by a newer version"
                                                   : "not a snapshot of an exchange");
    }
    rest.remove_prefix(kHeader.size());
    const auto [stop, code] = std::from_chars(rest.data(), rest.data() + rest.size(), generation_);
    if (code != std::errc() || stop == rest.data() + rest.size() || *stop != '\n') {
        corrupt(file, "its first line is damaged");
    }
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()) + 1);
    const auto body = rest.ends_with('\n') ? checked_text(rest.substr(0, rest.size() - 1))
                                           : std::optional<std::string_view>();
    if (!body) corrupt(file, "its checksum does not match");
    Contents contents;
    contents.snapshot = std::string(*body);
    contents.records = read_journal();
    open_journal();
    return contents;
}

std::vector<std::string> ExchangeStore::read_journal() {
    const auto file = journal_path(generation_);
    if (!fs::exists(file)) corrupt(file, "the snapshot's journal is missing");
    const auto text = read_all(file);
    std::vector<std::string> records;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto end = text.find('\n', at);
        const auto line = std::string_view(text).substr(at, end - at);
        const auto record =
            end == std::string::npos ? std::optional<std::string_view>() : checked_text(line);
        if (!record) {
            // Only the last write can have been interrupted: its line has no end, or holds blocks
            // that never reached the disk. Nothing whole may follow it.
            bool torn = end == std::string::npos || line.find('\0') != std::string_view::npos;
            for (auto next = end; next != std::string::npos && torn;) {
                const auto from = next + 1;
                next = text.find('\n', from);
                torn = next == std::string::npos ||
                       !checked_text(std::string_view(text).substr(from, next - from));
            }
            if (!torn) corrupt(file, "damaged at byte " + std::to_string(at));
            break;
        }
        records.emplace_back(*record);
        at = end + 1;
    }
    journal_bytes_ = at;
    return records;
}

void ExchangeStore::open_journal() {
    const auto file = journal_path(generation_);
    const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0) fail_io(file);
    if (::ftruncate(fd, static_cast<off_t>(journal_bytes_)) != 0 || ::fsync(fd) != 0) {
        ::close(fd);
        fail_io(file);
    }
    journal_ = fd;
}

void ExchangeStore::append(std::string_view text, bool sync) {
    ensure(journal_ >= 0, "the exchange's store is open");
    ensure(text.find('\n') == std::string_view::npos, "a journal record is one line");
    const auto line = journal_line(text);
    if (!write_all(journal_, line) || (sync && ::fdatasync(journal_) != 0)) {
        const int fault = errno;
        // What was written in part must not stand before later records.
        if (::ftruncate(journal_, static_cast<off_t>(journal_bytes_)) != 0) {
            ::close(journal_);
            journal_ = -1;
        }
        errno = fault;
        fail_io(journal_path(generation_));
    }
    journal_bytes_ += line.size();
}

void ExchangeStore::sync() {
    ensure(journal_ >= 0, "the exchange's store is open");
    if (::fdatasync(journal_) != 0) fail_io(journal_path(generation_));
}

void ExchangeStore::replace(std::string_view snapshot) {
    const auto old_generation = generation_;
    const bool had_journal = journal_ >= 0;
    const auto file = folder_ / "snapshot";
    auto temporary = file;
    temporary += ".new";
    const auto text =
        std::string(kHeader) + std::to_string(generation_ + 1) + "\n" + journal_line(snapshot);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) fail_io(temporary);
    const bool written = write_all(fd, text) && ::fsync(fd) == 0;
    ::close(fd);
    if (!written) fail_io(temporary);
    // The new journal is there before the snapshot that names it. A failure up to the rename
    // leaves the old pair in use.
    const int next = ::open(journal_path(generation_ + 1).c_str(),
                            O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (next < 0) fail_io(journal_path(generation_ + 1));
    sync_folder(folder_);
    if (::fsync(next) != 0 || ::rename(temporary.c_str(), file.c_str()) != 0) {
        ::close(next);
        fail_io(file);
    }
    if (had_journal) ::close(journal_);
    journal_ = next;
    ++generation_;
    journal_bytes_ = 0;
    sync_folder(folder_);
    ::unlink(journal_path(old_generation).c_str());
}

}  // namespace tradewind::broker
