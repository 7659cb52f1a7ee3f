/** Photos and papers kept on the phone: from the shutter until the server has their bytes. */

import { MOST_PAPER_BYTES, shrink, Unfit } from "../visits/shrink";
import type { Advice } from "../visits/advice";
import type { Evidence, Obligation, Photo, Store } from "./database";

const PDF = "application/pdf";
let turn: Promise<unknown> = Promise.resolve();

/** One picture after the other: two at once may be more than the phone's memory holds. */
async function prepared(file: File): Promise<{ bytes: Blob; advice: Advice[]; ending: string }> {
  if (file.size === 0) throw new Unfit("empty");
  if (file.type === PDF) {
    if (file.size > MOST_PAPER_BYTES) throw new Unfit("too_large");
    return { bytes: file, advice: [], ending: "pdf" };
  }
  const mine = turn.then(() => shrink(file));
  turn = mine.catch(() => undefined);
  return { ...(await mine), ending: "jpg" };
}

export interface Shot {
  file: File;
  evidence: Evidence;
  from_gallery: boolean;
}

/**
 * Takes a photo or PDF into the draft of a duty, in place of another if it says so. Throws Unfit,
 * or whatever the phone says when its storage is full; then nothing has changed.
 */
export async function take(
  db: Store,
  duty: Obligation,
  { file, evidence, from_gallery }: Shot,
  instead?: Photo,
): Promise<Photo> {
  const { bytes, advice, ending } = await prepared(file);
  // In memory, and no longer bound to the camera's file, which the phone may delete at any time.
  const content = await bytes.arrayBuffer();
  const now = Date.now();
  const photo: Photo = {
    id: crypto.randomUUID(),
    obligation: duty.id,
    filing: "",
    state: "taken",
    sha256: hex(await crypto.subtle.digest("SHA-256", content)),
    // Never the file's own name: it may be a person's.
    name: `${evidence}-${now}.${ending}`,
    size: content.byteLength,
    evidence,
    from_gallery,
    advice,
    kept: advice.length === 0,
    taken_at: now,
  };
  await db.transaction("rw", db.photos, db.contents, async () => {
    if (instead !== undefined) await forgotten(db, instead);
    await db.contents.put({ id: photo.id, bytes: new Blob([content], { type: bytes.type }) });
    await db.photos.put(photo);
  });
  return photo;
}

/** Takes a photo out of the draft. */
export async function remove(db: Store, photo: Photo): Promise<void> {
  await db.transaction("rw", db.photos, db.contents, () => forgotten(db, photo));
}

async function forgotten(db: Store, photo: Photo): Promise<void> {
  await db.photos.delete(photo.id);
  await db.contents.delete(photo.id);
}

/** Keeps it in spite of the advice. */
export async function keepPhoto(db: Store, photo: Photo): Promise<void> {
  await db.photos.update(photo.id, { kept: true });
}

/**
 * What a returned filing of this phone had named becomes part of the draft again, so that only
 * what was wrong is taken anew. The server has the bytes, so none are sent twice.
 */
export async function takeBack(db: Store, duty: Obligation): Promise<void> {
  const before = duty.submission?.id;
  if (duty.stage !== "returned" || before === undefined) return;
  await db.transaction("rw", db.photos, db.contents, async () => {
    const held = await db.photos.where("obligation").equals(duty.id).toArray();
    if (held.some((each) => each.state === "taken")) return;
    for (const photo of held.filter((each) => each.filing === before)) {
      const id = crypto.randomUUID();
      const content = await db.contents.get(photo.id);
      if (content !== undefined) await db.contents.put({ ...content, id });
      const { upload: _, problem: __, ...rest } = photo;
      await db.photos.put({ ...rest, id, filing: "", state: "taken", kept: true });
    }
  });
}

function hex(digest: ArrayBuffer): string {
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
