/** The way down from a county to its villages, by the digits of their codes. */

import type { Schemas } from "@/api/client";

export type Counts = Schemas["ProgressCounts"];
export type Standing = Schemas["CertState"];
/** The numbers of a row, in the order in which a window goes through them. */
export const COUNTS = ["asked", "passed", "due", "collected", "returned", "suspect", "overdue", "to_suspend"] as const;
export type Count = (typeof COUNTS)[number];

const DIGITS = [2, 4, 6, 9, 12] as const;

/** What lies directly under a region; a village has nobody but its people. */
export function levelUnder(region: string): "county" | "township" | "village" | null {
  if (region.length < 6) return "county";
  if (region.length === 6) return "township";
  return region.length === 9 ? "village" : null;
}

/** From one's own region down to the one looked at; only the own one when it lies elsewhere. */
export function wayTo(region: string, own: string): string[] {
  if (!region.startsWith(own)) return [own];
  return DIGITS.filter((digits) => digits >= own.length && digits <= region.length && (digits >= 6 || digits === own.length)).map((digits) => region.slice(0, digits));
}

/** What the server is asked for behind a number. */
export function behind(count: Count): { standing?: Standing; to_suspend?: true } {
  if (count === "asked") return {};
  return count === "to_suspend" ? { to_suspend: true } : { standing: count };
}

/** What an office has to look after comes in red: nobody answered, or somebody is doubted. */
export const pressing = (count: Count): boolean => count === "overdue" || count === "suspect" || count === "to_suspend";
