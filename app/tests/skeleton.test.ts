import { expect, test } from "vitest";

test("the local store's stand-in is there", () => expect(indexedDB).toBeDefined());
