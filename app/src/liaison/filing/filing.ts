/** One report being filled in: what was typed, what follows from it, what is wrong with it. */

import { computed, reactive, ref, watch } from "vue";
import { computed as totalled, differing, fieldsOf, prefilled, type FormDefinition, type Group } from "@/rules/form";
import { validate, type Finding } from "@/rules/validate";
import { own, type Json } from "@/rules/values";
import type { Obligation, Store } from "../store/database";
import { draftOf, keepDraft } from "../store/drafts";
import { figuresOf } from "./figures";

export type Filling = NonNullable<Awaited<ReturnType<typeof filling>>>;

/** Opens the draft of a duty, or begins one from what was returned or filed last period. */
export async function filling(db: Store, duty: Obligation) {
  const form = (await db.forms.get(duty.form))?.definition as unknown as FormDefinition | undefined;
  if (form === undefined) return null;
  const draft = await draftOf(db, duty.id);
  const last = duty.last ?? null;
  const ledger = await figuresOf(db, duty, last);
  const typed = ref<Json>(draft?.answers ?? begun(form, duty, last, ledger));
  const reasons = ref<Record<string, string>>(draft?.reasons ?? duty.submission?.reasons ?? {});
  const remark = ref(draft?.remark ?? "");
  const full = ref(false);
  /** Fields that were left, and groups that were gone through: before that nobody is blamed. */
  const touched = reactive(new Set<string>());

  const answers = computed(() => withTotals(form, typed.value, last));
  const findings = computed(() => validate(form, answers.value, last, reasons.value));

  watch(
    [typed, reasons, remark],
    async () => {
      const parts = { answers: typed.value, reasons: reasons.value, remark: remark.value };
      try {
        await keepDraft(db, { obligation: duty.id, village: duty.village, ...parts });
        full.value = false;
      } catch {
        full.value = true;
      }
    },
    { deep: true },
  );

  /** What is wrong with a field, once somebody has been there. */
  function wrongAt(key: string, row?: number): Finding[] {
    const found = findings.value.errors.filter(
      (each) => each.field === key && each.row === row && each.code !== "reason_required",
    );
    return touched.has(place(key, row)) ? found : [];
  }

  /** What keeps a group from being left. */
  function wrongIn(group: Group): Finding[] {
    const keys = new Set([group.key, ...group.fields.map((field) => field.key)]);
    return findings.value.errors.filter(
      (each) => each.code !== "reason_required" && keys.has(each.field ?? ""),
    );
  }

  /** Everything of a group has been seen: from now on it is told what is wrong. */
  function pass(group: Group): void {
    touched.add(place(group.key));
    const rows = group.repeat ? rowsOf(group).map((_, index) => index) : [undefined];
    for (const row of rows) for (const field of group.fields) touched.add(place(field.key, row));
  }

  function touch(key: string, row?: number): void {
    touched.add(place(key, row));
  }

  function rowsOf(group: Group): Json[] {
    const rows = own(typed.value, group.key);
    return Array.isArray(rows) ? (rows as Json[]) : [];
  }

  function addRow(group: Group): void {
    typed.value = { ...typed.value, [group.key]: [...rowsOf(group), {}] };
  }

  function dropRow(group: Group, index: number): void {
    typed.value = { ...typed.value, [group.key]: rowsOf(group).filter((_, at) => at !== index) };
  }

  /** Sets an answer; null takes it away. */
  function put(key: string, value: unknown, group?: Group, row?: number): void {
    if (group === undefined || row === undefined) {
      typed.value = changed(typed.value, key, value);
      return;
    }
    const rows = rowsOf(group).map((each, at) => (at === row ? changed(each, key, value) : each));
    typed.value = { ...typed.value, [group.key]: rows };
  }

  const changes = computed(() => differing(form, last, answers.value));
  const state = { typed, reasons, remark, full, answers, findings, changes };
  const acts = { wrongAt, wrongIn, pass, touch, rowsOf, addRow, dropRow, put };
  return reactive({ form, duty, last, ...state, ...acts });
}

function begun(form: FormDefinition, duty: Obligation, last: Json | null, ledger: Json): Json {
  const returned = duty.stage === "returned" ? duty.submission?.answers : undefined;
  return returned === undefined ? prefilled(form, last, ledger) : { ...returned };
}

/** A total that may be typed stays as typed. */
function withTotals(form: FormDefinition, typed: Json, last: Json | null): Json {
  const kept = fieldsOf(form).filter((field) => field.compute && !field.read_only && (own(typed, field.key) ?? null) !== null);
  const filled = totalled(form, typed, last);
  for (const field of kept) filled[field.key] = typed[field.key];
  return filled;
}

function changed(answers: Json, key: string, value: unknown): Json {
  const { [key]: _, ...rest } = answers;
  return value === null ? rest : { ...rest, [key]: value };
}

function place(key: string, row?: number): string {
  return row === undefined ? key : `${key}.${row}`;
}
