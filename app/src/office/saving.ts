/** Files that the server makes: fetched as who is signed in, so that no address carries a key. */

import { ref } from "vue";
import { Failure, type Problem } from "@/api/client";
import { renew, session } from "@/api/session";
import { language } from "./preferences";

type Method = "GET" | "POST";

/** A file of the API, which may be asked for by a body; throws Failure with the server's words when it says no. */
export async function fetched(path: string, { method = "GET", json }: { method?: Method; json?: object } = {}): Promise<Blob> {
  const asked = json === undefined ? { method } : { method, body: JSON.stringify(json), headers: { "content-type": "application/json" } };
  return (await answered(path, asked)).blob();
}

/** Sends a file as it is; gives the answer's JSON. */
export async function send(path: string, file: File): Promise<unknown> {
  const workbook = file.name.toLowerCase().endsWith(".xlsx");
  const kind = workbook ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv";
  return (await answered(path, { method: "POST", body: file, headers: { "content-type": kind } })).json();
}

/** Asks as who is signed in, renewing the tokens once; throws Failure unless the answer is yes. */
export async function answered(path: string, asked: RequestInit): Promise<Response> {
  const answer = await tried(path, asked).catch(() => null);
  if (answer === null) throw new Failure("offline");
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Failure("ended");
  const problem = (await answer.json().catch(() => undefined)) as Problem | undefined;
  throw new Failure(answer.status >= 500 || answer.status === 429 ? "busy" : "refused", problem);
}

async function tried(path: string, asked: RequestInit): Promise<Response> {
  const used = session()?.access ?? "";
  const answer = await withToken(path, asked, used);
  if (answer.status !== 401 || (await renew(used)) !== "renewed") return answer;
  return withToken(path, asked, session()?.access ?? "");
}

function withToken(path: string, asked: RequestInit, token: string): Promise<Response> {
  const headers = { ...(asked.headers as Record<string, string> | undefined), authorization: `Bearer ${token}`, "accept-language": language.value };
  return fetch(path, { ...asked, headers });
}

/** Files that are being made: whoever goes to another page meanwhile sees that theirs is still coming. */
export const coming = ref<readonly string[]>([]);

/** Fetches a file and hands it to the browser to keep. */
export async function save(path: string, name: string, method: Method = "GET", json?: object): Promise<void> {
  coming.value = [...coming.value, name];
  try {
    hand(await fetched(path, { method, ...(json === undefined ? {} : { json }) }), name);
  } finally {
    const at = coming.value.indexOf(name);
    coming.value = coming.value.filter((_, order) => order !== at);
  }
}

export function hand(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the address after the click has returned.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
