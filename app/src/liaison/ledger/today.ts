/** Days of the calendar in China, which has kept one offset since 1991. */

const CHINA_MS = 8 * 3_600_000;

/** The day of an instant in milliseconds, "2026-11-23". */
export function today(now: number): string {
  return new Date(now + CHINA_MS).toISOString().slice(0, 10);
}
