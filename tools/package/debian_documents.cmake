# Run by CPack before it makes a package of the files in CPACK_TEMPORARY_DIRECTORY. In one for Debian the
# licence is called copyright, there is a changelog of the package, that and the manual page are
# compressed, and zsh looks for completions in another folder.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()

set(share ${CPACK_TEMPORARY_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX}/share)
file(RENAME ${share}/doc/vnsweep/LICENSE ${share}/doc/vnsweep/copyright)
file(MAKE_DIRECTORY ${share}/zsh/vendor-completions)
file(RENAME ${share}/zsh/site-functions/_vnsweep ${share}/zsh/vendor-completions/_vnsweep)
file(REMOVE_RECURSE ${share}/zsh/site-functions)

# SOURCE_DATE_EPOCH, where it is set, is the time.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${share}/doc/vnsweep/changelog
"vnsweep (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Packaged by CPack; CHANGELOG.md says what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
foreach(document ${share}/man/man1/vnsweep.1 ${share}/doc/vnsweep/changelog)
  # Without name and time, so that equal files make equal packages.
  execute_process(COMMAND gzip -9n ${document} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

if(CPACK_VNSWEEP_CUDA)
  # CUDA's libraries are not Debian's.
  file(WRITE ${share}/lintian/overrides/vnsweep "vnsweep: custom-library-search-path *\n")
endif()
