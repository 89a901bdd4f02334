# Reads a component's or a module's CMakeLists.txt as ESP-IDF and Zephyr would, and fails for files that there are not:
# cmake -DLISTS=path/CMakeLists.txt -DROOT=folder -P component.cmake
cmake_minimum_required(VERSION 3.16)

function(must_exist kind root)
  foreach(path IN LISTS ARGN)
    get_filename_component(full "${path}" ABSOLUTE BASE_DIR "${root}")
    if(NOT EXISTS "${full}")
      message(FATAL_ERROR "${kind} ${path} does not exist")
    endif()
    message("${kind} ${path}")
  endforeach()
endfunction()

function(idf_component_register)
  cmake_parse_arguments(ARG "" "" "SRCS;INCLUDE_DIRS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SRCS)
    message(FATAL_ERROR "idf_component_register(${ARGN})")
  endif()
  must_exist(source "${ROOT}" ${ARG_SRCS})
  must_exist(include "${ROOT}" ${ARG_INCLUDE_DIRS})
endfunction()

function(zephyr_include_directories)
  must_exist(include "${ROOT}" ${ARGN})
endfunction()

function(zephyr_library_named name)
  message("library ${name}")
endfunction()

function(zephyr_library_sources)
  must_exist(source "${ROOT}" ${ARGN})
endfunction()

include("${LISTS}")
