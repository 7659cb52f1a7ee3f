/** What a comparison of reminded with held back duties lets an office say, and where its bar is drawn. */

import type { Schemas } from "@/api/client";
import { fromChina } from "../times";

export type Comparison = Schemas["Comparison"];
export const WINDOWS = ["within_2h", "within_24h", "before_close"] as const;
export type Window = (typeof WINDOWS)[number];
type Reading = "none" | "few" | "more" | "fewer" | "unclear";

/** `unclear`: the interval holds zero, so that chance alone may have made the difference. */
export function reading({ difference, enough }: Comparison): Reading {
  if (difference === null) return "none";
  if (!enough) return "few";
  if (difference.low > 0) return "more";
  return difference.high < 0 ? "fewer" : "unclear";
}

/** Points to a tenth, with a sign that a table can be read down by. */
export function points(value: number): string {
  const shown = Math.abs(value).toFixed(1);
  if (shown === "0.0") return shown;
  return value > 0 ? `+${shown}` : `−${shown}`;
}

/** How far without a sign, for a sentence that says which way. */
export const size = (value: number): string => Math.abs(value).toFixed(1);

/** Where a number of points lies on a bar from −100 to +100 that is `width` wide. */
export const along = (value: number, width: number): number => ((Math.max(-100, Math.min(100, value)) + 100) / 200) * width;

const DAY_MS = 86_400_000;

/** The end of a day in China. */
export const endOf = (day: string): string => new Date(Date.parse(fromChina(`${day}T00:00`)) + DAY_MS).toISOString();

/** The end of a day, unless it is still to come: then now is meant. */
export function lookedBack(day: string, now: Date): string | undefined {
  if (day === "") return undefined;
  const end = endOf(day);
  return Date.parse(end) < now.getTime() ? end : undefined;
}
