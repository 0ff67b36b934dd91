// The one ordinary source of the test library: it carries the precompiled header of all tests.
#include "tests/catch.hpp"
