// Package sim tries the lock's rule on bad days. It is a home on a fake clock, with an owner, a
// hub, a link, eye, gate, a courier and whoever guesses codes or breaks doors; it plays
// schedules of what they do and what befalls them, and checks after every step of the rule
// that what must hold holds.
//
// # The world
//
// A [World] is a value: a copy is a world of its own, and starting a schedule is one assignment.
// Its moves ([Move]) are small values too. One that is not possible where it stands does
// nothing, so any part of a schedule is a schedule, and a failure is shortened by leaving
// moves out ([Shrink]) and told as a [Story]. Schedule n of a seed is always the same.
//
// What can go wrong:
//
//   - Messages. The hub keeps all that the owner signed, and gives gate any of it at any time, any
//     number of times, in any order, or never; that is all that dropping, doubling, delaying,
//     reordering and partition can do. Nothing comes while the net is gone, or link hangs; link
//     says every second whether there is a hub, until it hangs.
//   - Crashes, of gate or of the power, between any two effects. What waits for the disk arrives
//     there in part, from the front; an entry that was torn is cut off when the journal is
//     opened (package journal shows that), so for the rule it did not arrive. CLOCK_MONOTONIC
//     begins anew after a power failure.
//   - The disk: slow, full, well again, and an answer that comes twice.
//   - The clock, by package clock as gate uses it: set by 1 s to 10 years either way, frozen, wrong
//     at the next start.
//   - The door: contacts that stick, lie, bounce or say nothing; a bolt that follows late; a coil
//     that is dead, mute, welded or contradicted by its feedback; a door that is pulled, broken open, or opened from within.
//   - Eye: gone, stalled, late, early, repeating itself, blind to the lamp, moved.
//   - Gate is late: after a few ticks within one wait it sleeps through the rest of it.
//
// Doors of several makes (rule.Setup) take part.
//
// # The account
//
// What must hold is not read from the rule's state. The account is told what the rule is
// told and says by itself, from the rule's package comment, what has to come of it: which
// entries, which effects, which answers, for which delivery, and no others: of what was signed in
// orders.go, of codes in tries.go, of the door and eye in senses.go. Its predicate is in predicate.go. After a restart it knows what the disk knows, and that what was granted before
// must be in it. How many guesses were answered it counts by itself, over whatever dies: whoever
// guesses remembers them. So it does which tries have no answer yet, when somebody last called the camera, and
// what the newest frame since then shows (waits.go); and who may be within, by the coil's current, the door and the
// case as they are (within.go). Besides, what the household is shown, when the next tick is asked for, and
// the trusted time are compared, and every schedule ends with a rest, after which the door is
// locked. The invariants are in invariant.go.
//
// Being a second reading of the same comment, the account does not find what is wrong in the
// comment; what is known without it, in those two files, may (mutants has faults that the account shares). Order within one step's effects and the reasons of entries (but those of refusals) are
// not compared; package rule's stories do that.
//
// # The simulator itself
//
// Package mutants puts faults into the rule, and each has to be found. [Exhaust] looks at all
// states of a small world, where [Search] looks at some of a large one.
package sim
