/** The periods that have opened, the newest first, to choose from. */

import { api, given, type Schemas } from "@/api/client";

type Opened = Pick<Schemas["PeriodRates"], "schedule" | "period" | "title" | "due_at" | "closes_at">;

export const keyOf = ({ schedule, period }: Opened): string => `${schedule} ${period}`;

export async function openedPeriods(): Promise<Opened[]> {
  const { periods } = given(await api.GET("/api/v1/rates", { params: { query: { level: "county" } } }));
  return periods.sort((a, b) => b.due_at.localeCompare(a.due_at));
}
export type { Opened };
