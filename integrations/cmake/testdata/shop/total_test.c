#include <assert.h>
#include <stdio.h>
int total(int a, int b);
int main(void) {
	printf("adding\n");
	fflush(stdout);
	assert(total(1, 2) == 3);
	return 0;
}
