/** Why reports and certifications are usually returned; free words stand beside them. */
export function reasonsFor(certification: boolean): readonly string[] {
  return certification ? ["face", "person", "photo", "papers", "plate"] : ["figures", "jump", "missing", "wrong_period", "unexplained"];
}
