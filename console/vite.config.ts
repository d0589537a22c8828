import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { catalogues } from "./tools/catalogues.ts";

// The page is served below any path (`serve --root-path`), so that its own addresses are relative.
export default defineConfig({
  base: "./",
  plugins: [react(), catalogues()],
  build: {
    outDir: "../src/scriptune/console",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
    // Data addresses would need a wider content security policy.
    assetsInlineLimit: 0,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": process.env["SCRIPTUNE_SERVER"] ?? "http://127.0.0.1:8265" },
  },
  // One thread for all files: loading jsdom and the sources again for each took more than three times as long.
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
    isolate: false,
    pool: "threads",
    maxWorkers: 1,
  },
});
