import type { Obligation } from "./store/database";

export type Verdict = "on_time" | "late" | "missing" | "pending" | "exempt";

/** What the first filing came to, by the server's rule. */
export function verdictOf(duty: Obligation, now: number): Verdict {
  if (duty.exempt || duty.matched) return "exempt";
  if (duty.first_counted_at)
    return Date.parse(duty.first_counted_at) <= Date.parse(duty.due_at) ? "on_time" : "late";
  return now > Date.parse(duty.closes_at) ? "missing" : "pending";
}
