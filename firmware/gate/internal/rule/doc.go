// Package rule is the lock's rule: when the door may be opened, when it is locked again,
// when the camera has power, and what is written down.
//
// [Step] is a pure function of a [State], an [Event] and the time. It starts no goroutine,
// reads no clock and does no I/O; what it wants done it returns as [Effect]s, in the order in
// which they have to be done. Whoever calls it (package service) does them and tells it what
// came of them. That is why every bad day can be tried on it.
//
// # The door opens only if
//
// all of this holds, in the order in which a refusal names it:
//
//	the window is open and not cancelled         too_late, too_early, no_delivery
//	fewer than 10 wrong codes in this window     code_spent    (not for the 128-bit key)
//	no delay runs after a wrong one              code_slowed   (not for the 128-bit key)
//	the check digit fits                         code_typo     (costs nothing)
//	the code is right                            code_wrong
//	its visit is not over                        code_used
//	the pass is of the newest epoch              old_epoch
//	entries are left                             entries_used
//	the case is closed, and was since the window opened    tampered
//	the journal can be written                   disk_trouble
//	the time is known                            clock_unsure
//	contact, bolt and coil agree                 door_unsure
//	the door is shut                             door_open
//	the picture is fresh, shows the zone and the lamp      camera_unseen  (unless optional)
//	the owner can be told                        offline       (unless allowed)
//	somebody watches                             nobody_watches (if asked for)
//	and then: the burning of the code is on the disk
//
// Who has not the code learns nothing of what comes after it in the list.
//
// # One code, one visit
//
// The first right code burns itself: visit_started is written, and only when the disk has it
// (event [Written]) does the coil get current. If the gate dies in between, the code counts
// as used for its first entry. Later entries of the same visit are written in the same way
// before the coil moves, as unlocked with their count. The visit is over when the door is
// shut and the grace has passed, or all entries are used and the door is shut, or the window
// ends while it is shut. An owner's lock or cancel ends it as soon as the door is shut.
//
// The way out is mechanical and never asks. While a visit is under way and the door has been
// open in it, and for one more grace after it, opening from the inside is no alarm. At other
// times opening without an unlock is forced_open, also by a handle from within: without a
// request-to-exit button the contact can't tell the difference.
//
// Eye is told when a visit begins and ends: only during one may it show where something moves
// behind the glass, and only during one is it written down that somebody went from the zone
// into the interior (beyond_doorway, with the visit's count).
//
// # What ends by itself
//
// The coil after 5 s or when the door shuts, whichever comes first. A door that stays open
// for 30 s is an alarm. Contradicting sensors for 2 s are unknown, and unknown is never
// locked. After tampering the door stays shut until the case is closed and another window
// opens. A journal that cannot be written keeps the door shut to codes until it can.
//
// # Restart
//
// [State.Replay] takes the journal's entries in order, after the plans of the passes that
// are kept ([State.Restore]); [Resume] then goes on from there. The delay after wrong codes
// begins anew, the count of wrong ones and of entries stays.
//
// # Non-goals, for now
//
// A camera that sleeps during the window, doors without a contact, request to exit, duress,
// amendments of a pass.
package rule
