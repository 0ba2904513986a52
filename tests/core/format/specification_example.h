// The container that FORMAT.md shows byte for byte.
#pragma once

#include <string>

namespace ingot {

// What `hexdump -C` printed between the lines that mark the example.
std::string ExampleFromTheSpecification();

}  // namespace ingot
