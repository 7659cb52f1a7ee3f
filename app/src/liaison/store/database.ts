/** What one account keeps on this phone. Another account has another database. */

import { Dexie, type EntityTable } from "dexie";
import type { Problem, Schemas } from "@/api/client";
import type { Advice } from "../visits/advice";
import type { Requirement } from "../visits/papers";

export type Obligation = Schemas["SyncedObligation"];
export type Village = Schemas["SyncedVillage"];
export type Message = Schemas["MessageView"] & { told?: 0 };
export type Submission = Schemas["SubmissionIn"];
/** A notice as it came, and what of it the server has still to be told. */
export type Notice = Schemas["SyncedNotice"] & { told?: 0 };
export type Feedback = Schemas["FeedbackView"];
export type Pensioner = Schemas["SyncedPensioner"];
export type Evidence = Schemas["Evidence"];
export type Answers = Record<string, unknown>;

export interface Form {
  id: number;
  version: number;
  definition: Record<string, unknown>;
}

/** What was typed and not yet filed. */
export interface Draft {
  obligation: number;
  village: string;
  answers: Answers;
  reasons: Record<string, string>;
  remark: string;
  /** Milliseconds of the phone's clock. */
  changed_at: number;
}

export type SendState = "waiting" | "sent" | "refused";

/** Something filed: kept as it was until the server's receipt is there, and then with it. */
export interface Filing {
  id: string;
  obligation: number;
  village: string;
  title: { zh: string; en: string };
  /** Whom a certification is about. */
  person?: string;
  period: string;
  body: Submission;
  state: SendState;
  /** Milliseconds of the phone's clock when it was filed, and how far that was behind the server. */
  filed_at: number;
  skew: number;
  receipt?: string;
  counted_at?: string;
  counted_by?: Schemas["CountedBy"];
  received_at?: string;
  problem?: Problem;
}

export type Resident = Schemas["SyncedResident"];

/** A change of the ledger: kept as it was until the server's receipt is there. */
export interface LedgerChange {
  id: string;
  resident: string;
  village: string;
  name: string;
  kind: Schemas["ChangeType"];
  body: {
    id: string;
    resident: string;
    kind: Schemas["ChangeType"];
    fields: Record<string, unknown>;
    captured_at: string;
    village?: string;
    id_number?: string;
  };
  state: SendState;
  filed_at: number;
  skew: number;
  receipt?: string;
  /** Fields in which something captured later already held. */
  outdated?: string[];
  problem?: Problem;
}

/** A suggestion or complaint, kept until the server has it; then it is a Feedback. */
export interface Letter {
  id: string;
  body: Schemas["FeedbackIn"];
  state: Exclude<SendState, "sent">;
  problem?: Problem;
}

/** `taken`: belongs to a draft. `waiting`: filed, its bytes are not at the server yet. */
export type PhotoState = "taken" | SendState;

/** A photo or paper of a certification; its bytes are a `Content`, so that lists stay light. */
export interface Photo {
  id: string;
  obligation: number;
  /** The filing that names it; "" as long as it belongs to a draft. */
  filing: string;
  state: PhotoState;
  sha256: string;
  name: string;
  size: number;
  evidence: Evidence;
  from_gallery: boolean;
  advice: Advice[];
  /** Advice was read and the photo kept in spite of it. */
  kept: boolean;
  /** Milliseconds of the phone's clock. */
  taken_at: number;
  /** Where the server takes its bytes, once it was announced. */
  upload?: string;
  problem?: Problem;
}

/** The bytes of a photo, deleted once the server has them. */
export interface Content {
  id: string;
  bytes: Blob;
}

/** A county's table: which papers each result needs. */
export interface PaperTable {
  papers: Record<string, Requirement[]>;
  labels: Record<string, { zh: string; en: string }>;
  fetched_at: number;
}

/** Single facts by name. */
export interface Facts {
  cursor: string;
  /** Server's clock minus the phone's, in milliseconds. */
  skew: number;
  synced_at: number;
  /** Whether the account holds any post that reports. */
  revoked: boolean;
  papers: PaperTable;
}

export interface Store extends Dexie {
  facts: EntityTable<{ key: string; value: unknown }, "key">;
  villages: EntityTable<Village, "key">;
  obligations: EntityTable<Obligation, "id">;
  forms: EntityTable<Form, "id">;
  messages: EntityTable<Message, "id">;
  drafts: EntityTable<Draft, "obligation">;
  outbox: EntityTable<Filing, "id">;
  pensioners: EntityTable<Pensioner, "id">;
  photos: EntityTable<Photo, "id">;
  contents: EntityTable<Content, "id">;
  residents: EntityTable<Resident, "id">;
  changes: EntityTable<LedgerChange, "id">;
  notices: EntityTable<Notice, "id">;
  feedback: EntityTable<Feedback, "id">;
  letters: EntityTable<Letter, "id">;
}

/** Everything that came from the server; drafts and what is on its way are the village's own work. */
export const FROM_SERVER = [
  "facts", "villages", "obligations", "forms", "messages", "residents", "pensioners",
  "notices", "feedback",
] as const;

export function open(account: string): Store {
  // Written through to the flash before it counts as written: batteries die, too.
  const db = new Dexie(`cunbao-${account}`, { chromeTransactionDurability: "strict" }) as Store;
  db.version(1).stores({
    facts: "key",
    villages: "key",
    obligations: "id, village",
    forms: "id",
    messages: "id, delivered_at, told",
    drafts: "obligation",
    outbox: "id, state, obligation",
  });
  db.version(2).stores({
    pensioners: "id, village",
    photos: "id, obligation, filing, state",
    contents: "id",
  });
  // The people of a village came with no sync before: all of it is asked for once more.
  db.version(3)
    .stores({ residents: "id, village", changes: "id, state, resident" })
    .upgrade((upgrade) => upgrade.table("facts").delete("cursor"));
  db.version(4).stores({
    notices: "id, told",
    feedback: "id",
    letters: "id, state",
  });
  return db;
}

export async function fact<K extends keyof Facts>(db: Store, key: K): Promise<Facts[K] | undefined> {
  return (await db.facts.get(key))?.value as Facts[K] | undefined;
}

export async function note<K extends keyof Facts>(db: Store, key: K, value: Facts[K]): Promise<void> {
  await db.facts.put({ key, value });
}

/** A copy without Vue's proxies, which IndexedDB refuses to store. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
