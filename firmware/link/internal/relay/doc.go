// Package relay is link's duty: to carry between the hub, gate and eye, and to hold
// authority over nothing.
//
//	hub  -> gate   passes and orders, verbatim: gate alone can tell true from false
//	hub  -> gate   letters that pair or try a code, and gate's answers back
//	gate -> hub    the journal's events, in order, each until the hub has it; the door's state
//	hub  -> gate   a viewer's call, by package live; eye's pictures to those admitted
//
// One goroutine owns what is known of both sides. Nothing that either side does makes the
// other wait: queues are bounded, and what does not fit ends a connection and is said again
// on the next one.
//
// Gate is told every second whether the hub can be reached: it lets what it was told lapse, so that a
// link that hangs is no link.
//
// Without gate nobody watches: pictures that gate does not vouch for are not shown.
package relay
