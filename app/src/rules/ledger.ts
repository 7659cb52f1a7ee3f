/**
 * The monthly report's figures, counted from the people of the ledger: by the same rules as
 * backend/domain/ledger/figures.py and ages.py, held together by tests/cases/ledger.json.
 */

export interface Counted {
  /** The month of birth, "1985-06". */
  born: string;
  status: string;
  female?: boolean;
  work_place?: string | null;
  train_wish?: boolean;
  job_wish?: boolean;
}

const EMPLOYED: Record<string, string> = {
  unit: "emp_unit",
  flex: "emp_flex",
  self: "emp_self",
  public: "emp_public",
  farm: "emp_farm",
};
const OUTSIDE: Record<string, string> = {
  student: "in_school",
  army: "army",
  retired: "retired",
  incapable: "incapable",
};
const AWAY: Record<string, string> = {
  county: "mig_county",
  city: "mig_city",
  province: "mig_prov",
  out: "mig_out",
  abroad: "mig_abroad",
};
const WITHOUT = ["unemployed", "no_intent"];
const TOTALS = ["employed", "labor_total", "wa_total", "migrant", "train_wish", "job_wish"];
/** Figure → the one of the women within it. */
const WOMEN: Record<string, string> = {
  employed: "employed_female",
  unemployed: "unemployed_female",
  labor_total: "labor_female",
  migrant: "migrant_female",
};
const KEYS = [EMPLOYED, OUTSIDE, AWAY, WOMEN].flatMap((each) => Object.values(each)).concat(WITHOUT, TOTALS);

const RISING_SINCE = 2025 * 12;
const STEP = 4;
const MOST = 36;

export function monthNumber(month: string): number {
  const [year, number] = month.split("-");
  return Number(year) * 12 + Number(number) - 1;
}

/** The month from which somebody counts no longer: 60, women 55, rising since 2025. */
export function leavesAt(born: string, female: boolean): number {
  const limit = monthNumber(born) + (female ? 55 : 60) * 12;
  if (limit < RISING_SINCE) return limit;
  return limit + Math.min(Math.floor((limit - RISING_SINCE) / STEP) + 1, MOST);
}

/** Whether somebody born in a month counts in another: from 16 on. */
export function ofWorkingAge(born: string, female: boolean, month: string): boolean {
  const now = monthNumber(month);
  return monthNumber(born) + 16 * 12 <= now && now < leavesAt(born, female);
}

/** Whether somebody has work of any kind. */
export function isEmployed(status: string): boolean {
  return status in EMPLOYED;
}

/** Whether work of this kind at this place is away from home. */
export function isAway(status: string, place: string | null | undefined): boolean {
  return isEmployed(status) && status !== "farm" && (place ?? "") in AWAY;
}

/** People by figure (the keys that the form calls `ledger`), of who is of working age in the month. */
export function ledgerFigures(residents: Iterable<Counted>, month: string): Record<string, number> {
  const figures: Record<string, number> = Object.fromEntries(KEYS.map((key) => [key, 0]));
  for (const person of residents) {
    if (!ofWorkingAge(person.born, person.female ?? false, month)) continue;
    for (const key of keysOf(person)) figures[key] = (figures[key] ?? 0) + 1;
  }
  return figures;
}

function keysOf(person: Counted): string[] {
  const outside = OUTSIDE[person.status];
  if (outside !== undefined) return ["wa_total", outside];
  const keys = ["wa_total", "labor_total"];
  const work = EMPLOYED[person.status];
  keys.push(...(work === undefined ? [person.status] : [work, "employed"]));
  if (isAway(person.status, person.work_place)) keys.push(AWAY[person.work_place!]!, "migrant");
  if (person.train_wish) keys.push("train_wish");
  if (person.job_wish) keys.push("job_wish");
  const women = person.female ? keys.flatMap((key) => WOMEN[key] ?? []) : [];
  return [...keys, ...women];
}
