from spack_repo.builtin.build_systems.cmake import CMakePackage
from spack_repo.builtin.build_systems.cuda import CudaPackage

from spack.package import *


class Vnsweep(CMakePackage, CudaPackage):
    """Measures how likely the training of deep networks is to fail as depth grows, and whether
    vanishing nodes or vanishing or exploding gradients are the cause. Recipe for Spack 1.0 or newer,
    which builds the checkout that `spack develop` or `dev_path` names."""

    homepage = "https://arxiv.org/abs/1910.09745"

    license("MIT")

    version("0.1.0")

    variant("tests", default=False, description="Build the tests")

    depends_on("cxx", type="build")
    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")

    depends_on("boost")
    depends_on("cli11@2.1:")
    depends_on("fmt@9:")
    depends_on("highway@1.0.3:")
    depends_on("nlohmann-json@3.11:")
    # Eigenvalues and QR come from its LAPACK.
    depends_on("openblas@0.3.21: +fortran")
    depends_on("random123")
    # With the fmt above, not with a copy of its own.
    depends_on("spdlog@1.10: +fmt_external")
    depends_on("sqlite@3.40:")
    depends_on("xxhash@0.8:")
    depends_on("yaml-cpp@0.7:")
    depends_on("zlib-api")

    depends_on("cuda@12.9:", when="+cuda")
    depends_on("googletest +gmock", when="+tests")
    depends_on("valijson", when="+tests")
    depends_on("gnuplot", type="run")

    generator("ninja")

    def cmake_args(self):
        arguments = [
            self.define_from_variant("VNSWEEP_CUDA", "cuda"),
            self.define_from_variant("VNSWEEP_TESTS", "tests"),
            self.define("VNSWEEP_BENCHMARKS", False),
        ]
        architectures = self.spec.variants["cuda_arch"].value if "+cuda" in self.spec else ("none",)
        if "none" not in architectures:
            arguments.append(self.define("CMAKE_CUDA_ARCHITECTURES", list(architectures)))
        return arguments
