// Bundles the extension into dist/extension.js (small, and with its licences, with --release); with --tests, each
// test into dist-test/.
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const release = process.argv.includes("--release");
const common = { bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  rmSync("dist-test", { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`),
    outdir: "dist-test",
    sourcemap: "inline",
  });
} else {
  rmSync("dist", { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    // The editor gives this module; it is in no package.
    external: ["vscode"],
    minify: release,
    sourcemap: !release,
  });
  if (release) for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(`../../${name}`, name);
}
