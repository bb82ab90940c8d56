export function f() { const unused = 1; return missing; }
if (true) {}
