import type { Problem } from "@/api/client";

interface Words {
  t: (key: string) => string;
  te: (key: string) => boolean;
}

/** A refusal in the app's words where it has any, else in the server's. */
export function problemWords({ t, te }: Words, problem: Problem | undefined): string {
  if (problem === undefined) return "";
  return te(`problem.${problem.code}`) ? t(`problem.${problem.code}`) : problem.title;
}
