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
// All of link's network is a radio (package radio), which gate may have fall silent for a drill. While a window is open
// the hub hears twice a second that the device is there, so that it can tell within 2 s that the link is lost.
//
// Without gate nobody watches: pictures that gate does not vouch for are not shown.
//
// # A hostile hub
//
// TestHostileHub carries letters between a viewer with the page's own checks and the true link with the true gate, as a
// process, and changes them, from a seed. What it measures of each kind, for offers (o) and answers (a): that it is
// refused, or let through to nobody but whom it was meant for; that link's log has one line for each refusal of an
// offer; that gate's journal stands for all. The page's TypeScript judges the same cases, with the same
// verdicts (hub/web/app/test/hostile.test.ts).
//
//	fingerprint swapped, one digit of it, added, added beside it,      o a   refused
//	  weak (md5 to sha-512) added or instead, spelt otherwise, none
//	fingerprint behind a strange line end; strange line ends           o a   refused, or nothing has changed
//	medium twice, medium added                                         o     refused
//	                                                                     a   refused with a fingerprint, else WebRTC's to refuse
//	role of DTLS, bundle and rtcp, other protocols' keys               o a   whoever connects has the signed certificate
//	ICE credentials, candidates                                        o a   let through: a way is the hub's to choose
//	bytes changed at random                                            o a   refused, or it leads to the same one
//	replayed whole, call or description of an earlier session          o     refused
//	signed long ago or ahead; another's key; a stranger's signature    o     refused
//	a revoked member; a window that is over; other delivery or device  o     refused
//	signature stripped, flipped, cut off, another's; role swapped      o a   refused
//	answer of an earlier session, to an earlier call, for another        a   refused
//	  pass, viewer or device, signed by the hub, after its end
//
// Then the hub takes the viewer's place, the device's, or both, on the wire, with true letters and a DTLS of its own: how
// many connections to it come about, and how many packets or beats reach it.
package relay
