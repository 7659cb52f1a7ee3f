/** The townships and villages of who is signed in, asked for when somebody chooses among them. */

import { api, given, type Schemas } from "@/api/client";

export type Place = Schemas["RegionView"];

const MOST = 200;

async function all(under: string, level: "township" | "village"): Promise<Place[]> {
  const found: Place[] = [];
  for (let page: string | undefined; ; ) {
    const query = { under, level, limit: MOST, ...(page === undefined ? {} : { page }) };
    const answer = given(await api.GET("/api/v1/regions", { params: { query } }));
    found.push(...answer.items.filter(({ valid_to: over }) => over === null));
    if (!answer.next) return found;
    page = answer.next;
  }
}

/** A township's own list is itself. */
export const townshipsOf = (region: string): Promise<Place[]> => all(region, "township");
export const villagesOf = (township: string): Promise<Place[]> => all(township, "village");
