# tests/test_*.c: one Criterion program and one ctest entry each. tests/*.c without the prefix are
# helpers, linked into all; tests/*_main.c are plain programs. tests/cli/*.sh get the command.
pkg_check_modules(CRITERION REQUIRED IMPORTED_TARGET criterion)

# A sanitizer's report does not always change the exit status of a Criterion program.
set(sanitizer_report "ERROR: (Address|Leak)Sanitizer|runtime error:|WARNING: ThreadSanitizer")

file(GLOB mains CONFIGURE_DEPENDS tests/*_main.c)
file(GLOB sources CONFIGURE_DEPENDS tests/test_*.c)
file(GLOB helpers CONFIGURE_DEPENDS tests/*.c)
list(REMOVE_ITEM helpers ${mains} ${sources})

add_library(flow_test_helpers INTERFACE)
if(helpers)
    add_library(flow_test_objects STATIC ${helpers})
    target_link_libraries(flow_test_objects
        PUBLIC flow_flags flow_core PkgConfig::CRITERION PkgConfig::JANSSON)
    target_link_libraries(flow_test_helpers INTERFACE flow_test_objects)
endif()

# Tests run in the root of the checkout, with two threads, and find the command as $LIBFLOW.
function(flow_test name)
    add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES
        TIMEOUT 900
        SKIP_RETURN_CODE 77
        FAIL_REGULAR_EXPRESSION "${sanitizer_report}"
        ENVIRONMENT "OMP_NUM_THREADS=2;LIBFLOW=$<TARGET_FILE:libflow>")
endfunction()

foreach(source IN LISTS sources mains)
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    if(FLOW_ACROSS)
        target_link_options(${name} PRIVATE -fno-lto)
    endif()
    target_link_libraries(${name} PRIVATE
        flow_flags flow_test_helpers flow_core PkgConfig::CRITERION PkgConfig::JANSSON)
    if(source IN_LIST mains)
        flow_test(${name} $<TARGET_FILE:${name}>)
    else()
        string(REGEX REPLACE "^test_" "" short ${name})
        flow_test(${short} $<TARGET_FILE:${name}> --jobs 1)
    endif()
endforeach()

# A copy of layer 0's chance without what some processors have.
target_sources(portable_main PRIVATE
    libflow/lanes.c libflow/rng.c libflow/split.c libflow/split_sample.c)
target_compile_definitions(portable_main PRIVATE FLOW_PORTABLE)

file(GLOB scripts CONFIGURE_DEPENDS tests/cli/*.sh)
foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME_WE)
    flow_test(cli_${name} sh ${script} $<TARGET_FILE:libflow>)
endforeach()
# Fontconfig, which figures draw texts with, keeps what it has read.
set_property(TEST cli_report APPEND PROPERTY ENVIRONMENT
    "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_SOURCE_DIR}/tests/lsan.txt")
# Many processes of the optimised command; sanitizers would only make them slow.
set_tests_properties(cli_mpi cli_mpi_divided cli_slurm PROPERTIES LABELS release)

# The programs that are compared must simulate the same process.
if(FLOW_BENCH)
    flow_test(bench_step $<TARGET_FILE:bench_step> --n 20000 --rounds 1 --check)
    flow_test(bench_split $<TARGET_FILE:bench_split> --rounds 1)
endif()

flow_test(doc sh tests/doc.sh)

# The installed package; needs the compiler's own options only.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND BUILD_SHARED_LIBS AND NOT FLOW_SANITIZE)
    flow_test(install sh tests/install/install.sh ${PROJECT_BINARY_DIR})
    set_tests_properties(install PROPERTIES LABELS release)
endif()
