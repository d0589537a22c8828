import "./styles/base.css";
import "./styles/parts.css";
import "./styles/pages.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Cache } from "./api/cache";
import { CacheContext } from "./api/hooks";
import { httpSource } from "./api/http";
import { App } from "./app/App";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no element #root.");
createRoot(root).render(
  <StrictMode>
    <CacheContext value={new Cache(httpSource)}>
      <App />
    </CacheContext>
  </StrictMode>,
);
