/** What lies on the desk beside an entry of the queue: its form, and figures or photos to compare. */

import { api, given, type Schemas } from "@/api/client";
import { holds } from "../who";
import type { Entry } from "./desk";
import { formOf, ledgerFields, type Form } from "./forms";
import { shownPictures, type Pictures } from "./pictures";

export type Finding = Schemas["FindingView"];

export interface Case {
  form: Form;
  /** The ledger's figures now, by the name that the form's fields give them; null where none apply. */
  ledger: Record<string, number> | null;
  /** A certification: what was found, and the pictures, which can be drawn at once. */
  finding: Finding | null;
  pictures: Pictures;
}

export function makeCases() {
  const held = new Map<string, Promise<Case>>();

  function of(entry: Entry): Promise<Case> {
    const known = held.get(entry.submission);
    if (known !== undefined) return known;
    const asking = look(entry);
    held.set(entry.submission, asking);
    asking.catch(() => held.delete(entry.submission));
    return asking;
  }

  /** Old people's faces stay in memory no longer than they are looked at. */
  function keepOnly(entries: readonly Entry[]): void {
    const wanted = new Set(entries.map((each) => each.submission));
    for (const [submission, asking] of held) {
      if (wanted.has(submission)) continue;
      held.delete(submission);
      void asking.then(({ pictures }) => pictures.forget()).catch(() => undefined);
    }
  }

  return { of, keepOnly };
}

async function look(entry: Entry): Promise<Case> {
  const [form, finding] = await Promise.all([formOf(entry.form), entry.certification ? found(entry) : null]);
  const [ledger, pictures] = await Promise.all([
    ledgerOf(entry, form),
    shownPictures([...(finding?.attachments ?? []), ...(finding?.earlier?.attachments ?? [])]),
  ]);
  return { form, ledger, finding, pictures };
}

async function found({ submission }: Entry): Promise<Finding> {
  return given(await api.GET("/api/v1/certification/reviews/{submission}", { params: { path: { submission } } }));
}

const MONTH = /^\d{4}-\d{2}$/;

async function ledgerOf(entry: Entry, form: Form): Promise<Record<string, number> | null> {
  // Auditors see no ledger, and only months are counted from it.
  if (!MONTH.test(entry.period) || ledgerFields(form).length === 0 || !holds("reviewer", "office_lead", "county_ops")) return null;
  const query = { region: entry.region, month: entry.period };
  return given(await api.GET("/api/v1/residents/figures", { params: { query } })).figures;
}
