/** What the village's ledger says of a month, for a report to start from. */

import { ledgerFigures } from "@/rules/ledger";
import type { Json } from "@/rules/values";
import type { Obligation, Store } from "../store/database";
import { overlaid } from "../store/ledger";

/**
 * Figures by key, with the changes that wait on this phone. None while the ledger has fewer than half
 * of the people of the last report: a ledger just begun would empty the village.
 */
export async function figuresOf(db: Store, duty: Obligation, last: Json | null): Promise<Json> {
  if (!/^\d{4}-\d{2}$/.test(duty.period)) return {};
  const people = await db.residents.where("village").equals(duty.village).toArray();
  const changes = (await db.changes.toArray()).filter((each) => each.village === duty.village);
  const figures = ledgerFigures(overlaid(people, changes), duty.period);
  const [now, before] = [figures["wa_total"] ?? 0, last?.["wa_total"]];
  const begun = typeof before === "number" ? 2 * now < before : now === 0;
  return begun ? {} : figures;
}
