/** The lists that a county brings in, and where each goes. */

import type { Schemas } from "@/api/client";

export type Batch = Schemas["ImportView"];
export const LISTS = ["roster", "match", "residents", "regions"] as const;
/** Who runs the system opens accounts; lists about people and places are the county's business. */
export const KINDS = [...LISTS, "accounts"] as const;
export type Kind = (typeof KINDS)[number];

/** What another office's list can say of somebody. */
export const SAYS = ["alive", "deceased", "custody", "moved"] as const;

export interface Options {
  /** Only looks, and says what would change. */
  dry: boolean;
  /** Whose list it is, of a match. */
  source: string;
  /** What rows of a match say that do not say it themselves, and of which day; empty: they all do. */
  says: (typeof SAYS)[number] | "";
  on: string;
  /** A roster may leave many out. */
  goneOk: boolean;
}

export function pathOf(kind: Kind, { dry, source, says, on, goneOk }: Options): string {
  const query = new URLSearchParams({ dry_run: String(dry) });
  if (kind === "match") {
    query.set("source", source.trim());
    if (says !== "") query.set("kind", says);
    if (on !== "") query.set("on", on);
  }
  if (kind === "roster" && goneOk) query.set("gone_ok", "true");
  return `/api/v1/imports/${kind}?${query}`;
}
