/** Photos and papers fetched before they are looked at, kept as objects of the browser. */

import type { Schemas } from "@/api/client";

type Attachment = Schemas["AttachmentView"];

export interface Pictures {
  /** What an <img> draws, by attachment; one that could not be fetched is missing. */
  shown: ReadonlyMap<number, string>;
  forget: () => void;
}

export async function shownPictures(attachments: readonly Attachment[]): Promise<Pictures> {
  const shown = new Map<number, string>();
  await Promise.all(
    attachments.map(async ({ id, addresses }) => {
      const blob = addresses === null ? null : await pictureAt(addresses.preview);
      if (blob !== null) shown.set(id, URL.createObjectURL(blob));
    }),
  );
  const forget = (): void => {
    for (const address of shown.values()) URL.revokeObjectURL(address);
    shown.clear();
  };
  return { shown, forget };
}

/** The address is the permission: it is of this sign-in and lasts minutes. */
export async function pictureAt(address: string): Promise<Blob | null> {
  const answer = await fetch(address).catch(() => null);
  return answer !== null && answer.ok ? answer.blob() : null;
}
