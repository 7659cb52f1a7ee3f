/** One file with all that the server has not taken, for the township to read in. */

import type { Filing, Photo, Store } from "./database";
import { rescueFile } from "./outbox";

/** More than a day of certifications; a file that a cheap phone can still make and hand over. */
export const MOST_PHOTO_BYTES = 40_000_000;

export interface Rescue {
  file: Blob;
  /** Photos that did not fit or are no longer on the phone; the file names them too. */
  left: Photo[];
}

/**
 * The filings as `rescueFile` has them, with `photos` [{sha256, name, size, filing, content}],
 * `content` in base64, and `missing`, the same without content. Photos of delivered filings come
 * first: only they are certain to be wanted.
 */
export async function rescue(
  db: Store,
  account: string,
  filings: readonly Filing[],
  now: number,
  most = MOST_PHOTO_BYTES,
): Promise<Rescue> {
  const parts: Blob[] = [];
  const left: Photo[] = [];
  let bytes = 0;
  for (const photo of await unsent(db)) {
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
  const head = (await rescueFile(account, filings, now).text()).trimEnd().slice(0, -1);
  const missing = JSON.stringify(left.map(naming));
  const file = new Blob([head, `,\n"missing": ${missing},\n"photos": [`, ...parts, "]}"], {
    type: "application/json",
  });
  return { file, left };
}

async function unsent(db: Store): Promise<Photo[]> {
  const photos = await db.photos.where("state").anyOf("waiting", "refused").sortBy("taken_at");
  const sent = new Set(await db.outbox.where("state").equals("sent").primaryKeys());
  return photos.sort((a, b) => Number(sent.has(b.filing)) - Number(sent.has(a.filing)));
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
