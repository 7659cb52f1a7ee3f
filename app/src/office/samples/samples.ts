/** The auditor's draws: who came out, and what was found of each. */

import { api, given, type Schemas } from "@/api/client";

export type Sample = Schemas["SampleView"];
export type Item = Schemas["SampleItem"];
export type Detail = Schemas["SampleDetail"];
export type Finding = Schemas["FindingView"];

export async function samples(page: string | undefined): Promise<{ items: Sample[]; next?: string | null }> {
  return given(await api.GET("/api/v1/certification/samples", { params: { query: page === undefined ? {} : { page } } }));
}

export async function one(number: string): Promise<Detail> {
  return given(await api.GET("/api/v1/certification/samples/{number}", { params: { path: { number } } }));
}

export async function draw(body: Schemas["SampleIn"]): Promise<Detail> {
  return given(await api.POST("/api/v1/certification/samples", { body }));
}

export async function finding(submission: string): Promise<Finding> {
  return given(await api.GET("/api/v1/certification/reviews/{submission}", { params: { path: { submission } } }));
}

export async function check(number: string, submission: string, ok: boolean, note: string): Promise<void> {
  const params = { path: { number, submission } };
  given(await api.PUT("/api/v1/certification/samples/{number}/items/{submission}", { params, body: { ok, note } }));
}
