/** What a page asks of the server: the answer, what went wrong, and whether it is still under way. */

import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { useI18n } from "vue-i18n";
import { told } from "./trouble";

export interface Asked<T> {
  answer: ShallowRef<T | undefined>;
  fault: Ref<string>;
  working: Ref<boolean>;
  /** Asks (again). The newest question's answer stands, whichever comes last. */
  ask: () => Promise<void>;
}

export function useAsked<T>(question: () => Promise<T>): Asked<T> {
  const { t } = useI18n();
  const answer = shallowRef<T>();
  const [fault, working] = [ref(""), ref(false)];
  let newest = 0;

  async function ask(): Promise<void> {
    newest += 1;
    const mine = newest;
    working.value = true;
    try {
      const found = await question();
      if (mine === newest) [answer.value, fault.value] = [found, ""];
    } catch (error) {
      if (mine === newest) fault.value = told(t, error);
    } finally {
      if (mine === newest) working.value = false;
    }
  }

  return { answer, fault, working, ask };
}

/** Something that is done once at a time; gives true when the server took it. */
export function useDoing(): { fault: Ref<string>; working: Ref<boolean>; doing: (work: () => Promise<unknown>) => Promise<boolean> } {
  const { t } = useI18n();
  const [fault, working] = [ref(""), ref(false)];

  async function doing(work: () => Promise<unknown>): Promise<boolean> {
    if (working.value) return false;
    [working.value, fault.value] = [true, ""];
    try {
      await work();
      return true;
    } catch (error) {
      fault.value = told(t, error);
      return false;
    } finally {
      working.value = false;
    }
  }

  return { fault, working, doing };
}
