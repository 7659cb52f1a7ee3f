/** Where a rate lies: green from 95 %, amber from 85 %, red below; none where nothing was expected. */
export function bandOf(rate: number | null): "green" | "amber" | "red" | "none" {
  if (rate === null) return "none";
  if (rate >= 0.95) return "green";
  return rate >= 0.85 ? "amber" : "red";
}

/** To a tenth of a percent, and never 100 % unless it is. */
export function percent(rate: number | null): string {
  return rate === null ? "—" : `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;
}
