// Package pass is the authority of Vestibule: what an owner may sign, and how a
// device, a hub or a page tells a true statement from a false one.
//
// # Statements
//
// Every statement is a signed note (C2SP signed-note, [golang.org/x/mod/sumdb/note])
// with exactly one Ed25519 signature. Its text has exactly one form: a header line,
// then one "key value" line for each field, all of them, in a fixed order. [OpenPass]
// and its sisters parse the text, write it again, and refuse whatever is not the same
// byte for byte. There is no option, no version negotiation and no second algorithm.
// Bytes are base64url without padding, times RFC 3339 in UTC to the second, numbers
// decimal without a leading zero, names of things 1 to 64 of a-z 0-9 -.
//
//   - card: the device says who it is and who owns it (signed by the device)
//   - pass: one delivery is permitted (signed by the owner or a member)
//   - amend: a delivery's window ends at another time (by whoever could sign its pass)
//   - order: a delivery is cancelled, the door locked, the device remembers how its
//     camera stands, or practises a cut (signed by the owner, or whom the owner granted it)
//   - grant: another key may do some of what the owner may (signed by the owner)
//   - revoke: whatever was granted to a key so far is over (signed by the owner)
//   - reference: the device keeps how its camera stood (signed by the device)
//   - login: a key answers a hub's challenge (signed by that key)
//   - call: a viewer binds its DTLS fingerprint (signed by the viewer)
//   - answer: the device binds its own (signed by the device)
//   - beat: what the device knows of the live picture, five times a second (signed by the
//     device)
//   - checkpoint: the device's journal at one moment (signed by the device, in C2SP's own
//     form of it)
//
// testdata holds vectors that every implementation must agree on, the pages' included:
// vectors.json (one statement of each kind, sealed codes, passes to be refused), codes.json
// (what is typed or scanned, and how it compares) and authority.json (grants, revocations,
// amendments, what is almost one, and who may what).
//
// # Who may what
//
// The owner may everything. [Authority] is made of the owner's public key and of signed
// grants and revocations, and says of each statement whether its signer may. A grant
// grants nothing on: there are no chains. What a member signs has to lie within the
// grant: the pass's window within the grant's time, the grant's epoch, the owner among the
// watchers, the camera required, no large zone. The latest grant of a key counts, and none
// that is not later than the key's latest revocation; so the same notes make the same
// authority in whatever order a carrier hands them over. A carrier that withholds a
// revocation keeps a member's right alive until the grant ends, which is why grants end;
// a newer epoch, which comes with the owner's next pass, ends them at once. A key is forgotten 400
// days after the last word on it, when nothing that was signed before can hold (Authority.Forget).
// Passes and amendments are judged without a clock, so a device that does not know the time
// yet refuses none of them for that; orders are judged at a moment.
//
// An amendment's revision counts up from the pass's, which is 0; an older one is refused,
// the same bytes again are not. That a delivery which is over, cancelled or burned does not
// come back is for the device's rule to see to.
//
// # Codes
//
// A pass's secret is a [Code] of 8 random digits and a check digit, for people, and a key
// of 128 bits, for a [QR] code. It is sealed to the device ([Seal], HPKE, RFC 9180); the
// hub carries it and can read neither. The code with its last digit one higher opens as
// the code does and means duress, see [ParseTyped]; the QR form has no such spelling.
//
// # What time tells
//
// [Code.Match] and [Secret.Match] do the same work whichever of a secret's digits or bytes
// are right, whether it is the code, the code under duress, another or none, and whether
// there is a secret at all: comparisons are crypto/subtle's, nothing ends early, nothing is
// looked up by a secret, nothing is allocated. make bench measures it as dudect does. What
// it does depend on is the text that was given, its length and its form, which whoever
// gave it knows. [SealKey.UnsealTry] uses X25519 and AES-GCM, which take the same time
// whatever they hold, and ends early for what was not sealed to this key and nonce, which
// again its sender knows. Two things are not constant, and need not be: checking a
// signature and parsing a statement, where everything is public; and the check digit's
// table of 100 bytes, which is looked up by a code's own digits when a code is made or
// unsealed, once a delivery and not once a try. Whether the answer to a try, when it is
// sent and how it sounds give something away is for the caller to see to.
//
// # Limits
//
// Imports: the standard library and golang.org/x/mod/sumdb/note only. The package is
// pure: no clock, no file, no socket. It is shared by hub and firmware.
//
// Non-goals: chains of grants, groups, thresholds of signers, key storage and recovery,
// transport, revoking one pass without its order. The package does not look for weak
// public keys: an owner who grants something to a key of small order has granted it to
// everybody, as an owner has who grants it to somebody who publishes their key.
package pass
