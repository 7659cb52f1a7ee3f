/** What an office has begun to file for a village: kept in the browser, by account and duty, until it is sent. */

import { signedInAs } from "../who";
import type { Json } from "@/rules/values";

export interface Draft {
  /** The filing's id: sent again after a lost answer it is the same filing. */
  id: string;
  answers: Json;
  reasons: Record<string, string>;
  remark: string;
  why: string;
}

const keyOf = (duty: number): string => `cunbao.behalf.${signedInAs() ?? ""}.${duty}`;

export function draftOf(duty: number): Draft | null {
  const kept = localStorage.getItem(keyOf(duty));
  return kept === null ? null : (JSON.parse(kept) as Draft);
}

export const hasDraft = (duty: number): boolean => localStorage.getItem(keyOf(duty)) !== null;

export function keepDraft(duty: number, draft: Draft): void {
  localStorage.setItem(keyOf(duty), JSON.stringify(draft));
}

export function dropDraft(duty: number): void {
  localStorage.removeItem(keyOf(duty));
}
