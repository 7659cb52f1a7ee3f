/** A server for the unit tests: answers as told, and remembers what it was asked. */

import { vi } from "vitest";

export interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown>;
  token: string | null;
}

export type Reply = (asked: Asked) => Promise<Response> | Response;

export function json(body: unknown, status = 200): Response {
  const headers = { "content-type": "application/json" };
  return new Response(JSON.stringify(body), { status, headers });
}

export function problem(code: string, status: number): Response {
  return json({ type: "", title: code, status, code, params: {} }, status);
}

/** Puts the server in place of the network; gives the list of what it was asked. */
export function serve(reply: Reply): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const text = await request.text();
    const one = {
      method: request.method,
      path: new URL(request.url).pathname + new URL(request.url).search,
      body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      token: request.headers.get("authorization"),
    };
    asked.push(one);
    return reply(one);
  });
  return asked;
}

/** No signal. */
export function unreachable(): never {
  throw new TypeError("Failed to fetch");
}
