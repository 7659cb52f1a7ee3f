/** Forms and the schedules that ask for them, as the designer needs them: all of a county's. */

import { api, given, type Schemas } from "@/api/client";
import type { FormDefinition, Words } from "@/rules/form";
import type { Outline } from "./outline";

export interface Form {
  id: number;
  /** The county, or "" for a form that comes with the product. */
  owner: string;
  code: string;
  version: number;
  definition: FormDefinition;
  publishedAt: string | null;
}

export interface Fault {
  path: string;
  reason: string;
  position?: number;
  name?: string;
  max?: number;
}

export interface Reading {
  problems: Fault[];
  outlines: Record<string, Outline>;
}

/** Asked for by the office's own work, not by a county's design. */
export const SHIPPED_ONLY = "CERTIFICATION";

const formOf = ({ id, owner, code, version, definition, published_at }: Schemas["FormView"]): Form => ({
  id, owner, code, version, definition: definition as unknown as FormDefinition, publishedAt: published_at ?? null,
});

export async function allForms(): Promise<Form[]> {
  const found: Form[] = [];
  for (let page: string | undefined; ; ) {
    const query = { limit: 200, ...(page === undefined ? {} : { page }) };
    const answer = given(await api.GET("/api/v1/forms", { params: { query } }));
    found.push(...answer.items.map(formOf));
    if (!answer.next) return found;
    page = answer.next;
  }
}

export async function oneForm(number: number): Promise<Form> {
  return formOf(given(await api.GET("/api/v1/forms/{number}", { params: { path: { number } } })));
}

export async function allSchedules(): Promise<Schemas["ScheduleView"][]> {
  return given(await api.GET("/api/v1/schedules", { params: { query: { limit: 200 } } })).items;
}

const body = (definition: FormDefinition): Schemas["FormIn"] => ({ definition: definition as unknown as Schemas["FormIn"]["definition"] });

export async function read(definition: FormDefinition): Promise<Reading> {
  return given(await api.POST("/api/v1/forms/reading", { body: body(definition) })) as unknown as Reading;
}

export async function begin(definition: FormDefinition): Promise<Form> {
  return formOf(given(await api.POST("/api/v1/forms", { body: body(definition) })));
}

export async function keep(number: number, definition: FormDefinition): Promise<void> {
  given(await api.PUT("/api/v1/forms/{number}", { params: { path: { number } }, body: body(definition) }));
}

export async function discard(number: number): Promise<void> {
  given(await api.DELETE("/api/v1/forms/{number}", { params: { path: { number } } }));
}

export async function publish(number: number): Promise<void> {
  given(await api.POST("/api/v1/forms/{number}/publish", { params: { path: { number } } }));
}

/** From the next period on; open ones keep the version they were opened with. */
export async function useForm(schedule: number, form: number): Promise<void> {
  given(await api.PATCH("/api/v1/schedules/{number}", { params: { path: { number: schedule } }, body: { form } }));
}

export async function openPeriods(schedule: number): Promise<Schemas["OpenPeriod"][]> {
  return given(await api.GET("/api/v1/schedules/{number}/periods", { params: { path: { number: schedule } } }));
}

/** Each code once, with its versions from the newest to the oldest; a county's own before the shipped. */
export function families(forms: readonly Form[]): Form[][] {
  const found = new Map<string, Form[]>();
  for (const form of forms) found.set(form.code, [...(found.get(form.code) ?? []), form]);
  const newest = (a: Form, b: Form): number => (a.owner === b.owner ? b.version - a.version : b.owner.length - a.owner.length);
  return [...found.values()].map((each) => each.sort(newest)).sort(([a], [b]) => a!.code.localeCompare(b!.code));
}

/** What the figures of the village's ledger are called, by the shipped forms that take them over. */
export function ledgerFigures(forms: readonly Form[]): Map<string, Words> {
  const fields = forms.filter((form) => form.owner === "").flatMap((form) => form.definition.groups.flatMap((group) => group.fields));
  return new Map(fields.flatMap((field) => (field.ledger ? [[field.ledger, field.label] as const] : [])));
}
