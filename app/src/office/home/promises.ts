/** By when a village may say that it will send: today, tomorrow, in three days, at the end of office hours. */

const DAY_MS = 86_400_000;
const ENDS_AT = 18;
const CHINA_MS = 8 * 3_600_000;

export interface Choice {
  key: "today" | "tomorrow" | "three_days" | "unknown";
  /** An instant, or "" when nothing was promised. */
  at: string;
}

export function choices(now: Date): Choice[] {
  const days = [
    ["today", 0],
    ["tomorrow", 1],
    ["three_days", 3],
  ] as const;
  const found = days.map(([key, ahead]): Choice => ({ key, at: endOf(now, ahead) }));
  return [...found.filter(({ at }) => Date.parse(at) > now.getTime()), { key: "unknown", at: "" }];
}

/** The end of office hours in China, so many days from now. */
function endOf(now: Date, ahead: number): string {
  const midnight = Math.floor((now.getTime() + CHINA_MS) / DAY_MS) * DAY_MS - CHINA_MS;
  return new Date(midnight + ahead * DAY_MS + ENDS_AT * 3_600_000).toISOString();
}
