// Package service is gate at work: it owns the rule's state, does what the rule wants, and
// speaks with eye, link, the door and the disk.
//
// One goroutine ([Service.Run]) owns all state and calls rule.Step. Nothing it does waits
// for anybody: the disk has a goroutine with a queue ([disk]), the lamp has one, and each
// connection has one that reads, one that sends from a bounded queue, and for link one that
// follows the journal. A neighbour that does not read loses its connection. What comes from
// link is a stranger's: bounded, parsed strictly, refused with a reason, and refusals cannot
// fill the journal (see budget).
//
// What is where: loop.go is the goroutine and the clock, effects.go does what the rule
// wants, disk.go writes, eye.go and link.go are the connections, notes.go takes what was signed
// (passes, amendments, orders, grants, revocations), letters.go pairing and tries, viewers.go
// who may watch, drill.go practised cuts, glass.go what the picture may give away and how much it has, stand.go how the
// camera stands, panel.go keypad and buzzer, lamp.go the challenge.
//
// # Who may
//
// A [pass.Authority] of the owner's key and of the kept grants judges every signed note. A
// revocation counts as soon as it is read, and is written down then: deliveries of that member
// end, an end that they gave an owner's window goes back, and if they watch, all viewing is cut
// once. Grants count once they are on the disk. Kept passes whose signer was revoked are still
// restored, so that a visit that was under way is known, and end at once.
//
// # Who calls the camera
//
// It sleeps in its window until the rule is told of a call ([rule.Called]): each key at the keypad, as soon as it
// is pressed, and a viewer's call once it was judged right; a code from a page calls as it is tried. Of letters, two do.
// One is such a code: a hub, or whoever has the courier's link, can send codes that are made up, sealed to this device as
// anybody can, and keep the camera awake in a window with them, for nobody to see, and not unnoticed: they are refused in
// the journal, within its budget, and a waking that proves itself is there as by_page. A slip, or one that is answered
// without a look, calls nobody. The other is an order to remember how the camera stands, that the owner signed: it is
// good once, also if the camera has to be woken and the order is refused for that. A code at the keypad that has to wait for the camera makes the buzzer tick.
//
// # Cards
//
// A Wiegand keypad is one more keypad. A Wiegand reader's cards are refused, by design and whatever is
// on them: see refuseCard. To read QR codes at the door is no goal either: what such readers send over
// the same two lines is as short. The 128-bit form is for the courier's own phone.
//
// # Beats
//
// While somebody watches, a signed pass.Beat goes out five times a second. It says live only
// if the newest frame is younger than a second, shows the zone, and, unless the pass makes
// the camera optional, shows the lamp's chips. Until the lamp has been seen for its first
// 3 s it therefore says not live, because of lamp_unseen. Eye hears the same, and makes the whole
// picture glass as long as that is so.
package service
