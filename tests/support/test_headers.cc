// Nothing but the headers of all tests: see tests/CMakeLists.txt.
