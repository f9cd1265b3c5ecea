#pragma once

#include <string>
#include <string_view>

#include "host/manifest/manifest.hpp"

namespace vnsweep {

/// Parses and checks a manifest whose text is known to be UTF-8 of a reasonable size.
/// @param file  name for messages
/// @throws ManifestError with every problem found
Manifest read_manifest(std::string_view text, const std::string& file);

}  // namespace vnsweep
