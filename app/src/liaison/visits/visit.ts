/** One certification as its screens share it: the duty, the person, the answers, the photos. */

import { computed, onMounted, ref, shallowRef, toRaw, watch, type ComputedRef, type Ref } from "vue";
import { stateOf, type State } from "../duties";
import { useHome } from "../home";
import type { Answers, Form, Obligation, Pensioner, Photo } from "../store/database";
import { draftOf, keepDraft } from "../store/drafts";
import { file } from "../store/outbox";
import { takeBack } from "../store/photos";
import { isDated, lacking, needed, type Requirement } from "./papers";

export interface Choice {
  value: string;
  label: { zh: string; en: string };
}

export interface Visiting {
  duty: ComputedRef<Obligation | undefined>;
  pensioner: ComputedRef<Pensioner | undefined>;
  state: ComputedRef<State | null>;
  /** Whether it can be filed now. */
  may: ComputedRef<boolean>;
  answers: Ref<Answers>;
  ready: Ref<boolean>;
  photos: ComputedRef<Photo[]>;
  needs: ComputedRef<Requirement[]>;
  lacks: ComputedRef<Requirement[]>;
  /** A field's choices, as the form words them. */
  choices: (field: string) => Choice[];
  /** Files it; gives the filing's id. Rejects when the phone's storage is full. */
  send: () => Promise<string>;
}

/** What most visits come to; the result is the liaison's to say. */
const AT_FIRST = { method: "home_visit" };

export function useVisit(id: () => number): Visiting {
  const home = useHome();
  const answers = ref<Answers>({ ...AT_FIRST });
  const ready = ref(false);
  const form = shallowRef<Form>();
  const duty = computed(() => home.duties.find((each) => each.id === id()));
  const pensioner = computed(() => home.pensioners.get(duty.value?.pensioner ?? ""));
  const state = computed(() => (duty.value ? stateOf(duty.value, home.time) : null));
  // As soon as it is filed it is no longer to be done here, whatever the server says by then.
  const filed = computed(() => home.waiting.some((each) => each.obligation === id()));
  const may = computed(() => !filed.value && ["open", "overdue", "returned"].includes(state.value ?? ""));
  const photos = computed(() =>
    home.photos
      .filter((each) => each.obligation === id() && each.state === "taken")
      .sort((a, b) => a.taken_at - b.taken_at),
  );
  const needs = computed(() => needed(home.facts.papers?.papers ?? {}, answers.value));
  const lacks = computed(() => lacking(needs.value, photos.value.map((each) => each.evidence)));

  onMounted(async () => {
    if (home.db === undefined || duty.value === undefined) return;
    form.value = await home.db.forms.get(duty.value.form);
    const draft = await draftOf(home.db, id());
    await takeBack(home.db, duty.value);
    answers.value = draft?.answers ?? { ...AT_FIRST, ...duty.value.submission?.answers };
    ready.value = true;
    watch(answers, () => void kept(), { deep: true });
  });

  async function kept(): Promise<void> {
    if (home.db === undefined || duty.value === undefined || !may.value) return;
    const { id: obligation, village } = duty.value;
    await keepDraft(home.db, { obligation, village, answers: toRaw(answers.value), reasons: {}, remark: "" });
  }

  function choices(field: string): Choice[] {
    const groups = (form.value?.definition["groups"] ?? []) as { fields: { key: string; choices?: Choice[] }[] }[];
    return groups.flatMap((group) => group.fields).find(({ key }) => key === field)?.choices ?? [];
  }

  async function send(): Promise<string> {
    if (home.db === undefined || duty.value === undefined) throw new Error("not open");
    return await file(home.db, duty.value, {
      kind: "report",
      answers: finding(answers.value),
      photos: photos.value,
      person: pensioner.value?.name ?? "",
    });
  }

  return { duty, pensioner, state, may, answers, ready, photos, needs, lacks, choices, send };
}

/** The answers without what belongs to another result than the one chosen last. */
export function finding(answers: Answers): Answers {
  const { happened_on, declared, ...rest } = answers;
  const kept = Object.entries(rest).filter(([, value]) => value !== "" && value !== null && value !== false);
  return {
    ...Object.fromEntries(kept),
    ...(isDated(answers["result"]) && happened_on ? { happened_on } : {}),
    ...(answers["result"] === "death" && declared === true ? { declared } : {}),
  };
}
