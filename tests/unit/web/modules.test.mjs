import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../../web/", import.meta.url);

test("every module of the page can be parsed", () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));
  assert.ok(names.length > 5);
  for (const name of names) {
    const checked = spawnSync(process.execPath, ["--check", "--input-type=module"],
      { input: readFileSync(new URL(name, FOLDER)), encoding: "utf8" });
    assert.equal(checked.status, 0, `${name}: ${checked.stderr}`);
  }
});
