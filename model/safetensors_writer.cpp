#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/safetensors.hpp"

namespace tradewind::model {

void SafeTensorsWriter::set_metadata(const std::string& key, const std::string& value) {
    metadata_[key] = value;
}

void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const float> values) {
    add(name, Dtype::f32, shape, std::as_bytes(values));
}
void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const double> values) {
    add(name, Dtype::f64, shape, std::as_bytes(values));
}
void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const std::int64_t> values) {
    add(name, Dtype::i64, shape, std::as_bytes(values));
}
void SafeTensorsWriter::add(const std::string& name, const Shape& shape,
                            std::span<const std::uint8_t> values) {
    add(name, Dtype::u8, shape, std::as_bytes(values));
}

void SafeTensorsWriter::add(const std::string& name, Dtype dtype, const Shape& shape,
                            std::span<const std::byte> bytes) {
    ensure(name != "__metadata__", "a tensor is not named like the metadata");
    ensure(static_cast<std::size_t>(value_count(shape)) * size_of(dtype) == bytes.size(),
           "a written tensor has as many values as its shape says");
    Entry entry{dtype, shape, {}};
    entry.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ensure(entries_.emplace(name, std::move(entry)).second, "a tensor is written once");
}

std::string SafeTensorsWriter::to_bytes() const {
    nlohmann::json header = nlohmann::json::object();
    if (!metadata_.empty()) header["__metadata__"] = metadata_;
    // Wider values first, so that each tensor is aligned without holes between them.
    std::vector<std::pair<const std::string*, const Entry*>> order;
    for (const std::size_t width : {8U, 4U, 2U, 1U}) {
        for (const auto& [name, entry] : entries_) {
            if (size_of(entry.dtype) == width) order.emplace_back(&name, &entry);
        }
    }
    std::size_t offset = 0;
    for (const auto& [name, entry] : order) {
        header[*name] = {{"dtype", name_of(entry->dtype)},
                         {"shape", entry->shape},
                         {"data_offsets", {offset, offset + entry->bytes.size()}}};
        offset += entry->bytes.size();
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    const std::uint64_t length = text.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    bytes += text;
    for (const auto& [name, entry] : order) bytes += entry->bytes;
    return bytes;
}

void SafeTensorsWriter::write(const std::string& path) const {
    const std::string bytes = to_bytes();
    const std::string partial = path + ".partial";
    const auto fail = [&path](const char* what) {
        throw Error(ErrorKind::usage, what, path, std::strerror(errno), "choose another --out");
    };
    const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) fail("cannot create file");
    std::size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t count = ::write(file, bytes.data() + written, bytes.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const int reason = errno;
            ::close(file);
            ::unlink(partial.c_str());
            errno = reason;
            fail("cannot write file");
        }
        written += static_cast<std::size_t>(count);
    }
    const bool synced = ::fsync(file) == 0;
    if (::close(file) != 0 || !synced || std::rename(partial.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(partial.c_str());
        errno = reason;
        fail("cannot write file");
    }
}

}  // namespace tradewind::model
