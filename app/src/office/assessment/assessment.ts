/** The quarter's assessment of townships and the subsidy sheet, by the rules that the county sets. */

import { api, given, type Schemas } from "@/api/client";
import { day } from "../days";

export type Assessment = Schemas["Assessment"];
export type Weights = Schemas["WeightsRule"];
export type Subsidies = Schemas["Subsidies"];

export const ITEMS = ["on_time", "report", "first_pass", "cert", "review_on_time"] as const;

/** This quarter and those before it, the newest first. */
export function quarters(many: number): string[] {
  const [year = 0, month = 0] = day().split("-").map(Number);
  const current = year * 4 + Math.floor((month - 1) / 3);
  return Array.from({ length: many }, (_, back) => `${Math.floor((current - back) / 4)}-Q${((current - back) % 4) + 1}`);
}

export async function assessed(quarter: string): Promise<Assessment> {
  return given(await api.GET("/api/v1/assessments/{quarter}", { params: { path: { quarter } } }));
}

export async function weights(): Promise<Schemas["WeightsView"]> {
  return given(await api.GET("/api/v1/county-rules/weights"));
}

export async function setWeights(body: Weights): Promise<void> {
  given(await api.PUT("/api/v1/county-rules/weights", { body }));
}

export async function subsidies(from: string, to: string): Promise<Subsidies> {
  return given(await api.GET("/api/v1/subsidies", { params: { query: { from_on: from, to_on: to } } }));
}

export interface Priced {
  code: string;
  /** None of a code that nothing is owed by any more. */
  title: Schemas["Words"] | null;
  fen: number | null;
}

/** All that may be accepted, and what keeps a price from before. Setting replaces the whole list. */
export async function prices(): Promise<Priced[]> {
  const [{ items: kept }, { items: schedules }] = await Promise.all([
    api.GET("/api/v1/county-rules/prices").then(given),
    api.GET("/api/v1/schedules", { params: { query: { limit: 200 } } }).then(given),
  ]);
  const titles = new Map(schedules.map(({ code, title }) => [code, title]));
  const fen = new Map(kept.map((each) => [each.code, each.price_fen]));
  const codes = [...new Set([...titles.keys(), ...fen.keys()])].sort();
  return codes.map((code) => ({ code, title: titles.get(code) ?? null, fen: fen.get(code) ?? null }));
}

export async function setPrices(items: Schemas["Price"][]): Promise<void> {
  given(await api.PUT("/api/v1/county-rules/prices", { body: { items } }));
}

export const yuan = (fen: number): string => (fen / 100).toFixed(2);
