import { expect, test } from "vitest";
import { plainOnes, type Entry } from "@/office/review/desk";
import type { Form } from "@/office/review/forms";
import { linesOf, reasonsOf } from "@/office/review/lines";
import { pairsOf, unseen } from "@/office/review/pairs";

const both = (text: string) => ({ zh: text, en: text });
const FORM: Form = {
  groups: [
    { key: "a", label: both("A"), repeat: null, fields: [{ key: "out", label: both("out"), ledger: "migrant" }, { key: "in", label: both("in") }] },
    { key: "rows", label: both("rows"), repeat: 5, fields: [{ key: "n", label: both("n") }] },
  ],
  checks: [{ key: "jump", fields: ["in"], message: both("much more than last week") }],
};

function entry(more: Partial<Entry>): Entry {
  return { submission: "1", kind: "report", certification: false, answers: {}, reasons: {}, changes: [], since_last: null, ...more } as Entry;
}

test("only unchanged and zero reports are passed together, and never a certification", () => {
  const queue = [entry({ kind: "unchanged" }), entry({ kind: "zero" }), entry({}), entry({ kind: "zero", certification: true })];
  expect(plainOnes(queue)).toEqual(queue.slice(0, 2));
});

test("a line says what it was last period, before the correction, and in the ledger", () => {
  const changes = [{ field: "out", row: null, before: 3, after: 4 }];
  const since_last = [{ field: "out", row: null, before: 9, after: 4 }, { field: "n", row: 1, before: null, after: 2 }];
  const answers = { out: 4, in: 1, rows: [{ n: 1 }, { n: 2 }] };
  const [group, rows] = linesOf(entry({ answers, changes, since_last }), FORM, { migrant: 5 });
  expect(group!.lines[0]).toMatchObject({ value: 4, corrected: 3, last: 9, ledger: 5 });
  expect(group!.lines[1]).toMatchObject({ value: 1, corrected: undefined, last: undefined, ledger: undefined });
  expect(rows!.lines.map(({ row, last }) => [row, last])).toEqual([[0, undefined], [1, null]]);
});

test("a figure that agrees with the ledger is not marked", () => {
  const [group] = linesOf(entry({ answers: { out: 5 } }), FORM, { migrant: 5 });
  expect(group!.lines[0]!.ledger).toBeUndefined();
});

test("a reason stands with the warning that asked for it, and marks its figures", () => {
  const reported = entry({ answers: { in: 9 }, reasons: { jump: "工地停工", gone: "旧版" } });
  expect(reasonsOf(reported, FORM)).toEqual([
    { key: "jump", message: both("much more than last week"), fields: ["in"], said: "工地停工" },
    { key: "gone", message: null, fields: [], said: "旧版" },
  ]);
  expect(linesOf(reported, FORM, null)[0]!.lines.map(({ doubted }) => doubted)).toEqual([false, true]);
});

const photo = (id: number, evidence: string | null) => ({ id, evidence });

test("photos stand beside those of the last cycle, the face first", () => {
  const finding = {
    attachments: [photo(1, "id_card"), photo(2, "face_photo"), photo(3, null)],
    earlier: { attachments: [photo(8, "plate_photo"), photo(9, "id_card")] },
  } as unknown as Parameters<typeof pairsOf>[0];
  expect(pairsOf(finding).map(({ now, before }) => [now?.id, before?.id])).toEqual([
    [2, undefined],
    [1, 9],
    [3, undefined],
    [undefined, 8],
  ]);
});

test("what has no picture on the screen is unseen", () => {
  const attachments = [photo(1, "face_photo"), photo(2, "id_card")] as unknown as Parameters<typeof unseen>[0];
  expect(unseen(attachments, new Map([[1, "blob:"]])).map(({ id }) => id)).toEqual([2]);
});
