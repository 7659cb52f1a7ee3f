/** What was filed, on its way to the server: sent from one tab, kept until the receipt is there. */

import { api, Failure, given, type Problem, type Schemas } from "@/api/client";
import { attachments } from "./attachments";
import { fact, note, plain, type Draft, type Filing, type Obligation, type Photo, type Store } from "./database";
import { skewOf } from "./sync";

type Outcome = Schemas["ItemOutcome"];
type Kind = NonNullable<Schemas["SubmissionIn"]["kind"]>;

/** At most so many go in one request (the server takes 100). */
const BATCH = 20;

export interface Content {
  kind: Kind;
  answers?: Record<string, unknown>;
  reasons?: Record<string, string>;
  remark?: string;
  /** Photos of the draft, and whom they are about. */
  photos?: readonly Photo[];
  person?: string;
}

/** Files for an obligation: stored on the phone with the draft gone, in one step. Gives the id. */
export async function file(db: Store, duty: Obligation, content: Content): Promise<string> {
  const now = Date.now();
  const photos = content.photos ?? [];
  const body = {
    id: crypto.randomUUID(),
    obligation: duty.id,
    kind: content.kind,
    answers: plain(content.kind === "report" ? (content.answers ?? {}) : {}),
    reasons: plain(content.reasons ?? {}),
    remark: content.remark ?? "",
    ...(photos.length > 0 ? { attachments: attachments(photos) } : {}),
    captured_at: new Date(now).toISOString(),
    zero_confirmed: content.kind === "zero",
  };
  await db.transaction("rw", db.outbox, db.drafts, db.facts, db.photos, async () => {
    for (const { id } of photos) await db.photos.update(id, { filing: body.id, state: "waiting" });
    await db.outbox.put({
      id: body.id,
      ...(content.person === undefined ? {} : { person: content.person }),
      obligation: duty.id,
      village: duty.village,
      title: plain(duty.title),
      period: duty.period,
      // Free-form answers, which the description of the API leaves open.
      body: body as Schemas["SubmissionIn"],
      state: "waiting",
      filed_at: now,
      skew: (await fact(db, "skew")) ?? 0,
    });
    await db.drafts.delete(duty.id);
  });
  return body.id;
}

/**
 * Sends what waits, oldest first. Whoever else is sending, in this tab or another, is waited for;
 * what they sent no longer waits. Throws Failure when the server can't be reached now.
 */
export async function flush(db: Store): Promise<void> {
  await navigator.locks.request(`${db.name}-outbox`, async () => {
    let most = BATCH;
    for (;;) {
      const batch = (await db.outbox.where("state").equals("waiting").sortBy("filed_at")).slice(0, most);
      if (batch.length === 0) return;
      most = (await sent(db, batch)) ? BATCH : Math.ceil(batch.length / 2);
    }
  });
}

/** False when the batch as a whole was refused and a smaller one is to be tried. */
async function sent(db: Store, batch: Filing[]): Promise<boolean> {
  const before = Date.now();
  const body = { items: batch.map((filing) => filing.body), device_time: new Date(before).toISOString() };
  let answer;
  try {
    answer = given(await api.POST("/api/v1/submissions", { body }));
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "refused") throw error;
    if (batch.length > 1) return false;
    await settle(db, batch[0]!, { state: "refused", problem: error.problem! });
    return true;
  }
  const outcomes = new Map(answer.items.map((outcome) => [outcome.index, outcome]));
  await db.transaction("rw", db.outbox, db.facts, async () => {
    for (const [index, filing] of batch.entries()) {
      const outcome = outcomes.get(index);
      if (outcome === undefined) throw new Failure("busy");
      await settle(db, filing, judged(outcome));
    }
    await note(db, "skew", skewOf(answer.server_time, before, Date.now()));
  });
  return true;
}

type Verdict = Pick<Filing, "state"> & Partial<Filing>;

/** What an outcome means here. Nothing counts as sent without a receipt. */
export function judged(outcome: Outcome): Verdict {
  if (outcome.receipt === undefined || outcome.receipt === null) {
    const unknown: Problem = { code: "unknown", title: outcome.outcome, status: 0, params: {} };
    return { state: "refused", problem: outcome.problem ?? unknown };
  }
  return {
    state: "sent",
    receipt: outcome.receipt,
    ...(outcome.counted_at ? { counted_at: outcome.counted_at } : {}),
    ...(outcome.counted_by ? { counted_by: outcome.counted_by } : {}),
    ...(outcome.received_at ? { received_at: outcome.received_at } : {}),
  };
}

async function settle(db: Store, filing: Filing, verdict: Verdict): Promise<void> {
  await db.outbox.put({ ...filing, ...verdict });
}

/** Takes something refused back into a draft, to be corrected and filed anew. */
export async function reopen(db: Store, filing: Filing): Promise<void> {
  const { answers = {}, reasons = {}, remark = "" } = filing.body;
  const { obligation, village } = filing;
  const draft: Draft = { obligation, village, answers, reasons, remark, changed_at: Date.now() };
  await db.transaction("rw", db.outbox, db.drafts, db.photos, async () => {
    if ((await db.drafts.get(obligation)) === undefined) await db.drafts.put(plain(draft));
    await db.photos.where("filing").equals(filing.id).modify({ filing: "", state: "taken" });
    await db.outbox.delete(filing.id);
  });
}

/** Sends something refused once more, as it is. */
export async function retry(db: Store, filing: Filing): Promise<void> {
  const { problem: _, ...rest } = filing;
  await db.outbox.put({ ...rest, state: "waiting" });
}
