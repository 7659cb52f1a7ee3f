/** Handing over what was not sent, as one file. */

import type { Store } from "./store/database";
import { rescue } from "./store/rescue";

/** Offers the file to keep or send on; gives the number of photos that it lacks. */
export async function handOver(db: Store, account: string): Promise<number> {
  const now = Date.now();
  const { file, left } = await rescue(db, account, now);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `cunbao-${new Date(now).toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
  return left.length;
}
