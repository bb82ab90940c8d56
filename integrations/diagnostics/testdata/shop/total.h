static int total(int a) { return b; }
