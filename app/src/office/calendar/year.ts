/** A year as twelve months of weeks, with what is known of each day. */

import type { Schemas } from "@/api/client";

export interface DayShown {
  /** ISO 8601. */
  date: string;
  number: number;
  works: boolean;
  /** What sets it apart from any such day of the week: off although it is a weekday, or worked although it is none. */
  apart: "off" | "worked" | "";
  note: string;
  source: string;
}

export interface MonthShown {
  month: number;
  /** Days of the first week that belong to the month before; weeks begin on Monday. */
  lead: number;
  days: DayShown[];
}

// The public holidays with a fixed date, which are off also while a year's arrangement is not known.
const FIXED = new Set(["01-01", "05-01", "05-02", "10-01", "10-02", "10-03"]);

export function monthsOf(year: number, known: readonly Schemas["Day"][]): MonthShown[] {
  const told = new Map(known.map((day) => [day.date, day]));
  const months = Array.from({ length: 12 }, (_, index) => index);
  return months.map((index) => {
    const first = new Date(Date.UTC(year, index, 1));
    const count = new Date(Date.UTC(year, index + 1, 0)).getUTCDate();
    const days = Array.from({ length: count }, (_, at) => shown(new Date(Date.UTC(year, index, at + 1)), told));
    return { month: index + 1, lead: (first.getUTCDay() + 6) % 7, days };
  });
}

function shown(at: Date, told: ReadonlyMap<string, Schemas["Day"]>): DayShown {
  const date = at.toISOString().slice(0, 10);
  const weekday = at.getUTCDay() % 6 !== 0;
  const found = told.get(date);
  const works = found?.is_workday ?? (weekday && !FIXED.has(date.slice(5)));
  const named = found?.note ?? "";
  const off = !works && (weekday || named !== "");
  return { date, number: at.getUTCDate(), works, apart: off ? "off" : works && !weekday ? "worked" : "", note: named, source: found?.source ?? "" };
}

/** Whose word it is: a day said by the county itself can be taken back. */
export const isCounty = (day: DayShown): boolean => day.source === "county";
