const total: string = 3;
export function f(a: number) { return a.missing; }
f("x");
