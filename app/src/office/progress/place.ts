/** Where somebody is: kept in the address, so that it can be linked and gone back to. */

import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";
import type { Schemas } from "@/api/client";
import { COUNTS, type Count } from "./areas";

export const INSURANCES = ["resident", "employee", "gov", "survivor"] as const satisfies readonly Schemas["InsuranceType"][];
type Insurance = (typeof INSURANCES)[number];

export interface Place {
  region: string | null;
  insurance: Insurance | null;
  /** The month in which certifications are due, like 2026-12. */
  due: string | null;
  view: "areas" | "deaths";
  /** Whose list is opened, and behind which number. */
  of: string | null;
  count: Count | null;
}

export function usePlace() {
  const [route, router] = [useRoute(), useRouter()];
  const text = (name: string): string | null => (typeof route.query[name] === "string" ? (route.query[name] as string) : null);

  const place = computed<Place>(() => ({
    region: text("region"),
    insurance: INSURANCES.find((each) => each === text("insurance")) ?? null,
    due: text("due"),
    view: text("view") === "deaths" ? "deaths" : "areas",
    of: text("of"),
    count: COUNTS.find((each) => each === text("count")) ?? null,
  }));

  function go(change: Partial<Place>): Promise<unknown> {
    const wanted = Object.entries({ ...place.value, ...change }).filter(([, value]) => value !== null && value !== "");
    return router.push({ query: Object.fromEntries(wanted.map(([name, value]) => [name, String(value)])) });
  }

  return { place, go };
}
