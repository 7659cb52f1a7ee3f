const LOOK_AGAIN_MS = 30_000;

/** Calls `hope` whenever trying the server again may help, with the event when the signal is back; gives what ends that. */
export function whenever(hope: (back?: Event) => void, lost: () => void): () => void {
  const seen = (): void => {
    if (document.visibilityState === "visible") hope();
  };
  const timer = setInterval(seen, LOOK_AGAIN_MS);
  addEventListener("online", hope);
  addEventListener("offline", lost);
  document.addEventListener("visibilitychange", seen);
  return () => {
    clearInterval(timer);
    removeEventListener("online", hope);
    removeEventListener("offline", lost);
    document.removeEventListener("visibilitychange", seen);
  };
}
