#pragma once

namespace vnsweep {

/// How the networks of a batch are trained together. in_blocks: each in a block of its own, many
/// steps at a time, if they are small enough for that. layer_by_layer: always all at once.
enum class TrainingPath { in_blocks, layer_by_layer };

}  // namespace vnsweep
