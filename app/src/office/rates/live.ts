/** Word from the server that figures may have moved, for as long as the page is open. */

import { renew, session } from "@/api/session";

const PAUSE_MS = 3000;

/** Calls back at each `moved`; gives what ends it. Asks again when the stream ends or breaks. */
export function onMoved(region: string, moved: () => void): () => void {
  const control = new AbortController();
  void follow(region, moved, control.signal);
  return () => control.abort();
}

async function follow(region: string, moved: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await listen(region, moved, signal).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function listen(region: string, moved: () => void, signal: AbortSignal): Promise<void> {
  const used = session()?.access ?? "";
  // Not an EventSource: that can't say who asks.
  const headers = { authorization: `Bearer ${used}`, accept: "text/event-stream" };
  const answer = await fetch(`/api/v1/rates/live?region=${encodeURIComponent(region)}`, { headers, signal });
  if (answer.status === 401) await renew(used);
  if (!answer.ok || answer.body === null) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let held = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const events = held.split("\r\n\r\n");
    held = events.pop() ?? "";
    if (events.some((event) => event.includes("event: moved"))) moved();
  }
}
