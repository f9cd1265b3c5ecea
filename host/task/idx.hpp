#pragma once

#include <string>
#include <string_view>

#include "host/task/file_data.hpp"

namespace vnsweep {

/// Reads a data set in the format of MNIST, http://yann.lecun.com/exdb/mnist: images of any rank,
/// whose first dimension counts the samples and whose others are flattened, and labels of rank 1,
/// integers. Elements are of any of the format's types, big-endian. Classes are sorted.
/// @param *_name  the files, for messages
/// @throws DataError if the bytes are not exactly what their header says
FileData parse_idx(std::string_view images, const std::string& images_name, std::string_view labels,
                   const std::string& labels_name);

}  // namespace vnsweep
