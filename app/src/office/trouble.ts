import { Failure } from "@/api/client";

/** What went wrong, in the server's words where it said any. */
export function told(t: (key: string) => string, error: unknown): string {
  if (!(error instanceof Failure)) throw error;
  if (error.problem !== undefined) return error.problem.title;
  return t(`trouble.${error.kind}`);
}
