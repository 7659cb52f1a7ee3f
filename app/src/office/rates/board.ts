/** The county's figures arranged: schedules, periods, the grid of a heat map. */

import type { Schemas } from "@/api/client";

export type Rates = Schemas["Rates"];
export type Period = Rates["periods"][number];
export type Area = Period["areas"][number];
export type Counts = Schemas["CountsView"];
export type Standing = Schemas["Standing"];
export type Measure = "report_rate" | "on_time_rate";

export const COUNTS = ["expected", "on_time", "late", "missing", "pending", "exempt"] as const;
export type Count = (typeof COUNTS)[number];

/** What of /obligations stands behind a number. */
export const BEHIND: Record<Count, readonly Standing[]> = {
  expected: ["on_time", "late", "missing", "pending"],
  on_time: ["on_time"],
  late: ["late"],
  missing: ["missing"],
  pending: ["pending"],
  exempt: ["exempt"],
};

export interface Schedule {
  schedule: number;
  code: string;
  title: Record<"zh" | "en", string>;
}

/** The schedules that have periods, in the order of their codes. */
export function schedulesOf({ periods }: Rates): Schedule[] {
  const found = new Map(periods.map(({ schedule, code, title }) => [schedule, { schedule, code, title }]));
  return [...found.values()].sort((a, b) => a.code.localeCompare(b.code) || a.schedule - b.schedule);
}

/** The newest deadline first. */
export function byDue(periods: readonly Period[]): Period[] {
  return [...periods].sort((a, b) => b.due_at.localeCompare(a.due_at));
}

export function periodsOf({ periods }: Rates, schedule: number): Period[] {
  return byDue(periods.filter((each) => each.schedule === schedule));
}

/** The newest of which something was due, rather than one that has just begun. */
export function newest(periods: readonly Period[]): Period | undefined {
  return periods.find((each) => each.counts.expected > 0) ?? periods[0];
}

export interface Grid {
  /** Oldest first. */
  periods: Period[];
  areas: { region: string; name: string }[];
  /** By area, then by period; null where the area was not asked. */
  cells: (Counts | null)[][];
}

export function gridOf(rates: Rates, schedule: number, most: number): Grid {
  const periods = periodsOf(rates, schedule).filter((each) => each.counts.expected > 0).slice(0, most).reverse();
  const names = new Map(periods.flatMap((each) => each.areas.map(({ region, name }) => [region, name] as const)));
  const areas = [...names].map(([region, name]) => ({ region, name })).sort((a, b) => (a.region < b.region ? -1 : 1));
  const counts = periods.map((each) => new Map(each.areas.map((area) => [area.region, area.counts])));
  return { periods, areas, cells: areas.map(({ region }) => counts.map((each) => each.get(region) ?? null)) };
}

/** Areas in order of code, or the worst first where somebody asks for a ranking. */
export function ordered(areas: readonly Area[], by: Measure | null): Area[] {
  const coded = [...areas].sort((a, b) => (a.region < b.region ? -1 : 1));
  if (by === null) return coded;
  return coded.sort((a, b) => (a.counts[by] ?? 2) - (b.counts[by] ?? 2));
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** From when to when it is worth looking back at a period; instants in milliseconds. */
export function lookBack(period: Period, now: number): { from: number; to: number; step: number } {
  const from = Date.parse(period.due_at) - 7 * DAY_MS;
  const to = Math.min(now, Date.parse(period.closes_at) + 7 * DAY_MS);
  return { from, to: Math.max(to, from + HOUR_MS), step: HOUR_MS };
}
