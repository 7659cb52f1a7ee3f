/** What is owed and how urgent it is: functions of the stored facts and an instant. */

import type { Filing, Obligation } from "./store/database";

export type State =
  | "upcoming"
  | "open"
  | "overdue"
  | "submitted"
  | "returned"
  | "accepted"
  | "missing"
  | "exempt";

const FILED: Record<string, State> = {
  town: "submitted",
  county: "submitted",
  returned: "returned",
  accepted: "accepted",
};

/** The state at `now` (milliseconds), by the server's rule. */
export function stateOf(duty: Obligation, now: number): State {
  if (duty.exempt) return "exempt";
  const filed = FILED[duty.stage];
  if (filed !== undefined) return filed;
  if (duty.matched) return "accepted";
  if (now < Date.parse(duty.opens_at)) return "upcoming";
  if (now <= Date.parse(duty.due_at)) return "open";
  return now <= Date.parse(duty.closes_at) ? "overdue" : "missing";
}

export type Urgency = "overdue" | "today" | "soon" | "later";

export interface Todo {
  duty: Obligation;
  state: "open" | "overdue" | "returned";
  deadline: number;
  /** Days of the calendar in China from now to the deadline; negative when it has passed. */
  days: number;
  urgency: Urgency;
}

const DAY_MS = 86_400_000;
// China has kept one offset without summer time since 1991.
const CHINA_MS = 8 * 3_600_000;

function dayOf(instant: number): number {
  return Math.floor((instant + CHINA_MS) / DAY_MS);
}

/** What is to be done, most pressing first; what waits in the outbox is done as far as it can be. */
export function todos(duties: readonly Obligation[], outbox: readonly Filing[], now: number): Todo[] {
  const waiting = new Set(outbox.filter((each) => each.state === "waiting").map((each) => each.obligation));
  return duties
    .filter((duty) => !waiting.has(duty.id))
    .flatMap((duty) => todo(duty, now) ?? [])
    .sort((a, b) => rank(a) - rank(b) || a.deadline - b.deadline || a.duty.id - b.duty.id);
}

function rank(item: Todo): number {
  if (item.urgency === "overdue") return 0;
  return item.state === "returned" ? 1 : 2;
}

function todo(duty: Obligation, now: number): Todo | null {
  const state = stateOf(duty, now);
  if (state !== "open" && state !== "overdue" && state !== "returned") return null;
  const due = state === "returned" ? (duty.fix_by ?? duty.due_at) : duty.due_at;
  const deadline = Date.parse(due);
  const days = dayOf(deadline) - dayOf(now);
  return { duty, state, deadline, days, urgency: urgencyOf(deadline, days, now) };
}

function urgencyOf(deadline: number, days: number, now: number): Urgency {
  if (now > deadline) return "overdue";
  if (days === 0) return "today";
  return days <= 2 ? "soon" : "later";
}

/** How long ago the deadline passed, or how long it is yet, as a key of words and its number. */
export function daysLeft({ urgency, days }: Todo): { key: string; n: number } {
  if (urgency === "overdue") return days === 0 ? { key: "passed_today", n: 0 } : { key: "late", n: -days };
  if (days === 0) return { key: "today", n: 0 };
  return days === 1 ? { key: "tomorrow", n: 1 } : { key: "left", n: days };
}
