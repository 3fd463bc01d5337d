// Package watch is eye's duty: to look through the camera while a signed pass says so, and
// to tell gate what it saw of each frame.
//
// Gate wakes it with a pass. It believes the owner's signature, not gate: the pass is
// verified again here, for this device and by this program's own clock, before a camera is
// opened. The camera is closed
//
//   - when gate says sleep;
//   - at the window's end: by the time that was left when the camera was opened, so that a
//     clock set back gains nothing, and by the clock, so that one set forward counts;
//   - when gate has been gone for longer than [gatePatience]; a gate that comes back says
//     wake again.
//
// What gate keeps from one opening of the camera to the next it hands over with the pass, and
// is believed only so far: a reference of how the camera stands has to have the SHA-256 that
// the owner signed, else all is glass. A camera whose picture is cut otherwise than when the delivery
// first showed the zone is refused: the zone would be somewhere else. The glass's colours are measured here, shown only once
// gate has them on its disk and says so (an offer without an answer is repeated every
// [offerSpacing]), and then are those that gate says. A visit's begin and end are gate's word.
//
// Only gate knows what the lamp did, so whether the picture is of here and now is gate's word too. Where
// the pass requires the camera, all is glass until gate has seen the lamp in the Looks, and again when it
// does not, when it is gone, and when it has not said so for [pipe.LampHolds]. The lamp is measured all the while.
//
// Every frame is redacted, and a Look of it goes to gate. It is encoded only while somebody
// is connected to see it: an encoder running for nobody would cost a third of a core. A Look
// of a frame that was not encoded has Unit 0; gate signs beats only for those who watch, and
// while they watch each frame is encoded.
//
// Non-goals: to judge whether the picture is live.
package watch
