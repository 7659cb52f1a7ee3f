/** From what fingers type to answers and back. What can't be read stays as typed, for the rules to refuse. */

import type { Field } from "./form";

/** Full-width digits and stops, as Chinese keyboards give them. */
function narrowed(text: string): string {
  return text
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[．。]/g, ".")
    .replace(/[－—]/g, "-")
    .trim();
}

/** The answer that a text stands for; null for none. */
export function answerOf(field: Field, text: string): unknown {
  if (field.type !== "integer" && field.type !== "decimal") return text === "" ? null : text;
  const number = narrowed(text);
  if (number === "") return null;
  return /^-?\d{1,15}(\.\d*)?$/.test(number) ? Number(number) : text;
}

/** What stands in the box for an answer. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
