/** The files that hold personal data: masked, or in plain text by an approval that serves once. */

export type ExportKind = "results" | "residents";

const PATHS: Record<ExportKind, string> = { results: "/api/v1/certification/results", residents: "/api/v1/residents/export" };

export function fileOf(kind: ExportKind, ending: "csv" | "xlsx", asked: { region: string; as_of: string | null; approval: string }): string {
  const query = new URLSearchParams({ region: asked.region });
  if (kind === "results" && asked.as_of) query.set("as_of", asked.as_of);
  if (asked.approval !== "") query.set("approval", asked.approval);
  return `${PATHS[kind]}.${ending}?${query}`;
}
