/** A file on its way to the server, whole: what came before is known by its digest and not sent again. */

import { Failure } from "@/api/client";
import { answered } from "./saving";

export interface Sent {
  sha256: string;
  name: string;
  size: number;
}

export async function send(file: File): Promise<Sent> {
  const bytes = await file.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const headers = {
    "tus-resumable": "1.0.0",
    "upload-length": String(bytes.byteLength),
    "upload-metadata": `sha256 ${btoa(sha256)}`,
    "content-type": "application/offset+octet-stream",
  };
  // Creation with upload, as tus 1.0 calls it.
  const answer = await answered("/api/v1/uploads", { method: "POST", headers, body: bytes });
  if (Number(answer.headers.get("upload-offset")) !== file.size) throw new Failure("busy");
  return { sha256, name: file.name, size: file.size };
}
