/** What the server makes of a definition while it is written: asked for when the typing pauses. */

import { onBeforeUnmount, shallowRef, watch, type ShallowRef } from "vue";
import { Failure } from "@/api/client";
import type { FormDefinition } from "@/rules/form";
import { read, type Reading } from "./forms";

const PAUSE_MS = 250;

export function useReading(form: ShallowRef<FormDefinition | undefined>): { reading: ShallowRef<Reading | undefined>; reads: ShallowRef<FormDefinition | undefined> } {
  const reading = shallowRef<Reading>();
  /** The newest definition without faults: what can be tried. */
  const reads = shallowRef<FormDefinition>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look(asked: FormDefinition): Promise<void> {
    try {
      const found = await read(asked);
      if (form.value !== asked) return;
      reading.value = found;
      if (found.problems.length === 0) reads.value = asked;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Without a line nothing is judged; the next change asks again.
    }
  }
  watch(form, (next) => {
    clearTimeout(timer);
    if (next !== undefined) timer = setTimeout(() => void look(next), reading.value === undefined ? 0 : PAUSE_MS);
  });
  onBeforeUnmount(() => clearTimeout(timer));
  return { reading, reads };
}
