/** One file with all that the server has not taken, for the township to read in. */

import type { Filing, LedgerChange, Photo, Store } from "./database";

/** More than a day of certifications; a file that a cheap phone can still make and hand over. */
export const MOST_PHOTO_BYTES = 40_000_000;

/** What the server has not taken. Letters stay: the office they are about may not be their reader. */
export interface Owed {
  filings: Filing[];
  changes: LedgerChange[];
  photos: Photo[];
}

/** Photos of delivered filings come first: only they are certain to be wanted. */
export async function owed(db: Store): Promise<Owed> {
  const filings = await db.outbox.where("state").notEqual("sent").sortBy("filed_at");
  const changes = await db.changes.where("state").notEqual("sent").sortBy("filed_at");
  const photos = await db.photos.where("state").anyOf("waiting", "refused").sortBy("taken_at");
  const held = new Set(filings.map((each) => each.id));
  photos.sort((a, b) => Number(held.has(a.filing)) - Number(held.has(b.filing)));
  return { filings, changes, photos };
}

export interface Rescue {
  file: Blob;
  /** Photos that did not fit or are no longer on the phone; the file names them too. */
  left: Photo[];
}

/**
 * Reports in `items` and changes of the ledger in `changes`, each as it would be sent; `photos`
 * [{sha256, name, size, filing, content}], `content` in base64, and `missing`, the same without
 * content.
 */
export async function rescue(db: Store, account: string, now: number, most = MOST_PHOTO_BYTES): Promise<Rescue> {
  const { filings, changes, photos } = await owed(db);
  const parts: Blob[] = [];
  const left: Photo[] = [];
  let bytes = 0;
  for (const photo of photos) {
    const content = (await db.contents.get(photo.id))?.bytes;
    if (content === undefined || bytes + photo.size > most) {
      left.push(photo);
      continue;
    }
    bytes += photo.size;
    // A blob of its own each: the browser may put it on the disk, which a long text can't be.
    const text = JSON.stringify({ ...naming(photo), content: base64(await content.arrayBuffer()) });
    parts.push(new Blob([parts.length > 0 ? ",\n" : "", text]));
  }
  const head = {
    cunbao: "rescue",
    version: 1,
    account,
    device_time: new Date(now).toISOString(),
    items: filings.map((each) => each.body),
    changes: changes.map((each) => each.body),
    missing: left.map(naming),
  };
  const opening = JSON.stringify(head, null, 1).slice(0, -2);
  return { file: new Blob([opening, `,\n"photos": [`, ...parts, "]}"], { type: "application/json" }), left };
}

function naming({ sha256, name, size, filing }: Photo): object {
  return { sha256, name, size, filing };
}

const CHUNK = 32_768;

function base64(content: ArrayBuffer): string {
  const bytes = new Uint8Array(content);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
