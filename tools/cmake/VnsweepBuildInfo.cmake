# Facts about the build that `vnsweep --version` prints. The commit is read at configure time;
# an unclean tree is marked.
find_package(Git QUIET)
set(VNSWEEP_COMMIT "unknown")
if(Git_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=12 --exclude=*
                  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  OUTPUT_VARIABLE VNSWEEP_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT VNSWEEP_COMMIT)
  set(VNSWEEP_COMMIT "unknown")
endif()
configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/build_info.hpp.in
               ${PROJECT_BINARY_DIR}/generated/build_info.hpp @ONLY)
