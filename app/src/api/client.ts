/** The API, typed by its own description. Failures are one of four kinds. */

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { patient, renew, session } from "./session";

export type Schemas = components["schemas"];

export interface Problem {
  code: string;
  title: string;
  status: number;
  params: Record<string, unknown>;
}

/**
 * `offline`: no answer. `ended`: signed out or revoked. `busy`: the server's trouble, try later.
 * `refused`: the answer is no, and `problem` says why.
 */
export class Failure extends Error {
  constructor(
    readonly kind: "offline" | "ended" | "busy" | "refused",
    readonly problem?: Problem,
  ) {
    super(problem?.code ?? kind);
  }
}

let language = "zh";
export function speak(chosen: string): void {
  language = chosen;
}

function dressed(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set("accept-language", language);
  const held = session();
  if (held !== null) headers.set("authorization", `Bearer ${held.access}`);
  return new Request(request, { headers });
}

/** Sends a request as who is signed in; renews the tokens once when they are refused. */
async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const used = session()?.access;
  const answer = await reached(dressed(request));
  if (answer.status !== 401 || used === undefined) return answer;
  // A password asked for again: sent once more it would count as another guess.
  if (/bad_cr/.test(await answer.clone().text())) return answer;
  const renewal = await renew(used);
  if (renewal === "ended") throw new Failure("ended");
  if (renewal === "kept") throw new Failure("busy");
  return reached(dressed(again));
}

async function reached(request: Request): Promise<Response> {
  try {
    return await patient(request);
  } catch {
    throw new Failure("offline");
  }
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer, or the Failure that it is. */
export function given<T>({ data, error, response }: Answer<T>): T {
  if (response.ok) return data as T;
  if (response.status >= 500 || response.status === 429) throw new Failure("busy", asProblem(error));
  throw new Failure("refused", asProblem(error) ?? unknown(response.status));
}

function asProblem(error: unknown): Problem | undefined {
  return typeof error === "object" && error !== null && "code" in error
    ? (error as Problem)
    : undefined;
}

/** What stands between us and the server, a proxy, may answer for it in its own way. */
function unknown(status: number): Problem {
  return { code: status === 413 ? "too_large" : "unknown", title: String(status), status, params: {} };
}
