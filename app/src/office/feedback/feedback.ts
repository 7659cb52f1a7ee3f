/** What villages write to their offices: whoever takes it on stays with it until it is answered. */

import { api, given, type Schemas } from "@/api/client";

export type Feedback = Schemas["FeedbackView"];

export async function letters(open: boolean, page: string | undefined): Promise<{ items: Feedback[]; next?: string | null }> {
  const query = { open, ...(page === undefined ? {} : { page }) };
  return given(await api.GET("/api/v1/feedback", { params: { query } }));
}

export async function one(number: string): Promise<Feedback> {
  return given(await api.GET("/api/v1/feedback/{number}", { params: { path: { number } } }));
}

export async function take(number: string): Promise<Feedback> {
  return given(await api.POST("/api/v1/feedback/{number}/take", { params: { path: { number } } }));
}

export async function passOn(number: string, reason: string): Promise<Feedback> {
  return given(await api.POST("/api/v1/feedback/{number}/pass-on", { params: { path: { number } }, body: { reason } }));
}

export async function answer(number: string, text: string): Promise<Feedback> {
  return given(await api.POST("/api/v1/feedback/{number}/answer", { params: { path: { number } }, body: { text } }));
}

export const late = ({ act_by: by }: Feedback): boolean => by !== null && by !== undefined && new Date(by) < new Date();
