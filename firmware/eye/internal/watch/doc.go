// Package watch is eye's duty: to look through the camera while a signed pass says so, and
// to tell gate what it saw of each frame.
//
// Gate wakes it with a pass. It believes the owner's signature, not gate: the pass is
// verified again here, for this device, before a camera is opened. What time it is it takes from
// gate: a device without a synchronised clock knows the time by the owner's word alone, which is
// given to gate, and gate has the camera's power anyway. So a captured gate can open the camera
// before or after a window, for what a signed pass shows then, and, as long as eye runs, never for more: see below. This
// program's own clock, which may stand in 1970, judges nothing. The camera is closed
//
//   - when gate says sleep: at a window's end, and within a window whenever nobody needs to see; the next wake
//     opens it anew, with the same glass, and how the picture was cut at first;
//   - at the window's end: after the time that was left when gate said wake, by
//     CLOCK_MONOTONIC, so that a clock that is set changes nothing; gate says sleep when it
//     learns that it is later than it thought;
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
// # Once a delivery
//
// The colours are measured once a delivery and not once an opening of the camera, and gate is not believed that nothing
// was shown yet: eye itself knows each delivery that it has looked at, by the name in the pass, for as long as it runs.
//
//   - What was offered once is offered again, in that opening and in later ones, and nothing is measured beside it:
//     gate has seen it, whether it wrote it down or not.
//   - The first colours that gate settles are the delivery's, and the glass shows them whatever gate says later. Others
//     are refused, and the log says so.
//   - The zone is shown only of a camera that is cut as when it was first shown, by eye's word and by gate's.
//
// Colours are kept as long as the window lasts, which is by gate's word on the time, and overwritten then or when eye
// ends. Their SHA-256 stays: if gate says later that the window is not over, they are taken from gate's disk again, or
// the glass is the nonce's. The messages that brought them to gate and back are not overwritten. With [most] deliveries
// known eye gets to know no other: the glass of those is the nonce's until eye is started anew.
//
// What is left: an eye that is started anew (a crash, a loss of power, the service manager) has forgotten all this, and
// has no disk to keep it on. Then gate's word counts, so a captured gate gets one more measure for each such start. Two
// shadows are half a second apart without such a memory: whatever looks for them learns the room for longer than that
// each time the camera is opened. How many bytes they came to in all, gate adds up.
//
// Only gate knows what the lamp did, so whether the picture is of here and now is gate's word too. Where
// the pass requires the camera, all is glass until gate has seen the lamp in the Looks, and again when it
// does not, when it is gone, and when it has not said so for [pipe.LampHolds]. The lamp is measured all the while.
//
// Every frame is redacted, and a Look of it goes to gate. It is encoded only while somebody
// is connected to see it: an encoder running for nobody would cost a third of a core. A Look
// of a frame that was not encoded has Unit 0. While somebody watches each frame is encoded, on a bad line every
// second or third: the encoder's bit rate and pace follow what link says that the viewers' lines carry, within eye's own
// bounds. That word knows nothing of the picture, and changes nothing about what is redacted: each frame
// is, whether it is encoded or not.
//
// Non-goals: to judge whether the picture is live.
package watch
