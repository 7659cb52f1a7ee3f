/** A definition in the making: what is added, moved and taken away. Every change gives a new one. */

import type { Check, Field, FieldType, FormDefinition, Group, Words } from "@/rules/form";

export const TYPES: readonly FieldType[] = ["integer", "decimal", "text", "choice", "choices", "date", "boolean"];
export const KINDS = ["report", "zero", "unchanged"] as const;

const words = (): Words => ({ zh: "", en: "" });

export function isNumber({ type }: Field): boolean {
  return type === "integer" || type === "decimal";
}

export function hasChoices({ type }: Field): boolean {
  return type === "choice" || type === "choices";
}

/** A form with one group and one question, to begin with. */
export function blank(code: string, title: Words): FormDefinition {
  const form: FormDefinition = { code, title, kinds: ["report", "zero", "unchanged"], groups: [], checks: [] };
  return addField(addGroup(form, false), 0);
}

/** Every key of the one name space that groups and fields share. */
function taken(form: FormDefinition): Set<string> {
  return new Set(form.groups.flatMap((group) => [group.key, ...group.fields.map((field) => field.key)]));
}

export function newKey(used: ReadonlySet<string>, stem: string): string {
  let number = 1;
  while (used.has(`${stem}${number}`)) number += 1;
  return `${stem}${number}`;
}

export function addGroup(form: FormDefinition, rows: boolean): FormDefinition {
  const key = newKey(taken(form), rows ? "table_" : "group_");
  const group: Group = { key, label: words(), repeat: rows ? { max: 20 } : null, fields: [] };
  return { ...form, groups: [...form.groups, group] };
}

export function addField(form: FormDefinition, group: number): FormDefinition {
  const field: Field = { key: newKey(taken(form), "q"), label: words(), type: "integer", required: true };
  return withGroup(form, group, (found) => ({ ...found, fields: [...found.fields, field] }));
}

export function withGroup(form: FormDefinition, index: number, change: (group: Group) => Group): FormDefinition {
  return { ...form, groups: form.groups.map((group, at) => (at === index ? change(group) : group)) };
}

export function withField(form: FormDefinition, group: number, index: number, field: Field): FormDefinition {
  return withGroup(form, group, (found) => ({ ...found, fields: found.fields.map((each, at) => (at === index ? tidy(field) : each)) }));
}

export function addCheck(form: FormDefinition): FormDefinition {
  const key = newKey(new Set(form.checks.map((check) => check.key)), "check_");
  const check: Check = { key, level: "error", expr: "", fields: [], message: words() };
  return { ...form, checks: [...form.checks, check] };
}

export function withCheck(form: FormDefinition, index: number, check: Check): FormDefinition {
  return { ...form, checks: form.checks.map((each, at) => (at === index ? check : each)) };
}

/** One place up (-1) or down (1), as far as there is one. */
export function moved<T>(list: readonly T[], index: number, by: -1 | 1): T[] {
  const found = [...list];
  const [one, other] = [found[index], found[index + by]];
  if (one !== undefined && other !== undefined) [found[index], found[index + by]] = [other, one];
  return found;
}

export const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, at) => at !== index);

/** A field with only what its type may have. */
export function tidy(field: Field): Field {
  const found: Field = { ...field };
  if (!isNumber(field)) for (const key of ["unit", "min", "max"] as const) delete found[key];
  if (field.type !== "text") delete found.max_length;
  if (!hasChoices(field)) delete found.choices;
  if (field.type !== "integer") delete found.ledger;
  for (const key of ["unit", "help"] as const) {
    const said = found[key];
    if (said && said.zh.trim() === "" && said.en.trim() === "") delete found[key];
  }
  return found;
}

/** What somebody sees of a place in a definition: "groups[1].fields[0].label.en" is a label in a field of a group. */
export interface Place {
  group?: Group;
  field?: Field;
  check?: Check;
  /** What of it, without the language. */
  property: string;
}

export function placeOf(form: FormDefinition, path: string): Place {
  const [, group, field] = /^groups\[(\d+)\](?:\.fields\[(\d+)\])?/.exec(path) ?? [];
  const [, check] = /^checks\[(\d+)\]/.exec(path) ?? [];
  const rest = path.replace(/^(groups\[\d+\](\.fields\[\d+\])?|checks\[\d+\])\.?/, "");
  const found: Place = { property: rest.split(/[.[]/)[0] ?? "" };
  const inGroup = group === undefined ? undefined : form.groups[Number(group)];
  if (inGroup !== undefined) found.group = inGroup;
  const inField = field === undefined ? undefined : inGroup?.fields[Number(field)];
  if (inField !== undefined) found.field = inField;
  const inCheck = check === undefined ? undefined : form.checks[Number(check)];
  if (inCheck !== undefined) found.check = inCheck;
  return found;
}
