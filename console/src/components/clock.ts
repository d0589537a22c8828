/** The time, for durations that run. */
import { useEffect, useState } from "react";

export function useNow(isRunning: boolean, everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [isRunning, everyMs]);
  return now;
}
