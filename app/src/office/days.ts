/** Days and instants of China, wherever the browser thinks it is, told in full; and days near to today. */

import { toChina } from "./times";

const FULL = { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" } as const;

export function moment(at: string, language: "zh" | "en"): string {
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", FULL).format(new Date(at));
}

/** Today, and the days before and after it. */
export function day(ahead = 0): string {
  return toChina(new Date(Date.now() + ahead * 86_400_000).toISOString()).slice(0, 10);
}

/** The month before this one, like 2026-10. */
export function lastMonth(): string {
  const [year = 0, month = 0] = day().split("-").map(Number);
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, "0")}`;
}
