/** What is being typed: stored as it is typed, so that no reload, crash or dead battery takes it. */

import { plain, type Draft, type Store } from "./database";

export async function keepDraft(db: Store, draft: Omit<Draft, "changed_at">): Promise<void> {
  await db.drafts.put(plain({ ...draft, changed_at: Date.now() }));
}

export function draftOf(db: Store, obligation: number): Promise<Draft | undefined> {
  return db.drafts.get(obligation);
}
