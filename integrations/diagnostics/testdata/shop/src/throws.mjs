function f() {
  throw new Error('no stock');
}
f();
