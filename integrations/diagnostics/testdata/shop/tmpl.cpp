#include <vector>
#include <string>
#include "shape.hpp"
template <typename T> T twice(T v) { return v.nope(); }
int main() {
  int x = "no";
  std::vector<std::string> v;
  v.push_back(3.5f, 2);
  twice(4);
  return undefined_thing;
}
