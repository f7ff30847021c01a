import { createHmac, timingSafeEqual } from "node:crypto";

// True if the body is the tower's, as it was sent, and not older than five minutes. `body` are the bytes as they came.
export function isGood(secret, headers, body, now = Date.now()) {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => headers[name] ?? "");
  if (!/^\d+$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = Buffer.from("v1," + createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64"));
  return signatures.split(" ").map((one) => Buffer.from(one)).some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}
