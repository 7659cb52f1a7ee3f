/** Who is signed in on this phone; shared by all tabs through the browser's own storage. */

import type { components } from "./schema";

export interface Session {
  account: string;
  name: string;
  access: string;
  refresh: string;
}

type TokenPair = components["schemas"]["TokenPair"];

const KEY = "cunbao.session";
const PATIENCE_MS = 30_000;

/** A request as it is, given up after half a minute: a phone's line may hang for ever. */
export async function patient(request: Request): Promise<Response> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), PATIENCE_MS);
  try {
    return await fetch(new Request(request, { signal: control.signal }));
  } finally {
    clearTimeout(timer);
  }
}

export function session(): Session | null {
  const kept = localStorage.getItem(KEY);
  return kept === null ? null : (JSON.parse(kept) as Session);
}

export function keep(found: Session): void {
  localStorage.removeItem(WHY);
  localStorage.removeItem(WHOSE);
  localStorage.setItem(KEY, JSON.stringify(found));
}

export function forget(): void {
  localStorage.removeItem(KEY);
}

/** Calls back when another tab signs in or out; gives what ends that. */
export function onOtherTab(changed: (found: Session | null) => void): () => void {
  const look = (event: StorageEvent): void => {
    if (event.key === KEY) changed(session());
  };
  addEventListener("storage", look);
  return () => removeEventListener("storage", look);
}

/** Why the server ended the session, kept until somebody signs in; "" when nothing was said. */
const WHY = "cunbao.ended";

/** Whose session that was: what they filed and did not send is still on the phone. */
const WHOSE = "cunbao.whose";

export function lastAccount(): string {
  return localStorage.getItem(WHOSE) ?? "";
}

export function whyEnded(): string {
  return localStorage.getItem(WHY) ?? "";
}

/** How renewing went: `kept` when there was no answer and the old tokens may still serve. */
export type Renewal = "renewed" | "ended" | "kept";

/**
 * Renews the tokens after `stale` was refused. A refresh token serves once, and a second use ends
 * the session everywhere, so one tab renews at a time and the others take what it got.
 */
export async function renew(stale: string): Promise<Renewal> {
  return await navigator.locks.request("cunbao-session", async (): Promise<Renewal> => {
    const held = session();
    if (held === null) return "ended";
    if (held.access !== stale) return "renewed";
    const answer = await asked(held.refresh);
    if (answer?.status === 401) {
      localStorage.setItem(WHY, await codeOf(answer));
      localStorage.setItem(WHOSE, held.account);
      return "ended";
    }
    if (!answer?.ok) return "kept";
    const pair = (await answer.json()) as TokenPair;
    keep({ ...held, access: pair.access_token, refresh: pair.refresh_token });
    return "renewed";
  });
}

async function codeOf(answer: Response): Promise<string> {
  try {
    return String(((await answer.json()) as { code?: unknown }).code ?? "");
  } catch {
    return "";
  }
}

async function asked(refresh: string): Promise<Response | null> {
  const body = JSON.stringify({ refresh_token: refresh });
  const headers = { "content-type": "application/json" };
  const address = new URL("/api/v1/sessions/refresh", location.origin);
  try {
    return await patient(new Request(address, { method: "POST", body, headers }));
  } catch {
    return null;
  }
}
