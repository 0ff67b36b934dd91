// The TLS side of the Alpaca client's connections. Included by the two connection sources only.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <memory>
#include <string>

#include "broker/alpaca/alpaca_settings.hpp"
#include "messages/error.hpp"

namespace tradewind::broker::alpaca {

// Verifies by the machine's authorities, or by those of the settings' file alone.
inline std::unique_ptr<boost::asio::ssl::context> tls_context(const AlpacaSettings& settings) {
    namespace ssl = boost::asio::ssl;
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                         ssl::context::no_tlsv1_1);
    context->set_verify_mode(ssl::verify_peer);
    boost::system::error_code fault;
    if (settings.certificate_authorities.empty()) {
        context->set_default_verify_paths(fault);
    } else {
        context->load_verify_file(settings.certificate_authorities.string(), fault);
    }
    if (fault) {
        throw Error(ErrorKind::usage, "cannot read the certificate authorities",
                    settings.certificate_authorities.string(), fault.message(),
                    "name a PEM file, or leave it out for the machine's own");
    }
    return context;
}

}  // namespace tradewind::broker::alpaca
