/** The chart library is half of the bundle, so it comes after the page that shows its first words. */
import { lazy, Suspense, type ComponentProps } from "react";

import { persistently } from "./persistently";

const Chart = lazy(() => persistently(() => import("./Chart")));

export function LazyChart(props: ComponentProps<typeof Chart>) {
  return (
    <Suspense fallback={<div className="chart" style={{ height: props.height }} aria-busy="true" />}>
      <Chart {...props} />
    </Suspense>
  );
}
