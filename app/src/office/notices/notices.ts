/** Notices: published in the name of one's office, read in the villages. */

import { api, given, type Schemas } from "@/api/client";

export type Notice = Schemas["NoticeView"];
export type VillageReaders = Schemas["VillageReaders"];
export type Reader = Schemas["Reader"];
export type Draft = Schemas["NoticeIn"];

export async function notices(page: string | undefined): Promise<{ items: Notice[]; next?: string | null }> {
  return given(await api.GET("/api/v1/notices", { params: { query: page === undefined ? {} : { page } } }));
}

export async function one(number: string): Promise<Notice> {
  return given(await api.GET("/api/v1/notices/{number}", { params: { path: { number } } }));
}

export async function villages(number: string): Promise<VillageReaders[]> {
  return given(await api.GET("/api/v1/notices/{number}/villages", { params: { path: { number } } }));
}

export async function unread(number: string, region: string, page: string | undefined): Promise<{ items: Reader[]; next?: string | null }> {
  const query = { read: false, ...(region === "" ? {} : { region }), ...(page === undefined ? {} : { page }) };
  return given(await api.GET("/api/v1/notices/{number}/readers", { params: { path: { number }, query } }));
}

export async function publish(body: Draft): Promise<Notice> {
  return given(await api.POST("/api/v1/notices", { body }));
}

/** A new version in its place; everybody is asked to read it anew. */
export async function correct(number: string, body: Schemas["NoticeWords"]): Promise<Notice> {
  return given(await api.PUT("/api/v1/notices/{number}", { params: { path: { number } }, body }));
}

export async function withdraw(number: string): Promise<void> {
  given(await api.POST("/api/v1/notices/{number}/withdraw", { params: { path: { number } } }));
}

/** The paragraphs of a text. */
export const paragraphs = (body: string): string[] => body.split("\n").filter((line) => line.trim() !== "");
