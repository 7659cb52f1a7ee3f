/** The reminder ladder of a schedule: its steps as they are edited, its versions, what they would do. */

import { api, given, type Schemas } from "@/api/client";

export const CONCERNS = ["report", "correction", "review"] as const;
export const AUDIENCES = ["liaison", "backup", "township", "lead", "county"] as const;
export const CHANNELS = ["web_push", "wecom_app", "wecom_robot", "dingtalk", "feishu", "mail", "sms", "voice"] as const;

/** What words of the county's own may be filled in with. */
export const PLACEHOLDERS = ["duties", "overdue", "to_correct", "to_review", "villages", "nearest"].map((name) => `{${name}}`);

export interface Step {
  key: string;
  of?: (typeof CONCERNS)[number];
  offset_workdays?: number;
  at?: string;
  offset_hours?: number;
  audience: string[];
  channels?: string[];
  text?: { zh: string; en: string };
}

export type Version = Schemas["LadderView"];
export type Preview = Schemas["LadderPreview"];

export async function versionsOf(schedule: number): Promise<Version[]> {
  return given(await api.GET("/api/v1/schedules/{number}/ladders", { params: { path: { number: schedule } } })).items;
}

export async function draft(schedule: number, steps: readonly Step[]): Promise<Version> {
  const body = { steps: steps as unknown as Schemas["LadderIn"]["steps"] };
  return given(await api.POST("/api/v1/schedules/{number}/ladders", { params: { path: { number: schedule } }, body }));
}

export async function previewOf(schedule: number, version: number): Promise<Preview> {
  return given(await api.GET("/api/v1/schedules/{number}/ladders/{version}/preview", { params: { path: { number: schedule, version }, query: { limit: 5 } } }));
}

export async function publish(schedule: number, version: number): Promise<void> {
  given(await api.POST("/api/v1/schedules/{number}/ladders/{version}/publish", { params: { path: { number: schedule, version } } }));
}

export const concernOf = (step: Step): (typeof CONCERNS)[number] => step.of ?? "report";

/** Counted in working days at an hour, or in hours from the deadline. */
export function timed(step: Step, byHours: boolean): Step {
  const { offset_workdays, at, offset_hours, ...rest } = step;
  return byHours ? { ...rest, offset_hours: offset_hours ?? -1 } : { ...rest, offset_workdays: offset_workdays ?? -1, at: at ?? "09:00" };
}

/** With a name or without, in the order in which they are listed. */
export function toggled(chosen: readonly string[], name: string, all: readonly string[]): string[] {
  return chosen.includes(name) ? chosen.filter((each) => each !== name) : all.filter((each) => each === name || chosen.includes(each));
}

export function added(steps: readonly Step[]): Step[] {
  const used = new Set(steps.map((step) => step.key));
  let number = 1;
  while (used.has(`step_${number}`)) number += 1;
  return [...steps, { key: `step_${number}`, offset_workdays: -1, at: "09:00", audience: ["liaison"], channels: ["web_push"] }];
}
