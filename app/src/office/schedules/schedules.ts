/** Schedules as they are edited: what the server takes, and how a due rule is said. */

import { api, given, type Schemas } from "@/api/client";

export type Schedule = Schemas["ScheduleView"];
export type Occurrence = Schemas["Occurrence"];
export type Cadence = Schemas["Cadence"];

export const CADENCES: readonly Cadence[] = ["weekly", "monthly", "quarterly", "yearly"];

export interface Due {
  kind: "workday" | "day" | "weekday";
  number: number;
  at: string;
  months_after: number;
}

/** A schedule while it is written. */
export interface Plan {
  form: number;
  scope: string;
  zh: string;
  en: string;
  cadence: Cadence;
  due: Due;
  /** Working days before the due day, or null: with the period. */
  opens: number | null;
  closes: number;
  starts_on: string;
  ends_on: string;
  steps: "town" | "county" | "both";
  allowance_hours: number;
  hold_back: number;
}

const STEPS = { town: ["town"], county: ["county"], both: ["town", "county"] } as const;

export function planOf(schedule: Schedule): Plan {
  const { due, opens_workdays_before, closes_workdays_after } = schedule.timetable as unknown as { due: Due; opens_workdays_before: number | null; closes_workdays_after: number };
  const [step] = schedule.steps;
  return {
    form: schedule.form, scope: schedule.scope, zh: schedule.title.zh, en: schedule.title.en, cadence: schedule.cadence ?? "monthly",
    due: { ...due, months_after: due.months_after ?? 0 }, opens: opens_workdays_before, closes: closes_workdays_after,
    starts_on: schedule.starts_on, ends_on: schedule.ends_on ?? "", steps: schedule.steps.length > 1 ? "both" : step === "county" ? "county" : "town",
    allowance_hours: schedule.allowance_hours, hold_back: schedule.hold_back,
  };
}

export function begun(scope: string, form: number, starts_on: string): Plan {
  const due: Due = { kind: "workday", number: 3, at: "18:00", months_after: 1 };
  return { form, scope, zh: "", en: "", cadence: "monthly", due, opens: null, closes: 5, starts_on, ends_on: "", steps: "town", allowance_hours: 24, hold_back: 0 };
}

/** The rules that a cadence can have; the first is where it begins. */
export function dueOf(cadence: Cadence, due: Due): Due {
  if (cadence === "weekly") return due.kind === "weekday" ? due : { kind: "weekday", number: 5, at: "12:00", months_after: 0 };
  return due.kind === "weekday" ? { kind: "workday", number: 3, at: "18:00", months_after: 1 } : due;
}

function timetable({ due: { kind, number, at, months_after }, opens, closes }: Plan): Record<string, unknown> {
  const due = { kind, number, at, ...(kind === "weekday" ? {} : { months_after }) };
  return { due, opens_workdays_before: opens, closes_workdays_after: closes };
}
const dates = ({ ends_on }: Plan): { ends_on: string | null } => ({ ends_on: ends_on === "" ? null : ends_on });
const told = (plan: Plan): object => ({ form: plan.form, title: { zh: plan.zh.trim(), en: plan.en.trim() }, timetable: timetable(plan), ...dates(plan), steps: [...STEPS[plan.steps]], allowance_hours: plan.allowance_hours, hold_back: plan.hold_back });

export async function make(plan: Plan): Promise<Schedule> {
  const body = { ...told(plan), scope: plan.scope, cadence: plan.cadence, starts_on: plan.starts_on } as Schemas["ScheduleIn"];
  return given(await api.POST("/api/v1/schedules", { body }));
}

/** For periods not opened yet. A schedule of certifications takes its days and its form from the county's cycle. */
export async function change(schedule: Schedule, plan: Plan): Promise<void> {
  const { form: _form, timetable: _timetable, ends_on: _ends, ...rest } = told(plan) as Schemas["ScheduleChange"];
  const body = schedule.insurance_type ? rest : (told(plan) as Schemas["ScheduleChange"]);
  given(await api.PATCH("/api/v1/schedules/{number}", { params: { path: { number: schedule.id } }, body }));
}

export async function coming(plan: Plan): Promise<Occurrence[]> {
  const { scope, cadence, starts_on, allowance_hours } = plan;
  const body = { scope, cadence, starts_on, allowance_hours, timetable: timetable(plan), ...dates(plan) } as Schemas["PlanIn"];
  return given(await api.POST("/api/v1/schedules/preview", { body }));
}

/** One word of the console's: of `schedules.<key>`. */
type Say = (key: string, params?: Record<string, string | number>) => string;

export function saidDue({ kind, number, at, months_after }: Due, say: Say): string {
  const when = kind === "weekday" ? "" : say(months_after === 0 ? "month_same" : months_after === 1 ? "month_next" : "month_later", { n: months_after });
  const day = kind === "weekday" ? say(`weekday.${number}`) : say(`due_${kind}`, { n: number });
  return say("due_said", { when, day, at });
}
