/** Changes of the ledger, on their way to the server: kept until the receipt is there. */

import { api, Failure, given, type Problem, type Schemas } from "@/api/client";
import { identity, masked } from "@/rules/identity";
import { fact, note, plain, type LedgerChange, type Resident, type Store } from "./database";
import { skewOf } from "./sync";

export type Fields = Record<string, unknown>;

/** At most so many go in one request (the server takes 100). */
const BATCH = 50;

export interface Wish {
  kind: LedgerChange["kind"];
  resident: string;
  village: string;
  /** For the list of what is on its way. */
  name: string;
  fields: Fields;
  /** Of somebody new alone. */
  idNumber?: string;
}

/** Stores a change on the phone; the lists show it from then on. */
export async function keepChange(db: Store, wish: Wish): Promise<string> {
  const now = Date.now();
  const id = crypto.randomUUID();
  const { kind, resident, village, name } = wish;
  const fields = plain(wish.fields);
  const body = { id, resident, kind, fields, captured_at: new Date(now).toISOString() };
  const started = wish.idNumber === undefined ? {} : { village, id_number: wish.idNumber };
  await db.changes.put({
    id,
    resident,
    village,
    name,
    kind,
    body: { ...body, ...started },
    state: "waiting",
    filed_at: now,
    skew: (await fact(db, "skew")) ?? 0,
  });
  return id;
}

/** The people as they are with the changes that wait; who has left is no longer among them. */
export function overlaid(people: readonly Resident[], changes: readonly LedgerChange[]): Resident[] {
  const waiting = changes.filter((each) => each.state === "waiting").sort((a, b) => a.filed_at - b.filed_at);
  if (waiting.length === 0) return [...people];
  const found = new Map(people.map((person) => [person.id, person]));
  for (const each of waiting) {
    const after = applied(found.get(each.resident), each);
    if (after === undefined) found.delete(each.resident);
    else found.set(each.resident, after);
  }
  return [...found.values()];
}

/** A person after a change; none when they have left, or were never there. */
export function applied(person: Resident | undefined, change: LedgerChange): Resident | undefined {
  if (change.kind === "move_out" || change.kind === "death") return undefined;
  const { phone: _, ...fields } = change.body.fields as Partial<Resident> & { phone?: string };
  if (change.kind !== "new") return person && { ...person, ...fields };
  const number = identity(change.body.id_number ?? "");
  if (number === null) return undefined;
  const { born, female } = number;
  const { resident: id, village, name } = change;
  return { status: "unemployed", ...fields, id, village, name, born, female, id_number: masked(number.text) };
}

/** Sends what waits, oldest first, from one tab at a time. Throws Failure when it can't now. */
export async function flushChanges(db: Store): Promise<void> {
  await navigator.locks.request(`${db.name}-ledger`, async () => {
    let most = BATCH;
    for (;;) {
      const batch = (await db.changes.where("state").equals("waiting").sortBy("filed_at")).slice(0, most);
      if (batch.length === 0) return;
      most = (await sent(db, batch)) ? BATCH : Math.ceil(batch.length / 2);
    }
  });
}

/** False when the batch as a whole was refused and a smaller one is to be tried. */
async function sent(db: Store, batch: LedgerChange[]): Promise<boolean> {
  const before = Date.now();
  // Free-form values, which the description of the API leaves open.
  const items = batch.map((each) => each.body as Schemas["ResidentChangeIn"]);
  const body = { items, device_time: new Date(before).toISOString() };
  let answer;
  try {
    answer = given(await api.POST("/api/v1/residents/changes", { body }));
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "refused") throw error;
    if (batch.length > 1) return false;
    await db.changes.update(batch[0]!.id, { state: "refused", problem: error.problem! });
    return true;
  }
  const outcomes = new Map(answer.items.map((outcome) => [outcome.index, outcome]));
  await db.transaction("rw", db.changes, db.residents, db.facts, async () => {
    for (const [index, each] of batch.entries()) {
      const outcome = outcomes.get(index);
      if (outcome === undefined) throw new Failure("busy");
      await settle(db, each, outcome);
    }
    await note(db, "skew", skewOf(answer.server_time, before, Date.now()));
  });
  return true;
}

/** Nothing counts as sent without a receipt. What is sent shows at once, not only after a sync. */
async function settle(
  db: Store,
  change: LedgerChange,
  outcome: Schemas["ResidentChangeOutcome"],
): Promise<void> {
  if (!outcome.receipt) {
    const unknown: Problem = { code: "unknown", title: outcome.outcome, status: 0, params: {} };
    await db.changes.put({ ...change, state: "refused", problem: outcome.problem ?? unknown });
    return;
  }
  const outdated = outcome.outdated ?? [];
  const holding = Object.entries(change.body.fields).filter(([name]) => !outdated.includes(name));
  const held = { ...change, body: { ...change.body, fields: Object.fromEntries(holding) } };
  const after = applied(await db.residents.get(change.resident), held);
  if (after !== undefined) await db.residents.put(after);
  else await db.residents.delete(change.resident);
  // Numbers have arrived; nobody needs them here any more.
  const { id_number: _, ...rest } = change.body;
  const { phone: __, ...fields } = rest.fields;
  const body = { ...rest, fields };
  await db.changes.put({ ...change, body, state: "sent", receipt: outcome.receipt, outdated });
}

/** Sends something refused once more, as it is. */
export async function sendAgain(db: Store, change: LedgerChange): Promise<void> {
  const { problem: _, ...rest } = change;
  await db.changes.put({ ...rest, state: "waiting" });
}

/** Gives something refused up; what the server holds stays. */
export async function giveUp(db: Store, change: LedgerChange): Promise<void> {
  await db.changes.delete(change.id);
}
