// Packs the wrapper and the package of this platform: `node npm/pack.mjs BINARY FOLDER`.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [binary, folder] = process.argv.slice(2);
if (!binary || !folder) {
  console.error("usage: node npm/pack.mjs BINARY FOLDER");
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const wrapper = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const { platform, arch } = process;
const own = mkdtempSync(join(tmpdir(), "plimsoll-npm-"));
mkdirSync(join(own, "bin"));
const program = join(own, "bin", platform === "win32" ? "plimsoll.exe" : "plimsoll");
copyFileSync(binary, program);
chmodSync(program, 0o755);
const { version, license, description } = wrapper;
const manifest = { name: `plimsoll-${platform}-${arch}`, version, description, license, os: [platform], cpu: [arch], files: ["bin"] };
writeFileSync(join(own, "package.json"), JSON.stringify(manifest, null, 2));
mkdirSync(folder, { recursive: true });
for (const source of [own, here]) {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", resolve(folder)], { cwd: source, stdio: "inherit" });
}
rmSync(own, { recursive: true });
