import test from "node:test";
import assert from "node:assert";
test("total", () => { assert.equal(1, 2); });
test("fine", () => {});
test("cart", async (t) => {
  await t.test("first item", () => { throw new Error("boom"); });
  await t.test("skipped", { skip: true }, () => {});
});
