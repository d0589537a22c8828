import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

import { catalogues } from "./tools/catalogues.ts";

/** Puts the script and the style sheet into the page, so that the report is one file that opens from a disk. */
function inlined(): Plugin {
  return {
    name: "inlined",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["report.html"];
      if (page?.type !== "asset") throw new Error("The build made no report.html.");
      let html = String(page.source);
      for (const [name, file] of Object.entries(bundle)) {
        if (name === "report.html") continue;
        const code = file.type === "chunk" ? file.code : String(file.source);
        // A replacement text would read `$&` in the code as a pattern, so a function gives it.
        if (name.endsWith(".js")) {
          html = html.replace(/<script type="module"[^>]*><\/script>/, "");
          const script = `<script type="module">${code.replaceAll("</script", "<\\/script")}</script>`;
          html = html.replace("</body>", () => `${script}</body>`);
        } else if (name.endsWith(".css")) {
          html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${code}</style>`);
        } else {
          continue;
        }
        Reflect.deleteProperty(bundle, name);
      }
      page.source = html;
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [react(), catalogues(), inlined()],
  // One script has nothing to load ahead; the plug-in that would say so runs too late for an inlined one.
  define: { __VITE_PRELOAD__: "void 0" },
  build: {
    outDir: "../src/scriptune/console",
    emptyOutDir: false,
    target: "es2022",
    copyPublicDir: false,
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 1_000_000,
    chunkSizeWarningLimit: 2000,
    rollupOptions: { input: "report.html", output: { codeSplitting: false } },
  },
});
