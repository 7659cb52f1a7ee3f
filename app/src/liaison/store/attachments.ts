import { plain, type Photo, type Submission } from "./database";

type Attachment = NonNullable<Submission["attachments"]>[number];

/** What a submission says of its photos. */
export function attachments(photos: readonly Photo[]): Attachment[] {
  const distinct = new Map(photos.map((each) => [`${each.sha256} ${each.evidence}`, each]));
  return [...distinct.values()].map(({ sha256, name, size, evidence, from_gallery }) =>
    plain({ sha256, name, size, evidence, from_gallery }),
  );
}
