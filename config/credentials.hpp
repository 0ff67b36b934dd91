// Keys of the broker's account. Never printed: Secret has no text form but reveal().
//
// Looked for in this order: APCA_API_KEY_ID and APCA_API_SECRET_KEY in the environment; the files
// broker.key_id_file and broker.secret_key_file of the settings (mode 0600, owned by this user);
// systemd credentials (`apca_api_key_id`, `apca_api_secret_key` in $CREDENTIALS_DIRECTORY).
// A process that has found keys leaves no core file (core_dumps.hpp).
// Errors: tradewind::Error (usage) for a half pair, an open or unreadable file. Source: contract 5.
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"
#include "messages/secret.hpp"

namespace tradewind::config {

using tradewind::Secret;

struct Credentials {
    Secret key_id;
    Secret secret_key;
    std::string origin;  // "environment", "files", "systemd credentials"
};

// Empty: no keys anywhere (the embedded exchange needs none).
[[nodiscard]] std::optional<Credentials> load_credentials(
    const Settings& settings, const std::map<std::string, std::string>& environment);

}  // namespace tradewind::config
