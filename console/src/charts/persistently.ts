/** A part of the page that comes late may be wanted just while the server is away: it is asked for until it comes. */

const AGAIN_MS = 1500;
const N_BEFORE_RELOAD = 3;
const RELOADED = "scriptune.reloaded";

type Surroundings = Readonly<{
  pause: (milliseconds: number) => Promise<void>;
  /** Whether the server gives the page itself. */
  isServerThere: () => Promise<boolean>;
  /** Loads the whole page again; true unless that was done for this build of the page before. */
  reload: () => boolean;
}>;

/**
 * What `load` gives, however often it fails. When it keeps failing although the server is there, then the server has
 * another build of the page, or the browser remembers the failure: only the whole page, loaded again, can help.
 */
export async function persistently<T>(load: () => Promise<T>, around: Surroundings = browser): Promise<T> {
  let nFailed = 0;
  for (;;) {
    try {
      return await load();
    } catch {
      if (await around.isServerThere()) nFailed += 1;
    }
    if (nFailed >= N_BEFORE_RELOAD && around.reload()) return new Promise(() => undefined);
    await around.pause(AGAIN_MS);
  }
}

const browser: Surroundings = {
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  isServerThere: async () => {
    try {
      return (await fetch("./", { cache: "no-store" })).ok;
    } catch {
      return false;
    }
  },
  reload: () => {
    try {
      if (sessionStorage.getItem(RELOADED) === import.meta.url) return false;
      sessionStorage.setItem(RELOADED, import.meta.url);
    } catch {
      // Without storage the page could load itself again for ever.
      return false;
    }
    location.reload();
    return true;
  },
};
