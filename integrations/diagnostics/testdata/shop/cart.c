#include <stdio.h>
#include "total.h"
int main(void) {
  int unused;
  return total(1) + missing;
}
