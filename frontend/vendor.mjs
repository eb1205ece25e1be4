// Copies the named third-party files into static/vendor and writes the manifest and the notices.
// Usage, only to upgrade a file:  npm ci --ignore-scripts && npm run vendor
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const TARGET = join(ROOT, "static", "vendor");
const NOTICES = join(TARGET, "THIRD_PARTY_NOTICES.md");

// package → files to serve. `folder` is the name under static/vendor; `notice` is a text the licence asks us to show
// and the package itself does not carry.
const PACKAGES = [
  { name: "htmx.org", folder: "htmx", files: ["dist/htmx.min.js"] },
  {
    name: "lightweight-charts",
    folder: "lightweight-charts",
    files: ["dist/lightweight-charts.standalone.production.mjs"],
    notice: "notices/lightweight-charts.txt",
    bundles: ["fancy-canvas"],
  },
  { name: "uplot", folder: "uplot", files: ["dist/uPlot.iife.min.js", "dist/uPlot.min.css"] },
  {
    name: "@fontsource-variable/inter",
    folder: "inter",
    files: ["files/inter-latin-wght-normal.woff2", "files/inter-latin-ext-wght-normal.woff2"],
  },
  {
    name: "@fontsource-variable/jetbrains-mono",
    folder: "jetbrains-mono",
    files: ["files/jetbrains-mono-latin-wght-normal.woff2"],
  },
];

const packagePath = (name, ...rest) => join(HERE, "node_modules", ...name.split("/"), ...rest);
const described = (name) => JSON.parse(readFileSync(packagePath(name, "package.json"), "utf8"));
const licenceText = (name) => readFileSync(packagePath(name, "LICENSE"), "utf8").replace(/\r\n/g, "\n").trim();
const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

// Writes one file without its source-map comment: the map is not served, and a static storage would look for it.
function place(source, destination) {
  cpSync(source, destination);
  if (!/\.(m?js|css)$/.test(destination)) return;
  const text = readFileSync(destination, "utf8").replace(/\n?\/[/*]# sourceMappingURL=[^\n]*\n?/g, "\n");
  writeFileSync(destination, text);
}

function vendor({ name, folder, files, notice = null, bundles = [] }) {
  const { version, license } = described(name);
  const directory = `${folder}-${version}`;
  mkdirSync(join(TARGET, directory), { recursive: true });
  const entries = files.map((source) => {
    const path = `${directory}/${basename(source)}`;
    place(packagePath(name, source), join(TARGET, path));
    return { path, source: `${name}/${source}`, sha256: sha256(join(TARGET, path)) };
  });
  const licenceFile = `${directory}/LICENSE.txt`;
  writeFileSync(join(TARGET, licenceFile), `${licenceText(name)}\n`);
  entries.push({ path: licenceFile, source: `${name}/LICENSE`, sha256: sha256(join(TARGET, licenceFile)) });
  const words = notice ? readFileSync(join(HERE, notice), "utf8").trim() : null;
  const inside = bundles.map((other) => `${other} ${described(other).version} (${described(other).license})`);
  return { name, version, licence: license, notice: words, includes: inside, files: entries };
}

function notices(packages) {
  const parts = packages.map(({ name, version, licence, notice, includes, files }) => {
    const licenceFile = files.at(-1).path;
    const quoted = notice ? `\n\n${notice.split("\n").map((line) => `> ${line}`).join("\n")}` : "";
    const inside = includes.length ? ` Contains ${includes.join(", ")}.` : "";
    return `## ${name} ${version}\n\nLicence: ${licence}, text in \`static/vendor/${licenceFile}\`.${inside}${quoted}`;
  });
  return [
    "# Third-party notices",
    "",
    "Files of other projects that are served with the pages. Written by `frontend/vendor.mjs`; do not edit.",
    "",
    parts.join("\n\n"),
    "",
  ].join("\n");
}

rmSync(TARGET, { recursive: true, force: true });
const packages = PACKAGES.map(vendor);
writeFileSync(join(TARGET, "manifest.json"), `${JSON.stringify({ packages }, null, 2)}\n`);
writeFileSync(NOTICES, notices(packages));
cpSync(packagePath("axe-core", "axe.min.js"), join(ROOT, "tests", "frontend", "vendor", "axe.min.js"));
cpSync(packagePath("axe-core", "LICENSE"), join(ROOT, "tests", "frontend", "vendor", "axe-LICENSE.txt"));
process.stdout.write(`${packages.length} packages vendored into static/vendor\n`);
