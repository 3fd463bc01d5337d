package wire

import "strings"

// Root is the first two levels of every topic.
const Root = "vestibule/v1"

// Leaves below a device's topic.
const (
	LeafOnline    = "online"
	LeafState     = "state"
	LeafPulse     = "pulse"
	LeafEvent     = "event"
	LeafLetterOut = "letter/out"
	LeafLetterIn  = "letter/in"
	LeafPass      = "pass"
	LeafAmend     = "amend"
	LeafOrder     = "order"
	LeafGrant     = "grant"
	LeafRevoke    = "revoke"
	LeafSeen      = "seen"
	LeafLock      = "lock"
)

// NoteLeaves lists the leaves below which the hub offers a device signed notes, in the order
// in which a device wants them: who may sign comes before what they signed.
func NoteLeaves() []string {
	return []string{LeafRevoke, LeafGrant, LeafPass, LeafAmend, LeafOrder}
}

// LockPayload is all that may be said at LeafLock, as Home Assistant says it by itself.
const LockPayload = "LOCK"

// Topic joins a device's id and the levels below it.
func Topic(device string, levels ...string) string {
	return Root + "/" + device + "/" + strings.Join(levels, "/")
}

// SplitTopic takes a topic apart into the device's id and the rest; ok is false when it
// is none of ours.
func SplitTopic(topic string) (device, rest string, ok bool) {
	tail, ok := strings.CutPrefix(topic, Root+"/")
	if !ok {
		return "", "", false
	}
	device, rest, ok = strings.Cut(tail, "/")
	return device, rest, ok && device != "" && rest != ""
}
