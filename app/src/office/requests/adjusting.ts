/** Extensions and waivers by the county: whom they may be for, what they would do, and doing it. */

import { api, given, type Schemas } from "@/api/client";

export type Body = Schemas["AdjustmentIn"];
export type Preview = Schemas["Preview"];
export type Duty = Schemas["ObligationView"];

const MOST = 200;

export async function adjust(body: Body): Promise<number> {
  return given(await api.POST("/api/v1/adjustments", { body })).adjusted;
}

export async function preview(body: Body): Promise<Preview> {
  return given(await api.POST("/api/v1/adjustments/preview", { body }));
}

/** The duties of a township's villages in a period. */
export async function dutiesOf(schedule: number, period: string, region: string): Promise<Duty[]> {
  const found: Duty[] = [];
  for (let page: string | undefined; ; ) {
    const query = { schedule, period, region, limit: MOST, ...(page === undefined ? {} : { page }) };
    const answer = given(await api.GET("/api/v1/obligations", { params: { query } }));
    found.push(...answer.items);
    if (!answer.next) return found;
    page = answer.next;
  }
}
