#pragma once

#include <cstddef>

namespace vnsweep::cpu {

/// Rows of Z come in whole groups of this many; those that belong to no live node are zero.
inline constexpr int kNodeGroup = 4;

constexpr int padded_nodes(int nodes) {
  return (nodes + kNodeGroup - 1) / kNodeGroup * kNodeGroup;
}

/// Centred outputs of the live nodes, in their order, and what makes each of unit norm.
/// Source: DESIGN.md section 1, "Vanishing node indicator".
/// @param output         (nodes, stride), float64; the first `probes` of each row count
/// @param[out] z         (padded_nodes(nodes), z_stride), z_stride a multiple of kSampleGroup,
///                       aligned; zero beyond the probes and in rows that complete the last group
/// @param[out] scale     (padded_nodes(nodes)) reciprocal norms of the rows of z; 1 for zero rows
/// @returns how many nodes are live
int centre_live_nodes(const double* output, int nodes, int probes, std::size_t stride, double* z,
                      std::size_t z_stride, double* scale);

/// Gram matrix of rows that are multiplied by `scale`, lower triangle.
/// @param z        (padded_nodes(rows), stride), stride a multiple of kSampleGroup, aligned
/// @param scale    (padded_nodes(rows)), or null for 1
/// @param[out] c   (rows, rows), row-major; only c[i * rows + j] with j <= i is written
void gram_of_rows(const double* z, const double* scale, int rows, std::size_t stride, double* c);

}  // namespace vnsweep::cpu
