/** Forms as far as a reader of reports needs them. */

import { api, given } from "@/api/client";

export type Both = Record<"zh" | "en", string>;

export interface Field {
  key: string;
  label: Both;
  unit?: Both | null;
  choices?: { value: string; label: Both }[] | null;
  /** The figure of the village's ledger that says the same. */
  ledger?: string | null;
}
interface Group {
  key: string;
  label: Both;
  /** A table of at most so many rows, each with the fields; null for single fields. */
  repeat: number | null;
  fields: Field[];
}
interface Check {
  key: string;
  fields: string[];
  message: Both;
}
export interface Form {
  groups: Group[];
  checks: Check[];
}

const known = new Map<number, Promise<Form>>();

/** A version of a form never changes, so it is asked for once. */
export function formOf(number: number): Promise<Form> {
  const held = known.get(number);
  if (held !== undefined) return held;
  const asking = api
    .GET("/api/v1/forms/{number}", { params: { path: { number } } })
    .then((answer) => given(answer).definition as unknown as Form);
  known.set(number, asking);
  asking.catch(() => known.delete(number));
  return asking;
}

export function ledgerFields(form: Form): Field[] {
  return form.groups.flatMap((group) => group.fields).filter((field) => (field.ledger ?? null) !== null);
}
