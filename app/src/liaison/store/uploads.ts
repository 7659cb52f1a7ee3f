/** Photos on their way to the server, by tus 1.0: from the last byte it has, one tab at a time. */

import { Failure, type Problem } from "@/api/client";
import { patient, renew, session } from "@/api/session";
import type { Photo, Store } from "./database";
import { flush } from "./outbox";

const ADDRESS = "/api/v1/uploads";
/** A line that moves no byte for so long is given up; the next try goes on where it stood. */
const SILENCE_MS = 30_000;
const MOST_TRIES = 4;

/**
 * Sends the photos of delivered filings, oldest first; what is filed meanwhile goes before them.
 * Throws Failure when the server can't be reached now.
 */
export async function upload(db: Store): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    await flush(db);
    if (!(await locked(db, () => one(db, tried)))) return;
  }
}

/** Who sends forms or photos, in this tab or another, is waited for. */
function locked<T>(db: Store, work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(`${db.name}-outbox`, work) as Promise<T>;
}

async function one(db: Store, tried: Set<string>): Promise<boolean> {
  const waiting = await db.photos.where("state").equals("waiting").sortBy("taken_at");
  for (const photo of waiting) {
    if (tried.has(photo.id) || (await db.outbox.get(photo.filing))?.state !== "sent") continue;
    tried.add(photo.id);
    await sent(db, photo);
    return true;
  }
  return false;
}

async function sent(db: Store, photo: Photo): Promise<void> {
  const bytes = (await db.contents.get(photo.id))?.bytes;
  for (let attempt = 1; ; attempt++) {
    const told = await step(db, photo, bytes);
    if (told === "done") return settle(db, photo, { state: "sent" });
    if (told !== "again") return settle(db, photo, { state: "refused", problem: told });
    if (attempt === MOST_TRIES) throw new Failure("busy");
  }
}

async function settle(db: Store, photo: Photo, change: Partial<Photo>): Promise<void> {
  await db.transaction("rw", db.photos, db.contents, async () => {
    await db.photos.update(photo.id, change);
    if (change.state === "sent") await db.contents.delete(photo.id);
  });
}

type Told = "done" | "again" | Problem;

/** One try. Announces the photo unless that was done before, and sends what the server lacks. */
async function step(db: Store, photo: Photo, bytes: Blob | undefined): Promise<Told> {
  const used = session()?.access ?? "";
  const { status, problem } = photo.upload ? await rest(photo, bytes) : await announce(db, photo);
  if (status === 200) return "done";
  if (status === 201) return "again";
  if (status === 401) return await renewed(used);
  if (status === 409 || status === 423) return "again";
  if (status === 404 || status === 410) {
    // Kept for three days only: announced anew.
    if (photo.upload === undefined) return problem ?? unnamed(status);
    delete photo.upload;
    await db.photos.put(photo);
    return "again";
  }
  if (status >= 500 || status === 429) throw new Failure("busy", problem);
  return problem ?? unnamed(status);
}

async function renewed(used: string): Promise<Told> {
  const renewal = await renew(used);
  if (renewal === "ended") throw new Failure("ended");
  if (renewal === "kept") throw new Failure("busy");
  return "again";
}

interface Answer {
  /** 200: the server has all of it. 201: it lacks something. */
  status: number;
  problem?: Problem;
}

/** Says what is coming: all there is to send of what the server has already. */
async function announce(db: Store, photo: Photo): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${session()?.access ?? ""}`,
    "tus-resumable": "1.0.0",
    "upload-length": String(photo.size),
    "upload-metadata": `sha256 ${btoa(photo.sha256)}`,
  };
  const answer = await reached(new Request(new URL(ADDRESS, location.origin), { method: "POST", headers }));
  const place = answer.headers.get("location");
  if (!answer.ok || place === null) return { status: answer.status, problem: await saidBy(answer) };
  if (Number(answer.headers.get("upload-offset")) === photo.size) return { status: 200 };
  photo.upload = new URL(place, location.origin).pathname;
  await db.photos.put(photo);
  return { status: 201 };
}

async function reached(request: Request): Promise<Response> {
  try {
    return await patient(request);
  } catch {
    throw new Failure("offline");
  }
}

async function saidBy(answer: Response): Promise<Problem> {
  return (await answer.json().catch(() => unnamed(answer.status))) as Problem;
}

/** Sends from where the server stands, which the client asks first. */
async function rest(photo: Photo, bytes: Blob | undefined): Promise<Answer> {
  // Taken back from a filing whose bytes the server has lost since.
  if (bytes === undefined) return { status: 400, problem: { ...unnamed(400), code: "photo_gone" } };
  const { Upload } = await import("tus-js-client");
  return await new Promise((resolve, reject) => {
    let timer = 0;
    const quiet = (): void => {
      void run.abort();
      reject(new Failure("offline"));
    };
    const heard = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(quiet, SILENCE_MS);
    };
    const run = new Upload(bytes, {
      uploadUrl: new URL(photo.upload ?? "", location.origin).href,
      uploadSize: photo.size,
      storeFingerprintForResuming: false,
      retryDelays: null,
      headers: { authorization: `Bearer ${session()?.access ?? ""}` },
      onProgress: heard,
      onSuccess: () => {
        clearTimeout(timer);
        resolve({ status: 200 });
      },
      onError: (error) => {
        clearTimeout(timer);
        const answer = "originalResponse" in error ? error.originalResponse : null;
        if (!answer) return reject(new Failure("offline"));
        resolve({ status: answer.getStatus(), problem: read(answer.getBody(), answer.getStatus()) });
      },
    });
    heard();
    run.start();
  });
}

function read(body: string, status: number): Problem {
  try {
    return JSON.parse(body) as Problem;
  } catch {
    return unnamed(status);
  }
}

/** What stands between us and the server may answer in its own way, and a HEAD says nothing. */
function unnamed(status: number): Problem {
  return { code: status === 413 ? "too_large" : "unknown", title: String(status), status, params: {} };
}

/** Sends a refused photo once more. */
export async function sendAgain(db: Store, photo: Photo): Promise<void> {
  const { problem: _, upload: __, ...same } = photo;
  await db.photos.put({ ...same, state: "waiting" });
}
