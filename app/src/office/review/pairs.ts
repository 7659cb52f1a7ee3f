/** This cycle's photos and papers beside the last one's, the face first. */

import type { Schemas } from "@/api/client";

type Attachment = Schemas["AttachmentView"];

export interface Pair {
  now: Attachment | undefined;
  before: Attachment | undefined;
}

export function pairsOf(finding: Pick<Schemas["FindingView"], "attachments" | "earlier">): Pair[] {
  const [now, before] = [sorted(finding.attachments), sorted(finding.earlier?.attachments ?? [])];
  const pairs = now.map((each): Pair => {
    const there = before.findIndex((old) => old.evidence === each.evidence);
    return { now: each, before: there < 0 ? undefined : before.splice(there, 1)[0] };
  });
  // Of the old ones a face is worth a look even where no face was taken now.
  return [...pairs, ...before.filter(isFace).map((each): Pair => ({ now: undefined, before: each }))];
}

function isFace({ evidence }: Attachment): boolean {
  return evidence === "face_photo" || evidence === "plate_photo";
}

function sorted(attachments: readonly Attachment[]): Attachment[] {
  return [...attachments.filter(isFace), ...attachments.filter((each) => !isFace(each))];
}

/** What is there but can't be seen: nobody passes somebody unseen. */
export function unseen(attachments: readonly Attachment[], shown: ReadonlyMap<number, string>): Attachment[] {
  return attachments.filter(({ id }) => !shown.has(id));
}
