/** Instants as China's offices read them, wherever the browser thinks it is. */

const SHAPE = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" } as const;

export function instant(at: string, language: "zh" | "en"): string {
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", SHAPE).format(new Date(at));
}

const CHINA_MS = 8 * 3_600_000;

/** An instant as an <input type="datetime-local"> shows it in China, which has no summer time. */
export function toChina(at: string): string {
  return new Date(Date.parse(at) + CHINA_MS).toISOString().slice(0, 16);
}

/** The instant that was entered there. */
export function fromChina(local: string): string {
  return new Date(Date.parse(`${local}Z`) - CHINA_MS).toISOString();
}

const DAY = { year: "numeric", month: "short", day: "numeric", timeZone: "Asia/Shanghai" } as const;

/** The day of an instant, or a local day, in China. */
export function day(at: string, language: "zh" | "en"): string {
  const instantOf = at.length === 10 ? `${at}T00:00:00+08:00` : at;
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", DAY).format(new Date(instantOf));
}
