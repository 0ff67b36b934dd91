// No image of this process on disk or for a debugger: what every mode asks for before it holds
// keys.
//
// load_credentials() calls it when it finds keys; programs that get keys otherwise call it first.
// Sets the limit of core files to zero (children inherit it) and the process undumpable, which also
// holds where the machine hands core files to a program. Any thread; calling it again is harmless.
// Errors: Error (failed) where the system refuses.
#pragma once

namespace tradewind::config {

void forbid_core_dumps();

}  // namespace tradewind::config
