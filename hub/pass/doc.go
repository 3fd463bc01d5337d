// Package pass is the authority of Vestibule: what an owner may sign, and how a
// device, a hub or a page tells a true statement from a false one.
//
// Every statement is a signed note (C2SP signed-note, [golang.org/x/mod/sumdb/note])
// with exactly one Ed25519 signature. Its text has exactly one form: a header line,
// then one "key value" line for each field, all of them, in a fixed order. [OpenPass]
// and its sisters parse the text, write it again, and refuse whatever is not the same
// byte for byte. There is no option, no version negotiation and no second algorithm.
//
// Statements:
//
//   - card: the device says who it is and who owns it (signed by the device)
//   - pass: the owner permits one delivery (signed by the owner)
//   - order: the owner cancels a delivery, locks the door, or has the device remember how
//     its camera stands (signed by the owner)
//   - reference: the device keeps how its camera stood (signed by the device)
//   - login: a key answers a hub's challenge (signed by that key)
//   - call: a viewer binds its DTLS fingerprint (signed by the viewer)
//   - answer: the device binds its own (signed by the device)
//
// A pass's code is sealed to the device ([Seal], HPKE, RFC 9180); the hub carries it
// and cannot read it.
//
// Imports: the standard library and golang.org/x/mod/sumdb/note only. The package is
// pure: no clock, no file, no socket. It is shared by hub and firmware.
//
// Non-goals: roles and delegation (a later statement), key storage, transport.
package pass
