// The proof that an event is in the log, computed in this browser and not taken from the server: the hash of its
// stored text, the hash of its leaf, the root over all leaves (RFC 9162), and the signature of the log on that root.

import { h } from "./dom.js";
import { ask } from "./ledger.js";
import { facts } from "./table.js";
import { TEXTS } from "./texts.js";

const words = TEXTS.event;
const LEAF = 0;
const NODE = 1;
const ED25519_NOTE = 1;
const KEY_HASH_BYTES = 4;

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const text = (string) => new TextEncoder().encode(string);

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

const same = (one, other) => hexOf(one) === hexOf(other);

/** The root that follows from a leaf, its place and the hashes beside it; null where there are too many or too few. */
async function rootFrom(index, size, leafHash, proof) {
  if (index >= size) return null;
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const beside of proof) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = await sha256([NODE], beside, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await sha256([NODE], hash, beside);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : null;
}

/** Whether the log's key signed the note. */
async function isSigned(note, verifier) {
  const end = note.indexOf("\n\n");
  const signed = text(note.slice(0, end + 1));
  const [name, , keyText] = verifier.split("+").length === 3 ? verifier.split("+") : splitKey(verifier);
  const key = fromBase64(keyText);
  if (key[0] !== ED25519_NOTE) return false;
  const line = note.slice(end + 2).split("\n").find((one) => one.startsWith(`— ${name} `));
  if (!line) return false;
  const signature = fromBase64(line.slice(`— ${name} `.length)).slice(KEY_HASH_BYTES);
  const imported = await crypto.subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, signed);
}

/** A verifier key is NAME+HASH+KEY, and the base64 of the key may hold a plus sign. */
function splitKey(verifier) {
  const first = verifier.indexOf("+");
  const second = verifier.indexOf("+", first + 1);
  return [verifier.slice(0, first), verifier.slice(first + 1, second), verifier.slice(second + 1)];
}

/** Throws where anything does not fit. */
async function verify(item, proof, checkpoint) {
  const leaf = JSON.parse(proof.leaf);
  const { salt, digest, state } = proof.content;
  if (state !== undefined && salt) {
    const content = await sha256(bytesOf(salt), bytesOf(digest), text(state));
    if (hexOf(content) !== leaf.content) throw new Error("content");
  }
  if (leaf.event_id !== item.event_id.replaceAll("-", "") || leaf.position !== item.position) throw new Error("leaf");
  const leafHash = await sha256([LEAF], text(proof.leaf));
  const root = await rootFrom(proof.index, proof.size, leafHash, proof.proof.map(bytesOf));
  const [, size, signedRoot] = checkpoint.note.split("\n");
  if (!root || Number(size) !== proof.size || !same(root, fromBase64(signedRoot))) throw new Error("root");
  if (!(await isSigned(checkpoint.note, checkpoint.key))) throw new Error("signature");
  return { size: proof.size, root: hexOf(root) };
}

/** The proof, to look at and to verify here. */
export async function proofOf(item, signal) {
  const proof = await ask("/v1/proofs/inclusion", { event_id: item.event_id }, { signal, timeless: true });
  const checkpoint = await ask("/v1/checkpoint", { size: proof.size }, { signal, timeless: true });
  const said = h("p", { id: "verdict", role: "status" });
  const look = async () => {
    if (!globalThis.crypto?.subtle) {
      said.textContent = words.cannot;
      return;
    }
    said.textContent = words.proving;
    try {
      const { size, root } = await verify(item, proof, checkpoint);
      said.textContent = words.proven(size, root);
      said.className = "proven";
    } catch (error) {
      said.textContent = error.name === "NotSupportedError" ? words.cannot : words.notProven;
      said.className = "broken";
    }
  };
  return h("div", {},
    h("p", {}, h("button", { type: "button", id: "prove", onclick: look }, words.prove)), said,
    h("details", {}, h("summary", {}, words.proofParts(proof.proof.length, proof.size)),
      facts([[words.leaf, h("code", {}, proof.leaf)], [words.hashes, h("code", {}, proof.proof.join(" "))]]),
      h("pre", { tabindex: 0 }, checkpoint.note)));
}
