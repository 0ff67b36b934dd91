#include "ledger/csv_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

[[noreturn]] void not_written(const std::filesystem::path& file, int code) {
    throw Error(ErrorKind::failed, "cannot write file", file.string(), std::strerror(code),
                "free space or choose another folder");
}

int create(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) not_written(file, errno);
    return descriptor;
}

void write_all(const std::filesystem::path& file, int descriptor, const char* data,
               std::size_t size) {
    while (size > 0) {
        const auto written = ::write(descriptor, data, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) not_written(file, errno);
        data += written;
        size -= static_cast<std::size_t>(written);
    }
}

}  // namespace

CsvFile::CsvFile(const std::filesystem::path& file, std::string_view header)
    : file_(file),
      descriptor_(create(file)),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferSize)) {
    put_line(std::string(header));
    rows_ = 0;
}

CsvFile::~CsvFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

CsvFile::CsvFile(CsvFile&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      buffer_(std::move(other.buffer_)),
      used_(other.used_),
      rows_(other.rows_),
      sha_(std::move(other.sha_)) {}

CsvFile& CsvFile::operator=(CsvFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(buffer_, other.buffer_);
    std::swap(used_, other.used_);
    std::swap(rows_, other.rows_);
    sha_ = std::move(other.sha_);
    return *this;
}

void CsvFile::flush() {
    sha_.update(buffer_.get(), used_);
    write_all(file_, descriptor_, buffer_.get(), used_);
    used_ = 0;
}

void CsvFile::put_line(const std::string& line) {
    ensure(line.size() < kBufferSize, "a CSV row fits the buffer");
    char* const out = begin_row(line.size() + 1);
    std::memcpy(out, line.data(), line.size());
    out[line.size()] = '\n';
    end_row(out + line.size() + 1);
}

std::string CsvFile::finish() {
    flush();
    if (::close(std::exchange(descriptor_, -1)) != 0) not_written(file_, errno);
    return to_hex(sha_.finish());
}

CsvFile::Row& CsvFile::Row::text(std::string_view value) {
    separate();
    // A loop of its own: a search for a set of characters costs a call for each of them.
    const bool plain = std::none_of(value.begin(), value.end(), [](char c) {
        return c == ',' || c == '"' || c == '\n' || c == '\r';
    });
    if (plain) {
        line_ += value;
        return *this;
    }
    line_ += '"';
    for (const char c : value) {
        if (c == '"') line_ += '"';
        line_ += c == '\n' || c == '\r' ? ' ' : c;
    }
    line_ += '"';
    return *this;
}

CsvFile::Row& CsvFile::Row::time(Timestamp value) {
    separate();
    if (value != Timestamp{}) {
        char buffer[32];
        line_.append(buffer, format_time(buffer, value));
    }
    return *this;
}

void write_text_file(const std::filesystem::path& file, std::string_view text) {
    const int descriptor = create(file);
    try {
        write_all(file, descriptor, text.data(), text.size());
    } catch (...) {
        ::close(descriptor);
        throw;
    }
    if (::close(descriptor) != 0) not_written(file, errno);
}

}  // namespace tradewind::ledger
