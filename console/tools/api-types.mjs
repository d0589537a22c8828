// Writes src/api/schema.ts from the server's OpenAPI page. Only the shapes: the pages name their paths themselves.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

import openapiTS, { astToString } from "openapi-typescript";

const python = process.env.PYTHON ?? "../.venv/bin/python";
const page = JSON.parse(execFileSync(python, ["-m", "scriptune.api.schema"], { encoding: "utf8", maxBuffer: 1 << 26 }));
const types = astToString(await openapiTS({ ...page, paths: {} }));
const head = "/** Made by `npm run api` from the server's OpenAPI page; do not change it by hand. */\n\n";
writeFileSync(new URL("../src/api/schema.ts", import.meta.url), head + types);
