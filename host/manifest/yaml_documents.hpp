#pragma once

#include <optional>
#include <string>

#include "host/manifest/diagnostics.hpp"

namespace vnsweep {

/// Where a second YAML document begins, or what stands behind the first one. YAML::LoadAll, which
/// would say as much, makes documents without end of a comma there (yaml-cpp 0.7).
/// @throws YAML::Exception where the text is not YAML
std::optional<SourcePosition> second_document(const std::string& text);

}  // namespace vnsweep
