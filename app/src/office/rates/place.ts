/** Where somebody is on the dashboard: kept in the address, so that it can be linked and gone back to. */

import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";
import { COUNTS, type Count } from "./board";

export interface Place {
  schedule: number | null;
  period: string | null;
  /** An instant looked back to; null is now. */
  as_of: string | null;
  view: "table" | "map" | "trend";
  /** The area whose villages are opened, and which of them. */
  region: string | null;
  count: Count | null;
  duty: number | null;
}

const VIEWS = ["table", "map", "trend"] as const;

export function usePlace() {
  const [route, router] = [useRoute(), useRouter()];
  const text = (name: string): string | null => (typeof route.query[name] === "string" ? (route.query[name] as string) : null);
  const number = (name: string): number | null => Number(text(name) ?? "") || null;

  const place = computed<Place>(() => ({
    schedule: number("schedule"),
    period: text("period"),
    as_of: text("as_of"),
    view: VIEWS.find((each) => each === text("view")) ?? "table",
    region: text("region"),
    count: COUNTS.find((each) => each === text("count")) ?? null,
    duty: number("duty"),
  }));

  function go(change: Partial<Place>): Promise<unknown> {
    const wanted = Object.entries({ ...place.value, ...change }).filter(([, value]) => value !== null);
    return router.replace({ query: Object.fromEntries(wanted.map(([name, value]) => [name, String(value)])) });
  }

  return { place, go };
}
