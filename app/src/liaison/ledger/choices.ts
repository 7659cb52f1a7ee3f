/** What can be said of somebody's work, and what a choice entails. */

import { isAway, isEmployed } from "@/rules/ledger";
import type { Resident } from "../store/database";
import type { Fields } from "../store/ledger";

export const STATUSES = [
  "flex",
  "unit",
  "farm",
  "self",
  "public",
  "unemployed",
  "no_intent",
  "student",
  "army",
  "retired",
  "incapable",
] as const;
export const PLACES = ["village", "town", "county", "city", "province", "out", "abroad"] as const;

/** What the form for somebody's work holds. */
export interface Work {
  status: string;
  work_place: string;
  work_region: string;
  employer: string;
  job_wish: boolean;
  train_wish: boolean;
}

export function workOf(person: Resident | undefined): Work {
  return {
    status: person?.status ?? "",
    work_place: person?.work_place ?? "village",
    work_region: person?.work_region ?? "",
    employer: person?.employer ?? "",
    job_wish: person?.job_wish ?? false,
    train_wish: person?.train_wish ?? false,
  };
}

export function asksPlace(status: string): boolean {
  return isEmployed(status) && status !== "farm";
}

export function asksRegion(work: Work): boolean {
  return asksPlace(work.status) && ["province", "out"].includes(work.work_place);
}

/** What is still missing, as keys of words. */
export function missing(work: Work): string[] {
  const found = work.status === "" ? ["status"] : [];
  if (work.status === "unit" && work.employer.trim() === "") found.push("employer");
  if (asksRegion(work) && work.work_region.trim() === "") found.push("region");
  return found;
}

/** The fields that differ from what is known; days of leaving and coming back follow the place. */
export function differing(person: Resident | undefined, work: Work, today: string): Fields {
  const away = isAway(work.status, work.work_place);
  const was = person !== undefined && isAway(person.status, person.work_place);
  const after: Fields = {
    status: work.status,
    work_place: asksPlace(work.status) ? work.work_place : null,
    work_region: asksRegion(work) ? work.work_region.trim() : "",
    employer: asksPlace(work.status) ? work.employer.trim() : "",
    job_wish: work.job_wish && work.status !== "incapable",
    train_wish: work.train_wish,
    ...(away && !was ? { leave_date: today, return_date: null } : {}),
    ...(was && !away ? { return_date: today } : {}),
  };
  const before: Fields = person === undefined ? {} : { ...person };
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => (value || null) !== (before[name] || null)),
  );
}
