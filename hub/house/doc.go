// Package house is the hub's own view of a home: its devices, their owners, the
// deliveries an owner signed, and what the devices told. It is the meeting point of the
// hub's other packages and knows none of them: stores, the broker and the pages come to
// it through the small interfaces declared here.
//
// The hub is a carrier. What this package decides, it decides for the convenience of the
// people who look at a page: a pass whose signature is wrong is refused at once instead
// of a minute later by the device. Nothing here opens a door, and nothing here is
// believed by a device. Accordingly an [Owner] is never declared, only learned: when a
// device answers a letter that asked it to obey a key with its own signed card that says
// so.
//
// The exact path of an event: the device publishes it until the hub's "seen" has passed
// it; [House.Receive] writes it down once by (device, index), and only then moves "seen".
// A full disk therefore loses nothing; it only makes the device wait.
//
// That a device cannot be reached is told in two ways: when its connection ends, which a broker finds out after
// three seconds, and, while a window is open, when a pulse is missed, within 1.5 s of the last one. The next pulse takes
// it back: on a machine with much to do a false word costs a line on a page, for a moment, and nothing else.
//
// What an owner granted to others is carried and obeyed here as well as at the device: a [Seat] is
// asked for anew with every request, of the owner's signed words and by the very rule of [pass.Authority].
// A revocation ends at once what the hub does for somebody; what it ends at the device, the device decides.
//
// Non-goals: judging codes, keeping pictures, knowing a device's epoch.
package house
