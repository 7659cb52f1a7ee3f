/** Which papers a finding needs: the server's rule (domain/certification/evidence.py) over its table. */

import type { Answers, Evidence } from "../store/database";

/** Any one of the papers is needed; only in a circumstance, and by some methods, if it says so. */
export interface Requirement {
  any_of: Evidence[];
  when?: "mismatch" | "declared";
  methods?: string[];
}

const DATED = new Set(["death", "custody", "emigrated", "duplicate"]);

/** Whether a result happened on a day that must be told. */
export function isDated(result: unknown): boolean {
  return DATED.has(String(result));
}

/** All that the answers ask for, in the table's order. */
export function needed(table: Record<string, Requirement[]>, answers: Answers): Requirement[] {
  const { method, result } = answers;
  return (table[String(result)] ?? []).filter(
    ({ when, methods }) =>
      (methods === undefined || methods.includes(String(method))) &&
      (when === undefined || answers[when] === true),
  );
}

/** What of that is lacking. */
export function lacking(needs: readonly Requirement[], given: readonly Evidence[]): Requirement[] {
  return needs.filter(({ any_of }) => !any_of.some((each) => given.includes(each)));
}
