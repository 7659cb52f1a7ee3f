/** Handing over what was not sent, as one file. */

import type { Filing } from "./store/database";
import { rescueFile } from "./store/outbox";

export function handOver(account: string, filings: readonly Filing[]): void {
  const link = document.createElement("a");
  const now = Date.now();
  link.href = URL.createObjectURL(rescueFile(account, filings, now));
  link.download = `cunbao-${new Date(now).toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
