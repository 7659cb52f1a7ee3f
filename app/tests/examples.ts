import type { Filing, Obligation } from "@/liaison/store/database";

export function duty(changes: Partial<Obligation> = {}): Obligation {
  return {
    id: 1,
    village: "990101100201",
    schedule: 1,
    code: "RETURN_WEEKLY",
    form: 1,
    title: { zh: "返乡农民工周报", en: "Weekly return report" },
    period: "2026-W45",
    starts_on: "2026-11-02",
    ends_on: "2026-11-08",
    opens_at: "2026-11-02T00:00:00+08:00",
    due_at: "2026-11-06T12:00:00+08:00",
    closes_at: "2026-11-13T18:00:00+08:00",
    stage: "none",
    allowance_hours: 24,
    ...changes,
  };
}

export function filing(changes: Partial<Filing> = {}): Filing {
  const id = changes.id ?? crypto.randomUUID();
  return {
    id,
    obligation: 1,
    village: "990101100201",
    title: { zh: "返乡农民工周报", en: "Weekly return report" },
    period: "2026-W45",
    body: { id, obligation: changes.obligation ?? 1, kind: "zero" },
    state: "waiting",
    filed_at: 0,
    skew: 0,
    ...changes,
  };
}
