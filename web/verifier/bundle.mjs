// Puts the built modules of the page into one script, dist/page-bundle.js: browsers load no modules from file://.
//
// Every module becomes a function that is called once, after those that it imports from. This works for the form that
// the compiler writes and this package uses: named imports from "./x.js", exported functions, constants and classes.

import { readFile, writeFile } from "node:fs/promises";

const IMPORT = /^import \{([^}]*)\} from "\.\/([a-z0-9-]+)\.js";$/gm;
const EXPORT = /^export (?=(?:async )?(?:function|const|class) (\w+))/gm;

const variable = (name) => `$${name.replaceAll("-", "_")}`;

async function collect(name, done, open) {
  if (done.has(name)) return;
  if (open.includes(name)) throw new Error(`modules import each other: ${[...open, name].join(" → ")}`);
  const source = await readFile(new URL(`dist/${name}.js`, import.meta.url), "utf8");
  for (const [, , from] of source.matchAll(IMPORT)) await collect(from, done, [...open, name]);
  done.set(name, wrap(name, source));
}

function wrap(name, source) {
  const exported = [...source.matchAll(EXPORT)].map(([, label]) => label);
  const body = source
    .replace(IMPORT, (_, names, from) => `const {${names.replaceAll(" as ", ": ")}} = ${variable(from)};`)
    .replace(EXPORT, "");
  if (/^(import|export)\b/m.test(body)) throw new Error(`${name}: an import or export of another form`);
  return `const ${variable(name)} = (() => {\n${body}return { ${exported.join(", ")} };\n})();\n`;
}

const modules = new Map();
await collect("page", modules, []);
await writeFile(new URL("dist/page-bundle.js", import.meta.url), `"use strict";\n{\n${[...modules.values()].join("")}}\n`);
