/** What is asked of the server about circulars, and how their figures are told. */

import { api, given, type Schemas } from "@/api/client";
import { percent } from "../rates/bands";

export type Circular = Schemas["CircularDetail"];
export type Listed = Schemas["CircularView"];
export type Change = Schemas["circular_views_ChangeView"];

export const COUNTS = ["expected", "on_time", "late", "missing", "pending", "exempt"] as const;

export async function listed(year: number | undefined, page: string | undefined): Promise<{ items: Listed[]; next?: string | null }> {
  const query = { ...(year === undefined ? {} : { year }), ...(page === undefined ? {} : { page }) };
  return given(await api.GET("/api/v1/circulars", { params: { query } }));
}

export async function one(number: string, version: number | undefined): Promise<Circular> {
  const query = version === undefined ? {} : { version };
  return given(await api.GET("/api/v1/circulars/{number}", { params: { path: { number }, query } }));
}

export async function make(body: Schemas["CircularIn"]): Promise<Circular> {
  return given(await api.POST("/api/v1/circulars", { body }));
}

export async function correct(number: string, body: Schemas["CorrectionIn"]): Promise<Circular> {
  return given(await api.POST("/api/v1/circulars/{number}/versions", { params: { path: { number } }, body }));
}

export async function publish(number: string, version: number): Promise<Circular> {
  return given(await api.POST("/api/v1/circulars/{number}/versions/{version}/publish", { params: { path: { number, version } } }));
}

/** What stands before the numbers of the county's circulars. */
export async function markOf(): Promise<string> {
  return given(await api.GET("/api/v1/county-rules/mark")).mark;
}

export async function setMark(mark: string): Promise<void> {
  given(await api.PUT("/api/v1/county-rules/mark", { body: { mark } }));
}

/** A figure of a change: rates as percentages, a village's standing in words, nothing as a dash. */
export function figure({ figure: name }: Change, value: number | string | null, word: (standing: string) => string): string {
  if (value === null) return "—";
  if (typeof value === "string") return word(value);
  return name.endsWith("_rate") ? percent(value) : String(value);
}
