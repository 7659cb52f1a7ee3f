/** Requests of villages, and what is in force: asked, advised on, decided. */

import { api, Failure, given, type Schemas } from "@/api/client";
import { told } from "../trouble";

export type Request = Schemas["RequestView"];
export type InForce = Schemas["AdjustmentView"];
export type Ruling = Schemas["Ruling"];
export type Advice = Schemas["Advice"];

export interface Filter {
  open: boolean;
  region: string;
}

export async function requests({ open, region }: Filter, page: string | undefined): Promise<{ items: Request[]; next?: string | null }> {
  const query = { open, ...(region === "" ? {} : { region }), ...(page === undefined ? {} : { page }) };
  return given(await api.GET("/api/v1/requests", { params: { query } }));
}

export async function inForce(region: string, page: string | undefined): Promise<{ items: InForce[]; next?: string | null }> {
  const query = { ...(region === "" ? {} : { region }), ...(page === undefined ? {} : { page }) };
  return given(await api.GET("/api/v1/adjustments", { params: { query } }));
}

export async function advise(number: string, advice: Advice, note: string): Promise<void> {
  given(await api.POST("/api/v1/requests/{number}/advice", { params: { path: { number } }, body: { advice, note } }));
}

/** Each by itself: one that can't be granted holds up none of the others. Gives why some were not taken. */
export async function decide(
  wanted: readonly Request[],
  body: Schemas["DecisionIn"],
  t: (key: string) => string,
): Promise<{ done: Request[]; refused: string[] }> {
  const done: Request[] = [];
  const refused: string[] = [];
  for (const each of wanted) {
    try {
      given(await api.POST("/api/v1/requests/{number}/decision", { params: { path: { number: each.id } }, body }));
      done.push(each);
    } catch (error) {
      // The network gone, the rest would fail as well.
      if (!(error instanceof Failure) || error.kind !== "refused") throw error;
      refused.push(`${each.region_name} · ${told(t, error)}`);
    }
  }
  return { done, refused };
}
